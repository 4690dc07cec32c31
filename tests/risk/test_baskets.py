"""The legs of a basket: together or not at all, reserved whole, and never left naked."""

from decimal import Decimal

import pytest

from bot.model.command import Side
from bot.risk.kill import Mode
from bot.risk.limits import TOTAL
from bot.risk.review import reserve
from bot.risk.worst import Reservations
from tests.risk.world import (
    BASKET,
    PERP,
    SECOND,
    SPOT,
    Desk,
    World,
    book,
    limits,
    order,
)


def leg(size: int, side: Side = Side.BUY, **changed):
    return order(size, side, basket=BASKET, **changed)


def test_a_basket_passes_whole():
    desk = Desk(World(), book(total=limits(position_max={PERP: Decimal(5), SPOT: Decimal(5)})))

    approved, refused = desk.review(leg(5, instrument=SPOT), leg(5, Side.SELL))

    assert [one.proposal.instrument for one in approved] == [SPOT, PERP]
    assert refused == []


@pytest.mark.parametrize("harder_first", [True, False])
def test_a_basket_whose_one_leg_does_not_fit_passes_not_at_all(harder_first):
    stated = limits(position_max={PERP: Decimal(4), SPOT: Decimal(5)})
    desk = Desk(World(), book(total=stated))
    legs = [leg(5, instrument=SPOT), leg(5, Side.SELL)]

    approved, refused = desk.review(*(reversed(legs) if harder_first else legs), order(4))

    assert [one.proposal for one in approved] == [order(4)]
    assert sorted(one.limit for one in refused) == ["basket", "total.position_max"]
    companion = next(one for one in refused if one.limit == "basket")
    assert companion.value == f"total.position_max of {PERP}"


def test_the_legs_of_a_basket_are_one_even_when_another_order_stands_between():
    desk = Desk(World(), book(total=limits(gross_notional_max=Decimal(500))))

    approved, refused = desk.review(leg(3, instrument=SPOT), order(3), leg(3, Side.SELL))

    assert [one.proposal.basket for one in approved] == [None]
    assert [one.proposal.basket for one in refused] == [BASKET, BASKET]


def test_a_malformed_leg_stops_its_basket():
    approved, refused = Desk(World(), book()).review(leg(3, instrument=SPOT), leg(0, Side.SELL))

    assert approved == []
    assert [one.limit for one in refused] == ["basket", "size"]


def test_a_refused_basket_does_not_count_as_orders():
    stated = limits(orders_per_second_max=2, position_max={PERP: Decimal(4), SPOT: Decimal(5)})
    desk = Desk(World(), book(total=stated))

    desk.review(leg(5, instrument=SPOT), leg(5, Side.SELL))

    assert desk.passes(order(1))
    assert desk.passes(order(1))
    assert desk.refusal(order(1)).limit == "total.orders_per_second_max"


def test_a_leg_that_closes_what_stands_naked_goes_without_its_basket():
    world = World(nakeds={BASKET: (Decimal(300), 99 * SECOND)}).hold(3, SPOT)
    desk = Desk(world, book(total=limits(position_max={PERP: Decimal(5), SPOT: Decimal(3)})))
    adds, closes = leg(2, instrument=SPOT), leg(3, Side.SELL)

    approved, refused = desk.review(adds, closes)

    assert [one.proposal for one in approved] == [closes]
    assert [one.proposal for one in refused] == [adds]


def test_a_naked_basket_past_its_time_may_be_evened_out_and_nothing_else():
    world = World(nakeds={BASKET: (Decimal(-300), 90 * SECOND)})
    desk = Desk(world, book(total=limits(naked_seconds_max=Decimal(2))))

    assert desk.refusal(leg(1, Side.SELL)).limit == "total.naked_seconds_max"
    assert desk.passes(leg(3, Side.BUY))


def test_live_orders_of_a_basket_count_as_naked():
    world = World()
    world.place(leg(3))
    desk = Desk(world, book(total=limits(naked_notional_max=Decimal(505))))

    assert desk.passes(leg(2))
    assert not desk.passes(leg(1))


# --- reserving without approving -------------------------------------------------------


def test_a_basket_asks_whole_before_it_begins_and_nothing_is_counted():
    stated = book(total=limits(position_max={PERP: Decimal(4), SPOT: Decimal(5)}))
    desk = Desk(World(), stated)

    fits = reserve(
        (leg(4, instrument=SPOT), leg(4, Side.SELL)), desk.reservations, stated, desk.halts
    )
    too_large = reserve(
        (leg(5, instrument=SPOT), leg(5, Side.SELL)), desk.reservations, stated, desk.halts
    )

    assert fits is None
    assert too_large is not None
    assert too_large.limit == "total.position_max"
    assert too_large.proposal.instrument == PERP
    assert desk.world.ids == 0


def test_a_whole_basket_is_not_held_to_the_limits_of_one_slice():
    stated = book(
        total=limits(
            order_notional_max=Decimal(101),
            order_size_max={PERP: Decimal(1), SPOT: Decimal(1)},
            naked_notional_max=Decimal(101),
            net_notional_max=Decimal(101),
            orders_per_second_max=1,
        )
    )
    legs = (leg(5, instrument=SPOT), leg(5, Side.SELL))

    assert (
        reserve(legs, Reservations(World(), stated.mark), stated, Desk(World(), stated).halts)
        is None
    )
    assert Desk(World(), stated).refusal(leg(5)).limit == "total.order_notional_max"


def test_one_side_alone_is_held_to_the_net_too():
    stated = book(total=limits(net_notional_max=Decimal(505)))
    halts = Desk(World(), stated).halts

    assert reserve((order(5),), Reservations(World(), stated.mark), stated, halts) is None
    assert reserve((order(6),), Reservations(World(), stated.mark), stated, halts) is not None


def test_nothing_is_reserved_under_a_halt():
    desk = Desk(World(), book())
    desk.halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 1)

    refusal = reserve((leg(1, instrument=SPOT),), desk.reservations, desk.limits, desk.halts)

    assert refusal is not None
    assert refusal.limit == "reduce_only"
