"""Hyperliquid's frames onto the tape: one decoder for each instrument, live and at import."""

from typing import Final

import msgspec

from bot.feeds.arrival import Arrival
from bot.feeds.book import Book
from bot.feeds.feed import feed_of
from bot.feeds.hyperliquid import wire
from bot.feeds.hyperliquid.instruments import FUNDING_INTERVAL_NS, native_symbol
from bot.feeds.market import Market, Print
from bot.feeds.reading import Read, read
from bot.model.command import Side
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder
from bot.tape.rows import INDEX, MARK

_VENUE: Final = "Hyperliquid"
_CONTROL: Final = frozenset({"subscriptionResponse", "pong", "error"})


class HyperliquidDecoder:
    """Frames of one instrument in, rows and events of the tape out.

    Every book is whole, twenty levels a side: none can be missing, and an older one is left out.
    A frame that cannot be read raises DataError; what stood in it before the damage may be on
    the tape.
    """

    def __init__(self, instrument: Instrument, builder: BlockBuilder, events: list[Event]) -> None:
        """Decode into this builder, which holds this instrument only, and onto this list."""
        self._feed = feed_of(instrument, native_symbol(instrument), builder, events)
        self.counters = self._feed.counters
        self._arrival = Arrival(self.counters)
        self._book = Book(self._feed)
        self._book_ms = -1
        self._market = Market(self._feed, self._arrival)

    @property
    def synced(self) -> bool:
        """Whether a book stands; the next one comes within half a second anyway."""
        return self._book.standing

    def decode(self, ts_recv: int, frame: bytes) -> None:
        """Take in one frame; DataError when it is broken or off the instrument's grid."""
        ts_recv = self._arrival.take(ts_recv)
        channel = self._read(wire.head, frame).channel
        if channel == "l2Book":
            self._depth(ts_recv, self._read(wire.depth, frame).data)
        elif channel == "trades":
            for trade in self._read(wire.trades, frame).data:
                self._trade(ts_recv, trade)
        elif channel in ("activeAssetCtx", "activeSpotAssetCtx"):
            self._asset(ts_recv, self._read(wire.asset, frame).data)
        elif channel in _CONTROL:
            self.counters.control += 1
        else:
            self.counters.unknown_one(channel or "unnamed")

    def _depth(self, ts_recv: int, depth: wire.Depth) -> None:
        if not self._is_mine(depth.coin):
            return
        if depth.time_ms < self._book_ms:
            self.counters.duplicates += 1
            return
        bids, asks = ([(level.price, level.size) for level in side] for side in depth.levels)
        self._book.snapshot(ts_recv, depth.time_ms, bids, asks)
        self._book_ms = depth.time_ms

    def _trade(self, ts_recv: int, trade: wire.Trade) -> None:
        if self._is_mine(trade.coin):
            side = Side.BUY if trade.side == "B" else Side.SELL
            self._market.trade(
                ts_recv, Print(str(trade.id), trade.time_ms, side, trade.price, trade.size)
            )

    def _asset(self, ts_recv: int, asset: wire.Asset) -> None:
        """Mark, oracle, open interest and the rate of this hour, which is paid when it ends."""
        if not self._is_mine(asset.coin):
            return
        state, market = asset.state, self._market
        market.scalars(ts_recv, 0, {MARK: state.mark, INDEX: state.oracle})
        if state.interest:
            market.interest(ts_recv, 0, market.number(state.interest, "open interest"))
        if state.rate:
            rate = market.number(state.rate, "funding rate")
            settles_ns = (ts_recv // FUNDING_INTERVAL_NS + 1) * FUNDING_INTERVAL_NS
            market.predicted(ts_recv, 0, rate, settles_ns, FUNDING_INTERVAL_NS)

    def _is_mine(self, coin: str) -> bool:
        if coin == self._feed.symbol:
            return True
        self.counters.foreign += 1
        return False

    def _read(self, reader: msgspec.json.Decoder[Read], text: bytes) -> Read:
        return read(reader, text, self._feed.instrument.id, _VENUE)


def symbols_of(frame: bytes) -> tuple[str, ...]:
    """The coins that a frame is about; none: of nobody."""
    try:
        data = bytes(wire.head.decode(frame).data)
        if data.startswith(b"["):
            return tuple(sorted({one.coin for one in wire.coins.decode(data)}))
        return (wire.coin.decode(data).coin,) if data else ()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
