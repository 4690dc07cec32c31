"""The door of our own engine: its commands as the venue's requests, reports as its events."""

from bot.model.command import Cancel, Command, Proposal
from bot.model.event import (
    CancelRejected,
    Event,
    Fill,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
)
from bot.venues.simulated.outbox import TRADE
from bot.venues.simulated.reports import Change, OrderReport, Reason, Refusal, Said
from bot.venues.simulated.requests import CancelOrder, PlaceOrder

ORDER = "sim-order-"
_BY_TIME = (Reason.TIME, Reason.DELISTED)


def request_of(command: Command) -> PlaceOrder | CancelOrder:
    """A command of ours as the venue understands it."""
    if isinstance(command, Cancel):
        return CancelOrder(
            account=command.account, instrument=command.instrument, client_id=command.order_id
        )
    return placement(command.order_id, command.proposal)


def placement(order_id: str, proposal: Proposal) -> PlaceOrder:
    """An order of ours as the venue understands it."""
    return PlaceOrder(
        account=proposal.account,
        client_id=order_id,
        instrument=proposal.instrument,
        side=proposal.side,
        size=proposal.size,
        price=proposal.price,
        type=proposal.type,
        time_in_force=proposal.time_in_force,
        post_only=proposal.post_only,
        reduce_only=proposal.reduce_only,
    )


def event_of(said: Said) -> Event | None:
    """What the venue said as an event on our tape; None: nothing that the engine follows."""
    if isinstance(said, OrderReport):
        return _of_order(said)
    if isinstance(said, Refusal):
        request = said.request
        if not isinstance(request, CancelOrder):
            return None
        return CancelRejected(
            ts_recv=said.heard_ns,
            ts_venue=said.at_ns,
            account=said.account,
            order_id=request.client_id,
            reason=said.text,
        )
    return said


def _of_order(said: OrderReport) -> Event | None:
    request, change = said.request, said.change
    heard_ns, at_ns = said.heard_ns, said.at_ns
    account, order_id = request.account, request.client_id
    if change is Change.TRADE:
        execution = said.execution
        assert execution is not None, "a trade without its execution"
        return Fill(
            ts_recv=heard_ns,
            ts_venue=at_ns,
            account=account,
            order_id=order_id,
            trade_id=f"{TRADE}{execution.number}",
            instrument=request.instrument,
            side=request.side,
            size=execution.size,
            price=execution.price,
            fee=execution.fee,
            fee_currency=execution.fee_currency,
            maker=execution.maker,
        )
    if change is Change.NEW:
        return OrderAccepted(
            ts_recv=heard_ns,
            ts_venue=at_ns,
            account=account,
            order_id=order_id,
            venue_order_id=f"{ORDER}{said.number}",
        )
    if change is Change.AMENDED:
        if said.price is None:
            return None  # A market order that waits, which no engine of ours sends.
        return OrderAmended(
            ts_recv=heard_ns,
            ts_venue=at_ns,
            account=account,
            order_id=order_id,
            price=said.price,
            size=said.size,
        )
    if change is Change.TRIGGERED:
        return None
    if said.reason in _BY_TIME:
        return OrderExpired(ts_recv=heard_ns, ts_venue=at_ns, account=account, order_id=order_id)
    kind = OrderRejected if change is Change.REJECTED else OrderCanceled
    return kind(
        ts_recv=heard_ns, ts_venue=at_ns, account=account, order_id=order_id, reason=said.text
    )
