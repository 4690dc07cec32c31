"""What fades: means, variances and sums of which half is forgotten in a half-life.

Times and half-lives are in one unit of the caller's choice; on an even clock count steps.
"""

import math

from msgspec import Struct


def decay(elapsed: float, half_life: float) -> float:
    """What is left of 1 after a time: 0.5 to the power of elapsed over half-life."""
    return math.exp(-math.log(2.0) * elapsed / half_life)


class FadingMean(Struct):
    """Mean and variance with exponentially fading weights, on an irregular clock.

    mean: None until the first observation. variance: around the mean, biased; 0 at the start.
    """

    half_life: float
    mean: float | None = None
    variance: float = 0.0
    t: float = 0.0

    def add(self, t: float, x: float) -> float:
        """Take in an observation; returns the new mean."""
        if self.mean is None:
            self.mean, self.t = x, t
            return x
        weight = 1.0 - decay(t - self.t, self.half_life)
        away = x - self.mean
        self.mean += weight * away
        self.variance = (1.0 - weight) * (self.variance + weight * away * away)
        self.t = t
        return self.mean


class FadingSum(Struct):
    """A sum that halves in every half-life; nothing heard is a sum of nothing."""

    half_life_ns: int
    total: float = 0.0
    t_ns: int = 0

    def add(self, t_ns: int, x: float) -> None:
        """Let the sum fade up to a time, then add to it."""
        self.total = self.at(t_ns) + x
        self.t_ns = max(t_ns, self.t_ns)

    def at(self, t_ns: int) -> float:
        """What is left of it at a time."""
        return self.total * decay(max(0, t_ns - self.t_ns), self.half_life_ns)
