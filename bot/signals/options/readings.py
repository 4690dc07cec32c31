"""What the gauges of a chain share: how old things may be, and where a figure comes from."""

from typing import Final

import numpy as np
from msgspec import Struct

from bot.model.units import NS_PER_MS
from bot.signals.gauge import GaugeWatch
from bot.signals.options.chain import NEVER, Chain, Int64s, Series

CHAIN_AGE_MS_MAX: Final = 60_000
INTEREST_AGE_MS_MAX: Final = 600_000
DAYS_A_YEAR: Final = 365.0
POINTS: Final = 100.0
"""Points of volatility in 1.00."""


class Part(Struct, frozen=True):
    """One expiry's share of a figure, and when its youngest word was heard."""

    name: str
    value: float
    heard_ns: int


class ChainWatch(GaugeWatch, frozen=True, kw_only=True):
    """A watch of one option chain.

    chain: its name, the part of its options' ids before the expiry: `deribit:BTC/USD:BTC`.
    """

    chain: str

    def chains(self) -> tuple[str, ...]:
        """Its chain."""
        return (self.chain,)

    def concerns(self) -> tuple[()]:
        """No events: tickers reach it as computed chains."""
        return ()

    def age_ns(self, default_ms: int) -> int:
        """How old what it is made of may be, in ns."""
        return (default_ms if self.age_ms_max is None else self.age_ms_max) * NS_PER_MS


def label(chain: Chain, series: Series) -> str:
    """The expiry of a series as its options' ids spell it: `261225`."""
    return chain.ids[series.first].split("-")[1]


def youngest_ns(ages: Int64s, at_ns: int) -> int | None:
    """When the last word of some options was heard; None when none ever was."""
    age = int(np.min(ages, initial=NEVER))
    return None if age == NEVER else at_ns - age
