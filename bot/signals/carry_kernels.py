"""Kernel of the carry: what holding two legs against each other nets after all costs."""

import math
from typing import Any, Final

from numba import types

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.kernel import kernel
from bot.signals.arrays import (
    INSTRUMENT,
    INTERVAL_HOURS,
    OTHER,
    PARAM,
    RATE,
    RATE_KNOWN,
    SIGNALS,
    SLOT,
    WITHIN,
    Signals,
)
from bot.signals.funding_kernels import BPS, whole_ns
from bot.signals.impact_kernels import ANY_LEVEL, price_of_size
from bot.signals.publish import publish, withdraw
from bot.signals.touch import BOTH, FROM_BOOK, read_touch

# param of net_carry, of the perpetual, then of the other leg
SIZE: Final = 0
"""In lots; in lots per tick of the mid for an inverse contract."""
TIMES_MID: Final = 1
FEES_BPS: Final = 2
"""Of entry and exit together."""
FUNDED: Final = 3
"""1: the leg pays funding itself."""
LEG_PARAMS: Final = 4
HOLD_HOURS: Final = 2 * LEG_PARAMS
DIRECTION: Final = HOLD_HOURS + 1
"""+1: short the perpetual, long the other leg; -1: the reverse."""
CHARGE_BPS_8H: Final = HOLD_HOURS + 2
"""Borrowing and capital, in bps per 8 h."""

_COST: Final[Any] = types.Tuple((f8, i8))  # type: ignore[no-untyped-call]
_TWO: Final[Any] = types.UniTuple(f8, 2)  # type: ignore[no-untyped-call]


@kernel(_COST(SIGNALS, BOOK, i8, i8))
def round_trip(signals: Signals, book: Book, at: int, i: int) -> tuple[float, int]:
    """Cost of buying and of selling the size now, in bps of the mid, and how deep it looked.

    NaN: unknown.
    """
    sides, bid, _, ask, _ = read_touch(book, i, FROM_BOOK)
    if sides != BOTH:
        return math.nan, ANY_LEVEL
    mid = 0.5 * (bid + ask)
    lots = signals.param[at + SIZE]
    if signals.param[at + TIMES_MID] != 0.0:
        lots *= mid
    sold, bid_deep = price_of_size(book, i, 0, lots)
    bought, ask_deep = price_of_size(book, i, 1, lots)
    cost = (bought - sold) / mid * BPS + signals.param[at + FEES_BPS]
    return cost, max(bid_deep, ask_deep)


@kernel(_TWO(SIGNALS, i8, i8, i8, f8))
def funding_of(signals: Signals, at: int, i: int, t: int, hold: float) -> tuple[float, float]:
    """What a short leg is paid over a holding time, and an hour on average, in bps.

    Counted by settlements: a position earns only those it stands through. The rate of the next
    settlement is taken for all of them. NaN: unknown.
    """
    if signals.param[at + FUNDED] == 0.0:
        return 0.0, 0.0
    hours = signals.funding[i, INTERVAL_HOURS]
    interval_ns = whole_ns(hours)
    until_next = signals.settles[i] - t
    if signals.funding[i, RATE_KNOWN] == 0.0 or interval_ns <= 0 or until_next < 0:
        return math.nan, math.nan
    settlements = 0
    left = whole_ns(hold) - until_next
    if left >= 0:
        settlements = left // interval_ns + 1
    rate = signals.funding[i, RATE] * BPS
    return rate * settlements, rate / hours


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def net_carry(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Funding expected over the holding time less all costs of the round trip.

    slots: net in bps per 8 h, hours until the costs are earned back, costs of the round trip in
    bps, funding in bps per 8 h.
    """
    spec = signals.spec[g]
    at = spec[PARAM]
    slot = spec[SLOT]
    param = signals.param
    hold = param[at + HOLD_HOURS]
    cost, deep = round_trip(signals, book, at, spec[INSTRUMENT])
    cost_other, deep_other = round_trip(signals, book, at + LEG_PARAMS, spec[OTHER])
    spec[WITHIN] = max(deep, deep_other)
    cost += cost_other
    paid, hourly = funding_of(signals, at, spec[INSTRUMENT], t, hold)
    paid_other, hourly_other = funding_of(signals, at + LEG_PARAMS, spec[OTHER], t, hold)
    paid = (paid - paid_other) * param[at + DIRECTION]
    hourly = (hourly - hourly_other) * param[at + DIRECTION]
    known = cost + paid
    if known != known:
        for k in range(4):
            withdraw(signals, slot + k)
        return
    charge = param[at + CHARGE_BPS_8H] / 8.0
    publish(signals, slot, (paid - charge * hold - cost) / hold * 8.0)
    if hourly > charge:
        publish(signals, slot + 1, cost / (hourly - charge))
    else:
        withdraw(signals, slot + 1)
    publish(signals, slot + 2, cost)
    publish(signals, slot + 3, hourly * 8.0)
