"""BitMEX's `orderBookL2` onto the tape: levels by id, without any number that would show a gap.

All that proves a loss is a change of a level that should be there and is not, or the coming of
one that is there already: then the book is lost until the next `partial`.
"""

from typing import Literal

from bot.errors import DataError
from bot.feeds.bitmex import wire
from bot.feeds.bitmex.times import milliseconds
from bot.feeds.book import Book, Level
from bot.feeds.feed import Feed
from bot.feeds.numerals import numeral

_Key = tuple[int, Literal["Buy", "Sell"]]


class BookFeed:
    """Actions on the table in, messages of levels out."""

    def __init__(self, feed: Feed) -> None:
        """Start without a book."""
        self.book = Book(feed)
        self._feed = feed
        self._where = f"{feed.instrument.id} level"
        self._prices: dict[_Key, str] = {}

    def take(self, ts_recv: int, action: wire.Action, rows: list[wire.Level]) -> None:
        """One action; a row that cannot be read loses the book, since no number would show it."""
        try:
            self._take(ts_recv, action, rows)
        except DataError:
            if self.book.standing:
                self.book.lose(ts_recv, 0)
            raise

    def _take(self, ts_recv: int, action: wire.Action, rows: list[wire.Level]) -> None:
        stamp = next((row.timestamp for row in reversed(rows) if row.timestamp), "")
        venue_ms = milliseconds(stamp, self._where) if stamp else 0
        if action == "partial":
            prices = {(row.id, row.side): numeral(row.price, self._where) for row in rows}
            self.book.snapshot(ts_recv, venue_ms, *self._sides(rows, prices, action))
            self._prices = prices
            return
        if not self.book.standing:
            self._feed.counters.depth_held += 1
            return
        if any(((row.id, row.side) in self._prices) == (action == "insert") for row in rows):
            self.book.lose(ts_recv, venue_ms)
            return
        if action == "insert":
            self._prices |= {(row.id, row.side): numeral(row.price, self._where) for row in rows}
        sides = self._sides(rows, self._prices, action)
        if action == "delete":
            for row in rows:
                self._prices.pop((row.id, row.side), None)
        self.book.change(ts_recv, venue_ms, *sides)
        self._feed.counters.unchecked += 1

    def _sides(
        self, rows: list[wire.Level], prices: dict[_Key, str], action: wire.Action
    ) -> tuple[list[Level], list[Level]]:
        bids: list[Level] = []
        asks: list[Level] = []
        for row in rows:
            size = "0" if action == "delete" else numeral(row.size, self._where)
            side = bids if row.side == "Buy" else asks
            side.append((prices[row.id, row.side], size))
        return bids, asks
