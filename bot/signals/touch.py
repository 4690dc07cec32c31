"""Reading the best prices, from the book or from the best-bid-and-ask stream, never both.

The two come over different connections: a difference between a state of one and a state of
the other measures the lag between them, not the market.
"""

from typing import Any, Final

from numba import types

from bot.book.arrays import BOOK, Book, i8
from bot.book.layout import DEPTH, KNOWN, NEVER, STATUS, TOUCH, TOUCH_NS
from bot.kernel import kernel

FROM_TOUCH: Final = 0
FROM_BOOK: Final = 1

NEITHER: Final = 0
BOTH: Final = 1
BIDS_ONLY: Final = 2
ASKS_ONLY: Final = 3


_FIVE: Final[Any] = types.UniTuple(i8, 5)  # type: ignore[no-untyped-call]


@kernel(_FIVE(BOOK, i8, i8))
def read_touch(book: Book, i: int, source: int) -> tuple[int, int, int, int, int]:
    """What stands at the touch: which sides, bid, bid size, ask, ask size.

    NEITHER for an unknown, gapped, crossed or locked book, and for one whose best price lies
    beyond what its snapshot reached.
    """
    head = book.head
    if source == FROM_BOOK:
        if head[i, STATUS] != KNOWN:
            return NEITHER, 0, 0, 0, 0
        bid = book.ladder[i, 0, 0]
        bid_size = book.ladder[i, 1, 0] if head[i, DEPTH] > 0 else 0
        ask = book.ladder[i, 2, 0]
        ask_size = book.ladder[i, 3, 0] if head[i, DEPTH + 1] > 0 else 0
    else:
        if head[i, TOUCH_NS] == NEVER:
            return NEITHER, 0, 0, 0, 0
        bid = head[i, TOUCH]
        bid_size = head[i, TOUCH + 1]
        ask = head[i, TOUCH + 2]
        ask_size = head[i, TOUCH + 3]
    sides = NEITHER
    if bid_size > 0 and ask_size > 0:
        sides = BOTH if bid < ask else NEITHER
    elif bid_size > 0:
        sides = BIDS_ONLY
    elif ask_size > 0:
        sides = ASKS_ONLY
    return sides, bid, bid_size, ask, ask_size
