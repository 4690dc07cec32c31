"""How a price moves: its return over the last minute, and how large that usually is."""

import math
from typing import Final

from msgspec import Struct, field

from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.signals.plain.series import Series

LAMBDA: Final = 0.94
MINUTE_NS: Final = 60 * NS_PER_SECOND
RETURNS_MIN: Final = 60
LOOK_NS: Final = 5 * NS_PER_SECOND


class Motion(Struct):
    """One-minute returns of a price that is looked at once a second.

    variance: of the whole minutes so far, each weighing 0.94 of the next; None until the first.
    usual: the same one minute ago: a move of the last minute must not be judged by itself.
    """

    log_bps: Series = field(default_factory=lambda: Series(NS_PER_HOUR, LOOK_NS))
    variance: float | None = None
    usual: float | None = None
    returns: int = 0
    minute: int | None = None
    at_minute: float | None = None

    def look(self, t_ns: int, log_bps: float) -> None:
        """Look at the price, in bps of its logarithm."""
        minute = t_ns // MINUTE_NS
        if self.minute is None or minute > self.minute:
            follows = self.minute is not None and minute == self.minute + 1
            self.usual = self.variance
            if follows and self.at_minute is not None:
                square = ((log_bps - self.at_minute) / 1e4) ** 2
                before = self.variance
                self.variance = (
                    square if before is None else LAMBDA * before + (1 - LAMBDA) * square
                )
                self.returns += 1
            self.minute, self.at_minute = minute, log_bps
        self.log_bps.add(t_ns, log_bps)

    def moved(self, now_ns: int, over_ns: int = MINUTE_NS) -> float | None:
        """The return up to now, as a fraction; None while the span is not covered."""
        change = self.log_bps.change(now_ns, over_ns, 2 * LOOK_NS + over_ns // 10)
        return None if change is None else math.expm1(change / 1e4)

    def sigma(self) -> float | None:
        """The usual size of a one-minute return; None before an hour of them, or if none moved."""
        if self.usual is None or self.returns <= RETURNS_MIN or self.usual <= 0.0:
            return None
        return math.sqrt(self.usual)
