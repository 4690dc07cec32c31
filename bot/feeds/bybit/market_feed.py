"""Bybit's topics besides the book onto the tape."""

from collections import Counter
from collections.abc import Hashable
from typing import Final

from bot.errors import DataError, quoted
from bot.feeds.bybit import wire
from bot.feeds.feed import Feed
from bot.feeds.market import Market, Print
from bot.model.command import Side
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR, NS_PER_MS
from bot.tape.rows import INDEX, MARK

_TIME_DIGITS_MAX: Final = 13
_HOURS_DIGITS_MAX: Final = 3


class MarketFeed:
    """Trades, tickers and liquidations, one kind a method.

    Tickers tell what changed: the rate, its settlement and its interval are kept until then.
    """

    def __init__(self, feed: Feed, market: Market) -> None:
        """Nothing seen so far."""
        self._feed = feed
        self._market = market
        self._where = feed.instrument.id
        self._rate = ""
        self._settles_ns = 0
        self._interval_ns = feed.instrument.funding_interval_ns

    def trade(self, ts_recv: int, trade: wire.Trade) -> None:
        """A trade by its taker's side."""
        if trade.symbol != self._feed.symbol:
            self._feed.counters.foreign += 1
            return
        side = Side.BUY if trade.side == "Buy" else Side.SELL
        self._market.trade(
            ts_recv, Print(trade.id, trade.time_ms, side, trade.price, trade.size, trade.block)
        )

    def ticker(self, ts_recv: int, ticker: wire.Ticker) -> None:
        """Mark, index, open interest and funding, as far as they changed."""
        state = ticker.data
        told: dict[int, str | None] = {MARK: state.mark, INDEX: state.index}
        self._market.scalars(ts_recv, ticker.sent_ms, told)
        if state.interest:
            amount = self._market.number(state.interest, "open interest")
            self._market.interest(ts_recv, ticker.sent_ms, amount)
        if self._feed.instrument.kind is Kind.PERPETUAL:
            self._funding(ts_recv, ticker.sent_ms, state)

    def liquidations(self, ts_recv: int, told: list[wire.Forced]) -> None:
        """The orders that closed positions: each sold what was long.

        They have no number. Two in one message that are alike are two; a message that comes again
        tells the same ones.
        """
        alike: Counter[Hashable] = Counter()
        for forced in told:
            if forced.symbol != self._feed.symbol:
                self._feed.counters.foreign += 1
                continue
            order = forced.time_ms, forced.position, forced.price, forced.size
            alike[order] += 1
            self._market.liquidation(
                ts_recv,
                forced.time_ms,
                (order, alike[order]),
                Side.SELL if forced.position == "Buy" else Side.BUY,
                forced.price,
                forced.size,
                complete=True,
            )

    def _funding(self, ts_recv: int, sent_ms: int, state: wire.State) -> None:
        if state.hours:
            hours = self._whole(state.hours, _HOURS_DIGITS_MAX)
            self._interval_ns = hours * NS_PER_HOUR or None
        if state.settles:
            self._settles_ns = self._whole(state.settles, _TIME_DIGITS_MAX) * NS_PER_MS
        if state.cap:
            cap = self._market.number(state.cap, "funding cap")
            self._market.terms(ts_recv, sent_ms, interval_ns=self._interval_ns, floor=-cap, cap=cap)
        self._rate = state.rate or self._rate
        if self._rate and self._settles_ns:
            rate = self._market.number(self._rate, "funding rate")
            self._market.predicted(ts_recv, sent_ms, rate, self._settles_ns, self._interval_ns)

    def _whole(self, text: str, digits_max: int) -> int:
        if text.isdigit() and text.isascii() and len(text) <= digits_max:
            return int(text)
        raise DataError(
            f"{self._where} ticker",
            quoted(text[:40]),
            f"a whole number of at most {digits_max} digits",
            "leave the frame out: it is damaged",
        )
