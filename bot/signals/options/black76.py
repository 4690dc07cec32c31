"""Black-76: what an option is worth and how that moves, for a whole chain at once.

No interest: crypto venues price options off the forward of their own expiry. Everything is said
of one coin of the underlying, in quote; what an inverse option is worth in coin is that over the
forward. Time is years of 365 days.
Source: Black (1976), "The pricing of commodity contracts".
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from numba import types

from bot.kernel import kernel

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

f8: Final = types.float64
i8: Final = types.int64
f8s: Final[Any] = types.float64[::1]
b1s: Final[Any] = types.boolean[::1]

ROOT_HALF: Final = math.sqrt(0.5)
DENSITY_AT_0: Final = 1.0 / math.sqrt(2.0 * math.pi)
DAYS_A_YEAR: Final = 365.0
DAY: Final = 1.0 / DAYS_A_YEAR
NS_A_YEAR: Final = 365 * 86_400_000_000_000

WIDTH_MIN: Final = 1e-12
"""Of volatility times sqrt(years): half a volatility is above it a nanosecond before expiry."""

# Rows of what `fill_greeks` writes.
VALUE: Final = 0
DELTA: Final = 1
NET_DELTA: Final = 2
GAMMA: Final = 3
NET_GAMMA: Final = 4
VEGA: Final = 5
THETA: Final = 6
THETA_LEFT: Final = 7
VANNA: Final = 8
VOLGA: Final = 9
GREEKS: Final = 10


class Greeks(Struct, frozen=True):
    """What options are worth and how that moves, as columns; NaN where it is not known.

    value: quote. delta: its change by a quote unit of the forward. net_delta: of an inverse
    option the premium-adjusted one, delta less the value in coin: how many coins of inverse
    future it stands for; of a linear option delta itself. gamma, net_gamma: changes of those
    two by a quote unit. vega: quote by a point of volatility (0.01). theta: quote a day, with
    volatility and forward as they are. theta_left: the same over a day or what is left of it,
    and no more than the whole value: what Deribit publishes. vanna: change of delta by 1.00 of
    volatility; volga: of 100 vegas by 1.00 of volatility.
    """

    value: Float64s
    delta: Float64s
    net_delta: Float64s
    gamma: Float64s
    net_gamma: Float64s
    vega: Float64s
    theta: Float64s
    theta_left: Float64s
    vanna: Float64s
    volga: Float64s


@kernel(f8(f8))
def normal_below(x: float) -> float:
    """The share of a standard normal below x."""
    return 0.5 * math.erfc(-x * ROOT_HALF)


@kernel(f8(f8))
def normal_density(x: float) -> float:
    """The density of a standard normal at x."""
    return DENSITY_AT_0 * math.exp(-0.5 * x * x)


@kernel(types.void(b1s, f8s, f8s, f8s, f8s, types.float64[:, ::1]))
def fill_greeks(
    call: Bools, forward: Float64s, strike: Float64s, years: Float64s, iv: Float64s, out: Float64s
) -> None:
    """Write the greeks of every option into the rows of `out`, net ones as of inverse options.

    NaN where a number is missing or none, and from the expiry on.
    """
    for i in range(len(call)):
        f = forward[i]
        k = strike[i]
        t = years[i]
        s = iv[i]
        root = math.sqrt(t) if t > 0.0 else 0.0
        width = s * root
        # Written so that NaN is not known either.
        known = f > 0.0 and k > 0.0 and WIDTH_MIN <= width < math.inf and t < math.inf
        ratio = f / k if known else 0.0
        if not known or not 0.0 < ratio < math.inf:
            for row in range(GREEKS):
                out[row, i] = math.nan
            continue
        d1 = math.log(ratio) / width + 0.5 * width
        d2 = d1 - width
        density = normal_density(d1)
        # The cheaper of call and put, without cancellation; the other by parity.
        if f > k:
            cheap = k * normal_below(-d2) - f * normal_below(-d1)
        else:
            cheap = f * normal_below(d1) - k * normal_below(d2)
        cheap = max(cheap, 0.0)
        if call[i]:
            value = cheap + max(f - k, 0.0)
            delta = normal_below(d1)
            net = k / f * normal_below(d2)
        else:
            value = cheap + max(k - f, 0.0)
            delta = -normal_below(-d1)
            net = -k / f * normal_below(-d2)
        gamma = density / (f * width)
        theta = -f * density * s / (2.0 * root) * DAY
        out[VALUE, i] = value
        out[DELTA, i] = delta
        out[NET_DELTA, i] = net
        out[GAMMA, i] = gamma
        out[NET_GAMMA, i] = gamma - net / f
        out[VEGA, i] = f * density * root * 0.01
        out[THETA, i] = theta
        # Settled on the 326 options recorded in 2020: of the 58 in their last day, and of those
        # with days to go that were worth less than a day of theta, within a rounding of each.
        out[THETA_LEFT, i] = max(theta * min(t / DAY, 1.0), -value)
        out[VANNA, i] = -density * d2 / s
        out[VOLGA, i] = f * density * root * d1 * d2 / s


def greeks(
    call: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    iv: npt.ArrayLike,
    inverse: npt.ArrayLike = True,
) -> Greeks:
    """The greeks of a chain; what stands for all options may be one number.

    forward, strike: quote. years: to the expiry. iv: a fraction. inverse: settled in the coin.
    """
    which, inverted, *numbers = np.broadcast_arrays(
        np.asarray(call, bool),
        np.asarray(inverse, bool),
        *(np.asarray(each, np.float64) for each in (forward, strike, years, iv)),
    )
    out = np.empty((GREEKS, which.size))
    f, k, t, s = (np.array(each, np.float64).ravel() for each in numbers)
    fill_greeks(np.array(which, bool).ravel(), f, k, t, s, out)
    linear = ~inverted.ravel()
    out[NET_DELTA, linear] = out[DELTA, linear]
    out[NET_GAMMA, linear] = out[GAMMA, linear]
    return Greeks(*out)
