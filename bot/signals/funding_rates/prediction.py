"""What the next settlement will pay, from premium samples of our own and the venue's rule."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import field

from bot.model.event import FeedLost, FundingTerms, MarketEvent
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.funding_rates.heard import FundingTrack
from bot.signals.funding_rates.premium import PremiumMean
from bot.signals.funding_rates.rules import FundingRule
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.shape import known

HOLD_NS: Final = 30 * NS_PER_SECOND
COVERAGE_MIN: Final = 0.5
"""Our own mean says little about an interval that we have seen less than half of."""
DRIFT_BPS: Final = 2.0
"""A difference beyond this means that the venue no longer computes what we do."""
BPS: Final = 1e4


class VenueFundingGauge(Gauge):
    """The memory of `VenueFunding`.

    rules: the venue's, over time. floor, cap: fractions per interval, as venues say them.
    """

    rules: FundingRule
    interest_bps_8h: float
    floor: float | None
    cap: float | None
    track: FundingTrack
    settles_ns: int = 0
    interval_ns: int = 0
    running: PremiumMean = field(default_factory=PremiumMean)
    before: PremiumMean | None = None
    premium: float | None = None
    premium_ns: int | None = None

    @property
    def rule(self) -> FundingRule:
        """The rule of the settlement that comes next."""
        return self.rules.at(self.settles_ns)

    def hear(self, event: MarketEvent) -> None:
        """Take in a rate: which settlement comes next, and what the venue expects of it."""
        self.track.hear(event)
        if isinstance(event, FeedLost):
            self.premium = None
        if isinstance(event, FundingTerms):
            self.floor = self.floor if event.floor is None else float(event.floor)
            self.cap = self.cap if event.cap is None else float(event.cap)
        self._turn(event.ts_recv)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the premium, and count the samples that are due."""
        premium = scores.get("premium_bps")
        self._turn(t_ns)
        if known(premium):
            self.premium, self.premium_ns = premium / BPS, t_ns
        self._count(t_ns)

    def read(self, now_ns: int) -> Reading:
        """The rate as it will be, as it stands, and as the venue says it."""
        coming = now_ns < self.settles_ns
        hours = self.interval_ns / NS_PER_HOUR
        so_far = projected = following = None
        venue = self.track.per_8h() if coming and not self.track.final else None
        quality = 0.0
        if coming and hours > 0:
            so_far = self._bps(self.running.mean, hours)
            projected, quality = self._bps(self._project(now_ns, hours), hours), 0.0
            if self.rule.previous:
                following, projected = projected, None
                if self.before is not None:
                    projected = self._bps(self.before.mean, hours)
                    quality = self.before.coverage
            else:
                quality = self.running.coverage
        venue_bps = None if venue is None else venue * BPS
        value = projected if quality >= COVERAGE_MIN and projected is not None else venue_bps
        differs = None if value is None or venue_bps is None else value - venue_bps
        premium_bps = None if self.premium is None else self.premium * BPS
        premium_age = None if self.premium_ns is None else now_ns - self.premium_ns
        return Reading(
            outputs={
                "value": value,
                "so_far": so_far,
                "following": following,
                "venue": venue_bps,
                "difference": differs,
            },
            inputs=(
                Input("premium", premium_bps, "bps", premium_age),
                Input("venue's rate", venue_bps, "bps per 8 h", self.track.age_ns(now_ns)),
                Input("samples seen", float(self.running.covered), "samples"),
                Input("hours of the interval", hours if hours > 0 else None, "hours"),
            ),
            stale=not coming or not self.track.fresh(now_ns),
            quality=quality,
        )

    def drifted(self, now_ns: int) -> bool:
        """Whether our rate and the venue's differ by more than 2 bps: its formula has changed."""
        differs = self.read(now_ns).outputs["difference"]
        return differs is not None and abs(differs) > DRIFT_BPS

    def _turn(self, now: int) -> None:
        """Begin a new mean when the settlement that comes next, or its interval, is another."""
        settles, interval = self.track.settles_ns, self.track.interval_ns or 0
        if interval <= 0 or self.track.final:
            return
        if (settles, interval) == (self.settles_ns, self.interval_ns):
            return
        follows = settles - interval == self.settles_ns and interval == self.interval_ns
        if follows:
            self._count(self.settles_ns)
        self.before = self.running if follows and self.running.seen else None
        self.settles_ns, self.interval_ns = settles, interval
        self.running = PremiumMean()

    def _count(self, now: int) -> None:
        """Count the samples up to a time; those that nobody saw are missing."""
        if self.interval_ns <= 0:
            return
        begun = self.settles_ns - self.interval_ns
        step = round(self.rule.sample_s * NS_PER_SECOND)
        upto = min((now - begun) // step, self.interval_ns // step)
        hours = self.interval_ns / NS_PER_HOUR
        for k in range(self.running.seen + 1, upto + 1):
            self.running.take(k, self._premium_at(begun + k * step), self.rule, hours)

    def _premium_at(self, t_ns: int) -> float | None:
        """The premium that stood at a sample's time, held for 30 s and never looked back at."""
        if self.premium is None or self.premium_ns is None:
            return None
        away = t_ns - self.premium_ns
        # A look comes once a second: what it saw stands for the second before it.
        if not -NS_PER_SECOND < away <= HOLD_NS:
            return None
        hours = self.interval_ns / NS_PER_HOUR
        return self.rule.felt(self.premium, hours, self.floor, self.cap)

    def _project(self, now: int, hours: float) -> float | None:
        premium = self._premium_at(now)
        if premium is None:
            return None
        samples = self.interval_ns // round(self.rule.sample_s * NS_PER_SECOND)
        return self.running.projected(premium, samples, self.rule, hours)

    def _bps(self, mean: float | None, hours: float) -> float | None:
        if mean is None:
            return None
        interest = self.rule.interest_of(self.interest_bps_8h / BPS, hours)
        return self.rule.rate(mean, interest, hours, self.floor, self.cap) * 8.0 / hours * BPS


class VenueFunding(GaugeWatch, frozen=True):
    """The next funding rate by the venue's own rule from our premium samples, in bps per 8 h.

    + when longs will pay. The mean premium of the interval so far is filled up to its end with
    the present premium. Where less than half of the samples were seen it is the venue's own
    prediction, and unknown without one. Also published: `so_far`, if the interval ended now;
    `following`, the settlement after the next where a venue pays the mean of the interval
    before (BitMEX, Kraken); `venue`, its prediction; `difference` of ours to that, of which
    more than 2 bps means that the rule has changed. The quality is the share of samples seen.
    rule: of `funding_rates.venues`; where a venue has changed it, the one of each settlement's
        time is used. premium_bps: a score of the premium over the index, in bps
    of it: `ImpactPremium`, `MarkPremium` on Deribit.
    interest_bps_8h: as the venue states it for 8 hours. floor_bps, cap_bps: of an interval of
        the contract, until the venue says others; None: it has none. The interval comes with the
        venue's rates, else from the contract's terms; without one nothing is predicted.
    Source: with each rule.
    """

    unit: ClassVar[str] = "bps per 8 h"
    outputs: ClassVar[tuple[str, ...]] = ("value", "so_far", "following", "venue", "difference")

    instrument: InstrumentId
    rule: FundingRule
    premium_bps: Watch
    interest_bps_8h: float
    floor_bps: float | None
    cap_bps: float | None

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def inputs(self) -> Mapping[str, Watch]:
        """The premium."""
        return {"premium_bps": self.premium_bps}

    def gauge(self, terms: Terms) -> VenueFundingGauge:
        """A gauge that has heard nothing."""
        floor, cap, interest = self.floor_bps, self.cap_bps, self.interest_bps_8h
        if floor is not None and cap is not None and not floor <= cap:
            raise ValueError(f"VenueFunding.floor_bps: got {floor}, expected at most cap_bps {cap}")
        if not known(interest):
            raise ValueError(f"VenueFunding.interest_bps_8h: got {interest}, expected a number")
        return VenueFundingGauge(
            rules=self.rule,
            interest_bps_8h=interest,
            floor=None if floor is None else floor / BPS,
            cap=None if cap is None else cap / BPS,
            track=FundingTrack(terms.instrument(self.instrument).funding_interval_ns),
        )
