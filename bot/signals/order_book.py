"""Scores of the book's state: who queues, how deep, how wide, what taking a size costs."""

from typing import ClassVar

from bot.book.layout import HEARD_BOOK, LADDER, LADDER_LOW
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND, Base, InstrumentId
from bot.signals import codes
from bot.signals.base import Recipe, Terms, Watch, base_per_lot, positive, reading
from bot.signals.depth_kernels import DEPTH_STATE
from bot.signals.standard import MEAN_STATE
from bot.tape.rows import LEVEL


class QueueImbalance(Watch, frozen=True):
    """Size queued at the best bid against the best ask: (bid - ask) / (bid + ask).

    In [-1, 1], + when the bid queue is larger; ±1 when one side is empty. Also published as
    a mean with a half-life. Source: Gould & Bonart (2016), arXiv 1512.03492.
    """

    instrument: InstrumentId
    source: str = "touch"
    half_life_s: float = 1.0

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when the best prices or their sizes changed."""
        i = terms.index(self.instrument)
        code, heard = reading(self, self.source)
        positive(self, "half_life_s")
        return Recipe(
            code=codes.QUEUE_IMBALANCE,
            instrument=i,
            param=(float(code), self.half_life_s * NS_PER_SECOND),
            states=MEAN_STATE,
            outputs=("value", "mean"),
            hears=heard,
            within=1,
            sources=((i, heard),),
        )


class BookImbalance(Watch, frozen=True):
    """Depth of the best levels of the book: (bids - asks) / (bids + asks).

    In [-1, 1], + when bids are deeper. decay: weight of a level over the one before it, 1
    for equal weights. Quality 0.5 below three levels a side.
    Source: Cartea, Jaimungal & Penalva (2015), volume imbalance.
    """

    instrument: InstrumentId
    levels: int = 10
    decay: float = 1.0

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when one of these levels changed."""
        if not 1 <= self.levels <= LADDER_LOW:
            # The ladder does not always hold more.
            raise ValueError(f"BookImbalance.levels: got {self.levels}, expected 1 to {LADDER_LOW}")
        positive(self, "decay")
        i = terms.index(self.instrument)
        return Recipe(
            code=codes.LADDER_IMBALANCE,
            instrument=i,
            param=(float(self.levels), self.decay),
            states=0,
            outputs=("value", "quality"),
            hears=HEARD_BOOK,
            within=self.levels,
            sources=((i, HEARD_BOOK),),
        )


class DepthImbalance(Watch, frozen=True):
    """Depth of the book weighted by distance: a level counts half as much `half_bps` away.

    In [-1, 1], + when bids are deeper. Levels within `within_bps` of the mid count, or within
    what the last snapshot reached on both sides; the quality is the share of the weight that
    was reached. Exact when the mid has moved by 1 bp since the last exact sum, else within
    1e-3 of it.
    Source: ours; the imbalance of Cartea, Jaimungal & Penalva (2015) with weights by distance.
    """

    instrument: InstrumentId
    half_bps: float = 5.0
    within_bps: float = 50.0
    half_life_s: float = 2.0

    def recipe(self, terms: Terms) -> Recipe:
        """Kept as two sums, at the cost of one exponential a level change."""
        i = terms.index(self.instrument)
        positive(self, "half_bps", "within_bps", "half_life_s")
        return Recipe(
            code=codes.DEPTH_IMBALANCE,
            instrument=i,
            param=(self.half_bps, self.within_bps, self.half_life_s * NS_PER_SECOND),
            states=DEPTH_STATE,
            outputs=("value", "mean", "quality"),
            hears=HEARD_BOOK,
            # Every level change moves it, deep ones too.
            within=LADDER + 1,
            rows=1 << LEVEL,
            sources=((i, HEARD_BOOK),),
        )


class WeightedMid(Watch, frozen=True):
    """The mid weighted by the opposite queues, in bps of the plain mid.

    + when the bid queue is larger and the next move is more likely up.
    Source: the weighted mid that Stoikov (2018) sets out from.
    """

    unit: ClassVar[str] = "bps"

    instrument: InstrumentId
    source: str = "touch"

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when the best prices or their sizes changed."""
        i = terms.index(self.instrument)
        code, heard = reading(self, self.source)
        return Recipe(
            code=codes.WEIGHTED_MID,
            instrument=i,
            param=(float(code),),
            states=0,
            outputs=("value",),
            hears=heard,
            within=1,
            sources=((i, heard),),
        )


class Spread(Watch, frozen=True):
    """Best ask less best bid, in bps of the mid; unknown while the book is crossed.

    Never negative. Its z compares with the last hour, sampled every second.
    Source: the relative quoted spread of any textbook.
    """

    unit: ClassVar[str] = "bps"

    instrument: InstrumentId
    source: str = "touch"
    z_window_s: int = 3600

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when the best prices changed."""
        i = terms.index(self.instrument)
        code, heard = reading(self, self.source)
        positive(self, "z_window_s")
        return Recipe(
            code=codes.SPREAD,
            instrument=i,
            param=(float(code),),
            states=0,
            outputs=("value",),
            hears=heard,
            within=1,
            sources=((i, heard),),
            z=self.z_window_s,
        )


class ImpactCost(Watch, frozen=True):
    """What taking a size now costs against the mid, half the spread included, in bps.

    Never negative. Unknown when the known book is too thin.
    buy: takes from the asks, else from the bids.
    Source: ours; the book is walked level by level.
    """

    unit: ClassVar[str] = "bps"

    instrument: InstrumentId
    size: Base
    buy: bool

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when a level changed that the size reaches."""
        i = terms.index(self.instrument)
        positive(self, "size")
        return Recipe(
            code=codes.IMPACT,
            instrument=i,
            param=(float(self.buy), *lots_of(terms.instrument(self.instrument), float(self.size))),
            states=0,
            outputs=("value",),
            hears=HEARD_BOOK,
            # From then on the kernel says how deep it looked.
            within=LADDER + 1,
            sources=((i, HEARD_BOOK),),
        )


def lots_of(instrument: Instrument, size: float) -> tuple[float, float]:
    """A size in base as lots, and whether it must still be multiplied by the mid in ticks."""
    if instrument.inverse:
        return size * float(instrument.grid.tick) / base_per_lot(instrument), 1.0
    return size / base_per_lot(instrument), 0.0
