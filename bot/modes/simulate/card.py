"""The scorecard of one run, and whether it is passed."""

import enum
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bot.model.units import NS_PER_SECOND
from bot.modes.simulate.watch import Moment

SLACK: Final = 1e-9


class Verdict(enum.StrEnum):
    """What came of a scenario."""

    PASSED = "passed"
    FAILED = "failed"
    VOID = "void"
    """Nothing was tried: nothing was held when the fault came, or it never came."""


class Allowed(Struct, frozen=True):
    """What a strategy's own bounds admit, with the fault's span and what the fault itself took.

    open: coins. naked_s: of one stretch. loss: in quote.
    """

    open: float
    naked_s: float
    loss: float


class Card(Struct, frozen=True, kw_only=True):
    """How a strategy took a scenario. Times are seconds since the market began.

    open_worst: coins that stood open at most, after the fault. coin_seconds, quote_seconds: the
    worst stretch in which more stood open than may for ever, coins or their worth times seconds.
    naked_s: the longest such stretch. loss: worst equity after the fault against that before it;
    loss_beyond_basis: the same without what the basis between legs in step gained or lost.
    recovered_s: from the fault to when nothing stood open any more; None: never.
    ended: flat, in step, or open. why: what failed.
    """

    scenario: str
    strategy: str
    seed: int
    verdict: Verdict
    why: list[str]
    fault_s: float | None
    faults: list[str]
    fills_before: int
    orders_after: int
    open_worst: float
    coin_seconds: float
    quote_seconds: float
    naked_s: float
    loss: float
    loss_beyond_basis: float
    recovered_s: float | None
    ended: str
    allowed: Allowed
    halts: list[str]
    outcome_hash: str


class Stretch(Struct):
    """A time in which more stood open than may for ever."""

    start_ns: int
    end_ns: int
    coin_seconds: float = 0.0
    quote_seconds: float = 0.0
    open: float = 0.0
    low: float = float("inf")
    high: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.end_ns - self.start_ns) / NS_PER_SECOND


def stretches(moments: Sequence[Moment], calm: float) -> list[Stretch]:
    """The stretches in which more than `calm` stood open; a moment lasts until the next."""
    found: list[Stretch] = []
    inside = False
    if not moments:
        return found
    for one, after in zip(moments, [*moments[1:], moments[-1]], strict=True):
        beyond = abs(one.open) > calm + SLACK
        if beyond:
            if not inside:
                found.append(Stretch(one.ns, one.ns))
            stretch, lasted = found[-1], (after.ns - one.ns) / NS_PER_SECOND
            stretch.end_ns = after.ns
            stretch.coin_seconds += abs(one.open) * lasted
            stretch.quote_seconds += abs(one.open) * one.price * lasted
            stretch.open = max(stretch.open, abs(one.open))
            stretch.low = min(stretch.low, one.price, after.price)
            stretch.high = max(stretch.high, one.price, after.price)
        inside = beyond
    return found


def drawdown(values: Sequence[float | None], before: float | None) -> float:
    """How far values fell below what was before; what is unknown is passed over."""
    known = [value for value in values if value is not None]
    return 0.0 if before is None or not known else max(0.0, before - min(known))
