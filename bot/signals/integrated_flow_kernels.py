"""Kernels of the integrated order flow: ten levels in one number, and what its weights come from.

The weights are the first principal component of the levels' flows in buckets of some seconds;
products of the flows are summed here, day by day, and taken apart outside of the loop.
"""

from typing import Final

from bot.book.arrays import BOOK, Book, i8, void
from bot.book.layout import DEPTH, KNOWN, STATUS
from bot.kernel import kernel
from bot.signals.arrays import (
    DUE,
    ORIGIN_NS,
    OUTPUTS,
    PARAM,
    REFIT,
    SIGNALS,
    SLOT,
    STATE,
    Signals,
)
from bot.signals.order_flow_kernels import MLOFI_LEVELS, level_flow
from bot.signals.publish import publish, withdraw
from bot.signals.standard import decay

DAY_NS: Final = 86_400_000_000_000

# param of integrated_flow
LEVELS: Final = 0
HALF_LIFE_NS: Final = 1
BASE_PER_LOT: Final = 2
BUCKET_NS: Final = 3
BUCKETS_MIN: Final = 4
# state of integrated_flow, after DUE
SEEN: Final = 1
TIME: Final = 2
QUEUE_SUM: Final = 3
"""Mean queues of all levels, fading like the flows, and their weight."""
QUEUE_WEIGHT: Final = 4
EXPLAINED: Final = 5
"""The share of the variance that the weights hold; 0: they were never fitted."""
BUCKET: Final = 6
WHOLE: Final = 7
"""1 while the running bucket has been seen from its beginning on."""
DAY: Final = 8
SUM: Final = 9
WEIGHT: Final = SUM + MLOFI_LEVELS
BEFORE: Final = WEIGHT + MLOFI_LEVELS
IN_BUCKET: Final = BEFORE + 4 * MLOFI_LEVELS
TODAY: Final = IN_BUCKET + MLOFI_LEVELS
"""Buckets, sums of flows, sums of products of flows."""
PRODUCTS: Final = 1 + MLOFI_LEVELS
A_DAY: Final = PRODUCTS + MLOFI_LEVELS * MLOFI_LEVELS
YESTERDAY: Final = TODAY + A_DAY
INTEGRATED_STATE: Final = YESTERDAY + A_DAY

DECLINE: Final = 0.85
"""Weight of a level over the one before, as long as nothing was fitted."""


@kernel(void(SIGNALS, i8, i8))
def end_bucket(signals: Signals, at: int, levels: int) -> None:
    """Take the flows of a bucket that was seen from end to end into the sums of the day."""
    state = signals.state
    if state[at + WHOLE] != 0.0:
        state[at + TODAY] += 1.0
        for m in range(levels):
            flow = state[at + IN_BUCKET + m]
            state[at + TODAY + 1 + m] += flow
            row = at + TODAY + PRODUCTS + m * MLOFI_LEVELS
            for n in range(levels):
                state[row + n] += flow * state[at + IN_BUCKET + n]
    for m in range(levels):
        state[at + IN_BUCKET + m] = 0.0


@kernel(void(SIGNALS, i8, i8))
def end_day(signals: Signals, param: int, at: int) -> None:
    """Keep the sums of the day for a fit, and begin new ones."""
    state = signals.state
    if state[at + TODAY] >= signals.param[param + BUCKETS_MIN]:
        for k in range(A_DAY):
            state[at + YESTERDAY + k] = state[at + TODAY + k]
        state[at + DUE] = 1.0
        signals.clock[REFIT] = 1
    for k in range(A_DAY):
        state[at + TODAY + k] = 0.0


@kernel(void(SIGNALS, i8, i8, i8))
def follow_clock(signals: Signals, param: int, at: int, t: int) -> None:
    """Close the bucket and the day that are over before flows of `t` are taken in."""
    state = signals.state
    bucket = float(t // int(signals.param[param + BUCKET_NS]))
    if bucket == state[at + BUCKET]:
        return
    end_bucket(signals, at, int(signals.param[param + LEVELS]))
    state[at + BUCKET] = bucket
    state[at + WHOLE] = state[at + SEEN]
    day = float(t // DAY_NS)
    if day != state[at + DAY]:
        end_day(signals, param, at)
        state[at + DAY] = day


@kernel(void(SIGNALS, i8))
def forget_integrated(signals: Signals, g: int) -> None:
    """The next state that a flow compares with is a first one."""
    at = signals.spec[g, STATE]
    signals.state[at + SEEN] = 0.0
    signals.state[at + WHOLE] = 0.0


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def integrated_flow(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Flow of all levels. slots: value, mean queue in base, explained share, quality."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    whole = min(book.head[i, DEPTH], book.head[i, DEPTH + 1])
    if book.head[i, STATUS] != KNOWN or whole == 0:
        forget_integrated(signals, g)
        for k in range(spec[OUTPUTS]):
            withdraw(signals, slot + k)
        return
    follow_clock(signals, param, at, t)
    levels = int(signals.param[param + LEVELS])
    now = float(t - signals.clock[ORIGIN_NS])
    kept = decay(now - state[at + TIME], signals.param[param + HALF_LIFE_NS])
    queue = 0.0
    total = 0.0
    for m in range(levels):
        flow = level_flow(signals, book, i, m, at + BEFORE + 4 * m)
        if state[at + SEEN] == 0.0:
            flow = 0.0
        state[at + SUM + m] = state[at + SUM + m] * kept + flow
        state[at + IN_BUCKET + m] += flow
        queue += 0.5 * (book.ladder[i, 1, m] + book.ladder[i, 3, m])
        total += state[at + WEIGHT + m] * state[at + SUM + m]
    if state[at + EXPLAINED] == 0.0:
        total = 0.0
        weight = 1.0
        weights = 0.0
        for m in range(levels):
            total += weight * state[at + SUM + m]
            weights += weight
            weight *= DECLINE
        total /= weights
    state[at + QUEUE_SUM] = state[at + QUEUE_SUM] * kept + queue / levels
    state[at + QUEUE_WEIGHT] = state[at + QUEUE_WEIGHT] * kept + 1.0
    state[at + SEEN] = 1.0
    state[at + TIME] = now
    mean = state[at + QUEUE_SUM] / state[at + QUEUE_WEIGHT]
    publish(signals, slot, total / mean)
    publish(signals, slot + 1, mean * signals.param[param + BASE_PER_LOT])
    if state[at + EXPLAINED] > 0.0:
        publish(signals, slot + 2, state[at + EXPLAINED])
    else:
        withdraw(signals, slot + 2)
    publish(signals, slot + 3, min(whole, levels) / float(levels))
