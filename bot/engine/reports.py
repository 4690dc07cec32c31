"""Reports about our orders and our money: the desk, then the ledger, then who must look."""

from decimal import Decimal

from bot.engine.state import State
from bot.engine.taken import Taken
from bot.ledger.postings import Posting
from bot.ledger.valuation import Decision as DecisionMids
from bot.model.event import (
    AnyEvent,
    BalanceReported,
    Deleveraged,
    Fill,
    FundingPaid,
    InterestPaid,
    Liquidated,
    OrderAbsent,
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderRejected,
    PositionReported,
    ReconcileClean,
    SendAborted,
    Settled,
    Transfer,
)
from bot.model.order import Note
from bot.model.units import EXTERNAL, InstrumentId
from bot.risk.kill import Mode
from bot.risk.limits import Level, Scope

_CLOSING = {Fill, OrderRejected, OrderCanceled, OrderExpired, OrderAbsent, SendAborted}


def take_report(state: State, event: AnyEvent) -> Taken:
    """Take a report of the order protocol or of an account in; orders may be missing after it."""
    if isinstance(event, OrderEvent):
        return _take_order(state, event)
    match event:
        case FundingPaid() | Settled() | Liquidated() | Deleveraged():
            postings = state.ledger.apply(event, EXTERNAL, state.market, None)
            notes = _forced(state, event)
            woken = _holders(state, event.instrument)
            return Taken(woken=woken, stirred=True, postings=postings, notes=notes)
        case Transfer() | InterestPaid():
            postings = state.ledger.apply(event, EXTERNAL, state.market, None)
            return Taken(stirred=True, postings=postings)
        case BalanceReported() | PositionReported():
            known = len(state.ledger.differences())
            state.ledger.apply(event, EXTERNAL, state.market, None)
            differences = state.ledger.differences()
            if len(differences) > known:
                note = f"differs from the venue: {differences[-1]}"
                return Taken(stirred=True, notes=(note,))
            return Taken(stirred=True)
        case ReconcileClean():
            return Taken(stirred=True)
        case _:
            raise AssertionError(f"{type(event).__name__}: expected an event of the tape")


def _take_order(state: State, event: OrderEvent) -> Taken:
    applied = state.desk.apply(event)  # type: ignore[arg-type]  # every OrderEvent is one
    order = applied.order
    notes: tuple[str, ...] = ()
    postings: tuple[Posting, ...] = ()
    owner = EXTERNAL if order is None else order.proposal.strategy
    if isinstance(event, Fill) and applied.note is not Note.DUPLICATE:
        mids = None if order is None else DecisionMids(order.mid, order.reference_mid)
        postings = state.ledger.apply(event, owner, state.market, mids)
    if applied.note in (Note.OVERFILL, Note.BREAK):
        text = f"order {event.order_id}: {applied.note}"
        state.halts.halt(Scope(Level.ACCOUNT, event.account), Mode.HALTED, text, state.now)
        notes = (text,)
    woken: tuple[int, ...] = ()
    if type(event) in _CLOSING and owner in state.number:
        woken = (state.number[owner],)
    return Taken(woken=woken, stirred=True, postings=postings, notes=notes)


def _holders(state: State, instrument: InstrumentId) -> tuple[int, ...]:
    found = {
        state.number[owner]
        for (_, owner, name), _ in state.ledger.holdings()
        if name == instrument and owner in state.number
    }
    return tuple(sorted(found))


def _forced(state: State, event: AnyEvent) -> tuple[str, ...]:
    """A position that the venue took: nothing new in that account until someone has looked."""
    if not isinstance(event, Liquidated | Deleveraged):
        return ()
    what = "liquidated" if isinstance(event, Liquidated) else "deleveraged"
    text = f"{event.instrument} {what}"
    state.halts.halt(Scope(Level.ACCOUNT, event.account), Mode.REDUCE_ONLY, text, state.now)
    state.desk.look(event.instrument)
    return (text,)


def decision_mids(state: State, instrument: InstrumentId) -> tuple[Decimal | None, Decimal | None]:
    """Mids of an instrument and of its underlying's reference leg, for the order decided now."""
    listed = state.terms.by_id[instrument]
    reference = state.ledger.references.get(listed.base, instrument)
    return state.market.mid(instrument), state.market.mid(reference)
