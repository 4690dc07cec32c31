"""Cross margin: when an account is liquidated, at which price, and how far away that is.

All positions of an account that settle in one currency share its wallet. They are closed when
their margin balance is no more than their maintenance, which is integrated over the tiers
(each rate applies to the part of the worth above its floor), so that it never jumps.

Source: Binance's public description of USD-M tiers (maintenance rate and amount); the whole
position at the bankruptcy price is the simplest process that leaves nobody a debt.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from bot.model.instrument import Instrument
from bot.venues.simulated.accounts import ZERO, Position, worth


class Tier(Struct, frozen=True):
    """From this worth on (in the currency of settlement), this maintenance rate."""

    floor: Decimal
    rate: Decimal


class Exposure(Struct, frozen=True):
    """One open position and what it is judged by.

    worth: at the mark, as `accounts.worth` signs it. profit: what closing at the mark would
    bring. maintenance: the margin that must stay behind it.
    """

    i: int
    instrument: Instrument
    quantity: int
    mark: Decimal
    tiers: tuple[Tier, ...]
    worth: Decimal
    profit: Decimal
    maintenance: Decimal


def maintenance(amount: Decimal, tiers: Sequence[Tier]) -> Decimal:
    """Maintenance margin of so much worth."""
    total = ZERO
    for k, tier in enumerate(tiers):
        if amount <= tier.floor:
            break
        last = k + 1 == len(tiers)
        part = amount if last else min(amount, tiers[k + 1].floor)
        total += (part - tier.floor) * tier.rate
    return total


def exposures(
    held: Sequence[tuple[int, Position]],
    instruments: Mapping[int, Instrument],
    tiers: Mapping[int, tuple[Tier, ...]],
    marks: Mapping[int, Decimal | None],
) -> list[Exposure] | None:
    """The positions of a pool with their marks; None when a mark is unknown."""
    found: list[Exposure] = []
    for i, position in held:
        mark = marks[i]
        if mark is None:
            return None
        instrument, quantity = instruments[i], position.quantity
        amount = worth(instrument, quantity, mark)
        profit, required = amount - position.cost, maintenance(abs(amount), tiers[i])
        found.append(Exposure(i, instrument, quantity, mark, tiers[i], amount, profit, required))
    return found


def balance(wallet: Decimal, pool: Sequence[Exposure]) -> Decimal:
    """Wallet and open profit of a pool."""
    return wallet + sum((each.profit for each in pool), ZERO)


def bankruptcy_prices(wallet: Decimal, pool: Sequence[Exposure]) -> list[Decimal]:
    """The prices at which closing everything leaves exactly nothing.

    What is left is shared in proportion to the maintenance of each position.
    """
    left = balance(wallet, pool)
    required = sum((each.maintenance for each in pool), ZERO)
    return [_price_losing(each, left * each.maintenance / required) for each in pool]


def safe_move(slack: Decimal, each: Exposure, sharing: int) -> Decimal | None:
    """The mark up to which a position's part of the slack lasts; None when no price uses it up."""
    steepest = max(tier.rate for tier in each.tiers)
    return _losing(each, slack / sharing / (1 + steepest))


def _price_losing(each: Exposure, loss: Decimal) -> Decimal:
    price = _losing(each, loss)
    # Past every price: what a gap did to the rest of the pool is not this position's to pay.
    return each.mark if price is None else price


def _losing(each: Exposure, loss: Decimal) -> Decimal | None:
    """The price at which a position is worth so much less than at its mark."""
    amount = each.worth
    if each.instrument.inverse:
        # amount = −N / mark, and −N / price = amount − loss.
        contracts = -amount * each.mark
        price = contracts / (loss - amount) if loss != amount else None
    else:
        price = each.mark * (amount - loss) / amount
    return price if price is not None and price > 0 else None
