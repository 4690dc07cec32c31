"""Kernels of absorption: strong aggression that the price does not follow.

The net volume of a window is compared with what windows of the same length usually were, and
the move of the mid over it with the move that so much volume usually makes.
"""

from typing import Final

from numba import types

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.kernel import kernel
from bot.signals.arrays import ORIGIN_NS, OUTPUTS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.impact_slope_kernels import (
    impact_mid,
    impact_size,
    impact_trade,
    slope_of,
)
from bot.signals.order_flow_kernels import touch_heard
from bot.signals.past_mids_kernels import MIDS_HEAD, mid_at, note_mid
from bot.signals.publish import publish, withdraw
from bot.signals.refill_kernels import A_SIDE, REFILLED, REFILLED_AT, note_hit, note_refill
from bot.signals.standard import COUNT as WINDOW_COUNT
from bot.signals.standard import window_add, window_repeat, window_score, window_size
from bot.signals.touch import BOTH, read_touch
from bot.signals.windows import ENTRIES, ENTRY, HEAD_AT, RING_HEAD, SUMS, expire, push, ring_size

F1 = types.float64[::1]

# param of absorption
SOURCE: Final = 0
WINDOW_NS: Final = 1
HISTORY: Final = 2
HISTORY_MIN: Final = 3
Z_LOW: Final = 4
Z_HIGH: Final = 5
MOVE_BPS_MIN: Final = 6
TRADES: Final = 7
CAPACITY: Final = 8
REFILL_SHARE: Final = 9
REFILL_NS: Final = 10
BASE_PER_LOT: Final = 11
# state of absorption
BUCKET: Final = 0
"""The running window of the clock; 0: none yet."""
BUCKET_NET: Final = 1
SLOPE: Final = 2
"""Ticks of the mid a lot, as last computed; NaN is kept as not known."""
SLOPE_KNOWN: Final = 3
DIRTY: Final = 4
"""1 when a trade came since the slope was computed."""
QUIET_UNTIL: Final = 5
"""Before that time nothing moves it but trades and the touch."""
BEST: Final = 6
"""The touch as last seen: bid, its size, ask, its size; sizes 0: not known."""
HITS: Final = 10
"""Of each side, as `refill_kernels` keep them."""
MIDS: Final = HITS + 2 * A_SIDE
"""The mids of the window, as `past_mids_kernels` keep them."""


@kernel(i8(i8))
def ring_at(capacity: int) -> int:
    """Where the trades of the window stand in the state."""
    return MIDS + MIDS_HEAD + 2 * capacity


@kernel(i8(i8))
def history_at(capacity: int) -> int:
    """Where the net volumes of past windows stand."""
    return ring_at(capacity) + ring_size(capacity)


@kernel(i8(i8, i8))
def impact_at(capacity: int, history: int) -> int:
    """Where the regression of the mid on trades stands."""
    return history_at(capacity) + window_size(history)


def absorption_size(history: int, trades: int, capacity: int) -> int:
    """Entries of state that it takes."""
    return impact_at(capacity, history) + impact_size(trades)


@kernel(f8(f8, f8, f8, f8, f8, f8, f8))
def absorbed(
    z: float, net: float, impact: float, moved: float, low: float, high: float, least: float
) -> float:
    """The score: + when selling is absorbed. z: of the net volume, which ramps from low to high.

    impact: usual move in bps a unit, moved: the move in bps, least: the smallest expected one.
    """
    if net == 0.0:
        return 0.0
    sign = 1.0 if net > 0.0 else -1.0
    force = min(1.0, max(0.0, (abs(z) - low) / (high - low)))
    expected = max(impact * abs(net), least)
    followed = min(1.0, max(0.0, sign * moved) / expected)
    return -sign * force * (1.0 - followed)


