"""Kernels of book exhaustion: how much of the usual depth near the mid is gone, side by side.

What is usual is the median of one sample a second. A sample is what stood before the first
message of the second; seconds without a message repeat it.
"""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.kernel import kernel
from bot.signals.arrays import OUTPUTS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.depth_value_kernels import (
    BPS,
    INVERSE,
    QUOTE_PER_UNIT,
    SUMMED,
    follow_worth,
    sums_size,
    worth_of,
)
from bot.signals.publish import publish, withdraw
from bot.signals.ranks import COUNT, ranks_median, ranks_repeat, ranks_size
from bot.signals.touch import BOTH, FROM_BOOK, read_touch

SECOND_NS: Final = 1_000_000_000
UNKNOWN: Final = -1.0
SPENT_S: Final = 5
"""Seconds of the clock that aggressors are counted over, the running one included."""

# param: those of the sums with one distance, then these.
SAMPLES: Final = BPS + 1
SAMPLES_MIN: Final = BPS + 2
ACTIVE_ABOVE: Final = BPS + 3
ACTIVE_NS: Final = BPS + 4
# state: the sums, then these.
SECOND: Final = sums_size(1)
"""The second of the last message; 0: none yet."""
ACTIVE_SIGN: Final = SECOND + 1
ACTIVE_S: Final = SECOND + 2
"""Since when it is beyond the threshold on one side: whole seconds, then ns."""
ACTIVE_REST_NS: Final = SECOND + 3
BIDS_NOW: Final = SECOND + 4
"""Depth as it was last seen, or UNKNOWN."""
ASKS_NOW: Final = SECOND + 5
SPENT: Final = SECOND + 6
"""Of each of the last seconds: taken from bids, from asks, depth of bids and asks before it."""
WINDOWS: Final = SPENT + 4 * SPENT_S


def exhaustion_size(samples: int) -> int:
    """Entries of state that medians of so many samples take."""
    return WINDOWS + 2 * ranks_size(samples)


@kernel(f8(f8, f8))
def gone(depth: float, usual: float) -> float:
    """The share of the usual depth that is gone, in [0, 1]; NaN when none is usual."""
    if not usual > 0.0:
        return math.nan
    return min(1.0, max(0.0, 1.0 - depth / usual))


@kernel(void(SIGNALS, i8, i8))
def begin_second(signals: Signals, g: int, t: int) -> None:
    """Take the samples of the seconds that have begun since the last message."""
    spec = signals.spec[g]
    at = spec[STATE]
    state = signals.state
    second = float(t // SECOND_NS)
    before = state[at + SECOND]
    if second <= before:
        return
    state[at + SECOND] = second
    first = before == 0.0
    if first:
        state[at + BIDS_NOW] = UNKNOWN
        state[at + ASKS_NOW] = UNKNOWN
    passed = SPENT_S if first else int(second - before)
    length = int(signals.param[spec[PARAM] + SAMPLES])
    for s in range(2):
        depth = state[at + BIDS_NOW + s]
        if depth != UNKNOWN:
            window = at + WINDOWS + s * ranks_size(length)
            ranks_repeat(state, window, length, depth, passed)
    for k in range(min(passed, SPENT_S)):
        spent = at + SPENT + 4 * (int(second - k) % SPENT_S)
        state[spent] = 0.0
        state[spent + 1] = 0.0
        state[spent + 2] = state[at + BIDS_NOW]
        state[spent + 3] = state[at + ASKS_NOW]


@kernel(void(SIGNALS, i8, i8, i8, i8, i8))
def exhaustion_trade(signals: Signals, g: int, side: int, price: int, size: int, t: int) -> None:
    """Take a trade in; the loop itself takes changes of levels into the sums."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    if price <= 0:
        return
    begin_second(signals, g, t)
    paid = float(size) if signals.param[param + INVERSE] != 0.0 else float(size) * price
    spent = at + SPENT + 4 * ((t // SECOND_NS) % SPENT_S)
    # A buyer takes from the asks.
    signals.state[spent + (1 if side > 0 else 0)] += paid * signals.param[param + QUOTE_PER_UNIT]


@kernel(void(SIGNALS, i8))
def forget_exhaustion(signals: Signals, g: int) -> None:
    """The book is replaced: its sums start over, what is usual stays."""
    signals.state[signals.spec[g, STATE] + SUMMED] = 0.0


@kernel(f8(SIGNALS, i8, i8, i8))
def spent_of(signals: Signals, at: int, s: int, t: int) -> float:
    """Taken from a side in the last seconds, over what rested there before them; NaN: unknown."""
    state = signals.state
    oldest = at + SPENT + 4 * ((t // SECOND_NS + 1) % SPENT_S)
    depth = state[oldest + 2 + s]
    if not depth > 0.0:
        return math.nan
    total = 0.0
    for k in range(SPENT_S):
        total += state[at + SPENT + 4 * k + s]
    return float(total / depth)


@kernel(f8(SIGNALS, i8, i8, f8, i8))
def active_side(signals: Signals, param: int, at: int, value: float, t: int) -> float:
    """The sign of a score that has been beyond its threshold for long enough; else 0."""
    state = signals.state
    above = signals.param[param + ACTIVE_ABOVE]
    sign = 1.0 if value > above else -1.0 if value < -above else 0.0
    if sign != state[at + ACTIVE_SIGN]:
        state[at + ACTIVE_SIGN] = sign
        state[at + ACTIVE_S] = t // SECOND_NS
        state[at + ACTIVE_REST_NS] = t % SECOND_NS
    since = int(state[at + ACTIVE_S]) * SECOND_NS + int(state[at + ACTIVE_REST_NS])
    return sign if t - since >= signals.param[param + ACTIVE_NS] else 0.0


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def exhaustion(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Depth near the mid against its usual. slots: asks' less bids' share gone, the larger of
    them, of bids, of asks, taken of bids, taken of asks, active.
    """
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    begin_second(signals, g, t)
    sides, bid, _, ask, _ = read_touch(book, i, FROM_BOOK)
    if sides != BOTH:
        forget_exhaustion(signals, g)
        state[at + BIDS_NOW] = UNKNOWN
        state[at + ASKS_NOW] = UNKNOWN
        state[at + ACTIVE_SIGN] = 0.0
        for k in range(spec[OUTPUTS]):
            withdraw(signals, slot + k)
        return
    follow_worth(signals, book, i, param, at, bid, ask)
    length = int(signals.param[param + SAMPLES])
    for s in range(2):
        depth = worth_of(signals, book, i, param, at, s, 0)
        known = depth == depth
        state[at + BIDS_NOW + s] = depth if known else UNKNOWN
        window = at + WINDOWS + s * ranks_size(length)
        share = math.nan
        if state[window + COUNT] >= signals.param[param + SAMPLES_MIN]:
            share = gone(depth, ranks_median(state, window, length))
        publish(signals, slot + 2 + s, share if known else math.nan)
        publish(signals, slot + 4 + s, spent_of(signals, at, s, t))
    if signals.known[slot + 2] == 0 or signals.known[slot + 3] == 0:
        state[at + ACTIVE_SIGN] = 0.0
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        withdraw(signals, slot + 6)
        return
    bids = signals.value[slot + 2]
    asks = signals.value[slot + 3]
    publish(signals, slot, asks - bids)
    publish(signals, slot + 1, max(asks, bids))
    publish(signals, slot + 6, active_side(signals, param, at, asks - bids, t))
