"""The inner half of fitting a smile: for a centre and a width the best line through the points.

With y = (k - m) / sigma and z = sqrt(y² + 1), w = a + d y + c z where d = rho b sigma and
c = b sigma: for each (m, sigma) the best (a, d, c) within the bounds is found exactly.
Source of the split: De Marco & Martini (2009), Zeliade, "Quasi-explicit calibration of SVI".
"""

import math
from typing import Any, Final

from numba import types

from bot.kernel import kernel
from bot.signals.options.black76 import Float64s, f8, f8s, i8

RHO_MAX: Final = 0.9999
_SINGULAR: Final = 1e-12

_FOUR: Final[Any] = types.UniTuple(f8, 4)  # type: ignore[no-untyped-call]
_THREE: Final[Any] = types.UniTuple(f8, 3)  # type: ignore[no-untyped-call]


@kernel(_THREE(f8, f8, f8, f8, f8, f8, f8, f8, f8))
def along(
    yy: float,
    yz: float,
    zz: float,
    yw: float,
    zw: float,
    d0: float,
    c0: float,
    d1: float,
    c1: float,
) -> tuple[float, float, float]:
    """The best point between two corners, and its cost less a constant."""
    dd = d1 - d0
    dc = c1 - c0
    bend = yy * dd * dd + 2.0 * yz * dd * dc + zz * dc * dc
    fall = yw * dd + zw * dc - (yy * d0 * dd + yz * (d0 * dc + c0 * dd) + zz * c0 * dc)
    step = 0.0
    if bend > 0.0:
        step = min(max(fall / bend, 0.0), 1.0)
    elif fall > 0.0:
        step = 1.0
    d = d0 + step * dd
    c = c0 + step * dc
    cost = yy * d * d + 2.0 * yz * d * c + zz * c * c - 2.0 * (yw * d + zw * c)
    return cost, d, c


@kernel(_THREE(f8, f8, f8, f8, f8, f8))
def wings(
    yy: float, yz: float, zz: float, yw: float, zw: float, sigma: float
) -> tuple[float, float, float]:
    """The best (d, c) with |rho| < 1 and b (1 + |rho|) <= 2, given second moments.

    Returned with its cost less a constant. The bounds are a kite: where the best of all lies
    outside it, the best within lies on one of the four sides.
    """
    det = yy * zz - yz * yz
    if det > _SINGULAR * yy * zz:
        d = (zz * yw - yz * zw) / det
        c = (yy * zw - yz * yw) / det
        if abs(d) <= RHO_MAX * c and c + abs(d) <= 2.0 * sigma:
            return -(yw * d + zw * c), d, c
    corner = 2.0 * sigma / (1.0 + RHO_MAX)
    best, d, c = math.inf, 0.0, 0.0
    for side in range(4):
        # Right and left, each from the middle of the kite out to its corner.
        d1 = RHO_MAX * corner if side < 2 else -RHO_MAX * corner
        c0 = 0.0 if side % 2 == 0 else 2.0 * sigma
        cost, d_here, c_here = along(yy, yz, zz, yw, zw, 0.0, c0, d1, corner)
        if cost < best:
            best, d, c = cost, d_here, c_here
    return best, d, c


@kernel(f8(f8s, f8s, f8s, i8, f8, f8, f8, f8, f8))
def cost_of(
    k: Float64s,
    w: Float64s,
    weight: Float64s,
    skip: int,
    m: float,
    sigma: float,
    a: float,
    d: float,
    c: float,
) -> float:
    """Weighted sum of squared errors."""
    total = 0.0
    inverse = 1.0 / sigma
    for i in range(len(k)):
        if i != skip:
            y = (k[i] - m) * inverse
            wrong = a + d * y + c * math.sqrt(y * y + 1.0) - w[i]
            total += weight[i] * wrong * wrong
    return total


@kernel(_FOUR(f8s, f8s, f8s, i8, f8, f8))
def settle(
    k: Float64s, w: Float64s, weight: Float64s, skip: int, m: float, sigma: float
) -> tuple[float, float, float, float]:
    """The best (a, d, c) for a centre and a width, after its cost; no variance is below zero."""
    n = y1 = z1 = w1 = yy = yz = zz = yw = zw = 0.0
    inverse = 1.0 / sigma
    for i in range(len(k)):
        if i == skip:
            continue
        y = (k[i] - m) * inverse
        z = math.sqrt(y * y + 1.0)
        share = weight[i]
        n += share
        y1 += share * y
        z1 += share * z
        w1 += share * w[i]
        yy += share * y * y
        yz += share * y * z
        zz += share * z * z
        yw += share * y * w[i]
        zw += share * z * w[i]
    if not n > 0.0:
        return math.inf, 0.0, 0.0, 0.0
    _, d, c = wings(
        yy - y1 * y1 / n,
        yz - y1 * z1 / n,
        zz - z1 * z1 / n,
        yw - y1 * w1 / n,
        zw - z1 * w1 / n,
        sigma,
    )
    a = (w1 - d * y1 - c * z1) / n
    least = -math.sqrt(max(c * c - d * d, 0.0))
    below = a < least
    a = max(a, least)
    cost = cost_of(k, w, weight, skip, m, sigma, a, d, c)
    if below:
        # The lowest variance would have been below zero: it was lifted to zero, or the bend
        # stands on zero.
        _, d_low, c_low = wings(yy, yz, zz, yw, zw, sigma)
        standing = cost_of(k, w, weight, skip, m, sigma, 0.0, d_low, c_low)
        if standing < cost:
            return standing, 0.0, d_low, c_low
    return cost, a, d, c
