"""What the venue says: in the order in which it happened, on its way to whoever is concerned."""

from decimal import Decimal
from typing import Any, Final

from bot.model.event import Event
from bot.model.instrument import Instrument, Kind
from bot.venues.simulated.line import Line
from bot.venues.simulated.orders import Order
from bot.venues.simulated.reports import (
    Change,
    Execution,
    OrderReport,
    Reason,
    Refusal,
    Said,
    Status,
)
from bot.venues.simulated.requests import PlaceOrder, Request

TRADE: Final = "sim-trade-"
"""Before the number of an execution, in what our engine hears."""

_ENDED = {
    Change.CANCELED: Status.CANCELED,
    Change.EXPIRED: Status.EXPIRED,
    Change.EXPIRED_IN_MATCH: Status.EXPIRED_IN_MATCH,
}


class Outbox:
    """What was said and nobody took yet, and the numbers that the venue gives out.

    now_ns: the venue's time.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.now_ns = 0
        self.said: list[Said] = []
        self.orders = 0
        self.trades = 0

    def say(self, kind: type[Event], **fields: Any) -> None:
        """Something happened to an account; it is heard when the line has carried it."""
        event = kind(ts_recv=self.line.heard(self.now_ns), ts_venue=self.now_ns, **fields)
        self.said.append(event)  # type: ignore[arg-type]  # one of the tape's

    def report(
        self,
        order: Order,
        instrument: Instrument,
        change: Change,
        reason: Reason | None = None,
        text: str = "",
        execution: Execution | None = None,
    ) -> None:
        """An order has changed, and stands as it does now."""
        ended = change in _ENDED
        self.said.append(
            OrderReport(
                at_ns=self.now_ns,
                heard_ns=self.line.heard(self.now_ns),
                change=change,
                status=_ENDED[change] if ended else _standing(order),
                number=order.number,
                request=order.request,
                size=order.size,
                price=order.price if order.request.price is not None else None,
                trigger_price=None if order.trigger is None else order.trigger.price,
                executed=order.executed,
                leaves=0 if ended else order.leaves,
                average_price=_average(order, instrument),
                placed_ns=order.placed_ns,
                reason=reason,
                text=text,
                execution=execution,
            )
        )

    def reject(self, request: PlaceOrder, reason: Reason, text: str) -> None:
        """An order was not taken in."""
        trigger = request.trigger
        self.said.append(
            OrderReport(
                at_ns=self.now_ns,
                heard_ns=self.line.heard(self.now_ns),
                change=Change.REJECTED,
                status=Status.REJECTED,
                number=0,
                request=request,
                size=request.size,
                price=request.price,
                trigger_price=None if trigger is None else trigger.price,
                executed=0,
                leaves=0,
                average_price=None,
                placed_ns=self.now_ns,
                reason=reason,
                text=text,
            )
        )

    def refuse(self, request: Request, reason: Reason, text: str) -> None:
        """What somebody asked changed nothing."""
        assert not isinstance(request, PlaceOrder), "an order is rejected, not refused"
        assert hasattr(request, "account"), "a batch is answered request by request"
        self.said.append(
            Refusal(
                at_ns=self.now_ns,
                heard_ns=self.line.heard(self.now_ns),
                account=request.account,
                request=request,
                reason=reason,
                text=text,
            )
        )

    def order_number(self) -> int:
        """The venue's own number of an order."""
        self.orders += 1
        return self.orders

    def trade_id(self) -> str:
        """The next such number as our engine knows it."""
        return f"{TRADE}{self.trade_number()}"

    def trade_number(self) -> int:
        """The venue's number of an execution."""
        self.trades += 1
        return self.trades


def _standing(order: Order) -> Status:
    if order.executed:
        whole = order.leaves == 0 and order.cut == 0
        return Status.FILLED if whole else Status.PARTIALLY_FILLED
    return Status.NEW if order.trigger is None else Status.UNTRIGGERED


def _average(order: Order, instrument: Instrument) -> Decimal | None:
    """In quote; exact but for the division."""
    if order.executed == 0:
        return None
    if instrument.kind is Kind.OPTION:
        return order.spent / instrument.premium(order.executed, Decimal(1))
    if instrument.inverse:
        return instrument.notional(order.executed, Decimal(1)) / order.spent
    return order.spent / instrument.base_amount(order.executed, Decimal(1))
