"""Deribit's frames onto the tape: one decoder for each instrument, the same live and at import."""

from typing import Final

import msgspec

from bot.feeds.arrival import Arrival
from bot.feeds.deribit import wire
from bot.feeds.deribit.book_feed import BookFeed
from bot.feeds.deribit.instruments import native_symbol
from bot.feeds.deribit.market_feed import MarketFeed
from bot.feeds.feed import feed_of
from bot.feeds.market import Market
from bot.feeds.reading import Read, read
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder

_VENUE: Final = "Deribit"
_CHAINED_PARTS: Final = 3
"""`book.NAME.raw`: the book and its changes. Longer names are grouped, and repeat whole books."""


class DeribitDecoder:
    """Frames of one instrument in, rows and events of the tape out.

    A frame that cannot be read raises DataError; what stood in it before the damage may be on
    the tape. The caller may go on with the next one, and a change of the book that was lost that
    way shows as a gap.
    """

    def __init__(self, instrument: Instrument, builder: BlockBuilder, events: list[Event]) -> None:
        """Decode into this builder, which holds this instrument only, and onto this list."""
        self._feed = feed_of(instrument, native_symbol(instrument), builder, events)
        self.counters = self._feed.counters
        self._arrival = Arrival(self.counters)
        self._book = BookFeed(self._feed)
        self._market = MarketFeed(self._feed, Market(self._feed, self._arrival))

    @property
    def synced(self) -> bool:
        """Whether a book stands; a new subscription brings one."""
        return self._book.book.standing

    def decode(self, ts_recv: int, frame: bytes) -> None:
        """Take in one frame; DataError when it is broken or off the instrument's grid."""
        ts_recv = self._arrival.take(ts_recv)
        head = self._read(wire.head, frame)
        if head.method != "subscription":
            self.counters.control += 1
            return
        channel = head.params.channel
        kind, *rest = channel.split(".")
        if not rest or rest[0] != self._feed.symbol:
            self.counters.foreign += 1
        elif kind == "book" and len(rest) + 1 == _CHAINED_PARTS:
            self._book.take(ts_recv, self._read(wire.depth, frame).params.data)
        elif kind == "trades":
            for trade in self._read(wire.trades, frame).params.data:
                self._market.trade(ts_recv, trade)
        elif kind == "ticker":
            self._market.ticker(ts_recv, self._read(wire.ticker, frame).params.data)
        elif kind == "quote":
            self._market.quote(ts_recv, self._read(wire.quote, frame).params.data)
        else:
            self.counters.unknown_one(kind if kind != "book" else "grouped book")

    def _read(self, reader: msgspec.json.Decoder[Read], text: bytes) -> Read:
        return read(reader, text, self._feed.instrument.id, _VENUE)


def symbols_of(frame: bytes) -> tuple[str, ...]:
    """The instrument that a frame is about, as Deribit writes it; none: an answer or a notice."""
    try:
        parts = wire.head.decode(frame).params.channel.split(".")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
    return (parts[1],) if len(parts) > 1 else ()
