"""The last so many observations in order of size: their median, and where a number stands.

Like a robust window, without the spread: what costs a walk over the whole window there is a
search and a shift here, so that windows of thousands can take a sample every second.
"""

from typing import Final

from numba import types

from bot.book.arrays import f8, i8, void
from bot.kernel import kernel
from bot.signals.slots import Float64s
from bot.signals.standard import median_of_sorted

F1 = types.float64[::1]

COUNT: Final = 0
NEXT: Final = 1
RANKS_HEAD: Final = 2
"""The ring follows, then the sorted values."""


@kernel(i8(i8))
def ranks_size(length: int) -> int:
    """Entries of state that a window of this length takes."""
    return RANKS_HEAD + 2 * length


@kernel(i8(F1, i8, i8, f8))
def first_not_below(values: Float64s, at: int, count: int, x: float) -> int:
    """How many of `count` ascending values that stand at `at` are less than `x`."""
    low = 0
    high = count
    while low < high:
        middle = (low + high) >> 1
        if values[at + middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


@kernel(void(F1, i8, i8, f8))
def ranks_add(state: Float64s, at: int, length: int, x: float) -> None:
    """Add an observation; the oldest leaves a full window."""
    ring = at + RANKS_HEAD
    order = ring + length
    count = int(state[at + COUNT])
    position = int(state[at + NEXT])
    if count == length:
        gone = first_not_below(state, order, count, state[ring + position])
        for j in range(order + gone, order + count - 1):
            state[j] = state[j + 1]
        count -= 1
    place = order + first_not_below(state, order, count, x)
    for j in range(order + count, place, -1):
        state[j] = state[j - 1]
    state[place] = x
    state[ring + position] = x
    state[at + COUNT] = count + 1
    state[at + NEXT] = (position + 1) % length


@kernel(void(F1, i8, i8, f8, i8))
def ranks_repeat(state: Float64s, at: int, length: int, x: float, times: int) -> None:
    """Add the same observation so many times."""
    if times < length:
        for _ in range(times):
            ranks_add(state, at, length, x)
        return
    for k in range(at + RANKS_HEAD, at + RANKS_HEAD + 2 * length):
        state[k] = x
    state[at + COUNT] = length
    state[at + NEXT] = 0.0


@kernel(f8(F1, i8, i8))
def ranks_median(state: Float64s, at: int, length: int) -> float:
    """The median of a window that is not empty."""
    return median_of_sorted(state, at + RANKS_HEAD + length, int(state[at + COUNT]))


@kernel(f8(F1, i8, i8, f8))
def rank_of(state: Float64s, at: int, length: int, x: float) -> float:
    """The share of a window that is not empty below `x`, ties counted by half."""
    order = at + RANKS_HEAD + length
    count = int(state[at + COUNT])
    below = first_not_below(state, order, count, x)
    above = below
    while above < count and state[order + above] == x:
        above += 1
    return 0.5 * (below + above) / count
