"""Open interest of one coin over several venues, as one series that no venue can break."""

import math
from typing import Final

from msgspec import Struct, field

from bot.model.event import FeedLost, InstrumentChanged, MarketEvent, OpenInterest
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.series import Series
from bot.signals.plain.unit_guard import UnitGuard, Verdict

INTEREST_AGE_S_MAX: Final = 90.0
"""How old open interest may be: Binance's REST answer is polled once a minute."""
FIVE_MINUTES_NS: Final = 300 * NS_PER_SECOND
HOUR_NS: Final = NS_PER_HOUR
DAY_NS: Final = 24 * NS_PER_HOUR
WEEK_OF_FIVE_MINUTES: Final = 2_016


class VenueInterest(Struct):
    """What one venue last said. amount: base coins, or quote when the contract is inverse.

    heard_ns: of when the amount was so; None while the feed is lost. A history that is fetched
    now is as old as what it tells.
    """

    inverse: bool
    guard: UnitGuard = field(default_factory=UnitGuard)
    amount: float | None = None
    heard_ns: int | None = None
    said_ns: int | None = None

    def take(self, event: OpenInterest) -> Verdict | None:
        """Take in a report; None when it was heard before."""
        amount = float(event.amount)
        if self.said_ns is not None and event.ts_venue <= self.said_ns:
            return None
        self.said_ns = event.ts_venue
        verdict = self.guard.judge(amount)
        if verdict is not Verdict.REFUSED:
            self.amount, self.heard_ns = amount, min(event.ts_venue, event.ts_recv)
        return verdict

    def renewed(self, inverse: bool) -> "VenueInterest":
        """What is left of it when the contract's terms have changed: what was told already."""
        return VenueInterest(inverse, said_ns=self.said_ns)

    def fresh(self, now_ns: int, age_ns_max: int) -> bool:
        """Whether it was heard lately enough."""
        return self.heard_ns is not None and now_ns - self.heard_ns <= age_ns_max

    def coins(self, price: float | None) -> float | None:
        """Base coins; an inverse contract needs a price for that."""
        if self.amount is None or not self.inverse:
            return self.amount
        return self.amount / price if price else None


class Interest(Struct):
    """The growth of open interest over the venues that are there before and after each report.

    A venue that falls silent or returns links with a growth of nothing, so that its absence is
    no crash and its return no boom. Inverse contracts count in coins at the price of the
    moment on both sides of a link: the price moves nothing.
    """

    venues: dict[InstrumentId, VenueInterest]
    age_ns_max: int
    growth: Series = field(default_factory=lambda: Series(DAY_NS, 60 * NS_PER_SECOND))
    level: float = 0.0
    window: RobustWindow = field(default_factory=lambda: RobustWindow(WEEK_OF_FIVE_MINUTES))
    z: float | None = None
    sampled: int | None = None

    def hear(self, event: MarketEvent, price: float | None) -> bool:
        """Take in an event; whether a new report of open interest was admitted."""
        if isinstance(event, InstrumentChanged) and event.instrument.id in self.venues:
            known = self.venues[event.instrument.id]
            self.venues[event.instrument.id] = known.renewed(event.instrument.inverse)
            return False
        if isinstance(event, FeedLost) and event.instrument in self.venues:
            self.venues[event.instrument].heard_ns = None
            return False
        if not isinstance(event, OpenInterest) or event.instrument not in self.venues:
            return False
        venue = self.venues[event.instrument]
        now = event.ts_recv
        # One contract alone is compared with itself, however long ago, and in its own unit.
        alone = len(self.venues) == 1
        linked = alone or venue.fresh(now, self.age_ns_max)
        price = 1.0 if alone else price
        before = venue.coins(price)
        total = before if alone else self.coins(now, price)
        verdict = venue.take(event)
        if verdict is None or verdict is Verdict.REFUSED:
            return False
        after = venue.coins(price)
        if linked and verdict is Verdict.ADMITTED and total and before and after:
            self.level += math.log1p((after - before) / total)
        self.growth.add(now, self.level)
        self._standardise(now)
        return True

    def coins(self, now_ns: int, price: float | None) -> float | None:
        """Base coins of the venues that are fresh; None when none is."""
        heard = [v.coins(price) for v in self.venues.values() if v.fresh(now_ns, self.age_ns_max)]
        seen = [coins for coins in heard if coins is not None]
        return sum(seen) if seen else None

    def change(self, now_ns: int, over_ns: int) -> float | None:
        """Growth over a span, as a fraction; None while the span is not covered."""
        # A report a little older than the span's start stands for it; one much older does not.
        moved = self.growth.change(now_ns, over_ns, self.age_ns_max + over_ns // 5)
        return None if moved is None else math.expm1(moved)

    def fresh(self, now_ns: int) -> int:
        """How many venues are fresh."""
        return sum(venue.fresh(now_ns, self.age_ns_max) for venue in self.venues.values())

    def age_ns(self, now_ns: int) -> int | None:
        """Since the newest report; None: never."""
        heard = [v.heard_ns for v in self.venues.values() if v.heard_ns is not None]
        return now_ns - max(heard) if heard else None

    def suspects(self) -> int:
        """How many venues' last reports were refused for their magnitude."""
        return sum(venue.guard.refused > 0 for venue in self.venues.values())

    def _standardise(self, now: int) -> None:
        """Once every five minutes, compare the growth of five minutes with a week of them."""
        step = now // FIVE_MINUTES_NS
        grown = self.change(now, FIVE_MINUTES_NS)
        if self.sampled is not None and step <= self.sampled:
            return
        if grown is not None:
            self.sampled = step
            self.z = self.window.take(grown)


def interest_of(venues: dict[InstrumentId, bool], age_s_max: float) -> Interest:
    """A series over these instruments, by whether each is inverse."""
    return Interest(
        {name: VenueInterest(inverse) for name, inverse in venues.items()},
        round(age_s_max * NS_PER_SECOND),
    )
