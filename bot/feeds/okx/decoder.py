"""OKX's frames onto the tape: one decoder for each instrument, the same live and at import."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec

from bot.feeds.arrival import Arrival
from bot.feeds.feed import feed_of
from bot.feeds.market import Market
from bot.feeds.okx import wire
from bot.feeds.okx.book_feed import BookFeed
from bot.feeds.okx.instruments import VENUE, native_symbol
from bot.feeds.okx.market_feed import MarketFeed
from bot.feeds.reading import Read, read
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder

BOOKS: Final = frozenset({"books", "books-l2-tbt", "books50-l2-tbt"})
"""Channels of changes. `books5` and `bbo-tbt` repeat the best levels, and would break a book."""

_VENUE: Final = "OKX"
_Take = Callable[[int, Any], None]


class OkxDecoder:
    """Frames of one instrument in, rows and events of the tape out.

    A frame that cannot be read raises DataError; the caller may go on with the next one, and a
    change of the book that was lost that way shows as a gap.
    """

    def __init__(self, instrument: Instrument, builder: BlockBuilder, events: list[Event]) -> None:
        """Decode into this builder, which holds this instrument only, and onto this list."""
        self._feed = feed_of(instrument, native_symbol(instrument), builder, events)
        self.counters = self._feed.counters
        self._arrival = Arrival(self.counters)
        self._book = BookFeed(self._feed)
        market = MarketFeed(self._feed, Market(self._feed, self._arrival))
        self._followed: str | None = None
        self._channels: dict[str, tuple[msgspec.json.Decoder[Any], _Take]] = {
            "trades": (wire.trades, market.trade),
            "trades-all": (wire.trades, market.trade),
            "tickers": (wire.tickers, market.touch),
            "mark-price": (wire.marks, market.mark),
            "index-tickers": (wire.indices, market.index),
            "funding-rate": (wire.fundings, market.funding),
            "opt-summary": (wire.summaries, market.summary),
            "open-interest": (wire.interests, market.interest),
            "liquidation-orders": (wire.liquidations, market.liquidations),
        }

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
        channel = head.subject.channel
        if head.event:
            self.counters.control += 1
        elif channel in BOOKS:
            self._depth(ts_recv, frame, head)
        elif channel in self._channels:
            reader, take = self._channels[channel]
            if head.subject.instrument:
                items = self._read(reader, frame).data
            else:
                items = _by_instrument(reader, frame).get(self._feed.symbol, [])
            for item in items:
                take(ts_recv, item)
        else:
            self.counters.unknown_one(channel or "unnamed")

    def _depth(self, ts_recv: int, frame: bytes, head: wire.Head) -> None:
        if head.subject.instrument != self._feed.symbol:
            self.counters.foreign += 1
            return
        self._followed = self._followed or head.subject.channel
        if head.subject.channel != self._followed:
            self.counters.second_source += 1
            return
        for depth in self._read(wire.depth, frame).data:
            if head.action == "snapshot":
                self._book.snapshot(ts_recv, depth)
            elif head.action == "update":
                self._book.change(ts_recv, depth)
            else:
                self.counters.unknown_one(f"books {head.action}")

    def _read(self, reader: msgspec.json.Decoder[Read], text: bytes) -> Read:
        return read(reader, text, self._feed.instrument.id, _VENUE)


@lru_cache(maxsize=2)
def _by_instrument(reader: msgspec.json.Decoder[Any], frame: bytes) -> dict[str, list[Any]]:
    """What a message of a family says of each; read once, for all its decoders are given it."""
    found: dict[str, list[Any]] = {}
    for item in read(reader, frame, VENUE, _VENUE).data:
        found.setdefault(item.instrument, []).append(item)
    return found


def symbols_of(frame: bytes) -> tuple[str, ...]:
    """The instruments that a frame is about, as OKX writes them; none: of nobody.

    A channel of a family or a type of contract names them in its items only.
    """
    try:
        subject = wire.head.decode(frame).subject
        if subject.instrument or not subject.channel:
            return (subject.instrument,)
        return tuple(sorted({one.instrument for one in wire.named.decode(frame).data}))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
