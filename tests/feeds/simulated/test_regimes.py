"""What a desk sees of each regime, against the same market without it."""

from collections.abc import Iterable

import numpy as np
import pytest
from msgspec.structs import replace

from bot.book.books import Books
from bot.book.layout import CROSSED, GAPS
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.regimes import Calendar, Episode, Regime, Seasons
from bot.model.command import Side
from bot.model.event import FeedLost, FeedRestored, Liquidation, OpenInterest
from bot.recording.facts.sampled import Sampled, sample
from bot.tape.merge import merge
from bot.tape.rows import MARK, SCALAR, SNAPSHOT, Block
from tests.feeds.simulated.markets import START_NS, messages, several

SECOND = 10**9
PERP = "north:BTC/USDT:USDT"
CALM, EVENT = slice(60, 180), slice(200, 260)
"""Before a regime that lasts from 180 to 300, and in it."""


def tape(episodes: Iterable[Episode], names: Iterable[str], **changed):
    """Blocks and events by instrument, of 300 seconds."""
    market = SimulatedMarket(several(duration_s=300, episodes=tuple(episodes), **changed))
    chosen = [one for one in market.sources() if one.name in names]
    return {one.name: (list(one.blocks()), list(one.events())) for one in chosen}


def episode(regime: Regime, size_bps: float = 0.0, **more) -> Episode:
    return Episode(regime=regime, at_s=180, for_s=120, size_bps=size_bps, **more)


def mids(sampled: Sampled) -> np.ndarray:
    """The mid in each second of the market, in ticks; NaN while there is none."""
    t = sampled.touches
    at = t.before(START_NS + np.arange(300) * SECOND)
    return np.where(at < 0, np.nan, t.mid[at])


def spread_bps(sampled: Sampled, seconds: slice) -> float:
    t = sampled.touches
    at = (t.ns - START_NS) // SECOND
    inside = (at >= seconds.start) & (at < seconds.stop)
    return float(np.mean((t.ask - t.bid)[inside] / t.mid[inside]) * 1e4)


def depth(sampled: Sampled, seconds: slice) -> float:
    at = (sampled.depth.ns - START_NS) // SECOND
    inside = (at >= seconds.start) & (at < seconds.stop)
    return float(np.nanmean(sampled.depth.lots[inside][:, :, 2]))


def orders_in(sampled: Sampled, seconds: slice) -> np.ndarray:
    at = (sampled.orders.ns - START_NS) // SECOND
    return sampled.orders.side[(at >= seconds.start) & (at < seconds.stop)]


def is_sound(blocks: list[Block], name: str) -> None:
    books = Books([name])
    for block in blocks:
        books.take(block)
    assert books.arrays.head[0, CROSSED] == 0
    assert books.arrays.head[0, GAPS] == 0


def test_a_cascade_thins_the_book_opens_spreads_closes_positions_and_moves_the_mark():
    found = tape([episode(Regime.CASCADE, -150.0)], [PERP])
    blocks, events = found[PERP]
    sampled = sample(blocks)

    assert spread_bps(sampled, EVENT) > 2 * spread_bps(sampled, CALM)
    assert depth(sampled, EVENT) < 0.5 * depth(sampled, CALM)
    assert len(orders_in(sampled, EVENT)) / 60 > 2 * len(orders_in(sampled, CALM)) / 120
    assert orders_in(sampled, EVENT).mean() < orders_in(sampled, CALM).mean() - 0.2
    interest = [event for event in events if isinstance(event, OpenInterest)]
    assert interest[-1].amount < interest[0].amount * 99 / 100
    forced = [event for event in events if isinstance(event, Liquidation)]
    assert len(forced) > 80  # a sample: one a second
    assert {event.side for event in forced} == {Side.SELL}
    marks = np.concatenate([b.price[(b.kind == SCALAR) & (b.side == MARK)] for b in blocks])
    assert marks[180 + 72] < marks[175] * (1 - 0.01)
    assert marks[-1] > marks[180 + 72]  # some of it returned
    is_sound(blocks, PERP)


