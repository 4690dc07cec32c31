"""The price as a score, for those whose position depends on it."""

import math
from collections.abc import Callable
from typing import ClassVar

from msgspec.structs import replace

from bot.book.layout import HEARD_BOOK
from bot.kernel import kernel
from bot.signals.base import Recipe, Terms
from bot.signals.custom import KernelWatch
from bot.signals.foreign import END, FOREIGN_SIGNATURE
from bot.signals.slots import Float64s
from bot.tape.rows import Int64s


@kernel(FOREIGN_SIGNATURE)
def log_mid(
    kind: int,
    side: int,
    price: int,
    size: int,
    previous: int,
    t: int,
    ladder: Int64s,
    param: Float64s,
    state: Float64s,
) -> float:
    """10,000 times the logarithm of the mid in quote. param: the tick."""
    crossed = ladder[0, 0] >= ladder[2, 0]
    if kind != END or ladder[1, 0] == 0 or ladder[3, 0] == 0 or crossed:
        return math.nan
    return 1e4 * math.log(0.5 * (ladder[0, 0] + ladder[2, 0]) * param[0])


class LogMid(KernelWatch, frozen=True):
    """The book's mid in quote, as 10,000 times its natural logarithm: one more is 1 bp higher.

    Unknown while the book is crossed or a side is empty.
    """

    unit: ClassVar[str] = "bps"
    update: ClassVar[Callable[..., float]] = log_mid

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when the best prices changed."""
        tick = float(terms.instrument(self.instrument).grid.tick)
        shown = replace(super().recipe(terms), param=(tick,))
        return replace(shown, hears=HEARD_BOOK, within=1, rows=0)
