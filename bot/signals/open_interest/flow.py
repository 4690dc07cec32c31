"""Who opened and who closed: changes of open interest by the side of the takers meanwhile."""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import field

from bot.model.event import FeedLost, InstrumentChanged, MarketEvent, OpenInterest
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch, positive
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.open_interest.interest import VenueInterest
from bot.signals.open_interest.takers import Takers
from bot.signals.plain import shape
from bot.signals.plain.fading import FadingSum
from bot.signals.plain.unit_guard import Verdict

QUALITY_MAX: Final = 0.6
"""The taker of a trade need not be the one who opened."""
INTERVAL_S_MAX: Final = 900.0


def open_flow(grown: float, taken: float) -> float:
    """What takers opened of a growth, signed by their side: (2 tb - 1) of it, 0 when it shrank.

    taken: taker buying less selling over their sum, in [-1, 1]. + when buyers opened.
    """
    return max(grown, 0.0) * taken


def close_flow(grown: float, taken: float) -> float:
    """What takers closed of a shrinking: + when shorts were bought back, - when longs were sold."""
    return max(-grown, 0.0) * taken


class OpenInterestFlowGauge(Gauge):
    """The memory of `OpenInterestFlow`."""

    venue: VenueInterest
    opened: FadingSum
    closed: FadingSum
    age_ns_max: int
    interval_ns_max: int
    takers: Takers = field(default_factory=Takers)
    trades: float | None = None
    intervals: int = 0
    skipped: int = 0

    def hear(self, event: MarketEvent) -> None:
        """Take in open interest, or the takers' own volumes."""
        if isinstance(event, FeedLost):
            self.venue.heard_ns = None
        if isinstance(event, InstrumentChanged):
            self.venue = self.venue.renewed(event.instrument.inverse)
            self._forget()
        self.takers.hear(event)
        if isinstance(event, OpenInterest):
            self._take(event)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at what takers did, where no report of it is heard."""
        trades = scores.get("trades")
        self.trades = shape.clamp(trades, -1.0, 1.0) if shape.known(trades) else None

    def read(self, now_ns: int) -> Reading:
        """Both flows, over what is open."""
        amount = self.venue.amount
        known = amount is not None and self.intervals > 0
        opened = self.opened.at(now_ns) / amount if known and amount else None
        closed = self.closed.at(now_ns) / amount if known and amount else None
        stale = not self.venue.fresh(now_ns, self.age_ns_max)
        heard = self.intervals + self.skipped
        age = None if self.venue.heard_ns is None else now_ns - self.venue.heard_ns
        return Reading(
            outputs={"value": opened, "closed": closed},
            inputs=(
                Input("open interest", amount, "contracts", age),
                Input(
                    "taker imbalance reported",
                    self.takers.imbalance,
                    "imbalance",
                    self.takers.age_ns(now_ns),
                ),
                Input("taker imbalance of trades", self.trades, "imbalance"),
                Input("intervals skipped", float(self.skipped), "intervals"),
            ),
            stale=stale,
            quality=QUALITY_MAX * self.intervals / heard if heard and not stale else 0.0,
        )

    def _take(self, event: OpenInterest) -> None:
        before, then = self.venue.amount, self.venue.heard_ns
        verdict = self.venue.take(event)
        if verdict is None or verdict is Verdict.REFUSED:
            return
        if verdict is Verdict.RESTARTED:
            # What was counted in another unit says nothing in this one.
            self._forget()
            return
        now = event.ts_recv
        if before is None or not self.venue.fresh(now, self.interval_ns_max):
            return  # nothing is known of who took in the intervals of a history
        taken = self._taken(now)
        if taken is None or then is None or now - then > self.interval_ns_max:
            self.skipped += 1
            return
        self.intervals += 1
        grown = float(event.amount) - before
        self.opened.add(now, open_flow(grown, taken))
        self.closed.add(now, close_flow(grown, taken))

    def _forget(self) -> None:
        self.opened.total = self.closed.total = 0.0
        self.intervals = 0

    def _taken(self, now: int) -> float | None:
        """Taker buying against selling over the interval that ends now."""
        reported = self.takers.at(now)
        return self.trades if reported is None else reported


class OpenInterestFlow(GaugeWatch, frozen=True):
    """What takers opened over what is open, as a fraction, fading with a half-life of an hour.

    + when positions were opened and buyers were the aggressors, - when sellers were. Each
    growth of open interest counts with the takers' imbalance of its interval. Also published:
    `closed`, the same of each shrinking: + is shorts bought back, - is longs sold.
    trades: the takers' imbalance in [-1, 1], such as `TradeImbalance` over five minutes, for
        venues that publish no taker volumes.
    An interval longer than `interval_s_max`, or without takers' volumes, is left out. It is weak
    inference: who takes need not be who opens, so the quality is at most 0.6.
    Source: ours, spec S23.
    """

    unit: ClassVar[str] = "fraction"
    outputs: ClassVar[tuple[str, ...]] = ("value", "closed")

    instrument: InstrumentId
    trades: Watch | None = None
    half_life_s: float = 3_600.0
    age_s_max: float = INTERVAL_S_MAX
    interval_s_max: float = INTERVAL_S_MAX

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def inputs(self) -> Mapping[str, Watch]:
        """The takers, if they are to be looked at."""
        return {} if self.trades is None else {"trades": self.trades}

    def gauge(self, terms: Terms) -> OpenInterestFlowGauge:
        """A gauge that has heard nothing."""
        positive(self, "half_life_s", "age_s_max", "interval_s_max")
        half_life_ns = round(self.half_life_s * NS_PER_SECOND)
        return OpenInterestFlowGauge(
            venue=VenueInterest(terms.instrument(self.instrument).inverse),
            opened=FadingSum(half_life_ns),
            closed=FadingSum(half_life_ns),
            age_ns_max=round(self.age_s_max * NS_PER_SECOND),
            interval_ns_max=round(self.interval_s_max * NS_PER_SECOND),
        )
