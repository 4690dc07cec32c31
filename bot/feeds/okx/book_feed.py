"""OKX's `books` channel onto the tape, verified by checksum and by sequence.

Both rules are the venue's own. A state names the one before it (`prevSeqId`); a keep-alive and a
reset during maintenance follow the same rule, for both name the state before. The checksum, where
it is still sent, covers the 25 best levels.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import DataError
from bot.feeds.book import Book
from bot.feeds.feed import Feed
from bot.feeds.okx.checksum import TextBook
from bot.feeds.okx.wire import Depth, Level


class BookFeed:
    """Snapshots and changes in, messages of levels out."""

    def __init__(self, feed: Feed) -> None:
        """Start without a book."""
        self.book = Book(feed)
        self._feed = feed
        self._texts = TextBook(feed.instrument.id)
        self._sequence: int | None = None

    def snapshot(self, ts_recv: int, depth: Depth) -> None:
        """Start the book over; one that does not fit its own checksum is none."""
        with self._lost_by_damage(ts_recv, depth):
            self._texts.start(depth.bids, depth.asks)
            if not self._sums_up(depth):
                self.book.lose(ts_recv, depth.time_ms)
                return
            self.book.snapshot(ts_recv, depth.time_ms, _plain(depth.bids), _plain(depth.asks))
            self._sequence = depth.sequence

    def change(self, ts_recv: int, depth: Depth) -> None:
        """Apply a change that joins and adds up; anything else loses the book."""
        counters = self._feed.counters
        if not self.book.standing:
            counters.depth_held += 1
            return
        if not self._joins(depth):
            if self._is_old(depth):
                counters.duplicates += 1
            else:
                self.book.lose(ts_recv, depth.time_ms)
            return
        with self._lost_by_damage(ts_recv, depth):
            self._texts.change(depth.bids, depth.asks)
            if not self._sums_up(depth):
                self.book.lose(ts_recv, depth.time_ms)
                return
            self.book.change(ts_recv, depth.time_ms, _plain(depth.bids), _plain(depth.asks))
            self._sequence = depth.sequence
            if depth.sequence is None and not depth.checksum:
                counters.unchecked += 1

    @contextmanager
    def _lost_by_damage(self, ts_recv: int, depth: Depth) -> Iterator[None]:
        """A level that cannot be read leaves half a change behind: then the book is lost too."""
        try:
            yield
        except DataError:
            if self.book.standing:
                self.book.lose(ts_recv, depth.time_ms)
            raise

    def _joins(self, depth: Depth) -> bool:
        """Whether this changes the state that stands; frames of before 2023 do not say."""
        return depth.previous is None or depth.previous == self._sequence

    def _is_old(self, depth: Depth) -> bool:
        """Whether the state that this leads to has been passed already."""
        known, told, previous = self._sequence, depth.sequence, depth.previous
        return None not in (known, told, previous) and previous < told <= known  # type: ignore[operator]

    def _sums_up(self, depth: Depth) -> bool:
        if not depth.checksum:
            return True  # OKX sends 0 where it does not compute one any more
        if self._texts.checksum() == depth.checksum:
            self._feed.counters.checksums += 1
            return True
        self._feed.counters.checksums_failed += 1
        return False


def _plain(levels: list[Level]) -> list[tuple[str, str]]:
    return [(price, size) for price, size, _, _ in levels]
