"""What was heard of one contract's funding: the rate of now, and those that became final."""

import math
from typing import Final

from msgspec import Struct

from bot.model.event import FeedLost, FundingRate, FundingTerms, InstrumentChanged, MarketEvent
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND

FUNDING_AGE_NS_MAX: Final = 120 * NS_PER_SECOND
RATE_PER_HOUR_MAX: Final = 0.05
"""Beyond any venue's cap (Hyperliquid: 4 % an hour): it must be in another unit."""


class Settlement(Struct, frozen=True):
    """A rate that will not change any more. assumed: nobody said that it was settled."""

    settles_ns: int
    rate: float
    interval_ns: int
    assumed: bool = False

    @property
    def per_8h(self) -> float:
        """As a fraction per 8 hours."""
        return 8.0 * self.rate * NS_PER_HOUR / self.interval_ns


class FundingTrack(Struct):
    """The last word on one contract's funding.

    interval_ns: as last heard, else of the contract's terms; None: nobody said, and then no
    rate can be compared. stated: whether a rate said it. faulty: reports that were refused, ever.
    """

    interval_ns: int | None = None
    stated: bool = False
    rate: float | None = None
    settles_ns: int = 0
    final: bool = False
    heard_ns: int | None = None
    said_ns: int = 0
    done_ns: int = 0
    waiting: Settlement | None = None
    faulty: int = 0
    faulty_ns: int = 0

    def hear(self, event: MarketEvent) -> tuple[Settlement, ...]:
        """Take in an event of this contract; what became final by it, oldest first."""
        if isinstance(event, FeedLost):
            self.heard_ns = None
        if isinstance(event, InstrumentChanged) and event.instrument.funding_interval_ns:
            self.interval_ns = event.instrument.funding_interval_ns
        # Rates that say their interval are nearer to it than terms that were asked for once, and
        # those nearer than a listing.
        if isinstance(event, FundingTerms) and event.interval_ns and not self.stated:
            self.interval_ns = event.interval_ns
        return self._take(event) if isinstance(event, FundingRate) else ()

    def per_hour(self) -> float | None:
        """The rate of now as a fraction per hour; None when rate or interval is unknown."""
        if self.rate is None or self.interval_ns is None:
            return None
        return self.rate * NS_PER_HOUR / self.interval_ns

    def per_8h(self) -> float | None:
        """The rate of now as a fraction per 8 hours; None when rate or interval is unknown."""
        hourly = self.per_hour()
        return None if hourly is None else 8.0 * hourly

    def age_ns(self, now_ns: int) -> int | None:
        """Since the rate was heard; None: never, or the feed was lost."""
        return None if self.heard_ns is None else now_ns - self.heard_ns

    def fresh(self, now_ns: int, age_ns_max: int = FUNDING_AGE_NS_MAX) -> bool:
        """Whether the rate was heard lately enough."""
        return self.heard_ns is not None and now_ns - self.heard_ns <= age_ns_max

    def _take(self, event: FundingRate) -> tuple[Settlement, ...]:
        rate = float(event.rate)
        given = event.interval_ns if event.interval_ns and event.interval_ns > 0 else None
        interval = given or self.interval_ns
        beyond = interval is not None and abs(rate) * NS_PER_HOUR / interval > RATE_PER_HOUR_MAX
        if beyond or not math.isfinite(rate):
            if event.ts_venue > self.faulty_ns:
                self.faulty, self.faulty_ns = self.faulty + 1, event.ts_venue
            return ()
        # Settlements are told late, and predictions of the next interval early.
        if event.settled:
            return self._settle(event, rate, interval)
        if event.ts_venue <= self.said_ns or event.settles_ns <= self.done_ns:
            return ()
        # A settlement brought forward lies ahead; one behind us is an old word told late.
        if event.settles_ns < self.settles_ns and event.settles_ns <= event.ts_venue:
            return ()
        final: tuple[Settlement, ...] = ()
        if event.settles_ns > self.settles_ns:
            if self.waiting is not None and self.waiting.settles_ns > self.done_ns:
                final = (self.waiting,)
                self.done_ns = self.waiting.settles_ns
            self.waiting = self._current()
        self._set(event, rate, interval, final=False)
        return final

    def _settle(
        self, event: FundingRate, rate: float, interval: int | None
    ) -> tuple[Settlement, ...]:
        if event.settles_ns <= self.done_ns:
            return ()
        found: tuple[Settlement, ...] = ()
        if self.waiting is not None and self.waiting.settles_ns < event.settles_ns:
            found = (self.waiting,)
        if self.waiting is not None and self.waiting.settles_ns <= event.settles_ns:
            self.waiting = None
        self.done_ns = event.settles_ns
        if interval is not None:
            found = (*found, Settlement(event.settles_ns, rate, interval))
        if event.settles_ns >= self.settles_ns:
            self._set(event, rate, interval, final=True)
        return found

    def _set(self, event: FundingRate, rate: float, interval: int | None, *, final: bool) -> None:
        self.rate, self.settles_ns, self.final = rate, event.settles_ns, final
        self.heard_ns, self.interval_ns = event.ts_recv, interval
        self.stated = self.stated or event.interval_ns is not None
        self.said_ns = max(self.said_ns, event.ts_venue)

    def _current(self) -> Settlement | None:
        """The rate of now as if it had been settled."""
        if self.rate is None or self.interval_ns is None or self.settles_ns <= self.done_ns:
            return None
        return Settlement(self.settles_ns, self.rate, self.interval_ns, assumed=True)
