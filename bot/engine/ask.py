"""Asking one strategy, and what happens when it has no answer."""

from collections.abc import Callable

import msgspec

from bot.engine.intake import feed, starve
from bot.engine.outcome import Asked
from bot.engine.sight import EngineSight
from bot.engine.state import State
from bot.model.intent import Basket, Quote, Target
from bot.strategy.strategy import Decision
from bot.strategy.view import View

Ask = Callable[[State, EngineSight, int], Asked | None]
"""Asks one strategy; whoever explains a decision looks just before."""


def ask(state: State, sight: EngineSight, s: int) -> Asked | None:
    """Ask strategy `s`; None when it must not be asked now.

    It is not while a required score is unknown or stale: then it may only reduce. One that
    raises or answers nonsense is halted, alone.
    """
    name = state.names[s]
    if name in state.failed:
        return None
    lacking = _lacking(state, s)
    if lacking is not None:
        if name not in state.starved:
            starve(state, s, lacking)
        return None
    feed(state, s)
    if state.quiet_ns[s] and state.now < state.asked_ns[s] + state.quiet_ns[s]:
        state.postponed.add(s)
        return None
    state.asked_ns[s] = state.now
    state.postponed.discard(s)
    view = View(sight, s, state.memories[s])
    fault: str | None = None
    answer = None
    try:
        answer = state.strategies[s].decide(view)
        _check_listed(state, answer)
        state.desk.want(name, answer, state.now)
    except Exception as error:  # An author's mistake must stop the author only.
        fault = f"{type(error).__name__}: {error}"
        answer = None
        state.failed[name] = f"strategy {name} failed: {fault}"
        # Reduce, not stop: a basket that stands half filled must still be taken back.
        state.desk.reduce_only(name, state.failed[name])
    memory = state.memories[s]
    kept = None if memory is None else msgspec.to_builtins(memory)
    return Asked(name, answer, tuple(view.gates), tuple(view.read.items()), fault, kept)


def _check_listed(state: State, answer: Decision) -> None:
    """Refuse an answer about something that nobody lists, before it is taken up."""
    if answer is None:
        return
    intents = (answer,) if isinstance(answer, Target | Basket | Quote) else answer
    for intent in intents:
        for part in intent.legs if isinstance(intent, Basket) else (intent,):
            if part.instrument not in state.terms.by_id:
                raise LookupError(f"instrument: got {part.instrument!r}, expected a listed one")


def _lacking(state: State, s: int) -> str | None:
    """The first required score that is unknown or stale, and when to look for stale ones next."""
    market = state.market
    earliest: int | None = None
    for name, entry in market.table.entries[s].items():
        if entry.watch.optional:
            continue
        if not market.table.arrays.known[entry.slot]:
            return f"{name} is unknown"
        expires = market.table.expires_ns(entry, market.book)
        if expires is not None:
            if market.now > expires:
                return f"{name} is stale"
            earliest = expires + 1 if earliest is None else min(earliest, expires + 1)
    if state.check_ns[s] is None:
        state.check_ns[s] = earliest
    return None
