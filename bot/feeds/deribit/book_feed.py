"""Deribit's `book` channel onto the tape, chained by `prev_change_id`."""

from bot.feeds.book import Book, Level
from bot.feeds.deribit import wire
from bot.feeds.feed import Feed
from bot.feeds.numerals import numeral


class BookFeed:
    """Snapshots and changes in, messages of levels out."""

    def __init__(self, feed: Feed) -> None:
        """Start without a book."""
        self.book = Book(feed)
        self._feed = feed
        self._change_id = -1

    def take(self, ts_recv: int, depth: wire.Depth) -> None:
        """A snapshot starts the book; a change must name the one that was applied last."""
        if depth.kind == "snapshot":
            self.book.snapshot(ts_recv, depth.time_ms, *self._levels(depth))
        elif not self.book.standing:
            self._feed.counters.depth_held += 1
            return
        elif depth.change_id <= self._change_id:
            self._feed.counters.duplicates += 1
            return
        elif depth.previous_id != self._change_id:
            self.book.lose(ts_recv, depth.time_ms)
            return
        else:
            self.book.change(ts_recv, depth.time_ms, *self._levels(depth))
        self._change_id = depth.change_id

    def _levels(self, depth: wire.Depth) -> tuple[list[Level], list[Level]]:
        return self._texts(depth.bids), self._texts(depth.asks)

    def _texts(self, levels: list[wire.Level]) -> list[Level]:
        where = f"{self._feed.instrument.id} level"
        return [
            (numeral(price, where), "0" if action == "delete" else numeral(amount, where))
            for action, price, amount in levels
        ]
