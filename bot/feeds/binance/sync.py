"""Continuity of Binance's depth stream: what may be applied to the book, and when it is lost.

The procedure is the venue's own ("How to manage a local order book correctly", spot, USD-M and
COIN-M): buffer the changes, take the snapshot, drop what it already holds, demand that the first
change reaches across the snapshot's id and that none is missing between changes after it.

    NO_BOOK ──snapshot──► BRIDGING ──first change──► CHAINED
       ▲                     │                          │
       └──────── gap ◄───────┴─────────── gap ◄─────────┘

Pure: update ids in, verdicts out. Times, rows and bytes are the decoder's.
"""

import enum
from collections import deque
from typing import Final, Generic, TypeVar

Change = TypeVar("Change")

HELD_MAX: Final = 4096
"""Changes kept while there is no book: more than half a minute of the fastest stream."""


class State(enum.Enum):
    """Whether a book stands, and how its next change is checked."""

    NO_BOOK = enum.auto()
    BRIDGING = enum.auto()
    CHAINED = enum.auto()


class Verdict(enum.Enum):
    """What becomes of a change or a snapshot.

    INCLUDED: the snapshot already holds it. OLD: it had been seen, or the book is newer.
    """

    APPLY = enum.auto()
    HOLD = enum.auto()
    INCLUDED = enum.auto()
    OLD = enum.auto()
    GAP = enum.auto()


class DepthSync(Generic[Change]):
    """The state machine for one instrument; what a held change is made of is its owner's.

    chained: futures name the change before (`pu`), spot counts without holes. A change that
    arrives while there is no book is held; beyond `HELD_MAX` the oldest goes, because the
    snapshot still to come will be newer than it.
    """

    def __init__(self, chained: bool) -> None:
        """Start without a book."""
        self.state = State.NO_BOOK
        self.last_id = -1
        self._chained = chained
        self._held: deque[tuple[int, Change]] = deque()

    def change(self, first_id: int, last_id: int, previous_id: int) -> Verdict:
        """Judge a change by its U, u and pu; APPLY counts it as applied.

        GAP loses the book: the change that revealed it is to be held for the next snapshot.
        """
        state, book_id = self.state, self.last_id
        if state is State.CHAINED:
            if last_id <= book_id:
                return Verdict.OLD
            joins = previous_id == book_id if self._chained else first_id <= book_id + 1
        elif state is State.BRIDGING:
            # A futures change may end on the snapshot's very id: the venue wants it applied.
            if last_id < book_id or (last_id == book_id and not self._chained):
                return Verdict.INCLUDED
            joins = first_id <= self._reach(book_id)
        else:
            return Verdict.HOLD
        if not joins:
            self.state = State.NO_BOOK
            return Verdict.GAP
        self.state = State.CHAINED
        self.last_id = last_id
        return Verdict.APPLY

    def snapshot(self, last_id: int) -> Verdict:
        """Judge a snapshot by its id; APPLY makes it the book.

        OLD: the standing book is newer. GAP: changes between it and the oldest held one are
        missing, so that only a newer snapshot will do.
        """
        if self.state is not State.NO_BOOK:
            if last_id < self.last_id:
                return Verdict.OLD
        elif self._held and self._held[0][0] > self._reach(last_id):
            return Verdict.GAP
        self.state = State.BRIDGING
        self.last_id = last_id
        return Verdict.APPLY

    def hold(self, first_id: int, change: Change) -> int:
        """Keep a change for the snapshot to come; how many old ones had to go for it."""
        self._held.append((first_id, change))
        if len(self._held) <= HELD_MAX:
            return 0
        self._held.popleft()
        return 1

    def release(self) -> list[Change]:
        """The held changes, oldest first; the snapshot that they waited for is there."""
        released = [change for _, change in self._held]
        self._held.clear()
        return released

    def _reach(self, snapshot_id: int) -> int:
        """The highest U with which a change still joins a snapshot."""
        return snapshot_id if self._chained else snapshot_id + 1
