"""What venues say of one option, onto the tape of its chain: one row a message, whoever sent it.

A venue may tell everything at once (Deribit's ticker) or in pieces (OKX: quotes, mark, volatility
and open interest each on a channel of their own); what a message does not say is left as it stood.
"""

import math
from typing import Final

import msgspec

from bot.errors import DataError, quoted
from bot.feeds.feed import Feed
from bot.feeds.grid import signed_decimal
from bot.feeds.market import Market
from bot.feeds.numerals import numeral
from bot.tape.tickers import UNQUOTED, ticker_event, valid

UNSAID: Final = frozenset({"", "null", "none", "nan"})
"""Texts that stand for no figure, in small letters."""

Side = tuple[str, str]
"""The price and the size of one side; a price that is unsaid or 0: that side is empty."""


class OptionMarket:
    """Tickers of one option; what a venue calculates comes as decimal text of its own unit."""

    def __init__(self, feed: Feed, market: Market) -> None:
        """market: knows the times of the same feed."""
        self._feed = feed
        self._market = market

    def tell(
        self,
        ts_recv: int,
        venue_ms: int,
        *,
        quote: tuple[Side, Side] | None = None,
        mark: str = "",
        mark_iv: str = "",
        mark_iv_whole: int = 1,
        underlying: str = "",
        open_interest: str = "",
    ) -> None:
        """Put what was said on the tape; DataError when a figure is none.

        quote: bid and ask; None: the message is not about them. A price off the grid leaves the
        quote out, counted as everywhere. mark: as the venue quotes it. mark_iv_whole: the
        figure that stands for a volatility of 1: 100 where it is percent. open_interest: in the
        contract's own unit.
        """
        flags = UNQUOTED
        ticks, lots = (0, 0), (0, 0)
        if quote is not None and (read := self._quote(quote)) is not None:
            ticks, lots, flags = *read, 0
        figures = (
            self._figure("mark", mark),
            self._figure("mark_iv", mark_iv, mark_iv_whole),
            self._figure("underlying", underlying),
            self._figure("open_interest", open_interest),
        )
        if flags and all(math.isnan(figure) for figure in figures):
            return
        self._feed.counters.tickers += 1
        ts_venue, estimated = self._market.stamp(ts_recv, venue_ms)
        self._feed.events.append(
            ticker_event(
                self._feed.instrument.id,
                ts_recv,
                ts_venue,
                flags | estimated,
                (*ticks, *lots),
                figures,
            )
        )

    def _quote(self, quote: tuple[Side, Side]) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Ticks and lots of both sides; None when a price cannot be told in ticks."""
        ticks: list[int] = []
        lots: list[int] = []
        for price, size in quote:
            count = 0 if _unsaid(price) else self._feed.price.ticks(price)
            if count is None:
                return None
            ticks.append(count)
            # Of an empty side and of a size that is not said it is the same: unknown.
            lots.append(0 if count == 0 or _unsaid(size) else self._feed.size.lots(size))
        return (ticks[0], ticks[1]), (lots[0], lots[1])

    def _figure(self, name: str, text: str, whole: int = 1) -> float:
        """A figure; NaN when it is unsaid, or 0 where that stands for none."""
        if _unsaid(text):
            return math.nan
        where = f"{self._feed.instrument.id} {name}"
        number = signed_decimal(numeral(msgspec.Raw(text.encode()), where), where)
        if number < 0:
            raise DataError(
                where, quoted(text), "a number >= 0", "leave the frame out: it is damaged"
            )
        value = float(number / whole)
        return value if valid(name, value) else math.nan


def _unsaid(text: str) -> bool:
    return text.lower() in UNSAID
