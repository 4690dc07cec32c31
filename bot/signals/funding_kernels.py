"""Kernels of funding: what the next settlement will pay, and how unusual that is.

Positive rates are paid by longs. Rates here are fractions per the instrument's own interval
until they are published, in bps per 8 hours.
"""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.book.layout import BOOK_NS, HEARD, HEARD_BOOK, NEVER, SCALAR, SCALAR_NS, TOP
from bot.kernel import kernel
from bot.signals.arrays import (
    INTERVAL_HOURS,
    ORIGIN_NS,
    PARAM,
    RATE,
    RATE_KNOWN,
    SIGNALS,
    SLOT,
    STATE,
    Signals,
)
from bot.signals.impact_kernels import price_of_notional
from bot.signals.publish import publish, withdraw
from bot.signals.standard import window_add, window_ready, window_score
from bot.signals.touch import BOTH, FROM_BOOK, read_touch
from bot.tape.rows import INDEX, SCALAR_SCALE

HOUR_NS: Final = 3_600_000_000_000
BPS: Final = 1e4


@kernel(f8(f8, f8, f8))
def clamp(x: float, low: float, high: float) -> float:
    """The nearest number to x in [low, high]."""
    return min(high, max(low, x))


@kernel(i8(f8))
def whole_ns(hours: float) -> int:
    """Hours as ns."""
    return int(hours * HOUR_NS + 0.5)


@kernel(f8(f8, f8, f8, f8, f8, f8))
def damped_rate(
    premium: float, interest: float, damp: float, divisor: float, floor: float, cap: float
) -> float:
    """The rate of one interval from its mean premium: within `damp` of the interest it is it.

    divisor: 8 h over the interval where the venue scales the rate to its interval, else 1.
    Source: Binance, "Introduction to Binance Futures Funding Rates" (divisor since 2025-09-18).
    """
    return clamp((premium + clamp(interest - premium, -damp, damp)) / divisor, floor, cap)


# param of predicted_funding
NOTIONAL: Final = 0
"""Impact notional in lots times ticks, or in lots for an inverse contract."""
INVERSE: Final = 1
TICK: Final = 2
INTEREST: Final = 3
DAMP: Final = 4
FLOOR: Final = 5
CAP: Final = 6
SCALED: Final = 7
"""1: the rate is divided by 8 h over the interval."""
SAMPLE_NS: Final = 8
HOLD_NS: Final = 9
"""A premium stands in for missing samples for so long."""
EQUAL_HOURS: Final = 10
"""Intervals of at most so long weigh all samples alike, longer ones by their number."""
# state of predicted_funding
SETTLES: Final = 0
NUMERATOR: Final = 1
DENOMINATOR: Final = 2
SAMPLE: Final = 3
"""Samples of this interval that are behind us."""
COVERED: Final = 4
PREMIUM: Final = 5
PREMIUM_TIME: Final = 6
"""Until when book and index, both heard, made up the premium."""
PREMIUM_KNOWN: Final = 7
"""1: they do; 2: they did."""
LOOKED: Final = 8
"""The premium depends on ladder positions before this one."""
PREDICTION_STATE: Final = 9
# slots of predicted_funding
SO_FAR: Final = 1
VENUE: Final = 2
QUALITY: Final = 3


@kernel(f8(SIGNALS, BOOK, i8, i8))
def premium_index(signals: Signals, book: Book, g: int, i: int) -> float:
    """How far the impact prices stand outside the index, as a fraction of it; NaN: unknown."""
    at = signals.spec[g, PARAM]
    param = signals.param
    if book.head[i, SCALAR_NS + INDEX] == NEVER:
        return math.nan
    index = book.head[i, SCALAR + INDEX] / float(SCALAR_SCALE)
    sides, _, _, _, _ = read_touch(book, i, FROM_BOOK)
    if sides != BOTH or index <= 0.0:
        return math.nan
    inverse = int(param[at + INVERSE])
    bid, bid_deep = price_of_notional(book, i, 0, param[at + NOTIONAL], inverse)
    ask, ask_deep = price_of_notional(book, i, 1, param[at + NOTIONAL], inverse)
    signals.state[signals.spec[g, STATE] + LOOKED] = max(bid_deep, ask_deep)
    above = max(0.0, bid * param[at + TICK] - index)
    below = max(0.0, index - ask * param[at + TICK])
    # A NaN loses every comparison: it must not pass for a premium of nothing.
    if bid != bid or ask != ask:
        return math.nan
    return float((above - below) / index)


