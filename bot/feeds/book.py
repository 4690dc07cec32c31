"""A book that its own stream starts and changes: snapshot, then deltas that must join.

Five venues send it so, and differ in how a delta proves that it joins: that rule is theirs.
What follows from the answer is the same, and is here: a book that was lost stays unusable, with
the flag on the tape, until the next snapshot.
"""

from collections.abc import Iterable

from bot.errors import DataError, quoted
from bot.feeds.feed import Feed
from bot.model.command import Side
from bot.tape.rows import GAP, LEVEL, SNAPSHOT

Level = tuple[str, str]
"""A price and the size that rests there, as decimal text; size 0 removes the level."""
Row = tuple[int, int, int]


class Book:
    """One book on its way to the tape. standing: whether there is one to change."""

    def __init__(self, feed: Feed) -> None:
        """Start without a book."""
        self.standing = False
        self._feed = feed

    def snapshot(
        self, ts_recv: int, venue_ms: int, bids: Iterable[Level], asks: Iterable[Level]
    ) -> None:
        """Make these levels the book; DataError leaves the one before as it was."""
        rows = self._rows(bids, asks)
        self.standing = True
        self._feed.counters.snapshots += 1
        self._write(ts_recv, venue_ms, rows, SNAPSHOT)

    def change(
        self, ts_recv: int, venue_ms: int, bids: Iterable[Level], asks: Iterable[Level]
    ) -> None:
        """Apply a delta that joins; without a book it is counted and left out."""
        if not self.standing:
            self._feed.counters.depth_held += 1
            return
        rows = self._rows(bids, asks)
        self._feed.counters.depth_applied += 1
        self._write(ts_recv, venue_ms, rows, 0)

    def lose(self, ts_recv: int, venue_ms: int) -> None:
        """Say on the tape that something is missing: no book until a snapshot."""
        self.standing = False
        self._feed.counters.gaps += 1
        self._write(ts_recv, venue_ms, [], GAP)

    def _rows(self, bids: Iterable[Level], asks: Iterable[Level]) -> list[Row]:
        rows: list[Row] = []
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            for price, size in levels:
                ticks, lots = self._feed.price.ticks(price), self._feed.size.lots(size)
                if ticks is None:
                    continue
                if ticks == 0:
                    raise DataError(
                        f"{self._feed.instrument.id} level",
                        f"price {quoted(price)}",
                        "a price > 0",
                        "leave the frame out; the gap closes at the next snapshot",
                    )
                rows.append((int(side), ticks, lots))
        return rows

    def _write(self, ts_recv: int, venue_ms: int, rows: list[Row], flags: int) -> None:
        feed = self._feed
        feed.venue_time.observe(ts_recv, venue_ms)
        ts_venue, estimated = feed.venue_time.stamp(ts_recv, venue_ms)
        feed.builder.begin(ts_recv, ts_venue, flags=flags | estimated)
        for side, ticks, lots in rows:
            feed.builder.row(LEVEL, side, ticks, lots)
        feed.builder.end()
