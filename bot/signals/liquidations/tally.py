"""What was liquidated lately, of venues that say everything or of those that say a part."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, field

from bot.model.command import Side
from bot.model.event import (
    FeedLost,
    FeedRestored,
    InstrumentChanged,
    Liquidation,
    MarketEvent,
)
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_MS, NS_PER_SECOND, InstrumentId
from bot.signals.base import Terms
from bot.signals.plain.fading import FadingSum
from bot.signals.plain.robust import median_of
from bot.signals.plain.shape import positive

MINUTE_NS: Final = 60 * NS_PER_SECOND
TEN_MINUTES_NS: Final = 10 * MINUTE_NS
DAY_OF_MINUTES: Final = 1_440
STEP_NS: Final = 100 * NS_PER_MS
"""The last minute is summed by steps of this, however many orders a cascade brings."""
SEEN_MAX: Final = 256
"""So many numbered records back a second telling is noticed."""


class Contract(Struct, frozen=True):
    """What an order's amount is worth. size: coins of a unit of it, or quote when inverse."""

    size: float
    inverse: bool

    def worth(self, amount: float, price: float) -> float:
        """In quote."""
        return amount * self.size if self.inverse else amount * self.size * price


class Tally(Struct):
    """Signed worth of forced orders of one completeness, in quote; + is forced buying.

    complete: whether the records are all there are; the other kind is not counted here.
    contracts: by instrument, what its amounts are worth.
    recent: (time, worth) of the steps of the last minute. last: worth of the last order, signed.
    minutes: (minute, worth) of those of the last day in which there was any.
    """

    complete: bool
    contracts: dict[str, Contract]
    minute: FadingSum = field(default_factory=lambda: FadingSum(MINUTE_NS))
    ten: FadingSum = field(default_factory=lambda: FadingSum(TEN_MINUTES_NS))
    recent: list[tuple[int, float]] = field(default_factory=list)
    last: float | None = None
    minutes: list[tuple[int, float]] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    heard_ns: int | None = None
    foreign: int = 0
    faulty: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def listening(self) -> bool:
        """Whether silence means that nothing happened: something was heard, and no feed is lost."""
        return self.heard_ns is not None and not self.lost

    def hear(self, event: MarketEvent) -> float | None:
        """Take in an event; the signed worth of a forced order that was counted."""
        if isinstance(event, FeedLost) and str(event.instrument) not in self.lost:
            self.lost.append(str(event.instrument))
        if isinstance(event, FeedRestored) and str(event.instrument) in self.lost:
            self.lost.remove(str(event.instrument))
        if isinstance(event, InstrumentChanged):
            self.contracts[str(event.instrument.id)] = contract_of(event.instrument)
        return self.take(event) if isinstance(event, Liquidation) else None

    def take(self, event: Liquidation) -> float | None:
        """Count a forced order; its signed worth, None when it is not counted."""
        if event.id is not None:
            key = (str(event.instrument), event.id)
            if key in self.seen:
                return None
            self.seen.append(key)
            del self.seen[:-SEEN_MAX]
        if event.complete != self.complete:
            self.foreign += 1
            return None
        price, amount = float(event.price), float(event.amount)
        worth = self.contracts[str(event.instrument)].worth(amount, price)
        if not (positive(price) and positive(worth)):
            self.faulty += 1
            return None
        signed = worth if event.side is Side.BUY else -worth
        now = event.ts_recv
        self.heard_ns, self.last = now, signed
        self.minute.add(now, signed)
        self.ten.add(now, signed)
        if self.recent and self.recent[-1][0] // STEP_NS == now // STEP_NS:
            self.recent[-1] = (now, self.recent[-1][1] + worth)
        else:
            self.recent = [each for each in self.recent if now - each[0] < MINUTE_NS]
            self.recent.append((now, worth))
        self._count_minute(now // MINUTE_NS, worth)
        return signed

    def last_minute(self, now_ns: int) -> float:
        """The worth of the last minute, both sides together."""
        return sum(worth for t, worth in self.recent if now_ns - t < MINUTE_NS)

    def baseline(self, now_ns: int) -> float | None:
        """The median worth of the minutes of the last day in which there was any, before this.

        None when there was none.
        """
        now = now_ns // MINUTE_NS
        past = sorted(worth for at, worth in self.minutes if now - DAY_OF_MINUTES <= at < now)
        return median_of(past) if past else None

    def ratio(self, now_ns: int) -> float | None:
        """The last minute over the usual one; None when nothing is usual yet."""
        usual = self.baseline(now_ns)
        return None if not usual else self.last_minute(now_ns) / usual

    def _count_minute(self, minute: int, worth: float) -> None:
        if self.minutes and self.minutes[-1][0] == minute:
            self.minutes[-1] = (minute, self.minutes[-1][1] + worth)
            return
        self.minutes = [each for each in self.minutes if each[0] >= minute - DAY_OF_MINUTES]
        self.minutes.append((minute, worth))


def tally_for(complete: bool, instruments: Iterable[InstrumentId], terms: Terms) -> Tally:
    """A tally of these contracts that has heard nothing."""
    return Tally(complete, {str(name): contract_of(terms.instrument(name)) for name in instruments})


def contract_of(instrument: Instrument) -> Contract:
    """What amounts of an instrument are worth."""
    return Contract(float(instrument.contract_size), instrument.inverse)
