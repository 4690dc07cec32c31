"""What must stand behind a position: to open it, and to keep it.

Positions of a pool share its wallet. They are closed when their margin balance is no more
than their maintenance. A table of tiers integrates its rates over the worth (each applies to
the part above its floor), so that it never jumps; `standard_margin` has the rules of venues
that know no tiers.

An option was paid for when it was bought, so its worth is no part of the balance: a long one
carries nothing, and what buying back a short one would cost is part of its maintenance.

Source: Binance's public description of USD-M tiers (maintenance rate and amount).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from bot.model.instrument import Instrument, Kind
from bot.model.money import divide
from bot.venues.simulated.accounts import ZERO, Position, worth


class Tier(Struct, frozen=True):
    """From this worth on (in the currency of settlement), this maintenance rate.

    leverage_max: the most that a position of this worth may be opened with; None: the tier
    states none, and what may be kept may be opened.
    """

    floor: Decimal
    rate: Decimal
    leverage_max: Decimal | None = None


class Load(Struct, frozen=True):
    """What a rule judges: so many lots, worth so much at a mark.

    amount: the worth without its sign. index: of the underlying; None is unknown.
    """

    instrument: Instrument
    lots: int
    amount: Decimal
    mark: Decimal
    index: Decimal | None


class MarginRule(Protocol):
    """A venue's way to say how much margin a position needs, in the currency of settlement."""

    def initial(self, load: Load, leverage: Decimal | None) -> Decimal:
        """To open it, at the leverage that was chosen, or at the most that is allowed."""
        ...

    def leverage_max(self, load: Load) -> Decimal | None:
        """The most that a position of this size may be opened with; None: none is stated."""
        ...

    def maintenance(self, load: Load) -> Decimal:
        """To keep it."""
        ...

    def steepest(self, load: Load) -> Decimal | None:
        """By how much maintenance grows at most while worth grows by one.

        None: it depends on more than that, and every change of a price must be looked at.
        """
        ...

    def step(self, load: Load) -> int:
        """Lots whose closing brings the position down to where it needs a lower rate."""
        ...


class TierRule(Struct, frozen=True):
    """Maintenance by tiers, lowest first; initial margin by the leverage that was chosen."""

    tiers: tuple[Tier, ...]

    def initial(self, load: Load, leverage: Decimal | None) -> Decimal:
        """Worth over leverage, and never less than what must stay."""
        stated = [each for each in (leverage, self.leverage_max(load)) if each is not None]
        kept = self.maintenance(load)
        return max(kept, divide(load.amount, min(stated))) if stated else kept

    def leverage_max(self, load: Load) -> Decimal | None:
        """As the tier of this worth states it."""
        return self.tiers[self._index(load.amount)].leverage_max

    def maintenance(self, load: Load) -> Decimal:
        """Each rate on its part of the worth."""
        return maintenance(load.amount, self.tiers)

    def steepest(self, load: Load) -> Decimal | None:  # noqa: ARG002  other rules ask it
        """The highest rate of all."""
        return max([tier.rate for tier in self.tiers])

    def step(self, load: Load) -> int:
        """Down to the floor of the tier that the position is in; all of it in the lowest."""
        size, floor = abs(load.lots), self.tiers[self._index(load.amount)].floor
        kept = int(size * floor / load.amount) if floor else 0
        return size - kept

    def _index(self, amount: Decimal) -> int:
        k = len(self.tiers) - 1
        while k and self.tiers[k].floor >= amount:
            k -= 1
        return k


class Exposure(Struct, frozen=True):
    """One open position and what it is judged by.

    worth: at the mark, as `accounts.worth` signs it. claim: what closing at the mark would
    bring. profit: the part of that which counts as margin. maintenance: what must stay.
    """

    i: int
    instrument: Instrument
    quantity: int
    mark: Decimal
    worth: Decimal
    claim: Decimal
    profit: Decimal
    maintenance: Decimal
    steepest: Decimal | None
    step: int


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
    rules: Mapping[int, MarginRule],
    marks: Mapping[int, Decimal | None],
    indices: Mapping[int, Decimal | None],
) -> list[Exposure] | None:
    """The positions of a pool with their marks; None when a mark is unknown."""
    found: list[Exposure] = []
    for i, position in held:
        mark = marks[i]
        if mark is None:
            return None
        instrument, quantity, rule = instruments[i], position.quantity, rules[i]
        amount = worth(instrument, quantity, mark)
        load = Load(instrument, quantity, abs(amount), mark, indices[i])
        paid_up = instrument.kind is Kind.OPTION
        found.append(
            Exposure(
                i,
                instrument,
                quantity,
                mark,
                amount,
                claim=amount if paid_up else amount - position.cost,
                profit=ZERO if paid_up else amount - position.cost,
                maintenance=rule.maintenance(load),
                steepest=rule.steepest(load),
                step=rule.step(load),
            )
        )
    return found


def balance(wallet: Decimal, pool: Sequence[Exposure]) -> Decimal:
    """Margin balance: wallet and open profit of a pool."""
    return wallet + sum((each.profit for each in pool), ZERO)


def bankruptcy_prices(wallet: Decimal, pool: Sequence[Exposure]) -> list[Decimal]:
    """The prices at which closing everything leaves nothing.

    What is left is shared in proportion to the maintenance of each position.
    """
    left = wallet + sum((each.claim for each in pool), ZERO)
    required = sum((each.maintenance for each in pool), ZERO)
    if required == 0:
        return [each.mark for each in pool]
    return [_price_losing(each, divide(left * each.maintenance, required)) for each in pool]


def safe_move(slack: Decimal, each: Exposure, sharing: int) -> Decimal | None:
    """The mark up to which a position's part of the slack lasts; None when no price uses it up."""
    assert each.steepest is not None, f"{each.instrument.id}: every change must be looked at"
    return _losing(each, slack / sharing / (1 + each.steepest))


def _price_losing(each: Exposure, loss: Decimal) -> Decimal:
    price = _losing(each, loss)
    # Past every price: what a gap did to the rest of the pool is not this position's to pay.
    return each.mark if price is None else price


def _losing(each: Exposure, loss: Decimal) -> Decimal | None:
    """The price at which a position is worth so much less than at its mark."""
    amount = each.worth
    if each.instrument.inverse and each.instrument.kind is not Kind.OPTION:
        # amount = −N / mark, and −N / price = amount − loss.
        contracts = -amount * each.mark
        price = divide(contracts, loss - amount) if loss != amount else None
    else:
        price = divide(each.mark * (amount - loss), amount) if amount else None
    return price if price is not None and price > 0 else None
