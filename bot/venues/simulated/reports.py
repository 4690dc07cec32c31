"""What the venue says: every change of an order and every refusal, with all that it can state.

Each wire of a venue says the same in its own words; a `Reason` is what it maps its codes from.
"""

import enum
from decimal import Decimal

from msgspec import Struct

from bot.model.event import AnyEvent
from bot.model.units import AccountId, Currency
from bot.venues.simulated.requests import PlaceOrder, Request


class Change(enum.StrEnum):
    """What happened to an order."""

    NEW = "new"
    """It was taken in; a waiting one: it waits."""
    TRADE = "trade"
    AMENDED = "amended"
    TRIGGERED = "triggered"
    """Its price has come; from now on it is an order like any other."""
    CANCELED = "canceled"
    EXPIRED = "expired"
    """Its time or its kind ended it: nobody asked."""
    EXPIRED_IN_MATCH = "expired_in_match"
    """It would have met an order of its own account."""
    REJECTED = "rejected"


class Status(enum.StrEnum):
    """Where an order stands after a change."""

    NEW = "new"
    UNTRIGGERED = "untriggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    EXPIRED_IN_MATCH = "expired_in_match"
    REJECTED = "rejected"


class Reason(enum.StrEnum):
    """Why an order was refused or ended."""

    # Refused when it arrived.
    DUPLICATE_ID = "duplicate_id"
    NOT_LISTED = "not_listed"
    NOT_TRADING = "not_trading"
    BOOK_UNUSABLE = "book_unusable"
    INVALID = "invalid"
    """Its parts do not go together, such as post-only and immediate."""
    PRICE_GRID = "price_grid"
    PRICE_RANGE = "price_range"
    PRICE_BAND = "price_band"
    SIZE_MIN = "size_min"
    SIZE_MAX = "size_max"
    SIZE_STEP = "size_step"
    NOTIONAL_MIN = "notional_min"
    NOTIONAL_MAX = "notional_max"
    POST_ONLY = "post_only"
    NOTHING_TO_REDUCE = "nothing_to_reduce"
    BALANCE = "balance"
    MARGIN = "margin"
    ORDERS_MAX = "orders_max"
    TRIGGERS_MAX = "triggers_max"
    POSITION_MAX = "position_max"
    TRIGGER_PASSED = "trigger_passed"
    """It would trigger at once."""
    # Refused: there is no such order, or nothing to change.
    UNKNOWN_ORDER = "unknown_order"
    CLOSED_ORDER = "closed_order"
    NO_CHANGE = "no_change"
    # Ended.
    ASKED = "asked"
    COUNTDOWN = "countdown"
    LIQUIDATION = "liquidation"
    DELISTED = "delisted"
    TIME = "time"
    IMMEDIATE = "immediate"
    """Immediate-or-cancel, and nothing is left up to its limit."""
    KILLED = "killed"
    """Fill-or-kill, and the book does not hold enough."""
    COLLAR = "collar"
    """A market order, and nothing is left up to its collar."""
    SELF_TRADE = "self_trade"
    REDUCED = "reduced"
    """Reduce-only, and the rest would open a position."""
    EXECUTED = "executed"
    """Amended to no more than what has been executed."""


class Execution(Struct, frozen=True):
    """One trade of an order. size: lots. price: ticks. fee: positive is paid."""

    number: int
    size: int
    price: int
    fee: Decimal
    fee_currency: Currency
    maker: bool


class OrderReport(Struct, frozen=True, kw_only=True, tag=True):
    """One change of one order, and how the order stands after it.

    at_ns: when it happened there; heard_ns: when its sender hears of it. number: the venue's
    own; 0: rejected, it never had one. size, price, trigger_price: as amended. leaves: lots
    that may still trade. average_price: of what was executed, in quote.
    text: the reason in words; empty where there is none.
    """

    at_ns: int
    heard_ns: int
    change: Change
    status: Status
    number: int
    request: PlaceOrder
    size: int
    price: int | None
    trigger_price: int | None
    executed: int
    leaves: int
    average_price: Decimal | None
    placed_ns: int
    reason: Reason | None = None
    text: str = ""
    execution: Execution | None = None


class Refusal(Struct, frozen=True, kw_only=True, tag=True):
    """A request that changed nothing; a refused placement is an `OrderReport` instead."""

    at_ns: int
    heard_ns: int
    account: AccountId
    request: Request
    reason: Reason
    text: str


Said = OrderReport | Refusal | AnyEvent
"""Events are what happens to accounts: funding, liquidations, settlements."""
