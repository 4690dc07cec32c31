"""Realised volatility from a list of returns: how large, how much of it jumps, how clustered.

Sources: Barndorff-Nielsen & Shephard (2004), Power and bipower variation with stochastic
volatility and jumps; Ljung & Box (1978); the RiskMetrics weight 0.94.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from bot.signals.plain.shape import clip01


def realised_variance(returns: Sequence[float]) -> float:
    """The sum of squared returns."""
    return math.fsum(r * r for r in returns)


def bipower_variation(returns: Sequence[float]) -> float:
    """Pi/2 times the sum of the products of neighbours' sizes: variance without jumps."""
    return 0.5 * math.pi * math.fsum(abs(a) * abs(b) for a, b in pairwise(returns))


def jump_share(variance: float, bipower: float) -> float | None:
    """The share of the variance that is jumps; None when nothing moved."""
    return clip01(1.0 - bipower / variance) if variance > 0.0 else None


def autocorrelation(xs: Sequence[float], lag: int) -> float | None:
    """Of a series with itself some steps before; None when it is too short, or never moved."""
    n = len(xs)
    if n <= lag:
        return None
    mean = math.fsum(xs) / n
    total = math.fsum((x - mean) ** 2 for x in xs)
    # What is left when a mean is taken from equal numbers.
    if total <= 1e-24 * math.fsum(x * x for x in xs):
        return None
    return math.fsum((xs[k] - mean) * (xs[k - lag] - mean) for k in range(lag, n)) / total


def ljung_box(xs: Sequence[float], lags: int) -> float | None:
    """The statistic of the first autocorrelations; large when the series clusters."""
    n = len(xs)
    found = [autocorrelation(xs, lag) for lag in range(1, lags + 1)]
    total = 0.0
    for lag, rho in enumerate(found, 1):
        if rho is None:
            return None
        total += rho * rho / (n - lag)
    return n * (n + 2) * total


def deviation_share(xs: Sequence[float]) -> float | None:
    """Standard deviation over mean of positive numbers; None below two."""
    if len(xs) < 2:
        return None
    mean = math.fsum(xs) / len(xs)
    if mean <= 0.0:
        return None
    return math.sqrt(math.fsum((x - mean) ** 2 for x in xs) / len(xs)) / mean
