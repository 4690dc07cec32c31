"""Kernels of trades: who was the aggressor, and where price stands against what was paid."""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, i8, void
from bot.kernel import kernel
from bot.signals.arrays import ORIGIN_NS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.standard import decay
from bot.signals.touch import BOTH, read_touch
from bot.signals.windows import ENTRIES, SUMS, drop_oldest, expire, push

DAY_NS: Final = 86_400_000_000_000

# state of trade_imbalance
SIGNED: Final = 0
TOTAL: Final = 1
TIME: Final = 2
CVD: Final = 3
CVD_SESSION: Final = 4
DAY: Final = 5
RING: Final = 6


@kernel(void(SIGNALS, i8, i8, i8, i8, i8))
def trade_row(signals: Signals, g: int, side: int, price: int, size: int, t: int) -> None:
    """Take one trade into the sums of S09."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    state = signals.state
    now = float(t - signals.clock[ORIGIN_NS])
    signed = float(side * size)
    half_life = signals.param[param]
    if half_life > 0.0:
        kept = decay(now - state[at + TIME], half_life)
        state[at + SIGNED] = state[at + SIGNED] * kept + signed
        state[at + TOTAL] = state[at + TOTAL] * kept + size
    else:
        count = signals.param[param + 2]
        capacity = int(signals.param[param + 3])
        if count > 0.0:
            if state[at + RING + ENTRIES] >= count:
                drop_oldest(state, at + RING, capacity)
        else:
            expire(state, at + RING, capacity, now - signals.param[param + 1])
        push(state, at + RING, capacity, now, signed, float(size), 0.0)
    state[at + TIME] = now
    state[at + CVD] += signed
    day = float(t // DAY_NS)
    if day != state[at + DAY]:
        state[at + DAY] = day
        state[at + CVD_SESSION] = 0.0
    state[at + CVD_SESSION] += signed


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def trade_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S09. param: half-life ns or 0, window ns or 0, last trades, ring capacity, base per lot.

    slots: imbalance, cumulative volume delta in base, the same since 00:00 UTC.
    """
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    signed = state[at + SIGNED]
    total = state[at + TOTAL]
    if signals.param[param] <= 0.0:
        if signals.param[param + 2] <= 0.0:
            now = float(t - signals.clock[ORIGIN_NS])
            capacity = int(signals.param[param + 3])
            expire(state, at + RING, capacity, now - signals.param[param + 1])
        signed = state[at + RING + SUMS]
        total = state[at + RING + SUMS + 1]
    if total > 0.0:
        publish(signals, slot, signed / total)
    else:
        withdraw(signals, slot)
    base = signals.param[param + 4]
    publish(signals, slot + 1, state[at + CVD] * base)
    publish(signals, slot + 2, state[at + CVD_SESSION] * base)


# param of vwap_deviation
SOURCE: Final = 0
WINDOW_NS: Final = 1
"""0: the session from 00:00 UTC, or from the anchor."""
ANCHOR_NS: Final = 2
"""Trades before it do not count; less than zero: none."""
CAPACITY: Final = 3
TRADES_MIN: Final = 4
# state of vwap_deviation
ORIGIN_TICKS: Final = 0
"""Prices are summed as distances from the first one, so that the sums stay exact."""
SESSION: Final = 1
COUNT: Final = 2
SUM_Q: Final = 3
SUM_QX: Final = 4
SUM_QXX: Final = 5
VWAP_RING: Final = 6


@kernel(void(SIGNALS, i8, i8, i8, i8))
def vwap_row(signals: Signals, g: int, price: int, size: int, t: int) -> None:
    """Take one trade into the sums of S14."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    state = signals.state
    if float(t) < signals.param[param + ANCHOR_NS]:
        return
    if state[at + ORIGIN_TICKS] == 0.0:
        state[at + ORIGIN_TICKS] = price
    x = float(price) - state[at + ORIGIN_TICKS]
    q = float(size)
    if signals.param[param + WINDOW_NS] > 0.0:
        now = float(t - signals.clock[ORIGIN_NS])
        capacity = int(signals.param[param + CAPACITY])
        expire(state, at + VWAP_RING, capacity, now - signals.param[param + WINDOW_NS])
        push(state, at + VWAP_RING, capacity, now, q, q * x, q * x * x)
        return
    day = float(t // DAY_NS)
    if signals.param[param + ANCHOR_NS] < 0.0 and day != state[at + SESSION]:
        state[at + SESSION] = day
        for k in range(COUNT, SUM_QXX + 1):
            state[at + k] = 0.0
    state[at + COUNT] += 1.0
    state[at + SUM_Q] += q
    state[at + SUM_QX] += q * x
    state[at + SUM_QXX] += q * x * x


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def vwap_deviation(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S14. slots: mid less VWAP in bps of the mid, the same in volume-weighted deviations."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    sums = at + SUM_Q
    count = state[at + COUNT]
    if signals.param[param + WINDOW_NS] > 0.0:
        now = float(t - signals.clock[ORIGIN_NS])
        capacity = int(signals.param[param + CAPACITY])
        expire(state, at + VWAP_RING, capacity, now - signals.param[param + WINDOW_NS])
        sums = at + VWAP_RING + SUMS
        count = state[at + VWAP_RING + ENTRIES]
    sides, bid, _, ask, _ = read_touch(book, i, int(signals.param[param + SOURCE]))
    q = state[sums]
    if sides != BOTH or q <= 0.0 or count < signals.param[param + TRADES_MIN]:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    mid = 0.5 * (bid + ask)
    mean = state[sums + 1] / q
    away = mid - (state[at + ORIGIN_TICKS] + mean)
    publish(signals, slot, away / mid * 1e4)
    deviation = math.sqrt(max(state[sums + 2] / q - mean * mean, 0.0))
    if deviation > 0.0:
        publish(signals, slot + 1, away / deviation)
    else:
        withdraw(signals, slot + 1)
