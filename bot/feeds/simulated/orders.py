"""Who comes to a simulated book to trade: when, on which side, how much, and what that does.

Orders excite others, a little for seconds and strongly for a moment (a self-exciting process with
two fading kernels, as Hawkes had it, in slots of time). Large orders are split, so that sides
persist. Sizes are nearly lognormal. What is traded takes from the book and moves what quotes
believe; that belief returns as traders of other venues come.
"""

from typing import Final

from bot.book.arrays import i8, void
from bot.feeds.simulated.book import put_level, remove
from bot.feeds.simulated.draws import bell, roll, skewed
from bot.feeds.simulated.state import (
    ARRIVAL,
    COPIES,
    DEPARTED,
    DICE,
    EXCITED,
    EXCITES,
    FADES,
    IMPACT,
    LAST,
    LEAN,
    LENGTH,
    ORDER_MEAN,
    ORDER_MEDIAN,
    ORDER_SPREAD,
    PARENT,
    RECEIVED,
    SPLITS,
)
from bot.feeds.simulated.writing import end, put
from bot.kernel import kernel
from bot.tape.columns import ROWS, Rows
from bot.tape.rows import TRADE, Int64s

SWEEP_MAX: Final = 8
"""Most levels that one order takes; what is left of it is canceled."""
CERTAIN: Final = 1 << 24
"""A chance of one."""


@kernel(i8(i8[::1], i8[::1], i8, i8))
def arrives(state: Int64s, param: Int64s, heat: int, activity: int) -> int:
    """1 when an order comes in this slot. heat: in 2**-20; activity: in 1/1024."""
    usual = (param[ARRIVAL] * (heat >> 10) >> 10) * activity >> 10
    chance = min(CERTAIN - (CERTAIN >> 4), usual + state[EXCITED] + state[EXCITED + 1])
    came = 1 if roll(state, DICE, 1 << 20) < chance >> 4 else 0
    for k in range(2):
        state[EXCITED + k] -= state[EXCITED + k] * param[FADES + k] >> 16
    return came


@kernel(i8(i8[::1], i8))
def leaning_side(state: Int64s, bias: int) -> int:
    """A side to take from by chance: asks more often when the price is going up."""
    toward = min(900, max(-900, state[LEAN] + bias))
    return 1 if roll(state, DICE, 2048) < 1024 + toward else 0


@kernel(i8(i8[::1], i8[::1], i8))
def side_of(state: Int64s, param: Int64s, bias: int) -> int:
    """Which side the next order takes from: often that of the one before, or of the large one."""
    if roll(state, DICE, 1024) * param[LENGTH] < 1024:
        state[PARENT] = leaning_side(state, bias)
    chance = roll(state, DICE, 1024)
    if chance < param[COPIES]:
        return int(state[LAST])
    if chance < param[COPIES] + param[SPLITS]:
        return int(state[PARENT])
    return leaning_side(state, bias)


@kernel(i8(i8[::1], i8[::1]))
def size_of(state: Int64s, param: Int64s) -> int:
    """How many lots an order wants."""
    word = 0
    for _ in range(4):
        word = word << 15 | roll(state, DICE, 1 << 15)
    return int(skewed(bell(word), param[ORDER_MEDIAN], param[ORDER_SPREAD]))


@kernel(void(i8[::1], i8[::1], i8, i8))
def excite(state: Int64s, param: Int64s, s: int, lots: int) -> None:
    """What an order leaves behind besides the hole in the book."""
    for k in range(2):
        state[EXCITED + k] = min(CERTAIN, state[EXCITED + k] + param[EXCITES + k])
    state[LAST] = s
    # Twice the size moves a little more, not twice as much.
    weight = 1
    rest = 8 * lots // param[ORDER_MEAN]
    while rest > 0:
        weight += 1
        rest >>= 1
    state[DEPARTED] += (2 * s - 1) * weight * param[IMPACT]


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8, i8), apart=True)
def trade(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    s: int,
    lots: int,
    ts_venue: int,
) -> None:
    """An order takes so many lots from side `s`: what it paid, then what is left of the book."""
    end(rows, cursor, ts_venue, state[RECEIVED], 0)
    most = min(SWEEP_MAX, levels.shape[1])
    taken = 0
    left = lots
    while left > 0 and taken < most:
        rank = levels[2 * s, taken]
        size = min(left, levels[2 * s + 1, taken])
        put(rows, cursor, TRADE, 2 * s - 1, rank if s == 0 else -rank, size)
        left -= size
        taken += 1
    end(rows, cursor, ts_venue, state[RECEIVED], 0)
    left = lots
    for _ in range(taken):
        size = levels[2 * s + 1, 0]
        if left < size:
            levels[2 * s + 1, 0] = size - left
            put_level(rows, cursor, s, levels[2 * s, 0], size - left)
        else:
            remove(rows, cursor, levels, state, param, s, 0)
        left -= size
    excite(state, param, s, lots)
