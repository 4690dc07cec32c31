"""Forced orders that a source only adds up, interval by interval."""

from typing import ClassVar, Final

from msgspec import field

from bot.model.event import FeedLost, LiquidationVolume, MarketEvent
from bot.model.units import NS_PER_HOUR, Currency, InstrumentId
from bot.signals.base import Terms
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.plain.robust import median_of
from bot.signals.plain.shape import known

DAY_NS: Final = 24 * NS_PER_HOUR
DAYS_REMEMBERED: Final = 30
SAMPLE_QUALITY: Final = 0.5


class LiquidationSumsGauge(Gauge):
    """The memory of `LiquidationSums`.

    net, both: of the last interval, in quote; + is forced buying. past: (end, both) of the
    intervals before it in which there was any. faulty: sums in another unit, left out.
    """

    unit: Currency
    net: float | None = None
    both: float | None = None
    complete: bool = False
    until_ns: int | None = None
    interval_ns: int = 0
    past: list[tuple[int, float]] = field(default_factory=list)
    faulty: int = 0

    def hear(self, event: MarketEvent) -> None:
        """Take in the sums of an interval; one that was told before, or is older, is no news."""
        if isinstance(event, FeedLost):
            self.net = self.both = None
        if not isinstance(event, LiquidationVolume):
            return
        if self.until_ns is not None and event.until_ns <= self.until_ns:
            return
        longs, shorts = float(event.longs), float(event.shorts)
        if event.unit != self.unit or not (known(longs) and known(shorts)):
            self.faulty += 1
            return
        if self.both and self.until_ns is not None:
            self.past.append((self.until_ns, self.both))
        since = event.until_ns - DAYS_REMEMBERED * DAY_NS
        self.past = [each for each in self.past if each[0] > since]
        self.net, self.both = shorts - longs, shorts + longs
        self.complete = event.complete
        self.until_ns, self.interval_ns = event.until_ns, event.interval_ns

    def read(self, now_ns: int) -> Reading:
        """The last interval, and how unusual it was."""
        usual = median_of(sorted(both for _, both in self.past)) if self.past else None
        age = None if self.until_ns is None else now_ns - self.until_ns
        return Reading(
            outputs={
                "value": self.net,
                "both": self.both,
                "ratio": None if self.both is None or not usual else self.both / usual,
                "complete": float(self.complete),
            },
            inputs=(
                Input("last interval", self.both, self.unit, age),
                Input("usual interval", usual, self.unit),
                Input("in another unit", float(self.faulty), "records left out"),
            ),
            # The next one ends an interval later; by then nobody has told what came meanwhile.
            stale=age is None or age > 2 * self.interval_ns,
            quality=0.0 if self.both is None else 1.0 if self.complete else SAMPLE_QUALITY,
        )


class LiquidationSums(GaugeWatch, frozen=True):
    """Worth of the shorts less that of the longs that were liquidated in the last interval.

    + when more was bought than sold by force. For sources that add forced orders up, by a
    quarter of an hour or a day; they are never mixed with single orders: see `LiquidationFlow`
    for those. Also published: `both` sides together, `ratio` of that to the median of the last
    30 days' intervals with any, and `complete`. An interval is known when it is over, and
    stale when the one after it should have been told. Half the quality where the source does not
    say that it holds every one.
    currency: of the sums, such as USD; others are counted and left out.
    Source: ours, after spec S27.
    """

    unit: ClassVar[str] = "quote"
    outputs: ClassVar[tuple[str, ...]] = ("value", "both", "ratio", "complete")

    instrument: InstrumentId
    currency: Currency = Currency("USD")

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The contract, or the aggregate, that the sums are of."""
        return (self.instrument,)

    def gauge(self, terms: Terms) -> LiquidationSumsGauge:
        """A gauge that has heard nothing."""
        del terms
        return LiquidationSumsGauge(self.currency)
