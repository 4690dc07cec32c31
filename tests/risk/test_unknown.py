"""Unknown is never zero: a limit refuses while something that it needs is not known."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bot.model.command import Side
from bot.model.units import Currency
from bot.risk.checks import CHECKS
from bot.risk.limits import COLLAR_REFERENCES, MarkReference, Reference
from tests.risk.world import (
    BASKET,
    INVERSE,
    OTHER,
    PERP,
    Desk,
    World,
    book,
    limits,
    order,
)

COIN = Currency("COIN")


PLENTY = {
    "order_notional_max": Decimal(10**9),
    "order_size_max": {INVERSE: Decimal(10**9)},
    "position_max": {INVERSE: Decimal(10**9)},
    "gross_notional_max": Decimal(10**9),
    "net_notional_max": Decimal(10**9),
    "net_delta_max": {COIN: Decimal(10**9)},
    "leverage_max": Decimal(10**9),
    "quote_age_ms_max": 10**9,
    "daily_loss_max": Decimal(10**9),
    "naked_notional_max": Decimal(10**9),
    "naked_seconds_max": Decimal(10**9),
    "liquidation_distance_min": Decimal(0),
}
IN_COINS = ("order_size_max", "position_max", "net_delta_max")

FORGET: dict[Reference, Callable[[World], Any]] = {
    Reference.MARK: lambda world: world.marks.clear(),
    Reference.MID: lambda world: world.mids.clear(),
    Reference.INDEX: lambda world: world.indices.clear(),
    Reference.LAST: lambda world: world.lasts.clear(),
    Reference.TOUCH: lambda world: world.touches.clear(),
    Reference.CONVERSION: lambda world: world.conversions.clear(),
    Reference.EQUITY: lambda world: setattr(world, "equity_of", None),
    Reference.QUOTE_AGE: lambda world: world.ages.clear(),
    Reference.DAILY_PROFIT: lambda world: setattr(world, "profit", None),
    Reference.NAKED: lambda world: world.nakeds.clear(),
    Reference.MARGIN: lambda world: setattr(world, "margin_of", None),
    Reference.TIERS: lambda world: None,  # not of the world: of the limits
}
NEEDS = [
    (name, reference) for name, check in CHECKS.items() for reference in sorted(check.references)
]


@pytest.mark.parametrize(("name", "reference"), NEEDS)
def test_a_limit_refuses_while_a_reference_is_unknown(name, reference):
    bound = {reference: Decimal(10**6)} if name == "price_collar_bps" else PLENTY[name]
    proposal = order(instrument=INVERSE) if name in IN_COINS else order(1, basket=BASKET)
    stated = book(total=limits(**{name: bound}))
    known, unknown = World(), World()
    FORGET[reference](unknown)
    stated_unknown = (
        msgspec.structs.replace(stated, tiers={}) if reference is Reference.TIERS else stated
    )

    approved, _ = Desk(known, stated).review(proposal)
    refusal = Desk(unknown, stated_unknown).refusal(proposal)

    assert len(approved) == 1
    assert refusal.limit == f"total.{name}"
    assert refusal.value is None
    assert f"{reference} of " in refusal.allowed


def test_every_reference_of_a_collar_is_one_that_a_collar_may_name():
    assert CHECKS["price_collar_bps"].references == COLLAR_REFERENCES


@pytest.mark.parametrize("touch", [(101, 99), (100, 100), (0, 101)])
@pytest.mark.parametrize("reference", [Reference.TOUCH, Reference.MID])
def test_a_crossed_locked_or_one_sided_book_is_no_source_of_prices(touch, reference):
    world = World(touches={PERP: touch})
    desk = Desk(world, book(total=limits(price_collar_bps={reference: Decimal(10**6)})))

    refusal = desk.refusal(order())

    assert refusal.value is None


@pytest.mark.parametrize("price", [Decimal("NaN"), Decimal("Infinity"), Decimal(0), Decimal(-1)])
def test_a_mark_that_is_no_price_counts_as_unknown(price):
    world = World(marks={PERP: price})
    desk = Desk(world, book(total=limits(gross_notional_max=Decimal(10**9))))

    refusal = desk.refusal(order())

    assert refusal.value is None


def test_the_mark_may_be_the_mid_by_configuration():
    world = World(marks={}, mids={PERP: Decimal(200)})
    stated = book(total=limits(order_notional_max=Decimal(200)), mark=MarkReference.MID)
    desk = Desk(world, stated)

    assert desk.passes(order(1))
    assert desk.refusal(order(2)).value == "400"


def test_another_instrument_without_a_mark_stops_new_exposure_but_no_reduction():
    world = World().hold(5).hold(1, OTHER)
    del world.marks[OTHER]
    desk = Desk(world, book(total=limits(gross_notional_max=Decimal(10**9))))

    assert desk.refusal(order(1)).value is None
    assert desk.passes(order(5, Side.SELL))
