"""OKX's channels besides the book onto the tape."""

from collections import Counter
from collections.abc import Hashable
from decimal import Decimal

from bot.feeds.feed import Feed
from bot.feeds.market import Market, Print
from bot.feeds.okx import wire
from bot.feeds.options import OptionMarket
from bot.model.command import Side
from bot.model.instrument import Kind
from bot.model.units import NS_PER_MS
from bot.tape.rows import INDEX, MARK


class MarketFeed:
    """One kind of message a method; those of other instruments are counted and left out."""

    def __init__(self, feed: Feed, market: Market) -> None:
        """Nothing seen so far."""
        self._feed = feed
        self._market = market
        self._option = OptionMarket(feed, market) if feed.instrument.kind is Kind.OPTION else None
        self._index = index_of(feed.symbol)
        self._intervals: dict[int, int | None] = {}

    def trade(self, ts_recv: int, trade: wire.Trade) -> None:
        """A trade; the venue sends the last one when a channel is subscribed."""
        if self._is_mine(trade.instrument):
            self._market.trade(
                ts_recv,
                Print(trade.id, trade.time_ms, side_of(trade.side), trade.price, trade.size),
            )

    def touch(self, ts_recv: int, ticker: wire.Ticker) -> None:
        """Best bid and ask of a ticker."""
        if self._is_mine(ticker.instrument):
            bid = ticker.bid_price, ticker.bid_size
            ask = ticker.ask_price, ticker.ask_size
            self._market.touch(ts_recv, ticker.time_ms, bid, ask)
            if self._option is not None:
                self._option.tell(ts_recv, ticker.time_ms, quote=(bid, ask))

    def mark(self, ts_recv: int, mark: wire.MarkPrice) -> None:
        """The mark price."""
        if self._is_mine(mark.instrument):
            self._market.scalars(ts_recv, mark.time_ms, {MARK: mark.mark})
            if self._option is not None:
                self._option.tell(ts_recv, mark.time_ms, mark=mark.mark)

    def summary(self, ts_recv: int, summary: wire.OptionSummary) -> None:
        """The volatility of an option's mark, as a fraction, and the forward of its expiry."""
        if self._is_mine(summary.instrument) and self._option is not None:
            self._option.tell(
                ts_recv, summary.time_ms, mark_iv=summary.mark_iv, underlying=summary.forward
            )

    def index(self, ts_recv: int, ticker: wire.IndexTicker) -> None:
        """The price of the index that the instrument follows."""
        if ticker.instrument != self._index:
            self._feed.counters.foreign += 1
            return
        self._market.scalars(ts_recv, ticker.time_ms, {INDEX: ticker.index})

    def funding(self, ts_recv: int, funding: wire.Funding) -> None:
        """The rate of the next settlement, that of the last, and the terms.

        The interval that a settlement ends is its distance to the one before; it differs by symbol,
        and changes. Where the one before is not said, as in older frames, the distance to the one
        after stands for it. What the last one ended is known if its turn was seen.
        """
        if not self._is_mine(funding.instrument):
            return
        market = self._market
        rate = market.number(funding.rate, "funding rate")
        settles_ns = funding.settles_ms * NS_PER_MS
        at_ns = (funding.settled_ms or 0) * NS_PER_MS
        apart_ns = settles_ns - at_ns if at_ns else (funding.next_ms or 0) * NS_PER_MS - settles_ns
        interval_ns = apart_ns if apart_ns > 0 else None
        ended_ns = self._intervals.get(at_ns)
        self._intervals = {settles_ns: interval_ns, at_ns: ended_ns}
        floor, cap = self._bound(funding.floor), self._bound(funding.cap)
        paid = self._bound(funding.settled_rate) if funding.settled_state == "settled" else None
        if floor is not None or cap is not None:
            market.terms(ts_recv, funding.time_ms, interval_ns=interval_ns, floor=floor, cap=cap)
        if paid is not None and funding.settled_ms:
            market.settled(ts_recv, funding.settled_ms, paid, at_ns, ended_ns)
        market.predicted(ts_recv, funding.time_ms, rate, settles_ns, interval_ns)

    def interest(self, ts_recv: int, interest: wire.OpenInterest) -> None:
        """Open interest, from contracts to base coins, or to quote when inverse.

        That of an option is told in its chain, in contracts.
        """
        if not self._is_mine(interest.instrument):
            return
        if self._option is not None:
            self._option.tell(ts_recv, interest.time_ms, open_interest=interest.contracts)
        else:
            contracts = self._market.number(interest.contracts, "open interest")
            amount = contracts * self._feed.instrument.contract_size
            self._market.interest(ts_recv, interest.time_ms, amount)

    def liquidations(self, ts_recv: int, told: wire.Liquidations) -> None:
        """Forced orders; OKX tells at most one a second and contract, and gives them no number."""
        if not self._is_mine(told.instrument):
            return
        alike: Counter[Hashable] = Counter()
        for order in told.orders:
            seen = order.time_ms, order.side, order.price, order.size
            alike[seen] += 1
            self._market.liquidation(
                ts_recv,
                order.time_ms,
                (seen, alike[seen]),
                side_of(order.side),
                order.price,
                order.size,
                complete=False,
            )

    def _bound(self, text: str) -> Decimal | None:
        return self._market.number(text, "funding rate") if text else None

    def _is_mine(self, instrument: str) -> bool:
        if instrument == self._feed.symbol:
            return True
        self._feed.counters.foreign += 1
        return False


def side_of(text: str) -> Side:
    """`buy` or `sell`."""
    return Side.BUY if text == "buy" else Side.SELL


def index_of(symbol: str) -> str:
    """The index that an instrument follows, by OKX's name of it: `BTC-USDT` of a swap on it."""
    return "-".join(symbol.split("-")[:2])
