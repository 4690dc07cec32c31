"""Hyperliquid's public messages as typed values; fields that we have no use for are ignored.

Names follow Hyperliquid's documentation. Prices and sizes are text, times milliseconds; a state
of an asset carries no time at all.
"""

from typing import Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from bot.feeds.reading import Milliseconds

Item = TypeVar("Item")


class Coin(Struct, gc=False):
    """The part of any item that names its coin."""

    coin: str = ""


class Head(Struct, gc=False):
    """What tells a message's kind."""

    channel: str = ""
    data: Raw = Raw()


class Message(Struct, Generic[Item]):
    """A message of one channel."""

    data: Item


class Level(Struct, gc=False):
    """A level of the book."""

    price: str = field(name="px")
    size: str = field(name="sz")


class Depth(Struct):
    """The whole book as far as it is shown: bids, then asks."""

    coin: str
    time_ms: Milliseconds = field(name="time")
    levels: tuple[list[Level], list[Level]]


class Trade(Struct, gc=False):
    """A trade; side is the taker's, B bought and A sold."""

    coin: str
    side: Literal["A", "B"]
    price: str = field(name="px")
    size: str = field(name="sz")
    time_ms: Milliseconds = field(name="time")
    id: int | str = field(name="tid")


class State(Struct, gc=False):
    """The state of a perpetual; spot has neither funding, open interest nor oracle."""

    mark: str = field(name="markPx")
    oracle: str = field(name="oraclePx", default="")
    interest: str = field(name="openInterest", default="")
    rate: str = field(name="funding", default="")


class Asset(Struct, gc=False):
    """A coin and its state."""

    coin: str
    state: State = field(name="ctx")


head = msgspec.json.Decoder(Head)
coin: Final = msgspec.json.Decoder(Coin)
coins: Final = msgspec.json.Decoder(list[Coin])
depth: Final = msgspec.json.Decoder(Message[Depth])
trades: Final = msgspec.json.Decoder(Message[list[Trade]])
asset: Final = msgspec.json.Decoder(Message[Asset])
