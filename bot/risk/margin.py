"""Where the venue would take a position away: maintenance margin and liquidation prices.

A contract is liquidated when the margin balance no longer covers the maintenance margin of
every contract of the account (cross margin). With balance B, quantity q from entry E, and a tier
of rate m and deduction c, that is at the price P where

    linear    B + q (P - E)     = |q| P m - c + maintenance of the others
    inverse   B + N (1/E - 1/P) = |N| / P m - c + maintenance of the others

each solved for P in the tier that P itself falls into. Source: Binance, "How to calculate
liquidation price of USD-M / COIN-M futures contracts".
"""

from decimal import Decimal
from typing import Final

from msgspec import Struct

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
INFINITY: Final = Decimal("Infinity")


class Tier(Struct, frozen=True):
    """From this notional on, this rate of maintenance margin.

    floor: in quote for linear contracts, in coins for inverse ones. deduction: what makes the
    margin continuous at the floor; the venue calls it the maintenance amount.
    """

    floor: Decimal
    rate: Decimal
    deduction: Decimal


class TierTable(Struct, frozen=True):
    """The maintenance margin of one contract by notional, lowest tier first."""

    tiers: tuple[Tier, ...]

    @classmethod
    def of(cls, *steps: tuple[Decimal, Decimal]) -> "TierTable":
        """A table from `(floor, rate)`; the deductions follow from continuity."""
        tiers: list[Tier] = []
        rate_below = deduction = ZERO
        for floor, rate in steps:
            deduction += floor * (rate - rate_below)
            tiers.append(Tier(floor, rate, deduction))
            rate_below = rate
        return cls(tuple(tiers))

    def __post_init__(self) -> None:
        """Refuse a table that a notional could fall through, or whose margin jumps."""
        if not self.tiers or self.tiers[0].floor != 0:
            raise ValueError("tiers: expected the lowest to start at a notional of 0")
        if self.tiers[0].deduction != 0:
            raise ValueError("tiers: the lowest has a deduction, expected 0")
        for tier in self.tiers:
            if not (tier.floor.is_finite() and tier.rate.is_finite() and ZERO < tier.rate < ONE):
                raise ValueError(f"tiers: got a rate of {tier.rate}, expected more than 0, under 1")
        for below, tier in zip(self.tiers, self.tiers[1:], strict=False):
            if tier.floor <= below.floor or tier.rate < below.rate:
                raise ValueError(f"tiers: {tier.floor} at {tier.rate}: floors and rates must rise")
            jump = tier.floor * (tier.rate - below.rate) - (tier.deduction - below.deduction)
            if jump:
                raise ValueError(f"tiers: the margin jumps by {jump} at {tier.floor}")

    def index(self, notional: Decimal) -> int:
        """The position of the tier that a notional falls into."""
        index = 0
        for tier in self.tiers[1:]:
            if notional < tier.floor:
                break
            index += 1
        return index

    def maintenance(self, notional: Decimal) -> Decimal:
        """The margin that must be left, in the unit of the notional."""
        tier = self.tiers[self.index(notional)]
        return notional * tier.rate - tier.deduction


# Rates of our own, several times what venues ask for their largest contracts: with no table from
# the venue the distance must come out too small, never too large.
CAUTIOUS_LINEAR: Final = TierTable.of(
    (ZERO, Decimal("0.02")),
    (Decimal(200_000), Decimal("0.05")),
    (Decimal(1_000_000), Decimal("0.1")),
    (Decimal(10_000_000), Decimal("0.25")),
    (Decimal(50_000_000), Decimal("0.5")),
)
"""For linear contracts whose venue's table is not at hand; a configuration names it."""

CAUTIOUS_INVERSE: Final = TierTable.of(
    (ZERO, Decimal("0.02")),
    (Decimal(5), Decimal("0.05")),
    (Decimal(25), Decimal("0.1")),
    (Decimal(250), Decimal("0.25")),
    (Decimal(1_000), Decimal("0.5")),
)
"""For inverse contracts, floors in coins worth no more than a bitcoin each."""


def liquidation_price(
    quantity: Decimal,
    entry: Decimal,
    balance: Decimal,
    table: TierTable,
    *,
    inverse: bool,
    maintenance_others: Decimal,
    profit_others: Decimal,
) -> Decimal | None:
    """The mark at which a cross-margined position is liquidated; None when no price does it.

    Where no price saves it: 0 for a short linear position, infinity for a long inverse one.
    quantity: base coins, or units of quote when inverse, signed. balance: the wallet, in the
    settlement coin. profit_others: unrealised, of the account's other positions. With the mark
    as `entry`, `balance` is the margin balance: the profit so far is in it already.
    """
    means = balance + profit_others - maintenance_others
    if inverse:
        return _inverse_price(quantity, means + quantity / entry, table)
    return _linear_price(quantity, means - quantity * entry, table)


def bankruptcy_price(
    quantity: Decimal,
    entry: Decimal,
    balance: Decimal,
    *,
    inverse: bool,
    profit_others: Decimal,
) -> Decimal | None:
    """The price at which a position has eaten the whole balance; None when there is none."""
    means = balance + profit_others
    if inverse:
        reciprocal = ONE / entry + means / quantity
        return ONE / reciprocal if reciprocal > 0 else None
    price = entry - means / quantity
    return price if price > 0 else None


def distance(quantity: Decimal, mark: Decimal, liquidation: Decimal | None) -> Decimal | None:
    """How far the mark is from liquidation, as a fraction of it; negative when it is past it.

    None: no price liquidates the position.
    """
    if liquidation is None:
        return None
    gap = mark - liquidation if quantity > 0 else liquidation - mark
    return gap / mark


def _linear_price(quantity: Decimal, cash: Decimal, table: TierTable) -> Decimal | None:
    """Where `cash + deduction + quantity P = |quantity| P rate`, in the tier of P."""
    size = abs(quantity)
    for tier, above in zip(table.tiers, (*table.tiers[1:], None), strict=True):
        price = (cash + tier.deduction) / (size * tier.rate - quantity)
        if price <= 0:
            # A long survives its coin becoming worthless; a short has lost at every price.
            return None if quantity > 0 else ZERO
        # The first root below its tier's end is the only one: margins are continuous.
        if above is None or size * price < above.floor:
            return price
    raise AssertionError("the last tier has no end")


def _inverse_price(quantity: Decimal, coins: Decimal, table: TierTable) -> Decimal | None:
    """Where `coins + deduction = (quantity + |quantity| rate) / P`, in the tier of |quantity|/P."""
    size = abs(quantity)
    for tier, above in zip(table.tiers, (*table.tiers[1:], None), strict=True):
        reciprocal = (coins + tier.deduction) / (quantity + size * tier.rate)
        if reciprocal <= 0:
            # A short that its own coins cover gains no risk as they rise; a long has lost.
            return None if quantity < 0 else INFINITY
        if above is None or size * reciprocal < above.floor:
            return ONE / reciprocal
    raise AssertionError("the last tier has no end")
