"""BitMEX's tables besides the book onto the tape."""

from collections.abc import Callable
from typing import Any

from msgspec import Raw

from bot.feeds.bitmex import wire
from bot.feeds.bitmex.times import milliseconds, span_ns
from bot.feeds.feed import Feed
from bot.feeds.market import Market, Print
from bot.feeds.numerals import numeral, optional_numeral
from bot.model.command import Side
from bot.model.units import NS_PER_MS
from bot.tape.rows import INDEX, MARK


class MarketFeed:
    """One table a method, row by row."""

    def __init__(self, feed: Feed, market: Market) -> None:
        """Nothing seen so far."""
        self._feed = feed
        self._market = market
        self._where = feed.instrument.id
        self._rate = ""
        self._settles = ""
        self._interval_ns: int | None = None
        instrument = feed.instrument
        # A quanto contract stands for no amount of its base: its interest cannot be told in it.
        self._countable = instrument.settle in (instrument.base, instrument.quote)
        self._tables: dict[str, Callable[[int, wire.Action, Any], None]] = {
            "trade": self.trade,
            "quote": self.quote,
            "instrument": self.state,
            "funding": self.funding,
            "liquidation": self.liquidation,
        }

    def take(self, ts_recv: int, table: str, action: wire.Action, row: Any) -> None:
        """Take in a row of any of these tables."""
        self._tables[table](ts_recv, action, row)

    def trade(self, ts_recv: int, action: wire.Action, row: wire.Trade) -> None:
        """A trade; those of the partial were made before anybody listened."""
        if action == "partial":
            self._feed.counters.backlog += 1
            return
        self._market.trade(
            ts_recv,
            Print(
                row.id,
                self._ms(row.timestamp),
                Side.SELL if row.side == "Sell" else Side.BUY,
                numeral(row.price, self._where),
                numeral(row.size, self._where),
                off_book=row.kind != "Regular" or not row.side,
            ),
        )

    def quote(self, ts_recv: int, action: wire.Action, row: wire.Quote) -> None:
        """Best bid and ask."""
        del action
        text = self._text
        self._market.touch(
            ts_recv,
            self._ms(row.timestamp),
            (text(row.bid_price), text(row.bid_size)),
            (text(row.ask_price), text(row.ask_size)),
        )

    def state(self, ts_recv: int, action: wire.Action, row: wire.State) -> None:
        """Mark, index, interest and the rate of the coming settlement, as far as they changed.

        `fundingRate` is fixed eight hours ahead of its payment; `indicativeFundingRate`, that of
        the payment after, is still moving and is not read.
        """
        del action
        venue_ms = self._ms(row.timestamp) if row.timestamp else 0
        told: dict[int, str | None] = {MARK: self._text(row.mark), INDEX: self._text(row.index)}
        self._market.scalars(ts_recv, venue_ms, told)
        interest = self._text(row.interest)
        if interest and self._countable:
            contracts = self._market.number(interest, "open interest")
            amount = contracts * self._feed.instrument.contract_size
            self._market.interest(ts_recv, venue_ms, amount)
        self._rate = self._text(row.rate) or self._rate
        self._settles = row.settles or self._settles
        self._interval_ns = span_ns(row.interval, self._where) or self._interval_ns
        if self._rate and self._settles:
            settles_ns = self._ms(self._settles) * NS_PER_MS
            rate = self._market.number(self._rate, "funding rate")
            self._market.predicted(ts_recv, venue_ms, rate, settles_ns, self._interval_ns)

    def funding(self, ts_recv: int, action: wire.Action, row: wire.Funding) -> None:
        """A rate that was paid at the row's time."""
        del action
        venue_ms = self._ms(row.timestamp)
        rate = self._market.number(numeral(row.rate, self._where), "funding rate")
        interval_ns = span_ns(row.interval, self._where)
        self._market.settled(ts_recv, venue_ms, rate, venue_ms * NS_PER_MS, interval_ns)

    def liquidation(self, ts_recv: int, action: wire.Action, row: wire.Liquidation) -> None:
        """A forced order, when it comes to the book; what becomes of it then are trades."""
        if action in ("update", "delete") or row.side is None:
            return
        self._market.liquidation(
            ts_recv,
            0,
            row.id,
            Side.BUY if row.side == "Buy" else Side.SELL,
            numeral(row.price, self._where),
            numeral(row.size, self._where),
            complete=True,
            id=str(row.id),
        )

    def _ms(self, text: str) -> int:
        return milliseconds(text, self._where)

    def _text(self, raw: Raw) -> str:
        return optional_numeral(raw, self._where)
