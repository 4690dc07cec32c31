"""Notices that a model has become worse than it was, and trusts it less for a while."""

import math
from typing import Final

from msgspec import Struct, field

from bot.model.units import NS_PER_HOUR

BLOCK: Final = 32
BLOCKS_MAX: Final = 128
LOSS_MAX: Final = 3.0
"""Surprise beyond this says no more: e to the -3 was given to what came."""


class DriftDetector(Struct):
    """An adaptive window of losses, cut where the older part differs from the newer.

    sureness: the chance of a false alarm at one look. blocks: (count, sum, sum of squares) of
    32 losses each, oldest first. Source: Bifet & Gavalda (2007), their bound on a cut, over
    blocks of equal size.
    """

    sureness: float = 0.002
    blocks: list[tuple[int, float, float]] = field(default_factory=list)
    open: tuple[int, float, float] = (0, 0.0, 0.0)
    cuts: int = 0

    def add(self, loss: float) -> bool:
        """Take in a loss; whether losses have risen so much that the past was cut off."""
        loss = min(loss, LOSS_MAX) / LOSS_MAX
        count, total, squares = self.open
        self.open = (count + 1, total + loss, squares + loss * loss)
        if count + 1 < BLOCK:
            return False
        self.blocks.append(self.open)
        self.open = (0, 0.0, 0.0)
        del self.blocks[: max(0, len(self.blocks) - BLOCKS_MAX)]
        worse = False
        while (rise := self._cut()) is not None:
            self.cuts += 1
            worse = worse or rise
        return worse

    def _cut(self) -> bool | None:
        """Cut once if anywhere the two parts differ; whether the newer is worse, None: no cut."""
        n = sum(block[0] for block in self.blocks)
        total = sum(block[1] for block in self.blocks)
        squares = sum(block[2] for block in self.blocks)
        if len(self.blocks) < 2:
            return None
        variance = max(0.0, squares / n - (total / n) ** 2)
        surely = math.log(2.0 * math.log(n) / self.sureness)
        old_n, old_total = 0, 0.0
        for k, (count, part, _) in enumerate(self.blocks[:-1], start=1):
            old_n, old_total = old_n + count, old_total + part
            new_n = n - old_n
            share = 1.0 / (1.0 / old_n + 1.0 / new_n)
            least = math.sqrt(2.0 / share * variance * surely) + 2.0 / (3.0 * share) * surely
            risen = (total - old_total) / new_n - old_total / old_n
            if abs(risen) > least:
                del self.blocks[:k]
                return risen > 0.0
        return None


class Trust(Struct):
    """How much a model counts: half after a drift, nothing after a second within the hour."""

    weight: float = 1.0
    until_ns: int = 0

    def drifted(self, now_ns: int) -> None:
        """A drift was noticed."""
        self.weight = 0.5 if self.at(now_ns) == 1.0 else 0.0
        self.until_ns = now_ns + NS_PER_HOUR

    def at(self, now_ns: int) -> float:
        """The weight at a time."""
        return self.weight if now_ns < self.until_ns else 1.0
