"""Small tests that a price, an oracle or a rate must pass before it may move money."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, TypeGuard

from msgspec import Struct

from bot.model.units import NS_PER_MS, NS_PER_SECOND
from bot.risk.limits import Scope

SECOND_NS: Final = NS_PER_SECOND
TEN_SECONDS_NS: Final = 10 * NS_PER_SECOND
MINUTE_NS: Final = 60 * NS_PER_SECOND
BPS: Final = 10_000


def usable_touch(touch: tuple[int, int] | None) -> TypeGuard[tuple[int, int]]:
    """Whether a touch is a source of prices: one-sided, locked and crossed books are not."""
    return touch is not None and 0 < touch[0] < touch[1]


def usable_price(price: Decimal | None) -> TypeGuard[Decimal]:
    """Whether a price can be measured against: known, finite and above zero."""
    return price is not None and price.is_finite() and price > 0


def stale(age_ns: int | None, age_ms_max: int) -> bool:
    """Whether a quote is too old to act on. An unknown age is, and so is one from the future."""
    return age_ns is None or not 0 <= age_ns <= age_ms_max * NS_PER_MS


def outside_collar(price: Decimal, reference: Decimal, bps: Decimal) -> bool:
    """Whether a price lies further from its reference than so many bps, on either side."""
    return abs(price - reference) * BPS > reference * bps


class OracleBounds(Struct, frozen=True, kw_only=True):
    """What a venue's index and mark may do before nothing new is entered on their word."""

    index_deviation_bps_max: Decimal
    index_age_ms_max: int
    mark_deviation_bps_max: Decimal


def oracle_fault(
    index: Decimal | None,
    index_age_ns: int | None,
    others: Iterable[Decimal],
    mark: Decimal | None,
    bounds: OracleBounds,
) -> str | None:
    """What is wrong with a venue's index or mark; None when nothing is.

    others: the indices of the same underlying elsewhere; with none, only the age and the mark
    are judged. A venue that prices collateral on its own book shows here first.
    """
    if not usable_price(index):
        return "index unknown"
    if stale(index_age_ns, bounds.index_age_ms_max):
        return f"index older than {bounds.index_age_ms_max} ms"
    if not usable_price(mark):
        return "mark unknown"
    elsewhere = sorted(other for other in others if usable_price(other))
    if elsewhere:
        count = len(elsewhere)
        middle = (elsewhere[(count - 1) // 2] + elsewhere[count // 2]) / 2
        if outside_collar(index, middle, bounds.index_deviation_bps_max):
            return f"index {index} beyond {bounds.index_deviation_bps_max} bps of {middle}"
    if outside_collar(mark, index, bounds.mark_deviation_bps_max):
        return f"mark {mark} beyond {bounds.mark_deviation_bps_max} bps of index {index}"
    return None


class OrderRates:
    """When orders were approved, by scope, over the last ten seconds."""

    def __init__(self) -> None:
        """Begin with no order in the window."""
        self._times: dict[Scope, deque[int]] = {}

    def record(self, scope: Scope, now: int) -> None:
        """Count one order."""
        times = self._times.setdefault(scope, deque())
        while times and times[0] <= now - TEN_SECONDS_NS:
            times.popleft()
        times.append(now)

    def forget(self, scope: Scope) -> None:
        """Take the newest order back: it did not pass."""
        self._times[scope].pop()

    def count(self, scope: Scope, now: int, window_ns: int) -> int:
        """Orders after `now - window_ns`; a window of up to ten seconds."""
        count = 0
        for time in reversed(self._times.get(scope, ())):
            if time <= now - window_ns:
                break
            count += 1
        return count

    def state(self) -> tuple[tuple[Scope, tuple[int, ...]], ...]:
        """Every window, in the order of scopes; encodable."""
        return tuple((scope, tuple(self._times[scope])) for scope in sorted(self._times))

    def restore(self, state: tuple[tuple[Scope, tuple[int, ...]], ...]) -> None:
        """Count on from `state`."""
        self._times = {scope: deque(times) for scope, times in state}


class RejectRate:
    """How many of an account's orders its venue rejected over the last minute."""

    def __init__(self) -> None:
        """Begin with no order in the window."""
        self._answers: deque[tuple[int, bool]] = deque()
        self._rejected = 0

    def answer(self, now: int, *, rejected: bool) -> None:
        """Count one order that the venue took or rejected."""
        self._answers.append((now, rejected))
        self._rejected += rejected
        self._expire(now)

    def fault(self, now: int, ratio_max: Decimal, orders_min: int) -> str | None:
        """What is wrong when more than `ratio_max` of at least `orders_min` were rejected."""
        self._expire(now)
        answers = len(self._answers)
        if answers < orders_min or self._rejected <= ratio_max * answers:
            return None
        return f"more than {ratio_max} of the orders of a minute rejected"

    def state(self) -> tuple[tuple[int, bool], ...]:
        """The window; encodable."""
        return tuple(self._answers)

    def restore(self, state: tuple[tuple[int, bool], ...]) -> None:
        """Count on from `state`."""
        self._answers = deque(state)
        self._rejected = sum(rejected for _, rejected in state)

    def _expire(self, now: int) -> None:
        while self._answers and self._answers[0][0] <= now - MINUTE_NS:
            self._rejected -= self._answers.popleft()[1]
