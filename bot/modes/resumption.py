"""After a crash: what the simulated venue is taken to know, and what became of each order.

The simulated venue ends with the bot that it runs in. What it had said and we had heard stands
in our own books; the rest never happened. So it is made anew from those books: our wallets and
positions are its own, what we know to rest there rests at the back of its queue, and an order
that it never confirmed it never had. The proof of absence is its own list of orders.
"""

from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Any, Final

from bot.engine.state import State
from bot.execution.blotter import Order
from bot.ledger.positions import direction
from bot.ledger.postings import Heading
from bot.model.command import TimeInForce
from bot.model.event import (
    AnyEvent,
    CancelRejected,
    FundingRate,
    OrderAbsent,
    OrderCanceled,
    OrderUnknown,
    ReconcileClean,
    SendAborted,
)
from bot.model.instrument import Kind
from bot.model.money import MONEY
from bot.model.order import State as OrderState
from bot.model.units import AccountId, Currency
from bot.venues.simulated.accounts import ZERO, Position
from bot.venues.simulated.door import placement
from bot.venues.simulated.funding import Due
from bot.venues.simulated.line import LineState
from bot.venues.simulated.orders import Order as RestingOrder
from bot.venues.simulated.state import Resting, VenueState

BEHIND_ALL: Final = float(1 << 52)
"""Lots ahead of a resting order until the first snapshot shows how many there can be at most."""


def venue_after(state: State, in_ns: int) -> VenueState:
    """The venue as our own books describe it. in_ns: the shortest way from it to us."""
    now_ns = state.now - in_ns
    numbers = state.terms.number
    wallets, positions = _money(state)
    orders = _highest(order.venue_order_id or "" for order in _known(state))
    trades = _highest(state.desk.blotter.state().trades)
    return VenueState(
        now_ns=now_ns,
        # Draws need not go on where they were, but shall not be the first ones again.
        line=LineState(sent=orders, said=orders + trades),
        orders=orders,
        trades=trades,
        seen=sorted(
            (order.proposal.account, order.order_id)
            for order in _known(state)
            if order.state is not OrderState.REFUSED
        ),
        resting=[_resting(order, state) for order in state.desk.blotter.live() if _rests(order)],
        waiting=[],
        deadlines=[],
        in_flight=[],
        news=[],
        wallets=wallets,
        positions=positions,
        paid=[
            (numbers[one.id], now_ns // one.funding_interval_ns * one.funding_interval_ns)
            for one in state.terms.listed
            if one.kind is Kind.PERPETUAL and one.funding_interval_ns is not None
        ],
        expected=list(_expected(state, now_ns)),
        unfunded=[],
        unheard=[],
    )


def resolutions(state: State) -> list[AnyEvent]:
    """What a new run hears first: the fate of every order that the last one left open."""
    events = [event for order in state.desk.blotter.live() for event in _fate(order, state.now)]
    accounts = sorted(set(state.settings.accounts.values()))
    clean = [ReconcileClean(ts_recv=state.now, ts_venue=state.now, account=one) for one in accounts]
    return [*events, *clean]


def _fate(order: Order, now: int) -> Iterator[AnyEvent]:
    account, order_id = order.proposal.account, order.order_id
    where: dict[str, Any] = {
        "ts_recv": now,
        "ts_venue": now,
        "account": account,
        "order_id": order_id,
    }
    if order.state is OrderState.NEW:
        yield SendAborted(**where, reason="the bot stopped before it was sent")
    elif order.state in (OrderState.INTENT, OrderState.SENT, OrderState.UNKNOWN):
        if order.state is not OrderState.UNKNOWN:
            yield OrderUnknown(**where, reason="the bot stopped before an answer")
        yield OrderAbsent(**where)
    elif not _rests(order):
        yield OrderCanceled(**where, reason="nothing of it rests at the venue")
    elif order.cancel_pending:
        yield CancelRejected(**where, reason="the bot stopped before it arrived")


def _rests(order: Order) -> bool:
    """Whether the venue has it on its book, as far as we heard."""
    known = order.state in (OrderState.OPEN, OrderState.PART) and order.remaining > 0
    return known and order.proposal.time_in_force is TimeInForce.GTC


def _known(state: State) -> list[Order]:
    blotter = state.desk.blotter.state()
    return [*blotter.live, *blotter.closed]


def _highest(names: Iterator[str] | list[str]) -> int:
    """The highest number that the venue has given out, of names that end with theirs."""
    numbers = (name.rpartition("-")[2] for name in names)
    return max((int(number) for number in numbers if number.isdigit()), default=0)


def _resting(order: Order, state: State) -> Resting:
    proposal = order.proposal
    request = placement(order.order_id, proposal)
    resting = RestingOrder(
        number=_highest([order.venue_order_id or ""]),
        instrument=state.terms.number[proposal.instrument],
        request=request,
        price=order.price,
        size=order.remaining,
        leaves=order.remaining,
        placed_ns=0,
    )
    return Resting(resting, BEHIND_ALL, 0.0)


def _money(
    state: State,
) -> tuple[list[tuple[AccountId, Currency, Decimal]], list[tuple[AccountId, int, Position]]]:
    """Wallets and positions by account, such that the venue counts the profit that we count."""
    wallets: dict[tuple[AccountId, Currency], Decimal] = {}
    positions: dict[tuple[AccountId, int], Position] = {}
    with localcontext(MONEY):
        for (account, _, currency, heading), amount in state.ledger.state().balances:
            if heading is Heading.WALLET:
                wallets[account, currency] = wallets.get((account, currency), ZERO) + amount
        for (account, _, name), held in state.ledger.holdings():
            i = state.terms.number[name]
            position = positions.setdefault((account, i), Position())
            position.quantity += held.quantity
            position.cost += direction(state.terms.listed[i]) * held.cost
        for (account, i), position in positions.items():
            position.changes = [(0, position.quantity)]
            if position.quantity == 0:
                # What two strategies hold against each other is settled at the venue.
                instrument = state.terms.listed[i]
                if instrument.kind is not Kind.SPOT:
                    key = (account, instrument.settle)
                    wallets[key] = wallets.get(key, ZERO) - position.cost
                position.cost = ZERO
    return (
        [(*key, amount) for key, amount in sorted(wallets.items())],
        [(*key, position) for key, position in sorted(positions.items())],
    )


def _expected(state: State, now_ns: int) -> Iterator[tuple[int, Due]]:
    """The coming settlements, at the rates that were in force."""
    for i, rate in enumerate(state.market.rates):
        if rate is not None and rate.settles_ns > now_ns:
            event = FundingRate(
                ts_recv=rate.heard_ns,
                ts_venue=rate.heard_ns,
                instrument=state.terms.listed[i].id,
                rate=rate.rate,
                settles_ns=rate.settles_ns,
                settled=False,
                interval_ns=rate.interval_ns,
            )
            yield i, Due(rate.settles_ns, event, None, scheduled=True)
