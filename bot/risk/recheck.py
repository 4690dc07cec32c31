"""The last look at an order, after it is durable and before its first byte may leave."""

from bot.model.command import Approved
from bot.risk.cascade import against_move
from bot.risk.case import Case
from bot.risk.checks import AGES, AT_LAST, first_breach
from bot.risk.guards import OrderRates
from bot.risk.kill import Halts, Mode
from bot.risk.limits import Level, LimitBook
from bot.risk.review import standing
from bot.risk.worst import Reservations, reserved


def recheck(
    approved: Approved,
    world: Reservations,
    limits: LimitBook,
    halts: Halts,
    *,
    epoch: str,
    unchanged: bool = False,
) -> str | None:
    """Why an approved order must not be sent after all; None: send it.

    world: with the order among its live orders. epoch: how the order ids of this run begin;
    an order of another run is never sent, because that run may have sent it.
    unchanged: nothing but our own acts and time has happened since the approval, so that only
    what ages is asked. Rates are not asked again: the approval was counted.
    """
    proposal = approved.proposal
    if not approved.order_id.startswith(epoch):
        return f"epoch: got order {approved.order_id}, expected one of {epoch}"
    world.refresh()
    mode, reason = standing(world.exposure, halts, proposal.account, proposal.strategy)
    if mode is Mode.HALTED:
        return f"halted: {reason}"
    asked, rates = (AGES if unchanged else AT_LAST), OrderRates()
    order = reserved(proposal) if unchanged else world.find(approved.order_id)
    assert order is not None, f"{approved.order_id}: expected among the live orders"
    if mode is Mode.REDUCE_ONLY and not unchanged:
        line = world.line(Level.STRATEGY, order)
        if not line.shrinks_by(order.side):
            return f"reduce only: {reason}"
    if not unchanged:
        resting = against_move(world.exposure, proposal, world.prices(proposal.instrument))
        if resting is not None and not world.line(Level.STRATEGY, order).shrinks_by(order.side):
            return f"cascade: {resting}"
    for scope, bounds in limits.over(proposal.account, proposal.strategy):
        if bounds is not None and not bounds.stated:
            continue
        finding = first_breach(Case(order, scope, world, limits, rates), bounds, asked)
        if finding is not None:
            value = finding.value or "unknown"
            return f"{scope.level}.{finding.limit}: {value}, allowed {finding.allowed}"
    return None
