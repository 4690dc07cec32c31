"""Gamma exposure: what holders of options must trade of the underlying when it moves by 1 %.

Whose gamma it is nobody publishes. So there are three figures, each named by its assumption:
absolute (all of it, no sign), naive (dealers are long every call and short every put: a habit
of equity indices, doubtful in crypto, where calls are overwritten and bought alike), and
flow-signed (dealers hold the opposite of what takers were seen to buy).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from bot.kernel import kernel
from bot.signals.options.black76 import DENSITY_AT_0, WIDTH_MIN, Float64s, f8, f8s, i8

MOVE: Final = 0.01
LEVEL_MIN: Final = 0.5
LEVEL_MAX: Final = 2.0
"""Zero levels are looked for at half to double the price."""
SCAN: Final = 401
LEVELS_MAX: Final = 32
_HALVINGS: Final = 60

Bools = npt.NDArray[np.bool_]


def exposures(gamma: Float64s, contracts: Float64s, forward: Float64s) -> Float64s:
    """Quote units to trade for a move of 1 %, option by option: gamma x contracts x F² x 0.01.

    gamma: coins a quote unit, of one contract. contracts: signed by whoever holds them.
    """
    return gamma * contracts * forward * forward * MOVE


def naive_contracts(call: Bools, open_interest: Float64s) -> Float64s:
    """What dealers hold if they are long all calls and short all puts."""
    return np.where(call, open_interest, -open_interest)


def total(exposure: Float64s) -> float | None:
    """The sum of what is known; None when nothing is."""
    known = exposure[np.isfinite(exposure)]
    return float(known.sum()) if len(known) else None


def zero_levels(
    strike: Float64s,
    years: Float64s,
    iv: Float64s,
    contracts: Float64s,
    forward: Float64s,
    price: float,
) -> tuple[float, ...]:
    """Every price from half to double at which the signed gamma exposure changes sign, ascending.

    Each strike keeps its volatility, and all forwards move in proportion to `price`. Empty when
    there is none.
    """
    known = np.isfinite(contracts) & (contracts != 0.0)
    for column in (strike, years, iv, forward):
        known &= np.isfinite(column) & (column > 0.0)
    spread = np.where(known, iv, 1.0) * np.sqrt(np.where(known, years, 1.0))
    known &= (spread >= WIDTH_MIN) & np.isfinite(spread)
    if not known.any() or not (price > 0.0 and math.isfinite(price)):
        return ()
    f, held = forward[known], contracts[known]
    width = spread[known]
    d1 = np.log(f / strike[known]) / width + 0.5 * width
    size = held * f * (MOVE * DENSITY_AT_0) / width
    found = np.empty(LEVELS_MAX)
    count = fill_zero_levels(d1, 1.0 / width, size, LEVEL_MIN, LEVEL_MAX, found)
    return tuple(float(one) * price for one in found[:count])


@kernel(f8(f8s, f8s, f8s, f8))
def exposure_at(d1: Float64s, steep: Float64s, size: Float64s, moved: float) -> float:
    """The total exposure when the price has moved by a logarithm, over its new price."""
    whole = 0.0
    for i in range(len(d1)):
        d = d1[i] + moved * steep[i]
        whole += size[i] * math.exp(-0.5 * d * d)
    return whole


@kernel(i8(f8s, f8s, f8s, f8, f8, f8s))
def fill_zero_levels(
    d1: Float64s, steep: Float64s, size: Float64s, low: float, high: float, out: Float64s
) -> int:
    """Find where the exposure changes sign, as factors on the price; how many were found.

    Looked for on a grid even in logarithms; two levels closer than its step may be missed.
    """
    first = math.log(low)
    step = (math.log(high) - first) / (SCAN - 1)
    count = 0
    near = first
    before = exposure_at(d1, steep, size, near)
    for i in range(1, SCAN):
        far = first + i * step
        here = exposure_at(d1, steep, size, far)
        if count < len(out) and (before < 0.0 < here or before > 0.0 > here):
            lower = near
            upper = far
            for _ in range(_HALVINGS):
                half = 0.5 * (lower + upper)
                if (exposure_at(d1, steep, size, half) > 0.0) == (before > 0.0):
                    lower = half
                else:
                    upper = half
            out[count] = math.exp(0.5 * (lower + upper))
            count += 1
        # A sum that vanishes on a grid point is no change of sign yet.
        if here != 0.0:
            near = far
            before = here
    return count


def gamma_squeeze(exposure: float, depth: float, z_return: float) -> tuple[float, int]:
    """How far short-gamma hedging can push the price on, in [0, 1], and which way.

    exposure: signed gamma exposure, quote a 1 % move; at or above zero dealers dampen: 0.
    depth: quote that the book holds within 1 % on the side of the move. z_return: of the last
    hour's return. The hedge over the depth ramps from 0.1 to 1, and a calm price counts a
    quarter. Direction is the sign of the return.
    Source: our own definition (spec S46).
    """
    direction = (z_return > 0.0) - (z_return < 0.0)
    if exposure >= 0.0:
        return 0.0, direction
    if depth > 0.0:
        pressed = min(max((-exposure / depth - 0.1) / 0.9, 0.0), 1.0)
    else:
        pressed = 1.0  # nothing stands against it
    return pressed * (0.25 + 0.75 * min(abs(z_return) / 3.0, 1.0)), direction
