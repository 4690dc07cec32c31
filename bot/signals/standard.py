"""Standardisers: what is usual, from the past only.

A score is first compared with the window, then added to it, so that no observation judges
itself.
"""

import math
from typing import Final

from numba import types

from bot.book.arrays import f8, i8, void
from bot.kernel import kernel
from bot.signals.slots import Float64s

F1 = types.float64[::1]

MAD_TO_SIGMA: Final = 1.4826
MEAN_TO_SIGMA: Final = 1.2533
Z_MAX: Final = 8.0

# A fading mean in the state.
MEAN: Final = 0
MEAN_TIME: Final = 1
SEEDED: Final = 2
MEAN_STATE: Final = 3
# The head of a robust window in the state; ring and sorted values follow.
COUNT: Final = 0
NEXT: Final = 1
MEDIAN: Final = 2
SIGMA: Final = 3
WINDOW_HEAD: Final = 4


@kernel(f8(f8, f8))
def decay(elapsed: float, half_life: float) -> float:
    """What is left of 1 after a time: 0.5 to the power of elapsed over half-life."""
    return math.exp(-0.6931471805599453 * elapsed / half_life)


@kernel(f8(F1, i8, f8, f8, f8))
def follow_mean(state: Float64s, at: int, x: float, t: float, half_life: float) -> float:
    """Take an observation into a mean that fades on an irregular clock; returns the mean."""
    if state[at + SEEDED] == 0.0:
        state[at + MEAN] = x
        state[at + SEEDED] = 1.0
    else:
        weight = 1.0 - decay(t - state[at + MEAN_TIME], half_life)
        state[at + MEAN] += weight * (x - state[at + MEAN])
    state[at + MEAN_TIME] = t
    return float(state[at + MEAN])


@kernel(f8(F1, i8, i8))
def median_of_sorted(values: Float64s, at: int, count: int) -> float:
    """The median of `count` ascending values that stand at `at`."""
    middle = count >> 1
    if count & 1:
        return float(values[at + middle])
    return float(0.5 * (values[at + middle - 1] + values[at + middle]))


@kernel(f8(F1, i8, i8, f8))
def median_distance(values: Float64s, at: int, count: int, center: float) -> float:
    """The median of |value - center| over ascending values, in one walk outward."""
    high = count >> 1
    while high > 0 and values[at + high - 1] >= center:
        high -= 1
    low = high - 1
    wanted = (count >> 1) + 1
    previous = 0.0
    distance = 0.0
    for _ in range(wanted):
        previous = distance
        if low < 0 or (high < count and values[at + high] - center <= center - values[at + low]):
            distance = values[at + high] - center
            high += 1
        else:
            distance = center - values[at + low]
            low -= 1
    if count & 1:
        return distance
    return 0.5 * (previous + distance)


@kernel(void(F1, i8, i8, f8))
def window_add(state: Float64s, at: int, length: int, x: float) -> None:
    """Add an observation to a robust window; the oldest leaves a full one."""
    ring = at + WINDOW_HEAD
    order = ring + length
    count = int(state[at + COUNT])
    position = int(state[at + NEXT])
    if count == length:
        oldest = state[ring + position]
        k = order
        while state[k] != oldest:
            k += 1
        for j in range(k, order + count - 1):
            state[j] = state[j + 1]
        count -= 1
    k = order + count
    while k > order and state[k - 1] > x:
        state[k] = state[k - 1]
        k -= 1
    state[k] = x
    state[ring + position] = x
    count += 1
    state[at + COUNT] = count
    state[at + NEXT] = (position + 1) % length
    center = median_of_sorted(state, order, count)
    spread = MAD_TO_SIGMA * median_distance(state, order, count, center)
    if spread == 0.0:
        total = 0.0
        for j in range(order, order + count):
            total += abs(state[j] - center)
        spread = MEAN_TO_SIGMA * total / count
    state[at + MEDIAN] = center
    state[at + SIGMA] = spread


@kernel(void(F1, i8, i8, f8, i8))
def window_repeat(state: Float64s, at: int, length: int, x: float, times: int) -> None:
    """Add the same observation so many times to a robust window."""
    if times < length:
        for _ in range(times):
            window_add(state, at, length, x)
        return
    for k in range(at + WINDOW_HEAD, at + WINDOW_HEAD + 2 * length):
        state[k] = x
    state[at + COUNT] = length
    state[at + NEXT] = 0.0
    state[at + MEDIAN] = x
    state[at + SIGMA] = 0.0


@kernel(f8(F1, i8, f8, f8))
def window_score(state: Float64s, at: int, x: float, floor: float) -> float:
    """The robust z of `x` against the window, clipped to ±8; 0 when the window never moved.

    floor: smallest sigma to divide by, in the units of x.
    """
    sigma = max(state[at + SIGMA], floor)
    if sigma == 0.0:
        return 0.0
    return float(min(Z_MAX, max(-Z_MAX, (x - state[at + MEDIAN]) / sigma)))


@kernel(i8(F1, i8, i8))
def window_ready(state: Float64s, at: int, length: int) -> int:
    """1 once a third of the window, and ten observations, have been seen."""
    return 1 if state[at + COUNT] >= max(10.0, length / 3.0) else 0


@kernel(i8(i8))
def window_size(length: int) -> int:
    """Entries of state that a robust window of this length takes."""
    return WINDOW_HEAD + 2 * length
