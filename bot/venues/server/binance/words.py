"""Binance's words for what the venue knows by others."""

from typing import Final

from bot.model.command import OrderType, Side, TimeInForce
from bot.venues.server.orders import OrderRecord
from bot.venues.simulated.reports import Change, OrderReport, Status
from bot.venues.simulated.requests import SelfTrade

SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
STATUS: Final = {
    Status.NEW: "NEW",
    Status.UNTRIGGERED: "NEW",
    Status.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    Status.FILLED: "FILLED",
    Status.CANCELED: "CANCELED",
    Status.EXPIRED: "EXPIRED",
    Status.EXPIRED_IN_MATCH: "EXPIRED_IN_MATCH",
    Status.REJECTED: "REJECTED",
}
SELF_TRADES: Final = {
    "NONE": SelfTrade.NONE,
    "EXPIRE_TAKER": SelfTrade.NEWEST,
    "EXPIRE_MAKER": SelfTrade.OLDEST,
    "EXPIRE_BOTH": SelfTrade.BOTH,
}
SELF_TRADE_OF: Final = {value: name for name, value in SELF_TRADES.items()}
_EXECUTION: Final = {
    Change.NEW: "NEW",
    Change.TRADE: "TRADE",
    Change.AMENDED: "AMENDMENT",
    Change.TRIGGERED: "NEW",
    Change.CANCELED: "CANCELED",
    Change.EXPIRED: "EXPIRED",
    Change.EXPIRED_IN_MATCH: "EXPIRED",
    Change.REJECTED: "REJECTED",
}


def side_of(record: OrderRecord) -> str:
    """`BUY` or `SELL`."""
    return "BUY" if record.request.side is Side.BUY else "SELL"


def execution_of(report: OrderReport) -> str:
    """The type of execution that a user stream names."""
    return _EXECUTION[report.change]


def time_in_force_of(record: OrderRecord, *, spot: bool) -> str:
    """As the client sent it, or as a market order has it."""
    request = record.request
    if request.type is OrderType.MARKET:
        return "GTC"
    if request.post_only and not spot:
        return "GTX"
    if request.expires_ns is not None:
        return "GTD"
    return request.time_in_force.name


TIMES: Final = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
