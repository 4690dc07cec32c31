"""Bybit's public messages as typed values; fields that we have no use for are ignored.

Names follow Bybit's documentation of API v5: prices, sizes and rates are text, `ts` is when the
message was made, `cts` when the match was, both in milliseconds.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct, field

from bot.feeds.reading import Id, Milliseconds

Level = tuple[str, str]
Side = Literal["Buy", "Sell"]


class Head(Struct, gc=False):
    """What tells a message's kind; acknowledgements have an operation and no topic."""

    topic: str = ""
    operation: str = field(name="op", default="")


class Levels(Struct):
    """The book or its changes; `u` counts updates without holes, 1 after a restart."""

    symbol: str = field(name="s")
    bids: list[Level] = field(name="b")
    asks: list[Level] = field(name="a")
    update_id: Id = field(name="u")


class Depth(Struct):
    """A message of an order book topic."""

    kind: Literal["snapshot", "delta"] = field(name="type")
    sent_ms: Milliseconds = field(name="ts")
    data: Levels
    match_ms: Milliseconds = field(name="cts", default=0)


class Trade(Struct, gc=False):
    """A trade; side is the taker's. block: agreed off the book."""

    time_ms: Milliseconds = field(name="T")
    symbol: str = field(name="s")
    side: Side = field(name="S")
    size: str = field(name="v")
    price: str = field(name="p")
    id: str = field(name="i")
    block: bool = field(name="BT", default=False)


class Trades(Struct):
    """A message of trades."""

    data: list[Trade]


class State(Struct, gc=False):
    """The state of an instrument; a delta holds what changed."""

    symbol: str
    mark: str = field(name="markPrice", default="")
    index: str = field(name="indexPrice", default="")
    interest: str = field(name="openInterest", default="")
    rate: str = field(name="fundingRate", default="")
    settles: str = field(name="nextFundingTime", default="")
    hours: str = field(name="fundingIntervalHour", default="")
    cap: str = field(name="fundingCap", default="")


class Ticker(Struct):
    """A message of a ticker topic."""

    sent_ms: Milliseconds = field(name="ts")
    data: State


class Forced(Struct, gc=False):
    """A position that was closed by force, and at which price it was bankrupt.

    position: `Buy` when it was long, so that the order sold.
    """

    time_ms: Milliseconds = field(name="T")
    symbol: str = field(name="s")
    position: Side = field(name="S")
    size: str = field(name="v")
    price: str = field(name="p")


class Liquidations(Struct):
    """A message of all liquidations of a symbol."""

    data: list[Forced]


head = msgspec.json.Decoder(Head)
depth: Final = msgspec.json.Decoder(Depth)
trades: Final = msgspec.json.Decoder(Trades)
ticker: Final = msgspec.json.Decoder(Ticker)
liquidations: Final = msgspec.json.Decoder(Liquidations)
