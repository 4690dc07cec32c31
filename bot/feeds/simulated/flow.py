"""What happens in a simulated book: quotes follow the fair price, orders come in clusters.

Time is cut into slots. In a slot nothing happens, or: somebody may trade, quotes follow the
fair price, orders come and go, and the best prices are published when they changed.

Quotes are a moment behind the coin's price, some venues more than others. How far they are behind
is where the price is going: takers who know it take that side, and makers leave it.
"""

from bot.book.arrays import i8, void
from bot.feeds.simulated.book import change, fill, follow, show
from bot.feeds.simulated.draws import roll
from bot.feeds.simulated.orders import arrives, side_of, size_of, trade
from bot.feeds.simulated.premium import above
from bot.feeds.simulated.price import STEPS
from bot.feeds.simulated.state import (
    ANCHOR,
    DEPARTED,
    DICE,
    FAIR,
    FOLLOWS,
    HALF_SPREAD,
    INFORMED,
    JITTER,
    LATENCY,
    LEAN,
    LEANS,
    NOISE,
    ORDER_MEAN,
    QUIET,
    RECEIVED,
    RETURNS,
    SCALARS,
    SHOWN,
    SIGHT,
    SLOTS,
    THIN,
    TICK,
)
from bot.feeds.simulated.weather import ACTIVITY, AWAY, BIAS, DEPTH, FORCED, SILENT, SPREAD
from bot.feeds.simulated.writing import MESSAGE, ROW, end, put
from bot.kernel import kernel
from bot.model.units import NS_PER_SECOND
from bot.tape.columns import ROWS, Rows
from bot.tape.rows import INDEX, MARK, SCALAR, SNAPSHOT, TOUCH, Int64s


