"""Kernels of order flow: what was added to and taken from the best prices.

A change in the queue at an unchanged price counts by its size; a price that improved counts
with its whole new queue, one that receded with its whole old queue.
"""

from typing import Final

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.book.layout import DEPTH, HEARD, HEARD_BOOK, HEARD_TOUCH, KNOWN, STATUS, TOP
from bot.kernel import kernel
from bot.signals.arrays import ORIGIN_NS, OUTPUTS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.standard import decay
from bot.signals.touch import BOTH, FROM_BOOK, read_touch
from bot.signals.windows import ENTRIES, SINCE, SUMS, covered, expire, push

MLOFI_LEVELS: Final = 10


@kernel(f8(i8, i8, i8, i8))
def bid_flow(price: int, size: int, price_before: int, size_before: int) -> float:
    """Flow on the bid between two states: + is buying pressure."""
    flow = 0
    if price >= price_before:
        flow += size
    if price <= price_before:
        flow -= size_before
    return float(flow)


@kernel(f8(i8, i8, i8, i8))
def ask_flow(price: int, size: int, price_before: int, size_before: int) -> float:
    """Flow on the ask between two states: + is buying pressure, sellers withdrawing."""
    flow = 0
    if price <= price_before:
        flow -= size
    if price >= price_before:
        flow += size_before
    return float(flow)


# param of order_flow_imbalance
SOURCE: Final = 0
HALF_LIFE_NS: Final = 1
"""0: over a window."""
WINDOW_NS: Final = 2
BASE_PER_LOT: Final = 3
CAPACITY: Final = 4
# state of order_flow_imbalance
SEEN: Final = 0
BEFORE: Final = 1
"""Bid, its size, ask, its size."""
SUM: Final = 5
DEPTH_SUM: Final = 6
WEIGHT: Final = 7
TIME: Final = 8
BEGUN: Final = 9
"""When the first state since the last absence was seen."""
RING: Final = 10


@kernel(i8(BOOK, i8, i8))
def touch_heard(book: Book, i: int, source: int) -> int:
    """1 when the message that ended just now spoke of the best prices."""
    heard = book.head[i, HEARD]
    if source == FROM_BOOK:
        return 1 if heard & HEARD_BOOK and book.head[i, TOP] < 1 else 0
    return 1 if heard & HEARD_TOUCH else 0


