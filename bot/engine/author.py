"""Running the code of authors: a mistake of theirs must stop what they wrote, and nothing else."""

from typing import Any, Final

from bot.engine.state import State
from bot.model.intent import Basket, Intent, Quote, Target, Unit, Urgency
from bot.model.units import InstrumentId, StrategyName
from bot.risk.kill import Mode
from bot.risk.limits import Level, Scope

_INTENTS: Final = "a Target, a Basket, a Quote, a list of them, or None"


def fail(state: State, name: StrategyName, fault: str) -> None:
    """Halt a strategy whose code is wrong, alone, until a person has read why and resumes it.

    It may still reduce: a basket that stands half filled must be taken back. What of its orders
    adds risk is taken back with the next plan, as after any halt.
    """
    text = f"strategy {name} failed: {fault}"
    state.failed[name] = text
    state.halts.halt(Scope(Level.STRATEGY, name), Mode.REDUCE_ONLY, text, state.now)


def intents_of(state: State, answer: Any) -> tuple[Intent, ...]:
    """An answer as intents about what is listed, each instrument once.

    TypeError, LookupError or ValueError when it is none.
    """
    if answer is None:
        return ()
    if not isinstance(answer, Target | Basket | Quote | list | tuple):
        raise TypeError(f"answer: got {answer!r}, expected {_INTENTS}")
    intents = tuple(answer) if isinstance(answer, list | tuple) else (answer,)
    named: set[InstrumentId] = set()
    for intent in intents:
        if not isinstance(intent, Target | Basket | Quote):
            raise TypeError(f"answer: got {intent!r} in it, expected {_INTENTS}")
        for part in intent.legs if isinstance(intent, Basket) else (intent,):
            if part.instrument not in state.terms.by_id:
                raise LookupError(f"instrument: got {part.instrument!r}, expected a listed one")
            if part.instrument in named:  # each asking would order one of them and undo the other
                raise ValueError(f"instrument: got {part.instrument!r} twice, expected it once")
            named.add(part.instrument)
            if isinstance(part, Target):
                _check_words(part)
    return intents


def _check_words(target: Target) -> None:
    if type(target.urgency) is not Urgency:
        raise TypeError(f"urgency: got {target.urgency!r}, expected one of Urgency")
    if type(target.unit) is not Unit:
        raise TypeError(f"unit: got {target.unit!r}, expected one of Unit")
