"""When frames came: never backwards, and what was sent of the time before the first."""

from typing import Final

from bot.feeds.counters import Counters
from bot.model.units import NS_PER_MS, NS_PER_SECOND

BACKLOG_NS: Final = NS_PER_SECOND
"""A trade so much older than the first frame is history that a venue sends for a start."""


class Arrival:
    """The receive clock of one decoder."""

    def __init__(self, counters: Counters) -> None:
        """No frame so far."""
        self._counters = counters
        self._first_ns: int | None = None
        self._last_ns = 0

    def take(self, ts_recv: int) -> int:
        """Count a frame; its time, or that of the frame before when the clock stepped back."""
        self._counters.frames += 1
        if self._first_ns is None:
            self._first_ns = ts_recv
        if ts_recv < self._last_ns:
            self._counters.clock_steps += 1
            return self._last_ns
        self._last_ns = ts_recv
        return ts_recv

    def is_backlog(self, venue_ms: int) -> bool:
        """Whether something happened before anybody listened; on the tape it would look new."""
        first_ns = self._first_ns or 0
        return venue_ms * NS_PER_MS < first_ns - BACKLOG_NS