@kernel(void(SIGNALS, i8, i8, i8))
def follow_buckets(signals: Signals, param: int, at: int, t: int) -> None:
    """Close the windows of the clock that are over; those without a trade were 0."""
    state = signals.state
    bucket = float(t // int(signals.param[param + WINDOW_NS]))
    before = state[at + BUCKET]
    if bucket == before:
        return
    state[at + BUCKET] = bucket
    if before != 0.0:
        length = int(signals.param[param + HISTORY])
        window = at + history_at(int(signals.param[param + CAPACITY]))
        window_add(state, window, length, state[at + BUCKET_NET])
        window_repeat(state, window, length, 0.0, int(bucket - before) - 1)
    state[at + BUCKET_NET] = 0.0


@kernel(void(SIGNALS, i8, i8, i8, i8, i8))
def absorption_row(signals: Signals, g: int, side: int, price: int, size: int, t: int) -> None:
    """Take a trade in."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    state = signals.state
    follow_buckets(signals, param, at, t)
    now = float(t - signals.clock[ORIGIN_NS])
    capacity = int(signals.param[param + CAPACITY])
    ring = at + ring_at(capacity)
    impact = at + impact_at(capacity, int(signals.param[param + HISTORY]))
    signed = float(side * size)
    expire(state, ring, capacity, now - signals.param[param + WINDOW_NS])
    push(state, ring, capacity, now, signed, 0.0, 0.0)
    state[at + BUCKET_NET] += signed
    impact_trade(state, impact, int(signals.param[param + TRADES]), side, size, t)
    state[at + DIRTY] = 1.0
    # A buyer hits the ask.
    hit = at + HITS + (A_SIDE if side > 0 else 0)
    best = at + BEST + (2 if side > 0 else 0)
    note_hit(state, hit, best, price, now, signals.param[param + REFILL_NS])


@kernel(void(SIGNALS, i8, f8, f8, f8))
def publish_absorption(signals: Signals, g: int, net: float, moved: float, now: float) -> None:
    """Publish the score of a window whose net volume, in lots, and move, in ticks, are known."""
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    window = at + history_at(int(signals.param[param + CAPACITY]))
    mid = 0.5 * (state[at + BEST] + state[at + BEST + 2])
    if state[window + WINDOW_COUNT] < signals.param[param + HISTORY_MIN] or (
        state[at + SLOPE_KNOWN] == 0.0
    ):
        for k in range(spec[OUTPUTS]):
            withdraw(signals, slot + k)
        return
    base = signals.param[param + BASE_PER_LOT]
    z = window_score(state, window, net, 0.0)
    impact = state[at + SLOPE] / base / mid * 1e4
    value = absorbed(
        z,
        net * base,
        impact,
        moved / mid * 1e4,
        signals.param[param + Z_LOW],
        signals.param[param + Z_HIGH],
        signals.param[param + MOVE_BPS_MIN],
    )
    publish(signals, slot, value)
    publish(signals, slot + 1, z)
    publish(signals, slot + 2, net * base)
    publish(signals, slot + 3, impact)
    publish(signals, slot + 4, moved / mid * 1e4)
    if net == 0.0:
        withdraw(signals, slot + 5)
        return
    hit = at + HITS + (A_SIDE if net > 0.0 else 0)
    recent = now - state[hit + REFILLED_AT] < signals.param[param + WINDOW_NS]
    publish(signals, slot + 5, 1.0 if state[hit + REFILLED] != 0.0 and recent else 0.0)


@kernel(f8(SIGNALS, i8, i8, i8, f8))
def quiet_until(signals: Signals, param: int, at: int, t: int, now: float) -> float:
    """When time alone moves it next: a trade, a mid or a refill leaves, or a window is over."""
    state = signals.state
    window = signals.param[param + WINDOW_NS]
    capacity = int(signals.param[param + CAPACITY])
    until = now + float(int(window) - t % int(window))
    ring = at + ring_at(capacity)
    if state[ring + ENTRIES] > 0.0:
        oldest = ring + RING_HEAD + ENTRY * int(state[ring + HEAD_AT])
        until = min(until, state[oldest] + window)
    mids = at + MIDS
    if state[mids] > 1.0:
        second = mids + MIDS_HEAD + 2 * ((int(state[mids + 1]) + 1) % capacity)
        until = min(until, state[second] + window)
    for s in range(2):
        hit = at + HITS + A_SIDE * s
        if state[hit + REFILLED] != 0.0 and state[hit + REFILLED_AT] + window > now:
            until = min(until, state[hit + REFILLED_AT] + window)
    return until


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def absorption(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Aggression without progress. slots: value, z of the net volume, net volume in base, impact
    in bps a unit, move in bps, whether the side that was hit was refilled.
    """
    spec = signals.spec[g]
    param = spec[PARAM]
    at = spec[STATE]
    state = signals.state
    now = float(t - signals.clock[ORIGIN_NS])
    source = int(signals.param[param + SOURCE])
    sides, bid, bid_size, ask, ask_size = read_touch(book, i, source)
    capacity = int(signals.param[param + CAPACITY])
    mids = at + MIDS
    impact = at + impact_at(capacity, int(signals.param[param + HISTORY]))
    if sides != BOTH or bid <= 0:
        follow_buckets(signals, param, at, t)
        impact_mid(state, impact, 0.0)
        # What the mid did over an absence is not known before a window has passed.
        state[mids] = 0.0
        for k in range(4):
            state[at + BEST + k] = 0.0
        state[at + SLOPE_KNOWN] = 0.0
        for k in range(spec[OUTPUTS]):
            withdraw(signals, spec[SLOT] + k)
        return
    refilled = 0
    if touch_heard(book, i, source):
        hits = at + HITS
        share = signals.param[param + REFILL_SHARE]
        within_ns = signals.param[param + REFILL_NS]
        refilled += note_refill(state, hits, bid, bid_size, now, share, within_ns)
        refilled += note_refill(state, hits + A_SIDE, ask, ask_size, now, share, within_ns)
    mid = 0.5 * (bid + ask)
    moved = mid != 0.5 * (state[at + BEST] + state[at + BEST + 2])
    state[at + BEST] = bid
    state[at + BEST + 1] = bid_size
    state[at + BEST + 2] = ask
    state[at + BEST + 3] = ask_size
    if now < state[at + QUIET_UNTIL] and state[at + DIRTY] == 0.0 and not moved and refilled == 0:
        return
    state[at + QUIET_UNTIL] = 0.0
    follow_buckets(signals, param, at, t)
    if moved or state[at + DIRTY] != 0.0:
        note_mid(state, mids, capacity, now, mid)
        impact_mid(state, impact, mid)
        slope, _ = slope_of(state, impact, int(signals.param[param + TRADES]))
        state[at + SLOPE_KNOWN] = 1.0 if slope == slope else 0.0
        state[at + SLOPE] = slope if slope == slope else 0.0
        state[at + DIRTY] = 0.0
    window = signals.param[param + WINDOW_NS]
    before = mid_at(state, mids, capacity, now - window)
    if before == 0.0:
        for k in range(spec[OUTPUTS]):
            withdraw(signals, spec[SLOT] + k)
        return
    ring = at + ring_at(capacity)
    expire(state, ring, capacity, now - window)
    publish_absorption(signals, g, state[ring + SUMS], mid - before, now)
    state[at + QUIET_UNTIL] = quiet_until(signals, param, at, t, now)
