"""The return of the last hour in deviations of its own, from a price looked at once a minute."""

import math
from typing import Final

from msgspec import Struct, field

from bot.model.units import NS_PER_SECOND

MINUTE_NS: Final = 60 * NS_PER_SECOND
MINUTES: Final = 60
HALF_MINUTES: Final = 1_440
RETURNS_MIN: Final = 120
"""Minutes of returns before the deviation is known."""


class HourlyReturn(Struct):
    """Prices of the last hour by the minute, and how much a minute moves.

    prices: the last 61 minutes, oldest first, in bps of a logarithm, None where unknown.
    variance: of one minute's return, the past counting half after a day; seen: returns in it.
    z: of the last hour, None while it or the deviation is not known. The deviation is of the
    returns before.
    """

    minute: int | None = None
    prices: list[float | None] = field(default_factory=list)
    variance: float = 0.0
    seen: int = 0
    z: float | None = None

    def follow(self, t_ns: int, log_mid: float | None) -> None:
        """Take in the price at a time; the first of each minute counts."""
        minute = t_ns // MINUTE_NS
        if self.minute is not None and minute <= self.minute:
            return
        missed = 0 if self.minute is None else min(minute - self.minute - 1, MINUTES)
        self.minute = minute
        self.prices = [*self.prices, *[None] * missed, log_mid][-MINUTES - 1 :]
        first, last = self.prices[0], self.prices[-1]
        before = self.prices[-2] if len(self.prices) > 1 else None
        self.z = None
        if last is None:
            return
        usual = len(self.prices) > MINUTES and self.seen >= RETURNS_MIN and self.variance > 0.0
        if usual and first is not None:
            self.z = (last - first) / math.sqrt(self.variance * MINUTES)
        if before is None:
            return
        self.seen += 1
        # A mean of all while there are few, fading afterwards.
        share = max(1.0 - 0.5 ** (1.0 / HALF_MINUTES), 1.0 / self.seen)
        self.variance += share * ((last - before) ** 2 - self.variance)
