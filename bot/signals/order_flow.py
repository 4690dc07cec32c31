"""Scores of order flow: what was added to and taken from the best prices."""

from typing import ClassVar

from bot.book.layout import HEARD_BOOK
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals import evaluate
from bot.signals.base import Recipe, Terms, Watch, base_per_lot, reading
from bot.signals.order_flow_kernels import LEVELS_STATE, MLOFI_LEVELS, RING
from bot.signals.windows import ring_size


class OrderFlowImbalance(Watch, frozen=True):
    """Net size added on the buying side of the best prices, in mean queues.

    + when bids are added and asks taken away. With `window_s` it is the sum over the last so
    many seconds, else a sum that fades with the half-life. Also published: the sum itself and
    the mean queue, in base coins (quote units for inverse contracts). The first state after a
    gap or a snapshot counts nothing. Source: Cont, Kukanov & Stoikov (2014).
    """

    unit: ClassVar[str] = "mean queues"

    instrument: InstrumentId
    source: str = "touch"
    half_life_s: float = 10.0
    window_s: float | None = None
    capacity: int = 65_536

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when the best prices or their sizes changed."""
        i = terms.index(self.instrument)
        code, heard = reading(self, self.source)
        fading = self.window_s is None
        return Recipe(
            code=evaluate.ORDER_FLOW,
            instrument=i,
            param=(
                float(code),
                self.half_life_s * NS_PER_SECOND if fading else 0.0,
                (self.window_s or 0.0) * NS_PER_SECOND,
                base_per_lot(terms.instrument(self.instrument)),
                float(self.capacity),
            ),
            states=RING if fading else RING + ring_size(self.capacity),
            outputs=("value", "sum", "queue"),
            hears=heard,
            within=1,
            sources=((i, heard),),
        )


class MultiLevelFlow(Watch, frozen=True):
    """Order flow of each of the best ten levels, fading, in base coins; the first is the score.

    A level that is missing counts nothing and costs a tenth of the quality.
    Source: Xu, Gould & Howison (2018), multi-level order-flow imbalance.
    """

    unit: ClassVar[str] = "base"

    instrument: InstrumentId
    half_life_s: float = 10.0

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when one of the ten levels changed."""
        i = terms.index(self.instrument)
        return Recipe(
            code=evaluate.MULTI_LEVEL_FLOW,
            instrument=i,
            param=(
                float(MLOFI_LEVELS),
                self.half_life_s * NS_PER_SECOND,
                base_per_lot(terms.instrument(self.instrument)),
            ),
            states=LEVELS_STATE,
            outputs=(*(f"level_{m + 1}" for m in range(MLOFI_LEVELS)), "quality"),
            hears=HEARD_BOOK,
            within=MLOFI_LEVELS,
            sources=((i, HEARD_BOOK),),
        )
