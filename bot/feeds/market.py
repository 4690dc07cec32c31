"""What venues send besides the book, onto the tape: one kind a method, whoever sent it."""

from collections.abc import Hashable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.errors import DataError, quoted
from bot.feeds.arrival import Arrival
from bot.feeds.feed import Feed
from bot.feeds.grid import Grid, signed_decimal
from bot.feeds.recent import News, Seen
from bot.model.command import Side
from bot.model.event import FundingRate, FundingTerms, Liquidation, OpenInterest
from bot.tape.rows import SCALAR_SCALE

_SCALAR: Final = 1 / Decimal(SCALAR_SCALE)


class Print(Struct, frozen=True):
    """One trade as a venue tells it. side: the aggressor's. off_book: it met no resting order."""

    id: Hashable
    venue_ms: int
    side: Side
    price: str
    size: str
    off_book: bool = False


class Market:
    """Trades, touches, scalars and rare values of one instrument."""

    def __init__(self, feed: Feed, arrival: Arrival) -> None:
        """Nothing seen so far."""
        self._feed = feed
        self._arrival = arrival
        self._scalar = Grid(f"{feed.instrument.id} scalar", _SCALAR)
        self._trades = Seen()
        self._liquidations = Seen()
        self._settled = Seen()
        self._interest = News()
        self._funding = News()
        self._terms: FundingTerms | None = None

    def trade(self, ts_recv: int, told: Print) -> bool:
        """A trade as one row, by its aggressor's side; whether it is news, and of our time."""
        feed, counters = self._feed, self._feed.counters
        price, size = feed.price.ticks(told.price), feed.size.lots(told.size)
        if price == 0 or size == 0:
            raise DataError(
                f"{feed.instrument.id} trade",
                f"{quoted(told.size)} at {quoted(told.price)}",
                "a price and a size > 0",
                "leave the frame out: it is damaged",
            )
        if self._trades.again(told.id):
            counters.duplicates += 1
            return False
        if self._arrival.is_backlog(told.venue_ms):
            counters.backlog += 1
            return False
        if told.off_book:
            counters.off_book_trades += 1
        elif price is not None:
            counters.trades += 1
            ts_venue, flags = self.stamp(ts_recv, told.venue_ms)
            feed.builder.trade(ts_recv, ts_venue, int(told.side), price, size, flags)
        return True

    def touch(
        self, ts_recv: int, venue_ms: int, bid: tuple[str, str], ask: tuple[str, str]
    ) -> None:
        """Best bid and ask, each price and size; an empty text or price 0: that side is empty."""
        bid_row, ask_row = self._side(bid), self._side(ask)
        if bid_row is None or ask_row is None:
            return
        self._feed.counters.touches += 1
        ts_venue, flags = self.stamp(ts_recv, venue_ms)
        self._feed.builder.touch(ts_recv, ts_venue, bid_row, ask_row, flags)

    def scalars(self, ts_recv: int, venue_ms: int, told: dict[int, str | None]) -> None:
        """Mark, index and the like by field; what is not said is left out, finer is rounded."""
        values = {field: self._fixed(text) for field, text in told.items() if text}
        if not values:
            return
        self._feed.counters.marks += 1
        ts_venue, flags = self.stamp(ts_recv, venue_ms)
        self._feed.builder.scalars(ts_recv, ts_venue, values, flags)

    def interest(self, ts_recv: int, venue_ms: int, amount: Decimal) -> None:
        """Open interest in base coins, or quote of an inverse contract, when it is news."""
        if amount < 0:
            raise self._odd("open interest", amount, "a number ≥ 0")
        if self._interest.is_due(ts_recv, amount):
            ts_venue, _ = self.stamp(ts_recv, venue_ms)
            self._feed.events.append(
                OpenInterest(
                    ts_recv=ts_recv,
                    ts_venue=ts_venue,
                    instrument=self._feed.instrument.id,
                    amount=amount,
                )
            )

    def predicted(
        self, ts_recv: int, venue_ms: int, rate: Decimal, settles_ns: int, interval_ns: int | None
    ) -> None:
        """The rate that is to be paid at `settles_ns`, when it is news."""
        if self._funding.is_due(ts_recv, (rate, settles_ns)):
            self._tell_rate(ts_recv, venue_ms, rate, settles_ns, interval_ns, settled=False)

    def settled(
        self, ts_recv: int, venue_ms: int, rate: Decimal, settles_ns: int, interval_ns: int | None
    ) -> None:
        """The rate that was paid at `settles_ns`, once."""
        if not self._settled.again(settles_ns):
            self._tell_rate(ts_recv, venue_ms, rate, settles_ns, interval_ns, settled=True)

    def terms(
        self,
        ts_recv: int,
        venue_ms: int,
        *,
        interval_ns: int | None,
        floor: Decimal | None,
        cap: Decimal | None,
    ) -> None:
        """Interval, floor and cap of the funding, when they changed."""
        before = self._terms
        if before and (before.interval_ns, before.floor, before.cap) == (interval_ns, floor, cap):
            return
        ts_venue, _ = self.stamp(ts_recv, venue_ms)
        self._terms = FundingTerms(
            ts_recv=ts_recv,
            ts_venue=ts_venue,
            instrument=self._feed.instrument.id,
            interval_ns=interval_ns,
            floor=floor,
            cap=cap,
        )
        self._feed.events.append(self._terms)

    def liquidation(
        self,
        ts_recv: int,
        venue_ms: int,
        number: Hashable,
        side: Side,
        price: str,
        size: str,
        *,
        complete: bool,
        id: str | None = None,
    ) -> None:
        """A forced order by its own side, once.

        number: tells a repetition from another order. id: the venue's own, where it has one.
        """
        where = f"{self._feed.instrument.id} liquidation"
        paid, amount = signed_decimal(price, where), signed_decimal(size, where)
        if paid <= 0 or amount <= 0:
            raise self._odd("liquidation", f"{size} at {price}", "a price and a size > 0")
        if self._liquidations.again(number):
            self._feed.counters.duplicates += 1
            return
        self._feed.counters.liquidations += 1
        ts_venue, _ = self.stamp(ts_recv, venue_ms)
        self._feed.events.append(
            Liquidation(
                ts_recv=ts_recv,
                ts_venue=ts_venue,
                instrument=self._feed.instrument.id,
                side=side,
                price=paid,
                amount=amount,
                complete=complete,
                id=id,
            )
        )

    def number(self, text: str, name: str) -> Decimal:
        """A signed decimal of a field, a rate or an amount; DataError when it is none."""
        return signed_decimal(text, f"{self._feed.instrument.id} {name}")

    def _tell_rate(
        self,
        ts_recv: int,
        venue_ms: int,
        rate: Decimal,
        settles_ns: int,
        interval_ns: int | None,
        *,
        settled: bool,
    ) -> None:
        # A payment is stamped with its own time, whenever it is told: that is no latency.
        stamp = self._feed.venue_time.stamp if settled else self.stamp
        ts_venue, _ = stamp(ts_recv, venue_ms)
        self._feed.events.append(
            FundingRate(
                ts_recv=ts_recv,
                ts_venue=ts_venue,
                instrument=self._feed.instrument.id,
                rate=rate,
                settles_ns=settles_ns,
                settled=settled,
                interval_ns=interval_ns,
            )
        )

    def _side(self, told: tuple[str, str]) -> tuple[int, int] | None:
        """One side of the touch; None when its price is off the grid."""
        price, size = told
        if not price:
            return 0, 0
        ticks, lots = self._feed.price.ticks(price), self._feed.size.lots(size or "0")
        if ticks is None:
            return None
        return (ticks, lots) if ticks else (0, 0)

    def _fixed(self, text: str) -> int:
        """A price in 1e-8 of its unit, rounded half up when the venue is finer."""
        whole, point, fraction = text.partition(".")
        if len(fraction) <= 8:
            return self._scalar.count(text)
        signed_decimal(text, self._scalar.where)  # or the rest would not be looked at
        return self._scalar.count(whole + point + fraction[:8]) + (fraction[8] >= "5")

    def stamp(self, ts_recv: int, venue_ms: int) -> tuple[int, int]:
        """`ts_venue` and flags of a message; one of our time teaches the latency."""
        if not self._arrival.is_backlog(venue_ms):  # what is sent for a start tells no latency
            self._feed.venue_time.observe(ts_recv, venue_ms)
        return self._feed.venue_time.stamp(ts_recv, venue_ms)

    def _odd(self, name: str, seen: object, expected: str) -> DataError:
        return DataError(
            f"{self._feed.instrument.id} {name}",
            str(seen),
            expected,
            "leave the frame out: it is damaged",
        )
