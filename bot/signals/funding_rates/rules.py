"""How a venue turns premiums into the rate of an interval, as a value.

Sources are named with each venue's rule in `venues`.
"""

import enum
import math
from typing import Final

from msgspec import Struct

from bot.signals.plain.shape import clamp

ROUNDING: Final = 1e-12
"""Rates nearer than this are the same: a hundred-millionth of a basis point."""


class Form(enum.Enum):
    """The shape of a venue's formula; P is the mean premium, I the interest, N the hours.

    DAMPED: P + clamp(I - P, ±damp). SCALED: the same times N/8. MEAN: P as it is.
    COEFFICIENT: P over a coefficient. DEAD_BAND: of every sample, what lies outside ±damp.
    """

    DAMPED = "damped"
    SCALED = "scaled"
    MEAN = "mean"
    COEFFICIENT = "coefficient"
    DEAD_BAND = "dead band"


class FundingRule(Struct, frozen=True, kw_only=True):
    """One venue's way from premium samples to a rate.

    sample_s: seconds between samples. linear: a sample weighs as much as its number in the
    interval, else all weigh alike. equal_hours: intervals of at most so long weigh alike anyway.
    previous: an interval pays the mean of the interval before it.
    interest_scales: the interest is stated per 8 h and a contract with another interval pays
    its share of it, before damping.
    since_ns, before: the first settlement that the rule is for, and the rule until then.
    """

    venue: str
    form: Form
    damp: float = 0.0
    sample_s: float = 60.0
    linear: bool = True
    equal_hours: float = 0.0
    previous: bool = False
    interest_scales: bool = False
    coefficient: float = 1.0
    since_ns: int = 0
    before: "FundingRule | None" = None

    def at(self, settles_ns: int) -> "FundingRule":
        """The venue's rule for a settlement at a time."""
        if settles_ns >= self.since_ns or self.before is None:
            return self
        return self.before.at(settles_ns)

    def interest_of(self, interest_8h: float, hours: float) -> float:
        """The interest that enters the formula of an interval of so many hours."""
        return interest_8h * hours / 8.0 if self.interest_scales else interest_8h

    def weight(self, k: int, hours: float) -> float:
        """What sample number `k`, from 1, weighs in the mean of an interval."""
        return float(k) if self.linear and hours > self.equal_hours else 1.0

    def sampled(self, premium: float) -> float:
        """What of a premium enters the mean."""
        if self.form is Form.DEAD_BAND:
            return dead_band(premium, self.damp)
        return premium

    def felt(self, premium: float, hours: float, floor: float | None, cap: float | None) -> float:
        """A premium as far as it counts: where funding accrues, its bounds hold at every moment.

        floor, cap: of the rate of an interval. Elsewhere they bound the mean, not its samples.
        """
        if self.form is not Form.DEAD_BAND:
            return premium
        if cap is not None:
            premium = min(premium, cap * 8.0 / hours + self.damp)
        if floor is not None:
            premium = max(premium, floor * 8.0 / hours - self.damp)
        return premium

    def rate(
        self,
        premium: float,
        interest: float,
        hours: float,
        floor: float | None = None,
        cap: float | None = None,
    ) -> float:
        """The rate of one interval from its mean premium, as a fraction; + is paid by longs.

        interest: as it enters the formula. floor, cap: fractions per interval; None: none.
        """
        if self.form in (Form.DAMPED, Form.SCALED):
            rate = premium + clamp(interest - premium, -self.damp, self.damp)
            if self.form is Form.SCALED:
                rate = rate * hours / 8.0
        elif self.form is Form.COEFFICIENT:
            rate = premium / self.coefficient
        elif self.form is Form.DEAD_BAND:
            # It is stated per 8 h and accrues all the time.
            rate = premium * hours / 8.0
        else:
            rate = premium
        if cap is not None:
            rate = min(rate, cap)
        if floor is not None:
            rate = max(rate, floor)
        return rate

    def premiums_at(self, rate: float, interest: float, hours: float) -> tuple[float, float]:
        """The lowest and the highest mean premium that pay a rate, leaving floor and cap aside.

        They differ only on the flat part: at the interest when damped, at nothing in a band.
        """
        if self.form is Form.COEFFICIENT:
            return rate * self.coefficient, rate * self.coefficient
        if self.form is Form.MEAN:
            return rate, rate
        paid = rate if self.form is Form.DAMPED else rate * 8.0 / hours
        flat = 0.0 if self.form is Form.DEAD_BAND else interest
        if abs(paid - flat) < ROUNDING:
            return flat - self.damp, flat + self.damp
        premium = paid + math.copysign(self.damp, paid - flat)
        return premium, premium


def dead_band(premium: float, band: float) -> float:
    """What of a premium lies outside ±band: max(band, p) + min(-band, p)."""
    return max(band, premium) + min(-band, premium)


def per_hour(rate: float, hours: float) -> float:
    """A rate of an interval as a fraction per hour."""
    return rate / hours


def per_8h(rate: float, hours: float) -> float:
    """A rate of an interval as a fraction per 8 hours."""
    return 8.0 * rate / hours


def apr(rate: float, hours: float) -> float:
    """A rate of an interval as a simple annual fraction."""
    return 8_760.0 * rate / hours


def apy(rate: float, hours: float) -> float:
    """A rate of an interval as an annual fraction, every payment reinvested."""
    if rate <= -1.0:
        return -1.0
    return float((1.0 + rate) ** (8_760.0 / hours)) - 1.0
