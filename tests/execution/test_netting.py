"""Two strategies of ours never trade with each other at a venue."""

from decimal import Decimal

from bot.model.command import Side
from bot.model.intent import Basket, Target, Urgency
from tests.execution.world import ME, OTHER, PERP, SPOT, World


def want(world: World, strategy, quantity: float, urgency=Urgency.URGENT) -> None:
    world.desk.want(strategy, Target(PERP, quantity, urgency), world.now)


def test_two_posted_orders_on_either_side_do_not_meet_and_may_both_rest():
    world = World()
    want(world, ME, 0.01, Urgency.PASSIVE)
    want(world, OTHER, -0.01, Urgency.PASSIVE)

    assert [order.quantity for order in world.plan().proposals] == [10, -10]


def test_the_later_of_two_crossing_orders_waits_until_the_first_is_over():
    world = World()
    want(world, ME, 0.01)
    want(world, OTHER, -0.004)

    assert [order.strategy for order in world.plan().proposals] == [ME]
    assert world.plan().proposals == ()
    assert world.desk.due() is not None

    world.fill(world.only())
    assert [order.strategy for order in world.plan().proposals] == [OTHER]


def test_an_order_that_would_meet_a_resting_one_waits_for_it():
    world = World()
    want(world, ME, 0.01, Urgency.PASSIVE)
    world.plan()
    want(world, OTHER, -0.01)

    plan = world.plan()

    assert plan.proposals == plan.cancels == ()


def test_what_only_adds_risk_gives_way_to_what_takes_it_back():
    world = World()
    want(world, ME, 0.01, Urgency.PASSIVE)
    world.plan()
    resting = world.only()
    world.positions[OTHER, PERP] = 7
    want(world, OTHER, 0.0)

    assert [cancel.order_id for cancel in world.plan().cancels] == [resting.order_id]
    world.cancel(resting)
    (closing,) = world.plan().proposals

    assert (closing.strategy, closing.quantity) == (OTHER, -7)


def test_accounts_at_two_venues_have_nothing_to_do_with_each_other():
    world = World()
    want(world, ME, 0.01)
    world.desk.want(OTHER, Target(SPOT, -0.01, Urgency.URGENT), world.now)

    assert len(world.plan().proposals) == 2


def test_opposite_wants_meet_inside_at_the_mid_where_that_is_configured():
    world = World(internal_netting=True)
    want(world, ME, 0.01)
    want(world, OTHER, -0.004)

    plan = world.plan()
    (cross,) = plan.crosses

    assert plan.proposals == ()
    assert (cross.buy.strategy, cross.sell.strategy) == (ME, OTHER)
    assert (cross.buy.side, cross.sell.side) == (Side.BUY, Side.SELL)
    assert (cross.size, cross.price) == (4, Decimal("50000.05"))

    world.positions |= {(ME, PERP): 4, (OTHER, PERP): -4}
    (rest,) = world.plan().proposals
    assert (rest.strategy, rest.quantity) == (ME, 6)


def test_an_internal_trade_is_as_large_as_the_smaller_want():
    world = World(internal_netting=True)
    want(world, ME, 0.003)
    want(world, OTHER, -0.01)

    assert world.plan().crosses[0].size == 3


def test_a_resting_order_is_taken_back_before_its_strategy_meets_another_inside():
    world = World(internal_netting=True)
    want(world, ME, 0.01, Urgency.PASSIVE)
    world.plan()
    resting = world.only()
    want(world, OTHER, -0.01)

    first = world.plan()
    assert [cancel.order_id for cancel in first.cancels] == [resting.order_id]
    assert first.crosses == first.proposals == ()

    world.cancel(resting)
    want(world, ME, 0.01, Urgency.URGENT)
    assert world.plan().crosses[0].size == 10


def test_without_a_touch_there_is_no_mid_and_the_later_waits():
    world = World(internal_netting=True)
    world.touches[PERP] = None
    want(world, ME, 0.01)
    want(world, OTHER, -0.01)

    plan = world.plan()

    assert plan.crosses == ()
    assert len(plan.proposals) == 1


def test_a_basket_whose_first_order_waits_asks_for_no_reserve():
    world = World()
    want(world, OTHER, 0.01)
    world.plan()
    legs = (Target(PERP, -0.01, Urgency.URGENT), Target(SPOT, 0.01))
    world.desk.want(ME, Basket(*legs, max_unhedged=0.01), world.now)

    plan = world.plan()

    assert plan.proposals == plan.reserves == ()
