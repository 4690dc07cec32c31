"""How long funding stays where it is, and what it will pay over a holding."""

from typing import ClassVar, Final

from bot.model.event import MarketEvent
from bot.model.units import NS_PER_HOUR, InstrumentId
from bot.signals.base import Terms
from bot.signals.funding_rates.ar1 import OBS_MIN, FadingFit, Persistence, fit
from bot.signals.funding_rates.heard import FundingTrack, Settlement
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading

INTERVALS: Final = 270
FORGETTING: Final = 0.995
BPS: Final = 1e4
SETTLED_AGE_INTERVALS_MAX: Final = 1.5


class FundingPersistenceGauge(Gauge):
    """The memory of `FundingPersistence`: fitted anew at each settlement."""

    track: FundingTrack
    steps: int
    fading: FadingFit | None
    rates: list[float]
    interval_ns: int | None = None
    settled_ns: int | None = None
    fitted: Persistence | None = None
    restarts: int = 0

    def hear(self, event: MarketEvent) -> None:
        """Take in a rate; only those that are settled count."""
        for settlement in self.track.hear(event):
            if not settlement.assumed:
                self._take(settlement)

    def read(self, now_ns: int) -> Reading:
        """The persistence, and what the intervals to come add up to."""
        fitted, last = self.fitted, self.rates[-1] if self.rates else None
        hours = None if self.interval_ns is None else self.interval_ns / NS_PER_HOUR
        half_life = total = sd = None
        if fitted is not None and last is not None and hours is not None:
            # Rates are kept per 8 h; a payment is the share of its interval.
            share = hours / 8.0 * BPS
            half_life = fitted.half_life * hours
            total = fitted.total(last, self.steps) * share
            spread = fitted.total_sd(self.steps)
            sd = None if spread is None else spread * share
        age = None if self.settled_ns is None else now_ns - self.settled_ns
        late = age is None or self.interval_ns is None
        if age is not None and self.interval_ns is not None:
            late = age > SETTLED_AGE_INTERVALS_MAX * self.interval_ns
        seen = len(self.rates)
        if self.fading is not None and self.fading.last is not None:
            seen = self.fading.pairs + 1
        return Reading(
            outputs={
                "phi": None if fitted is None else fitted.phi,
                "half_life": half_life,
                "mean": None if fitted is None else fitted.mu * BPS,
                "expected": total,
                "expected_sd": sd,
            },
            inputs=(
                Input("last settled rate", _bps(last), "bps per 8 h", age),
                Input("settlements seen", float(seen), "settlements"),
                Input("prior", float(fitted is None or fitted.prior), "1: nothing fitted yet"),
                Input("starts over", float(self.restarts), "changes of interval"),
            ),
            stale=late,
            quality=min(1.0, seen / OBS_MIN) * (0.5 if fitted is None or fitted.prior else 1.0),
        )

    def _take(self, settlement: Settlement) -> None:
        gap = None if self.settled_ns is None else settlement.settles_ns - self.settled_ns
        if self.interval_ns is not None and settlement.interval_ns != self.interval_ns:
            self._start_over()
        elif gap is not None and gap > SETTLED_AGE_INTERVALS_MAX * settlement.interval_ns:
            # The rate before is not the one before any more: a pair of them says nothing.
            self._start_over()
        self.interval_ns, self.settled_ns = settlement.interval_ns, settlement.settles_ns
        self.rates.append(settlement.per_8h)
        del self.rates[: max(0, len(self.rates) - INTERVALS)]
        if self.fading is not None:
            self.fading.add(settlement.per_8h)
        self.fitted = fit(self.rates) if self.fading is None else self.fading.fit()

    def _start_over(self) -> None:
        self.restarts += 1
        self.rates.clear()
        if self.fading is not None:
            self.fading = FadingFit(self.fading.forgetting)


class FundingPersistence(GaugeWatch, frozen=True):
    """How much of a deviation of funding is left an interval later: phi, in [0, 0.995].

    It has no sign: high fades slowly, whichever way funding deviates. Fitted on settled rates per 8
    h: each on the one before, over the last 270 or, `fading`, with weights that fade by half a
    percent a settlement. Below 60 it is 0.8 around the median. Also published: `half_life` in
    hours; `mean`, where it returns to, in bps per 8 h; `expected`, what a long will pay over the
    next `steps` intervals in bps of its notional, and `expected_sd` of that, unknown while nothing
    is fitted. A change of interval or a missed settlement starts it over. Stale when the next
    settlement is half an interval overdue.
    Source: AR(1) by least squares; the sum's deviation counts how long each shock lives on.
    """

    unit: ClassVar[str] = "share per interval"
    outputs: ClassVar[tuple[str, ...]] = ("phi", "half_life", "mean", "expected", "expected_sd")

    instrument: InstrumentId
    steps: int = 21
    fading: bool = False

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def gauge(self, terms: Terms) -> FundingPersistenceGauge:
        """A gauge that has heard nothing."""
        if self.steps < 1:
            raise ValueError(f"FundingPersistence.steps: got {self.steps}, expected >= 1")
        return FundingPersistenceGauge(
            track=FundingTrack(terms.instrument(self.instrument).funding_interval_ns),
            steps=self.steps,
            fading=FadingFit(FORGETTING) if self.fading else None,
            rates=[],
        )


def _bps(x: float | None) -> float | None:
    return None if x is None else x * BPS
