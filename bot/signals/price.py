"""The price as a score, for those whose position depends on it."""

import math
from collections.abc import Callable
from typing import ClassVar

from msgspec.structs import replace

from bot.book.layout import HEARD_BOOK, HEARD_TOUCH
from bot.kernel import kernel
from bot.signals.base import Recipe, Terms
from bot.signals.custom import KernelWatch
from bot.signals.foreign import END, FOREIGN_SIGNATURE
from bot.signals.slots import Float64s
from bot.tape.rows import BID, TOUCH, Int64s


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

    It is a level and has no sign of its own: its changes are + when the price rises. Unknown
    while the book is crossed or a side is empty.
    Source: ours; a difference of two is a log return in bps.
    """

    unit: ClassVar[str] = "bps"
    update: ClassVar[Callable[..., float]] = log_mid

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when the best prices changed."""
        tick = float(terms.instrument(self.instrument).grid.tick)
        shown = replace(super().recipe(terms), param=(tick,))
        return replace(shown, hears=HEARD_BOOK, within=1, rows=0)


@kernel(FOREIGN_SIGNATURE)
def log_touch_mid(
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
    """As `log_mid`, of the best-bid-and-ask stream. state: bid, its size, ask, its size."""
    if kind == TOUCH:
        at = 0 if side == BID else 2
        state[at] = float(price)
        state[at + 1] = float(size)
    if kind != END or state[1] == 0.0 or state[3] == 0.0 or state[0] >= state[2]:
        return math.nan
    return 1e4 * math.log(0.5 * (state[0] + state[2]) * param[0])


class LogTouchMid(KernelWatch, frozen=True):
    """The mid of the best-bid-and-ask stream, as `LogMid` says that of the book.

    It is a level and has no sign of its own: its changes are + when the price rises. Unknown
    while the stream shows a crossed or one-sided market, or says nothing.
    Source: ours; a difference of two is a log return in bps.
    """

    unit: ClassVar[str] = "bps"
    update: ClassVar[Callable[..., float]] = log_touch_mid
    states: ClassVar[int] = 4

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when the stream spoke."""
        tick = float(terms.instrument(self.instrument).grid.tick)
        shown = replace(super().recipe(terms), param=(tick,), hears=HEARD_TOUCH, rows=1 << TOUCH)
        return replace(shown, sources=((shown.instrument, HEARD_TOUCH),))