@kernel(f8(SIGNALS, i8, i8, i8, i8, i8, f8))
def flow_since(
    signals: Signals, at: int, bid: int, bid_size: int, ask: int, ask_size: int, now: float
) -> float:
    """Flow from the state before to this one, which becomes the state before."""
    state = signals.state
    flow = 0.0
    if state[at + SEEN] != 0.0:
        flow += bid_flow(bid, bid_size, int(state[at + BEFORE]), int(state[at + BEFORE + 1]))
        flow += ask_flow(ask, ask_size, int(state[at + BEFORE + 2]), int(state[at + BEFORE + 3]))
    else:
        state[at + SEEN] = 1.0
        state[at + BEGUN] = now
    state[at + BEFORE] = bid
    state[at + BEFORE + 1] = bid_size
    state[at + BEFORE + 2] = ask
    state[at + BEFORE + 3] = ask_size
    return flow


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def order_flow_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Flow at the touch. slots: sum over mean queue, sum in base, mean queue in base; quality
    of a window.
    """
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    source = int(signals.param[param + SOURCE])
    sides, bid, bid_size, ask, ask_size = read_touch(book, i, source)
    if sides != BOTH:
        # The next state is a first one: the jump to it measures our absence, not the market.
        state[at + SEEN] = 0.0
        for k in range(spec[OUTPUTS]):
            withdraw(signals, slot + k)
        return
    now = float(t - signals.clock[ORIGIN_NS])
    queue = 0.5 * (bid_size + ask_size)
    half_life = signals.param[param + HALF_LIFE_NS]
    if half_life > 0.0:
        flow = flow_since(signals, at, bid, bid_size, ask, ask_size, now)
        kept = decay(now - state[at + TIME], half_life)
        state[at + SUM] = state[at + SUM] * kept + flow
        state[at + DEPTH_SUM] = state[at + DEPTH_SUM] * kept + queue
        state[at + WEIGHT] = state[at + WEIGHT] * kept + 1.0
        state[at + TIME] = now
        mean = state[at + DEPTH_SUM] / state[at + WEIGHT]
    else:
        ring = at + RING
        capacity = int(signals.param[param + CAPACITY])
        window = signals.param[param + WINDOW_NS]
        expire(state, ring, capacity, now - window)
        if touch_heard(book, i, source):
            flow = flow_since(signals, at, bid, bid_size, ask, ask_size, now)
            push(state, ring, capacity, now, flow, queue, 0.0)
        state[at + SUM] = state[ring + SUMS]
        # A queue that nothing touched for a whole window was what it is now all the time.
        mean = queue
        if state[ring + ENTRIES] > 0.0:
            mean = state[ring + SUMS + 1] / state[ring + ENTRIES]
        since = max(state[ring + SINCE], state[at + BEGUN])
        publish(signals, slot + 3, covered(now, since, window))
    base = signals.param[param + BASE_PER_LOT]
    publish(signals, slot, state[at + SUM] / mean)
    publish(signals, slot + 1, state[at + SUM] * base)
    publish(signals, slot + 2, mean * base)


# param of multi_level_flow
LEVELS_HALF_LIFE_NS: Final = 0
LEVELS_BASE_PER_LOT: Final = 1
# state of multi_level_flow
LEVELS_SEEN: Final = 0
LEVELS_TIME: Final = 1
LEVELS_SUM: Final = 2
LEVELS_BEFORE: Final = LEVELS_SUM + MLOFI_LEVELS
"""Of each level: bid, its size, ask, its size."""
LEVELS_STATE: Final = LEVELS_BEFORE + 4 * MLOFI_LEVELS


@kernel(f8(SIGNALS, BOOK, i8, i8, i8))
def level_flow(signals: Signals, book: Book, i: int, m: int, before: int) -> float:
    """Flow of level `m` since the state before, which stands at `before` and becomes this one.

    0 when a side has or had no such level: there is nothing to compare.
    """
    state = signals.state
    ladder = book.ladder
    bid = ladder[i, 0, m]
    bid_size = ladder[i, 1, m]
    ask = ladder[i, 2, m]
    ask_size = ladder[i, 3, m]
    flow = 0.0
    whole = bid_size != 0 and ask_size != 0
    if whole and state[before + 1] != 0.0 and state[before + 3] != 0.0:
        flow += bid_flow(bid, bid_size, int(state[before]), int(state[before + 1]))
        flow += ask_flow(ask, ask_size, int(state[before + 2]), int(state[before + 3]))
    state[before] = bid
    state[before + 1] = bid_size
    state[before + 2] = ask
    state[before + 3] = ask_size
    return flow


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def multi_level_flow(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Flow of each level. slots: one a level, then quality."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    whole = min(book.head[i, DEPTH], book.head[i, DEPTH + 1])
    if book.head[i, STATUS] != KNOWN or whole == 0:
        state[at + LEVELS_SEEN] = 0.0
        for k in range(MLOFI_LEVELS + 1):
            withdraw(signals, slot + k)
        return
    now = float(t - signals.clock[ORIGIN_NS])
    kept = decay(now - state[at + LEVELS_TIME], signals.param[param + LEVELS_HALF_LIFE_NS])
    base = signals.param[param + LEVELS_BASE_PER_LOT]
    for m in range(MLOFI_LEVELS):
        flow = level_flow(signals, book, i, m, at + LEVELS_BEFORE + 4 * m)
        if state[at + LEVELS_SEEN] == 0.0:
            flow = 0.0
        state[at + LEVELS_SUM + m] = state[at + LEVELS_SUM + m] * kept + flow
        publish(signals, slot + m, state[at + LEVELS_SUM + m] * base)
    state[at + LEVELS_SEEN] = 1.0
    state[at + LEVELS_TIME] = now
    publish(signals, slot + MLOFI_LEVELS, min(whole, MLOFI_LEVELS) / float(MLOFI_LEVELS))


@kernel(void(SIGNALS, i8))
def forget_flow(signals: Signals, g: int) -> None:
    """The next state that a flow compares with is a first one."""
    # SEEN and LEVELS_SEEN are the first entry of both.
    signals.state[signals.spec[g, STATE] + SEEN] = 0.0
