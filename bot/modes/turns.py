"""When strategies changed their mind: what they wanted before and after, and what they had read."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bot.engine.outcome import Asked
from bot.model.intent import Basket, Intent, Quote, Target
from bot.model.units import InstrumentId, StrategyName
from bot.strategy.strategy import Decision

TURNS_MAX: Final = 10_000
BOUNDS_MAX: Final = 8


class Turn(Struct, frozen=True):
    """A strategy asked for another position in one instrument.

    before, after: in the unit of the target; None before: nothing had been asked for.
    read: the scores that it looked at, by name.
    """

    ts: int
    strategy: StrategyName
    instrument: InstrumentId
    before: float | None
    after: float
    read: dict[str, float | None]

    @property
    def enters(self) -> bool:
        """Whether it asks for more than before, on either side."""
        return abs(self.after) > abs(self.before or 0.0) or self.after * (self.before or 0.0) < 0


class Turns:
    """The first so many turns of a run, how many there were, and the bounds of all gates.

    bounds: the levels that each score was held against, by `(strategy, name)`.
    """

    def __init__(self) -> None:
        """Nobody has wanted anything."""
        self.kept: list[Turn] = []
        self.count = 0
        self.bounds: dict[tuple[StrategyName, str], set[float]] = {}
        self._answers: dict[StrategyName, Decision] = {}
        self._wanted: dict[tuple[StrategyName, InstrumentId], float] = {}

    def watch(self, asked: Asked, now: int) -> None:
        """Look at an answer."""
        for gate in asked.gates:
            levels = self.bounds.setdefault((asked.strategy, gate.name), set())
            if len(levels) < BOUNDS_MAX:
                levels.update(level for level in (gate.above, gate.below) if level is not None)
        if asked.answer is None or asked.answer == self._answers.get(asked.strategy):
            return
        self._answers[asked.strategy] = asked.answer
        for target in targets(asked.answer):
            key = (asked.strategy, target.instrument)
            before, after = self._wanted.get(key), float(target.quantity)
            self._wanted[key] = after
            if after != (before or 0.0):
                self.count += 1
                if self.count <= TURNS_MAX:
                    self.kept.append(Turn(now, *key, before, after, dict(asked.read)))


def targets(answer: Decision) -> list[Target]:
    """The positions that an answer asks for, a basket's leading leg first; quotes ask for none."""
    if answer is None:
        return []
    if isinstance(answer, Target | Basket | Quote):
        return _targets(answer)
    intents: Sequence[Intent] = answer
    return [target for intent in intents for target in _targets(intent)]


def _targets(intent: Intent) -> list[Target]:
    if isinstance(intent, Target):
        return [intent]
    return list(intent.legs) if isinstance(intent, Basket) else []
