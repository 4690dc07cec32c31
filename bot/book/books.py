"""The books as Python asks them: touch, levels, the price of a size, and room to grow."""

import enum
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np
from msgspec import Struct

from bot.book.arrays import Book, empty, grown
from bot.book.layout import (
    BASE,
    BUCKET_AT,
    DEPTH,
    FAR,
    KNOWN,
    LADDER_LOW,
    LEVEL_AT,
    NEVER,
    REACH,
    STATUS,
    TOUCH,
    TOUCH_NS,
    WINDOW,
)
from bot.book.levels import recenter
from bot.book.message import begin_message, end_message, follow, has_room, take_row
from bot.model.units import InstrumentId
from bot.tape.rows import BID, CONTINUES, OPEN, SNAPSHOT, Block, Int64s

WINDOW_MIN: Final = 1 << 12
WINDOW_MAX: Final = 1 << 16
WINDOW_DEFAULT: Final = 1 << 14
_NOWHERE: Final = 1 << 60
"""A base so high that no level stands inside its window."""


class TouchSource(enum.Enum):
    """The two sources of a best bid and ask, which are never mixed."""

    BOOK = enum.auto()
    """Best levels of the depth book."""
    STREAM = enum.auto()
    """The venue's own best-bid-and-ask stream."""


class Touch(Struct, frozen=True, gc=False):
    """Best bid and ask in ticks, their sizes in lots; a side that is empty has no price."""

    bid: int | None
    bid_size: int
    ask: int | None
    ask_size: int


