"""Kernels of VPIN: buckets of equal volume, and how one-sided each of them was."""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.kernel import kernel
from bot.signals.arrays import PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.bulk_share_kernels import bought_share
from bot.signals.publish import publish, withdraw
from bot.signals.ranks import COUNT, rank_of, ranks_add

DAY_NS: Final = 86_400_000_000_000
SECOND_NS: Final = 1_000_000_000
DAYS: Final = 7

# param of vpin
BUCKETS: Final = 0
VOLUME: Final = 1
"""Lots of a bucket; 0: a part of the usual volume of a day."""
BUCKETS_A_DAY: Final = 2
BULK: Final = 3
"""0: sides as they were; else by the move of each bar."""
FREEDOM: Final = 4
"""Degrees of freedom of Student's distribution; 0: the normal one."""
BAR_NS: Final = 5
BAR_HALF_LIFE: Final = 6
BARS_MIN: Final = 7
RANKS: Final = 8
RANKS_MIN: Final = 9
BASE_PER_LOT: Final = 10
# state of vpin
SIZE: Final = 0
"""Lots of the running bucket; 0: not known yet."""
NEXT_SIZE: Final = 1
FILLED: Final = 2
BOUGHT: Final = 3
SEEN: Final = 4
"""Buckets in the ring, and where the next one goes."""
PLACE: Final = 5
RANK: Final = 6
"""Of the last bucket; below 0: not known."""
BEGAN_S: Final = 7
"""The second of the first trade; 0: none yet."""
FIRST_DAY: Final = 8
"""Lots of the first 24 hours; below 0 once they are over."""
DAY: Final = 9
TODAY: Final = 10
WHOLE: Final = 11
"""1 when today was listened to from its beginning on."""
DAYS_SEEN: Final = 12
A_WEEK: Final = 13
BAR: Final = A_WEEK + DAYS
BAR_LOTS: Final = BAR + 1
BAR_PRICE: Final = BAR + 2
BAR_CLOSE: Final = BAR + 3
MOVE_MEAN: Final = BAR + 4
MOVE_VARIANCE: Final = BAR + 5
MOVES: Final = BAR + 6
VALUE: Final = BAR + 7
RING: Final = BAR + 8
"""The shares, then the window of past values."""


@kernel(f8(SIGNALS, i8, i8))
def mean_share(signals: Signals, at: int, buckets: int) -> float:
    """The mean one-sidedness of a ring that is full."""
    total = 0.0
    for k in range(buckets):
        total += signals.state[at + RING + k]
    return total / buckets


@kernel(void(SIGNALS, i8, i8))
def close_bucket(signals: Signals, param: int, at: int) -> None:
    """Close the running bucket and rank the new value among the past ones."""
    state = signals.state
    buckets = int(signals.param[param + BUCKETS])
    size = state[at + SIZE]
    place = int(state[at + PLACE])
    state[at + RING + place] = abs(2.0 * state[at + BOUGHT] - size) / size
    state[at + PLACE] = (place + 1) % buckets
    state[at + SEEN] = min(float(buckets), state[at + SEEN] + 1.0)
    state[at + FILLED] = 0.0
    state[at + BOUGHT] = 0.0
    state[at + SIZE] = state[at + NEXT_SIZE]
    if state[at + SEEN] < buckets:
        return
    ranks = int(signals.param[param + RANKS])
    window = at + RING + buckets
    value = mean_share(signals, at, buckets)
    state[at + VALUE] = value
    state[at + RANK] = -1.0
    if state[window + COUNT] >= signals.param[param + RANKS_MIN]:
        state[at + RANK] = rank_of(state, window, ranks, value)
    ranks_add(state, window, ranks, value)


@kernel(void(SIGNALS, i8, i8, f8, f8))
def fill_buckets(signals: Signals, param: int, at: int, lots: float, bought: float) -> None:
    """Pour volume into the buckets, a share of it bought; what does not fit goes to the next."""
    state = signals.state
    left = lots
    while left > 0.0 and state[at + SIZE] > 0.0:
        room = state[at + SIZE] - state[at + FILLED]
        if left < room:
            state[at + FILLED] += left
            state[at + BOUGHT] += left * bought
            return
        state[at + BOUGHT] += room * bought
        left -= room
        close_bucket(signals, param, at)


