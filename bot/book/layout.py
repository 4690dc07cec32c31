"""Where things stand in the arrays of the books.

One row of `head` an instrument, the columns below. Prices are ticks, sizes lots, times
nanoseconds. Bids are side 0, asks side 1; a pair of columns is indexed by the side.

Levels live in three places. `level` is a dense window of prices around the mid, one entry a
tick and side, found without a search. What lies outside is in `far`, sorted by price. The
best `LADDER` levels of each side stand once more in `ladder`, best first, because that is
all that most signals read.
"""

from typing import Final

LADDER: Final = 32
"""Most levels of a side that stand in the ladder."""
LADDER_LOW: Final = 20
"""The ladder is filled up again when it holds fewer."""
BUCKET_BITS: Final = 6
"""`bucket` counts the levels in each 64 ticks of the window, so that a search can jump."""
NEVER: Final = -1
"""A time that has not been; a price that is not known."""
UNBOUNDED: Final = 1 << 62
"""A price above all others."""

# Columns of `head`.
BASE: Final = 0
WINDOW: Final = 1
LEVEL_AT: Final = 2
BUCKET_AT: Final = 3
DEPTH: Final = 4
"""Levels in the ladder, by side."""
INSIDE: Final = 6
"""Levels inside the window, by side."""
FAR: Final = 8
"""Levels outside the window, by side."""
REACH: Final = 10
"""The worst price of the last snapshot, by side: beyond it levels may be missing. A side that
the snapshot showed empty is known whole: its reach is NEVER for bids, UNBOUNDED for asks."""
STATUS: Final = 12
BOOK_NS: Final = 13
"""When the book last heard something, `ts_recv`."""
TOUCH: Final = 14
"""The best-bid-and-ask stream: bid, bid size, ask, ask size."""
TOUCH_NS: Final = 18
LAST: Final = 19
"""Price, size and side of the last trade."""
TRADE_NS: Final = 22
SCALAR: Final = 23
"""Values of the scalar fields, fixed point."""
SCALAR_NS: Final = 27
"""When each was heard."""
TOP: Final = 31
"""The best ladder position that the open message changed; LADDER: none."""
HEARD: Final = 32
"""Which inputs the open message touched: bits below."""
CROSSED: Final = 33
"""Messages that left the book crossed or locked."""
CROSSED_NS: Final = 34
"""Since when it is crossed."""
GAPS: Final = 35
MESSAGES: Final = 36
COLUMNS: Final = 37

# Bits of STATUS.
KNOWN: Final = 1
"""A snapshot was heard, and nothing has been missed since."""
CROSSING: Final = 2
"""Best bid at or above best ask: not a price source."""
SHALLOW: Final = 4
"""A best price lies beyond the reach: what stands between is not known."""

# Bits of HEARD.
HEARD_BOOK: Final = 1
HEARD_TOUCH: Final = 2
HEARD_TRADE: Final = 4
HEARD_SCALAR: Final = 8
HEARD_FUNDING: Final = 16
HEARD_MARK: Final = 32
"""The mark alone, for the age of what is made of it; scalars are heard as `HEARD_SCALAR`."""

CROSSED_NS_MAX: Final = 1_000_000_000
"""A book that stays crossed longer than a second has lost something."""
