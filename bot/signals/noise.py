"""Scores without the noise: next to what all prints and levels say, what the lasting ones say."""

from typing import ClassVar, Final

from bot.book.layout import HEARD_BOOK, HEARD_TRADE, LADDER
from bot.model.units import NS_PER_MS, NS_PER_SECOND, Base, InstrumentId
from bot.signals import codes
from bot.signals.base import HEARD_ALL, Recipe, Terms, Watch, base_per_lot, positive
from bot.signals.noise_kernels import LEVELS_MAX, PAST, SETTLED_STATE
from bot.signals.ranks import ranks_size
from bot.tape.rows import TRADE

MEDIAN_TRADES_MAX: Final = 10_000


class LargeTradeImbalance(Watch, frozen=True):
    """Aggressive buying against selling, without trades of next to nothing, in [-1, 1].

    + when buyers are the aggressors. Prints of one side within one millisecond are one trade of
    one aggressor. A trade below `size_min` base coins (quote units for inverse contracts) is
    left out; without one, below `median_share` of the median of the last `median_trades`
    trades before it. Fading with the half-life. Also published: `raw`, the same of all prints;
    `left_out`, the share of the volume that is noise; `size_min`, what counts as large now.
    Source: signals specification, 0.1, noise filter.
    """

    unit: ClassVar[str] = "score"

    instrument: InstrumentId
    half_life_s: float = 10.0
    size_min: Base | None = None
    median_share: float = 0.05
    median_trades: int = 500

    def recipe(self, terms: Terms) -> Recipe:
        """Four sums and a median, recomputed at every trade."""
        i = terms.index(self.instrument)
        positive(self, "half_life_s", "median_share")
        if self.size_min is not None:
            positive(self, "size_min")
        if not 1 <= self.median_trades <= MEDIAN_TRADES_MAX:
            raise ValueError(
                f"LargeTradeImbalance.median_trades: got {self.median_trades}, "
                f"expected 1 to {MEDIAN_TRADES_MAX}"
            )
        lot = base_per_lot(terms.instrument(self.instrument))
        return Recipe(
            code=codes.LARGE_TRADES,
            instrument=i,
            param=(
                self.half_life_s * NS_PER_SECOND,
                float(self.size_min or 0.0) / lot,
                self.median_share,
                float(self.median_trades),
                lot,
            ),
            states=PAST + ranks_size(self.median_trades),
            outputs=("value", "raw", "left_out", "size_min"),
            hears=HEARD_TRADE,
            within=LADDER + 1,
            rows=1 << TRADE,
            sources=((i, HEARD_TRADE),),
        )


class SettledImbalance(Watch, frozen=True):
    """Depth of the best levels that have stood for a while: (bids - asks) / (bids + asks).

    In [-1, 1], + when bids are deeper. A level counts once it has lived `life_ms`, whatever its
    size did meanwhile; one that leaves the best `levels` and returns is new, and those of a
    snapshot count as old. Order flow does not leave such levels out: it must see them. Also
    published: `raw`, the same of all levels, and `left_out`, the share of the depth that is too
    young. Source: signals specification, 0.1, noise filter.
    """

    instrument: InstrumentId
    levels: int = 5
    life_ms: float = 50.0

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when one of these levels changed, and when one has lived long enough."""
        i = terms.index(self.instrument)
        positive(self, "life_ms")
        if not 1 <= self.levels <= LEVELS_MAX:
            raise ValueError(
                f"SettledImbalance.levels: got {self.levels}, expected 1 to {LEVELS_MAX}"
            )
        return Recipe(
            code=codes.SETTLED_IMBALANCE,
            instrument=i,
            param=(float(self.levels), self.life_ms * NS_PER_MS),
            states=SETTLED_STATE,
            outputs=("value", "raw", "left_out"),
            # A level grows old without a message of its own.
            hears=HEARD_ALL,
            within=LADDER + 1,
            sources=((i, HEARD_BOOK),),
        )
