"""The venue's parts as one value to remember, and back."""

from typing import NamedTuple

from msgspec import structs

from bot.venues.simulated.accounts import Accounts
from bot.venues.simulated.agenda import ARRIVAL, NEWS, Agenda
from bot.venues.simulated.clearing import Clearing
from bot.venues.simulated.counter import Counter
from bot.venues.simulated.exchange import Exchange
from bot.venues.simulated.line import Line
from bot.venues.simulated.outbox import Outbox
from bot.venues.simulated.state import VenueState


class Parts(NamedTuple):
    """Everything of a venue that remembers, besides its book."""

    line: Line
    outbox: Outbox
    agenda: Agenda
    accounts: Accounts
    exchange: Exchange
    counter: Counter
    clearing: Clearing


def state_of(parts: Parts) -> VenueState:
    """All that must be remembered; what was said and nobody took is part of that."""
    outbox, exchange, accounts = parts.outbox, parts.exchange, parts.accounts
    calendar = parts.clearing.funding.calendar
    return VenueState(
        now_ns=outbox.now_ns,
        line=parts.line.state(),
        orders=outbox.orders,
        trades=outbox.trades,
        seen=sorted(exchange.seen),
        resting=exchange.state(),
        waiting=[structs.replace(order) for order in exchange.waiting],
        deadlines=[(*key, at_ns) for key, at_ns in sorted(parts.counter.deadlines.items())],
        in_flight=parts.agenda.in_flight,
        news=parts.agenda.news,
        wallets=[(*key, amount) for key, amount in sorted(accounts.wallet.items())],
        positions=accounts.state(),
        paid=sorted(calendar.paid.items()),
        expected=[(i, structs.replace(due)) for i, due in calendar.expected()],
        unfunded=parts.clearing.unfunded,
        unheard=list(outbox.said),
        money=parts.clearing.state(),
    )


def restore(parts: Parts, state: VenueState) -> None:
    """Put a state into parts that have just been made; margin is to be looked at after it."""
    outbox, agenda, clearing = parts.outbox, parts.agenda, parts.clearing
    outbox.now_ns = state.now_ns
    parts.line.restore(state.line)
    outbox.orders, outbox.trades = state.orders, state.trades
    outbox.said = list(state.unheard)
    parts.exchange.restore(state.seen, state.resting, state.waiting)
    parts.counter.restore(state.deadlines)
    parts.accounts.restore(state.wallets, state.positions)
    clearing.funding.unfunded = list(state.unfunded)
    clearing.restore(state.money)
    for arrives_ns, request in state.in_flight:
        agenda.add(arrives_ns, ARRIVAL, request)
    for at_ns, event in state.news:
        agenda.add(at_ns, NEWS, event)
    clearing.funding.calendar.restore(state.paid, state.expected)
    clearing.funding.resume()
    if state.now_ns > 0:
        clearing.begin(state.now_ns)  # Else it has begun nowhere, and 1970 is no beginning.
