"""Trades, touches, marks and liquidations onto the tape."""

from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from bot.feeds.binance.feed import Feed
from bot.feeds.binance.wire import AggregateTrade, BookTicker, ForceOrder, MarkPrice, Trade
from bot.feeds.grid import Grid, signed_decimal
from bot.feeds.recent import REPEAT_NS
from bot.feeds.turns import SettlementTurns
from bot.model.command import Side
from bot.model.event import FundingRate, Liquidation
from bot.model.units import NS_PER_MS
from bot.tape.rows import BUY, ESTIMATED_SETTLE, INDEX, MARK, SCALAR_SCALE, SELL

_MARKET: Final = "MARKET"


class MarketFeed:
    """What Binance sends besides depth, one kind of message a method."""

    def __init__(self, feed: Feed) -> None:
        """Nothing seen so far."""
        self._feed = feed
        self._scalar = Grid(f"{feed.instrument.id} mark price", 1 / Decimal(SCALAR_SCALE))
        self._trade_type: type[Struct] | None = None
        self._trade_id = -1
        self._update_id = -1
        self._funding: tuple[str, int] | None = None
        self._funding_ns = 0
        self._turns = SettlementTurns()
        self._take: Final[dict[type, Any]] = {
            Trade: self.trade,
            AggregateTrade: self.trade,
            BookTicker: self.touch,
            MarkPrice: self.mark,
            ForceOrder: self.liquidation,
        }

    def take(self, ts_recv: int, message: Struct) -> None:
        """Take in any of these messages."""
        self._take[type(message)](ts_recv, message)

    def trade(self, ts_recv: int, trade: Trade | AggregateTrade) -> None:
        """A trade as one row, by its aggressor's side: when the buyer made, the seller took.

        Whichever of `trade` and `aggTrade` comes first is followed: both tell the same trades.
        """
        feed, counters = self._feed, self._feed.counters
        if trade.symbol != feed.symbol:
            counters.foreign += 1
            return
        if type(trade) is not self._trade_type:
            if self._trade_type is not None:
                counters.second_source += 1
                return
            self._trade_type = type(trade)
        if trade.id <= self._trade_id:
            counters.duplicates += 1
            return
        price, size = feed.price.ticks(trade.price), feed.size.lots(trade.size)
        self._trade_id = trade.id
        if price is None:
            return
        if isinstance(trade, Trade) and trade.kind != _MARKET:
            counters.off_book_trades += 1
            return
        counters.trades += 1
        feed.venue_time.observe(ts_recv, trade.match_ms)
        ts_venue, flags = feed.venue_time.stamp(ts_recv, trade.match_ms)
        side = SELL if trade.buyer_is_maker else BUY
        feed.builder.trade(ts_recv, ts_venue, side, price, size, flags)

    def touch(self, ts_recv: int, ticker: BookTicker) -> None:
        """Best bid and ask as two rows; a side of size 0 is empty."""
        feed, counters = self._feed, self._feed.counters
        if ticker.symbol != feed.symbol:
            counters.foreign += 1
            return
        if ticker.update_id <= self._update_id:
            counters.duplicates += 1
            return
        bid, ask = feed.price.ticks(ticker.bid_price), feed.price.ticks(ticker.ask_price)
        bid_size, ask_size = feed.size.lots(ticker.bid_size), feed.size.lots(ticker.ask_size)
        self._update_id = ticker.update_id
        if bid is None or ask is None:
            return
        counters.touches += 1
        venue_ms = ticker.match_ms or ticker.event_ms
        feed.venue_time.observe(ts_recv, venue_ms)
        ts_venue, flags = feed.venue_time.stamp(ts_recv, venue_ms)
        feed.builder.touch(ts_recv, ts_venue, (bid, bid_size), (ask, ask_size), flags)

    def mark(self, ts_recv: int, mark: MarkPrice) -> None:
        """Mark, index and estimated settlement as scalars; the funding rate when it is news."""
        feed, counters = self._feed, self._feed.counters
        if mark.symbol != feed.symbol:
            counters.foreign += 1
            return
        stated = {MARK: mark.mark, INDEX: mark.index, ESTIMATED_SETTLE: mark.estimated_settle}
        values = {code: self._scalar.count(text) for code, text in stated.items() if text}
        rate = self._new_rate(ts_recv, mark)
        counters.marks += 1
        feed.venue_time.observe(ts_recv, mark.event_ms)
        ts_venue, flags = feed.venue_time.stamp(ts_recv, mark.event_ms)
        feed.builder.scalars(ts_recv, ts_venue, values, flags)
        if rate is not None:
            feed.events.append(
                FundingRate(
                    ts_recv=ts_recv,
                    ts_venue=ts_venue,
                    instrument=feed.instrument.id,
                    rate=rate,
                    settles_ns=mark.settles_ms * NS_PER_MS,
                    settled=False,
                    interval_ns=self._turns.interval_ns,
                )
            )

    def liquidation(self, ts_recv: int, forced: ForceOrder) -> None:
        """A forced order as an event: what was filled at its average, else what was asked."""
        feed, counters, order = self._feed, self._feed.counters, forced.order
        if order.symbol != feed.symbol:
            counters.foreign += 1
            return
        where = f"{feed.instrument.id} forceOrder"
        filled = signed_decimal(order.filled, where)
        price, size = (order.average_price, order.filled) if filled else (order.price, order.size)
        counters.liquidations += 1
        feed.venue_time.observe(ts_recv, order.match_ms)
        ts_venue, _ = feed.venue_time.stamp(ts_recv, order.match_ms)
        feed.events.append(
            Liquidation(
                ts_recv=ts_recv,
                ts_venue=ts_venue,
                instrument=feed.instrument.id,
                side=Side[order.side],
                price=signed_decimal(price, where),
                amount=signed_decimal(size, where),
                complete=False,
            )
        )

    def _new_rate(self, ts_recv: int, mark: MarkPrice) -> Decimal | None:
        """The predicted rate, if there is one and it is news; dated contracts send none.

        One that stands still is told again after half a minute: at the interest it stands for
        hours, and whoever minds its age must not take that for a lost stream.
        """
        if mark.settles_ms:
            self._turns.see(ts_recv, mark.settles_ms * NS_PER_MS)
        told = (mark.rate, mark.settles_ms)
        stands = told == self._funding and ts_recv - self._funding_ns < REPEAT_NS
        if stands or not mark.rate or not mark.settles_ms:
            return None
        rate = signed_decimal(mark.rate, f"{self._feed.instrument.id} funding rate")
        self._funding, self._funding_ns = told, ts_recv
        return rate
