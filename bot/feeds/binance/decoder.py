"""Binance's frames onto the tape: one decoder for each instrument, the same live and at import.

Depth goes through the compiled scan, small messages straight into their typed value; both are
chosen by the stream's name. Whatever does not fit there is looked at again without haste, by what
it says of itself: bare messages, REST snapshots, lists, and what is new to us.
"""

from typing import Final

import msgspec

from bot.feeds.binance import wire
from bot.feeds.binance.book_feed import BookFeed
from bot.feeds.binance.counters import Counters
from bot.feeds.binance.feed import Feed
from bot.feeds.binance.instruments import native_symbol
from bot.feeds.binance.market_feed import MarketFeed
from bot.feeds.binance.sync import State
from bot.feeds.grid import Prices, Sizes
from bot.feeds.reading import MALFORMED, Read, read
from bot.feeds.venue_time import VenueTime
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder

_STREAM_NAME_MAX: Final = 64
_BARE_DEPTH: Final = b'{"e":"depthUpdate"'
_VENUE: Final = "Binance"


class BinanceDecoder:
    """Frames of one instrument in, rows and events of the tape out.

    A frame that cannot be read raises DataError and leaves the tape as it was: the caller may
    go on with the next one, and a change of the book that was lost that way shows as a gap.
    """

    def __init__(
        self,
        instrument: Instrument,
        builder: BlockBuilder,
        events: list[Event],
        *,
        compiled: bool = True,
    ) -> None:
        """Decode into this builder, which holds this instrument only, and onto this list.

        compiled: False reads every depth frame with the plain decoder, the scan's oracle.
        """
        self.counters = Counters()
        self._where = instrument.id
        self._feed = Feed(
            instrument,
            native_symbol(instrument),
            Prices(f"{instrument.id} price", instrument.grid.tick, self.counters),
            Sizes(f"{instrument.id} size", instrument.lot, self.counters),
            builder,
            events,
            VenueTime(self.counters),
            self.counters,
        )
        self._book = BookFeed(self._feed, compiled)
        self._market = MarketFeed(self._feed)
        self._ts_recv = 0

    @property
    def synced(self) -> bool:
        """Whether a book stands; until then a depth snapshot is wanted."""
        return self._book.sync.state is not State.NO_BOOK

    def decode(self, ts_recv: int, frame: bytes) -> None:
        """Take in one frame, received at `ts_recv` by a clock that agrees with the venue's.

        Raises DataError when the frame is no JSON, lacks what its event must have, or carries
        a price or size off the instrument's grid.
        """
        self.counters.frames += 1
        if ts_recv < self._ts_recv:
            self.counters.clock_steps += 1
            ts_recv = self._ts_recv
        self._ts_recv = ts_recv
        at = frame.find(b"@", 0, _STREAM_NAME_MAX)
        stream = frame[at + 1 : frame.find(b'"', at)] if at > 0 else b""
        if stream in wire.DEPTH_STREAMS or frame.startswith(_BARE_DEPTH):
            if self._book.scan(ts_recv, frame):
                return
        elif reader := wire.SMALL_STREAMS.get(stream):
            try:
                message = reader.decode(frame).data
            except MALFORMED:
                pass  # looked at again below, where it can be said what is wrong
            else:
                self._market.take(ts_recv, message)
                return
        self._look_again(ts_recv, frame)

    def _look_again(self, ts_recv: int, frame: bytes) -> None:
        """Take a frame by what it says of itself."""
        head = self._read(wire.head, frame)
        if not (data := bytes(head.data)):
            self._message(ts_recv, frame, head, "")
        elif data.startswith(b"["):
            for item in self._read(wire.listed, data):
                text = bytes(item)
                self._message(ts_recv, text, self._read(wire.head, text), head.stream)
        else:
            self._message(ts_recv, data, self._read(wire.head, data), head.stream)

    def _message(self, ts_recv: int, text: bytes, head: wire.Head, stream: str) -> None:
        event = head.event
        if event is None and bytes(head.bid_size) and bytes(head.ask_size):
            event = "bookTicker"
        kind = stream.partition("@")[2]
        if event == "depthUpdate" and (not kind or kind.encode() in wire.DEPTH_STREAMS):
            self._change(ts_recv, text)
        elif event in wire.SMALL:
            self._market.take(ts_recv, self._read(wire.SMALL[event], text))
        elif event is None and not stream and bytes(head.last_id):
            self._snapshot(ts_recv, text)
        else:
            name = kind or event or "unnamed"
            self.counters.unknown_one(name)

    def _change(self, ts_recv: int, text: bytes) -> None:
        update = self._read(wire.depth_update, text)
        if update.symbol != self._feed.symbol:
            self.counters.foreign += 1
            return
        self.counters.fallbacks += 1
        self._book.change(ts_recv, update)

    def _snapshot(self, ts_recv: int, text: bytes) -> None:
        snapshot = self._read(wire.depth_snapshot, text)
        if snapshot.symbol not in (None, self._feed.symbol):
            self.counters.foreign += 1
            return
        self._book.snapshot(ts_recv, snapshot)

    def _read(self, reader: msgspec.json.Decoder[Read], text: bytes) -> Read:
        return read(reader, text, self._where, _VENUE)


def symbols_of(frame: bytes) -> tuple[str, ...]:
    """The symbol that a frame of a combined stream is about; none: it does not say, or of all."""
    at = frame.find(b'"stream":"', 0, _STREAM_NAME_MAX)
    if at < 0:
        return ()
    name = frame[at + 10 : frame.find(b"@", at + 10)]
    return () if name.startswith(b"!") else (name.decode(errors="replace").upper(),)
