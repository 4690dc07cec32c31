"""Binance's public messages as typed values; fields we have no use for are ignored.

Names follow Binance's documentation of the market streams (spot, USD-M, COIN-M): e event,
E event time, T match time, s symbol. Prices and sizes stay text here: the grid counts them.
"""

from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from bot.feeds.reading import Milliseconds

UpdateId = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Level = tuple[str, str]

Message = TypeVar("Message", bound=Struct)


class Combined(Struct, Generic[Message], gc=False):
    """A message of a combined stream: `{"stream":...,"data":...}`."""

    data: Message


class Head(Struct, gc=False):
    """What tells an unexpected frame's kind: an event's name, or the fields only one kind has."""

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    event: str | None = field(name="e", default=None)
    last_id: msgspec.Raw = field(name="lastUpdateId", default=msgspec.Raw())
    bid_size: msgspec.Raw = field(name="B", default=msgspec.Raw())
    ask_size: msgspec.Raw = field(name="A", default=msgspec.Raw())


class DepthUpdate(Struct, tag_field="e", tag="depthUpdate"):
    """Changes of the book: U, u first and last update id; futures chain them by pu."""

    symbol: str = field(name="s")
    event_ms: Milliseconds = field(name="E")
    first_id: UpdateId = field(name="U")
    last_id: UpdateId = field(name="u")
    bids: list[Level] = field(name="b")
    asks: list[Level] = field(name="a")
    previous_id: Annotated[int, Meta(ge=-1, le=2**63 - 1)] = field(name="pu", default=-1)
    match_ms: Milliseconds = field(name="T", default=0)


class DepthSnapshot(Struct):
    """The whole book as REST answers it; only COIN-M names the symbol, spot gives no time."""

    last_id: UpdateId = field(name="lastUpdateId")
    bids: list[Level]
    asks: list[Level]
    symbol: str | None = None
    event_ms: Milliseconds = field(name="E", default=0)
    match_ms: Milliseconds = field(name="T", default=0)


class Trade(Struct, tag_field="e", tag="trade", gc=False):
    """One trade. kind: `X` of futures; INSURANCE_FUND, ADL and NA did not meet in the book."""

    symbol: str = field(name="s")
    event_ms: Milliseconds = field(name="E")
    match_ms: Milliseconds = field(name="T")
    id: UpdateId = field(name="t")
    price: str = field(name="p")
    size: str = field(name="q")
    buyer_is_maker: bool = field(name="m")
    kind: str = field(name="X", default="MARKET")


class AggregateTrade(Struct, tag_field="e", tag="aggTrade", gc=False):
    """Trades of one taker at one price as one."""

    symbol: str = field(name="s")
    event_ms: Milliseconds = field(name="E")
    match_ms: Milliseconds = field(name="T")
    id: UpdateId = field(name="a")
    price: str = field(name="p")
    size: str = field(name="q")
    buyer_is_maker: bool = field(name="m")


class BookTicker(Struct, tag_field="e", tag="bookTicker", gc=False):
    """Best bid and ask; on spot without event name and times."""

    symbol: str = field(name="s")
    update_id: UpdateId = field(name="u")
    bid_price: str = field(name="b")
    bid_size: str = field(name="B")
    ask_price: str = field(name="a")
    ask_size: str = field(name="A")
    event_ms: Milliseconds = field(name="E", default=0)
    match_ms: Milliseconds = field(name="T", default=0)


class MarkPrice(Struct, tag_field="e", tag="markPriceUpdate", gc=False):
    """Mark and index price, and the funding rate predicted for `settles_ms`.

    Dated contracts send an empty rate and a settlement time of 0; older streams no index.
    """

    symbol: str = field(name="s")
    event_ms: Milliseconds = field(name="E")
    mark: str = field(name="p")
    index: str = field(name="i", default="")
    estimated_settle: str = field(name="P", default="")
    rate: str = field(name="r", default="")
    settles_ms: Milliseconds = field(name="T", default=0)


class ForcedOrder(Struct, gc=False):
    """The order that closed somebody's position."""

    symbol: str = field(name="s")
    side: Literal["BUY", "SELL"] = field(name="S")
    size: str = field(name="q")
    price: str = field(name="p")
    average_price: str = field(name="ap")
    filled: str = field(name="z")
    match_ms: Milliseconds = field(name="T")


class ForceOrder(Struct, tag_field="e", tag="forceOrder", gc=False):
    """A liquidation; Binance sends at most the latest one of each second and symbol."""

    event_ms: Milliseconds = field(name="E")
    order: ForcedOrder = field(name="o")


head = msgspec.json.Decoder(Head)
listed = msgspec.json.Decoder(list[msgspec.Raw])
depth_update = msgspec.json.Decoder(DepthUpdate)
depth_snapshot = msgspec.json.Decoder(DepthSnapshot)

SMALL: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    "trade": msgspec.json.Decoder(Trade),
    "aggTrade": msgspec.json.Decoder(AggregateTrade),
    "bookTicker": msgspec.json.Decoder(BookTicker),
    "markPriceUpdate": msgspec.json.Decoder(MarkPrice),
    "forceOrder": msgspec.json.Decoder(ForceOrder),
}
"""Readers of the messages besides depth, by the name of the event."""

SMALL_STREAMS: Final[dict[bytes, msgspec.json.Decoder[Any]]] = {
    b"trade": msgspec.json.Decoder(Combined[Trade]),
    b"aggTrade": msgspec.json.Decoder(Combined[AggregateTrade]),
    b"bookTicker": msgspec.json.Decoder(Combined[BookTicker]),
    b"markPrice": msgspec.json.Decoder(Combined[MarkPrice]),
    b"markPrice@1s": msgspec.json.Decoder(Combined[MarkPrice]),
    b"forceOrder": msgspec.json.Decoder(Combined[ForceOrder]),
}
"""The same within a combined stream, by what follows the symbol in the stream's name."""

DEPTH_STREAMS: Final = frozenset(
    {b"depth", b"depth@0ms", b"depth@100ms", b"depth@250ms", b"depth@500ms", b"depth@1000ms"}
)
"""Streams of changes. Others called depth repeat the best levels, and would break a book."""
