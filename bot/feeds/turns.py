"""How long funding intervals are, from the settlements that were seen to turn."""

from typing import Final

from bot.model.units import NS_PER_HOUR, NS_PER_SECOND

_SILENCE_NS_MAX: Final = 60 * NS_PER_SECOND
"""Between the last word on one settlement and the first on the next; more may hide another."""
_EARLY_NS: Final = 5 * NS_PER_SECOND
"""Venues name the next settlement a little before the clock of the receiver says so."""
_INTERVAL_NS_MAX: Final = 24 * NS_PER_HOUR


class SettlementTurns:
    """The interval that runs now, for a stream that only names the settlement to come.

    Once the stream was seen to go on from one settlement to the next, the interval is the time
    since then, whatever a listing said: venues change it, and tell it nowhere else in time.
    """

    def __init__(self) -> None:
        """No turn was seen: the interval is not known from here."""
        self._paid_ns: int | None = None
        self._settles_ns = 0
        self._heard_ns = 0

    @property
    def interval_ns(self) -> int | None:
        """Between the settlement that was paid last and the one to come; None: not seen."""
        if self._paid_ns is None:
            return None
        apart_ns = self._settles_ns - self._paid_ns
        whole = 0 < apart_ns <= _INTERVAL_NS_MAX and apart_ns % NS_PER_HOUR == 0
        return apart_ns if whole else None

    def see(self, ts_recv: int, settles_ns: int) -> None:
        """Take in which settlement comes next."""
        before = self._settles_ns
        if settles_ns != before and before:
            if ts_recv - self._heard_ns > _SILENCE_NS_MAX:
                self._paid_ns = None
            elif before < settles_ns and before <= ts_recv + _EARLY_NS:
                self._paid_ns = before  # else it was only put off, or brought forward
        self._settles_ns, self._heard_ns = settles_ns, ts_recv
