"""OKX's checksum of a book: what its best levels must add up to, or a change was lost.

It is the CRC-32 of a text, as a signed number: of the 25 best levels of both sides, bid and ask
in turn, each `price:size` with the very digits that were sent.
"""

import zlib
from bisect import bisect_left
from collections.abc import Iterable
from decimal import Decimal
from itertools import zip_longest
from typing import Final

from bot.feeds.grid import Grid
from bot.feeds.okx.wire import Level

LEVELS: Final = 25
_FINEST: Final = Decimal("1e-12")
"""Prices are ordered by counts of this, so that one off the tick has its place too."""


class TextBook:
    """The book as text, for the checksum alone."""

    def __init__(self, where: str) -> None:
        """Start empty; where: the instrument, for messages."""
        self._order = Grid(f"{where} price", _FINEST)
        self._bids = _Side()
        self._asks = _Side()

    def start(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Begin with these levels; DataError when a price is none."""
        self._bids, self._asks = _Side(), _Side()
        self.change(bids, asks)

    def change(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Set, replace and remove levels; DataError when a price is none."""
        for side, levels, sign in ((self._bids, bids, -1), (self._asks, asks, 1)):
            for price, size, _, _ in levels:
                side.set(sign * self._order.count(price), price, size)

    def checksum(self) -> int:
        """What OKX would send for this book."""
        parts: list[str] = []
        for bid, ask in zip_longest(self._bids.best(), self._asks.best()):
            parts += [level for level in (bid, ask) if level is not None]
        unsigned = zlib.crc32(":".join(parts).encode())
        return unsigned - 2**32 if unsigned >= 2**31 else unsigned


class _Side:
    """Levels of one side, best first: by price, which bids count downwards."""

    def __init__(self) -> None:
        self._keys: list[int] = []
        self._texts: dict[int, str] = {}

    def set(self, key: int, price: str, size: str) -> None:
        if not size.strip("0."):
            if self._texts.pop(key, None) is not None:
                del self._keys[bisect_left(self._keys, key)]
            return
        if key not in self._texts:
            self._keys.insert(bisect_left(self._keys, key), key)
        self._texts[key] = f"{price}:{size}"

    def best(self) -> list[str]:
        return [self._texts[key] for key in self._keys[:LEVELS]]
