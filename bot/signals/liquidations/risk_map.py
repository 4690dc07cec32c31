"""Open interest at risk: how much would be liquidated in each band of distance."""

import math
from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import Struct, field

from bot.model.event import FeedLost, InstrumentChanged, MarketEvent, OpenInterest
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms, Watch
from bot.signals.gauge import Gauge, GaugeWatch, Input, Reading
from bot.signals.liquidations.ledger import BANDS, CLASSES, Classes, Ledger
from bot.signals.open_interest.interest import VenueInterest
from bot.signals.open_interest.takers import Takers
from bot.signals.plain.shape import positive, price_of_log_bps
from bot.signals.plain.unit_guard import Verdict

QUALITY_MAX: Final = 0.5
INTERVAL_AGE_S_MAX: Final = 900.0
ENTRY_NS: Final = 50 * NS_PER_SECOND
"""Polls of once a minute jitter."""
ANSWER_STANDS: Final = 2e-4
NAMES: Final = tuple(
    f"{'above' if low >= 0 else 'below'}_{round(100 * min(abs(low), abs(high)))}"
    f"_{round(100 * max(abs(low), abs(high)))}"
    for low, high in BANDS
)


Looked = tuple[float, float, float]
"""A price, the lowest and the highest since the ledger last grew."""


class RiskMap(Struct):
    """The ledgers of one contract, kept up by its open interest and its price.

    moved_sum, moved: of the prices since the last report, for their mean. answers: by distance,
    what was seen of the price when it was asked last and what was at risk then. entered: what was
    open when the ledger last moved: some venues report ten times a second, an entry a minute is
    enough.
    """

    venue: VenueInterest
    ledger: Ledger
    price: float | None = None
    moved_sum: float = 0.0
    moved: int = 0
    takers: Takers = field(default_factory=Takers)
    answers: dict[float, tuple[Looked, float]] = field(default_factory=dict)
    entered: float | None = None
    entered_ns: int | None = None

    def look(self, price: float | None) -> None:
        """Look at the price, once a second; an unknown one is no price."""
        self.price = price
        if price is not None:
            self.ledger.look(price)
            self.moved_sum += price
            self.moved += 1

    def hear(self, event: MarketEvent) -> None:
        """Take in open interest, or who took meanwhile."""
        if isinstance(event, FeedLost):
            self.venue.heard_ns = None
        if isinstance(event, InstrumentChanged):
            self.venue = self.venue.renewed(event.instrument.inverse)
            self._forget()
        self.takers.hear(event)
        if isinstance(event, OpenInterest):
            self._take(event)

    def coverage(self) -> float:
        """The share of open interest whose entry the ledger knows."""
        amount = self.venue.amount
        return min(1.0, self.ledger.amount / amount) if amount else 0.0

    def within(self, distance: float) -> float | None:
        """The worth at risk up to a distance, a fraction of the price; None without a price.

        A map of 30 days takes half a millisecond to walk, so an answer stands until the ledger
        changes, or the price or the lowest or highest since is 2 bps away: a hundredth of what is
        asked about.
        """
        if self.price is None or not self.ledger.times:
            return None
        seen = self.price, self.ledger.low or self.price, self.ledger.high or self.price
        known = self.answers.get(distance)
        if known is None or _apart(seen, known[0]) > ANSWER_STANDS:
            known = seen, self.ledger.within(self.price, distance)
            self.answers[distance] = known
        return known[1]

    def _take(self, event: OpenInterest) -> None:
        verdict = self.venue.take(event)
        if verdict is None or verdict is Verdict.REFUSED:
            return
        if verdict is Verdict.RESTARTED:
            self._forget()
        now, amount = event.ts_recv, float(event.amount)
        if not self.venue.fresh(now, round(INTERVAL_AGE_S_MAX * NS_PER_SECOND)):
            # What was opened since then was opened at prices that nobody looked at.
            self.entered, self.entered_ns = None, None
            return
        before, then = self.entered, self.entered_ns
        if then is not None and now - then < ENTRY_NS:
            return
        entry = self.moved_sum / self.moved if self.moved else self.price
        self.moved_sum, self.moved = 0.0, 0
        self.entered, self.entered_ns = amount, now
        if before is None or entry is None:
            return
        self.answers.clear()
        if amount > before:
            self.ledger.open(now, entry, amount - before, self._taker(now))
        elif amount < before:
            self.ledger.close(now, before - amount)

    def _forget(self) -> None:
        """Entries in other contracts, or in another unit, say nothing of these."""
        self.ledger = Ledger(self.ledger.classes, self.ledger.margin, self.venue.inverse)
        self.entered, self.entered_ns = None, None
        self.answers.clear()

    def _taker(self, now: int) -> float:
        taken = self.takers.at(now)
        return math.copysign(1.0, taken) if taken else 0.0


