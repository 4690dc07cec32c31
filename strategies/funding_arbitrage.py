"""Funding arbitrage: a perpetual against its spot, held while the funding pays for the trip."""

import math
from collections.abc import Mapping

from bot import (
    Base,
    Basket,
    BookImbalance,
    Bps,
    Hours,
    InstrumentId,
    NetCarry,
    Strategy,
    Target,
    Urgency,
    View,
    Watch,
)

HOURS_IN_YEAR = 8760


class FundingArbitrage(Strategy):
    """Earn funding: long spot, short the perpetual, while the carry pays for the trip.

    Where coins can be borrowed, the reverse too: short spot, long the perpetual, while shorts
    are paid.

    size: of each leg. max_unhedged: base coins that may stand without the other leg.
    hold_hours: how long a trip is expected to last; its costs are spread over that, so a long
        one makes every carry look good.
    enter_bps, exit_bps: net carry per 8 h, after fees and slippage at this size, above which
        a trip begins and below which it ends; exit is the lower, so that it does not flap.
    borrow_apr: yearly cost of borrowed coins as a fraction; None: never the reverse.
    """

    spot: InstrumentId
    perp: InstrumentId
    size: Base
    max_unhedged: Base
    hold_hours: Hours
    enter_bps: Bps
    exit_bps: Bps
    borrow_apr: float | None = None

    def __post_init__(self) -> None:
        """Refuse what would flap, or trade nothing."""
        if not (self.size > 0 and math.isfinite(self.size)):
            raise ValueError(f"size: got {self.size}, expected a number > 0")
        if not 0 < self.max_unhedged <= self.size:
            raise ValueError(f"max_unhedged: got {self.max_unhedged}, expected 0 to {self.size}")
        if not self.exit_bps < self.enter_bps:
            raise ValueError(f"exit_bps: got {self.exit_bps}, expected less than {self.enter_bps}")
        if self.borrow_apr is not None and not 0 <= self.borrow_apr < math.inf:
            raise ValueError(f"borrow_apr: got {self.borrow_apr}, expected a number >= 0")

    def watches(self) -> Mapping[str, Watch]:
        """The carry of each direction that may be taken, and who queues at the perpetual."""
        watches: dict[str, Watch] = {
            "carry": self._carry(short=True),
            "pressure": BookImbalance(self.perp, levels=10, wake=0.3, optional=True),
        }
        if self.borrow_apr is not None:
            watches["reverse"] = self._carry(short=False)
        return watches

    def decide(self, view: View) -> Basket:
        """The one direction that pays, or nothing."""
        held = view.position(self.perp)
        # Less than half a position is not held: neither dust nor the first fills of an entry
        # may be kept, or built up, on the terms of a position that is there.
        short = self._pays(view, "carry", held=held < -0.5 * self.size)
        long = self.borrow_apr is not None and self._pays(
            view, "reverse", held=held > 0.5 * self.size
        )
        if long and (held > 0 or not short):
            return self._basket(view, self.size)
        return self._basket(view, -self.size if short else 0.0)

    def _carry(self, *, short: bool) -> NetCarry:
        borrowing = 0.0 if short else (self.borrow_apr or 0.0) * 1e4 * 8 / HOURS_IN_YEAR
        return NetCarry(
            self.perp,
            against=self.spot,
            size=self.size,
            hold_hours=self.hold_hours,
            short=short,
            charge_bps_8h=Bps(borrowing),
            wake=0.25,
        )

    def _pays(self, view: View, carry: str, *, held: bool) -> bool:
        return view.gate(carry, above=self.exit_bps if held else self.enter_bps)

    def _basket(self, view: View, quantity: float) -> Basket:
        """The perpetual at `quantity`, the spot against it."""
        change = quantity - view.position(self.perp)
        # Those who queue on the other side will come to us: let them.
        queued = (view["pressure"] or 0.0) * change < 0
        patience = Urgency.PASSIVE if queued else Urgency.NORMAL
        return Basket(
            Target(self.perp, quantity, patience),
            Target(self.spot, 0.0 - quantity),
            max_unhedged=self.max_unhedged,
        )
