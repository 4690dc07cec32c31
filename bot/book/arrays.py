"""The arrays that hold every book, as one value that kernels take."""

from typing import Any, Final, NamedTuple

import numpy as np
from numba import types

from bot.book.layout import (
    BOOK_NS,
    BUCKET_AT,
    BUCKET_BITS,
    COLUMNS,
    CROSSED_NS,
    LADDER,
    LEVEL_AT,
    NEVER,
    REACH,
    SCALAR_NS,
    TOUCH_NS,
    TRADE_NS,
    UNBOUNDED,
    WINDOW,
)
from bot.kernel.places import Layout
from bot.tape.rows import SCALAR_FIELDS, Int64s

i8: Final = types.int64
f8: Final = types.float64
void: Final = types.void


class Book(NamedTuple):
    """Books of many instruments; `layout` says what stands where.

    head: (instruments, columns). level, bucket: pools, each instrument's windows of bids and
    asks one after the other. far: (instruments, side, price or size, room), by price.
    ladder: (instruments, 4, LADDER), rows bid price, bid size, ask price, ask size.
    """

    head: Int64s
    level: Int64s
    bucket: Int64s
    far: Int64s
    ladder: Int64s


BOOK: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (
        types.int64[:, ::1],
        types.int64[::1],
        types.int64[::1],
        types.int64[:, :, :, ::1],
        types.int64[:, :, ::1],
    ),
    Book,
)

BOOK_LAYOUT: Final = Layout(
    BOOK,
    Book,
    (
        ("instruments", COLUMNS),
        ("levels",),
        ("buckets",),
        ("instruments", 2, 2, "room"),
        ("instruments", 4, LADDER),
    ),
)


WINDOW_LEAST: Final = 1 << BUCKET_BITS
"""Ticks of the smallest window."""
_ROOM: Final = 2048
_MANY: Final = 128


def empty(windows: tuple[int, ...], room: int | None = None) -> Book:
    """Books that have heard nothing yet, one for each window.

    windows: ticks of each book's window, powers of two from 64 on. room: levels outside the
    window that a side can hold before it must grow; None: what suits so many books.
    """
    if room is None:
        room = _ROOM if len(windows) <= _MANY else _ROOM // 16
    for window in windows:
        if window < WINDOW_LEAST or window & (window - 1):
            raise ValueError(f"window: got {window}, expected a power of two from 64 on")
    head = np.zeros((len(windows), COLUMNS), np.int64)
    level_at = 0
    for i, window in enumerate(windows):
        head[i, WINDOW] = window
        head[i, LEVEL_AT] = level_at
        head[i, BUCKET_AT] = level_at >> BUCKET_BITS
        level_at += 2 * window
    for column in (BOOK_NS, TOUCH_NS, TRADE_NS, CROSSED_NS, REACH):
        head[:, column] = NEVER
    head[:, REACH + 1] = UNBOUNDED
    head[:, SCALAR_NS : SCALAR_NS + SCALAR_FIELDS] = NEVER
    return Book(
        head,
        np.zeros(level_at, np.int64),
        np.zeros(level_at >> BUCKET_BITS, np.int64),
        np.zeros((len(windows), 2, 2, room), np.int64),
        np.zeros((len(windows), 4, LADDER), np.int64),
    )


def grown(book: Book, room: int) -> Book:
    """The same books with room for so many levels outside each window."""
    count, sides, pair, had = book.far.shape
    far = np.zeros((count, sides, pair, room), np.int64)
    far[:, :, :, :had] = book.far
    return book._replace(far=far)
