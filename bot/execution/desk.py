"""The front of the room: wants go in, orders that are missing come out, reports go back in."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.execution.baskets import steer_basket, stirs
from bot.execution.blotter import Applied, Blotter, BlotterState, Order
from bot.execution.budget import spend
from bot.execution.draft import Draft
from bot.execution.holdings import Holdings
from bot.execution.legs import whole_legs
from bot.execution.matching import Look
from bot.execution.netting import Separation, separate
from bot.execution.permits import FULL, Granted, Permit, Permits
from bot.execution.plan import Dust, Plan, Reserve
from bot.execution.quotes import QuoteWork, steer_quote
from bot.execution.stages import HEDGES, BasketWork, Budget, Stage
from bot.execution.targets import TargetWork, steer_target
from bot.execution.wants import Key, Wants, WantsState
from bot.execution.working import Patience, rests
from bot.model.command import Approved, Proposal
from bot.model.event import (
    Fill,
    OrderAbsent,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    ProtocolEvent,
    SendAborted,
)
from bot.model.intent import Basket, Intent, Quote, Target
from bot.model.order import Note
from bot.model.units import InstrumentId, StrategyName


class DeskConfig(Struct, frozen=True):
    """How orders are worked, and what a basket may cost when its strategy does not say.

    internal_netting: opposite wants of two strategies meet inside, at the mid; else the later
    waits.
    """

    patience: Patience
    budget: Budget
    internal_netting: bool


class DeskState(Struct, frozen=True):
    """All that the desk remembers."""

    blotter: BlotterState
    wants: WantsState
    permits: Permits
    due_ns: int | None
    now: int


_NOTHING: Final = Plan((), (), (), (), ())
_FAILURES: Final = frozenset({OrderRejected, SendAborted, OrderAbsent})
_ENDS: Final = frozenset({OrderCanceled, OrderExpired})


class Desk:
    """Every order of ours, and every strategy's wish that asks for one.

    A strategy's instrument is worked by one target, one leg of a basket or one quote; the last
    stated replaces what was before.
    posted: orders that rest, another list after each plan that changed any; `look` at an
    instrument once the touch has left one behind, or is unknown.
    """

    def __init__(self, config: DeskConfig) -> None:
        self.config = config
        self.blotter = Blotter()
        self._wants = Wants()
        self._permits: Permits = {}
        self._due_ns: int | None = None
        self._now = 0
        self._moves: object = None
        self.posted: list[Order] = []

    # --- what is wanted ----------------------------------------------------------------

    def want(
        self, strategy: StrategyName, intents: Intent | Sequence[Intent] | None, now: int
    ) -> None:
        """Take up what a strategy decided; stating the same again changes nothing.

        ValueError or TypeError when it makes no sense, and then nothing of it is taken up.
        """
        self._now = max(self._now, now)
        if intents is None:
            return
        if isinstance(intents, Target | Basket | Quote):
            intents = (intents,)
        self._wants.take(strategy, intents, self.blotter)

    def halt(self, strategy: StrategyName, reason: str) -> None:
        """Take back every order of a strategy and send no more."""
        self._permit(strategy, Permit.NOTHING, reason)

    def reduce_only(self, strategy: StrategyName, reason: str) -> None:
        """Take back what adds to a strategy's positions; let what reduces them go on."""
        self._permit(strategy, Permit.REDUCE, reason)

    def resume(self, strategy: StrategyName) -> None:
        """Let a strategy trade again."""
        self._permit(strategy, Permit.TRADE, "")

    def permit(self, strategy: StrategyName) -> Granted:
        """What a strategy's orders may do, and why not more."""
        return self._permits.get(strategy, FULL)

    def look(self, instrument: InstrumentId | None = None) -> None:
        """Look again at an instrument, or all, with the next plan: its feed or terms changed."""
        for work in self._wants.works.values():
            if instrument in (None, work.instrument):
                work.seen = None

    # --- what is missing ---------------------------------------------------------------

    def plan(self, holdings: Holdings) -> Plan:
        """The orders that are missing now, and those too many."""
        self._now = now = holdings.now
        position = holdings.position
        moved = holdings.moves != self._moves
        self._moves = holdings.moves
        singles = []
        for entry in self._wants.singles.values():
            work = entry.work
            due_ns = work.due_ns
            if (
                work.seen is None
                or (due_ns is not None and now >= due_ns)
                or (moved and work.seen != position(work.strategy, work.instrument))
            ):
                singles.append(entry)
        baskets = [one for one in self._wants.baskets.values() if stirs(one, holdings)]
        if not singles and not baskets:
            return _NOTHING
        draft = self._draft(holdings)
        for basket in baskets:
            self._steer_basket(draft, basket)
        for entry in singles:
            self._steer_single(draft, entry)
        plan = self._separated(draft)
        self._due_ns = self._wants.due()
        self.posted = self._posted()
        return plan

    def due(self) -> int | None:
        """When to plan again though nothing happens, ns; None: not before something does."""
        return self._due_ns

    def dust(self) -> list[Dust]:
        """What is missing from goals now because it is too small to be ordered."""
        return [
            Dust(work.strategy, work.instrument, work.dust, "smaller than the smallest order")
            for work in self._wants.works.values()
            if work.dust
        ]

    def reserved(self, holdings: Holdings) -> list[Reserve]:
        """Baskets under way: what their legs may still need, which nobody else may use up."""
        draft = self._draft(holdings)
        found = []
        for basket in self._wants.baskets.values():
            # Idle it is, too, from its first order's approval until it is looked at again.
            if basket.reserved and basket.stage in (Stage.IDLE, Stage.LEADING, Stage.HEDGING):
                legs = whole_legs(draft, basket, Look(draft, basket))
                found.append(Reserve(basket.name, basket.strategy, legs or ()))
        return found

    # --- what came of it ---------------------------------------------------------------

    def add(
        self, approved: Approved, mid: Decimal | None, reference_mid: Decimal | None = None
    ) -> Order:
        """Take in a proposal that risk approved; from now on it counts as working."""
        order = self.blotter.add(approved, mid, reference_mid)
        proposal = approved.proposal
        basket = self._wants.legs.get((proposal.strategy, proposal.instrument))
        if basket is not None and proposal.reason == "lead":
            basket.reserved = True
        return order

    def refused(self, proposal: Proposal) -> None:
        """A limit stopped a proposal: do not ask again at once."""
        self._failed((proposal.strategy, proposal.instrument), proposal.reason)

    def apply(self, event: ProtocolEvent) -> Applied:
        """Take in a report about an order."""
        if event.ts_recv > self._now:
            self._now = event.ts_recv
        applied = self.blotter.apply(event)
        order = applied.order
        if order is None or applied.note is Note.DUPLICATE:
            return applied
        key = (order.proposal.strategy, order.proposal.instrument)
        work = self._wants.works.get(key)
        if work is None:
            return applied
        work.seen = None
        kind = type(event)
        if isinstance(event, Fill):
            work.failures = 0
            basket = self._wants.legs.get(key)
            if basket is not None and order.proposal.reason in HEDGES:
                spend(basket, event)
        elif kind in _FAILURES:
            self._failed(key, order.proposal.reason)
        elif kind in _ENDS and order.cancel_ns is None:
            if order.filled:
                work.pause(event.ts_recv, self.config.patience)
            else:
                self._failed(key, order.proposal.reason)
        return applied

    @property
    def baskets(self) -> Collection[BasketWork]:
        """Every basket that stands, for snapshots; not to be changed."""
        return self._wants.baskets.values()

    @property
    def baskets_closed(self) -> int:
        """Trips of baskets that reached their goal in every leg."""
        return self._wants.closed + sum(basket.closed for basket in self.baskets)

    @property
    def baskets_unwound(self) -> int:
        """Trips of baskets that were taken back."""
        return self._wants.unwound + sum(basket.unwound for basket in self.baskets)

    def state(self) -> DeskState:
        """A copy of all that the desk remembers."""
        wants = self._wants.state()
        return DeskState(self.blotter.state(), wants, dict(self._permits), self._due_ns, self._now)

    def restore(self, state: DeskState) -> None:
        """Become what `state` says, keeping nothing of before."""
        self.blotter.restore(state.blotter)
        self._wants = Wants.of(state.wants)
        self._permits = dict(state.permits)
        self._due_ns, self._now = state.due_ns, state.now

    # --- one by one --------------------------------------------------------------------

    def _posted(self) -> list[Order]:
        return [one for one in self.blotter.live() if rests(one)]

    def _steer_single(self, draft: Draft, entry: TargetWork | QuoteWork) -> None:
        permit = self.permit(entry.work.strategy).permit
        reducing = permit is Permit.REDUCE
        if permit is Permit.NOTHING:
            draft.cancel_all(entry.work, "halt")
        elif isinstance(entry, TargetWork):
            steer_target(draft, entry, reducing=reducing)
        else:
            steer_quote(draft, entry, reducing=reducing)

    def _steer_basket(self, draft: Draft, basket: BasketWork) -> None:
        permit = self.permit(basket.strategy).permit
        if permit is Permit.NOTHING:
            for leg in basket.legs:
                draft.cancel_all(leg.work, "halt")
            times = [leg.work.due_ns for leg in basket.legs]
            basket.due_ns = min((ns for ns in times if ns is not None), default=None)
            return
        before = basket.stage
        steer_basket(draft, basket, self.config.budget, reducing=permit is Permit.REDUCE)
        if basket.stage is Stage.REPAIR and before is not Stage.REPAIR:
            why = f"basket {basket.name} can be neither completed nor taken back"
            self.reduce_only(basket.strategy, why)

    def _separated(self, draft: Draft) -> Plan:
        """The plan without what would trade with another strategy of ours."""
        if not draft.proposals:
            if not draft.cancels and not draft.dust:
                return _NOTHING
            return Plan((), tuple(draft.cancels), tuple(draft.dust), (), ())
        found = Separation(draft.proposals, [], [], [])
        if len(self._wants.owners) > 1:
            netting = self.config.internal_netting
            found = separate(draft.proposals, self.blotter, draft.holdings, internal=netting)
        for order in found.in_the_way:
            draft.cancel(order, "netting")
        for proposal in found.wait:
            work = self._wants.works[proposal.strategy, proposal.instrument]
            work.seen, work.due_ns = None, draft.retry_ns
        going = {proposal.basket for proposal in found.go}
        return Plan(
            proposals=tuple(found.go),
            cancels=tuple(draft.cancels),
            dust=tuple(draft.dust),
            reserves=tuple(one for one in draft.reserves if one.basket in going),
            crosses=tuple(found.crosses),
        )

    def _draft(self, holdings: Holdings) -> Draft:
        return Draft(holdings, self.blotter, self.config.patience, self._wants.works)

    def _permit(self, strategy: StrategyName, permit: Permit, reason: str) -> None:
        if self.permit(strategy).permit is permit:
            return
        self._permits[strategy] = Granted(permit, reason)
        for work in self._wants.works.values():
            if work.strategy == strategy:
                work.forgive()

    def _failed(self, key: Key, reason: str) -> None:
        """An order came to nothing: pause, and count it against the basket that needed it."""
        work, basket = self._wants.works.get(key), self._wants.legs.get(key)
        if work is None:
            return
        work.seen = None
        if basket is None or reason not in HEDGES or basket.stage is Stage.REPAIR:
            work.fail(self._now, self.config.patience)
        else:
            work.pause(self._now, self.config.patience)
        if basket is not None and reason in HEDGES:
            basket.tries += 1
