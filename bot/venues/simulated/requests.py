"""What the venue can be asked, by whoever trades there: our engine, or a stranger over a wire.

A request is plain values in the venue's own units: sizes are lots, prices ticks, times
nanoseconds of the venue's clock. It carries no leave: whether somebody may ask is the
business of the door that it came through.
"""

import enum
from typing import Final, get_args

from msgspec import Struct

from bot.model.command import OrderType, Side, TimeInForce
from bot.model.units import AccountId, InstrumentId


class TriggerSource(enum.StrEnum):
    """The price that a waiting order watches."""

    MARK = "mark"
    LAST = "last"


class Trigger(Struct, frozen=True):
    """The order waits, unseen by the market, until a price has come.

    price: ticks. rising: fires at or above it, else at or below. A stop of a long and a profit
    to take of a short fire when falling.
    """

    price: int
    source: TriggerSource
    rising: bool


class SelfTrade(enum.StrEnum):
    """Who goes when two orders of one account would trade with each other.

    NONE: nobody, they trade.
    """

    NEWEST = "newest"
    OLDEST = "oldest"
    BOTH = "both"
    NONE = "none"


class PlaceOrder(Struct, frozen=True, kw_only=True, tag_field="request", tag=True):
    """Put an order in.

    client_id: the sender's own name for it; empty: none. size: lots, > 0; 0 with
    `close_position`, which takes all that is held when the order comes to the market.
    price: ticks, the limit; of a market order its collar, None: as far as the venue's bands
    allow. expires_ns: from then on it does not stand.
    """

    account: AccountId
    client_id: str
    instrument: InstrumentId
    side: Side
    size: int
    price: int | None
    type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    close_position: bool = False
    trigger: Trigger | None = None
    self_trade: SelfTrade = SelfTrade.NEWEST
    expires_ns: int | None = None


class AmendOrder(Struct, frozen=True, kw_only=True, tag_field="request", tag=True):
    """Change an order that stands; a new price or more lots cost it its place.

    It is named by `number`, the venue's, or else by `client_id`. size: lots, those that have
    been executed among them. trigger_price: ticks, while it still waits. None: as it was.
    """

    account: AccountId
    instrument: InstrumentId
    client_id: str = ""
    number: int | None = None
    price: int | None = None
    size: int | None = None
    trigger_price: int | None = None


class CancelOrder(Struct, frozen=True, kw_only=True, tag_field="request", tag=True):
    """Take an order back; it is named as in `AmendOrder`."""

    account: AccountId
    instrument: InstrumentId
    client_id: str = ""
    number: int | None = None


class CancelAll(Struct, frozen=True, kw_only=True, tag_field="request", tag=True):
    """Take back every order of an account, or those in one instrument."""

    account: AccountId
    instrument: InstrumentId | None = None


class Countdown(Struct, frozen=True, kw_only=True, tag_field="request", tag=True):
    """Take back all orders when nothing is heard for so long; 0 puts the countdown off.

    instrument: whose orders; None: all of the account, by a countdown of its own.
    """

    account: AccountId
    instrument: InstrumentId | None
    ms: int


class Batch(Struct, frozen=True, kw_only=True, tag_field="request", tag=True):
    """Requests that travel together; each is judged by itself, in order."""

    requests: tuple[PlaceOrder | AmendOrder | CancelOrder, ...]


Request = PlaceOrder | AmendOrder | CancelOrder | CancelAll | Countdown | Batch

REQUESTS: Final = frozenset(get_args(Request))
