"""Things told before: ids that were seen, and values that are no news."""

from collections import deque
from collections.abc import Hashable
from typing import Final

from bot.model.units import NS_PER_SECOND

SEEN_MAX: Final = 4096
"""Ids that are remembered; venues repeat the last hundred or so trades after a reconnect."""
QUIET_NS_MIN: Final = NS_PER_SECOND
REPEAT_NS: Final = 30 * NS_PER_SECOND


class Seen:
    """The last ids of a stream, to know one that comes again."""

    def __init__(self) -> None:
        """Nothing seen."""
        self._order: deque[Hashable] = deque()
        self._ids: set[Hashable] = set()

    def again(self, number: Hashable) -> bool:
        """Whether an id had been seen; from now on it has."""
        if number in self._ids:
            return True
        if len(self._order) >= SEEN_MAX:
            self._ids.discard(self._order.popleft())
        self._order.append(number)
        self._ids.add(number)
        return False


class News:
    """When a rare value is worth an event, though its stream repeats it many times a second.

    It is told when it changed, once a second at most, and again after half a minute, so that
    whoever minds its age can tell a still value from a lost stream.
    """

    def __init__(self) -> None:
        """Nothing told."""
        self._told: Hashable = None
        self._told_ns: int | None = None

    def is_due(self, ts_recv: int, value: Hashable) -> bool:
        """Whether to tell a value now; the answer True counts as told."""
        if self._told_ns is not None:
            since = ts_recv - self._told_ns
            if since < (REPEAT_NS if value == self._told else QUIET_NS_MIN):
                return False
        self._told, self._told_ns = value, ts_recv
        return True
