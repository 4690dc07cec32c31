"""How much of a bar was bought, told from its move alone: bulk volume classification.

The share is the distribution function of the move in its own deviations, normal or Student's.
Source: Easley, Lopez de Prado & O'Hara (2012), "Bulk Classification of Trading Activity".
"""

import math

from bot.book.arrays import f8
from bot.kernel import kernel


@kernel(f8(f8, f8, f8))
def beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    fraction = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        d = 1.0 + even * d
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = 1.0 + even / c
        c = c if abs(c) > tiny else tiny
        fraction *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        d = 1.0 + odd * d
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = 1.0 + odd / c
        c = c if abs(c) > tiny else tiny
        fraction *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return fraction


@kernel(f8(f8, f8, f8, f8))
def beta_share(x: float, y: float, a: float, b: float) -> float:
    """The regularised incomplete beta function of x, where y = 1 - x."""
    if x <= 0.0:
        return 0.0
    if y <= 0.0:
        return 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(y)
    )
    if x < (a + 1.0) / (a + b + 2.0):
        return front * beta_fraction(x, a, b) / a
    return 1.0 - front * beta_fraction(y, b, a) / b


@kernel(f8(f8, f8))
def bought_share(z: float, freedom: float) -> float:
    """The distribution function of a move in deviations: the share of a bar that was bought.

    freedom: of Student's distribution; 0: the normal one.
    """
    if freedom <= 0.0:
        return 0.5 * math.erfc(-z / 1.4142135623730951)
    square = z * z
    total = freedom + square
    half = 0.5 * beta_share(freedom / total, square / total, 0.5 * freedom, 0.5)
    return 1.0 - half if z > 0.0 else half
