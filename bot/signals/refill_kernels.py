"""Kernels of refills: a best price that was hit, shrank, and is as full again as before.

Whoever refills it has more to trade than was shown. In the state, of each side: the price that was
hit, its size before (0: none waits), when, whether it has shrunk since; whether one was ever full
again, and when last.
"""

from typing import Final

from numba import types

from bot.book.arrays import f8, i8, void
from bot.kernel import kernel
from bot.signals.slots import Float64s

F1 = types.float64[::1]
A_SIDE: Final = 6
PRICE: Final = 0
BEFORE: Final = 1
HIT_AT: Final = 2
SHRUNK: Final = 3
REFILLED: Final = 4
REFILLED_AT: Final = 5


@kernel(void(F1, i8, i8, i8, f8, f8))
def note_hit(
    state: Float64s, hit: int, best: int, price: int, now: float, within_ns: float
) -> None:
    """Remember what stood at the best price of a side when an aggressor hit it.

    hit, best: where that side's hit stands, and its best price and size.
    """
    over = now - state[hit + HIT_AT] > within_ns
    if state[best + 1] > 0.0 and state[best] == price and (over or state[hit + PRICE] != price):
        state[hit + PRICE] = price
        state[hit + BEFORE] = state[best + 1]
        state[hit + HIT_AT] = now
        state[hit + SHRUNK] = 0.0


@kernel(i8(F1, i8, i8, i8, f8, f8, f8))
def note_refill(
    state: Float64s,
    hit: int,
    price: int,
    size: int,
    now: float,
    share: float,
    within_ns: float,
) -> int:
    """See the best of a side; 1 when a price that was hit and shrank is full again."""
    if state[hit + BEFORE] == 0.0:
        return 0
    if now - state[hit + HIT_AT] > within_ns:
        state[hit + BEFORE] = 0.0
    elif price != state[hit + PRICE] or size < share * state[hit + BEFORE]:
        state[hit + SHRUNK] = 1.0
    elif state[hit + SHRUNK] != 0.0:
        state[hit + REFILLED] = 1.0
        state[hit + REFILLED_AT] = now
        state[hit + BEFORE] = 0.0
        return 1
    return 0
