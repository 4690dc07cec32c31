"""Kernels of impact: what a size, or a notional, would pay in the book as it stands."""

import math
from typing import Any, Final

from numba import types

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.book.layout import DEPTH, FAR, INSIDE, LADDER, REACH
from bot.book.levels import next_level, size_at
from bot.kernel import kernel
from bot.signals.arrays import PARAM, SIGNALS, SLOT, WITHIN, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.touch import BOTH, FROM_BOOK, read_touch

ANY_LEVEL: Final = LADDER + 1
"""Every change of the book can matter, deep ones too."""

_LEVEL: Final[Any] = types.UniTuple(i8, 2)  # type: ignore[no-untyped-call]
_WALK: Final[Any] = types.Tuple((f8, i8))  # type: ignore[no-untyped-call]


@kernel(_LEVEL(BOOK, i8, i8, i8, i8))
def level_at(book: Book, i: int, s: int, k: int, price: int) -> tuple[int, int]:
    """Price and size of the level at position `k`, where `price` is that of the one before.

    The size is 0 beyond what the snapshot reached: what stands there is not known.
    """
    if k < book.head[i, DEPTH + s]:
        price = book.ladder[i, 2 * s, k]
        size = book.ladder[i, 2 * s + 1, k]
    else:
        price = next_level(book, i, s, price)
        size = size_at(book, i, s, price)
    reach = book.head[i, REACH + s]
    return price, (0 if ((price < reach) if s == 0 else (price > reach)) else size)


@kernel(i8(BOOK, i8, i8, i8))
def depth_used(book: Book, i: int, s: int, k: int) -> int:
    """Before which ladder position a change matters to what looked at levels up to `k`."""
    return k + 1 if k < book.head[i, DEPTH + s] else ANY_LEVEL


@kernel(_WALK(BOOK, i8, i8, f8))
def price_of_size(book: Book, i: int, s: int, size: float) -> tuple[float, int]:
    """Average ticks of taking so many lots out of side `s`, and how deep that looked.

    NaN when the known book is too thin.
    """
    left = size
    paid = 0.0
    price = 0
    for k in range(book.head[i, INSIDE + s] + book.head[i, FAR + s]):
        price, here = level_at(book, i, s, k, price)
        if here == 0:
            break
        taken = min(left, float(here))
        paid += taken * price
        left -= taken
        if left <= 0.0:
            return paid / size, depth_used(book, i, s, k)
    return math.nan, ANY_LEVEL


@kernel(_WALK(BOOK, i8, i8, f8, i8))
def price_of_notional(
    book: Book, i: int, s: int, notional: float, inverse: int
) -> tuple[float, int]:
    """Ticks at which a notional changes hands on side `s`, notional over quantity; how deep.

    notional: in lots times ticks, or in lots for an inverse contract. NaN when the known book
    is too thin.
    """
    left = notional
    quantity = 0.0
    price = 0
    for k in range(book.head[i, INSIDE + s] + book.head[i, FAR + s]):
        price, here = level_at(book, i, s, k, price)
        if here == 0 or price <= 0:
            break
        taken = min(left, float(here) if inverse else float(here) * price)
        quantity += taken / price
        left -= taken
        if left <= 0.0:
            return notional / quantity, depth_used(book, i, s, k)
    return math.nan, ANY_LEVEL


@kernel(f8(BOOK, i8, i8, f8))
def average_price(book: Book, i: int, s: int, size: float) -> float:
    """Average ticks of taking `size` lots out of side `s`; NaN when the known book is too thin."""
    price, _ = price_of_size(book, i, s, size)
    return price


# param of impact
BUY: Final = 0
SIZE: Final = 1
"""In lots; in lots per tick of the mid for an inverse contract."""
TIMES_MID: Final = 2


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def impact(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Cost of taking a size, in bps of the mid. slots: value."""
    spec = signals.spec[g]
    at = spec[PARAM]
    param = signals.param
    sides, bid, _, ask, _ = read_touch(book, i, FROM_BOOK)
    if sides != BOTH:
        withdraw(signals, spec[SLOT])
        return
    mid = 0.5 * (bid + ask)
    lots = param[at + SIZE] * mid if param[at + TIMES_MID] != 0.0 else param[at + SIZE]
    s = int(param[at + BUY])
    price, deep = price_of_size(book, i, s, lots)
    spec[WITHIN] = deep
    publish(signals, spec[SLOT], (mid - price if s == 0 else price - mid) / mid * 1e4)
