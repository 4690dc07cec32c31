"""A smile of one expiry as five numbers: the raw SVI parametrisation, and what is wrong with one.

Total variance w = iv² × years over k = ln(strike / forward):
w(k) = a + b (rho (k - m) + sqrt((k - m)² + sigma²)).
Source: Gatheral & Jacquier (2014), "Arbitrage-free SVI volatility surfaces"; g(k) is Durrleman's.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Float64s = npt.NDArray[np.float64]

REACH: Final = 1.5
"""Arbitrage is looked for at strikes up to e^1.5 times from the forward, both ways."""
GRID: Final = np.linspace(-REACH, REACH, 301)
BEND: Final = np.linspace(-10.0, 10.0, 201)
"""Where to look around the centre of a smile, in its own widths."""
ROUNDING: Final = 1e-12


class Svi(Struct, frozen=True):
    """A fitted smile; w is a total variance, k a logarithm of strike over forward."""

    a: float
    b: float
    rho: float
    m: float
    sigma: float

    def variance(self, k: npt.ArrayLike) -> Float64s:
        """Total variance at these strikes."""
        away = np.asarray(k, np.float64) - self.m
        bend = np.sqrt(away * away + self.sigma * self.sigma)
        return np.asarray(self.a + self.b * (self.rho * away + bend))

    def volatility(self, k: npt.ArrayLike, years: float) -> Float64s:
        """Implied volatility at these strikes as a fraction; NaN where the variance is not > 0."""
        w = self.variance(k)
        usable = (w > 0.0) & (years > 0.0)
        return np.sqrt(np.where(usable, w, np.nan) / (years if years > 0.0 else math.nan))

    def density_factor(self, k: npt.ArrayLike) -> Float64s:
        """Durrleman's g: the price density is negative where it is, and butterflies are free.

        NaN where the variance is not > 0.
        """
        away = np.asarray(k, np.float64) - self.m
        bend = np.sqrt(away * away + self.sigma * self.sigma)
        w = self.variance(k)
        w = np.where(w > 0.0, w, np.nan)
        slope = self.b * (self.rho + away / bend)
        curve = self.b * self.sigma * self.sigma / (bend * bend * bend)
        lean = 1.0 - np.asarray(k, np.float64) * slope / (2.0 * w)
        return np.asarray(lean * lean - slope * slope / 4.0 * (1.0 / w + 0.25) + curve / 2.0)

    @property
    def density_factor_min(self) -> float:
        """The smallest g within `REACH`: below zero there is butterfly arbitrage.

        Minus infinity where a variance is not above zero: no density at all.
        """
        found = self.density_factor(GRID)
        return -math.inf if np.isnan(found).any() else float(found.min())

    @property
    def has_butterfly_arbitrage(self) -> bool:
        """Whether some butterfly within `REACH` costs less than nothing.

        Looked for around the bend as well, which in the last days is narrower than the grid.
        """
        if self.density_factor_min < 0.0:
            return True
        k = self.m + self.sigma * BEND
        found = self.density_factor(k[np.abs(k) <= REACH])
        return bool((found < 0.0).any() or np.isnan(found).any())


class Fitted(Struct, frozen=True):
    """A smile and how well it fits: rms of weighted errors of total variance, and its points."""

    svi: Svi
    rms: float
    strikes: int


def calendar_gap(near: Svi, far: Svi) -> float:
    """How much total variance the later smile has over the earlier, where it has least.

    Below zero there is calendar arbitrage: the longer option is worth less at that strike.
    """
    return float(np.min(far.variance(GRID) - near.variance(GRID)))


def has_calendar_arbitrage(near: Svi, far: Svi) -> bool:
    """Whether total variance falls with time anywhere within `REACH`."""
    return calendar_gap(near, far) < -ROUNDING
