"""What fades: sums of which half is forgotten in a half-life.

Times and half-lives are in one unit of the caller's choice; on an even clock count steps.
"""

import math

from msgspec import Struct


def decay(elapsed: float, half_life: float) -> float:
    """What is left of 1 after a time: 0.5 to the power of elapsed over half-life."""
    return math.exp(-math.log(2.0) * elapsed / half_life)


class FadingSum(Struct):
    """A sum that halves in every half-life; nothing heard is a sum of nothing."""

    half_life_ns: int
    total: float = 0.0
    t_ns: int = 0

    def add(self, t_ns: int, x: float) -> None:
        """Let the sum fade up to a time, then add to it."""
        self.total = self.at(t_ns) + x
        self.t_ns = max(t_ns, self.t_ns)

    def at(self, t_ns: int) -> float:
        """What is left of it at a time."""
        return self.total * decay(max(0, t_ns - self.t_ns), self.half_life_ns)
