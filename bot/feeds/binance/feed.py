"""What the halves of a decoder share: the instrument, where rows and events go, and the counts."""

from msgspec import Struct

from bot.feeds.binance.counters import Counters
from bot.feeds.binance.grid import Prices, Sizes
from bot.feeds.binance.venue_time import VenueTime
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder


class Feed(Struct, frozen=True):
    """One instrument's way onto the tape. The builder holds this instrument only.

    symbol: as Binance writes it.
    """

    instrument: Instrument
    symbol: str
    price: Prices
    size: Sizes
    builder: BlockBuilder
    events: list[Event]
    venue_time: VenueTime
    counters: Counters