class Books:
    """Order books of many instruments; `arrays` is what kernels take, anew after `grow` or `fit`.

    An instrument is meant by its index, the place in `instruments`; a side by `BID` or `ASK`
    of `bot.tape.rows`.
    """

    def __init__(
        self,
        instruments: Iterable[InstrumentId],
        windows: Mapping[InstrumentId, int] | None = None,
        room: int = 2048,
    ) -> None:
        """Start with books that have heard nothing.

        windows: ticks of the dense window of a book, a power of two; a book that is not named
        gets `WINDOW_DEFAULT`. How wide it is changes the speed and nothing else.
        room: levels of a side, in and outside the window, before it must grow.
        """
        self.instruments = tuple(instruments)
        self._index = {instrument: i for i, instrument in enumerate(self.instruments)}
        chosen = windows or {}
        self._hold(empty(tuple(chosen.get(i, WINDOW_DEFAULT) for i in self.instruments), room))

    def index(self, instrument: InstrumentId) -> int:
        """The place of an instrument; KeyError when it is not among these."""
        return self._index[instrument]

    # --- what the market shows -------------------------------------------------------------

    def usable(self, i: int) -> bool:
        """Whether the book is a source of prices: known, not crossed, its touch within reach."""
        return self._head[i, STATUS] == KNOWN

    def touch(self, i: int, source: TouchSource = TouchSource.BOOK) -> Touch | None:
        """The best bid and ask; None while the source is not usable."""
        head = self._head
        if source is TouchSource.STREAM:
            return self._streamed(i)
        if head[i, STATUS] != KNOWN:
            return None
        ladder = self._ladder
        return Touch(
            ladder[i, 0, 0] if head[i, DEPTH] else None,
            ladder[i, 1, 0],
            ladder[i, 2, 0] if head[i, DEPTH + 1] else None,
            ladder[i, 3, 0],
        )

    def levels(self, i: int, side: int, n: int) -> list[tuple[int, int]]:
        """The best `n` levels that the book has, `(price, size)`, usable or not."""
        s = 0 if side == BID else 1
        count = self._head[i, DEPTH + s]
        if n <= count or count < LADDER_LOW:
            # A ladder that short holds all there is.
            prices, sizes = self.arrays.ladder[i, 2 * s : 2 * s + 2, :count]
        else:
            prices, sizes = self._sorted(i, s)
        return list(zip(prices[:n].tolist(), sizes[:n].tolist(), strict=True))

    def impact(self, i: int, side: int, lots: int) -> tuple[float | None, bool]:
        """Average price in ticks of taking so many lots out of a side, and whether it held them.

        Levels beyond the reach do not count. None when there is nothing to take, or the book
        is not usable.
        """
        if not self.usable(i):
            return None, False
        s = 0 if side == BID else 1
        reach = self._head[i, REACH + s]
        left, paid = lots, 0
        for price, size in self._from_the_touch(i, side):
            if left == 0 or (price < reach if s == 0 else price > reach):
                break
            taken = min(left, size)
            left -= taken
            paid += taken * price
        return (paid / (lots - left) if left < lots else None), left == 0

    def reach(self, i: int) -> tuple[int, int] | None:
        """The lowest bid and highest ask up to which no level is missing; None: not known.

        A side that the last snapshot showed empty is known whole: NEVER, UNBOUNDED.
        """
        if not self._head[i, STATUS] & KNOWN:
            return None
        return self._head[i, REACH], self._head[i, REACH + 1]

    # --- taking the tape in ----------------------------------------------------------------

    def take(self, block: Block) -> None:
        """Take the messages of a block in, one kernel call a row: for tests and rare use."""
        places = [self.index(instrument) for instrument in block.instruments]
        for m in range(block.start, block.stop):
            i = places[block.instrument[m]]
            t = int(block.ts_recv[m])
            flags = int(block.flags[m])
            rows = range(int(block.first[m]), int(block.first[m + 1]))
            while not has_room(self.arrays, i, len(rows)):
                self.grow()
            if not flags & CONTINUES:
                begin_message(self.arrays, i, flags)
            for r in rows:
                kind, side = int(block.kind[r]), int(block.side[r])
                price, size = int(block.price[r]), int(block.size[r])
                take_row(self.arrays, i, kind, side, price, size, flags & SNAPSHOT, t)
            if not flags & OPEN:
                end_message(self.arrays, i, t)

    def grow(self) -> None:
        """Double the room, as when `has_room` says no."""
        self._hold(grown(self.arrays, 2 * self.arrays.far.shape[3]))

    def fit(self) -> None:
        """Choose each window anew, for the prices that the book shows now.

        Call it once the first snapshots are in. A book without levels keeps its window.
        """
        head = self.arrays.head
        windows = head[:, WINDOW].tolist()
        for i in range(len(windows)):
            best = self.levels(i, BID, 1) or self.levels(i, -BID, 1)
            if best:
                windows[i] = window_for(best[0][0])
        fitted = empty(tuple(windows), self.arrays.far.shape[3])
        for i in range(len(windows)):
            # Outside its window no level depends on how wide that is.
            recenter(self.arrays, i, _NOWHERE)
        layout = [WINDOW, LEVEL_AT, BUCKET_AT]
        chosen = fitted.head[:, layout]
        fitted.head[:] = head
        fitted.head[:, layout] = chosen
        fitted.far[:] = self.arrays.far
        fitted.ladder[:] = self.arrays.ladder
        for i in range(len(windows)):
            follow(fitted, i)
        self._hold(fitted)

    def canonical(self) -> bytes:
        """Everything that the books know, as bytes to be hashed.

        Windows, room and ladders are left out: they change where a level stands, not whether.
        All of it is integers, so that nothing has two spellings.
        """
        parts = [" ".join(self.instruments).encode()]
        for i in range(len(self.instruments)):
            parts.append(_bytes(self.arrays.head[i, REACH:]))
            for s in range(2):
                levels = self._sorted(i, s)
                parts += [_bytes(np.array([len(levels[0])])), *map(_bytes, levels)]
        return b"".join(parts)

    # --- underneath ------------------------------------------------------------------------

    def _hold(self, arrays: Book) -> None:
        self.arrays = arrays
        # An item of a memoryview is a plain int, and costs half of what an array's does.
        self._head = arrays.head.data
        self._ladder = arrays.ladder.data

    def _streamed(self, i: int) -> Touch | None:
        head = self._head
        bid, ask = head[i, TOUCH], head[i, TOUCH + 2]
        bid_size, ask_size = head[i, TOUCH + 1], head[i, TOUCH + 3]
        if head[i, TOUCH_NS] == NEVER or (bid_size and ask_size and bid >= ask):
            return None
        return Touch(bid if bid_size else None, bid_size, ask if ask_size else None, ask_size)

    def _from_the_touch(self, i: int, side: int) -> Iterator[tuple[int, int]]:
        n = 8
        seen = 0
        while len(levels := self.levels(i, side, n)) > seen:
            yield from levels[seen:]
            seen, n = len(levels), 8 * n

    def _sorted(self, i: int, s: int) -> tuple[Int64s, Int64s]:
        """Prices and sizes of all levels of a side, best first."""
        head, level, _, far, _ = self.arrays
        at = head[i, LEVEL_AT] + s * head[i, WINDOW]
        window = level[at : at + head[i, WINDOW]]
        inside = np.flatnonzero(window)
        outside = far[i, s, :, : head[i, FAR + s]]
        prices = np.concatenate([head[i, BASE] + inside, outside[0]])
        sizes = np.concatenate([window[inside], outside[1]])
        order = np.argsort(-prices if s == 0 else prices)
        return prices[order], sizes[order]


def window_for(price: int, span_bps: int = 50) -> int:
    """Ticks of a window that keeps four times so much beside a price in sight.

    The window moves when the price leaves its middle half, so a quarter of it must hold the
    span. What lies outside is searched for and moved about: on a recorded BTC perpetual a book
    alone takes 26 ns a row with the bare span and 17 with four times as much.
    Never less than `WINDOW_MIN`; `WINDOW_MAX` costs a megabyte a book.
    """
    needed = 16 * price * span_bps // 10_000
    return min(WINDOW_MAX, max(WINDOW_MIN, 1 << needed.bit_length()))


def _bytes(numbers: Int64s) -> bytes:
    return numbers.astype("<i8").tobytes()
