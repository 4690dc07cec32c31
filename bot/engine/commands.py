"""From a plan to commands: reserve, review, register."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bot.engine.exposure import EngineExposure
from bot.engine.outcome import Crossed
from bot.engine.reports import decision_mids
from bot.engine.state import State
from bot.execution.netting import InternalCross
from bot.execution.plan import Plan
from bot.ledger.postings import Posting
from bot.ledger.valuation import Decision as DecisionMids
from bot.model.command import Approved, Cancel, Proposal, Refused
from bot.model.event import Fill
from bot.risk.review import reserve, review


class Given(Struct, frozen=True):
    """What a plan came to; cancels pass always, for they can only remove exposure."""

    approved: tuple[Approved, ...] = ()
    refused: tuple[Refused, ...] = ()
    cancels: tuple[Cancel, ...] = ()
    postings: tuple[Posting, ...] = ()
    crossed: tuple[Crossed, ...] = ()


NOTHING: Final = Given()


def give(state: State, exposure: EngineExposure, plan: Plan) -> Given:
    """Review a plan's proposals; what passes counts as working from here on.

    A basket that has not yet begun must fit with all its legs at their worst, or none goes.
    """
    if not plan.proposals and not plan.crosses:
        return Given(cancels=plan.cancels) if plan.cancels else NOTHING
    limits, halts, rates = state.settings.limits, state.halts, state.rates
    approved: list[Approved] = []
    refused: list[Refused] = []
    for basket, proposals in _together(plan.proposals):
        exposure.set_aside(basket)
        whole = next((one for one in plan.reserves if one.basket == basket), None)
        stopped = reserve(whole.legs, exposure.world, limits, halts) if whole is not None else None
        if stopped is not None:
            # It has not begun, and it would not fit with every leg at its worst: none goes.
            refused += [
                Refused(one, stopped.limit, stopped.value, stopped.allowed) for one in proposals
            ]
            continue
        passed, not_passed = review(proposals, exposure.world, limits, halts, rates)
        refused += not_passed
        for going in passed:
            state.desk.add(going, *decision_mids(state, going.proposal.instrument))
        approved += passed
    exposure.set_free()
    for held in refused:
        state.desk.refused(held.proposal)
    crossed, postings = _cross(state, exposure, plan.crosses)
    return Given(tuple(approved), tuple(refused), plan.cancels, postings, crossed)


def _together(proposals: Sequence[Proposal]) -> list[tuple[str | None, list[Proposal]]]:
    """Proposals in their order, those of one basket with its first."""
    groups: list[tuple[str | None, list[Proposal]]] = []
    for proposal in proposals:
        group = next((legs for name, legs in groups if name == proposal.basket), None)
        if group is None:
            groups.append((proposal.basket, [proposal]))
        else:
            group.append(proposal)
    return groups


def book(state: State, one: Crossed) -> tuple[Posting, ...]:
    """Book one side of a trade inside."""
    mids = DecisionMids(one.mid, one.reference_mid)
    state.desk.look(one.fill.instrument)
    return state.ledger.apply(one.fill, one.strategy, state.market, mids)


def _cross(
    state: State, exposure: EngineExposure, crosses: Sequence[InternalCross]
) -> tuple[tuple[Crossed, ...], tuple[Posting, ...]]:
    """Book trades between two strategies of ours that both sides' limits allow."""
    crossed: list[Crossed] = []
    postings: tuple[Posting, ...] = ()
    for cross in crosses:
        sides = (cross.buy, cross.sell)
        if any(
            reserve((side,), exposure.world, state.settings.limits, state.halts) is not None
            for side in sides
        ):
            continue
        for side in sides:
            fill = _inside(state, side, cross)
            mids = decision_mids(state, side.instrument)
            crossed.append(Crossed(side.strategy, fill, *mids))
            postings += book(state, crossed[-1])
    return tuple(crossed), postings


def _inside(state: State, side: Proposal, cross: InternalCross) -> Fill:
    """One side of an internal trade, as the ledger books it: at the mid, rounded to a tick."""
    listed = state.terms.by_id[side.instrument]
    ticks = int(cross.price / listed.grid.tick)
    return Fill(
        ts_recv=state.now,
        ts_venue=state.now,
        account=side.account,
        order_id="",
        trade_id=f"inside {state.seq} {side.strategy}",
        instrument=side.instrument,
        side=side.side,
        size=cross.size,
        price=ticks,
        fee=listed.grid.tick * 0,
        fee_currency=listed.settle,
        maker=True,
    )
