"""The market as the venue sees it: its own book, whether it can be traded, and the marks."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np

from bot.book.arrays import Book, empty, grown
from bot.book.layout import (
    CROSSING,
    DEPTH,
    FAR,
    INSIDE,
    KNOWN,
    LADDER_LOW,
    LAST,
    NEVER,
    SCALAR,
    SCALAR_NS,
    STATUS,
    TRADE_NS,
)
from bot.book.levels import size_at
from bot.book.message import has_room, judge
from bot.model.command import Side
from bot.model.instrument import Instrument
from bot.tape.rows import MARK, SCALAR_SCALE, Int64s
from bot.venues.simulated.arrays import TAKEN, VenueArrays
from bot.venues.simulated.taking import give_back, reachable, take


class Market:
    """Books of the simulated view, and what orders do to them."""

    def __init__(self, instruments: Mapping[int, Instrument], windows: tuple[int, ...]) -> None:
        self.instruments = instruments
        self.book: Book = empty(windows)
        self._found: Int64s = np.zeros((LADDER_LOW, 2), np.int64)

    def trouble(self, i: int) -> str | None:
        """Why no order can be matched in an instrument now; None when one can."""
        status = int(self.book.head[i, STATUS])
        if not status & KNOWN:
            return "book unusable: no snapshot since the start or the last gap"
        if status & CROSSING:
            return "book unusable: crossed or locked"
        return None

    def best(self, i: int, s: int) -> int | None:
        """Best price of a side in ticks."""
        return int(self.book.ladder[i, 2 * s, 0]) if self.book.head[i, DEPTH + s] else None

    def shown(self, i: int, side: Side, price: int) -> int:
        """Lots displayed at a price of a side."""
        return int(size_at(self.book, i, _index(side), price))

    def mark(self, i: int) -> Decimal | None:
        """The venue's mark, else the mid; None when neither is known."""
        marked = self.marked(i)
        return self.mid(i) if marked is None else marked

    def mid(self, i: int) -> Decimal | None:
        """The middle of the touch; None while a side is empty or the book is unusable."""
        bid, ask = self.best(i, 0), self.best(i, 1)
        if bid is None or ask is None or self.trouble(i):
            return None
        return self.instruments[i].grid.tick * (bid + ask) / 2

    def marked(self, i: int) -> Decimal | None:
        """The mark as the venue states it."""
        return self.stated(i, MARK)

    def stated(self, i: int, field: int) -> Decimal | None:
        """The last value of a scalar field."""
        if self.book.head[i, SCALAR_NS + field] == NEVER:
            return None
        return Decimal(int(self.book.head[i, SCALAR + field])) / SCALAR_SCALE

    def last(self, i: int) -> int | None:
        """Price of the last trade in ticks."""
        head = self.book.head
        return None if head[i, TRADE_NS] == NEVER else int(head[i, LAST])

    def against(self, i: int, side: Side, limit: int, size: int) -> list[tuple[int, int]]:
        """Price and lots of each level that an incoming order would take, best first."""
        s = _index(side.opposite)
        while True:
            count = reachable(self.book, i, s, limit, size, self._found)
            if count < len(self._found):
                return [(int(price), int(lots)) for price, lots in self._found[:count]]
            self._found = np.zeros((2 * count, 2), np.int64)

    def consume(
        self, venue: VenueArrays, i: int, side: Side, levels: list[tuple[int, int]], until_ns: int
    ) -> None:
        """Take the levels out of the view; `venue` has room for them."""
        found = np.array(levels, np.int64).reshape(-1, 2)
        take(venue, self.book, i, _index(side.opposite), found, len(levels), until_ns)

    def recover(self, venue: VenueArrays, i: int, now_ns: int) -> None:
        """Show again what was taken so long ago that our impact has decayed."""
        count = int(venue.head[i, TAKEN])
        if count and not has_room(self.book, i, count):
            self.grow(i, count)
        give_back(venue, self.book, i, now_ns)
        judge(self.book, i, now_ns)

    def grow(self, i: int, rows: int) -> None:
        """Make room for so many more levels in a book."""
        head = self.book.head[i]
        needed = rows + max(int(head[FAR + s] + head[INSIDE + s]) for s in range(2))
        self.book = grown(self.book, max(2 * self.book.far.shape[3], 2 * needed))


def _index(side: Side) -> int:
    return 0 if side is Side.BUY else 1
