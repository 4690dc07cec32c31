"""Why a strategy decided as it did, and how little would have changed its mind.

The decision is made again with one score moved at a time. That is exact for a strategy that
is a pure function of its view, which every strategy must be.
"""

import copy
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from bot.engine.sight import EngineSight
from bot.engine.state import State
from bot.model.units import StrategyName
from bot.risk.headroom import Usage
from bot.signals.base import Score
from bot.strategy.sight import Gate
from bot.strategy.view import View

DOUBLINGS: Final = 48
HALVINGS: Final = 48


class Move(Struct, frozen=True):
    """The smallest change of one score, in one direction, that changes the answer.

    to: None when no change that was tried does.
    """

    name: str
    value: float
    to: float | None
    answer: Any


class Explanation(Struct, frozen=True):
    """One decision, taken apart.

    lacking: why the strategy would not be asked at all. scores: everything it watches, in full.
    """

    ts: int
    strategy: StrategyName
    lacking: str | None
    scores: dict[str, Score]
    gates: tuple[Gate, ...]
    answer: Any
    fault: str | None
    moves: tuple[Move, ...]
    limits: tuple[Usage, ...]


class MovedSight(EngineSight):
    """The engine as it is but for one score, and deaf to what a trial would arm."""

    def __init__(self, state: State, name: str | None = None, value: float = 0.0) -> None:
        """name: the score that reads `value` instead; None: all as they are."""
        super().__init__(state)
        self._name = name
        self._moved = value

    def value(self, strategy: int, name: str) -> float | None:
        """A watch's value, or what it is moved to."""
        return self._moved if name == self._name else super().value(strategy, name)

    def score(self, strategy: int, name: str) -> Score:
        """A watch in full, its value moved."""
        score = super().score(strategy, name)
        return structs.replace(score, value=self._moved) if name == self._name else score

    def arm(self, strategy: int, name: str, above: float | None, below: float | None) -> None:
        """Nothing: a trial must leave no trace."""


def explain(state: State, sight: EngineSight, s: int) -> Explanation:
    """What strategy `s` decides now and why; leaves no trace in the state."""
    answer, view, fault = _decide(state, s, MovedSight(state))
    entries = state.market.table.entries[s]
    lacking = [
        name
        for name, entry in entries.items()
        if not entry.watch.optional and sight.value(s, name) is None
    ]
    return Explanation(
        ts=state.now,
        strategy=state.names[s],
        lacking=f"{', '.join(lacking)}: unknown or stale" if lacking else None,
        scores={name: sight.score(s, name) for name in entries},
        gates=tuple(view.gates),
        answer=answer,
        fault=fault,
        moves=tuple(_moves(state, s, answer)) if not lacking else (),
        limits=tuple(state.usage()),
    )


def _decide(state: State, s: int, sight: EngineSight) -> tuple[Any, View, str | None]:
    """The answer as plain values, so that two of them can be compared."""
    view = View(sight, s, copy.deepcopy(state.memories[s]))
    try:
        answer = state.strategies[s].decide(view)
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        return None, view, f"{type(error).__name__}: {error}"
    return msgspec.to_builtins(answer), view, None


def _moves(state: State, s: int, answer: Any) -> Iterator[Move]:
    """For every score that is known, the smallest move up and down that changes the answer."""
    for name, entry in state.market.table.entries[s].items():
        value = EngineSight(state).value(s, name)
        if value is None:
            continue
        step = max(abs(value) * 1e-6, entry.watch.wake * 1e-3, 1e-9)
        for sign in (1.0, -1.0):
            found = _smallest(state, s, name, value, sign * step, answer)
            if found is not None:
                yield found


def _smallest(
    state: State, s: int, name: str, value: float, step: float, answer: Any
) -> Move | None:
    """Double the step until the answer changes, then halve back to where it just does."""

    def changed(to: float) -> tuple[bool, Any]:
        other, _, _ = _decide(state, s, MovedSight(state, name, to))
        return other != answer, other

    away = step
    for _ in range(DOUBLINGS):
        if changed(value + away)[0]:
            break
        away *= 2.0
    else:
        return None
    same, other = 0.0, away
    for _ in range(HALVINGS):
        middle = 0.5 * (same + other)
        if changed(value + middle)[0]:
            other = middle
        else:
            same = middle
    return Move(name, value, value + other, changed(value + other)[1])
