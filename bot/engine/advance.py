"""The compiled loop: rows into books, books into signals, until someone must decide."""

from collections.abc import Callable
from typing import Final

import numpy as np

from bot.book.arrays import BOOK, BOOK_LAYOUT, Book, i8, void
from bot.book.message import begin_message, end_message, has_room
from bot.book.message import take_row as take_book_row
from bot.engine.sentries import NEXT, POSTED, POSTED_LAYOUT, Posts, watch
from bot.kernel import kernel
from bot.kernel.places import VECTOR
from bot.signals.arrays import REFIT, SIGNALS, SIGNALS_LAYOUT, WOKEN, Signals
from bot.signals.evaluate import end_message as end_signals
from bot.signals.evaluate import forget_book, take_samples
from bot.signals.evaluate import take_row as take_signal_row
from bot.tape.columns import ROWS, Rows
from bot.tape.rows import CONTINUES, OPEN, SNAPSHOT, Int64s

# Why the loop stopped.
REACHED: Final = 0
"""No message is left before the time or the end that was given."""
WOKE: Final = 1
"""A strategy must be asked; the message that woke it was taken in."""
GROW: Final = 2
"""A book needs room before the next message can be taken in."""
PYTHON: Final = 3
"""A plain-Python signal must look at the message that was just taken in, or a fit is due."""
VENUE: Final = 4
"""The venue must act before the next message can be taken in."""

# Entries of the vector that tells the loop where everything stands.
CURSOR: Final = 0
"""The first message that was not taken in."""
LAST_NS: Final = 1
"""When the message before that was received, and its flags."""
LAST_FLAGS: Final = 2
BOOK_AT: Final = 3
SIGNALS_AT: Final = BOOK_AT + BOOK_LAYOUT.entries
POSTED_AT: Final = SIGNALS_AT + SIGNALS_LAYOUT.entries
PLACES: Final = POSTED_AT + POSTED_LAYOUT.entries

book_at = BOOK_LAYOUT.view
signals_at = SIGNALS_LAYOUT.view
posts_at = POSTED_LAYOUT.view


def placed(book: Book, signals: Signals, posts: Posts) -> Int64s:
    """The vector for these arrays, which must outlive it; the cursor at 0."""
    places: Int64s = np.zeros(PLACES, np.int64)
    BOOK_LAYOUT.write(places, BOOK_AT, book)
    SIGNALS_LAYOUT.write(places, SIGNALS_AT, signals)
    POSTED_LAYOUT.write(places, POSTED_AT, posts)
    return places


Advance = Callable[[Rows, int, int, Int64s], int]
"""The loop itself, or one that moves a simulated venue along with it."""


@kernel(void(ROWS, i8, BOOK, SIGNALS, POSTED))
def take_message(rows: Rows, m: int, book: Book, signals: Signals, posts: Posts) -> None:
    """Take one message in, or as much of it as stands in this block."""
    i = int(rows.instrument[m])
    t = rows.ts_recv[m]
    flags = int(rows.flags[m])
    if flags & CONTINUES == 0:
        take_samples(signals, t)
        begin_message(book, i, flags)
        if flags & SNAPSHOT:
            forget_book(signals, book, i, t)
    snapshot = flags & SNAPSHOT
    for r in range(rows.first[m], rows.first[m + 1]):
        kind = int(rows.kind[r])
        side = int(rows.side[r])
        price = rows.price[r]
        size = rows.size[r]
        previous = take_book_row(book, i, kind, side, price, size, snapshot, t)
        take_signal_row(signals, book, i, kind, side, price, size, previous, t)
    if flags & OPEN == 0:
        end_message(book, i, t)
        end_signals(signals, book, i, t)
        if posts.here[i] != 0:
            watch(posts, book, i, t)


@kernel(i8(ROWS, i8, BOOK, SIGNALS, POSTED))
def advance_one(rows: Rows, m: int, book: Book, signals: Signals, posts: Posts) -> int:
    """Take message `m` in, unless its book needs room first; REACHED: go on."""
    i = int(rows.instrument[m])
    if has_room(book, i, rows.first[m + 1] - rows.first[m]) == 0:
        return GROW
    take_message(rows, m, book, signals, posts)
    if signals.plain[i] != 0 or signals.clock[REFIT] != 0:
        return PYTHON
    return WOKE if signals.clock[WOKEN] != 0 else REACHED


@kernel(void(ROWS, i8, VECTOR))
def leave(rows: Rows, m: int, places: Int64s) -> None:
    """Say where the loop stopped."""
    places[CURSOR] = m
    if m > 0:
        places[LAST_NS] = rows.ts_recv[m - 1]
        places[LAST_FLAGS] = rows.flags[m - 1]


@kernel(i8(ROWS, i8, i8, VECTOR))
def advance(rows: Rows, stop: int, until_ns: int, places: Int64s) -> int:
    """Take messages in from the cursor on, up to `stop`, and none received after `until_ns`.

    None either received after the touch has left a posted order behind. Returns why it stopped;
    the cursor is then the first message that was not taken in.
    """
    book = book_at(places, BOOK_AT)
    signals = signals_at(places, SIGNALS_AT)
    posts = posts_at(places, POSTED_AT)
    m = places[CURSOR]
    reason = REACHED
    while (
        m < stop
        and reason == REACHED
        and rows.ts_recv[m] <= until_ns
        and rows.ts_recv[m] <= posts.clock[NEXT]
    ):
        reason = advance_one(rows, m, book, signals, posts)
        if reason != GROW:
            m += 1
    leave(rows, m, places)
    return reason


@kernel(void(VECTOR, i8, i8))
def watch_at(places: Int64s, i: int, t: int) -> None:
    """Look where the touch of an instrument stands now, for the orders posted there."""
    watch(posts_at(places, POSTED_AT), book_at(places, BOOK_AT), i, t)
