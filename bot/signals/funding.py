"""Scores of funding: what it will pay, how far above its floor it is, what a carry nets."""

import math
from typing import ClassVar

from bot.book.layout import HEARD_BOOK, HEARD_FUNDING, HEARD_SCALAR, LADDER
from bot.model.units import NS_PER_SECOND, Base, Bps, Hours, InstrumentId
from bot.signals import evaluate
from bot.signals.base import Recipe, Terms, Watch, base_per_lot
from bot.signals.order_book import lots_of


class PredictedFunding(Watch, frozen=True):
    """The next funding rate from our own premium samples, in bps per 8 h.

    + when longs will pay. The score projects the rest of the interval with the present
    premium; `so_far` is the rate if the interval ended now, `venue` the venue's own
    prediction, `coverage` the share of samples that we saw.
    impact_notional: quote value that impact prices are measured at (Binance: 200 USDT over
        the initial margin rate at the highest leverage).
    interest, damp, floor, cap: fractions per interval, from the venue's published terms.
    scaled: the venue divides by 8 h over the interval (Binance since 2025-09-18 08:01 UTC).
    Source: Binance, "Introduction to Binance Futures Funding Rates".
    """

    unit: ClassVar[str] = "bps per 8 h"

    instrument: InstrumentId
    impact_notional: float
    interest: float
    damp: float
    floor: float
    cap: float
    scaled: bool
    sample_s: float = 5.0
    hold_s: float = 30.0

    def recipe(self, terms: Terms) -> Recipe:
        """Sampled on a clock of its own; looks at the book and the index."""
        i = terms.index(self.instrument)
        instrument = terms.instrument(self.instrument)
        tick = float(instrument.grid.tick)
        per_lot = base_per_lot(instrument) * (1.0 if instrument.inverse else tick)
        return Recipe(
            code=evaluate.PREDICTED_FUNDING,
            instrument=i,
            param=(
                self.impact_notional,
                per_lot,
                float(instrument.inverse),
                tick,
                self.interest,
                self.damp,
                self.floor,
                self.cap,
                float(self.scaled),
                self.sample_s * NS_PER_SECOND,
                self.hold_s * NS_PER_SECOND,
            ),
            states=8,
            outputs=("value", "so_far", "venue", "coverage"),
            hears=HEARD_BOOK | HEARD_SCALAR | HEARD_FUNDING,
            within=LADDER,
            sources=((i, HEARD_BOOK), (i, HEARD_SCALAR)),
        )


class FundingExcess(Watch, frozen=True):
    """The venue's funding rate over its interest floor, in bps per 8 h.

    + when longs are crowded. A rate at the floor is neutral, not bullish: about four in ten
    settlements sit exactly on it. interest_bps_8h: the floor in bps per 8 h.
    """

    unit: ClassVar[str] = "bps per 8 h"

    instrument: InstrumentId
    interest_bps_8h: Bps

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when a funding rate was heard."""
        i = terms.index(self.instrument)
        return Recipe(
            code=evaluate.FUNDING_EXCESS,
            instrument=i,
            param=(float(self.interest_bps_8h),),
            states=0,
            outputs=("value",),
            hears=HEARD_FUNDING,
            sources=((i, HEARD_FUNDING),),
        )


class NetCarry(Watch, frozen=True):
    """What holding a perpetual against another leg nets, in bps of one leg per 8 h.

    Funding of the settlements within `hold_hours`, at the rate of the next one, less the
    taker fees of both legs in and out, less the slippage of both round trips read from the
    books at this size, less charges. short: the perpetual is sold and the other leg bought;
    False is the reverse. Also published: `break_even_hours`, `cost_bps` of the round trip,
    `funding_bps` per 8 h.
    charge_bps_8h: borrowing and capital, in bps of one leg per 8 h.
    """

    unit: ClassVar[str] = "bps per 8 h"

    instrument: InstrumentId
    against: InstrumentId
    size: Base
    hold_hours: Hours = Hours(168.0)
    short: bool = True
    charge_bps_8h: Bps = Bps(0.0)

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when a ladder of either leg changed, or a funding rate was heard."""
        if not (self.size > 0 and math.isfinite(self.size)):
            raise ValueError(f"NetCarry.size: got {self.size}, expected a number > 0")
        if not self.hold_hours > 0:
            raise ValueError(f"NetCarry.hold_hours: got {self.hold_hours}, expected a number > 0")
        i = terms.index(self.instrument)
        other = terms.index(self.against)
        param: tuple[float, ...] = ()
        for leg in (self.instrument, self.against):
            taker = float(terms.fees(leg).taker) * 1e4
            param += (*lots_of(terms.instrument(leg), float(self.size)), taker, taker)
        return Recipe(
            code=evaluate.NET_CARRY,
            instrument=i,
            other=other,
            param=(
                *param,
                float(self.hold_hours),
                1.0 if self.short else -1.0,
                float(self.charge_bps_8h),
            ),
            states=0,
            outputs=("value", "break_even_hours", "cost_bps", "funding_bps"),
            hears=HEARD_BOOK | HEARD_FUNDING,
            within=LADDER,
            sources=((i, HEARD_BOOK), (other, HEARD_BOOK), (i, HEARD_FUNDING)),
        )
