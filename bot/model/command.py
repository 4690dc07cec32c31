"""What leaves the engine: approved orders and cancels, and the refusals that did not."""

import enum

from msgspec import Struct

from bot.model.units import AccountId, InstrumentId, StrategyName


class Side(enum.IntEnum):
    """The side of an order or a trade's aggressor; its value is the sign of the quantity."""

    BUY = 1
    SELL = -1

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side(-self.value)


class OrderType(enum.StrEnum):
    """How an order is priced; a market order carries its collar as price."""

    LIMIT = "limit"
    MARKET = "market"


class TimeInForce(enum.StrEnum):
    """How long an order stands."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class Proposal(Struct, frozen=True):
    """An order that execution wants and risk has not seen.

    size: lots, > 0. price: ticks; the worst price that may be paid or received.
    reason: why it exists, in the words of execution (`target`, `repeg`, `escalate`, `unwind`).
    basket: the basket whose leg it works, if any.
    """

    account: AccountId
    strategy: StrategyName
    instrument: InstrumentId
    side: Side
    size: int
    price: int
    type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    reduce_only: bool
    reason: str
    basket: str | None = None

    @property
    def quantity(self) -> int:
        """Lots with the sign of the side."""
        return self.size * int(self.side)


class Approved(Struct, frozen=True):
    """A proposal that passed every limit, with its exposure reserved.

    Only `bot.risk.review` makes one, and a venue takes nothing else.
    """

    order_id: str
    proposal: Proposal
    approved_ns: int


class Refused(Struct, frozen=True):
    """A proposal that a limit stopped: which limit, its value with the order, and the bound.

    value is None when a reference that the limit needs is unknown.
    """

    proposal: Proposal
    limit: str
    value: str | None
    allowed: str


class Cancel(Struct, frozen=True):
    """Take an order back. Risk lets it through always: it can only remove exposure."""

    order_id: str
    account: AccountId
    strategy: StrategyName
    instrument: InstrumentId
    reason: str


Command = Approved | Cancel
