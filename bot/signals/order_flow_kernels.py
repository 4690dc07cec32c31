"""Kernels of order flow: what was added to and taken from the best prices.

A change in the queue at an unchanged price counts by its size; a price that improved counts
with its whole new queue, one that receded with its whole old queue.
"""

from typing import Final

from numba import types

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.book.layout import DEPTH, KNOWN, STATUS
from bot.kernel import kernel
from bot.signals.arrays import ORIGIN_NS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.standard import decay
from bot.signals.touch import BOTH, read_touch
from bot.signals.windows import ENTRIES, SUMS, expire, push

F1 = types.float64[::1]

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


# state of order_flow_imbalance
SEEN: Final = 0
BID: Final = 1
SUM: Final = 5
DEPTH_SUM: Final = 6
WEIGHT: Final = 7
TIME: Final = 8
RING: Final = 9


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def order_flow_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S05. param: source, half-life ns or 0, window ns, base per lot, ring capacity.

    slots: sum over mean queue, sum in base, mean queue in base.
    """
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    sides, bid, bid_size, ask, ask_size = read_touch(book, i, int(signals.param[param]))
    if sides != BOTH:
        # The next state is a first one: the jump to it measures our absence, not the market.
        state[at + SEEN] = 0.0
        for k in range(3):
            withdraw(signals, slot + k)
        return
    now = float(t - signals.clock[ORIGIN_NS])
    flow = 0.0
    if state[at + SEEN] != 0.0:
        flow += bid_flow(bid, bid_size, int(state[at + BID]), int(state[at + BID + 1]))
        flow += ask_flow(ask, ask_size, int(state[at + BID + 2]), int(state[at + BID + 3]))
    state[at + SEEN] = 1.0
    state[at + BID] = bid
    state[at + BID + 1] = bid_size
    state[at + BID + 2] = ask
    state[at + BID + 3] = ask_size
    queue = 0.5 * (bid_size + ask_size)
    half_life = signals.param[param + 1]
    if half_life > 0.0:
        kept = decay(now - state[at + TIME], half_life)
        state[at + SUM] = state[at + SUM] * kept + flow
        state[at + DEPTH_SUM] = state[at + DEPTH_SUM] * kept + queue
        state[at + WEIGHT] = state[at + WEIGHT] * kept + 1.0
    else:
        ring = at + RING
        capacity = int(signals.param[param + 4])
        expire(state, ring, capacity, now - signals.param[param + 2])
        push(state, ring, capacity, now, flow, queue, 0.0)
        state[at + SUM] = state[ring + SUMS]
        state[at + DEPTH_SUM] = state[ring + SUMS + 1]
        state[at + WEIGHT] = state[ring + ENTRIES]
    state[at + TIME] = now
    base = signals.param[param + 3]
    mean = state[at + DEPTH_SUM] / max(state[at + WEIGHT], 1e-300)
    if mean > 0.0:
        publish(signals, slot, state[at + SUM] / mean)
    else:
        withdraw(signals, slot)
    publish(signals, slot + 1, state[at + SUM] * base)
    publish(signals, slot + 2, mean * base)


# state of multi_level_flow
LEVELS_SEEN: Final = 0
LEVELS_TIME: Final = 1
LEVELS_QUALITY: Final = 2
LEVELS_SUM: Final = 3
LEVELS_BEFORE: Final = LEVELS_SUM + MLOFI_LEVELS
LEVELS_STATE: Final = LEVELS_BEFORE + 4 * MLOFI_LEVELS


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def multi_level_flow(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S06. param: levels, half-life ns, base per lot. slots: one a level, then quality."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    levels = int(signals.param[param])
    if book.head[i, STATUS] != KNOWN or book.head[i, DEPTH] * book.head[i, DEPTH + 1] == 0:
        state[at + LEVELS_SEEN] = 0.0
        for k in range(levels + 1):
            withdraw(signals, slot + k)
        return
    now = float(t - signals.clock[ORIGIN_NS])
    kept = decay(now - state[at + LEVELS_TIME], signals.param[param + 1])
    base = signals.param[param + 2]
    quality = 1.0
    for m in range(levels):
        before = at + LEVELS_BEFORE + 4 * m
        flow = 0.0
        for s in range(2):
            price = book.ladder[i, 2 * s, m]
            size = book.ladder[i, 2 * s + 1, m]
            price_before = int(state[before + 2 * s])
            size_before = int(state[before + 2 * s + 1])
            # A level that is missing now or was missing then has no flow to speak of.
            if size == 0 or size_before == 0:
                quality -= 0.1 if size == 0 else 0.0
            elif s == 0:
                flow += bid_flow(price, size, price_before, size_before)
            else:
                flow += ask_flow(price, size, price_before, size_before)
            state[before + 2 * s] = price
            state[before + 2 * s + 1] = size
        if state[at + LEVELS_SEEN] == 0.0:
            flow = 0.0
        state[at + LEVELS_SUM + m] = state[at + LEVELS_SUM + m] * kept + flow
        publish(signals, slot + m, state[at + LEVELS_SUM + m] * base)
    state[at + LEVELS_SEEN] = 1.0
    state[at + LEVELS_TIME] = now
    publish(signals, slot + levels, max(quality, 0.0))
