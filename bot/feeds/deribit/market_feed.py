"""Deribit's channels besides the book onto the tape."""

from typing import Final

from msgspec import Raw

from bot.feeds.deribit import wire
from bot.feeds.feed import Feed
from bot.feeds.market import Market, Print
from bot.feeds.numerals import numeral, optional_numeral
from bot.feeds.options import OptionMarket
from bot.model.command import Side
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR, NS_PER_MS
from bot.tape.rows import ESTIMATED_SETTLE, INDEX, MARK

FUNDING_INTERVAL_NS: Final = 8 * NS_PER_HOUR
"""What Deribit's rates are quoted for; they are paid continuously."""
_PERCENT: Final = 100
_DAY_NS: Final = 24 * NS_PER_HOUR
_SESSION_NS: Final = 8 * NS_PER_HOUR  # what has accrued is booked at 08:00 UTC


class MarketFeed:
    """Trades, tickers and quotes, one kind a method."""

    def __init__(self, feed: Feed, market: Market) -> None:
        """Nothing seen so far."""
        self._feed = feed
        self._market = market
        self._option = OptionMarket(feed, market)
        self._where = feed.instrument.id

    def trade(self, ts_recv: int, trade: wire.Trade) -> None:
        """A trade, and the forced order of whichever side it closed."""
        price, amount = numeral(trade.price, self._where), numeral(trade.amount, self._where)
        taker = Side.BUY if trade.direction == "buy" else Side.SELL
        off_book = bool(trade.block or trade.combo or trade.combo_trade)
        printed = Print(trade.id, trade.time_ms, taker, price, amount, off_book)
        if not self._market.trade(ts_recv, printed):
            return
        for letter in trade.liquidation or "":
            if letter in "MT":
                self._market.liquidation(
                    ts_recv,
                    trade.time_ms,
                    (trade.id, letter),
                    taker if letter == "T" else taker.opposite,
                    price,
                    amount,
                    complete=True,
                    id=f"{trade.id} {letter}",
                )

    def quote(self, ts_recv: int, quote: wire.Quote) -> None:
        """Best bid and ask."""
        text = self._text
        self._market.touch(
            ts_recv,
            quote.time_ms,
            (text(quote.bid_price), text(quote.bid_amount)),
            (text(quote.ask_price), text(quote.ask_amount)),
        )

    def ticker(self, ts_recv: int, ticker: wire.Ticker) -> None:
        """Marks, open interest and the funding that accrues now.

        `current_funding` is this moment's rate for eight hours. `funding_8h` looks back over
        them, and would count every payment again and again: it is not read.
        """
        kind = self._feed.instrument.kind
        text = self._text
        told = {MARK: text(ticker.mark), INDEX: text(ticker.index)}
        if kind is Kind.FUTURE:
            told[ESTIMATED_SETTLE] = text(ticker.estimated)
        self._market.scalars(ts_recv, ticker.time_ms, dict(told))
        if kind is Kind.OPTION:
            self._tell_option(ts_recv, ticker)
            return
        if interest := text(ticker.interest):
            amount = self._market.number(interest, "open interest")
            self._market.interest(ts_recv, ticker.time_ms, amount)
        if kind is Kind.PERPETUAL and (funding := text(ticker.funding)):
            self._market.predicted(
                ts_recv,
                ticker.time_ms,
                self._market.number(funding, "funding rate"),
                session_end_ns(ticker.time_ms * NS_PER_MS),
                FUNDING_INTERVAL_NS,
            )

    def _tell_option(self, ts_recv: int, ticker: wire.Ticker) -> None:
        """The state of an option: prices in coin, or USDC of a linear one; percent a year.

        A ticker always says both sides: one without a price is empty. What has expired or is
        halted is quoted by nobody. The greeks are left out: we compute our own, of every option
        at one moment.
        """
        text = self._text
        if ticker.state not in ("", "open"):
            self._feed.counters.unknown_one(f"ticker, {ticker.state}")
            return
        self._option.tell(
            ts_recv,
            ticker.time_ms,
            quote=(
                (text(ticker.bid_price), text(ticker.bid_amount)),
                (text(ticker.ask_price), text(ticker.ask_amount)),
            ),
            mark=text(ticker.mark),
            mark_iv=text(ticker.mark_iv),
            mark_iv_whole=_PERCENT,
            underlying=text(ticker.underlying),
            open_interest=text(ticker.interest),
        )

    def _text(self, raw: Raw) -> str:
        return optional_numeral(raw, self._where)


def session_end_ns(ts_venue: int) -> int:
    """The next 08:00 UTC: when the funding that accrues at a time is booked."""
    return (ts_venue - _SESSION_NS) // _DAY_NS * _DAY_NS + _DAY_NS + _SESSION_NS