@kernel(void(i8[::1], i8[::1], i8, i8, i8))
def chase(state: Int64s, param: Int64s, worth: int, flow: int, away: int) -> None:
    """Bring quotes nearer to what the instrument is worth, and see where that is going.

    worth: in 1e-8 quote, as the coin has it. away: departure of this venue, in 1e-8 of it.
    """
    state[DEPARTED] -= state[DEPARTED] * param[RETURNS] >> 16
    goal = above(worth, (state[DEPARTED] >> 12) + away)
    if state[FAIR] == 0:
        state[FAIR] = goal
    behind = goal - state[FAIR]
    # Far behind, quotes are simply made anew.
    if 50 * abs(behind) > goal:
        state[FAIR] = goal
        behind = 0
    state[FAIR] += behind * param[FOLLOWS] >> 16
    going = min(1024, max(-1024, (behind << 10) // param[SIGHT]))
    lean = going * param[INFORMED] + flow * param[LEANS]
    state[LEAN] = min(1000, max(-1000, lean >> 10))


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


@kernel(void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8, i8))
def quote(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    spread: int,
    ts_venue: int,
) -> None:
    """Makers look at the fair price, and orders come and go. spread: in 1/1024 of the usual."""
    fair = 2 * (state[FAIR] // param[TICK]) + 1
    half = max(1, param[HALF_SPREAD] * spread >> 10)
    # Rounded away from the fair price, so that a bid never meets an ask.
    bid = (fair - half) >> 1
    ask = (-fair - half) >> 1
    last = levels.shape[1] - 1
    ticks = fair >> 1
    anchor = state[ANCHOR]
    if (
        4 * ticks < 3 * anchor
        or 2 * ticks > 3 * anchor
        or bid < levels[0, last]
        or ask < levels[2, last]
    ):
        # At the beginning, before the patient orders come near, and after a jump over the whole
        # side: everything anew.
        cursor[ROW] = rows.first[cursor[MESSAGE]]
        fill(levels, state, param, 0, bid)
        fill(levels, state, param, 1, ask)
        state[ANCHOR] = ticks
        show(rows, cursor, levels, ticks)
        end(rows, cursor, ts_venue, state[RECEIVED], SNAPSHOT)
    else:
        follow(rows, cursor, levels, state, param, 0, bid)
        follow(rows, cursor, levels, state, param, 1, ask)
        for _ in range(1 + roll(state, DICE, 3)):
            change(rows, cursor, levels, state, param, roll(state, DICE, 2))
        end(rows, cursor, ts_venue, state[RECEIVED], 0)
    publish_touch(rows, cursor, levels, state, ts_venue)


@kernel(void(ROWS, i8[::1], i8[::1], i8[::1], i8, i8, i8))
def scalars(
    rows: Rows, cursor: Int64s, state: Int64s, param: Int64s, mark: int, index: int, ts_venue: int
) -> None:
    """Say what the venue calculates, where it calculates something."""
    if param[SCALARS] != 0:
        put(rows, cursor, SCALAR, MARK, mark, 0)
        put(rows, cursor, SCALAR, INDEX, index, 0)
        end(rows, cursor, ts_venue, state[RECEIVED], 0)


@kernel(
    void(ROWS, i8[::1], i8[:, ::1], i8[::1], i8[::1], i8[:, ::1], i8[::1], i8[:, ::1], i8[::1], i8)
)
def simulate(
    rows: Rows,
    cursor: Int64s,
    levels: Int64s,
    state: Int64s,
    param: Int64s,
    paths: Int64s,
    premium: Int64s,
    weather: Int64s,
    words: Int64s,
    start_ns: int,
) -> None:
    """Write the messages of some seconds.

    paths: index, flow and heat, one a step. premium, weather: one a second. words: one a slot.
    """
    slots = param[SLOTS]
    slot_ns = NS_PER_SECOND // slots
    for second in range(len(premium)):
        begin_ns = start_ns + second * NS_PER_SECOND
        now = weather[second]
        state[THIN] = now[DEPTH]
        for slot in range(slots):
            state[DICE] = words[second * slots + slot] & 0x7FFF_FFFF
            if now[SILENT] != 0:
                # Whatever happens meanwhile, the first thing to be heard is the whole book.
                state[ANCHOR] = state[SHOWN + 1] = state[SHOWN + 3] = 0
                continue
            into_ns = slot * slot_ns + (roll(state, DICE, slot_ns) if slot > 0 else 0)
            ts_venue = begin_ns + into_ns
            late = ts_venue + param[LATENCY] + roll(state, DICE, param[JITTER] + 1)
            at = second * STEPS + into_ns * STEPS // NS_PER_SECOND
            if slot == 0:
                state[DEPARTED] += (roll(state, DICE, 2048) - 1024) * param[NOISE] >> 10
                state[RECEIVED] = max(state[RECEIVED], late)
                index = paths[0, second * STEPS]
                mark = above(index, premium[second])
                scalars(rows, cursor, state, param, mark, index, ts_venue)
            worth = above(paths[0, at], premium[second])
            chase(state, param, worth, paths[1, at], now[AWAY])
            came = arrives(state, param, paths[2, at], now[ACTIVITY])
            forced = now[FORCED] if slot * 4 % slots < 4 else 0
            # The first slot is always used: a book in which nothing ever happens looks dead.
            if roll(state, DICE, 1 << 16) >= param[QUIET] and slot > 0 and came + abs(forced) == 0:
                continue
            state[RECEIVED] = max(state[RECEIVED], late)
            if state[ANCHOR] != 0 and came != 0:
                s = side_of(state, param, now[BIAS])
                trade(rows, cursor, levels, state, param, s, size_of(state, param), ts_venue)
            if state[ANCHOR] != 0 and forced != 0:
                lots = max(1, param[ORDER_MEAN] * abs(forced) >> 10)
                trade(rows, cursor, levels, state, param, 1 if forced > 0 else 0, lots, ts_venue)
            quote(rows, cursor, levels, state, param, now[SPREAD], ts_venue)