@kernel(f8(SIGNALS, i8, i8, f8))
def weight_of(signals: Signals, g: int, k: int, hours: float) -> float:
    """What sample number `k` of an interval weighs in its mean."""
    equal = hours <= signals.param[signals.spec[g, PARAM] + EQUAL_HOURS]
    return 1.0 if equal else float(k)


@kernel(void(SIGNALS, i8, i8, f8, f8))
def take_samples(signals: Signals, g: int, upto: int, begun: float, hours: float) -> None:
    """Count samples up to number `upto` of the interval that began at `begun`.

    What they see is what stood before the message that is being taken in.
    """
    state = signals.state
    at = signals.spec[g, STATE]
    param = signals.spec[g, PARAM]
    sample_ns = signals.param[param + SAMPLE_NS]
    hold = signals.param[param + HOLD_NS]
    for k in range(int(state[at + SAMPLE]) + 1, upto + 1):
        # Nor does it stand in for what was before we knew of the interval.
        missed = abs(begun + k * sample_ns - state[at + PREMIUM_TIME]) > hold
        if state[at + PREMIUM_KNOWN] != 0.0 and not missed:
            weight = weight_of(signals, g, k, hours)
            state[at + NUMERATOR] += weight * state[at + PREMIUM]
            state[at + DENOMINATOR] += weight
            state[at + COVERED] += 1.0
    state[at + SAMPLE] = upto


@kernel(f8(SIGNALS, i8, f8, f8))
def rate_bps(signals: Signals, g: int, premium: float, hours: float) -> float:
    """The rate that a mean premium comes to, in bps per 8 h."""
    p = signals.param
    param = signals.spec[g, PARAM]
    divisor = 8.0 / hours if p[param + SCALED] != 0.0 else 1.0
    rate = damped_rate(
        premium, p[param + INTEREST], p[param + DAMP], divisor, p[param + FLOOR], p[param + CAP]
    )
    return rate * 8.0 / hours * BPS


@kernel(void(SIGNALS, i8, i8, i8, f8, f8))
def publish_prediction(
    signals: Signals, g: int, i: int, samples: int, hours: float, now: float
) -> None:
    """Turn the sums of an interval of so many samples into its rate, so far and projected."""
    at = signals.spec[g, STATE]
    slot = signals.spec[g, SLOT]
    state = signals.state
    seen = state[at + SAMPLE]
    known = state[at + PREMIUM_KNOWN]
    held = state[at + PREMIUM_TIME] + signals.param[signals.spec[g, PARAM] + HOLD_NS]
    projected = math.nan
    if known == 1.0 or (known == 2.0 and now <= held):
        left = float(samples - seen)
        if weight_of(signals, g, 2, hours) != 1.0:
            left = 0.5 * (samples - seen) * (samples + seen + 1.0)
        whole = state[at + DENOMINATOR] + left
        mean = state[at + PREMIUM]
        if whole > 0.0:
            mean = (state[at + NUMERATOR] + state[at + PREMIUM] * left) / whole
        projected = rate_bps(signals, g, mean, hours)
    if state[at + DENOMINATOR] > 0.0:
        mean = state[at + NUMERATOR] / state[at + DENOMINATOR]
        publish(signals, slot + SO_FAR, rate_bps(signals, g, mean, hours))
    else:
        withdraw(signals, slot + SO_FAR)
    # Our own mean says little about an interval that we have seen less than half of.
    unseen = projected != projected or state[at + COVERED] < 0.5 * seen
    if unseen and signals.funding[i, RATE_KNOWN] != 0.0:
        publish(signals, slot, signals.funding[i, RATE] / hours * 8.0 * BPS)
    elif unseen:
        withdraw(signals, slot)
    else:
        publish(signals, slot, projected)
    missing_none = 1.0 if known == 1.0 else 0.0
    publish(signals, slot + QUALITY, state[at + COVERED] / seen if seen > 0.0 else missing_none)


