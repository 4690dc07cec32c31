"""BitMEX's public messages as typed values; fields that we have no use for are ignored.

Every message is an action on a table: `partial` is all of it, `insert`, `update` and `delete`
change rows that are found by their keys. Numbers are not quoted and kept as the text that was
sent; times are ISO 8601 with milliseconds, UTC.
"""

from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from bot.feeds.reading import Id

Row = TypeVar("Row")
Action = Literal["partial", "insert", "update", "delete"]


class Filter(Struct, gc=False):
    """What a partial was asked for: the symbol of one that has no rows."""

    symbol: str = ""


class Head(Struct, gc=False):
    """What tells a message's kind; greetings and acknowledgements have no table."""

    table: str = ""
    filter: Filter = field(default_factory=Filter)


class Symbol(Struct, gc=False):
    """The part of a row that names its instrument."""

    symbol: str = ""


class Message(Struct, Generic[Row]):
    """An action on rows of a table."""

    action: Action
    data: list[Row]


class Level(Struct, gc=False):
    """A level of the book, found by id and side; changes leave out what stays."""

    symbol: str
    id: Id
    side: Literal["Buy", "Sell"]
    size: Raw = Raw()
    price: Raw = Raw()
    timestamp: str = ""


class Trade(Struct, gc=False):
    """A trade; side is the taker's, size in contracts. kind: `Regular` met the book."""

    symbol: str
    timestamp: str
    id: str = field(name="trdMatchID")
    side: Literal["Buy", "Sell", ""]
    size: Raw
    price: Raw
    kind: str = field(name="trdType", default="Regular")


class Quote(Struct, gc=False):
    """Best bid and ask; null on an empty side."""

    symbol: str
    timestamp: str
    bid_size: Raw = field(name="bidSize", default=Raw())
    bid_price: Raw = field(name="bidPrice", default=Raw())
    ask_price: Raw = field(name="askPrice", default=Raw())
    ask_size: Raw = field(name="askSize", default=Raw())


class State(Struct, gc=False):
    """The state of an instrument; an update holds what changed."""

    symbol: str
    timestamp: str | None = None
    rate: Raw = field(name="fundingRate", default=Raw())
    settles: str | None = field(name="fundingTimestamp", default=None)
    interval: str | None = field(name="fundingInterval", default=None)
    interest: Raw = field(name="openInterest", default=Raw())
    mark: Raw = field(name="markPrice", default=Raw())
    index: Raw = field(name="indicativeSettlePrice", default=Raw())


class Funding(Struct, gc=False):
    """A rate that was paid."""

    symbol: str
    timestamp: str
    interval: str = field(name="fundingInterval")
    rate: Raw = field(name="fundingRate")


class Liquidation(Struct, gc=False):
    """A forced order on the book; updates and deletions tell what becomes of it."""

    symbol: str
    id: str = field(name="orderID")
    side: Literal["Buy", "Sell"] | None = None
    price: Raw = Raw()
    size: Raw = field(name="leavesQty", default=Raw())


head = msgspec.json.Decoder(Head)
symbols: Final = msgspec.json.Decoder(Message[Symbol])
levels: Final = msgspec.json.Decoder(Message[Level])
TABLES: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    "trade": msgspec.json.Decoder(Message[Trade]),
    "quote": msgspec.json.Decoder(Message[Quote]),
    "instrument": msgspec.json.Decoder(Message[State]),
    "funding": msgspec.json.Decoder(Message[Funding]),
    "liquidation": msgspec.json.Decoder(Message[Liquidation]),
}
"""Readers of the tables besides the book, by name."""
