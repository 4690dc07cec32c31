"""Scores of what rests near the mid: its worth, and how much of the usual is gone."""

from typing import ClassVar, Final

from bot.book.layout import HEARD_BOOK, HEARD_TRADE, LADDER
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals import codes
from bot.signals.base import Recipe, Terms, Watch, base_per_lot, positive
from bot.signals.depth_value_kernels import ASKS, BIDS, BOTH_SIDES, sums_size
from bot.signals.exhaustion_kernels import exhaustion_size
from bot.tape.rows import LEVEL, TRADE

SIDES: Final = {"both": BOTH_SIDES, "bids": BIDS, "asks": ASKS}
DISTANCES_MAX: Final = 16


class DepthValue(Watch, frozen=True):
    """Worth resting within a distance of the mid, in quote: the sum of price times size.

    It is never negative, and high is deep. A level counts when it is no farther from the mid
    than `within_bps`. The score is of the first distance and of `side`: bids, asks, or both
    together. Also published: each side at each distance, as `bids_5` or `asks_100`. Unknown
    beyond what the last snapshot reached, and without two sides that do not cross. Exact, and
    moved level by level as the mid moves.
    Source: signals specification, S02.
    """

    unit: ClassVar[str] = "quote"

    instrument: InstrumentId
    within_bps: tuple[float, ...] = (5.0, 10.0, 25.0, 50.0, 100.0, 200.0)
    side: str = "both"

    def recipe(self, terms: Terms) -> Recipe:
        """Kept as a sum for each distance and side; recomputed when a level changed."""
        i = terms.index(self.instrument)
        if self.side not in SIDES:
            raise ValueError(f"DepthValue.side: got {self.side!r}, expected {', '.join(SIDES)}")
        if not 1 <= len(self.within_bps) <= DISTANCES_MAX or list(self.within_bps) != sorted(
            {bps for bps in self.within_bps if 0.0 < bps < 1e4}
        ):
            raise ValueError(
                f"DepthValue.within_bps: got {self.within_bps}, expected 1 to {DISTANCES_MAX} "
                "distances above 0 and below 10,000, ascending"
            )
        names = [f"{side}_{bps:g}" for bps in self.within_bps for side in ("bids", "asks")]
        return Recipe(
            code=codes.DEPTH_VALUE,
            instrument=i,
            param=_sums(terms.instrument(self.instrument), self.within_bps, SIDES[self.side]),
            states=sums_size(len(self.within_bps)),
            outputs=("value", *names),
            hears=HEARD_BOOK,
            within=LADDER + 1,
            rows=1 << LEVEL,
            sources=((i, HEARD_BOOK),),
        )


class BookExhaustion(Watch, frozen=True):
    """How much of the usual depth near the mid is gone: of the asks less of the bids.

    In [-1, 1], + when asks are thinner and the way up is the easier one. Of each side the share
    gone is 1 - depth / median, from 0 to 1, with the depth within `within_bps` of the mid and
    the median of one sample a second over `median_s`; known from `samples_min` samples on. Also
    published: `thinness`, the larger share; `bids` and `asks`, the shares; `bids_taken` and
    `asks_taken`, what aggressors took from a side in the last five seconds of the clock over
    what rested there before them; `active`, the sign of a score that has been beyond
    `active_above` for `active_s`, else 0. Unknown beyond what the last snapshot reached.
    Source: definition of this project, signals specification, S13.
    """

    instrument: InstrumentId
    within_bps: float = 10.0
    median_s: int = 1800
    samples_min: int = 300
    active_above: float = 0.6
    active_s: float = 2.0

    def recipe(self, terms: Terms) -> Recipe:
        """Two sums and two medians; recomputed when a level changed or somebody traded."""
        i = terms.index(self.instrument)
        positive(self, "within_bps", "median_s", "samples_min", "active_above", "active_s")
        if self.samples_min > self.median_s:
            raise ValueError(
                f"BookExhaustion.samples_min: got {self.samples_min}, "
                f"expected at most median_s, {self.median_s}"
            )
        return Recipe(
            code=codes.EXHAUSTION,
            instrument=i,
            param=(
                *_sums(terms.instrument(self.instrument), (self.within_bps,), BOTH_SIDES),
                float(self.median_s),
                float(self.samples_min),
                self.active_above,
                self.active_s * NS_PER_SECOND,
            ),
            states=exhaustion_size(self.median_s),
            outputs=("value", "thinness", "bids", "asks", "bids_taken", "asks_taken", "active"),
            hears=HEARD_BOOK | HEARD_TRADE,
            within=LADDER + 1,
            rows=(1 << LEVEL) | (1 << TRADE),
            sources=((i, HEARD_BOOK),),
        )


def _sums(instrument: Instrument, within_bps: tuple[float, ...], side: int) -> tuple[float, ...]:
    """What the kernels of the sums read."""
    lot = base_per_lot(instrument)
    quote = lot if instrument.inverse else lot * float(instrument.grid.tick)
    return (float(len(within_bps)), float(instrument.inverse), quote, float(side), *within_bps)
