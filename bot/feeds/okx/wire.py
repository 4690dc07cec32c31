"""OKX's public messages as typed values; fields that we have no use for are ignored.

Names follow OKX's documentation of API v5. It sends every number as text, except the checksum
and the sequence ids; times are milliseconds, as text too.
"""

from typing import Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct, field

from bot.feeds.reading import Id, Milliseconds

Item = TypeVar("Item")

Level = tuple[str, str, str, str]
"""Price, size, a number that means nothing any more, orders at the price."""


class Subject(Struct, gc=False):
    """What a message is about: channel and instrument, or a family of instruments."""

    channel: str = ""
    instrument: str = field(name="instId", default="")


class Head(Struct, gc=False):
    """What tells a message's kind. event: of an acknowledgement, a notice or an error."""

    subject: Subject = field(name="arg", default_factory=Subject)
    event: str = ""
    action: str = ""


class Message(Struct, Generic[Item], gc=False):
    """A message of one channel."""

    data: list[Item]


class Depth(Struct):
    """The book or its changes. checksum: 0 or absent where OKX no longer computes it.

    seqId, prevSeqId: the number of this state and of the one that it changes; -1: of none.
    """

    bids: list[Level]
    asks: list[Level]
    time_ms: Milliseconds = field(name="ts")
    checksum: int = 0
    sequence: Id | None = field(name="seqId", default=None)
    previous: Id | None = field(name="prevSeqId", default=None)


class Trade(Struct, gc=False):
    """A trade; side is the taker's, size in contracts, or in base coins on spot."""

    instrument: str = field(name="instId")
    id: str = field(name="tradeId")
    price: str = field(name="px")
    size: str = field(name="sz")
    side: Literal["buy", "sell"]
    time_ms: Milliseconds = field(name="ts")


class Ticker(Struct, gc=False):
    """Best bid and ask; a side without orders is empty text."""

    instrument: str = field(name="instId")
    bid_price: str = field(name="bidPx")
    bid_size: str = field(name="bidSz")
    ask_price: str = field(name="askPx")
    ask_size: str = field(name="askSz")
    time_ms: Milliseconds = field(name="ts")


class MarkPrice(Struct, gc=False):
    """The mark price."""

    instrument: str = field(name="instId")
    mark: str = field(name="markPx")
    time_ms: Milliseconds = field(name="ts")


class IndexTicker(Struct, gc=False):
    """The price of an index, by its own name: `BTC-USDT`."""

    instrument: str = field(name="instId")
    index: str = field(name="idxPx")
    time_ms: Milliseconds = field(name="ts")


class Funding(Struct, gc=False):
    """The rate that is to be paid at `fundingTime`, and what was paid last."""

    instrument: str = field(name="instId")
    rate: str = field(name="fundingRate")
    settles_ms: Milliseconds = field(name="fundingTime")
    next_ms: Milliseconds | Literal[""] = field(name="nextFundingTime", default="")
    floor: str = field(name="minFundingRate", default="")
    cap: str = field(name="maxFundingRate", default="")
    settled_rate: str = field(name="settFundingRate", default="")
    settled_state: str = field(name="settState", default="")
    settled_ms: Milliseconds | Literal[""] = field(name="prevFundingTime", default="")
    time_ms: Milliseconds = field(name="ts", default=0)


class OptionSummary(Struct, gc=False):
    """What OKX calculates of one option; a message carries those of a whole family.

    mark_iv: a fraction. forward: of the expiry, in the quote of the index. `delta` and `deltaBS`
    are premium-adjusted and plain; neither is read, for we compute our own.
    """

    instrument: str = field(name="instId")
    mark_iv: str = field(name="markVol", default="")
    forward: str = field(name="fwdPx", default="")
    time_ms: Milliseconds = field(name="ts", default=0)


class Named(Struct, gc=False):
    """The one thing that all items of a family's message say."""

    instrument: str = field(name="instId", default="")


class OpenInterest(Struct, gc=False):
    """Open interest in contracts."""

    instrument: str = field(name="instId")
    contracts: str = field(name="oi")
    time_ms: Milliseconds = field(name="ts")


class LiquidatedOrder(Struct, gc=False):
    """One forced order; side is the order's own, the price that of bankruptcy."""

    side: Literal["buy", "sell"]
    price: str = field(name="bkPx")
    size: str = field(name="sz")
    time_ms: Milliseconds = field(name="ts")


class Liquidations(Struct):
    """Forced orders of one instrument; the channel carries all of a type of contract."""

    instrument: str = field(name="instId")
    orders: list[LiquidatedOrder] = field(name="details")


class SettledRate(Struct, gc=False):
    """A row of the funding history: the rate as predicted and as paid."""

    instrument: str = field(name="instId")
    rate: str = field(name="fundingRate")
    paid: str = field(name="realizedRate")
    settles_ms: Milliseconds = field(name="fundingTime")


def _reader(kind: type[Item]) -> "msgspec.json.Decoder[Message[Item]]":
    return msgspec.json.Decoder(Message[kind], strict=False)  # type: ignore[valid-type]


head = msgspec.json.Decoder(Head)
named: Final = _reader(Named)
depth: Final = _reader(Depth)
trades: Final = _reader(Trade)
tickers: Final = _reader(Ticker)
marks: Final = _reader(MarkPrice)
indices: Final = _reader(IndexTicker)
fundings: Final = _reader(Funding)
summaries: Final = _reader(OptionSummary)
interests: Final = _reader(OpenInterest)
liquidations: Final = _reader(Liquidations)
