"""Delta hedge: a perpetual held against an inventory, traded to the edge of a band."""

import math
from collections.abc import Mapping

from bot import (
    Base,
    Bps,
    InstrumentId,
    LogMid,
    Strategy,
    Struct,
    Target,
    Unit,
    Urgency,
    View,
    Watch,
)


class DeltaHedge(Strategy):
    """Keep the net delta of an inventory within a band, with a perpetual.

    Nothing is traded inside the band; outside, only as much as leads back to its edge, which
    is what costs that grow with the size ask for.
    Source: Whalley & Wilmott (1997), Mathematical Finance 7(3).

    inventory: coins held elsewhere, long positive, or the delta of an option book in coins.
    band: coins that the net delta may be away from zero.
    gamma: coins that the inventory's delta grows by, per unit of quote that the price rises.
    gamma_price: the price at which `inventory` was measured; needed with a gamma.
    wake_bps: how far the price moves before it is looked at again.
    """

    perp: InstrumentId
    inventory: Base
    band: Base
    gamma: float = 0.0
    gamma_price: float | None = None
    urgency: Urgency = Urgency.NORMAL
    wake_bps: Bps = Bps(1.0)

    class Memory(Struct):
        """The position that was asked for last, in the perpetual's own unit."""

        target: float | None = None

    def __post_init__(self) -> None:
        """Refuse an inventory that has no number, and a band that has no inside."""
        if not math.isfinite(self.inventory):
            raise ValueError(f"inventory: got {self.inventory}, expected a finite number")
        if not 0 < self.band < math.inf:
            raise ValueError(f"band: got {self.band}, expected a number > 0")
        if not math.isfinite(self.gamma):
            raise ValueError(f"gamma: got {self.gamma}, expected a finite number")
        if self.gamma and not (self.gamma_price and 0 < self.gamma_price < math.inf):
            raise ValueError(f"gamma_price: got {self.gamma_price}, expected a price with a gamma")

    def watches(self) -> Mapping[str, Watch]:
        """The price: it moves the delta of a curved inventory and of an inverse perpetual."""
        return {"price": LogMid(self.perp, wake=self.wake_bps)}

    def decide(self, view: View) -> Target | None:
        """What was asked for last while that is inside the band, else the nearer edge."""
        touch = view.touch(self.perp)
        if touch is None:
            return None
        delta = self.inventory + self.gamma * (touch.mid - (self.gamma_price or 0.0))
        listed = view.instrument(self.perp)
        # An inverse contract is worth fewer coins the higher the price.
        per_coin = touch.mid / float(listed.contract_size) if listed.inverse else 1.0
        low, high = (-delta - self.band) * per_coin, (-delta + self.band) * per_coin
        # Not the position: that lacks what is on its way, and would be corrected twice.
        standing = view.memory.target
        if standing is None:
            standing = view.position(self.perp)
        view.memory.target = min(max(standing, low), high)
        unit = Unit.CONTRACTS if listed.inverse else Unit.BASE
        return Target(self.perp, view.memory.target, self.urgency, unit)
