"""Kernels of funding: what the next settlement will pay, and what a carry trade nets.

Positive rates are paid by longs. Rates here are fractions per the instrument's own interval
until they are published, in bps per 8 hours.
"""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.book.layout import NEVER, SCALAR, SCALAR_NS
from bot.kernel import kernel
from bot.signals.arrays import (
    INTERVAL_HOURS,
    ORIGIN_NS,
    OTHER,
    PARAM,
    RATE,
    RATE_KNOWN,
    SIGNALS,
    SLOT,
    STATE,
    Signals,
)
from bot.signals.order_book_kernels import average_price
from bot.signals.publish import publish, withdraw
from bot.signals.touch import BOTH, FROM_BOOK, read_touch
from bot.tape.rows import INDEX, SCALAR_SCALE

HOUR_NS: Final = 3_600_000_000_000
BPS: Final = 1e4


@kernel(f8(f8, f8, f8))
def clamp(x: float, low: float, high: float) -> float:
    """The nearest number to x in [low, high]."""
    return min(high, max(low, x))


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
"""Impact notional in quote."""
QUOTE_PER_LOT_TICK: Final = 1
"""Quote that one lot is worth per tick of price (linear), or per lot (inverse)."""
INVERSE: Final = 2
TICK: Final = 3
INTEREST: Final = 4
DAMP: Final = 5
FLOOR: Final = 6
CAP: Final = 7
SCALED: Final = 8
"""1: the rate is divided by 8 h over the interval."""
SAMPLE_NS: Final = 9
HOLD_NS: Final = 10
"""A premium stands in for missing samples for so long."""
# state of predicted_funding
SETTLES: Final = 0
NUMERATOR: Final = 1
DENOMINATOR: Final = 2
SAMPLE: Final = 3
"""Samples of this interval that are behind us."""
COVERED: Final = 4
PREMIUM: Final = 5
PREMIUM_TIME: Final = 6
PREMIUM_KNOWN: Final = 7


@kernel(f8(SIGNALS, BOOK, i8, i8))
def premium_index(signals: Signals, book: Book, g: int, i: int) -> float:
    """How far the impact prices stand outside the index, as a fraction of it; NaN: unknown."""
    at = signals.spec[g, PARAM]
    param = signals.param
    if book.head[i, SCALAR_NS + INDEX] == NEVER:
        return math.nan
    index = book.head[i, SCALAR + INDEX] / float(SCALAR_SCALE)
    sides, bid, _, ask, _ = read_touch(book, i, FROM_BOOK)
    if sides != BOTH or index <= 0.0:
        return math.nan
    tick = param[at + TICK]
    # Size in lots for the notional at the touch; the walk's average differs from it by bps.
    lots_bid = param[at + NOTIONAL] / param[at + QUOTE_PER_LOT_TICK]
    lots_ask = lots_bid
    if param[at + INVERSE] == 0.0:
        lots_bid /= bid
        lots_ask /= ask
    impact_bid = average_price(book, i, 0, lots_bid) * tick
    impact_ask = average_price(book, i, 1, lots_ask) * tick
    return float((max(0.0, impact_bid - index) - max(0.0, index - impact_ask)) / index)


@kernel(void(SIGNALS, i8, i8, f8))
def take_samples(signals: Signals, g: int, upto: int, now: float) -> None:
    """Count samples up to number `upto` of the interval with the premium that stood."""
    state = signals.state
    at = signals.spec[g, STATE]
    param = signals.spec[g, PARAM]
    sample_ns = signals.param[param + SAMPLE_NS]
    k = int(state[at + SAMPLE])
    last = now
    while k < upto:
        k += 1
        due = last - (upto - k) * sample_ns
        if state[at + PREMIUM_KNOWN] != 0.0:
            age = due - state[at + PREMIUM_TIME]
            if age <= signals.param[param + HOLD_NS]:
                state[at + NUMERATOR] += k * state[at + PREMIUM]
                state[at + DENOMINATOR] += k
                state[at + COVERED] += 1.0
    state[at + SAMPLE] = upto


