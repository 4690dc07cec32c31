"""When a message happened at the venue, stated by the message or estimated from the others."""

from collections import deque
from typing import Final

from bot.feeds.counters import Counters
from bot.model.units import NS_PER_MS
from bot.tape.rows import ESTIMATED

WINDOW: Final = 255
"""Latencies that the median is taken over."""
_REFRESH: Final = 16  # observations between two sorts


class VenueTime:
    """The venue's side of the clock of one feed.

    An estimate is the time of receipt less the median latency of the last messages that stated
    their time: it depends on nothing later, and repeats with the recording.
    """

    def __init__(self, counters: Counters) -> None:
        """Nothing observed: an estimate is then the time of receipt itself."""
        self._counters = counters
        self._latencies_ns: deque[int] = deque(maxlen=WINDOW)
        self._observed = 0
        self._sorted_at = 0
        self._median_ns = 0

    def observe(self, ts_recv: int, venue_ms: int) -> None:
        """Learn from a message that just came and stated its time; 0: it did not."""
        if venue_ms:
            self._latencies_ns.append(ts_recv - venue_ms * NS_PER_MS)
            self._observed += 1

    def stamp(self, ts_recv: int, venue_ms: int) -> tuple[int, int]:
        """`ts_venue` and the flags that belong to it; venue_ms 0: the message does not say.

        Never later than `ts_recv`, whatever the venue's clock says.
        """
        if not venue_ms:
            return ts_recv - self.latency_ns(), ESTIMATED
        ts_venue = venue_ms * NS_PER_MS
        if ts_venue <= ts_recv:
            return ts_venue, 0
        self._counters.ahead += 1
        return ts_recv, ESTIMATED

    def latency_ns(self) -> int:
        """The median latency, ≥ 0; 0 before anything was observed."""
        if self._observed - self._sorted_at >= (_REFRESH if self._sorted_at else 1):
            latencies = sorted(self._latencies_ns)
            self._median_ns = max(0, latencies[len(latencies) // 2])
            self._sorted_at = self._observed
        return self._median_ns