class OpenInterestAtRiskGauge(Gauge):
    """The memory of `OpenInterestAtRisk`."""

    map: RiskMap
    age_ns_max: int

    def hear(self, event: MarketEvent) -> None:
        """Take in open interest, or who took meanwhile."""
        self.map.hear(event)

    def sample(self, t_ns: int, scores: Mapping[str, float | None]) -> None:
        """Look at the price."""
        self.map.look(price_of_log_bps(scores.get("price")))

    def read(self, now_ns: int) -> Reading:
        """The worth at risk, in all and by band."""
        risk = self.map
        bands: list[float] | None = None
        if risk.price is not None and risk.ledger.times:
            bands = risk.ledger.at_risk(risk.price, BANDS)
        heard = risk.venue.heard_ns
        age = None if heard is None else now_ns - heard
        named: dict[str, float | None] = dict.fromkeys(NAMES)
        if bands is not None:
            named.update(zip(NAMES, bands, strict=True))
        below = None if bands is None else sum(bands[:3])
        above = None if bands is None else sum(bands[3:])
        return Reading(
            outputs={
                "value": None if below is None or above is None else above - below,
                **named,
            },
            inputs=(
                Input("longs liquidated below", below, "quote", age),
                Input("shorts liquidated above", above, "quote", age),
                Input("price", risk.price, "quote"),
                Input(
                    "open with a known entry",
                    risk.ledger.amount,
                    "quote" if risk.venue.inverse else "coins",
                    age,
                ),
                Input("share of open interest with one", risk.coverage(), "fraction"),
            ),
            stale=not risk.venue.fresh(now_ns, self.age_ns_max) or risk.price is None,
            quality=QUALITY_MAX * risk.coverage(),
        )


class OpenInterestAtRisk(GaugeWatch, frozen=True):
    """Worth that would be liquidated within 10 % above less that within 10 % below, in quote.

    + when more shorts are near their liquidation than longs: a rise would be fed by forced
    buying. Also published, each in quote, by distance in percent: `below_5_10`, `below_2_5`,
    `below_0_2` of longs and `above_0_2`, `above_2_5`, `above_5_10` of shorts.
    It is an estimate, never the only reason for a trade: growth of open interest is entered in
    a ledger of longs and one of shorts at the mean price of its interval, shrinking is taken
    out of recent entries first, and leverages are assumed (`classes`: leverage and share; 25
    and above a fifth more often on the takers' side). The quality is at most 0.5, of the share
    of open interest whose entry was seen; what is older than 30 days is forgotten.
    price: as `LogMid` says it. margin: maintenance margin, a fraction, of the contract.
    Source: isolated margin of linear contracts; the ledger is ours.
    """

    unit: ClassVar[str] = "quote"
    outputs: ClassVar[tuple[str, ...]] = ("value", *NAMES)

    instrument: InstrumentId
    price: Watch
    margin: float
    classes: Classes = CLASSES
    age_s_max: float = INTERVAL_AGE_S_MAX

    def concerns(self) -> tuple[InstrumentId, ...]:
        """The one contract."""
        return (self.instrument,)

    def inputs(self) -> Mapping[str, Watch]:
        """The price."""
        return {"price": self.price}

    def gauge(self, terms: Terms) -> OpenInterestAtRiskGauge:
        """A gauge that has heard nothing."""
        if not positive(self.age_s_max):
            raise ValueError(f"OpenInterestAtRisk.age_s_max: got {self.age_s_max}, expected > 0")
        return OpenInterestAtRiskGauge(
            risk_map_for(self.instrument, self.margin, self.classes, terms),
            round(self.age_s_max * NS_PER_SECOND),
        )


def _apart(seen: Looked, then: Looked) -> float:
    return max(abs(now / before - 1.0) for now, before in zip(seen, then, strict=True))


def risk_map_for(
    instrument: InstrumentId, margin: float, classes: Classes, terms: Terms
) -> RiskMap:
    """An empty map of a contract; ValueError when its margin or classes make no sense."""
    if not 0.0 <= margin < 1.0:
        raise ValueError(f"margin: got {margin}, expected a fraction in [0, 1)")
    if not classes or any(not (lev > 1.0 and share >= 0.0) for lev, share in classes):
        raise ValueError(f"classes: got {classes}, expected (leverage > 1, share >= 0)")
    if not positive(sum(share for _, share in classes)):
        raise ValueError(f"classes: got {classes}, expected shares of which one is above zero")
    venue = VenueInterest(terms.instrument(instrument).inverse)
    return RiskMap(venue, Ledger(classes, margin, venue.inverse))
