"""Kernels of the worth of what rests near the mid, at several distances, one sum each.

A level's change is added to the sums that it lies within. When the mid moves, only the levels
between the old and the new distance are walked. Sums are of whole numbers (lots times ticks,
lots for inverse contracts), so nothing is left behind by adding and taking away.
"""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.book.layout import REACH
from bot.book.levels import next_level, size_at
from bot.kernel import kernel
from bot.signals.arrays import PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.touch import BOTH, FROM_BOOK, read_touch

# param of the sums
DISTANCES: Final = 0
INVERSE: Final = 1
QUOTE_PER_UNIT: Final = 2
"""Quote of a lot at a price of one tick; of a lot for inverse contracts."""
SIDE: Final = 3
BPS: Final = 4
"""The distances, in bps, ascending."""
# state of the sums
SUMMED: Final = 0
"""1 while they hold the book."""
BIDS_BOUND: Final = 1
"""Of each distance: the lowest bid within, their sum; the highest ask within, their sum."""
BIDS_SUM: Final = 2
ASKS_BOUND: Final = 3
ASKS_SUM: Final = 4
NEAR: Final = 4
"""Entries of one distance."""

BOTH_SIDES: Final = 0
BIDS: Final = 1
ASKS: Final = 2


def sums_size(distances: int) -> int:
    """Entries of state that so many distances take."""
    return 1 + NEAR * distances


@kernel(f8(BOOK, i8, i8, i8, i8, i8))
def worth_between(book: Book, i: int, s: int, inner: int, outer: int, inverse: int) -> float:
    """Worth of the levels of a side beyond `inner` up to and with `outer`."""
    total = 0.0
    price = next_level(book, i, s, inner)
    while price >= 0 and (price >= outer if s == 0 else price <= outer):
        size = float(size_at(book, i, s, price))
        total += size if inverse else size * price
        price = next_level(book, i, s, price)
    return total


@kernel(void(SIGNALS, i8, i8, i8, i8, i8))
def worth_row(signals: Signals, param: int, at: int, side: int, price: int, change: int) -> None:
    """Take one level's change of size into the sums that stand at `at`."""
    state = signals.state
    if state[at + SUMMED] == 0.0:
        return
    worth = float(change) if signals.param[param + INVERSE] != 0.0 else float(change) * price
    for k in range(int(signals.param[param + DISTANCES])):
        near = at + NEAR * k
        if side > 0:
            state[near + BIDS_SUM] += worth if price >= state[near + BIDS_BOUND] else 0.0
        else:
            state[near + ASKS_SUM] += worth if price <= state[near + ASKS_BOUND] else 0.0


@kernel(void(SIGNALS, BOOK, i8, i8, i8, i8, i8))
def follow_worth(
    signals: Signals, book: Book, i: int, param: int, at: int, bid: int, ask: int
) -> None:
    """Move the distances to where the mid is now, and the sums with them."""
    state = signals.state
    inverse = 1 if signals.param[param + INVERSE] != 0.0 else 0
    mid = 0.5 * (bid + ask)
    fresh = state[at + SUMMED] == 0.0
    low_before = bid + 1
    high_before = ask - 1
    bids = 0.0
    asks = 0.0
    for k in range(int(signals.param[param + DISTANCES])):
        near = at + NEAR * k
        away = signals.param[param + BPS + k] * 1e-4 * mid
        low = math.ceil(mid - away)
        high = math.floor(mid + away)
        if fresh:
            # From the distance before on outward.
            state[near + BIDS_SUM] = bids
            state[near + ASKS_SUM] = asks
        else:
            low_before = int(state[near + BIDS_BOUND])
            high_before = int(state[near + ASKS_BOUND])
        if low < low_before:
            state[near + BIDS_SUM] += worth_between(book, i, 0, low_before, low, inverse)
        elif low > low_before:
            state[near + BIDS_SUM] -= worth_between(book, i, 0, low, low_before, inverse)
        if high > high_before:
            state[near + ASKS_SUM] += worth_between(book, i, 1, high_before, high, inverse)
        elif high < high_before:
            state[near + ASKS_SUM] -= worth_between(book, i, 1, high, high_before, inverse)
        state[near + BIDS_BOUND] = low
        state[near + ASKS_BOUND] = high
        if fresh:
            low_before = min(low, low_before)
            high_before = max(high, high_before)
        bids = state[near + BIDS_SUM]
        asks = state[near + ASKS_SUM]
    state[at + SUMMED] = 1.0


@kernel(f8(SIGNALS, BOOK, i8, i8, i8, i8, i8))
def worth_of(signals: Signals, book: Book, i: int, param: int, at: int, s: int, k: int) -> float:
    """Worth of a side within distance `k`, in quote; NaN when the book does not reach so far."""
    near = at + NEAR * k
    if s == 0:
        known = signals.state[near + BIDS_BOUND] >= book.head[i, REACH]
        total = signals.state[near + BIDS_SUM]
    else:
        known = signals.state[near + ASKS_BOUND] <= book.head[i, REACH + 1]
        total = signals.state[near + ASKS_SUM]
    return float(total * signals.param[param + QUOTE_PER_UNIT]) if known else math.nan


@kernel(void(SIGNALS, i8))
def forget_depth_value(signals: Signals, g: int) -> None:
    """The book is replaced: sums start over."""
    signals.state[signals.spec[g, STATE] + SUMMED] = 0.0


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def depth_value(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Worth near the mid. slots: value; bids and asks of each distance."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    distances = int(signals.param[param + DISTANCES])
    sides, bid, _, ask, _ = read_touch(book, i, FROM_BOOK)
    if sides != BOTH:
        forget_depth_value(signals, g)
        for k in range(1 + 2 * distances):
            withdraw(signals, slot + k)
        return
    follow_worth(signals, book, i, param, at, bid, ask)
    for k in range(distances):
        bids = worth_of(signals, book, i, param, at, 0, k)
        asks = worth_of(signals, book, i, param, at, 1, k)
        publish(signals, slot + 1 + 2 * k, bids)
        publish(signals, slot + 2 + 2 * k, asks)
        if k == 0:
            side = int(signals.param[param + SIDE])
            publish(signals, slot, bids if side == BIDS else asks if side == ASKS else bids + asks)
