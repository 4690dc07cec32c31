"""Notices that a series changed its unit: coins became dollars, a fraction became a percentage.

A jump by an order of magnitude from one report to the next is a change of unit far more often
than a market, so it is refused until it has proved itself.
"""

import enum

from msgspec import Struct

from bot.signals.plain.shape import positive


class Verdict(enum.Enum):
    """What to do with an observation.

    RESTARTED: the new magnitude has repeated itself; nothing before it compares with it.
    """

    ADMITTED = "admitted"
    REFUSED = "refused"
    RESTARTED = "restarted"


class UnitGuard(Struct):
    """Judges observations that must be above zero by the one before.

    factor: a ratio to the last admitted one that is no market's. agree_min: so many refused
    in a row, each near the one before, are a series in a new unit.
    refused: in a row, now; faulty: not a number above zero, ever. restarts: changes of unit
    that were accepted, ever.
    """

    factor: float = 20.0
    agree_min: int = 12
    last: float | None = None
    candidate: float | None = None
    refused: int = 0
    faulty: int = 0
    restarts: int = 0

    def judge(self, x: float | None) -> Verdict:
        """Admit, refuse, or start over with an observation."""
        if not positive(x):
            self.faulty += 1
            return Verdict.REFUSED
        if self.last is None or self._near(x, self.last):
            self.last, self.candidate, self.refused = x, None, 0
            return Verdict.ADMITTED
        agrees = self.candidate is not None and self._near(x, self.candidate)
        self.refused = self.refused + 1 if agrees else 1
        self.candidate = x
        if self.refused < self.agree_min:
            return Verdict.REFUSED
        self.last, self.candidate, self.refused = x, None, 0
        self.restarts += 1
        return Verdict.RESTARTED

    def forget(self) -> None:
        """Let the next observation be of any magnitude: the contract has changed."""
        self.last, self.candidate, self.refused = None, None, 0

    def _near(self, x: float, other: float) -> bool:
        return other / self.factor < x < other * self.factor
