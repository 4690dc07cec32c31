"""A perpetual against the premium at which it would be fairly paid."""

from collections.abc import Mapping
from typing import ClassVar

from bot.model.event import FundingRate, InstrumentChanged, MarketEvent
from bot.model.units import NS_PER_HOUR, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.basis.figures import BPS, fair_premiums
from bot.signals.funding_rates.divergence import theoretical_rate
from bot.signals.funding_rates.heard import FundingTrack
from bot.signals.funding_rates.rules import FundingRule
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.looks import LOOK_AGE_NS_MAX
from bot.signals.plain.shape import known


class PerpetualBandGauge(Gauge):
    """The memory of `PerpetualBand`."""

    rule: FundingRule
    interest_bps_8h: float
    cost_bps: float
    carry_assumed: float | None
    track: FundingTrack
    premium_bps: float | None = None
    carry: float | None = None
    seen_ns: int | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in how long the interval is."""
        if isinstance(event, FundingRate | InstrumentChanged):
            self.track.hear(event)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at premium and carry."""
        premium, carry = scores.get("premium_bps"), scores.get("carry")
        self.premium_bps = premium if known(premium) else None
        self.carry = carry if known(carry) else None
        if self.premium_bps is not None:
            self.seen_ns = t_ns

    def read(self, now_ns: int) -> Reading:
        """How far the premium lies outside its band."""
        carry = self.carry if self.carry is not None else self.carry_assumed
        low = high = outside = None
        interval = self.track.interval_ns
        if carry is not None and interval is not None:
            hours = interval / NS_PER_HOUR
            rule = self.rule.at(max(now_ns, self.track.settles_ns))
            interest = rule.interest_of(self.interest_bps_8h / BPS, hours)
            low, high = fair_premiums(rule, theoretical_rate(carry), interest, hours)
            low, high = low * BPS - self.cost_bps, high * BPS + self.cost_bps
            if self.premium_bps is not None:
                below, above = self.premium_bps - low, self.premium_bps - high
                outside = min(0.0, below) + max(0.0, above)
        age = None if self.seen_ns is None else now_ns - self.seen_ns
        return Reading(
            outputs={"value": outside, "premium": self.premium_bps, "low": low, "high": high},
            inputs=(
                Input("premium", self.premium_bps, "bps", age),
                Input("carry", carry, "fraction a year"),
                Input(
                    "hours of the interval",
                    None if interval is None else interval / NS_PER_HOUR,
                    "hours",
                ),
            ),
            stale=age is None or age > LOOK_AGE_NS_MAX,
            quality=0.0 if outside is None else (1.0 if self.carry is not None else 0.5),
        )


class PerpetualBand(GaugeWatch, frozen=True):
    """How far a perpetual's premium lies outside the band in which no arbitrage pays, in bps.

    + when it is too dear: sell it, buy the spot; - too cheap; 0 inside. The band is the range
    of premiums whose funding equals the carry of the coin, by the venue's rule, and `cost_bps`
    of a round trip on both ends. Also published: `premium`, `low` and `high` in bps of the
    spot. Unknown while nobody said how long the interval is.
    premium_bps: as of `VenueFunding`. carry, carry_assumed: as of `FundingDivergence`.
    Source: He et al., "Fundamentals of Perpetual Futures".
    """

    unit: ClassVar[str] = "bps"
    outputs: ClassVar[tuple[str, ...]] = ("value", "premium", "low", "high")

    instrument: InstrumentId
    rule: FundingRule
    premium_bps: Watch
    interest_bps_8h: float
    cost_bps: float
    carry: Watch | None = None
    carry_assumed: float | None = 0.05

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def inputs(self) -> Mapping[str, Watch]:
        """The premium, and the carry where there is one."""
        named = {"premium_bps": self.premium_bps, "carry": self.carry}
        return {name: watch for name, watch in named.items() if watch is not None}

    def gauge(self, terms: Terms) -> PerpetualBandGauge:
        """A gauge that has seen nothing."""
        if not (known(self.cost_bps) and self.cost_bps >= 0.0):
            raise ValueError(f"PerpetualBand.cost_bps: got {self.cost_bps}, expected >= 0")
        return PerpetualBandGauge(
            rule=self.rule,
            interest_bps_8h=self.interest_bps_8h,
            cost_bps=self.cost_bps,
            carry_assumed=self.carry_assumed,
            track=FundingTrack(terms.instrument(self.instrument).funding_interval_ns),
        )
