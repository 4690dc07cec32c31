"""Kernels for one message: open it, take its rows in, close it with a consistent book."""

from bot.book.arrays import BOOK, Book, i8, void
from bot.book.layout import (
    BASE,
    BOOK_NS,
    CROSSED,
    CROSSED_NS,
    CROSSED_NS_MAX,
    CROSSING,
    DEPTH,
    FAR,
    GAPS,
    HEARD,
    HEARD_BOOK,
    HEARD_SCALAR,
    HEARD_TOUCH,
    HEARD_TRADE,
    INSIDE,
    KNOWN,
    LADDER,
    LAST,
    MESSAGES,
    NEVER,
    REACH,
    SCALAR_NS,
    SHALLOW,
    STATUS,
    TOP,
    TOUCH,
    TOUCH_NS,
    TRADE_NS,
    UNBOUNDED,
    WINDOW,
)
from bot.book.layout import SCALAR as SCALAR_AT
from bot.book.levels import clear_window, recenter, set_level
from bot.kernel import kernel
from bot.tape.rows import BID, GAP, LEVEL, SCALAR, SNAPSHOT, TRADE
from bot.tape.rows import TOUCH as TOUCH_ROW


@kernel(i8(BOOK, i8, i8))
def has_room(book: Book, i: int, rows: int) -> int:
    """1 when a message of so many rows fits whatever it says, else 0: grow first."""
    head = book.head
    for s in range(2):
        if head[i, FAR + s] + head[i, INSIDE + s] + rows > book.far.shape[3]:
            return 0
    return 1


@kernel(void(BOOK, i8, i8))
def begin_message(book: Book, i: int, flags: int) -> None:
    """Open a message: forget what the last one changed; a snapshot or a gap empties the book."""
    head = book.head
    head[i, TOP] = LADDER
    head[i, HEARD] = 0
    if flags & (GAP | SNAPSHOT):
        # Even without rows it changes what the book is worth, from the best level on.
        head[i, TOP] = 0
        head[i, HEARD] = HEARD_BOOK
    if flags & GAP:
        head[i, STATUS] &= ~KNOWN
        head[i, GAPS] += 1
    if flags & SNAPSHOT:
        for s in range(2):
            clear_window(book, i, s)
            head[i, FAR + s] = 0
            head[i, DEPTH + s] = 0
            head[i, REACH + s] = NEVER if s == 0 else UNBOUNDED
            for k in range(LADDER):
                book.ladder[i, 2 * s, k] = 0
                book.ladder[i, 2 * s + 1, k] = 0
        head[i, STATUS] = KNOWN
        head[i, CROSSED_NS] = NEVER


@kernel(i8(BOOK, i8, i8, i8, i8, i8, i8, i8))
def take_row(
    book: Book, i: int, kind: int, side: int, price: int, size: int, snapshot: int, t: int
) -> int:
    """Take one row in; for a level, returns its size before."""
    head = book.head
    if kind == LEVEL:
        head[i, HEARD] |= HEARD_BOOK
        s = 0 if side == BID else 1
        if snapshot:
            reach = head[i, REACH + s]
            if reach in (NEVER, UNBOUNDED) or (price < reach if s == 0 else price > reach):
                head[i, REACH + s] = price
        return set_level(book, i, s, price, size)
    if kind == TRADE:
        head[i, HEARD] |= HEARD_TRADE
        head[i, LAST] = price
        head[i, LAST + 1] = size
        head[i, LAST + 2] = side
        head[i, TRADE_NS] = t
    elif kind == TOUCH_ROW:
        head[i, HEARD] |= HEARD_TOUCH
        at = TOUCH if side == BID else TOUCH + 2
        head[i, at] = price
        head[i, at + 1] = size
        head[i, TOUCH_NS] = t
    elif kind == SCALAR:
        head[i, HEARD] |= HEARD_SCALAR
        head[i, SCALAR_AT + side] = price
        head[i, SCALAR_NS + side] = t
    return 0


@kernel(void(BOOK, i8, i8))
def judge(book: Book, i: int, t: int) -> None:
    """Set the bits of the status that depend on the best prices."""
    head = book.head
    ladder = book.ladder
    status = head[i, STATUS] & KNOWN
    bids = head[i, DEPTH]
    asks = head[i, DEPTH + 1]
    if bids > 0 and asks > 0 and ladder[i, 0, 0] >= ladder[i, 2, 0]:
        head[i, CROSSED] += 1
        status |= CROSSING
        if head[i, CROSSED_NS] == NEVER:
            head[i, CROSSED_NS] = t
        elif t - head[i, CROSSED_NS] > CROSSED_NS_MAX:
            status &= ~KNOWN
    else:
        head[i, CROSSED_NS] = NEVER
    if bids > 0 and ladder[i, 0, 0] < head[i, REACH]:
        status |= SHALLOW
    if asks > 0 and ladder[i, 2, 0] > head[i, REACH + 1]:
        status |= SHALLOW
    head[i, STATUS] = status


@kernel(void(BOOK, i8))
def follow(book: Book, i: int) -> None:
    """Move the window when the touch has left its middle half."""
    head = book.head
    bids = head[i, DEPTH]
    asks = head[i, DEPTH + 1]
    if bids + asks == 0:
        return
    window = head[i, WINDOW]
    low = book.ladder[i, 0, 0] if bids > 0 else book.ladder[i, 2, 0]
    high = book.ladder[i, 2, 0] if asks > 0 else book.ladder[i, 0, 0]
    mid = (low + high) >> 1
    x = mid - head[i, BASE]
    if x < window >> 2 or x > window - (window >> 2):
        base = max(0, mid - (window >> 1))
        # Prices near zero never reach the middle of the window: there is nothing to move.
        if base != head[i, BASE]:
            recenter(book, i, base)


@kernel(void(BOOK, i8, i8))
def end_message(book: Book, i: int, t: int) -> None:
    """Close a message received at `t`: judge the book and keep the window around its mid."""
    head = book.head
    head[i, MESSAGES] += 1
    if head[i, HEARD] & HEARD_BOOK == 0:
        return
    head[i, BOOK_NS] = t
    if head[i, TOP] == 0:
        judge(book, i, t)
        follow(book, i)
    elif head[i, STATUS] & CROSSING:
        judge(book, i, t)
