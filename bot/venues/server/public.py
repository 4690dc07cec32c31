"""What everybody may see of an instrument besides its book: trades, funding, interest."""

from collections import deque
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from bot.model.event import FundingRate, LongShortRatio, OpenInterest
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_HOUR

DAY_NS = 24 * NS_PER_HOUR
TRADES_KEPT = 10_000
EVENTS_KEPT = 2_000
MINUTES_KEPT = 24 * 60
MINUTE_NS = NS_PER_HOUR // 60


class PublicTrade(Struct, frozen=True):
    """One trade. price: ticks; size: lots; sold: the buyer was the maker."""

    number: int
    price: int
    size: int
    at_ns: int
    sold: bool


class Minute(Struct):
    """A minute of trading: prices in ticks, lots, and their worth in ticks times lots."""

    start_ns: int
    opened: int
    high: int
    low: int
    closed: int
    lots: int
    worth: int
    first: int
    last: int
    first_ns: int


class Day(Struct, frozen=True):
    """The last 24 hours of an instrument; prices in ticks, `average` a fraction of them."""

    opened: int
    high: int
    low: int
    closed: int
    lots: int
    worth: int
    first: int
    last: int
    since_ns: int
    average: Fraction


class Public:
    """What is known of one instrument; None is unknown."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.trades: deque[PublicTrade] = deque(maxlen=TRADES_KEPT)
        self.minutes: deque[Minute] = deque(maxlen=MINUTES_KEPT)
        self.funding: FundingRate | None = None
        self.settled: deque[FundingRate] = deque(maxlen=EVENTS_KEPT)
        self.interest: deque[OpenInterest] = deque(maxlen=EVENTS_KEPT)
        self.ratios: deque[LongShortRatio] = deque(maxlen=EVENTS_KEPT)
        self.count = 0

    def trade(self, price: int, size: int, at_ns: int, *, sold: bool) -> PublicTrade:
        """A trade happened."""
        self.count += 1
        made = PublicTrade(self.count, price, size, at_ns, sold)
        self.trades.append(made)
        start = at_ns - at_ns % MINUTE_NS
        if not self.minutes or self.minutes[-1].start_ns != start:
            self.minutes.append(
                Minute(start, price, price, price, price, 0, 0, made.number, made.number, at_ns)
            )
        minute = self.minutes[-1]
        minute.high, minute.low = max(minute.high, price), min(minute.low, price)
        minute.closed, minute.last = price, made.number
        minute.lots += size
        minute.worth += size * price
        return made

    def day(self, now_ns: int) -> Day | None:
        """The last 24 hours; None while nothing has been traded in them."""
        minutes = [each for each in self.minutes if each.start_ns > now_ns - DAY_NS]
        if not minutes:
            return None
        lots, worth = sum(each.lots for each in minutes), sum(each.worth for each in minutes)
        return Day(
            minutes[0].opened,
            max(each.high for each in minutes),
            min(each.low for each in minutes),
            minutes[-1].closed,
            lots,
            worth,
            minutes[0].first,
            minutes[-1].last,
            minutes[0].first_ns,
            Fraction(worth, lots),
        )

    def hear(self, event: FundingRate | OpenInterest | LongShortRatio) -> None:
        """Something rarer than trades was published."""
        if isinstance(event, OpenInterest):
            self.interest.append(event)
        elif isinstance(event, LongShortRatio):
            self.ratios.append(event)
        elif event.settled:
            self.settled.append(event)
        else:
            self.funding = event

    def last_price(self) -> Decimal | None:
        """The price of the last trade."""
        return self.instrument.price(self.trades[-1].price) if self.trades else None
