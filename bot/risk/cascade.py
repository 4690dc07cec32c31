"""What a cascade of liquidations forbids to single orders, before whole strategies must reduce.

While the alarm of an underlying stands, nothing new rests against the move, where it would only
be run over, and an order and what it leads to may have half the size. What reduces a position
or evens a basket out is not held back: a cascade is no time to stay one-legged.
"""

from decimal import Decimal
from typing import Final

from bot.model.alarm import Alarm
from bot.model.command import OrderType, Proposal, Side, TimeInForce
from bot.risk.case import Case
from bot.risk.exposure import Exposure
from bot.risk.naked import closes_naked
from bot.risk.prices import Prices

ALL_OF_IT: Final = Decimal(1)
HALF: Final = Decimal("0.5")
_AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def against_move(exposure: Exposure, proposal: Proposal, prices: Prices) -> str | None:
    """Which move an order would rest against while a cascade runs; None: it does not."""
    underlying = prices.instrument.base
    alarm, direction = exposure.alarm(underlying)
    # While nobody knows which way it goes, what rests on either side may be run over.
    if alarm is Alarm.NORMAL or int(proposal.side) * direction > 0:
        return None
    if not _rests(proposal, prices):
        return None
    return f"a {proposal.side.name.lower()} that rests while {underlying} {_moves(direction)}"


def share(case: Case) -> Decimal:
    """How much of a limit on size an order may use: half while its underlying's alarm stands."""
    alarm, _ = case.exposure.alarm(case.prices.instrument.base)
    if alarm is Alarm.NORMAL or case.shrinks or closes_naked(case.exposure, case.order):
        return ALL_OF_IT
    return HALF


def _rests(proposal: Proposal, prices: Prices) -> bool:
    """Whether an order may rest; against an unknown touch, any limit order may."""
    if proposal.type is not OrderType.LIMIT or proposal.time_in_force in _AT_ONCE:
        return False
    opposite = prices.ask if proposal.side is Side.BUY else prices.bid
    if proposal.post_only or opposite is None:
        return True
    return (proposal.price - opposite) * int(proposal.side) < 0


def _moves(direction: int) -> str:
    if direction == 0:
        return "may go either way"
    return "falls" if direction < 0 else "rises"
