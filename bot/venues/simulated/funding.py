"""Which settlement of funding is due when, at which rate; each is paid once.

A settlement at T is due at T, on what was held strictly before T, at the last rate that was
published for that T; a settled rate wins over a predicted one. Messages just after T may
still carry the old T: they find it paid. What cannot be paid because something is unknown is
kept and shown, never taken for zero, and is paid if the missing rate comes after all.
"""

from decimal import Decimal

from msgspec import Struct

from bot.model.event import FundingRate
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND, AccountId, InstrumentId
from bot.venues.simulated.accounts import worth

SAME_NS = 60 * NS_PER_SECOND
"""Stamps of one settlement differ by milliseconds between a venue's sources; none settles twice
a minute."""


class Unfunded(Struct, frozen=True):
    """A settlement that could not be booked, and why."""

    account: AccountId
    instrument: InstrumentId
    settles_ns: int
    quantity: int
    reason: str


class Due(Struct):
    """One settlement of one instrument: its time and the best rate heard for it."""

    settles_ns: int
    rate: FundingRate | None = None
    mark: Decimal | None = None
    scheduled: bool = False


def payment(instrument: Instrument, lots: int, mark: Decimal, rate: Decimal) -> Decimal:
    """What the holder receives: longs pay when the rate is positive."""
    amount = worth(instrument, lots, mark)
    # An inverse position's worth counts the other way: long N contracts is short N / mark coin.
    return amount * rate if instrument.inverse else -amount * rate


class FundingCalendar:
    """The settlements of every instrument that are not behind us.

    interval: the time between settlements as the last rate stated it: venues change it.
    """

    def __init__(self) -> None:
        self.paid: dict[int, int] = {}
        self.interval: dict[int, int] = {}
        self._due: dict[int, dict[int, Due]] = {}

    def hear(self, i: int, event: FundingRate) -> Due | None:
        """Keep a published rate; the settlement it belongs to, None when that is behind us."""
        if event.interval_ns is not None:
            self.interval[i] = event.interval_ns
        due = self.expect(i, event.settles_ns)
        if due is not None and (due.rate is None or event.settled or not due.rate.settled):
            due.rate = event
        return due

    def expect(self, i: int, settles_ns: int) -> Due | None:
        """The settlement at a time, None when it is behind us."""
        if i in self.paid and settles_ns <= self.paid[i] + SAME_NS // 2:
            return None
        due = self._due.setdefault(i, {})
        minute = (settles_ns + SAME_NS // 2) // SAME_NS
        if minute not in due:
            due[minute] = Due(settles_ns)
        return due[minute]

    def awaits(self, i: int, after_ns: int) -> bool:
        """Whether a settlement later than a time is expected."""
        return any(due.settles_ns > after_ns for due in self._due.get(i, {}).values())

    def next(self, i: int, after_ns: int) -> Due | None:
        """The first settlement later than a time, of those that are expected."""
        later = [due for due in self._due.get(i, {}).values() if due.settles_ns > after_ns]
        return min(later, key=lambda due: due.settles_ns, default=None)

    def close(self, i: int, due: Due) -> None:
        """The settlement has been paid, or nobody held anything: it and all before are done."""
        self.paid[i] = due.settles_ns
        self._due[i] = {
            minute: other
            for minute, other in self._due.get(i, {}).items()
            if other.settles_ns > due.settles_ns
        }

    def expected(self) -> list[tuple[int, Due]]:
        """Every settlement that is not behind us."""
        return [
            (i, due) for i, dues in sorted(self._due.items()) for _, due in sorted(dues.items())
        ]

    def restore(self, paid: list[tuple[int, int]], expected: list[tuple[int, Due]]) -> None:
        """Go on from what stood in a state."""
        self.paid = dict(paid)
        for i, due in expected:
            kept = self.expect(i, due.settles_ns)
            assert kept is not None, "a settlement is expected that has been paid"
            kept.rate, kept.mark, kept.scheduled = due.rate, due.mark, due.scheduled
