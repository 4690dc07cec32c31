"""Deribit's public messages as typed values; fields that we have no use for are ignored.

Names follow Deribit's documentation of API v2. It sends plain JSON numbers, kept here as the text
that was sent. Amounts are USD on inverse futures, base coins elsewhere; times are milliseconds.
"""

from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from bot.feeds.reading import Id, Milliseconds

Item = TypeVar("Item")

Action = Literal["new", "change", "delete"]
Level = tuple[Action, Raw, Raw]
"""What became of a level, its price, its amount."""


class Channel(Struct, gc=False):
    """The part of a notification that names its channel."""

    channel: str = ""


class Head(Struct, gc=False):
    """What tells a message's kind: notifications have a method, answers an id."""

    method: str = ""
    params: Channel = field(default_factory=Channel)


class Parameters(Struct, Generic[Item]):
    """Channel and content of a notification."""

    data: Item


class Notification(Struct, Generic[Item]):
    """A message of one channel."""

    params: Parameters[Item]


class Depth(Struct):
    """The book or its changes; each names the change before it."""

    instrument: str = field(name="instrument_name")
    time_ms: Milliseconds = field(name="timestamp")
    change_id: Id
    bids: list[Level]
    asks: list[Level]
    kind: Literal["snapshot", "change"] = field(name="type")
    previous_id: Id | None = field(name="prev_change_id", default=None)


class Trade(Struct):
    """A trade; direction is the taker's.

    liquidation: whose side was forced, M the maker's, T the taker's, MT both. block, combo,
    combo_trade: set when it met no order of this instrument's own book.
    """

    instrument: str = field(name="instrument_name")
    time_ms: Milliseconds = field(name="timestamp")
    id: str = field(name="trade_id")
    price: Raw
    amount: Raw
    direction: Literal["buy", "sell"]
    liquidation: Literal["M", "T", "MT", "none"] | None = None
    block: Any = field(name="block_trade_id", default=None)
    combo: Any = field(name="combo_id", default=None)
    combo_trade: Any = field(name="combo_trade_id", default=None)


class Ticker(Struct):
    """The state of an instrument; what does not concern its kind is absent.

    mark_iv: percent. underlying: of an option, the future that it is priced on.
    """

    instrument: str = field(name="instrument_name")
    time_ms: Milliseconds = field(name="timestamp")
    bid_price: Raw = field(name="best_bid_price", default=Raw())
    bid_amount: Raw = field(name="best_bid_amount", default=Raw())
    ask_price: Raw = field(name="best_ask_price", default=Raw())
    ask_amount: Raw = field(name="best_ask_amount", default=Raw())
    mark: Raw = field(name="mark_price", default=Raw())
    index: Raw = field(name="index_price", default=Raw())
    estimated: Raw = field(name="estimated_delivery_price", default=Raw())
    interest: Raw = field(name="open_interest", default=Raw())
    funding: Raw = field(name="current_funding", default=Raw())
    underlying: Raw = field(name="underlying_price", default=Raw())
    mark_iv: Raw = Raw()
    state: str = ""


class Quote(Struct):
    """Best bid and ask; a side without orders has the price 0 or none."""

    instrument: str = field(name="instrument_name")
    time_ms: Milliseconds = field(name="timestamp")
    bid_price: Raw = field(name="best_bid_price", default=Raw())
    bid_amount: Raw = field(name="best_bid_amount", default=Raw())
    ask_price: Raw = field(name="best_ask_price", default=Raw())
    ask_amount: Raw = field(name="best_ask_amount", default=Raw())


head = msgspec.json.Decoder(Head)
depth: Final = msgspec.json.Decoder(Notification[Depth])
trades: Final = msgspec.json.Decoder(Notification[list[Trade]])
ticker: Final = msgspec.json.Decoder(Notification[Ticker])
quote: Final = msgspec.json.Decoder(Notification[Quote])
