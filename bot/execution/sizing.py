"""Amounts as a strategy says them, and the whole lots that can be ordered.

Quantised once, toward less risk: an opening is rounded down, a closing leaves nothing.
"""

import math
from decimal import Decimal
from typing import Final

from bot.model.instrument import Instrument, Kind
from bot.model.intent import Unit

_NEARLY: Final = Decimal("1e-6")
"""Of a lot: 0.1 + 0.2 is three tenths, and not a lot less."""
LOTS_MAX: Final = 2**53
"""More than any venue has: who asks for more asks for this, and every limit refuses it."""


def exact(amount: float) -> Decimal:
    """A strategy's number as the decimal it is written as."""
    return Decimal(repr(float(amount)))


def lots_of(amount: float, unit: Unit, instrument: Instrument, mark: Decimal | None) -> int | None:
    """An amount in whole lots, rounded toward zero; None when it needs a mark that is unknown."""
    if amount == 0:
        return 0
    assert math.isfinite(amount), f"{instrument.id}: {amount} is no amount"
    one = lot_worth(instrument, unit, mark)
    return None if one is None else whole(exact(amount) / one)


def lot_worth(instrument: Instrument, unit: Unit, mark: Decimal | None) -> Decimal | None:
    """What one lot counts in a unit, > 0; None when that needs a mark that is unknown."""
    if unit is Unit.CONTRACTS:
        return instrument.lot
    if (unit is Unit.BASE) is not instrument.inverse:
        return instrument.lot * instrument.contract_size
    if mark is None or not mark > 0 or instrument.kind is Kind.OPTION:
        return None  # the mark of an option says nothing of what it controls
    if unit is Unit.BASE:
        return instrument.base_amount(1, mark)
    return instrument.notional(1, mark)


def whole(lots: Decimal) -> int:
    """Whole lots, toward zero, forgiving what a float cannot say; at most `LOTS_MAX` of them."""
    if abs(lots) >= LOTS_MAX:  # or they could be computed with, but not written down
        return LOTS_MAX if lots > 0 else -LOTS_MAX
    nearest = int(lots.to_integral_value())
    return nearest if abs(lots - nearest) < _NEARLY else int(lots)


def smallest_order(instrument: Instrument, price: Decimal) -> int:
    """Lots of the smallest order that the venue takes at this price, at least 1."""
    if instrument.notional_min is None:
        return max(1, instrument.size_min)
    one = instrument.notional(1, price)
    return max(1, instrument.size_min, math.ceil(instrument.notional_min / one))


def too_small(instrument: Instrument, lots: int, price: Decimal) -> bool:
    """Whether the venue would reject an order of so many lots at this price."""
    if lots < instrument.size_min:
        return True
    least = instrument.notional_min
    return least is not None and instrument.notional(lots, price) < least


def child_size(rest: int, most: int, smallest: int) -> int:
    """How much of `rest` to order now, at most `most`, so that no remainder is too small to trade.

    0 when even that cannot be ordered.
    """
    if rest <= most:
        return rest if rest >= smallest else 0
    size = most if rest - most >= smallest else min(most, rest - smallest)
    return size if size >= smallest else most if most >= smallest else 0


def within_reach(goal: int, position: int, smallest: int) -> int:
    """The goal of the next order: a way through zero stops there, so that its closing part can be
    reduce-only; a position too small to be closed alone is closed with what follows.
    """
    if position * goal < 0 and abs(position) >= smallest:
        return 0
    return goal


def reduced(goal: int, position: int) -> int:
    """The part of a goal that only takes risk back: between zero and the position."""
    return max(0, min(goal, position)) if position > 0 else min(0, max(goal, position))