def test_every_liquidation_of_a_cascade_stands_on_the_tape_as_a_trade():
    blocks, events = tape([episode(Regime.CASCADE, -150.0)], ["east:BTC/USDT:USDT"])[
        "east:BTC/USDT:USDT"
    ]
    sampled = sample(blocks)

    forced = [event for event in events if isinstance(event, Liquidation)]
    orders = sampled.orders
    for event in forced:
        slot = (orders.ns >= event.ts_venue) & (orders.ns < event.ts_venue + SECOND // 20)
        sold = orders.size[slot & (orders.side == -1)]
        # What the book did not have is canceled.
        assert len(sold) > 0
        assert event.complete
        assert event.ts_venue < event.ts_recv


@pytest.mark.parametrize("slots", [2, 5, 50])
def test_large_orders_tear_no_hole_that_stays(slots):
    given = tape([episode(Regime.CASCADE, -150.0)], [PERP], slots_per_second=slots)
    touches = sample(given[PERP][0]).touches

    spreads = (touches.ask - touches.bid) / touches.mid * 1e4
    lasted = np.diff(touches.ns) / SECOND
    assert spreads.max() < 60
    assert np.average(spreads[:-1], weights=lasted) < 1
    assert lasted[spreads[:-1] > 20].sum() < 3


def test_a_venue_that_tells_a_sample_tells_one_of_a_second():
    both = tape([episode(Regime.CASCADE, -150.0)], [PERP, "east:BTC/USDT:USDT"])
    told = {
        name: [event for event in events if isinstance(event, Liquidation)]
        for name, (_, events) in both.items()
    }

    seconds = [event.ts_venue // SECOND for event in told[PERP]]
    assert len(set(seconds)) == len(seconds)
    assert not any(event.complete for event in told[PERP])
    assert len(told["east:BTC/USDT:USDT"]) == 4 * len(told[PERP])


def test_a_squeeze_buys_shorts_in_and_raises_price_and_premium():
    blocks, events = tape([episode(Regime.SQUEEZE, 120.0)], [PERP])[PERP]
    calm, _ = tape([], [PERP])[PERP]
    mid, usual = mids(sample(blocks)), mids(sample(calm))

    assert mid[299] / usual[299] - 1 > 0.008
    # Faster and faster.
    gained = mid / usual
    assert gained[299] - gained[240] > 1.5 * (gained[240] - gained[180])
    assert {e.side for e in events if isinstance(e, Liquidation)} == {Side.BUY}
    interest = [event.amount for event in events if isinstance(event, OpenInterest)]
    assert interest[-1] < interest[0]


@pytest.mark.parametrize("size_bps", [60.0, -60.0])
def test_a_trend_goes_one_way_and_takers_with_it(size_bps):
    blocks, events = tape([episode(Regime.TREND, size_bps)], [PERP])[PERP]
    calm, _ = tape([], [PERP])[PERP]
    mid, usual = mids(sample(blocks)), mids(sample(calm))

    moved_bps = (mid[299] / usual[299] - 1) * 1e4
    assert moved_bps == pytest.approx(size_bps, abs=30)
    leaning = orders_in(sample(blocks), slice(180, 300)).mean()
    assert leaning * size_bps > 0
    assert not any(isinstance(event, Liquidation) for event in events)
    is_sound(blocks, PERP)


def test_a_dislocation_takes_one_venue_away_and_brings_it_back():
    names = ["south:BTC/USDT:USDT", PERP, "south:ETH/USDT:USDT"]
    away = Episode(
        regime=Regime.DISLOCATION, at_s=120, for_s=120, size_bps=80.0, coin="BTC", venue="south"
    )

    found = tape([away], names)

    here, there, other = (mids(sample(found[name][0])) for name in names)
    calm = mids(sample(tape([], ["south:ETH/USDT:USDT"])["south:ETH/USDT:USDT"][0]))
    apart = (here / there - 1) * 1e4
    assert np.abs(apart[20:118]).max() < 10
    assert apart[130:235].min() > 65
    assert np.abs(apart[250:]).max() < 10
    assert np.array_equal(other, calm, equal_nan=True)  # another coin, another matter
    is_sound(found[names[0]][0], names[0])


def test_an_outage_is_a_lost_feed_then_silence_then_the_whole_book():
    names = ["south:BTC/USDT", "south:BTC/USDT:USDT", PERP]
    out = Episode(regime=Regime.OUTAGE, at_s=120, for_s=60, venue="south")

    found = tape([out], names)

    for name in names[:2]:
        blocks, events = found[name]
        kinds = [e for e in events if isinstance(e, FeedLost | FeedRestored)]
        assert [type(e) for e in kinds] == [FeedLost, FeedRestored]
        lost, back = (event.ts_recv - START_NS for event in kinds)
        assert (lost, back) == (120 * SECOND, 180 * SECOND)
        received = np.concatenate([block.ts_recv for block in blocks]) - START_NS
        inside = received[(received > lost + SECOND) & (received < back)]
        assert len(inside) == 0
        after = next(m for m in messages(blocks) if m.first_ns - START_NS >= back and m.rows > 2)
        assert after.flags[after.start] & SNAPSHOT
        is_sound(blocks, name)
    received = np.concatenate([block.ts_recv for block in found[PERP][0]]) - START_NS
    assert np.diff(received).max() < 2 * SECOND
    assert not any(isinstance(e, FeedLost) for e in found[PERP][1])


def test_a_chain_whose_venue_is_out_says_so_and_nothing_else():
    out = Episode(regime=Regime.OUTAGE, at_s=120, for_s=60, venue="west")
    market = SimulatedMarket(several(duration_s=300, episodes=(out,)))
    first = next(one for one in market.sources() if getattr(one, "chain", None) is not None)

    events = list(first.events())

    during = [e for e in events if 120 * SECOND <= e.ts_venue - START_NS < 180 * SECOND]
    assert [type(e) for e in during] == [FeedLost]
    assert sum(isinstance(e, FeedRestored) for e in events) == 1


def test_a_merged_tape_of_everything_is_in_order():
    calm = several(duration_s=120, slots_per_second=10)
    wild = replace(calm, seasons=Seasons(every_s=60, for_s=20, size_bps=50.0))

    times = [
        ns
        for item in merge(SimulatedMarket(wild).sources())
        for ns in ((item.first_ns, item.last_ns) if isinstance(item, Block) else (item.ts_recv,))
    ]

    assert times == sorted(times)


def test_seasons_bring_one_regime_a_stretch_whoever_asks_and_whenever():
    seasons = Seasons(every_s=600, for_s=100, size_bps=50.0)
    calendar = Calendar(3, (), seasons, ["BTC", "ETH"], ["east", "west"])

    whole = calendar.between(0, 60_000)
    parts = {one for at in range(0, 60_000, 16) for one in calendar.between(at, 16)}

    assert len(whole) == 100
    assert parts == set(whole)
    assert all(
        one.at_s // 600 == (one.at_s + one.for_s) // 600 or one.at_s % 600 <= 500 for one in whole
    )
    assert {one.regime for one in whole} == set(Regime)
    for one in whole:
        assert (one.venue is None) == (one.regime not in (Regime.DISLOCATION, Regime.OUTAGE))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"regime": Regime.CASCADE, "size_bps": 50.0}, "size_bps"),
        ({"regime": Regime.SQUEEZE, "size_bps": -50.0}, "size_bps"),
        ({"regime": Regime.OUTAGE, "size_bps": 5.0}, "size_bps"),
        ({"regime": Regime.TREND, "size_bps": 5.0, "venue": "east"}, "venue"),
        ({"regime": Regime.OUTAGE, "for_s": 5}, "for_s"),
    ],
)
def test_episodes_that_cannot_be_are_refused_by_name(wrong, named):
    with pytest.raises(ValueError, match=named):
        Episode(**{"at_s": 0, "for_s": 60, **wrong})


def test_an_episode_of_a_venue_that_is_not_there_is_refused():
    nowhere = Episode(regime=Regime.OUTAGE, at_s=0, for_s=60, venue="nowhere")

    with pytest.raises(ValueError, match="venue: got nowhere"):
        several(episodes=(nowhere,))
