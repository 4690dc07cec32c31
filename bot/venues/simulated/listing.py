"""One instrument as the simulated venue lists it: its contract, fees, margin, order rules."""

from decimal import Decimal

from msgspec import Struct

from bot.model.command import Side
from bot.model.instrument import Instrument, Kind
from bot.model.units import Currency
from bot.venues.simulated.fees import FeeSchedule
from bot.venues.simulated.margin import Tier
from bot.venues.simulated.rules import NO_RULES, OrderRules


class Listing(Struct, frozen=True):
    """What the venue knows of an instrument.

    tiers: maintenance margin; none for spot. borrows: spot only: whether it lends what an
        order lacks; else such an order is rejected. rules: what an order must keep.
    """

    instrument: Instrument
    fees: FeeSchedule
    tiers: tuple[Tier, ...] = ()
    borrows: bool = False
    rules: OrderRules = NO_RULES

    def __post_init__(self) -> None:
        """Refuse a contract on margin whose margin nobody stated."""
        derivative = self.instrument.kind in (Kind.PERPETUAL, Kind.FUTURE)
        floors = [tier.floor for tier in self.tiers]
        if derivative and (not floors or floors[0] != 0 or floors != sorted(set(floors))):
            raise ValueError(
                f"{self.instrument.id} tiers: got floors {[str(floor) for floor in floors]}, "
                "expected ascending ones from 0"
            )
        if any(not 0 < tier.rate < 1 for tier in self.tiers):
            raise ValueError(f"{self.instrument.id} tiers: expected rates between 0 and 1")

    def locks(self, side: Side, size: int, price: int) -> tuple[Currency, Decimal]:
        """What a spot order sets aside while it stands, its worst fee with it."""
        instrument = self.instrument
        if side is Side.SELL:
            return instrument.base, instrument.base_amount(size, instrument.price(price))
        rate = Decimal(0) if self.fees.in_received else max(self.fees.maker, self.fees.taker)
        notional = instrument.notional(size, instrument.price(price))
        return instrument.quote, notional * (1 + max(rate, Decimal(0)))
