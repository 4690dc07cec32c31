"""How one-sided trading was, by volume instead of by time: a warning to those who rest."""

from typing import ClassVar, Final

from bot.book.layout import HEARD_TRADE, LADDER
from bot.model.units import NS_PER_SECOND, Base, InstrumentId
from bot.signals import codes
from bot.signals.base import Recipe, Terms, Watch, base_per_lot, positive
from bot.signals.ranks import ranks_size
from bot.signals.vpin_kernels import RING
from bot.tape.rows import TRADE

CLASSES: Final = {"aggressor": (0.0, 0.0), "normal": (1.0, 0.0), "student": (1.0, 0.25)}


class Vpin(Watch, frozen=True):
    """How one-sided the last buckets of equal volume were: |bought - sold| over volume, mean.

    In [0, 1]; it has no direction. High is toxic for resting orders. A bucket holds `bucket`
    base coins (quote units for inverse contracts); without one, a part in `buckets_a_day` of the
    mean volume of the last seven whole days from 00:00 UTC, before the first of those of the
    first 24 hours listened to. A running bucket keeps its size. A trade that does not fit is
    split. sides: `aggressor`, as the venue says; or `normal` or `student` (0.25 degrees of
    freedom), the share of each bar of `bar_s` that its move in deviations of earlier moves
    says was bought. Also published: `rank`, the share of the values of the last `ranks` buckets
    (30 days) below this one, from `ranks_min` on, above 0.9 is toxic; and `bucket`, its size.
    Source: Easley, Lopez de Prado & O'Hara (2012), Flow toxicity and liquidity, RFS.
    """

    unit: ClassVar[str] = "share"

    instrument: InstrumentId
    bucket: Base | None = None
    buckets: int = 50
    buckets_a_day: int = 50
    sides: str = "aggressor"
    bar_s: float = 60.0
    bar_half_life: float = 60.0
    bars_min: int = 10
    ranks: int = 1_500
    ranks_min: int = 50

    def recipe(self, terms: Terms) -> Recipe:
        """A trade fills buckets; only the end of one moves the value."""
        i = terms.index(self.instrument)
        positive(self, "buckets", "buckets_a_day", "bar_s", "bar_half_life", "bars_min")
        positive(self, "ranks", "ranks_min")
        if self.sides not in CLASSES:
            raise ValueError(f"Vpin.sides: got {self.sides!r}, expected {', '.join(CLASSES)}")
        lot = base_per_lot(terms.instrument(self.instrument))
        if self.bucket is not None and not self.bucket >= lot:
            raise ValueError(f"Vpin.bucket: got {self.bucket}, expected at least a lot, {lot}")
        bulk, freedom = CLASSES[self.sides]
        return Recipe(
            code=codes.VPIN,
            instrument=i,
            param=(
                float(self.buckets),
                float(self.bucket or 0.0) / lot,
                float(self.buckets_a_day),
                bulk,
                freedom,
                float(max(1, round(self.bar_s * NS_PER_SECOND))),
                self.bar_half_life,
                float(self.bars_min),
                float(self.ranks),
                float(self.ranks_min),
                lot,
            ),
            states=RING + self.buckets + ranks_size(self.ranks),
            outputs=("value", "rank", "bucket"),
            hears=HEARD_TRADE,
            within=LADDER + 1,
            rows=1 << TRADE,
            sources=((i, HEARD_TRADE),),
        )
