"""A quote keeps two post-only orders where the strategy wants them."""

import pytest

from bot.model.command import Side
from bot.model.intent import Quote, Target, Urgency
from bot.model.units import NS_PER_MS
from tests.execution.world import COIN, ME, PATIENCE, PERP, World


def quoting(bid=(49_990.0, 0.01), ask=(50_010.0, 0.01), instrument=PERP) -> World:
    world = World()
    world.desk.want(ME, Quote(instrument, bid, ask), world.now)
    world.plan()
    return world


def requote(world: World, bid, ask) -> None:
    world.desk.want(ME, Quote(PERP, bid, ask), world.now)


def sides(world: World) -> dict[Side, tuple[int, int]]:
    return {order.side: (order.price, order.remaining) for order in world.orders()}


def test_both_sides_rest_post_only_at_the_quoted_prices():
    world = quoting()

    assert sides(world) == {Side.BUY: (499_900, 10), Side.SELL: (500_100, 10)}
    assert all(order.proposal.post_only for order in world.orders())


def test_stating_it_again_changes_nothing():
    world = quoting()

    requote(world, (49_990.0, 0.01), (50_010.0, 0.01))
    plan = world.pass_ms(1_000).plan()

    assert plan.proposals == plan.cancels == ()


def test_a_side_that_moves_is_taken_back_and_posted_anew_while_the_other_stays():
    world = quoting()
    requote(world, (49_995.0, 0.01), (50_010.0, 0.01))
    (cancel,) = world.plan().cancels

    world.cancel(world.desk.blotter.get(cancel.order_id))
    (order,) = world.plan().proposals

    assert (order.side, order.price) == (Side.BUY, 499_950)
    assert sides(world)[Side.SELL] == (500_100, 10)


def test_nothing_wakes_the_desk_while_both_sides_stand_where_they_are_wanted():
    world = quoting()
    for order in world.orders():
        world.accept(order)
    world.plan()

    world.move_touch(PERP, 50)

    assert world.due() is None


def test_a_side_that_was_held_back_is_looked_at_by_the_clock_until_it_stands_as_wanted():
    world = quoting(bid=(50_001.0, 0.01))
    for order in world.orders():
        world.accept(order)
    world.plan()
    assert sides(world)[Side.BUY] == (500_000, 10)

    world.move_touch(PERP, 20)
    world.now = world.due()
    (cancel,) = world.plan().cancels
    world.cancel(world.desk.blotter.get(cancel.order_id))
    (order,) = world.plan().proposals
    assert order.price == 500_010
    for one in world.orders():
        world.accept(one)
    world.plan()

    assert world.due() is None


def test_quotes_are_taken_back_once_the_touch_has_been_unknown_for_as_long_as_was_asked():
    world = quoting()
    for order in world.orders():
        world.accept(order)
    world.plan()
    world.touches[PERP] = None

    started, world.now = world.now, world.due()
    plan = world.plan()

    assert world.now - started == PATIENCE.repeg_ms * NS_PER_MS
    assert {cancel.reason for cancel in plan.cancels} == {"requote"}
    assert len(plan.cancels) == 2


def test_a_side_of_none_is_not_quoted():
    world = quoting(ask=None)
    assert list(sides(world)) == [Side.BUY]

    requote(world, None, None)
    assert len(world.plan().cancels) == 1


def test_a_partly_filled_side_keeps_its_place_and_a_filled_one_is_replaced():
    world = quoting()
    bid = world.orders()[0]

    world.fill(bid, 4)
    plan = world.plan()
    assert plan.proposals == plan.cancels == ()

    world.fill(bid)
    (order,) = world.plan().proposals
    assert (order.side, order.size) == (Side.BUY, 10)


def test_a_quote_never_goes_through_the_other_touch_nor_past_the_collar():
    world = quoting(bid=(50_500.0, 0.01), ask=(51_000.0, 0.01))
    world.collars[PERP] = (499_000, 501_000)
    requote(world, (50_400.0, 0.01), (50_600.0, 0.01))
    world.plan()
    for order in world.orders():
        world.cancel(order)
    world.plan()

    assert sides(world) == {Side.BUY: (499_000, 10), Side.SELL: (506_000, 10)}

    world = quoting(bid=(50_400.0, 0.01), ask=(51_000.0, 0.01))
    assert sides(world)[Side.BUY] == (500_000, 10)  # one tick below the ask


def test_prices_between_two_ticks_move_away_from_the_market():
    world = quoting(bid=(49_990.19, 0.01), ask=(50_010.11, 0.01))

    assert sides(world) == {Side.BUY: (499_901, 10), Side.SELL: (500_102, 10)}


def test_a_rejected_side_is_posted_again_after_a_pause():
    world = quoting(ask=None)
    world.reject(world.only())

    assert world.plan().proposals == ()
    assert len(world.pass_ms(100).plan().proposals) == 1


def test_reduce_only_leaves_the_side_that_takes_back_and_no_more_than_the_position():
    world = quoting()
    world.positions[ME, PERP] = 4
    world.desk.reduce_only(ME, "margin")

    cancels = world.plan().cancels
    for order in world.orders():
        world.cancel(order)
    (order,) = world.plan().proposals

    assert len(cancels) == 2
    assert (order.quantity, order.reduce_only) == (-4, True)


@pytest.mark.parametrize("unknown", ["touch", "collar", "data"])
def test_nothing_rests_while_the_market_is_unknown(unknown):
    world = quoting()
    if unknown == "touch":
        world.touches[PERP] = None
    elif unknown == "collar":
        world.collars[PERP] = None
    else:
        world.dead.add(PERP)

    world.desk.look(PERP)

    assert len(world.plan().cancels) == 2


def test_a_size_too_small_for_the_venue_is_told_once_and_not_posted():
    world = World()
    world.desk.want(ME, Quote(PERP, (4_000.0, 0.001), None), world.now)
    world.collars[PERP] = (505_000, 1)

    first = world.plan()
    world.desk.look()

    assert first.proposals == ()
    assert [dust.quantity for dust in first.dust] == [1]
    assert world.plan().dust == ()


def test_an_inverse_quote_is_converted_once():
    world = quoting(bid=(49_990.0, 0.1), ask=None, instrument=COIN)
    assert world.only().remaining == 50

    world.marks[COIN] = world.marks[COIN] * 2
    world.desk.look()

    assert world.plan().cancels == ()


def test_a_target_takes_the_place_of_a_quote():
    world = quoting()
    world.desk.want(ME, Target(PERP, 0.01, Urgency.PASSIVE), world.now)

    plan = world.plan()

    assert [world.desk.blotter.get(one.order_id).side for one in plan.cancels] == [Side.SELL]
    world.desk.want(ME, Target(PERP, 0.03, Urgency.PASSIVE), world.now)
    assert world.plan().proposals == ()  # not before the sell is gone


@pytest.mark.parametrize(
    "quote",
    [
        Quote(PERP, (1.0, 1.0), (1.0, 1.0)),
        Quote(PERP, (-1.0, 1.0), None),
        Quote(PERP, None, (1.0, 0.0)),
        Quote(PERP, (float("nan"), 1.0), None),
    ],
)
def test_a_quote_that_makes_no_sense_is_refused(quote):
    with pytest.raises(ValueError, match="expected"):
        World().desk.want(ME, quote, 0)