@kernel(void(SIGNALS, BOOK, i8, i8))
def follow_premium(signals: Signals, book: Book, g: int, i: int) -> None:
    """Look at the premium again where something that it depends on may have changed."""
    at = signals.spec[g, STATE]
    state = signals.state
    head = book.head
    sides, _, _, _, _ = read_touch(book, i, FROM_BOOK)
    deep = head[i, HEARD] == HEARD_BOOK and head[i, TOP] >= state[at + LOOKED]
    if state[at + PREMIUM_KNOWN] != 1.0 or sides != BOTH or not deep:
        premium = premium_index(signals, book, g, i)
        if premium == premium:
            state[at + PREMIUM] = premium
            state[at + PREMIUM_KNOWN] = 1.0
        elif state[at + PREMIUM_KNOWN] == 1.0:
            state[at + PREMIUM_KNOWN] = 2.0
    if state[at + PREMIUM_KNOWN] == 1.0:
        heard = min(head[i, BOOK_NS], head[i, SCALAR_NS + INDEX])
        state[at + PREMIUM_TIME] = float(heard - signals.clock[ORIGIN_NS])


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def predicted_funding(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """The next rate in bps per 8 h. slots: predicted, so far, the venue's own; the share of
    samples that were covered.

    The premium is sampled every few seconds and averaged with weights that grow over the
    interval; the projection fills the rest of the interval with the present premium.
    """
    spec = signals.spec[g]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    hours = signals.funding[i, INTERVAL_HOURS]
    settles = signals.settles[i]
    if signals.funding[i, RATE_KNOWN] != 0.0 and hours > 0.0:
        publish(signals, slot + VENUE, signals.funding[i, RATE] / hours * 8.0 * BPS)
    else:
        withdraw(signals, slot + VENUE)
    if hours <= 0.0 or settles <= t:
        follow_premium(signals, book, g, i)
        withdraw(signals, slot)
        withdraw(signals, slot + SO_FAR)
        withdraw(signals, slot + QUALITY)
        return
    if state[at + SETTLES] != float(settles):
        for k in range(NUMERATOR, COVERED + 1):
            state[at + k] = 0.0
        state[at + SETTLES] = float(settles)
    interval_ns = whole_ns(hours)
    begun = settles - interval_ns
    sample_ns = int(signals.param[spec[PARAM] + SAMPLE_NS])
    upto = (t - begun) // sample_ns
    if upto > int(state[at + SAMPLE]):
        take_samples(signals, g, upto, float(begun - signals.clock[ORIGIN_NS]), hours)
    follow_premium(signals, book, g, i)
    now = float(t - signals.clock[ORIGIN_NS])
    publish_prediction(signals, g, i, interval_ns // sample_ns, hours, now)


# param of funding_excess
INTEREST_BPS_8H: Final = 0
INTERVALS: Final = 1
SIGMA_MIN: Final = 2
"""In bps per 8 h: what a long stay at the floor counts as usual."""
# state of funding_excess
EXCESS_SETTLES: Final = 0
EXCESS: Final = 1
EXCESS_WINDOW: Final = 2


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def funding_excess(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """The venue's rate over its interest floor. slots: value, z.

    The z compares with the last rates of the intervals before this one.
    """
    spec = signals.spec[g]
    slot = spec[SLOT]
    at = spec[STATE]
    param = spec[PARAM]
    state = signals.state
    hours = signals.funding[i, INTERVAL_HOURS]
    if signals.funding[i, RATE_KNOWN] == 0.0 or hours <= 0.0:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    length = int(signals.param[param + INTERVALS])
    settles = float(signals.settles[i])
    if state[at + EXCESS_SETTLES] != settles:
        if state[at + EXCESS_SETTLES] != 0.0:
            window_add(state, at + EXCESS_WINDOW, length, state[at + EXCESS])
        state[at + EXCESS_SETTLES] = settles
    rate = signals.funding[i, RATE] / hours * 8.0 * BPS
    state[at + EXCESS] = rate - signals.param[param + INTEREST_BPS_8H]
    publish(signals, slot, state[at + EXCESS])
    if window_ready(state, at + EXCESS_WINDOW, length):
        sigma = signals.param[param + SIGMA_MIN]
        score = window_score(state, at + EXCESS_WINDOW, state[at + EXCESS], sigma)
        publish(signals, slot + 1, score)
    else:
        withdraw(signals, slot + 1)
