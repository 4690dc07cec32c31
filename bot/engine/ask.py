"""Asking one strategy, and what happens when it has no answer."""

from typing import Any

from bot.engine.allowance import overruled
from bot.engine.attempt import attempt
from bot.engine.author import fail, intents_of
from bot.engine.hunger import feed, lacks, starve
from bot.engine.memory import check_memory, memory_of, plain_memory
from bot.engine.outcome import Asked
from bot.engine.sight import EngineSight
from bot.engine.state import State
from bot.execution.wants import plain
from bot.model.intent import Basket, Quote, Target
from bot.strategy.strategy import Decision
from bot.strategy.view import View


def ask(state: State, sight: EngineSight, s: int) -> tuple[Asked, ...]:
    """Ask strategy `s`; nothing when it must not be asked now.

    It is not while a required score is unknown or stale: then it may only reduce; nor while an
    operator closes what it holds. One that raises or answers nonsense is halted, alone.
    """
    name = state.names[s]
    if name in state.failed or overruled(state, name):
        return ()
    lacking = lacks(state, s)
    if lacking is not None:
        starve(state, s, lacking)
        return ()
    feed(state, s)
    if state.quiet_ns[s] and state.now < state.asked_ns[s] + state.quiet_ns[s]:
        state.postponed.add(s)
        return ()
    state.asked_ns[s] = state.now
    state.postponed.discard(s)
    before = plain_memory(state.memories[s])
    view = View(sight, s, state.memories[s])
    decided, fault = attempt(lambda: _decide(state, s, view, before))
    if fault is not None:
        # What it had begun to remember is forgotten, as if it had not been asked.
        state.memories[s] = memory_of(type(state.memories[s]), before)
        fail(state, name, fault)
    answer, memory = decided or (None, None)
    return (Asked(name, answer, tuple(view.gates), tuple(view.read.items()), fault, memory),)


def _decide(state: State, s: int, view: View, before: Any) -> tuple[Decision, Any]:
    """What a strategy answers, taken up by the desk, and what it remembers from then on.

    before: what it remembered.
    """
    answer = state.strategies[s].decide(view)
    intents = intents_of(state, answer)
    memory = plain_memory(state.memories[s])
    if memory != before:
        check_memory(type(state.memories[s]), memory)
    state.desk.want(state.names[s], intents, state.now)
    if answer is None:
        return None, memory
    # What is kept has numbers of our own: what numpy computes cannot be written down.
    said = tuple(map(plain, intents))
    return said[0] if isinstance(answer, Target | Basket | Quote) else said, memory
