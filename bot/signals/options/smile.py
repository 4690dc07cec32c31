"""What a smile says: its strike of a delta, its lean and its curve, and what stands off it."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from numba import types

from bot.kernel import kernel
from bot.signals.options.black76 import Float64s, f8, normal_below, normal_density
from bot.signals.options.svi import Fitted, Svi
from bot.signals.options.svi_kernels import COST, FIT, NOBODY, ROOM, fit

STRIKES_MIN: Final = 5
"""Fewer quoted strikes of an expiry make no smile."""
IV_EDGE_MIN: Final = 0.01
"""A quote that stands off the smile by less than a point of volatility is not mispriced."""
DEVIATIONS_MIN: Final = 2.0
_SCAN_STEPS: Final = 400
_HALVINGS: Final = 80


class Wings(Struct, frozen=True):
    """Volatilities of one expiry at the forward and at a delta either side, as fractions."""

    call: float
    put: float
    at_forward: float
    call_strike: float
    put_strike: float

    @property
    def risk_reversal(self) -> float:
        """Call less put: + when upside is dearer than downside."""
        return self.call - self.put

    @property
    def butterfly(self) -> float:
        """Mean of the wings less the volatility at the forward: + when tails are dear."""
        return 0.5 * (self.call + self.put) - self.at_forward


class Mispricing(Struct, frozen=True):
    """Quotes against the smile that the other strikes of the expiry make, as fractions.

    iv: what the others say of each strike. edge: quoted mid less that, + is dear; NaN where
    too few others are left. tradable: the others' volatility lies outside bid and ask by more
    than a point, and the edge is over two deviations of the others' own errors.
    """

    iv: Float64s
    edge: Float64s
    tradable: npt.NDArray[np.bool_]


def fit_smile(
    k: npt.ArrayLike, iv: npt.ArrayLike, years: float, *, weighted: bool = True
) -> Fitted | None:
    """Fit SVI to quoted volatilities; None with fewer than five strikes that are known.

    k: ln(strike / forward), each strike once. weighted: by squared vega, else all alike in w.
    """
    found = _points(k, iv, years, weighted)
    if found is None:
        return None
    points, w, weight, _ = found
    out = np.empty(FIT)
    fit(points, w, weight, NOBODY, np.array([math.nan, 0.0, 0.0]), np.empty(ROOM), out)
    if not np.isfinite(out).all():
        return None
    return Fitted(Svi(*out[:COST].tolist()), math.sqrt(float(out[COST])), len(points))


def mispricing(
    k: npt.ArrayLike,
    iv: npt.ArrayLike,
    bid_iv: npt.ArrayLike,
    ask_iv: npt.ArrayLike,
    years: float,
) -> Mispricing | None:
    """Each strike of an expiry against the smile of the others; None with fewer than five."""
    found = _points(k, iv, years, True)
    if found is None:
        return None
    points, w, weight, known = found
    total = len(known)
    others, deviation = np.full(total, math.nan), np.full(total, math.nan)
    begin, out, room = np.array([math.nan, 0.0, 0.0]), np.empty(FIT), np.empty(ROOM)
    fit(points, w, weight, NOBODY, begin, room, out)
    quoted = np.sqrt(w / years)
    if len(points) > STRIKES_MIN:
        for i, at in enumerate(np.flatnonzero(known)):
            best = begin.copy()  # one strike less moves the bottom, not the valley
            fit(points, w, weight, i, best, room, out)
            said = Svi(*out[:COST].tolist()).volatility(points, years)
            wrong = np.delete(quoted - said, i)
            others[at], deviation[at] = said[i], math.sqrt(float(np.mean(wrong * wrong)))
    edge = np.where(known, np.asarray(iv, np.float64), math.nan) - others
    outside = (others < np.asarray(bid_iv, np.float64) - IV_EDGE_MIN) | (
        others > np.asarray(ask_iv, np.float64) + IV_EDGE_MIN
    )
    return Mispricing(others, edge, outside & (np.abs(edge) > DEVIATIONS_MIN * deviation))


def wings(
    svi: Svi, forward: float, years: float, delta: float = 0.25, *, premium_adjusted: bool = False
) -> Wings | None:
    """Volatilities at the forward and where calls and puts have this delta.

    premium_adjusted: the net delta of inverse options; else the plain forward delta, which is
    what the market quotes. None when the smile has no such strike.
    """
    if not (forward > 0.0 and years > 0.0 and 0.0 < delta < 1.0):
        return None
    number = (svi.a, svi.b, svi.rho, svi.m, svi.sigma)
    at = [strike_of_delta(*number, call, delta, premium_adjusted) for call in (True, False)]
    call, put, middle = (float(iv) for iv in svi.volatility([*at, 0.0], years))
    if math.isnan(call + put + middle):
        return None
    return Wings(call, put, middle, forward * math.exp(at[0]), forward * math.exp(at[1]))


def at_maturity(years: Sequence[float], iv: Sequence[float], wanted: float) -> float | None:
    """A volatility between two expiries, by a straight line through their total variances.

    years: ascending, of the expiries. None before the first, after the last, and where a
    volatility that is needed is not known: nothing is guessed beyond what is quoted.
    """
    variance = [one * one * t for one, t in zip(iv, years, strict=True)]
    for i, t in enumerate(years):
        if t == wanted:
            return iv[i] if math.isfinite(iv[i]) else None
        if i and years[i - 1] < wanted < t:
            share = (wanted - years[i - 1]) / (t - years[i - 1])
            between = variance[i - 1] + share * (variance[i] - variance[i - 1])
            return math.sqrt(between / wanted) if between >= 0.0 else None
    return None


@kernel(f8(f8, f8, f8, f8, f8, types.boolean, types.boolean, f8))
def delta_size(
    a: float, b: float, rho: float, m: float, sigma: float, call: bool, adjusted: bool, k: float
) -> float:
    """The size of the delta at a strike; NaN where the smile has no variance."""
    away = k - m
    w = a + b * (rho * away + math.sqrt(away * away + sigma * sigma))
    if not w > 0.0:
        return math.nan
    width = math.sqrt(w)
    d1 = -k / width + 0.5 * width
    sign = 1.0 if call else -1.0
    if adjusted:
        return math.exp(k) * normal_below(sign * (d1 - width))
    return normal_below(sign * d1)


@kernel(f8(f8, f8, f8, f8, f8, types.boolean, f8, types.boolean))
def strike_of_delta(
    a: float, b: float, rho: float, m: float, sigma: float, call: bool, delta: float, adjusted: bool
) -> float:
    """ln(strike / forward) where the size of the delta is `delta`, nearest to the forward.

    NaN where there is none. A premium-adjusted call has a second one far in the money: it is
    looked for upwards first.
    """
    at_forward = delta_size(a, b, rho, m, sigma, call, adjusted, 0.0)
    middle = a + b * (-rho * m + math.sqrt(m * m + sigma * sigma))
    if math.isnan(at_forward) or not middle > 0.0:
        return math.nan
    # Out of the money the delta shrinks: upwards for calls, downwards for puts.
    outwards = (at_forward > delta) == call
    step = 0.1 * math.sqrt(middle) * (1.0 if outwards else -1.0)
    near = 0.0
    far = 0.0
    found = at_forward == delta
    for _ in range(_SCAN_STEPS):
        if found:
            break
        near = far
        far = far + step
        here = delta_size(a, b, rho, m, sigma, call, adjusted, far)
        if here != here or abs(far) > 20.0:
            return math.nan
        found = (here - delta) * (at_forward - delta) <= 0.0
    if not found:
        return math.nan
    for _ in range(_HALVINGS):
        half = 0.5 * (near + far)
        if (delta_size(a, b, rho, m, sigma, call, adjusted, half) - delta) * (
            at_forward - delta
        ) > 0.0:
            near = half
        else:
            far = half
    return 0.5 * (near + far)


def _points(
    k: npt.ArrayLike, iv: npt.ArrayLike, years: float, weighted: bool
) -> tuple[Float64s, Float64s, Float64s, npt.NDArray[np.bool_]] | None:
    """Known points, their total variances, weights that sum to 1, and which ones are known."""
    where, quoted = np.asarray(k, np.float64), np.asarray(iv, np.float64)
    known = np.isfinite(where) & np.isfinite(quoted) & (quoted > 0.0)
    if not years > 0.0 or len(np.unique(where[known])) < STRIKES_MIN:
        return None
    points, used = where[known], quoted[known]
    w = used * used * years
    weight = np.ones(len(w))
    if weighted:
        # An error of w is one of 2 iv T times as much iv, and vega goes with density * sqrt(T).
        weight = np.array([normal_density(_d1(x, y)) for x, y in zip(points, w, strict=True)])
        weight = (weight / used) ** 2
    total = float(weight.sum())
    return (points, w, weight / total, known) if total > 0.0 else None


def _d1(k: float, w: float) -> float:
    return -k / math.sqrt(w) + 0.5 * math.sqrt(w)
