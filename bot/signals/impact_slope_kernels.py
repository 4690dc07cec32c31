"""Kernels of a rolling regression: how far the mid moves with the volume signed by its takers.

Each trade is a pair with what the mid does until the next one; trades of one millisecond and side
are one.
"""

import math
from typing import Any, Final

from numba import types

from bot.book.arrays import f8, i8, void
from bot.kernel import kernel
from bot.signals.slots import Float64s

F1 = types.float64[::1]
MS_NS: Final = 1_000_000
_SLOPE: Final[Any] = types.UniTuple(f8, 2)  # type: ignore[no-untyped-call]

# A regression of moves of the mid on signed volume, in the state.
COUNT: Final = 0
NEXT: Final = 1
OPEN: Final = 2
"""1 while the last trade waits for what the mid does before the next one."""
OPEN_SIZE: Final = 3
OPEN_MID: Final = 4
OPEN_MS: Final = 5
MID: Final = 6
"""In ticks, as last seen; 0: not known."""
SUM_X: Final = 7
SUM_Y: Final = 8
SUM_XX: Final = 9
SUM_XY: Final = 10
SUM_YY: Final = 11
PAIRS: Final = 12
ROUNDING: Final = 1e-13
"""A variance below this share of the mean square is what subtracting them has left over."""


@kernel(i8(i8))
def impact_size(trades: int) -> int:
    """Entries of state that a regression over so many trades takes."""
    return PAIRS + 2 * trades


@kernel(void(F1, i8, f8, f8, f8))
def add_products(state: Float64s, at: int, x: float, y: float, times: float) -> None:
    """Add an observation's products to the sums, or take them away."""
    state[at + SUM_X] += times * x
    state[at + SUM_Y] += times * y
    state[at + SUM_XX] += times * x * x
    state[at + SUM_XY] += times * x * y
    state[at + SUM_YY] += times * y * y


@kernel(void(F1, i8, i8, f8, f8))
def add_pair(state: Float64s, at: int, length: int, x: float, y: float) -> None:
    """Add an observation; the oldest leaves a full window."""
    k = int(state[at + NEXT])
    pair = at + PAIRS + 2 * k
    if state[at + COUNT] >= length:
        add_products(state, at, state[pair], state[pair + 1], -1.0)
    else:
        state[at + COUNT] += 1.0
    state[pair] = x
    state[pair + 1] = y
    add_products(state, at, x, y, 1.0)
    state[at + NEXT] = (k + 1) % length
    if state[at + NEXT] == 0.0:
        # Once a round all is summed anew, so that no rounding stays.
        for j in range(5):
            state[at + SUM_X + j] = 0.0
        for j in range(length):
            pair = at + PAIRS + 2 * j
            add_products(state, at, state[pair], state[pair + 1], 1.0)


@kernel(void(F1, i8, i8, i8, i8, i8))
def impact_trade(state: Float64s, at: int, length: int, side: int, size: int, t: int) -> None:
    """Take a trade in: the move of the mid since the one before belongs to that one.

    Prints of one side within one millisecond are one trade.
    """
    mid = state[at + MID]
    signed = float(side * size)
    if mid == 0.0:
        return
    ms = float(t // MS_NS)
    if state[at + OPEN] != 0.0:
        if state[at + OPEN_MS] == ms and state[at + OPEN_SIZE] * signed > 0.0:
            state[at + OPEN_SIZE] += signed
            return
        add_pair(state, at, length - 1, state[at + OPEN_SIZE], mid - state[at + OPEN_MID])
    state[at + OPEN] = 1.0
    state[at + OPEN_SIZE] = signed
    state[at + OPEN_MID] = mid
    state[at + OPEN_MS] = ms


@kernel(void(F1, i8, f8))
def impact_mid(state: Float64s, at: int, mid: float) -> None:
    """See the mid, in ticks; 0: it is not known, and what the last trade did will not be."""
    if mid == 0.0:
        state[at + OPEN] = 0.0
    state[at + MID] = mid


@kernel(_SLOPE(F1, i8, i8))
def slope_of(state: Float64s, at: int, length: int) -> tuple[float, float]:
    """Ticks of the mid a lot, by ordinary least squares with a constant, and its R².

    The last trade counts with what the mid has done so far. NaN before `length` observations,
    or when volumes do not differ.
    """
    n = state[at + COUNT]
    sx = state[at + SUM_X]
    sy = state[at + SUM_Y]
    sxx = state[at + SUM_XX]
    sxy = state[at + SUM_XY]
    syy = state[at + SUM_YY]
    if state[at + OPEN] != 0.0:
        x = state[at + OPEN_SIZE]
        y = state[at + MID] - state[at + OPEN_MID]
        n += 1.0
        sx += x
        sy += y
        sxx += x * x
        sxy += x * y
        syy += y * y
    if n < length:
        return math.nan, math.nan
    var_x = n * sxx - sx * sx
    if var_x <= ROUNDING * n * sxx:
        return math.nan, math.nan
    cov = n * sxy - sx * sy
    var_y = n * syy - sy * sy
    square = cov * cov / (var_x * var_y) if var_y > ROUNDING * n * syy else math.nan
    return cov / var_x, min(1.0, square) if square == square else square
