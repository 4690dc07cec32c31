"""Two strategies that want opposite things at one venue never trade with each other there.

Trading with oneself pays two fees for nothing, and venues forbid it. The later order waits, or,
by configuration, the two are settled inside at the mid.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from bot.execution.blotter import Blotter, Order
from bot.execution.holdings import Holdings
from bot.execution.stages import HEDGES
from bot.model.command import Proposal, Side


class InternalCross(Struct, frozen=True):
    """A trade between two strategies of ours that no venue sees.

    Once both sides have passed the limits, the engine books two fills without fees.
    size: lots. price: in quote, possibly half a tick.
    """

    buy: Proposal
    sell: Proposal
    size: int
    price: Decimal


class Separation(Struct, frozen=True):
    """Proposals that may go, those that must wait, orders in their way, and internal trades."""

    go: list[Proposal]
    wait: list[Proposal]
    in_the_way: list[Order]
    crosses: list[InternalCross]


def separate(
    proposals: Sequence[Proposal], blotter: Blotter, holdings: Holdings, *, internal: bool
) -> Separation:
    """Keep proposals apart from opposite orders of other strategies, and from each other.

    What takes risk back goes before what adds it: a resting order that adds risk gives way to it.
    """
    found = Separation([], [], [], [])
    for proposal in sorted(proposals, key=_adds_risk):
        standing = [
            order
            for order in blotter.live(proposal.instrument)
            if _meet(proposal, order.proposal, order.price)
        ]
        rival = next((one for one in found.go if _meet(proposal, one, one.price)), None)
        if standing:
            urgent = not _adds_risk(proposal)
            found.in_the_way.extend(
                one for one in standing if internal or (urgent and _adds_risk(one.proposal))
            )
            found.wait.append(proposal)
        elif rival is None:
            found.go.append(proposal)
        else:
            cross = _cross(proposal, rival, holdings) if internal else None
            found.wait.append(proposal)
            if cross is not None:
                found.crosses.append(cross)
                found.go.remove(rival)
                found.wait.append(rival)
    return found


def _adds_risk(proposal: Proposal) -> bool:
    hedges = proposal.basket is not None and proposal.reason in HEDGES
    return not (proposal.reduce_only or hedges)


def _meet(proposal: Proposal, other: Proposal, other_price: int) -> bool:
    """Whether the two would trade with each other; a market order's price is its collar."""
    if (proposal.account, proposal.instrument) != (other.account, other.instrument):
        return False
    if proposal.strategy == other.strategy or proposal.side is other.side:
        return False
    return (proposal.price - other_price) * proposal.side >= 0


def _cross(one: Proposal, two: Proposal, holdings: Holdings) -> InternalCross | None:
    touch = holdings.touch(one.instrument)
    if touch is None:
        return None
    mid = holdings.instrument(one.instrument).price(touch[0] + touch[2]) / 2
    buy, sell = (one, two) if one.side is Side.BUY else (two, one)
    return InternalCross(buy, sell, min(one.size, two.size), mid)
