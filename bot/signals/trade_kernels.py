"""Kernels of trades: who was the aggressor, and where price stands against what was paid."""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, i8, void
from bot.kernel import kernel
from bot.signals.arrays import ORIGIN_NS, OUTPUTS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.standard import decay
from bot.signals.touch import BOTH, read_touch
from bot.signals.windows import ENTRIES, SINCE, SUMS, covered, drop_oldest, expire, push

DAY_NS: Final = 86_400_000_000_000
SECOND_NS: Final = 1_000_000_000

# param of trade_imbalance
HALF_LIFE_NS: Final = 0
"""0: over a window or the last trades."""
SPAN_NS: Final = 1
"""Of a window; 0: over the last trades."""
LAST_TRADES: Final = 2
RING_CAPACITY: Final = 3
BASE_PER_LOT: Final = 4
# state of trade_imbalance
TRADES: Final = 0
SIGNED: Final = 1
TOTAL: Final = 2
TIME: Final = 3
CVD: Final = 4
CVD_SESSION: Final = 5
DAY: Final = 6
RING: Final = 7


@kernel(void(SIGNALS, i8, i8, i8, i8))
def trade_row(signals: Signals, g: int, side: int, size: int, t: int) -> None:
    """Take one trade into the sums of the imbalance."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    state = signals.state
    now = float(t - signals.clock[ORIGIN_NS])
    signed = float(side * size)
    half_life = signals.param[param + HALF_LIFE_NS]
    if half_life > 0.0:
        kept = decay(now - state[at + TIME], half_life)
        state[at + SIGNED] = state[at + SIGNED] * kept + signed
        state[at + TOTAL] = state[at + TOTAL] * kept + size
    else:
        ring = at + RING
        capacity = int(signals.param[param + RING_CAPACITY])
        span = signals.param[param + SPAN_NS]
        if span > 0.0:
            expire(state, ring, capacity, now - span)
        elif state[ring + ENTRIES] >= signals.param[param + LAST_TRADES]:
            drop_oldest(state, ring, capacity)
        push(state, ring, capacity, now, signed, float(size), 0.0)
    state[at + TRADES] += 1.0
    state[at + TIME] = now
    state[at + CVD] += signed
    day = float(t // DAY_NS)
    if day != state[at + DAY]:
        state[at + DAY] = day
        state[at + CVD_SESSION] = 0.0
    state[at + CVD_SESSION] += signed


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def trade_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Who is the aggressor. slots: imbalance, cumulative volume delta in base, the same since
    00:00 UTC; quality of a window.
    """
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    if state[at + TRADES] == 0.0:
        for k in range(spec[OUTPUTS]):
            withdraw(signals, slot + k)
        return
    signed = state[at + SIGNED]
    total = state[at + TOTAL]
    if signals.param[param + HALF_LIFE_NS] <= 0.0:
        ring = at + RING
        span = signals.param[param + SPAN_NS]
        if span > 0.0:
            now = float(t - signals.clock[ORIGIN_NS])
            expire(state, ring, int(signals.param[param + RING_CAPACITY]), now - span)
            publish(signals, slot + 3, covered(now, state[ring + SINCE], span))
        signed = state[ring + SUMS]
        total = state[ring + SUMS + 1]
        if state[ring + ENTRIES] < signals.param[param + LAST_TRADES]:
            total = 0.0
    if total > 0.0:
        publish(signals, slot, signed / total)
    else:
        withdraw(signals, slot)
    base = signals.param[param + BASE_PER_LOT]
    today = state[at + CVD_SESSION] if float(t // DAY_NS) == state[at + DAY] else 0.0
    publish(signals, slot + 1, state[at + CVD] * base)
    publish(signals, slot + 2, today * base)


# param of vwap_deviation
SOURCE: Final = 0
WINDOW_NS: Final = 1
"""0: the session from 00:00 UTC, or from the anchor."""
ANCHOR_S: Final = 2
"""Trades before the anchor do not count. In two parts, for a float keeps no ns of an epoch;
less than zero: no anchor."""
ANCHOR_NS: Final = 3
CAPACITY: Final = 4
TRADES_MIN: Final = 5
# state of vwap_deviation
ORIGIN_TICKS: Final = 0
"""Prices are summed as distances from a first one, so that the sums stay exact."""
SESSION: Final = 1
COUNT: Final = 2
SUM_Q: Final = 3
SUM_QX: Final = 4
SUM_QXX: Final = 5
VWAP_RING: Final = 6
ROUNDING: Final = 1e-14
"""A variance below this share of the mean square is what subtracting them has left over."""


@kernel(void(SIGNALS, i8, i8, i8, i8))
def vwap_row(signals: Signals, g: int, price: int, size: int, t: int) -> None:
    """Take one trade into the sums of the average."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    state = signals.state
    anchor_s = int(signals.param[param + ANCHOR_S])
    if anchor_s >= 0 and t < anchor_s * SECOND_NS + int(signals.param[param + ANCHOR_NS]):
        return
    rolling = signals.param[param + WINDOW_NS] > 0.0
    day = float(t // DAY_NS)
    if not rolling and anchor_s < 0 and day != state[at + SESSION]:
        state[at + SESSION] = day
        for k in range(COUNT, SUM_QXX + 1):
            state[at + k] = 0.0
    if state[at + COUNT] == 0.0:
        state[at + ORIGIN_TICKS] = price
    state[at + COUNT] += 1.0
    x = float(price) - state[at + ORIGIN_TICKS]
    q = float(size)
    if rolling:
        now = float(t - signals.clock[ORIGIN_NS])
        capacity = int(signals.param[param + CAPACITY])
        expire(state, at + VWAP_RING, capacity, now - signals.param[param + WINDOW_NS])
        push(state, at + VWAP_RING, capacity, now, q, q * x, q * x * x)
        return
    state[at + SUM_Q] += q
    state[at + SUM_QX] += q * x
    state[at + SUM_QXX] += q * x * x


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def vwap_deviation(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """The mid against what was paid. slots: mid less VWAP in bps of the mid, the same in
    volume-weighted deviations; quality of a window.
    """
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    if state[at + COUNT] == 0.0:
        for k in range(spec[OUTPUTS]):
            withdraw(signals, slot + k)
        return
    sums = at + SUM_Q
    count = state[at + COUNT]
    window = signals.param[param + WINDOW_NS]
    if window > 0.0:
        now = float(t - signals.clock[ORIGIN_NS])
        ring = at + VWAP_RING
        expire(state, ring, int(signals.param[param + CAPACITY]), now - window)
        publish(signals, slot + 2, covered(now, state[ring + SINCE], window))
        sums = ring + SUMS
        count = state[ring + ENTRIES]
    elif signals.param[param + ANCHOR_S] < 0.0 and float(t // DAY_NS) != state[at + SESSION]:
        # Yesterday's session is over, and today nobody has traded.
        count = 0.0
    sides, bid, _, ask, _ = read_touch(book, i, int(signals.param[param + SOURCE]))
    q = state[sums]
    if sides != BOTH or count < signals.param[param + TRADES_MIN] or q <= 0.0:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    mid = 0.5 * (bid + ask)
    mean = state[sums + 1] / q
    away = mid - (state[at + ORIGIN_TICKS] + mean)
    publish(signals, slot, away / mid * 1e4)
    square = state[sums + 2] / q
    variance = square - mean * mean
    if variance > ROUNDING * square:
        publish(signals, slot + 1, away / math.sqrt(variance))
    else:
        withdraw(signals, slot + 1)
