"""Scores of funding: what it will pay, how far above its floor it is, what a carry nets."""

from typing import ClassVar, Final

from bot.book.layout import HEARD_BOOK, HEARD_FUNDING, HEARD_SCALAR, LADDER
from bot.model.instrument import Kind
from bot.model.units import NS_PER_SECOND, Base, Bps, Hours, InstrumentId
from bot.signals import codes
from bot.signals.base import Recipe, Terms, Watch, base_per_lot, positive
from bot.signals.funding_kernels import EXCESS_WINDOW, PREDICTION_STATE
from bot.signals.order_book import lots_of
from bot.signals.standard import window_size

BPS: Final = 1e4


class PredictedFunding(Watch, frozen=True):
    """The next funding rate from our own premium samples, in bps per 8 h.

    + when longs will pay. The score projects the rest of the interval with the present
    premium; where we saw less than half of the samples so far, or there is no premium now, it
    is the venue's own prediction. Also published: `so_far`, the rate if the interval ended now,
    and `venue`. The quality is the share of samples that we saw.
    impact_notional: quote value that impact prices are measured at (Binance: 200 USDT over
        the initial margin rate at the highest leverage).
    interest_bps, damp_bps, floor_bps, cap_bps: of an interval, from the venue's terms.
    scaled: the venue divides by 8 h over the interval (Binance since 2025-09-18 08:01 UTC).
    sample_s, hold_s: seconds between samples, and for how many the last premium stands in.
    equal_hours: intervals of at most so long weigh their samples alike; those of longer ones
        weigh more the later they are (Binance: 1).
    Source: Binance, "Introduction to Binance Futures Funding Rates".
    """

    unit: ClassVar[str] = "bps per 8 h"

    instrument: InstrumentId
    impact_notional: float
    interest_bps: Bps
    damp_bps: Bps
    floor_bps: Bps
    cap_bps: Bps
    scaled: bool
    sample_s: float = 5.0
    hold_s: float = 30.0
    equal_hours: Hours = Hours(1.0)

    def recipe(self, terms: Terms) -> Recipe:
        """Sampled on a clock of its own; looks at the book and the index."""
        i = terms.index(self.instrument)
        instrument = terms.instrument(self.instrument)
        positive(self, "impact_notional", "sample_s", "hold_s")
        if not self.floor_bps <= self.cap_bps:
            raise ValueError(
                f"PredictedFunding.floor_bps: got {self.floor_bps}, "
                f"expected at most cap_bps {self.cap_bps}"
            )
        tick = float(instrument.grid.tick)
        per_lot = base_per_lot(instrument) * (1.0 if instrument.inverse else tick)
        return Recipe(
            code=codes.PREDICTED_FUNDING,
            instrument=i,
            param=(
                self.impact_notional / per_lot,
                float(instrument.inverse),
                tick,
                self.interest_bps / BPS,
                self.damp_bps / BPS,
                self.floor_bps / BPS,
                self.cap_bps / BPS,
                float(self.scaled),
                self.sample_s * NS_PER_SECOND,
                self.hold_s * NS_PER_SECOND,
                float(self.equal_hours),
            ),
            states=PREDICTION_STATE,
            outputs=("value", "so_far", "venue", "quality"),
            hears=HEARD_BOOK | HEARD_SCALAR | HEARD_FUNDING,
            # Every word of the book says that the premium still stands.
            within=LADDER + 1,
            sources=((i, HEARD_BOOK), (i, HEARD_SCALAR)),
        )


class FundingExcess(Watch, frozen=True):
    """The venue's funding rate over its interest floor, in bps per 8 h.

    + when longs are crowded. A rate at the floor is neutral, not bullish: about four in ten
    settlements sit exactly on it. Its z compares with the rates of the intervals before, and
    counts `sigma_bps_8h_min` as usual where they all sat on the floor.
    interest_bps_8h: the floor in bps per 8 h.
    Source: the venue's rates; the floor's share from He et al., "Fundamentals of Perpetual
    Futures".
    """

    unit: ClassVar[str] = "bps per 8 h"

    instrument: InstrumentId
    interest_bps_8h: Bps
    z_intervals: int = 90
    sigma_bps_8h_min: Bps = Bps(0.5)

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when a funding rate was heard."""
        i = terms.index(self.instrument)
        positive(self, "z_intervals")
        return Recipe(
            code=codes.FUNDING_EXCESS,
            instrument=i,
            param=(
                float(self.interest_bps_8h),
                float(self.z_intervals),
                float(self.sigma_bps_8h_min),
            ),
            states=EXCESS_WINDOW + window_size(self.z_intervals),
            outputs=("value", "z"),
            hears=HEARD_FUNDING,
            sources=((i, HEARD_FUNDING),),
        )


class NetCarry(Watch, frozen=True):
    """What holding a perpetual against another leg nets, in bps of one leg per 8 h.

    + when it pays. Funding of the settlements within `hold_hours`, at the rate of the next one,
    less the taker fees of both legs in and out, less the slippage of both round trips read from the
    books at this size, less charges. The other leg's own funding counts when it is a perpetual too.
    Also published: `break_even_hours`, `cost_bps` of the round trip, `funding_bps` per 8 h.
    short: the perpetual is sold and the other leg bought; False is the reverse.
    charge_bps_8h: borrowing and capital, in bps of one leg per 8 h.
    Source: ours, spec C2.
    """

    unit: ClassVar[str] = "bps per 8 h"

    instrument: InstrumentId
    against: InstrumentId
    size: Base
    hold_hours: Hours = Hours(168.0)
    short: bool = True
    charge_bps_8h: Bps = Bps(0.0)

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when a level changed that the size reaches, or a funding rate was heard."""
        positive(self, "size", "hold_hours")
        i = terms.index(self.instrument)
        other = terms.index(self.against)
        param: tuple[float, ...] = ()
        sources: tuple[tuple[int, int], ...] = ()
        for leg in (self.instrument, self.against):
            listed = terms.instrument(leg)
            # The first leg is what pays the funding, whatever its kind.
            funded = leg == self.instrument or listed.kind is Kind.PERPETUAL
            fees_bps = 2e4 * float(terms.fees(leg).taker)
            param += (*lots_of(listed, float(self.size)), fees_bps, float(funded))
            sources += ((terms.index(leg), HEARD_BOOK),)
            if funded:
                sources += ((terms.index(leg), HEARD_FUNDING),)
        return Recipe(
            code=codes.NET_CARRY,
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
            # From then on the kernel says how deep it looked.
            within=LADDER + 1,
            sources=sources,
        )
