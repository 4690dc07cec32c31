"""The volatility surface of a simulated option chain, and what options are worth on it.

Float arithmetic, unlike the rest of the market: so everything is rounded to what a venue shows
before it reaches the tape, far coarser than what two mathematics libraries may differ by.
Source: J. Gatheral, A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14
(2014), section 4: the surface with a power law, free of arbitrage while eta (1 + |rho|) <= 2.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Float64s = npt.NDArray[np.float64]

YEAR_S: Final = 365 * 86_400
"""As venues count the time to an expiry."""


class Surface(Struct, frozen=True, kw_only=True):
    """A smile for every expiry.

    level: volatility at the forward. skew: correlation of the smile, negative when puts cost
    more. bend: how much the wings rise. fall: how much the level gains when the coin loses its
    whole price, as a part of it.
    """

    level: float = 0.55
    skew: float = -0.25
    bend: float = 1.2
    fall: float = 0.8

    def __post_init__(self) -> None:
        """Refuse smiles that can be arbitraged."""
        if not 0.05 <= self.level <= 3:
            raise ValueError(f"surface level: got {self.level}, expected 0.05 to 3")
        if not -0.95 <= self.skew <= 0.95:
            raise ValueError(f"surface skew: got {self.skew}, expected -0.95 to 0.95")
        if not 0 < self.bend * (1 + abs(self.skew)) <= 2:
            raise ValueError(f"surface bend: got {self.bend}, expected up to 2 / (1 + |skew|)")
        if not 0 <= self.fall <= 5:
            raise ValueError(f"surface fall: got {self.fall}, expected 0 to 5")

    def volatility(self, moneyness: Float64s, years: Float64s, moved: float) -> Float64s:
        """Implied volatility. moneyness: log of strike over forward; moved: log return of the coin
        since the start.
        """
        at_forward = self.level * max(0.3, 1 - self.fall * moved)
        theta = at_forward * at_forward * years
        slope = self.bend / np.sqrt(theta) * moneyness
        rest = 1 - self.skew * self.skew
        variance = theta / 2 * (1 + self.skew * slope + np.sqrt((slope + self.skew) ** 2 + rest))
        found: Float64s = np.sqrt(variance / years)
        return found


def worth(
    call: npt.NDArray[np.bool_],
    moneyness: Float64s,
    years: Float64s,
    volatility: Float64s,
) -> Float64s:
    """What options are worth over their forward, undiscounted (Black 1976): coins, when inverse."""
    deviation = volatility * np.sqrt(years)
    d1 = -moneyness / deviation + deviation / 2
    d2 = d1 - deviation
    strike = np.exp(moneyness)
    buys = _normal(d1) - strike * _normal(d2)
    # Put-call parity: a put is the call less the forward, plus the strike.
    value: Float64s = np.maximum(0.0, np.where(call, buys, buys - 1 + strike))
    return value


def _normal(x: Float64s) -> Float64s:
    """The normal distribution function."""
    return np.array([0.5 * math.erfc(-one / math.sqrt(2)) for one in x.tolist()])
