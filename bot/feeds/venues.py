"""The venues whose public data we read, by our name of them: what each needs, one line a venue."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol

from msgspec import Struct

from bot.feeds.binance import instruments as binance
from bot.feeds.binance.decoder import BinanceDecoder
from bot.feeds.binance.decoder import symbols_of as binance_symbols_of
from bot.feeds.bitmex import instruments as bitmex
from bot.feeds.bitmex.decoder import BitmexDecoder
from bot.feeds.bitmex.decoder import symbols_of as bitmex_symbols_of
from bot.feeds.bybit import instruments as bybit
from bot.feeds.bybit.decoder import BybitDecoder
from bot.feeds.bybit.decoder import symbols_of as bybit_symbols_of
from bot.feeds.counters import Counters
from bot.feeds.deribit import instruments as deribit
from bot.feeds.deribit.decoder import DeribitDecoder
from bot.feeds.deribit.decoder import symbols_of as deribit_symbols_of
from bot.feeds.hyperliquid import instruments as hyperliquid
from bot.feeds.hyperliquid.decoder import HyperliquidDecoder
from bot.feeds.hyperliquid.decoder import symbols_of as hyperliquid_symbols_of
from bot.feeds.okx import instruments as okx
from bot.feeds.okx.decoder import OkxDecoder
from bot.feeds.okx.decoder import symbols_of as okx_symbols_of
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder


class Decoder(Protocol):
    """Frames of one instrument in, rows and events out; it keeps its state between frames."""

    @property
    def counters(self) -> Counters: ...
    @property
    def synced(self) -> bool: ...

    def decode(self, ts_recv: int, frame: bytes) -> None:
        """Take in a frame; DataError when it is broken or does not fit the instrument."""


class Venue(Struct, frozen=True):
    """What turns a venue's answers into instruments and its frames into a tape.

    listed: instruments of an answer, by the venue's own symbols. symbols_of: which of them a
    frame may be about.
    """

    listed: Callable[[bytes], Mapping[str, Instrument]]
    symbols_of: Callable[[bytes], tuple[str, ...]]
    decoder: Callable[[Instrument, BlockBuilder, list[Event]], Decoder]


def _binance(name: str) -> Venue:
    return Venue(partial(binance.instruments, name), binance_symbols_of, BinanceDecoder)


VENUES: Final[dict[str, Venue]] = {
    binance.SPOT: _binance(binance.SPOT),
    binance.USDM: _binance(binance.USDM),
    binance.COINM: _binance(binance.COINM),
    okx.VENUE: Venue(okx.instruments, okx_symbols_of, OkxDecoder),
    deribit.VENUE: Venue(deribit.instruments, deribit_symbols_of, DeribitDecoder),
    bitmex.VENUE: Venue(bitmex.instruments, bitmex_symbols_of, BitmexDecoder),
    bybit.VENUE: Venue(bybit.instruments, bybit_symbols_of, BybitDecoder),
    hyperliquid.VENUE: Venue(hyperliquid.instruments, hyperliquid_symbols_of, HyperliquidDecoder),
}


def decoder_of(instrument: Instrument, builder: BlockBuilder, events: list[Event]) -> Decoder:
    """The decoder of an instrument, its venue's own."""
    return VENUES[instrument.venue].decoder(instrument, builder, events)
