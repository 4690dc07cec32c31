"""Who gives up a winning position when a bankrupt one has nobody left to pay for it.

Positions on the other side are ranked by profit and leverage, the highest first:

    profit % × leverage   when in profit,   profit % / leverage   else
    leverage = |worth at the mark| / (worth at the mark − worth at the bankruptcy price)

and closed at the price at which the other is bankrupt, without a fee. Source: BitMEX's public
description of auto-deleveraging; Binance's rank by profit and margin ratio orders the same way.
"""

from decimal import Decimal

from msgspec import Struct

from bot.model.money import divide
from bot.model.units import AccountId
from bot.venues.simulated.accounts import ZERO


class Winner(Struct, frozen=True):
    """A position that may be asked to give up lots, and its rank."""

    account: AccountId
    size: int
    score: Decimal


def score(at_mark: Decimal, at_entry: Decimal, at_bankruptcy: Decimal) -> Decimal:
    """The rank of a position by what it is worth at three prices, as `accounts.worth` signs it.

    Nothing that could still be lost: the leverage has no end, and the rank is the profit's sign
    without end.
    """
    share = divide(at_mark - at_entry, abs(at_entry))
    left = at_mark - at_bankruptcy
    if left <= 0:
        return Decimal("Infinity") if share > 0 else ZERO
    leverage = divide(abs(at_mark), left)
    return share * leverage if share > 0 else divide(share, leverage)


def ranked(winners: list[Winner]) -> list[Winner]:
    """The first to be closed first; equals by name, so that a run repeats."""
    return sorted(winners, key=lambda winner: (-winner.score, winner.account))
