"""A position in exact lots and at exact cost; averages are derived for display only.

The *worth* of so many lots at a price, in the currency that the contract settles in, is

    linear, spot, option:   q p        (q in base coins)
    inverse:                N / p      (N in units of quote, worth in coins)

and the cost of a position is the worth of its fills at their own prices, less what closing
released in proportion. A linear long gains when its worth rises, an inverse long when its
worth in coins falls, so with d = 1 or -1

    realised + unrealised = d (worth of the position at the mark - worth of all fills)

holds whatever rule released the cost. The average of an inverse position is therefore the
harmonic mean of its prices.
"""

from decimal import Decimal

from msgspec import Struct

from bot.errors import ReconcileMismatch
from bot.model.instrument import Instrument, Kind
from bot.model.money import divide
from bot.model.units import Currency


class Position(Struct, frozen=True):
    """What is held of one instrument.

    quantity: lots, long is positive. cost: signed like the quantity, and realised: both in
    the currency of `currency_of`.
    """

    quantity: int
    cost: Decimal
    realised: Decimal


def currency_of(instrument: Instrument) -> Currency:
    """The currency that cost and profit are counted in."""
    return instrument.quote if instrument.kind is Kind.SPOT else instrument.settle


def is_paid_up(instrument: Instrument) -> bool:
    """Whether a trade pays its whole price at once, as coins and options do."""
    return instrument.kind in (Kind.SPOT, Kind.OPTION)


def direction(instrument: Instrument) -> int:
    """1 when a long gains as its worth rises, -1 when it gains as its worth falls."""
    return -1 if instrument.inverse and instrument.kind is not Kind.OPTION else 1


def size_of(instrument: Instrument, quantity: int, number: type[Decimal]) -> Decimal:
    """Lots as base coins, or as units of quote when the contract is inverse; keeps the sign."""
    if number is Decimal:
        return instrument.lot * instrument.contract_size * quantity
    return number(instrument.lot) * number(instrument.contract_size) * quantity


def worth(instrument: Instrument, quantity: int, price: Decimal) -> Decimal:
    """What so many lots stand for at a price, in `currency_of`; keeps the sign."""
    size = size_of(instrument, quantity, type(price))
    return size * price if direction(instrument) > 0 else divide(size, price)


def trade(position: Position, instrument: Instrument, quantity: int, price: Decimal) -> Position:
    """The position after a fill of so many signed lots.

    Adding changes the average and realises nothing, reducing realises the closed part and
    keeps the average, turning over realises all of the old side and starts anew at the price.
    """
    closed = closed_by(position.quantity, quantity)
    opened = quantity + closed
    if closed == position.quantity:
        released = position.cost
    else:
        released = divide(position.cost * closed, position.quantity)
    # The closed part is what the whole is worth less the opened part: both sides of a trade
    # then sum to nothing, even where N / p does not end.
    moved = worth(instrument, quantity, price)
    added = moved if closed == 0 else worth(instrument, opened, price)
    profit = direction(instrument) * (added - moved - released)
    return Position(
        quantity=position.quantity + quantity,
        cost=position.cost - released + added,
        realised=position.realised + profit,
    )


def closed_by(held: int, quantity: int) -> int:
    """Lots of a holding that an opposite fill closes, with the sign of the holding."""
    if held * quantity >= 0:
        return 0
    return min(held, -quantity) if held > 0 else max(held, -quantity)


def settle(position: Position, instrument: Instrument, price: Decimal) -> Position:
    """The position after a session paid its profit: all realised, held at the new price."""
    return Position(
        quantity=position.quantity,
        cost=worth(instrument, position.quantity, price),
        realised=position.realised + unrealised(position, instrument, price),
    )


def unrealised(position: Position, instrument: Instrument, mark: Decimal) -> Decimal:
    """Profit that closing at the mark would realise."""
    now = worth(instrument, position.quantity, mark)
    return direction(instrument) * (now - position.cost)


def unbooked(position: Position, instrument: Instrument, mark: Decimal) -> Decimal:
    """What a position adds to equity that the wallets do not show.

    Bought coins lie in the wallet; an option was paid for, so its worth is missing there; of
    a margined contract only the unrealised profit is.
    """
    if instrument.kind is Kind.SPOT:
        return position.cost * 0
    if instrument.kind is Kind.OPTION:
        return worth(instrument, position.quantity, mark)
    return unrealised(position, instrument, mark)


def average(position: Position, instrument: Instrument) -> Decimal | None:
    """The entry price of what is held, fees apart; None when flat."""
    if position.quantity == 0:
        return None
    size = size_of(instrument, position.quantity, type(position.cost))
    if direction(instrument) > 0:
        return divide(position.cost, size)
    return divide(size, position.cost)


def price_at_expiry(instrument: Instrument, price: Decimal) -> Decimal:
    """What one unit is closed at when the underlying settles at `price`.

    An option pays its intrinsic value, in coins when it is inverse: max(0, S - K) / S.
    """
    if instrument.strike is None:
        return price
    strike = type(price)(instrument.strike)
    intrinsic = price - strike if instrument.call else strike - price
    payoff = intrinsic if intrinsic > 0 else price * 0
    return divide(payoff, price) if instrument.inverse else payoff


def carry(position: Position, before: Instrument, after: Instrument) -> Position:
    """The same position counted in the lots of changed terms; its size and cost stay.

    ReconcileMismatch when it is no whole number of the new lots.
    """
    size = size_of(before, position.quantity, Decimal)
    lot = size_of(after, 1, Decimal)
    quantity = int((size / lot).to_integral_value())
    if lot * quantity != size:
        raise ReconcileMismatch(
            f"{after.id} lot",
            f"{after.lot} x {after.contract_size}",
            f"a whole part of the position {size}",
            "close the odd rest at the venue and start again",
        )
    return Position(quantity, position.cost, position.realised)
