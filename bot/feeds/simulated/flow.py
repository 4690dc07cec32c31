"""What happens in a simulated book: quotes follow the fair price, traders come in clusters.

Time is cut into slots. In a slot nothing happens, or: somebody may trade, quotes follow the
fair price, orders come and go, and the best prices are published when they changed. A trade
makes the next slots busier for a while.
"""

from typing import Final

from bot.book.arrays import i8, void
from bot.feeds.simulated.book import (
    ANCHOR,
    DICE,
    HALF_SPREAD,
    HEAT,
    JITTER,
    LATENCY,
    RECEIVED,
    SCALARS,
    SHOWN,
    SLOTS,
    TICK,
    TRADE_SIZE,
    change,
    fill,
    follow,
    put_level,
    remove,
    show,
)
from bot.feeds.simulated.draws import roll
from bot.feeds.simulated.premium import above
from bot.feeds.simulated.price import STEPS
from bot.feeds.simulated.writing import MESSAGE, ROW, end, put
from bot.kernel import kernel
from bot.model.units import NS_PER_SECOND
from bot.tape.columns import ROWS, Rows
from bot.tape.rows import INDEX, MARK, SCALAR, SNAPSHOT, TOUCH, TRADE, Int64s

QUIET: Final = 30_000
"""Chance of a slot to be used, of 65,536, when nothing has been traded for long."""
EXCITED: Final = 9_000
"""What each trade adds to that, fading over some ten slots."""
TRADES: Final = 5_000
"""Chance of a used slot to begin with a trade, of 65,536, before excitement."""
SWEEP_MAX: Final = 6
"""Most levels that one order takes."""


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8, i8, i8))
def trade(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    s: int,
    lots: int,
    ts_venue: int,
    flow: int,
) -> None:
    """An order takes so many lots from side `s`: what it paid, then what is left of the book."""
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
            remove(rows, cursor, levels, state, param, s, 0, flow)
        left -= size
    state[HEAT] = min(60_000 << 8, state[HEAT] + (EXCITED << 8))


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8, i8))
def visit(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    fair: int,
    flow: int,
    ts_venue: int,
) -> None:
    """A trader comes: informed when a quote has fallen behind the fair price, else by chance.

    fair: in half ticks.
    """
    for s in range(2):
        best = levels[2 * s, 0]
        worth = fair if s == 0 else -fair
        if 2 * best > worth and roll(state, DICE, 4) == 0:
            trade(rows, cursor, levels, state, param, s, levels[2 * s + 1, 0], ts_venue, flow)
            return
    if roll(state, DICE, 1 << 16) < TRADES + (state[HEAT] >> 10):
        s = 1 if roll(state, DICE, 4096) < 2048 + flow else 0
        lots = 1 + ((param[TRADE_SIZE] * (1 + roll(state, DICE, 1024))) >> 9)
        while roll(state, DICE, 4) == 0 and lots < 64 * param[TRADE_SIZE]:
            lots *= 2
        trade(rows, cursor, levels, state, param, s, lots, ts_venue, flow)


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8))
def publish_touch(rows: Rows, cursor: Int64s, levels: Int64s, state: Int64s, ts_venue: int) -> None:
    """Publish the best prices when they are not what was published last."""
    changed = False
    for s in range(2):
        for k in range(2):
            if state[SHOWN + 2 * s + k] != levels[2 * s + k, 0]:
                state[SHOWN + 2 * s + k] = levels[2 * s + k, 0]
                changed = True
    if changed:
        put(rows, cursor, TOUCH, 1, levels[0, 0], levels[1, 0])
        put(rows, cursor, TOUCH, -1, -levels[2, 0], levels[3, 0])
        end(rows, cursor, ts_venue, state[RECEIVED], 0)


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8, i8))
def act(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    fair: int,
    flow: int,
    ts_venue: int,
) -> None:
    """One slot that is used. fair: in half ticks."""
    # Rounded away from the fair price, so that a bid never meets an ask.
    bid = (fair - param[HALF_SPREAD]) >> 1
    ask = (-fair - param[HALF_SPREAD]) >> 1
    last = levels.shape[1] - 1
    ticks = fair >> 1
    anchor = state[ANCHOR]
    if anchor != 0:
        visit(rows, cursor, levels, state, param, fair, flow, ts_venue)
    if (
        4 * ticks < 3 * anchor
        or 2 * ticks > 3 * anchor
        or bid < levels[0, last]
        or ask < levels[2, last]
    ):
        # At the beginning, before the patient orders come near, and after a jump over the whole
        # side: everything anew.
        cursor[ROW] = rows.first[cursor[MESSAGE]]
        fill(levels, state, param, 0, bid, flow)
        fill(levels, state, param, 1, ask, flow)
        state[ANCHOR] = ticks
        show(rows, cursor, levels, ticks)
        end(rows, cursor, ts_venue, state[RECEIVED], SNAPSHOT)
    else:
        follow(rows, cursor, levels, state, param, 0, bid, flow)
        follow(rows, cursor, levels, state, param, 1, ask, flow)
        for _ in range(1 + roll(state, DICE, 3)):
            if roll(state, DICE, 2) == 0:
                change(rows, cursor, levels, state, param, 0, bid, flow)
            else:
                change(rows, cursor, levels, state, param, 1, ask, flow)
        end(rows, cursor, ts_venue, state[RECEIVED], 0)
    publish_touch(rows, cursor, levels, state, ts_venue)


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8))
def simulate(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    words: Int64s,
    index: Int64s,
    flow: Int64s,
    premium: Int64s,
    start_ns: int,
) -> None:
    """Write the messages of some seconds. words: one a slot; premium: one a second."""
    slots = param[SLOTS]
    slot_ns = NS_PER_SECOND // slots
    for second in range(len(premium)):
        begin_ns = start_ns + second * NS_PER_SECOND
        for slot in range(slots):
            word = words[second * slots + slot]
            state[DICE] = word & 0x7FFF_FFFF
            into_ns = slot * slot_ns + (roll(state, DICE, slot_ns) if slot > 0 else 0)
            ts_venue = begin_ns + into_ns
            late = ts_venue + param[LATENCY] + roll(state, DICE, param[JITTER] + 1)
            at = second * STEPS + into_ns * STEPS // NS_PER_SECOND
            fair = above(index[at], premium[second])
            if slot == 0 and param[SCALARS] != 0:
                state[RECEIVED] = max(state[RECEIVED], late)
                put(rows, cursor, SCALAR, MARK, above(index[second * STEPS], premium[second]), 0)
                put(rows, cursor, SCALAR, INDEX, index[second * STEPS], 0)
                end(rows, cursor, ts_venue, state[RECEIVED], 0)
            # The first slot is always used: a book in which nothing ever happens looks dead.
            used = roll(state, DICE, 1 << 16) < QUIET + (state[HEAT] >> 8) or slot == 0
            state[HEAT] -= state[HEAT] >> 3
            if used:
                state[RECEIVED] = max(state[RECEIVED], late)
                act(
                    rows,
                    cursor,
                    levels,
                    state,
                    param,
                    2 * fair // param[TICK],
                    flow[at],
                    ts_venue,
                )
