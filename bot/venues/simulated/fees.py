"""What the venue takes for a fill, exactly; rounding is the statement's business."""

from decimal import Decimal

from msgspec import Struct

from bot.model.command import Side
from bot.model.instrument import Instrument, Kind
from bot.model.units import Currency


class FeeSchedule(Struct, frozen=True):
    """The rates of one instrument, as fractions of what changes hands; a rebate is negative.

    in_received: spot only: the fee is kept from the asset that the fill brings (base when
        buying, quote when selling). Else it is charged in quote.
    """

    maker: Decimal
    taker: Decimal
    in_received: bool = False

    def __post_init__(self) -> None:
        """Refuse rates that are no fractions; most mistakes are percent or bps."""
        for name in ("maker", "taker"):
            rate: Decimal = getattr(self, name)
            if not rate.is_finite() or abs(rate) >= Decimal("0.1"):
                raise ValueError(f"{name}: got {rate}, expected a fraction such as 0.0005")

    def charge(
        self, instrument: Instrument, side: Side, size: int, price: int, *, maker: bool
    ) -> tuple[Decimal, Currency]:
        """The fee of a fill and its currency; size in lots, price in ticks."""
        rate = self.maker if maker else self.taker
        paid = instrument.price(price)
        if instrument.inverse:
            return instrument.base_amount(size, paid) * rate, instrument.settle
        if instrument.kind is Kind.SPOT and self.in_received and side is Side.BUY:
            return instrument.base_amount(size, paid) * rate, instrument.base
        currency = instrument.quote if instrument.kind is Kind.SPOT else instrument.settle
        return instrument.notional(size, paid) * rate, currency
