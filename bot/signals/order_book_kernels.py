"""Kernels of the book's state: queue and depth imbalance, weighted mid, spread.

Every kernel takes the signals, the books, its own row in `spec`, the instrument and the time
of the message, and publishes its slots. Its `param` and `state` entries are named below it
in the order in which they stand.
"""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.book.layout import DEPTH, KNOWN, REACH, STATUS
from bot.book.levels import next_level, size_at
from bot.kernel import kernel
from bot.signals.arrays import ORIGIN_NS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.standard import MEAN_STATE, follow_mean
from bot.signals.touch import BIDS_ONLY, BOTH, FROM_BOOK, NEITHER, read_touch

LN2: Final = 0.6931471805599453


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def queue_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S01. param: source, half-life ns. state: a mean. slots: value, mean."""
    spec = signals.spec[g]
    slot = spec[SLOT]
    sides, _, bid_size, _, ask_size = read_touch(book, i, int(signals.param[spec[PARAM]]))
    if sides == NEITHER:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    if sides == BOTH:
        value = (bid_size - ask_size) / float(bid_size + ask_size)
    else:
        value = 1.0 if sides == BIDS_ONLY else -1.0
    now = float(t - signals.clock[ORIGIN_NS])
    mean = follow_mean(signals.state, spec[STATE], value, now, signals.param[spec[PARAM] + 1])
    publish(signals, slot, value)
    publish(signals, slot + 1, mean)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def ladder_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S02 a and b. param: levels, weight of a level over the one before. slots: value, quality."""
    spec = signals.spec[g]
    slot = spec[SLOT]
    head = book.head
    if head[i, STATUS] != KNOWN:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    levels = int(signals.param[spec[PARAM]])
    ratio = signals.param[spec[PARAM] + 1]
    bids = 0.0
    asks = 0.0
    weight = 1.0
    # Rungs that do not exist are zero.
    for k in range(levels):
        bids += weight * book.ladder[i, 1, k]
        asks += weight * book.ladder[i, 3, k]
        weight *= ratio
    if bids + asks <= 0.0:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    publish(signals, slot, (bids - asks) / (bids + asks))
    thin = min(head[i, DEPTH], head[i, DEPTH + 1]) < min(3, levels)
    publish(signals, slot + 1, 0.5 if thin else 1.0)


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
DEPTH_STATE: Final = DEPTH_MEAN + MEAN_STATE
REFRESH: Final = 1e-4
"""The reference follows when the mid has moved by 1 bp."""


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
    for s in range(2):
        total = 0.0
        price = book.ladder[i, 2 * s, 0]
        while mid - limit <= price <= mid + limit:
            total += size_at(book, i, s, price) * math.exp(-slope * abs(price - mid))
            price = next_level(book, i, s, price)
            if price < 0:
                break
        signals.state[state + s] = total


@kernel(void(SIGNALS, i8))
def forget_depth(signals: Signals, g: int) -> None:
    """The sums of S02 c start over: no row counts before the next refresh."""
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
        if side > 0:
            weight = math.exp(-state[at + SLOPE] * (state[at + REFERENCE] - price))
            state[at + BIDS] += change * weight
        else:
            weight = math.exp(-state[at + SLOPE] * (price - state[at + REFERENCE]))
            state[at + ASKS] += change * weight


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def depth_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S02 c. slots: value, mean, quality."""
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


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def weighted_mid(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S03, in bps of the mid. param: source. slots: value."""
    spec = signals.spec[g]
    sides, bid, bid_size, ask, ask_size = read_touch(book, i, int(signals.param[spec[PARAM]]))
    if sides != BOTH:
        withdraw(signals, spec[SLOT])
        return
    mid = 0.5 * (bid + ask)
    fair = (float(bid) * ask_size + float(ask) * bid_size) / float(bid_size + ask_size)
    publish(signals, spec[SLOT], (fair - mid) / mid * 1e4)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def spread(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S10, in bps of the mid. param: source. slots: value."""
    spec = signals.spec[g]
    sides, bid, _, ask, _ = read_touch(book, i, int(signals.param[spec[PARAM]]))
    if sides != BOTH:
        withdraw(signals, spec[SLOT])
        return
    publish(signals, spec[SLOT], (ask - bid) / (0.5 * (bid + ask)) * 1e4)
