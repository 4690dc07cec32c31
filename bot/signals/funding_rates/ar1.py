"""A first-order autoregression: how long funding remembers, and what it will add up to."""

import math
from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

PHI_MAX: Final = 0.995
PHI_PRIOR: Final = 0.8
OBS_MIN: Final = 60
RIDGE: Final = 1e-12
"""Funding is of the order of 1e-4: any larger prior would hold the slope down."""


class Persistence(Struct, frozen=True):
    """f(t+1) = const + phi f(t) + noise, per interval. sigma: of the noise; None: unknown.

    prior: too little was seen, and phi is what is usual. mu: where it returns to.
    """

    phi: float
    mu: float
    sigma: float | None
    prior: bool = False

    @property
    def half_life(self) -> float:
        """Intervals until half of a deviation is gone; 0 when nothing lasts."""
        return math.log(0.5) / math.log(self.phi) if self.phi > 0.0 else 0.0

    def path(self, start: float, steps: int) -> list[float]:
        """What is expected in each of the intervals to come, from the rate of now."""
        return [self.mu + (start - self.mu) * self.phi**k for k in range(1, steps + 1)]

    def total(self, start: float, steps: int) -> float:
        """The expected sum of so many intervals to come."""
        fading = self.phi * (1.0 - self.phi**steps) / (1.0 - self.phi)
        return steps * self.mu + (start - self.mu) * fading

    def total_sd(self, steps: int) -> float | None:
        """The standard deviation of that sum: each shock lives on in the intervals after it."""
        if self.sigma is None:
            return None
        weights = [(1.0 - self.phi**k) / (1.0 - self.phi) for k in range(1, steps + 1)]
        return self.sigma * math.sqrt(math.fsum(w * w for w in weights))


def fit(rates: Sequence[float]) -> Persistence | None:
    """Least squares of each rate on a constant and the one before; None without three rates.

    Fewer than 60 pairs: phi is 0.8 and mu the median. phi is held in [0, 0.995].
    """
    if len(rates) < 3:
        return None
    if len(rates) - 1 < OBS_MIN:
        return prior(rates)
    before, after = rates[:-1], rates[1:]
    n = len(before)
    mean_before, mean_after = math.fsum(before) / n, math.fsum(after) / n
    spread = math.fsum((x - mean_before) ** 2 for x in before)
    if spread <= 0.0 or not math.isfinite(spread):
        return prior(rates)
    common = math.fsum(
        (x - mean_before) * (y - mean_after) for x, y in zip(before, after, strict=True)
    )
    slope = common / spread
    phi = min(PHI_MAX, max(0.0, slope))
    const = mean_after - phi * mean_before
    residuals = [y - const - phi * x for x, y in zip(before, after, strict=True)]
    sigma = math.sqrt(math.fsum(r * r for r in residuals) / (n - 2))
    return Persistence(phi, const / (1.0 - phi), sigma)


def prior(rates: Sequence[float]) -> Persistence:
    """What is usual, around the median of what was seen."""
    ascending = sorted(rates)
    middle = len(ascending) >> 1
    median = ascending[middle]
    if not len(ascending) & 1:
        median = 0.5 * (ascending[middle - 1] + median)
    return Persistence(PHI_PRIOR, median, None, prior=True)


class FadingFit(Struct):
    """The same least squares with fading weights: sums that forget a share at every step.

    forgetting: the weight that is left after one interval. Equal to recursive least squares.
    """

    forgetting: float
    weight: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0
    pairs: int = 0
    last: float | None = None
    recent: list[float] = field(default_factory=list)

    def add(self, rate: float) -> None:
        """Take in the rate of one interval."""
        if self.last is not None:
            keep, before = self.forgetting, self.last
            self.weight = keep * self.weight + 1.0
            self.x, self.y = keep * self.x + before, keep * self.y + rate
            self.xx = keep * self.xx + before * before
            self.xy = keep * self.xy + before * rate
            self.yy = keep * self.yy + rate * rate
            self.pairs += 1
        self.last = rate
        if self.pairs < OBS_MIN:
            self.recent.append(rate)
        else:
            self.recent.clear()

    def fit(self) -> Persistence | None:
        """The autoregression as it stands; None without three rates."""
        if self.pairs < 2:
            return None
        if self.pairs < OBS_MIN:
            return prior(self.recent)
        mean_x, mean_y = self.x / self.weight, self.y / self.weight
        spread = self.xx / self.weight - mean_x * mean_x
        common = self.xy / self.weight - mean_x * mean_y
        # Rounding leaves so much of a series that never moved.
        if spread <= RIDGE * max(1e-12, self.xx / self.weight):
            return Persistence(PHI_PRIOR, mean_y, None, prior=True)
        phi = min(PHI_MAX, max(0.0, common / spread))
        const = mean_y - phi * mean_x
        noise = (
            self.yy / self.weight
            - 2.0 * (const * mean_y + phi * self.xy / self.weight)
            + const * const
            + 2.0 * const * phi * mean_x
            + phi * phi * self.xx / self.weight
        )
        share = self.weight / (self.weight - 2.0) if self.weight > 2.0 else 1.0
        return Persistence(phi, const / (1.0 - phi), math.sqrt(max(0.0, noise * share)))
