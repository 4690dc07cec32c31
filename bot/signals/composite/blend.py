"""How z scores are blended into an index, and how much each of them is to blame."""

import math
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from bot.signals.plain.shape import known

COVERAGE_MIN: Final = 0.5


class Blend(Struct, frozen=True):
    """An index in (-1, 1), and what each part adds to it: the contributions sum to it exactly.

    value: None when no part is known. coverage: the known parts' share of all weights.
    """

    value: float | None
    coverage: float
    contributions: Mapping[str, float]

    @property
    def ready(self) -> bool:
        """Whether enough of it is known to be used."""
        return self.value is not None and self.coverage >= COVERAGE_MIN


def blend(parts: Mapping[str, tuple[float | None, float]]) -> Blend:
    """The weighted mean of tanh(z/2) over the parts that are known.

    parts: (z, weight) by name; z is None where it is unknown or stale.
    """
    fresh: dict[str, tuple[float, float]] = {}
    for name, (z, weight) in parts.items():
        if known(z) and weight > 0.0:
            fresh[name] = (z, weight)
    whole = sum(weight for _, weight in parts.values() if weight > 0.0)
    present = sum(weight for _, weight in fresh.values())
    if present <= 0.0:
        return Blend(None, 0.0, {})
    added = {name: weight * math.tanh(0.5 * z) / present for name, (z, weight) in fresh.items()}
    return Blend(sum(added.values()), present / whole, added)
