"""Kernels of the mids of a window: a ring of those that differed, to know the one of a while ago.

In the state: how many there are, where the first stands, then time and mid of each.
"""

from typing import Final

from numba import types

from bot.book.arrays import f8, i8, void
from bot.kernel import kernel
from bot.signals.slots import Float64s

F1 = types.float64[::1]
MIDS_HEAD: Final = 2


@kernel(void(F1, i8, i8, f8, f8))
def note_mid(state: Float64s, at: int, capacity: int, t: float, mid: float) -> None:
    """Remember a mid that differs from the last; the oldest leaves a full ring."""
    count = int(state[at])
    first = int(state[at + 1])
    if count > 0:
        last = at + MIDS_HEAD + 2 * ((first + count - 1) % capacity)
        if state[last + 1] == mid:
            return
        if state[last] == t:
            state[last + 1] = mid
            return
    if count == capacity:
        state[at + 1] = (first + 1) % capacity
        count -= 1
        first = (first + 1) % capacity
    entry = at + MIDS_HEAD + 2 * ((first + count) % capacity)
    state[entry] = t
    state[entry + 1] = mid
    state[at] = count + 1


@kernel(f8(F1, i8, i8, f8))
def mid_at(state: Float64s, at: int, capacity: int, t: float) -> float:
    """The mid that stood at a time, which never decreases; 0 when it is not remembered."""
    while state[at] > 1.0:
        second = at + MIDS_HEAD + 2 * ((int(state[at + 1]) + 1) % capacity)
        if state[second] > t:
            break
        state[at + 1] = (int(state[at + 1]) + 1) % capacity
        state[at] -= 1.0
    first = at + MIDS_HEAD + 2 * int(state[at + 1])
    return float(state[first + 1]) if state[at] > 0.0 and state[first] <= t else 0.0
