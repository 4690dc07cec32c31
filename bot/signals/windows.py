"""Sums over the last so many nanoseconds in a ring of bounded length.

A ring that is full forgets its oldest entry before its time and remembers since when it is
complete, so that a reader can say how much of the window it covers.
"""

from typing import Final

from numba import types

from bot.book.arrays import f8, i8, void
from bot.kernel import kernel
from bot.signals.slots import Float64s

F1 = types.float64[::1]

HEAD_AT: Final = 0
ENTRIES: Final = 1
SINCE: Final = 2
"""Time of the last entry that was forgotten too early; 0, where times begin: none was."""
SUMS: Final = 3
"""Three sums, over the three numbers of every entry."""
RING_HEAD: Final = 6
ENTRY: Final = 4
"""Time and three numbers."""


@kernel(i8(i8))
def ring_size(capacity: int) -> int:
    """Entries of state that a ring of this capacity takes."""
    return RING_HEAD + ENTRY * capacity


@kernel(void(F1, i8, i8))
def drop_oldest(state: Float64s, at: int, capacity: int) -> None:
    """Take the oldest entry out of the ring and out of the sums."""
    head = int(state[at + HEAD_AT])
    entry = at + RING_HEAD + ENTRY * head
    for k in range(3):
        state[at + SUMS + k] -= state[entry + 1 + k]
    state[at + HEAD_AT] = (head + 1) % capacity
    state[at + ENTRIES] -= 1.0
    if state[at + ENTRIES] == 0.0:
        # What rounding has left behind would be all there is.
        for k in range(3):
            state[at + SUMS + k] = 0.0


@kernel(void(F1, i8, i8, f8))
def expire(state: Float64s, at: int, capacity: int, before: float) -> None:
    """Forget entries from `before` or earlier."""
    while state[at + ENTRIES] > 0.0:
        head = int(state[at + HEAD_AT])
        if state[at + RING_HEAD + ENTRY * head] > before:
            return
        drop_oldest(state, at, capacity)


@kernel(f8(f8, f8, f8))
def covered(now: float, since: float, window: float) -> float:
    """The share of a window up to `now` that lies after `since`."""
    return min(1.0, (now - since) / window)


@kernel(void(F1, i8, i8, f8, f8, f8, f8))
def push(state: Float64s, at: int, capacity: int, t: float, x: float, y: float, z: float) -> None:
    """Add an entry of three numbers at a time."""
    if state[at + ENTRIES] >= capacity:
        state[at + SINCE] = state[at + RING_HEAD + ENTRY * int(state[at + HEAD_AT])]
        drop_oldest(state, at, capacity)
    entry = (int(state[at + HEAD_AT]) + int(state[at + ENTRIES])) % capacity
    slot = at + RING_HEAD + ENTRY * entry
    state[slot] = t
    state[slot + 1] = x
    state[slot + 2] = y
    state[slot + 3] = z
    state[at + SUMS] += x
    state[at + SUMS + 1] += y
    state[at + SUMS + 2] += z
    state[at + ENTRIES] += 1.0
