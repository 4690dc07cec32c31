"""BitMEX's frames onto the tape: one decoder for each instrument, the same live and at import."""

from typing import Final

import msgspec

from bot.feeds.arrival import Arrival
from bot.feeds.bitmex import wire
from bot.feeds.bitmex.book_feed import BookFeed
from bot.feeds.bitmex.instruments import native_symbol
from bot.feeds.bitmex.market_feed import MarketFeed
from bot.feeds.feed import feed_of
from bot.feeds.market import Market
from bot.feeds.reading import Read, read
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder

_VENUE: Final = "BitMEX"
_BOOK: Final = "orderBookL2"
"""The whole book. `orderBookL2_25` and `orderBook10` are parts of it."""


class BitmexDecoder:
    """Frames of one instrument in, rows and events of the tape out.

    A frame that cannot be read raises DataError, and the caller may go on with the next one. If
    it was one of the book, the book is lost until the next partial: no number would show it.
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
        if frame == b"pong":
            self.counters.control += 1
            return
        head = self._read(wire.head, frame)
        if not head.table:
            self.counters.control += 1
        elif head.table == _BOOK:
            self._levels(ts_recv, frame, head)
        elif reader := wire.TABLES.get(head.table):
            message = self._read(reader, frame)
            for row in message.data:
                if row.symbol == self._feed.symbol:
                    self._market.take(ts_recv, head.table, message.action, row)
                else:
                    self.counters.foreign += 1
        else:
            self.counters.unknown_one(head.table)

    def _levels(self, ts_recv: int, frame: bytes, head: wire.Head) -> None:
        message = self._read(wire.levels, frame)
        mine = [row for row in message.data if row.symbol == self._feed.symbol]
        if mine or (message.action == "partial" and head.filter.symbol == self._feed.symbol):
            self._book.take(ts_recv, message.action, mine)
        else:
            self.counters.foreign += 1

    def _read(self, reader: msgspec.json.Decoder[Read], text: bytes) -> Read:
        return read(reader, text, self._feed.instrument.id, _VENUE)


def symbols_of(frame: bytes) -> tuple[str, ...]:
    """The instruments that a frame is about, as BitMEX writes them; none: of nobody."""
    try:
        told = wire.head.decode(frame)
        if not told.table:
            return ()
        rows = wire.symbols.decode(frame).data
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
    return tuple(sorted({row.symbol for row in rows} or {told.filter.symbol}))
