"""Theory against practice: what funding should be, was predicted to be, and was."""

import math
from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import field

from bot.model.event import FundingRate, MarketEvent
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.funding_rates.heard import FundingTrack, Settlement
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.series import Series
from bot.signals.plain.shape import known

BPS: Final = 1e4
EIGHT_HOURS_OF_YEAR: Final = 8.0 / 8_760.0
BEFORE_NS: Final = 60 * NS_PER_SECOND
"""A prediction is held to what it said a minute before the settlement."""
THREE_DAYS_NS: Final = 72 * NS_PER_HOUR
INTERVALS: Final = 90


def theoretical_rate(carry: float) -> float:
    """The rate per 8 h that pays for holding the coin, from a carry per year.

    carry: rate of the quote less that of the coin, simple, from lending and borrowing; 0.05 a
    year is 0.46 bps.
    """
    return carry * EIGHT_HOURS_OF_YEAR


def implied_carry(future: float, spot: float, years: float) -> float | None:
    """The carry per year that a dated future implies: ln(F/S) over its time; None: too late."""
    if future <= 0.0 or spot <= 0.0 or years * 8_760.0 < 1.0:
        return None
    return math.log(future / spot) / years


class FundingDivergenceGauge(Gauge):
    """The memory of `FundingDivergence`.

    last: the settlement that is predicted, and how far its last prediction lay over theory.
    """

    track: FundingTrack
    interest_bps_8h: float
    carry_assumed: float | None
    window: RobustWindow = field(default_factory=lambda: RobustWindow(INTERVALS))
    predictions: Series = field(
        default_factory=lambda: Series(30 * 60 * NS_PER_SECOND, NS_PER_SECOND)
    )
    predicted: float | None = None
    carry: float | None = None
    model_error: float | None = None
    settled_excess: float | None = None
    paid: list[tuple[int, float, float | None]] = field(default_factory=list)
    last: tuple[int, float] | None = None

    def hear(self, event: MarketEvent) -> None:
        """Take in a rate; a settlement is compared with what was predicted a minute before."""
        self._pass(event.ts_recv)
        for settlement in self.track.hear(event):
            self._settle(settlement)
        if self.predicted is None and isinstance(event, FundingRate) and not event.settled:
            self._follow(event.ts_recv)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at our own prediction and at the carry of a year, where there are such."""
        predicted, carry = scores.get("predicted_bps"), scores.get("carry")
        self.predicted = predicted / BPS if known(predicted) else None
        self.carry = carry if known(carry) else None
        self._pass(t_ns)
        self._follow(t_ns)

    def read(self, now_ns: int) -> Reading:
        """The four divergences, in bps per 8 h."""
        d2 = self._over_theory()
        theory = self._theory()
        rich = [
            rate - theo
            for t, rate, theo in self.paid
            if theo is not None and now_ns - t < THREE_DAYS_NS
        ]
        prediction = self._prediction()
        return Reading(
            outputs={
                "z": None if d2 is None else self.window.score(d2),
                "settled_less_predicted": _bps(self.model_error),
                "predicted_less_theory": _bps(d2),
                "settled_less_interest": _bps(self.settled_excess),
                "three_days": sum(rich) / len(rich) * BPS if rich else None,
            },
            inputs=(
                Input("predicted", _bps(prediction), "bps per 8 h", self.track.age_ns(now_ns)),
                Input("theory", _bps(theory), "bps per 8 h"),
                Input("carry", self.carry, "fraction a year"),
            ),
            stale=not self.track.fresh(now_ns),
            quality=0.0 if d2 is None else (1.0 if self.carry is not None else 0.5),
        )

    def _prediction(self) -> float | None:
        if self.predicted is not None:
            return self.predicted
        return None if self.track.final else self.track.per_8h()

    def _theory(self) -> float | None:
        carry = self.carry if self.carry is not None else self.carry_assumed
        return None if carry is None else theoretical_rate(carry)

    def _over_theory(self) -> float | None:
        prediction, theory = self._prediction(), self._theory()
        return None if prediction is None or theory is None else prediction - theory

    def _pass(self, now: int) -> None:
        """What was predicted last of a settlement stands once for it among the usual.

        Whether anybody says that it was settled does not matter: many feeds never do.
        """
        if self.last is not None and now >= self.last[0]:
            self.window.add(self.last[1])
            self.last = None

    def _follow(self, now: int) -> None:
        prediction, theory = self._prediction(), self._theory()
        # Of a settlement that has passed nothing is predicted any more.
        if prediction is None or now >= self.track.settles_ns:
            return
        self.predictions.add(now, prediction)
        if theory is not None:
            self.last = self.track.settles_ns, prediction - theory

    def _settle(self, settlement: Settlement) -> None:
        rate = settlement.per_8h
        if not settlement.assumed:
            before = self.predictions.at(settlement.settles_ns - BEFORE_NS, BEFORE_NS)
            self.model_error = None if before is None else rate - before
        self.settled_excess = rate - self.interest_bps_8h / BPS
        since = settlement.settles_ns - THREE_DAYS_NS
        self.paid = [each for each in self.paid if each[0] > since]
        self.paid.append((settlement.settles_ns, rate, self._theory()))


class FundingDivergence(GaugeWatch, frozen=True):
    """How unusual it is how far predicted funding lies over what holding the coin costs, as a z.

    + when longs will pay more than the carry is worth: something for an arbitrage, and a sign
    of overheating. In bps per 8 h are also published:
    `settled_less_predicted`, the settled rate less what was predicted a minute before it (near
    0 unless the venue's formula is not ours); `predicted_less_theory`, which the z is of,
    against the 90 intervals before; `settled_less_interest`; `three_days`, the mean paid less
    the mean of theory: lasting richness.
    Theory is the carry per year shared out to 8 h. carry: a score of the quote's rate less the
    coin's, a fraction a year, such as the annualised `DatedBasis` of the nearest future;
    carry_assumed: in its absence, with half the quality; None: then theory is unknown.
    predicted_bps: our own prediction, such as `VenueFunding`; without one, the venue's.
    Source: cost of carry; the four differences are ours.
    """

    unit: ClassVar[str] = "z"
    outputs: ClassVar[tuple[str, ...]] = (
        "z",
        "settled_less_predicted",
        "predicted_less_theory",
        "settled_less_interest",
        "three_days",
    )

    instrument: InstrumentId
    interest_bps_8h: float
    carry: Watch | None = None
    carry_assumed: float | None = 0.05
    predicted_bps: Watch | None = None

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def inputs(self) -> Mapping[str, Watch]:
        """A carry and a prediction, where there are such."""
        named = {"carry": self.carry, "predicted_bps": self.predicted_bps}
        return {name: watch for name, watch in named.items() if watch is not None}

    def gauge(self, terms: Terms) -> FundingDivergenceGauge:
        """A gauge that has heard nothing."""
        for name in ("interest_bps_8h", "carry_assumed"):
            value = getattr(self, name)
            if value is not None and not known(value):
                raise ValueError(f"FundingDivergence.{name}: got {value}, expected a number")
        return FundingDivergenceGauge(
            FundingTrack(terms.instrument(self.instrument).funding_interval_ns),
            self.interest_bps_8h,
            self.carry_assumed,
        )


def _bps(x: float | None) -> float | None:
    return None if x is None else x * BPS
