"""Implied volatility: which volatility makes Black-76 say the price that is quoted.

Every option is first made the out-of-the-money one of its strike by parity, for only its price
keeps its digits. Below the price at the inflection Newton walks over 1 / variance, where the
logarithm of the price is almost a line; above it over the deviation, where it never oversteps.
Both stay between brackets that close on the root.
Source of the two regions: Jäckel (2015), "Let's be rational".
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import types

from bot.kernel import kernel
from bot.signals.options.black76 import (
    Bools,
    Float64s,
    b1s,
    f8,
    f8s,
    normal_below,
    normal_density,
)

IV_MIN: Final = 1e-4
IV_MAX: Final = 10.0
TIME_VALUE_MIN: Final = 1e-7
"""Of the forward: an option quoted at less above its intrinsic value tells nothing."""
RATIO_MAX: Final = 1e30
"""Of forward and strike, either way."""
IV_ERROR_MAX: Final = 1e-8
"""What the last digit of a price may mean for its volatility."""
STEPS_MAX: Final = 200
_CLOSE: Final = 4e-16
_DIGIT: Final = 2.3e-16
_HARDLY: Final = 1e-12

_TWO: Final[Any] = types.UniTuple(f8, 2)  # type: ignore[no-untyped-call]


@kernel(_TWO(f8, f8))
def cheap_price(x: float, v: float) -> tuple[float, float]:
    """Value and slope in v of the out-of-the-money option, over sqrt(forward * strike).

    x: distance of strike and forward in logarithms, >= 0. v: volatility times sqrt(years).
    """
    d1 = -x / v + 0.5 * v
    near = math.exp(-0.5 * x)
    value = near * normal_below(d1) - normal_below(d1 - v) / near
    return value, near * normal_density(d1)


@kernel(f8(types.boolean, f8, f8, f8, f8))
def implied(call: bool, forward: float, strike: float, years: float, price: float) -> float:
    """The volatility of one price in quote, as a fraction; NaN when there is none in bounds."""
    positive = forward > 0.0 and strike > 0.0 and years > 0.0 and price > 0.0
    if not positive or max(max(forward, strike), max(years, price)) == math.inf:
        return math.nan
    inside = forward - strike if call else strike - forward
    worth = price - max(inside, 0.0)
    if not worth > TIME_VALUE_MIN * forward or worth >= min(forward, strike):
        return math.nan
    root = math.sqrt(years)
    target = worth / (math.sqrt(forward) * math.sqrt(strike))
    ratio = forward / strike
    if not 1.0 / RATIO_MAX < ratio < RATIO_MAX:
        return math.nan
    x = abs(math.log(ratio))
    low = IV_MIN * root
    high = IV_MAX * root
    value, _ = cheap_price(x, low)
    if value > target:
        return IV_MIN if value <= target * (1.0 + _HARDLY) else math.nan
    value, _ = cheap_price(x, high)
    if value < target:
        return IV_MAX if value >= target * (1.0 - _HARDLY) else math.nan
    # The inflection; at the money the price is a line in v at first.
    v = min(max(math.sqrt(2.0 * x), target / 0.4), high)
    value, _ = cheap_price(x, v)
    small = value > target and x > 0.0
    for _ in range(STEPS_MAX):
        value, slope = cheap_price(x, v)
        if value > target:
            high = min(high, v)
        else:
            low = max(low, v)
        moved = 0.5 * (low + high)
        if value > 0.0 and slope > 0.0:
            newton = v - (value - target) / slope
            if small:
                # d(1/v^2) = -2 dv / v^3.
                inverted = 1.0 / (v * v) + 2.0 * value * math.log(value / target) / (
                    slope * v * v * v
                )
                newton = 1.0 / math.sqrt(inverted) if inverted > 0.0 else low
            if low < newton < high:
                moved = newton
        if abs(moved - v) <= _CLOSE * v or high - low <= _CLOSE * v:
            break
        v = moved
    _, slope = cheap_price(x, v)
    # Near its upper bound a price says nothing of volatility: one more digit would move it much.
    if not _DIGIT * target < IV_ERROR_MAX * root * slope:
        return math.nan
    return v / root


@kernel(types.void(b1s, f8s, f8s, f8s, f8s, f8s))
def fill_implied(
    call: Bools,
    forward: Float64s,
    strike: Float64s,
    years: Float64s,
    price: Float64s,
    out: Float64s,
) -> None:
    """Write the volatility of every price in quote into `out`."""
    for i in range(len(call)):
        out[i] = implied(call[i], forward[i], strike[i], years[i], price[i])


def implied_volatility(
    call: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    price: npt.ArrayLike,
) -> Float64s:
    """The volatilities of a chain as fractions; price: in quote (coin times forward).

    NaN, never a bound: at or below intrinsic value and 1e-7 of the forward, outside [1e-4, 10],
    from the expiry on, without a forward or a price above zero.
    """
    which, *numbers = np.broadcast_arrays(
        np.asarray(call, bool),
        *(np.asarray(each, np.float64) for each in (forward, strike, years, price)),
    )
    out = np.empty(which.size)
    f, k, t, paid = (np.array(each, np.float64).ravel() for each in numbers)
    fill_implied(np.array(which, bool).ravel(), f, k, t, paid, out)
    return out
