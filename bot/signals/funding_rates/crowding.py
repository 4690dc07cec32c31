"""How crowded a contract is by its funding: over the interest that everybody pays anyway."""

from typing import ClassVar, Final

from msgspec import Struct, field

from bot.model.event import MarketEvent
from bot.model.units import NS_PER_HOUR, InstrumentId
from bot.signals.base import Terms
from bot.signals.funding_rates.heard import FundingTrack, Settlement
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.robust import RobustWindow, median_of
from bot.signals.plain.shape import known

BPS: Final = 1e4
INTERVALS: Final = 90
SIGMA_BPS_MIN: Final = 0.5
"""What a long stay at the interest counts as usual, in bps per 8 h."""
SUSPECT_8H: Final = 0.009
SUSPECT_RATIO: Final = 50.0
DAY_NS: Final = 24 * NS_PER_HOUR
WEEK_NS: Final = 7 * DAY_NS


class Crowding(Struct):
    """One contract's funding over its interest, against its settlements before."""

    interest_bps_8h: float
    track: FundingTrack
    window: RobustWindow = field(default_factory=lambda: RobustWindow(INTERVALS))
    settled: list[Settlement] = field(default_factory=list)

    z: float | None = None

    def hear(self, event: MarketEvent) -> tuple[Settlement, ...]:
        """Take in an event of the contract; what became final by it."""
        final = self.track.hear(event)
        scored: float | None = None
        for one in final:
            # Scored before it is added: no settlement judges itself.
            scored = self.window.take(one.per_8h * BPS - self.interest_bps_8h, SIGMA_BPS_MIN)
            since = one.settles_ns - WEEK_NS
            self.settled = [each for each in self.settled if each.settles_ns > since]
            self.settled.append(one)
        excess = self.excess_bps()
        if not self.track.final:
            self.z = None if excess is None else self.window.score(excess, SIGMA_BPS_MIN)
        elif final:
            self.z = scored
        return final

    def excess_bps(self) -> float | None:
        """The rate of now over the interest, in bps per 8 h."""
        rate = self.track.per_8h()
        return None if rate is None else rate * BPS - self.interest_bps_8h

    def suspect(self) -> bool:
        """Whether the rate looks like a percentage: 50 times the usual, and beyond most caps."""
        rate = self.track.per_8h()
        if rate is None or not self.window.ready or abs(rate) < SUSPECT_8H:
            return False
        usual = sorted(abs(one.per_8h) for one in self.settled)
        return bool(usual) and abs(rate) >= SUSPECT_RATIO * median_of(usual)

    def week_bps(self, now_ns: int) -> float | None:
        """What a long has paid in the last seven days, in bps of its notional."""
        befores = [None, *self.settled]
        paid = [
            one.rate * _intervals(one, before)
            for one, before in zip(self.settled, befores, strict=False)
            if now_ns - one.settles_ns < WEEK_NS
        ]
        return sum(paid) * BPS if paid else None


def _intervals(one: Settlement, before: Settlement | None) -> float:
    """How many intervals a settlement stands for: one, unless nobody told those before it.

    Deribit's rate is stated for eight hours and its session is settled once a day.
    """
    if before is None or not one.assumed:
        return 1.0
    return max(1.0, min(one.settles_ns - before.settles_ns, DAY_NS) / one.interval_ns)


class FundingCrowdingGauge(Gauge):
    """The memory of `FundingCrowding`."""

    crowding: Crowding

    def hear(self, event: MarketEvent) -> None:
        """Take in a rate."""
        self.crowding.hear(event)

    def read(self, now_ns: int) -> Reading:
        """The excess, its z, and what a week has cost."""
        crowding = self.crowding
        track = crowding.track
        venue = track.per_8h()
        age = track.age_ns(now_ns)
        venue_bps = None if venue is None else venue * BPS
        interest = crowding.interest_bps_8h
        return Reading(
            outputs={
                "value": crowding.excess_bps(),
                "z": crowding.z,
                "week": crowding.week_bps(now_ns),
            },
            inputs=(
                Input("rate", venue_bps, "bps per 8 h", age, venue_bps),
                Input("interest", interest, "bps per 8 h", None, -interest),
                Input("refused reports", float(track.faulty), "reports"),
                Input("looks like a percentage", float(crowding.suspect()), "1: yes"),
            ),
            stale=not track.fresh(now_ns),
            quality=_quality(crowding),
        )


def _quality(crowding: Crowding) -> float:
    if crowding.track.per_8h() is None:
        return 0.0
    return crowding.window.coverage * (0.5 if crowding.suspect() else 1.0)


class FundingCrowding(GaugeWatch, frozen=True):
    """Funding over the interest that is paid anyway, in bps per 8 h.

    + when longs are crowded. A rate at the interest is neutral, not bullish: about four in ten
    settlements sit exactly on it. Also published: `z` against the 90 settlements before (half a
    basis point counts as usual where they never moved) and `week`, what a long has paid in the
    last seven days in bps of its notional. Unknown while nobody said how long the interval is.
    A rate beyond 5 % an hour is in another unit and is refused. The quality is the share of
    the 90 settlements that were seen, halved while a rate looks like a percentage: 50 times
    that of a usual settlement of the week and beyond 0.9 % in 8 h, which a squeeze may be too.
    interest_bps_8h: of the contract, per 8 h; 0 for some.
    Source: the venue's rates; the floor's share from He et al., "Fundamentals of Perpetual
    Futures".
    """

    unit: ClassVar[str] = "bps per 8 h"
    outputs: ClassVar[tuple[str, ...]] = ("value", "z", "week")

    instrument: InstrumentId
    interest_bps_8h: float

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def gauge(self, terms: Terms) -> FundingCrowdingGauge:
        """A gauge that has heard nothing."""
        return FundingCrowdingGauge(crowding_for(self.instrument, self.interest_bps_8h, terms))


def crowding_for(instrument: InstrumentId, interest_bps_8h: float, terms: Terms) -> Crowding:
    """The memory of one contract's crowding; ValueError when the interest is no number."""
    if not known(interest_bps_8h):
        raise ValueError(f"interest_bps_8h: got {interest_bps_8h}, expected a number")
    return Crowding(interest_bps_8h, FundingTrack(terms.instrument(instrument).funding_interval_ns))
