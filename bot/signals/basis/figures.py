"""Basis as numbers: bps, a year's worth of it, and where it should be on its way to expiry."""

import math
from typing import Final

from bot.signals.funding_rates.rules import FundingRule

BPS: Final = 1e4
DAYS_OF_YEAR: Final = 365.0
HOUR_OF_YEAR: Final = 1.0 / (DAYS_OF_YEAR * 24.0)
"""Below an hour to expiry a year's worth of basis is noise times ten thousand."""


def basis_bps(derivative: float, spot: float) -> float:
    """How far a derivative stands above its spot, in bps of the spot."""
    return (derivative / spot - 1.0) * BPS


def simple_apr(future: float, spot: float, years: float) -> float | None:
    """The basis as a simple annual fraction; None within an hour of expiry."""
    return (future / spot - 1.0) / years if years >= HOUR_OF_YEAR else None


def continuous_rate(future: float, spot: float, years: float) -> float | None:
    """The basis as a continuous annual rate, ln(F/S)/T; None within an hour of expiry."""
    return math.log(future / spot) / years if years >= HOUR_OF_YEAR else None


def expected_bps(first_bps: float, since: float, left: float) -> float:
    """Where a basis should be that falls evenly to nothing at expiry.

    since, left: time since it was `first_bps` and until expiry, in one unit.
    """
    whole = since + left
    return first_bps * left / whole if whole > 0.0 else 0.0


def fair_premiums(
    rule: FundingRule, theory_8h: float, interest: float, hours: float
) -> tuple[float, float]:
    """The premiums of a perpetual at which holding it costs what holding the coin costs.

    theory_8h: what that is per 8 h, a fraction. Both ends as fractions of the spot; they
    differ where the venue pays the same over a range of premiums.
    Source: no-arbitrage bounds with a clamped rate, He et al., "Fundamentals of Perpetual
    Futures".
    """
    return rule.premiums_at(theory_8h * hours / 8.0, interest, hours)
