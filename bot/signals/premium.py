"""Prices beside the book, and premiums over the index, as scores that gauges look at."""

import math
from collections.abc import Callable
from typing import ClassVar, Final

from msgspec.structs import replace

from bot.book.layout import HEARD_BOOK, HEARD_MARK, HEARD_SCALAR
from bot.kernel import kernel
from bot.signals.base import Recipe, Terms, base_per_lot, positive
from bot.signals.custom import KernelWatch
from bot.signals.foreign import END, FOREIGN_SIGNATURE
from bot.signals.slots import Float64s
from bot.tape.rows import INDEX, MARK, SCALAR, SCALAR_SCALE, Int64s

SURE_LEVELS: Final = 20
"""Of a ladder of 32: beyond them there may be levels that it does not show."""


@kernel(FOREIGN_SIGNATURE)
def mark_premium(
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
    """Mark over index in bps. state: the two, 0 until they are heard."""
    if kind == SCALAR and side <= INDEX:  # a mark or an index: they come first
        state[side] = price / float(SCALAR_SCALE)
    if kind != END or state[MARK] <= 0.0 or state[INDEX] <= 0.0:
        return math.nan
    return float(1e4 * (state[MARK] / state[INDEX] - 1.0))


@kernel(FOREIGN_SIGNATURE)
def impact_premium(
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
    """The premium of the impact prices over the index, in bps of it.

    param: impact notional, the tick, base per lot (quote per lot when inverse), 1 when inverse.
    state: the index, 0 until it is heard.
    """
    if kind == SCALAR and side == INDEX:
        state[0] = price / float(SCALAR_SCALE)
    index = state[0]
    if kind != END or index <= 0.0 or ladder[1, 0] == 0 or ladder[3, 0] == 0:
        return math.nan
    if ladder[0, 0] >= ladder[2, 0]:
        return math.nan
    premium = 0.0
    for row in range(0, 4, 2):
        left = param[0]
        coins = 0.0
        for k in range(SURE_LEVELS):
            quote = ladder[row, k] * param[1]
            lots = ladder[row + 1, k] * param[2]
            if lots <= 0.0 or quote <= 0.0 or left <= 0.0:
                break
            worth = lots if param[3] != 0.0 else lots * quote
            taken = min(left, worth)
            coins += taken / quote
            left -= taken
        if left > 0.0 or coins <= 0.0:
            return math.nan
        impact = param[0] / coins
        if row == 0:
            premium += max(0.0, impact - index)
        else:
            premium -= max(0.0, index - impact)
    return float(1e4 * premium / index)


class MarkPremium(KernelWatch, frozen=True):
    """How far the venue's mark stands above its index, in bps.

    + when the mark is dearer. What Deribit pays funding by. Unknown until both were heard, and
    as old as the older of the two.
    Source: Deribit, its documentation of the perpetual's funding.
    """

    unit: ClassVar[str] = "bps"
    update: ClassVar[Callable[..., float]] = mark_premium
    states: ClassVar[int] = 2

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when a scalar was heard."""
        i = terms.index(self.instrument)
        shown = super().recipe(terms)
        return replace(
            shown,
            hears=HEARD_SCALAR,
            within=0,
            rows=1 << SCALAR,
            sources=((i, HEARD_SCALAR), (i, HEARD_MARK)),
        )


class ImpactPremium(KernelWatch, frozen=True):
    """How far the prices of an impact notional stand outside the index, in bps of it.

    + when even selling into the book is above the index. max(0, impact bid - index) less
    max(0, index - impact ask), over the index. Unknown while the index is, or where the best 20
    levels of a side do not hold the notional.
    impact_notional: in quote, the venue's (Binance: 200 USDT over the initial margin rate at
        the highest leverage; OKX: 200 times the highest leverage).
    Source: Binance, "Introduction to Binance Futures Funding Rates".
    """

    unit: ClassVar[str] = "bps"
    update: ClassVar[Callable[..., float]] = impact_premium
    states: ClassVar[int] = 1

    impact_notional: float

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when a level changed that it reads, or the index was heard."""
        positive(self, "impact_notional")
        i = terms.index(self.instrument)
        instrument = terms.instrument(self.instrument)
        param = (
            self.impact_notional,
            float(instrument.grid.tick),
            base_per_lot(instrument),
            float(instrument.inverse),
        )
        return replace(
            super().recipe(terms),
            param=param,
            hears=HEARD_BOOK | HEARD_SCALAR,
            within=SURE_LEVELS,
            rows=1 << SCALAR,
            sources=((i, HEARD_BOOK), (i, HEARD_SCALAR)),
        )
