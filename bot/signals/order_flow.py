"""Scores of order flow: what was added to and taken from the best prices."""

from typing import ClassVar

from bot.book.layout import HEARD_BOOK, LADDER
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals import codes
from bot.signals.base import (
    HEARD_ALL,
    Recipe,
    Terms,
    Watch,
    base_per_lot,
    positive,
    reading,
)
from bot.signals.order_flow_kernels import LEVELS_STATE, MLOFI_LEVELS, RING
from bot.signals.windows import ring_size


class OrderFlowImbalance(Watch, frozen=True):
    """Net size added on the buying side of the best prices, in mean queues.

    + when bids are added and asks taken away. With `window_s` it is the sum over the last so
    many seconds, else a sum that fades with the half-life. Also published: the sum itself and
    the mean queue, in base coins (quote units for inverse contracts). The first state after a
    gap or a snapshot counts nothing. The quality of a window is the share of it that was seen.
    Source: Cont, Kukanov & Stoikov (2014).
    """

    unit: ClassVar[str] = "mean queues"

    instrument: InstrumentId
    source: str = "touch"
    half_life_s: float = 10.0
    window_s: float | None = None
    capacity: int = 65_536

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when the best prices or their sizes changed; a window at every message."""
        i = terms.index(self.instrument)
        code, heard = reading(self, self.source)
        positive(self, "half_life_s", "capacity")
        fading = self.window_s is None
        if not fading:
            positive(self, "window_s")
        outputs = ("value", "sum", "queue")
        return Recipe(
            code=codes.ORDER_FLOW,
            instrument=i,
            param=(
                float(code),
                self.half_life_s * NS_PER_SECOND if fading else 0.0,
                (self.window_s or 0.0) * NS_PER_SECOND,
                base_per_lot(terms.instrument(self.instrument)),
                float(self.capacity),
            ),
            states=RING if fading else RING + ring_size(self.capacity),
            outputs=outputs if fading else (*outputs, "quality"),
            hears=heard if fading else HEARD_ALL,
            within=1 if fading else LADDER + 1,
            sources=((i, heard),),
        )


class MultiLevelFlow(Watch, frozen=True):
    """Order flow of each of the best ten levels, fading, in base coins; the first is the score.

    + when bids are added and asks taken away at a level, by its place from the best. A level that a
    side lacks counts nothing and costs a tenth of the quality.
    Source: Xu, Gould & Howison (2018), multi-level order-flow imbalance.
    """

    unit: ClassVar[str] = "base"

    instrument: InstrumentId
    half_life_s: float = 10.0

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when one of the ten levels changed."""
        i = terms.index(self.instrument)
        positive(self, "half_life_s")
        return Recipe(
            code=codes.MULTI_LEVEL_FLOW,
            instrument=i,
            param=(
                self.half_life_s * NS_PER_SECOND,
                base_per_lot(terms.instrument(self.instrument)),
            ),
            states=LEVELS_STATE,
            outputs=(*(f"level_{m + 1}" for m in range(MLOFI_LEVELS)), "quality"),
            hears=HEARD_BOOK,
            within=MLOFI_LEVELS,
            sources=((i, HEARD_BOOK),),
        )
