"""The simulated market that a configuration asks for."""

from typing import Any, Final

from msgspec.structs import replace

from bot.config.configuration import Config
from bot.config.sections import Simulated
from bot.errors import ConfigError
from bot.feeds.simulated.presets import COINS, VENUES, several_chains, several_contracts
from bot.feeds.simulated.regimes import Episode, Regime, Seasons
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.terms import FundingTerms
from bot.model.units import NS_PER_HOUR, NS_PER_MS, NS_PER_SECOND, Currency

PUBLISH_S: Final = 15
"""Seconds between predicted funding rates: every one is a step of its own for the engine."""

FITTED_NS: Final = 1_735_689_600 * NS_PER_SECOND
"""2025-01-01; any other time does as well."""


def market_settings(config: Config) -> MarketSettings:
    """The simulated market of a configuration; ConfigError where it cannot be."""
    asked = config.file.simulated
    assert asked is not None, "a configuration for paper was checked to have a market"
    coins = tuple(COINS[name] for name in asked.coins)
    try:
        return MarketSettings(
            seed=asked.seed,
            start_ns=asked.start_ns,
            slots_per_second=asked.slots_per_second,
            levels=asked.levels,
            latency_ns=round(asked.latency_ms * NS_PER_MS),
            jitter_ns=round(asked.jitter_ms * NS_PER_MS),
            coins=coins,
            funding=FundingTerms(
                interval_ns=asked.funding_interval_hours * NS_PER_HOUR, publish_s=PUBLISH_S
            ),
            episodes=tuple(
                Episode(
                    regime=Regime(each.regime),
                    at_s=each.at_s,
                    for_s=each.for_s,
                    size_bps=each.size_bps,
                    coin=None if each.coin is None else Currency(each.coin),
                    venue=each.venue,
                )
                for each in asked.episodes
            ),
            seasons=_seasons(asked),
            **_listings(asked),
        )
    except ValueError as error:
        where = f"{config.where} simulated"
        raise ConfigError(where, str(error), "a market that can be simulated", "correct it") from (
            error
        )


def facts_market(config: Config | None, seconds: int) -> MarketSettings:
    """The market whose facts are asked for, so many seconds of it; None: the one that is fitted."""
    if config is None or config.file.simulated is None:
        return MarketSettings(seed=1, start_ns=FITTED_NS, duration_s=seconds)
    return replace(market_settings(config), duration_s=seconds)


def _seasons(asked: Simulated) -> Seasons | None:
    seasons = asked.seasons
    if seasons is None:
        return None
    return Seasons(
        every_s=seasons.every_s,
        for_s=seasons.for_s,
        size_bps=seasons.size_bps,
        regimes=tuple(Regime(each) for each in seasons.regimes),
    )


def _listings(asked: Simulated) -> dict[str, Any]:
    """What a market by name lists, of the coins that are asked for; nothing: what is usual."""
    if asked.market == "pair":
        return {}
    coins = [COINS[name] for name in asked.coins]
    wanted = {coin.base for coin in coins}
    contracts = several_contracts(asked.start_ns, PUBLISH_S)
    return {
        "venues": VENUES,
        "contracts": tuple(one for one in contracts if one.coin in wanted),
        "chains": several_chains(asked.start_ns, coins),
    }
