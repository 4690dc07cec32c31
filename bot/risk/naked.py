"""What a basket holds without its counterpart, and which orders even that out."""

from decimal import Decimal

from bot.risk.exposure import Exposure, LiveOrder
from bot.risk.limits import Reference
from bot.risk.prices import Unknown


def standing_naked(exposure: Exposure, basket: str) -> tuple[Decimal, int | None]:
    """What a basket holds without its counterpart, and since when; or Unknown."""
    naked = exposure.naked(basket)
    if naked is None:
        raise Unknown(Reference.NAKED, basket)
    return naked


def closes_naked(exposure: Exposure, order: LiveOrder) -> bool:
    """Whether an order of a basket works against what the basket holds uneven."""
    if order.basket is None:
        return False
    stands, _ = standing_naked(exposure, order.basket)
    return stands * int(order.side) < 0
