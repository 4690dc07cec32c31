"""What the halves of a decoder share: the instrument, where rows and events go, and the counts."""

from msgspec import Struct

from bot.feeds.counters import Counters
from bot.feeds.grid import Prices, Sizes
from bot.feeds.venue_time import VenueTime
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder


class Feed(Struct, frozen=True):
    """One instrument's way onto the tape. The builder holds this instrument only.

    symbol: as the venue writes it.
    """

    instrument: Instrument
    symbol: str
    price: Prices
    size: Sizes
    builder: BlockBuilder
    events: list[Event]
    venue_time: VenueTime
    counters: Counters


def feed_of(
    instrument: Instrument, symbol: str, builder: BlockBuilder, events: list[Event]
) -> Feed:
    """The way onto the tape of an instrument of which nothing was seen yet."""
    counters = Counters()
    return Feed(
        instrument,
        symbol,
        Prices(f"{instrument.id} price", instrument.grid.tick, counters),
        Sizes(f"{instrument.id} size", instrument.lot, counters),
        builder,
        events,
        VenueTime(counters),
        counters,
    )
