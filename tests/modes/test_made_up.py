"""The market that a configuration asks for."""

import asyncio

import pytest
from msgspec.structs import replace

from bot.config.loading import load
from bot.errors import ConfigError
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.regimes import Regime
from bot.journal.memory import MemoryJournal
from bot.model.event import FeedLost, FeedRestored, Liquidation, OptionTickers
from bot.model.instrument import Kind
from bot.modes.made_up import facts_market, market_settings
from bot.modes.setup import deposits, driver, of, priced
from bot.modes.sources import Recorded, time_of
from bot.plugins.shipped import shipped
from bot.tape.merge import merge
from bot.tape.rows import Block

VENUES = shipped("config") / "paper-venues.toml"


def test_without_a_word_it_is_a_pair_of_coins_at_one_venue():
    settings = market_settings(load())

    assert [one.id for one in settings.listed()] == [
        "sim:BTC/USDT",
        "sim:BTC/USDT:USDT",
        "sim:ETH/USDT",
        "sim:ETH/USDT:USDT",
    ]
    assert settings.episodes == ()
    assert settings.seasons is None


def test_several_venues_and_what_happens_there_are_stated_in_a_file():
    settings = market_settings(load(VENUES))

    assert settings.venues_used() == ["east", "north", "south", "west"]
    assert len(settings.listed()) >= 12
    assert len(settings.chains) == 2
    first, second = settings.episodes
    assert (first.regime, first.at_s, first.for_s) == (Regime.DISLOCATION, 600, 120)
    assert (first.size_bps, first.coin, first.venue) == (80.0, "BTC", "south")
    assert second.regime is Regime.CASCADE
    assert settings.seasons is not None


def test_seasons_may_be_of_some_regimes_only():
    seasons = {"every_s": 600, "for_s": 60, "size_bps": 50, "regimes": ["cascade"]}

    settings = market_settings(load(None, [(("simulated", "seasons"), seasons)]))

    assert settings.seasons.regimes == (Regime.CASCADE,)
    assert settings.seasons.every_s == 600


def test_one_coin_of_several_venues_leaves_the_others_out():
    config = load(VENUES, [(("simulated", "coins"), ["BTC"]), (("simulated", "episodes"), [])])

    settings = market_settings(config)

    assert {one.coin for one in (*settings.listed(), *settings.chains)} == {"BTC"}


@pytest.mark.parametrize(
    ("episode", "said"),
    [
        ({"regime": "outage", "at_s": 5, "for_s": 30, "venue": "nowhere"}, "venue: got nowhere"),
        ({"regime": "cascade", "at_s": 5, "for_s": 30, "size_bps": 9.0}, "size_bps: got 9.0"),
        ({"regime": "trend", "at_s": 5, "for_s": 30, "coin": "XRP"}, "coin: got XRP"),
    ],
)
def test_what_cannot_happen_is_refused_with_the_place_in_the_file(episode, said):
    config = load(None, [(("simulated", "episodes"), [episode])])

    with pytest.raises(ConfigError, match=said):
        market_settings(config)


def test_the_market_of_facts_is_the_fitted_one_or_that_of_a_file():
    fitted = facts_market(None, 300)
    asked = facts_market(load(), 300)

    assert (fitted.duration_s, asked.duration_s) == (300, 300)
    assert (fitted.slots_per_second, asked.slots_per_second) == (50, 2)


def test_a_bot_lives_through_everything_on_several_venues():
    config = load(VENUES)
    settings = replace(
        market_settings(config),
        duration_s=600,
        slots_per_second=2,
        episodes=(
            replace(market_settings(config).episodes[0], at_s=60, for_s=60),
            replace(market_settings(config).episodes[1], at_s=150, for_s=60),
            replace(
                market_settings(config).episodes[0],
                regime=Regime.OUTAGE,
                size_bps=0.0,
                at_s=240,
                for_s=60,
                coin=None,
                venue=None,
            ),
        ),
        seasons=None,
    )
    market = SimulatedMarket(settings)
    setup = of(config, market.instruments, "")
    items = list(merge(market.sources()))
    assert isinstance(items[0], Block)
    drive = driver(priced(setup, items[0]), MemoryJournal())
    seen: set[type] = set()

    async def run() -> None:
        await drive.begin(deposits(setup, time_of(items[0])))
        await drive.run(Recorded(iter(items)))

    drive.observer = lambda outcome: seen.add(type(outcome.event))
    asyncio.run(run())

    state = drive.engine.state
    assert {FeedLost, FeedRestored, Liquidation, OptionTickers} <= seen
    assert not state.halts.state()
    assert {one.kind for one in market.instruments} == set(Kind)
    assert drive.recorder.counts.rows > 100_000
