"""Scores of price impact: how far the market moves with what is traded."""

from typing import ClassVar

from bot.book.layout import HEARD_TRADE, LADDER
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals import codes
from bot.signals.base import Recipe, Terms, Watch, base_per_lot, positive, reading
from bot.signals.impact_slope_kernels import impact_size
from bot.signals.liquidity_kernels import RATIOS
from bot.tape.rows import TRADE


class KyleLambda(Watch, frozen=True):
    """How far the mid moves with each unit that aggressors buy, net, in bps.

    High is illiquid; + when the mid goes with them. The slope of an ordinary regression, with a
    constant, of the move of the mid from one trade to the next on the trade's signed size, over
    the last `trades`; the last of them counts with what the mid has done so far. Prints of one
    side within a millisecond are one trade. Also published: `million_bps`, the same for a
    million in quote, `quote`, in quote a unit, and `r2`, the share of the mid's variance that
    trades explain. A unit is a base coin (one in quote for inverse contracts). Unknown before
    so many trades, and when all were alike.
    Source: Kyle (1985), Continuous auctions and insider trading.
    """

    unit: ClassVar[str] = "bps a unit"

    instrument: InstrumentId
    source: str = "touch"
    trades: int = 200

    def recipe(self, terms: Terms) -> Recipe:
        """Five sums; recomputed at every trade and when the best prices changed."""
        i = terms.index(self.instrument)
        code, heard = reading(self, self.source)
        if self.trades < 3:
            raise ValueError(f"KyleLambda.trades: got {self.trades}, expected at least 3")
        instrument = terms.instrument(self.instrument)
        return Recipe(
            code=codes.KYLE_LAMBDA,
            instrument=i,
            param=(
                float(code),
                float(self.trades),
                float(instrument.grid.tick),
                base_per_lot(instrument),
                float(instrument.inverse),
            ),
            states=impact_size(self.trades),
            outputs=("value", "million_bps", "quote", "r2"),
            hears=heard | HEARD_TRADE,
            within=1,
            rows=1 << TRADE,
            sources=((i, heard),),
        )


class Illiquidity(Watch, frozen=True):
    """Absolute return for each unit of quote traded: the mean over the last `bars`.

    It is never negative, and high is illiquid. Of each bar of `bar_s`, the absolute logarithm
    of its last price over that of the bar before, divided by what was paid in it. Bars without
    a trade do not count, and their return falls to the next; a bar closes with the first trade
    after it. With `bar_trades` a bar is so many trades instead. simple: simple returns, not
    logarithms. Unknown before so many bars.
    Source: Amihud (2002), Illiquidity and stock returns.
    """

    unit: ClassVar[str] = "1/quote"

    instrument: InstrumentId
    bar_s: float = 60.0
    bars: int = 60
    bar_trades: int | None = None
    simple: bool = False

    def recipe(self, terms: Terms) -> Recipe:
        """One ratio a bar."""
        i = terms.index(self.instrument)
        positive(self, "bar_s", "bars")
        if self.bar_trades is not None:
            positive(self, "bar_trades")
        instrument = terms.instrument(self.instrument)
        lot = base_per_lot(instrument)
        by_time = self.bar_trades is None
        return Recipe(
            code=codes.ILLIQUIDITY,
            instrument=i,
            param=(
                float(max(1, round(self.bar_s * NS_PER_SECOND))) if by_time else 0.0,
                float(self.bar_trades or 0),
                float(self.bars),
                float(self.simple),
                lot if instrument.inverse else lot * float(instrument.grid.tick),
                float(instrument.inverse),
            ),
            states=RATIOS + self.bars,
            outputs=("value",),
            hears=HEARD_TRADE,
            within=LADDER + 1,
            rows=1 << TRADE,
            sources=((i, HEARD_TRADE),),
        )
