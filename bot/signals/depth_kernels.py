"""Kernels of the depth imbalance: levels weighted by their distance from the mid.

Summing a thousand levels at every message would cost more than all else together. So each side
is a sum around a reference price that every level change is added to, tilted to where the mid
is now, and summed anew when that has moved by 1 bp.
"""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.book.layout import DEPTH, REACH
from bot.book.levels import next_level, size_at
from bot.kernel import kernel
from bot.signals.arrays import ORIGIN_NS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.standard import MEAN_STATE, follow_mean
from bot.signals.touch import BIDS_ONLY, BOTH, FROM_BOOK, NEITHER, read_touch

LN2: Final = 0.6931471805599453

# param of depth_imbalance
HALF_BPS: Final = 0
WITHIN_BPS: Final = 1
HALF_LIFE_NS: Final = 2
# state of depth_imbalance
BIDS: Final = 0
ASKS: Final = 1
REFERENCE: Final = 2
"""Mid in ticks at the last refresh; 0: none yet."""
SLOPE: Final = 3
"""Logarithm of the weight, per tick of distance."""
LOWEST: Final = 4
HIGHEST: Final = 5
COVERED: Final = 6
DEPTH_MEAN: Final = 7
TICK_REFERENCE: Final = DEPTH_MEAN + MEAN_STATE
"""The reference rounded down."""
BELOW: Final = TICK_REFERENCE + 1
"""Weights of bids and of asks at that price itself."""
ABOVE: Final = TICK_REFERENCE + 2
FINE: Final = TICK_REFERENCE + 3
"""Weights of 0, 1, 2 ticks on, and in COARSE of 0, 64, 128: a product of two is any weight."""
STEP_BITS: Final = 6
STEPS: Final = 1 << STEP_BITS
COARSE: Final = FINE + STEPS
COARSE_STEPS: Final = 1024
DEPTH_STATE: Final = COARSE + COARSE_STEPS
REFRESH: Final = 1e-4
"""The reference follows when the mid has moved by 1 bp."""


@kernel(void(SIGNALS, i8, f8, f8))
def tabulate_weights(signals: Signals, at: int, mid: float, limit: float) -> None:
    """Lay out what levels up to `limit` ticks from the mid weigh, so that no row needs an exp."""
    state = signals.state
    slope = state[at + SLOPE]
    floor = math.floor(mid)
    state[at + TICK_REFERENCE] = floor
    state[at + BELOW] = math.exp(-slope * (mid - floor))
    state[at + ABOVE] = math.exp(slope * (mid - floor))
    for k in range(STEPS):
        state[at + FINE + k] = math.exp(-slope * k)
    for k in range(min(COARSE_STEPS, int(limit) // STEPS + 2)):
        state[at + COARSE + k] = math.exp(-slope * (STEPS * k))


@kernel(f8(SIGNALS, i8, i8, i8))
def depth_weight(signals: Signals, at: int, s: int, price: int) -> float:
    """What a lot at a price weighs around the reference."""
    state = signals.state
    floor = int(state[at + TICK_REFERENCE])
    away = floor - price if s == 0 else price - floor
    if 0 <= away < STEPS * COARSE_STEPS:
        fine = state[at + FINE + (away & (STEPS - 1))] * state[at + COARSE + (away >> STEP_BITS)]
        return float(fine * (state[at + BELOW] if s == 0 else state[at + ABOVE]))
    distance = state[at + REFERENCE] - price
    return math.exp(-state[at + SLOPE] * (distance if s == 0 else -distance))


@kernel(void(SIGNALS, BOOK, i8, i8, f8))
def refresh_depth(signals: Signals, book: Book, g: int, i: int, mid: float) -> None:
    """Sum the weighted depth anew around `mid`, in ticks."""
    spec = signals.spec[g]
    param = spec[PARAM]
    state = spec[STATE]
    half = signals.param[param + HALF_BPS]
    within = signals.param[param + WITHIN_BPS] * 1e-4 * mid
    reach = min(mid - book.head[i, REACH], book.head[i, REACH + 1] - mid)
    # Depth beyond what the snapshot reached is unknown: stop at the nearer reach on both
    # sides, so that neither is favoured, and say in the quality what was left out.
    limit = min(within, max(reach, 0.0))
    slope = LN2 * 1e4 / (half * mid)
    full = 1.0 - math.exp(-slope * within)
    signals.state[state + COVERED] = (1.0 - math.exp(-slope * limit)) / full if full > 0.0 else 0.0
    signals.state[state + REFERENCE] = mid
    signals.state[state + SLOPE] = slope
    signals.state[state + LOWEST] = mid - limit
    signals.state[state + HIGHEST] = mid + limit
    tabulate_weights(signals, state, mid, limit)
    for s in range(2):
        total = 0.0
        price = book.ladder[i, 2 * s, 0]
        while mid - limit <= price <= mid + limit:
            total += size_at(book, i, s, price) * depth_weight(signals, state, s, price)
            price = next_level(book, i, s, price)
            if price < 0:
                break
        signals.state[state + s] = total


@kernel(void(SIGNALS, i8))
def forget_depth(signals: Signals, g: int) -> None:
    """The sums start over: no row counts before the next refresh."""
    at = signals.spec[g, STATE]
    signals.state[at + REFERENCE] = 0.0
    signals.state[at + LOWEST] = 1.0
    signals.state[at + HIGHEST] = 0.0


@kernel(void(SIGNALS, i8, i8, i8, i8))
def depth_row(signals: Signals, g: int, side: int, price: int, change: int) -> None:
    """Take one level's change of size into the sums of the depth imbalance."""
    at = signals.spec[g, STATE]
    state = signals.state
    if state[at + LOWEST] <= price <= state[at + HIGHEST]:
        s = 0 if side > 0 else 1
        state[at + s] += change * depth_weight(signals, at, s, price)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def depth_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Depth weighted by distance. slots: value, mean, quality."""
    spec = signals.spec[g]
    slot = spec[SLOT]
    state = signals.state
    at = spec[STATE]
    sides, bid, _, ask, _ = read_touch(book, i, FROM_BOOK)
    if sides != BOTH:
        forget_depth(signals, g)
        if sides == NEITHER:
            withdraw(signals, slot)
        else:
            publish(signals, slot, 1.0 if sides == BIDS_ONLY else -1.0)
        withdraw(signals, slot + 1)
        withdraw(signals, slot + 2)
        return
    mid = 0.5 * (bid + ask)
    moved = mid - state[at + REFERENCE]
    if state[at + REFERENCE] == 0.0 or abs(moved) >= REFRESH * state[at + REFERENCE]:
        refresh_depth(signals, book, g, i, mid)
        moved = 0.0
    tilt = state[at + SLOPE] * moved
    # With the best level outside there is none inside, whatever rounding has left in the sum.
    bids = state[at + BIDS] * math.exp(-tilt) if bid >= state[at + LOWEST] else 0.0
    asks = state[at + ASKS] * math.exp(tilt) if ask <= state[at + HIGHEST] else 0.0
    if bids + asks <= 0.0:
        for k in range(3):
            withdraw(signals, slot + k)
        return
    value = (bids - asks) / (bids + asks)
    now = float(t - signals.clock[ORIGIN_NS])
    half_life = signals.param[spec[PARAM] + HALF_LIFE_NS]
    publish(signals, slot, value)
    publish(signals, slot + 1, follow_mean(state, at + DEPTH_MEAN, value, now, half_life))
    thin = min(book.head[i, DEPTH], book.head[i, DEPTH + 1]) < 3
    publish(signals, slot + 2, state[at + COVERED] * (0.5 if thin else 1.0))