@kernel(void(SIGNALS, i8, i8, f8))
def publish_prediction(signals: Signals, g: int, samples: int, hours: float) -> None:
    """Turn the sums of an interval of so many samples into its rate, so far and projected."""
    at = signals.spec[g, STATE]
    param = signals.spec[g, PARAM]
    slot = signals.spec[g, SLOT]
    state = signals.state
    p = signals.param
    seen = state[at + SAMPLE]
    divisor = 8.0 / hours if p[param + SCALED] != 0.0 else 1.0
    to_bps = 8.0 / hours * BPS
    if state[at + DENOMINATOR] > 0.0:
        mean = state[at + NUMERATOR] / state[at + DENOMINATOR]
        rate = damped_rate(
            mean, p[param + INTEREST], p[param + DAMP], divisor, p[param + FLOOR], p[param + CAP]
        )
        publish(signals, slot + 1, rate * to_bps)
    else:
        withdraw(signals, slot + 1)
    if state[at + PREMIUM_KNOWN] != 0.0:
        left = 0.5 * (samples - seen) * (samples + seen + 1.0)
        whole = state[at + DENOMINATOR] + left
        mean = state[at + PREMIUM]
        if whole > 0.0:
            mean = (state[at + NUMERATOR] + state[at + PREMIUM] * left) / whole
        rate = damped_rate(
            mean, p[param + INTEREST], p[param + DAMP], divisor, p[param + FLOOR], p[param + CAP]
        )
        publish(signals, slot, rate * to_bps)
    else:
        withdraw(signals, slot)
    publish(signals, slot + 3, state[at + COVERED] / seen if seen > 0.0 else 0.0)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def predicted_funding(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S30, in bps per 8 h. slots: projected rate, rate so far, the venue's own; then the share
    of samples that were covered.

    The premium is sampled every few seconds and averaged with weights that grow linearly over
    the interval; the projection fills the rest of the interval with the present premium.
    """
    spec = signals.spec[g]
    at = spec[STATE]
    param = spec[PARAM]
    slot = spec[SLOT]
    state = signals.state
    hours = signals.funding[i, INTERVAL_HOURS]
    settles = signals.settles[i]
    if signals.funding[i, RATE_KNOWN] != 0.0 and hours > 0.0:
        publish(signals, slot + 2, signals.funding[i, RATE] / hours * 8.0 * BPS)
    else:
        withdraw(signals, slot + 2)
    if hours <= 0.0 or settles <= t:
        for k in (0, 1, 3):
            withdraw(signals, slot + k)
        return
    if state[at + SETTLES] != float(settles - signals.clock[ORIGIN_NS]):
        for k in range(SAMPLE + 2):
            state[at + k] = 0.0
        state[at + SETTLES] = float(settles - signals.clock[ORIGIN_NS])
    interval_ns = int(hours * HOUR_NS)
    sample_ns = int(signals.param[param + SAMPLE_NS])
    upto = (interval_ns - (settles - t)) // sample_ns
    now = float(t - signals.clock[ORIGIN_NS])
    if upto > int(state[at + SAMPLE]):
        take_samples(signals, g, upto, now)
    premium = premium_index(signals, book, g, i)
    if premium - premium == 0.0:
        state[at + PREMIUM] = premium
        state[at + PREMIUM_TIME] = now
        state[at + PREMIUM_KNOWN] = 1.0
    publish_prediction(signals, g, interval_ns // sample_ns, hours)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def funding_excess(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """S31: the venue's rate over its interest floor. param: floor in bps per 8 h. slots: value."""
    spec = signals.spec[g]
    hours = signals.funding[i, INTERVAL_HOURS]
    if signals.funding[i, RATE_KNOWN] == 0.0 or hours <= 0.0:
        withdraw(signals, spec[SLOT])
        return
    rate = signals.funding[i, RATE] / hours * 8.0 * BPS
    publish(signals, spec[SLOT], rate - signals.param[spec[PARAM]])


# param of net_carry: of the perpetual, then of the other leg
SIZE_LOTS: Final = 0
"""Size in lots (linear); or quote worth of one tick and base (inverse)."""
LEG_INVERSE: Final = 1
FEE_ENTRY: Final = 2
FEE_EXIT: Final = 3
LEG_PARAMS: Final = 4
HOLD_HOURS: Final = 2 * LEG_PARAMS
DIRECTION: Final = HOLD_HOURS + 1
"""+1: short the perpetual, long the other leg; -1: the reverse."""
CHARGE_BPS_8H: Final = HOLD_HOURS + 2
"""Borrowing and capital, in bps per 8 h."""


@kernel(f8(SIGNALS, BOOK, i8, i8))
def round_trip_slippage(signals: Signals, book: Book, at: int, i: int) -> float:
    """Cost of buying and of selling the size now, together, in bps of the mid; NaN: unknown."""
    sides, bid, _, ask, _ = read_touch(book, i, FROM_BOOK)
    if sides != BOTH:
        return math.nan
    mid = 0.5 * (bid + ask)
    lots = signals.param[at + SIZE_LOTS]
    if signals.param[at + LEG_INVERSE] != 0.0:
        lots *= mid
    sold = average_price(book, i, 0, lots)
    bought = average_price(book, i, 1, lots)
    return float((bought - sold) / mid * BPS)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def net_carry(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Funding expected over the holding time less all costs of the round trip.

    Counted by settlements: a position earns only those it stands through. The rate of the
    next settlement is taken for all of them. slots: net in bps per 8 h, hours until the costs
    are earned back, costs of the round trip in bps, funding in bps per 8 h.
    """
    spec = signals.spec[g]
    at = spec[PARAM]
    slot = spec[SLOT]
    param = signals.param
    perpetual = spec[1]
    other = spec[OTHER]
    hours = signals.funding[perpetual, INTERVAL_HOURS]
    cost = round_trip_slippage(signals, book, at, perpetual)
    cost += round_trip_slippage(signals, book, at + LEG_PARAMS, other)
    cost += param[at + FEE_ENTRY] + param[at + FEE_EXIT]
    cost += param[at + LEG_PARAMS + FEE_ENTRY] + param[at + LEG_PARAMS + FEE_EXIT]
    until_next = float(signals.settles[perpetual] - t) / HOUR_NS
    unknown = signals.funding[perpetual, RATE_KNOWN] == 0.0 or hours <= 0.0 or until_next < 0.0
    if unknown or cost - cost != 0.0:
        for k in range(4):
            withdraw(signals, slot + k)
        return
    rate = signals.funding[perpetual, RATE] * BPS * param[at + DIRECTION]
    hold = param[at + HOLD_HOURS]
    settlements = 0.0
    if hold >= until_next:
        settlements = math.floor((hold - until_next) / hours) + 1.0
    charge = param[at + CHARGE_BPS_8H]
    earned = rate * settlements - charge * hold / 8.0
    publish(signals, slot, (earned - cost) / (hold / 8.0))
    hourly = rate / hours - charge / 8.0
    if hourly > 0.0:
        publish(signals, slot + 1, cost / hourly)
    else:
        withdraw(signals, slot + 1)
    publish(signals, slot + 2, cost)
    publish(signals, slot + 3, rate / hours * 8.0)
