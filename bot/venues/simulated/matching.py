"""The venue's clock work, compiled: its book, the queues of resting orders, when to stop.

`match_until` takes messages in the venue's order and stops where Python has something to do.
Between stops no order can arrive, so that nothing but the market's rows can move a queue.
"""

from typing import Final

from bot.book.arrays import BOOK, BOOK_LAYOUT, Book, i8
from bot.book.layout import DEPTH, HEARD, HEARD_SCALAR, LADDER, TOP
from bot.book.layout import SCALAR as SCALAR_AT
from bot.book.message import begin_message, end_message, has_room, take_row
from bot.kernel import kernel
from bot.kernel.places import VECTOR
from bot.tape.rows import INDEX, LEVEL, MARK, SNAPSHOT, TRADE, Int64s
from bot.tape.venue_order import ORDERED, ORDERED_LAYOUT, Ordered
from bot.venues.simulated.arrays import (
    ACTION_NS,
    INDEX_HIGH,
    INDEX_LOW,
    KNOWN_NS,
    LAST_HIGH,
    LAST_LOW,
    MARK_HIGH,
    MARK_LOW,
    MID_HIGH,
    MID_LOW,
    REASON,
    RESTING,
    STOPPED_AT,
    STOPPED_NS,
    TAKEN,
    VENUE,
    VENUE_LAYOUT,
    WAITING,
    VenueArrays,
)
from bot.venues.simulated.queue import change, filled, restate, trade

# Entries of the vector that tells the kernel where everything stands.
CURSOR: Final = 0
"""The next message, and behind it the end of the rows at hand."""
VENUE_AT: Final = 2
BOOK_AT: Final = VENUE_AT + VENUE_LAYOUT.entries
ROWS_AT: Final = BOOK_AT + BOOK_LAYOUT.entries
PLACES: Final = ROWS_AT + ORDERED_LAYOUT.entries

venue_at = VENUE_LAYOUT.view
book_at = BOOK_LAYOUT.view
rows_at = ORDERED_LAYOUT.view

# Why the kernel stopped.
REACHED: Final = 0
"""Nothing is left to do up to the time that was asked for."""
ACTION: Final = 1
"""Every row before Python's next action has been taken."""
EXHAUSTED: Final = 2
"""The block is at its end, and more rows may belong before the time that was asked for."""
FILLED_ORDER: Final = 3
"""A message filled something; it is the last that was taken."""
MARGIN: Final = 4
"""A message took a mark, an index, a mid or a trade out of its bounds; it is the last taken."""
GROW: Final = 5
"""The book has no room for the next message: grow it and call again."""


@kernel(i8(VENUE, BOOK, i8))
def out_of_bounds(venue: VenueArrays, book: Book, i: int) -> int:
    """`MARGIN` when the message took the mark, the mid or the index out of its bounds."""
    bounds = venue.head
    head = book.head
    if head[i, HEARD] & HEARD_SCALAR:
        mark = head[i, SCALAR_AT + MARK]
        if mark < bounds[i, MARK_LOW] or mark > bounds[i, MARK_HIGH]:
            return MARGIN
        index = head[i, SCALAR_AT + INDEX]
        if index < bounds[i, INDEX_LOW] or index > bounds[i, INDEX_HIGH]:
            return MARGIN
    if head[i, TOP] < LADDER and head[i, DEPTH] > 0 and head[i, DEPTH + 1] > 0:
        mid = book.ladder[i, 0, 0] + book.ladder[i, 2, 0]
        if mid < bounds[i, MID_LOW] or mid > bounds[i, MID_HIGH]:
            return MARGIN
    return REACHED


@kernel(i8(VENUE, BOOK, ORDERED, i8, i8))
def match_message(venue: VenueArrays, book: Book, rows: Ordered, m: int, i: int) -> int:
    """Take one message; `REACHED` when nothing in it concerns Python."""
    head = venue.head
    flags = rows.flags[m]
    key = rows.key[m]
    snapshot = flags & SNAPSHOT
    begin_message(book, i, flags)
    if head[i, RESTING] + head[i, TAKEN] + head[i, WAITING] == 0:
        for r in range(rows.begin[m], rows.end[m]):
            take_row(
                book, i, rows.kind[r], rows.side[r], rows.price[r], rows.size[r], snapshot, key
            )
        end_message(book, i, key)
    else:
        passed = 0
        if snapshot:
            head[i, TAKEN] = 0
        for r in range(rows.begin[m], rows.end[m]):
            kind = rows.kind[r]
            side = rows.side[r]
            price = rows.price[r]
            size = rows.size[r]
            previous = take_row(book, i, kind, side, price, size, snapshot, key)
            if kind == TRADE:
                trade(venue, i, side, price, size)
                if price < head[i, LAST_LOW] or price > head[i, LAST_HIGH]:
                    passed = 1
            elif kind == LEVEL and snapshot == 0:
                change(venue, i, side, price, previous, size)
        end_message(book, i, key)
        if snapshot:
            restate(venue, book, i)
        if filled(venue, book, i):
            return FILLED_ORDER
        if passed:
            return MARGIN
    return out_of_bounds(venue, book, i)


@kernel(i8(VENUE, BOOK, ORDERED, i8[::1], i8))
def match_until(
    venue: VenueArrays, book: Book, rows: Ordered, cursor: Int64s, until_ns: int
) -> int:
    """Take messages with a key up to `until_ns`, and say why it stopped.

    cursor: the next message and the end of the block's messages; moved on.
    """
    clock = venue.clock
    stop = min(until_ns, clock[ACTION_NS])
    m = cursor[0]
    end = cursor[1]
    while m < end and rows.key[m] <= stop:
        i = rows.instrument[m]
        if has_room(book, i, rows.end[m] - rows.begin[m]) == 0:
            cursor[0] = m
            return GROW
        reason = match_message(venue, book, rows, m, i)
        m += 1
        if reason != REACHED:
            cursor[0] = m
            clock[REASON] = reason
            clock[STOPPED_AT] = i
            clock[STOPPED_NS] = rows.key[m - 1]
            return reason
    cursor[0] = m
    if m == end and stop > clock[KNOWN_NS]:
        return EXHAUSTED
    return ACTION if clock[ACTION_NS] <= until_ns else REACHED


@kernel(i8(VECTOR, i8))
def match(places: Int64s, until_ns: int) -> int:
    """`match_until` over what stands in a vector of places."""
    venue = venue_at(places, VENUE_AT)
    book = book_at(places, BOOK_AT)
    rows = rows_at(places, ROWS_AT)
    return match_until(venue, book, rows, places, until_ns)