@kernel(void(SIGNALS, i8, i8, f8, i8))
def learn_volume(signals: Signals, param: int, at: int, lots: float, t: int) -> None:
    """Follow the usual volume of a day, which the next bucket is a part of."""
    state = signals.state
    parts = signals.param[param + BUCKETS_A_DAY]
    second = float(t // SECOND_NS)
    day = float(t // DAY_NS)
    if state[at + BEGAN_S] == 0.0:
        state[at + BEGAN_S] = second
        state[at + DAY] = day
    if state[at + FIRST_DAY] >= 0.0 and second - state[at + BEGAN_S] >= 86_400.0:
        if state[at + DAYS_SEEN] == 0.0:
            state[at + NEXT_SIZE] = max(1.0, state[at + FIRST_DAY] / parts)
        state[at + FIRST_DAY] = -1.0
    if day != state[at + DAY]:
        if state[at + WHOLE] != 0.0:
            seen = int(state[at + DAYS_SEEN])
            state[at + A_WEEK + seen % DAYS] = state[at + TODAY]
            state[at + DAYS_SEEN] = seen + 1.0
            total = 0.0
            kept = min(seen + 1, DAYS)
            for k in range(kept):
                total += state[at + A_WEEK + k]
            state[at + NEXT_SIZE] = max(1.0, total / kept / parts)
        # A day that passed without any trade was not listened to.
        state[at + WHOLE] = 1.0 if day == state[at + DAY] + 1.0 else 0.0
        state[at + DAY] = day
        state[at + TODAY] = 0.0
    if state[at + FIRST_DAY] >= 0.0:
        state[at + FIRST_DAY] += lots
    state[at + TODAY] += lots
    if state[at + SIZE] == 0.0:
        state[at + SIZE] = state[at + NEXT_SIZE]


@kernel(void(SIGNALS, i8, i8))
def end_bar(signals: Signals, param: int, at: int) -> None:
    """Split the bar that is over by its move, in deviations of the moves before it."""
    state = signals.state
    move = state[at + BAR_PRICE] - state[at + BAR_CLOSE]
    if state[at + BAR_CLOSE] > 0.0:
        if state[at + MOVES] >= signals.param[param + BARS_MIN]:
            sigma = math.sqrt(state[at + MOVE_VARIANCE])
            if sigma > 0.0:
                share = bought_share(move / sigma, signals.param[param + FREEDOM])
            else:
                share = 0.5 if move == 0.0 else 1.0 if move > 0.0 else 0.0
            fill_buckets(signals, param, at, state[at + BAR_LOTS], share)
        weight = 1.0 - math.exp(-0.6931471805599453 / signals.param[param + BAR_HALF_LIFE])
        if state[at + MOVES] == 0.0:
            state[at + MOVE_MEAN] = move
        else:
            away = move - state[at + MOVE_MEAN]
            state[at + MOVE_MEAN] += weight * away
            state[at + MOVE_VARIANCE] = (1.0 - weight) * (
                state[at + MOVE_VARIANCE] + weight * away * away
            )
        state[at + MOVES] += 1.0
    state[at + BAR_CLOSE] = state[at + BAR_PRICE]
    state[at + BAR_LOTS] = 0.0


@kernel(void(SIGNALS, i8, i8, i8, i8, i8))
def vpin_row(signals: Signals, g: int, side: int, price: int, size: int, t: int) -> None:
    """Take a trade in."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    state = signals.state
    lots = float(size)
    if signals.param[param + VOLUME] > 0.0:
        state[at + SIZE] = signals.param[param + VOLUME]
        state[at + NEXT_SIZE] = signals.param[param + VOLUME]
    else:
        learn_volume(signals, param, at, lots, t)
    if signals.param[param + BULK] == 0.0:
        fill_buckets(signals, param, at, lots, 1.0 if side > 0 else 0.0)
        return
    bar = float(t // int(signals.param[param + BAR_NS]))
    if bar != state[at + BAR]:
        if state[at + BAR_LOTS] > 0.0:
            end_bar(signals, param, at)
        state[at + BAR] = bar
    state[at + BAR_LOTS] += lots
    state[at + BAR_PRICE] = price


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def vpin(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """One-sidedness of the last buckets. slots: value, rank among the past, bucket in base."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    buckets = int(signals.param[param + BUCKETS])
    if state[at + SIZE] > 0.0:
        publish(signals, slot + 2, state[at + SIZE] * signals.param[param + BASE_PER_LOT])
    if state[at + SEEN] < buckets:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    publish(signals, slot, state[at + VALUE])
    if state[at + RANK] >= 0.0:
        publish(signals, slot + 1, state[at + RANK])
    else:
        withdraw(signals, slot + 1)
