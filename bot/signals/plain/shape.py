"""Small functions that bring a number into a range, and refuse what is no number."""

import math
from collections.abc import Iterable
from typing import TypeGuard


def known(x: float | None) -> TypeGuard[float]:
    """Whether a number is there and finite."""
    return x is not None and math.isfinite(x)


def positive(x: float | None) -> TypeGuard[float]:
    """Whether a number is there, finite and above zero."""
    return known(x) and x > 0.0


def clamp(x: float, low: float, high: float) -> float:
    """The nearest number to x in [low, high]."""
    return min(high, max(low, x))


def clip01(x: float) -> float:
    """The nearest number to x in [0, 1]."""
    return min(1.0, max(0.0, x))


def ramp(x: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high` on, straight between."""
    return clip01((x - low) / (high - low))


def mean_of(values: Iterable[float | None]) -> float | None:
    """The mean of those that are known; None when none is."""
    seen = [value for value in values if value is not None]
    return sum(seen) / len(seen) if seen else None


def price_of_log_bps(log_bps: float | None) -> float | None:
    """A price from 10,000 times its natural logarithm, as `LogMid` says it."""
    # Beyond that no price of anything lies; exp would overflow.
    if not known(log_bps) or abs(log_bps) > 5e5:
        return None
    return math.exp(log_bps / 1e4)
