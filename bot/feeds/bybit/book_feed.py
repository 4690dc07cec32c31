"""Bybit's order book topics onto the tape, checked by their count of updates."""

from typing import Final

from bot.feeds.book import Book
from bot.feeds.bybit import wire
from bot.feeds.feed import Feed

_RESTARTED: Final = 1
"""The count begins again: the message is a snapshot, whatever it calls itself."""


class BookFeed:
    """Snapshots and deltas in, messages of levels out."""

    def __init__(self, feed: Feed) -> None:
        """Start without a book."""
        self.book = Book(feed)
        self._feed = feed
        self._update_id = 0

    def take(self, ts_recv: int, depth: wire.Depth) -> None:
        """A snapshot starts the book; a delta must be the next one."""
        levels, venue_ms = depth.data, depth.match_ms or depth.sent_ms
        if depth.kind == "snapshot" or levels.update_id == _RESTARTED:
            self.book.snapshot(ts_recv, venue_ms, levels.bids, levels.asks)
        elif not self.book.standing:
            self._feed.counters.depth_held += 1
            return
        elif levels.update_id <= self._update_id:
            self._feed.counters.duplicates += 1
            return
        elif levels.update_id != self._update_id + 1:
            self.book.lose(ts_recv, venue_ms)
            return
        else:
            self.book.change(ts_recv, venue_ms, levels.bids, levels.asks)
        self._update_id = levels.update_id
