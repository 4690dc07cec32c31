"""Bybit's frames onto the tape: one decoder for each instrument, the same live and at import."""

from typing import Final

import msgspec

from bot.feeds.arrival import Arrival
from bot.feeds.bybit import wire
from bot.feeds.bybit.book_feed import BookFeed
from bot.feeds.bybit.instruments import native_symbol
from bot.feeds.bybit.market_feed import MarketFeed
from bot.feeds.feed import feed_of
from bot.feeds.market import Market
from bot.feeds.reading import Read, read
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder

_VENUE: Final = "Bybit"


class BybitDecoder:
    """Frames of one instrument in, rows and events of the tape out.

    A topic does not say whether its symbol is of spot, linear or inverse contracts: the socket
    does, and each decoder gets the frames of its own. A frame that cannot be read raises
    DataError; what stood in it before the damage may be on the tape, and a change of the book
    that was lost that way shows as a gap.
    """

    def __init__(self, instrument: Instrument, builder: BlockBuilder, events: list[Event]) -> None:
        """Decode into this builder, which holds this instrument only, and onto this list."""
        self._feed = feed_of(instrument, native_symbol(instrument), builder, events)
        self.counters = self._feed.counters
        self._arrival = Arrival(self.counters)
        self._book = BookFeed(self._feed)
        self._market = MarketFeed(self._feed, Market(self._feed, self._arrival))
        self._followed = ""

    @property
    def synced(self) -> bool:
        """Whether a book stands; a new subscription brings one."""
        return self._book.book.standing

    def decode(self, ts_recv: int, frame: bytes) -> None:
        """Take in one frame; DataError when it is broken or off the instrument's grid."""
        ts_recv = self._arrival.take(ts_recv)
        head = self._read(wire.head, frame)
        kind, _, rest = head.topic.partition(".")
        if not head.topic:
            self.counters.control += 1
        elif rest.rpartition(".")[2] != self._feed.symbol:
            self.counters.foreign += 1
        elif kind == "orderbook":
            self._depth(ts_recv, frame, head.topic)
        elif kind in ("publicTrade", "trade"):
            for trade in self._read(wire.trades, frame).data:
                self._market.trade(ts_recv, trade)
        elif kind == "tickers":
            self._market.ticker(ts_recv, self._read(wire.ticker, frame))
        elif kind == "allLiquidation":
            self._market.liquidations(ts_recv, self._read(wire.liquidations, frame).data)
        else:
            self.counters.unknown_one(kind)

    def _depth(self, ts_recv: int, frame: bytes, topic: str) -> None:
        """One depth is followed, the first that comes: each counts its own updates."""
        self._followed = self._followed or topic
        if topic != self._followed:
            self.counters.second_source += 1
            return
        self._book.take(ts_recv, self._read(wire.depth, frame))

    def _read(self, reader: msgspec.json.Decoder[Read], text: bytes) -> Read:
        return read(reader, text, self._feed.instrument.id, _VENUE)


def symbols_of(frame: bytes) -> tuple[str, ...]:
    """The instrument that a frame is about, as Bybit writes it; none: of nobody."""
    try:
        topic = wire.head.decode(frame).topic
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
    return (topic.rpartition(".")[2],) if topic else ()
