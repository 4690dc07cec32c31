"""The shape of a simulated book: so many levels a side, around a fair price.

`levels` has four rows: rank of the bids, their sizes, rank of the asks, their sizes, best
first. The rank of a bid is its price in ticks, that of an ask is its price with a minus sign:
so the best is the highest on both sides, and one kernel serves both.

Each side always has the same number of levels: when one is removed another is added behind
the last, when one is inserted the last falls off. Every change is written as a row.
"""

from typing import Final

from bot.book.arrays import i8, void
from bot.feeds.simulated.draws import roll
from bot.feeds.simulated.writing import put
from bot.kernel import kernel
from bot.tape.columns import ROWS, Rows
from bot.tape.rows import LEVEL, Int64s

# Columns of `param`; sizes in lots, prices in ticks.
TICK: Final = 0
"""In 1e-8 quote."""
HALF_SPREAD: Final = 1
"""In half ticks, at least 1."""
GAP: Final = 2
LEVEL_SIZE: Final = 3
TRADE_SIZE: Final = 4
SLOTS: Final = 5
LATENCY: Final = 6
JITTER: Final = 7
SCALARS: Final = 8
"""1: mark and index are published."""
PARAMS: Final = 9

# Columns of `state`.
DICE: Final = 0
HEAT: Final = 1
"""How much more likely a slot is used because of the trades before it, in 2**-24."""
RECEIVED: Final = 2
"""`ts_recv` of the last message."""
SHOWN: Final = 3
"""The touch that was published last: bid, size, ask, size."""
ANCHOR: Final = 7
"""The price in ticks around which patient orders rest far away; 0: before the first snapshot."""
STATES: Final = 8

LEAN: Final = 10
"""Bits of the flow: 1024 is all on one side."""


@kernel(void(ROWS, i8[::1], i8, i8, i8))
def put_level(rows: Rows, cursor: Int64s, s: int, rank: int, size: int) -> None:
    """Write a level of side `s`, 0 bids and 1 asks."""
    put(rows, cursor, LEVEL, 1 - 2 * s, rank if s == 0 else -rank, size)


@kernel(i8(i8[::1], i8[::1], i8, i8, i8))
def resting_size(state: Int64s, param: Int64s, s: int, place: int, flow: int) -> int:
    """A size for a level: larger deep in the book, and on the side that flow comes from."""
    typical = param[LEVEL_SIZE] * (4 + min(place, 28)) // 8
    leaning = typical * (1024 + (flow if s == 0 else -flow)) >> LEAN
    # The product of two uniform numbers: many small sizes, a few large ones.
    drawn = (leaning * (64 + roll(state, DICE, 960))) >> 9
    return int(1 + ((drawn * (64 + roll(state, DICE, 960))) >> 9))


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8, i8, i8, i8))
def insert(
    rows: Rows, cursor: Int64s, levels: Int64s, s: int, place: int, rank: int, size: int
) -> None:
    """Put a new level at a place; the last one falls off."""
    last = levels.shape[1] - 1
    put_level(rows, cursor, s, levels[2 * s, last], 0)
    for k in range(last, place, -1):
        levels[2 * s, k] = levels[2 * s, k - 1]
        levels[2 * s + 1, k] = levels[2 * s + 1, k - 1]
    levels[2 * s, place] = rank
    levels[2 * s + 1, place] = size
    put_level(rows, cursor, s, rank, size)


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8, i8))
def remove(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    s: int,
    place: int,
    flow: int,
) -> None:
    """Take a level away; another one comes behind the last."""
    last = levels.shape[1] - 1
    put_level(rows, cursor, s, levels[2 * s, place], 0)
    for k in range(place, last):
        levels[2 * s, k] = levels[2 * s, k + 1]
        levels[2 * s + 1, k] = levels[2 * s + 1, k + 1]
    levels[2 * s, last] -= 1 + roll(state, DICE, 2 * param[GAP])
    levels[2 * s + 1, last] = resting_size(state, param, s, last, flow)
    put_level(rows, cursor, s, levels[2 * s, last], levels[2 * s + 1, last])


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8, i8))
def follow(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    s: int,
    limit: int,
    flow: int,
) -> None:
    """Take away what is better than the limit, and quote close to it when nothing is.

    limit: the best rank that this side may have.
    """
    while levels[2 * s, 0] > limit:
        remove(rows, cursor, levels, state, param, s, 0, flow)
    if limit - levels[2 * s, 0] > param[GAP]:
        rank = limit - roll(state, DICE, param[GAP])
        insert(rows, cursor, levels, s, 0, rank, resting_size(state, param, s, 0, flow))


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8, i8))
def change(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    s: int,
    limit: int,
    flow: int,
) -> None:
    """Somebody adds, takes back or changes an order, more often near the touch."""
    count = levels.shape[1]
    place = min(roll(state, DICE, count), roll(state, DICE, count))
    what = roll(state, DICE, 8)
    if what < 2:
        remove(rows, cursor, levels, state, param, s, place, flow)
        return
    rank = levels[2 * s, place]
    if what < 5:
        # A price of its own between this level and the next better one, if there is room.
        better = limit if place == 0 else levels[2 * s, place - 1] - 1
        if better > rank:
            rank += 1 + roll(state, DICE, better - rank)
            size = resting_size(state, param, s, place, flow)
            insert(rows, cursor, levels, s, place, rank, size)
            return
    levels[2 * s + 1, place] = resting_size(state, param, s, place, flow)
    put_level(rows, cursor, s, rank, levels[2 * s + 1, place])


@kernel(void(i8[:, ::1], i8[::1], i8[::1], i8, i8, i8))
def fill(levels: Int64s, state: Int64s, param: Int64s, s: int, limit: int, flow: int) -> None:
    """Make a side anew, from its limit away."""
    rank = limit
    for k in range(levels.shape[1]):
        levels[2 * s, k] = rank
        levels[2 * s + 1, k] = resting_size(state, param, s, k, flow)
        rank -= 1 + roll(state, DICE, 2 * param[GAP])


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8))
def show(rows: Rows, cursor: Int64s, levels: Int64s, anchor: int) -> None:
    """Write the whole book, with an order at half the price and one at twice.

    Those two are never reached and never change: they make the snapshot reach so far that
    whatever comes later lies within it.
    """
    for s in range(2):
        for k in range(levels.shape[1]):
            put_level(rows, cursor, s, levels[2 * s, k], levels[2 * s + 1, k])
    put_level(rows, cursor, 0, anchor // 2, 1)
    put_level(rows, cursor, 1, -2 * anchor, 1)
