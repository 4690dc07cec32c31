"""The shape of a simulated book: so many levels a side, around a fair price.

`levels` has four rows: rank of the bids, their sizes, rank of the asks, their sizes, best
first. The rank of a bid is its price in ticks, that of an ask is its price with a minus sign:
so the best is the highest on both sides, and one kernel serves both.

Each side always has the same number of levels: when one is removed another is added behind
the last, when one is inserted the last falls off. Levels stand close at the touch and further
apart behind it; most rests at the touch and, again, some way off. Where levels are crowded
orders are taken back, where they are sparse new ones come, so that the shape lasts while the
price moves through it. Every change is written as a row.
"""

from typing import Final

from bot.book.arrays import i8, void
from bot.feeds.simulated.draws import roll
from bot.feeds.simulated.state import DICE, GAP, LEAN, LEVEL_SIZE, THIN
from bot.feeds.simulated.writing import put
from bot.kernel import kernel
from bot.tape.columns import ROWS, Rows
from bot.tape.rows import LEVEL, Int64s

PROFILE: Final = 24
"""Places that the profile of sizes is drawn over, however many levels there are."""
HUMP: Final = 28
"""Size of the largest levels, in eighths of that of the touch."""
REFILLED: Final = 6
"""Places behind the touch where a hole is not left open."""
HOLE: Final = 6
"""How many times the usual gap is a hole."""


@kernel(void(ROWS, i8[::1], i8, i8, i8))
def put_level(rows: Rows, cursor: Int64s, s: int, rank: int, size: int) -> None:
    """Write a level of side `s`, 0 bids and 1 asks."""
    put(rows, cursor, LEVEL, 1 - 2 * s, rank if s == 0 else -rank, size)


@kernel(i8(i8[::1], i8, i8))
def wanted_gap(param: Int64s, place: int, count: int) -> int:
    """Ticks between a level and the next better one, as the profile has it."""
    return int(1 + 2 * param[GAP] * place // count)


@kernel(i8(i8[::1], i8[::1], i8, i8, i8))
def resting_size(state: Int64s, param: Int64s, s: int, place: int, count: int) -> int:
    """A size for a level: that of its place, larger on the side that the price comes from."""
    at = place * PROFILE // count
    eighths = 8 if place == 0 else min(HUMP, 2 + at * at * at // 200)
    typical = (param[LEVEL_SIZE] * eighths * state[THIN]) >> 13
    # Who sees where the price is going acts at the touch; far away nobody hurries.
    lean = state[LEAN] if place < 2 else state[LEAN] >> 1
    leaning = (typical * (1024 + (lean if s == 0 else -lean))) >> 10
    # The product of two uniform numbers: many small sizes, a few large ones.
    drawn = (leaning * (256 + roll(state, DICE, 768))) >> 9
    return int(1 + ((drawn * (256 + roll(state, DICE, 768))) >> 9))


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


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8))
def remove(
    rows: Rows, cursor: Int64s, levels: Int64s, state: Int64s, param: Int64s, s: int, place: int
) -> None:
    """Take a level away; another one comes behind the last."""
    count = levels.shape[1]
    last = count - 1
    put_level(rows, cursor, s, levels[2 * s, place], 0)
    for k in range(place, last):
        levels[2 * s, k] = levels[2 * s, k + 1]
        levels[2 * s + 1, k] = levels[2 * s + 1, k + 1]
    levels[2 * s, last] -= 1 + roll(state, DICE, 2 * wanted_gap(param, last, count))
    levels[2 * s + 1, last] = resting_size(state, param, s, last, count)
    put_level(rows, cursor, s, levels[2 * s, last], levels[2 * s + 1, last])


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8))
def refill(
    rows: Rows, cursor: Int64s, levels: Int64s, state: Int64s, param: Int64s, s: int, place: int
) -> None:
    """Quote into a hole that large orders tore behind the touch."""
    count = levels.shape[1]
    wanted = wanted_gap(param, place, count)
    better = levels[2 * s, place - 1]
    if better - levels[2 * s, place] > HOLE * wanted:
        rank = better - 1 - roll(state, DICE, 2 * wanted)
        size = resting_size(state, param, s, place, count)
        insert(rows, cursor, levels, s, place, rank, size)


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8))
def follow(
    rows: Rows, cursor: Int64s, levels: Int64s, state: Int64s, param: Int64s, s: int, limit: int
) -> None:
    """Take away what is better than the limit, and mostly quote at it when nothing is there.

    limit: the best rank that this side may have.
    """
    while levels[2 * s, 0] > limit:
        remove(rows, cursor, levels, state, param, s, 0)
    best = levels[2 * s, 0]
    if limit > best and roll(state, DICE, 32) > 0:
        count = levels.shape[1]
        size = resting_size(state, param, s, 0, count)
        if best - levels[2 * s, 1] < wanted_gap(param, 1, count):
            # Who was best moves along.
            put_level(rows, cursor, s, best, 0)
            levels[2 * s, 0], levels[2 * s + 1, 0] = limit, size
            put_level(rows, cursor, s, limit, size)
        else:
            # Who was best is so no more, and most of that queue goes.
            levels[2 * s + 1, 0] = min(
                levels[2 * s + 1, 0], resting_size(state, param, s, 1, count)
            )
            put_level(rows, cursor, s, best, levels[2 * s + 1, 0])
            insert(rows, cursor, levels, s, 0, limit, size)
    for place in range(1, min(REFILLED, levels.shape[1])):
        refill(rows, cursor, levels, state, param, s, place)


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8))
def change(
    rows: Rows, cursor: Int64s, levels: Int64s, state: Int64s, param: Int64s, s: int
) -> None:
    """Somebody adds, takes back or changes an order, more often near the touch."""
    count = levels.shape[1]
    place = min(roll(state, DICE, count), roll(state, DICE, count))
    rank = levels[2 * s, place]
    if place > 0:
        gap = levels[2 * s, place - 1] - rank
        wanted = wanted_gap(param, place, count)
        chance = roll(state, DICE, 16)
        if (2 * gap < wanted and chance < 8) or chance == 15:
            remove(rows, cursor, levels, state, param, s, place)
            return
        if gap > 1 and (gap > 2 * wanted or chance == 14):
            rank += 1 + roll(state, DICE, gap - 1)
            size = resting_size(state, param, s, place, count)
            insert(rows, cursor, levels, s, place, rank, size)
            return
    size = (levels[2 * s + 1, place] + resting_size(state, param, s, place, count) + 1) >> 1
    levels[2 * s + 1, place] = size
    put_level(rows, cursor, s, rank, size)


@kernel(void(i8[:, ::1], i8[::1], i8[::1], i8, i8), apart=True)
def fill(levels: Int64s, state: Int64s, param: Int64s, s: int, limit: int) -> None:
    """Make a side anew, from its limit away."""
    count = levels.shape[1]
    rank = limit
    for k in range(count):
        levels[2 * s, k] = rank
        levels[2 * s + 1, k] = resting_size(state, param, s, k, count)
        rank -= 1 + roll(state, DICE, 2 * wanted_gap(param, k + 1, count) - 1)


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8), apart=True)
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
