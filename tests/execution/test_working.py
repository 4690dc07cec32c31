"""Posted orders follow the touch and cross on clocks of their own."""

from decimal import Decimal
from itertools import pairwise

from bot.execution.working import Style, Work, order_price
from bot.model.command import Side, TimeInForce
from bot.model.event import CancelRequested, OrderUnknown
from bot.model.instrument import PriceGrid
from bot.model.intent import Target, Urgency
from bot.model.units import NS_PER_MS
from tests.execution.world import ME, PATIENCE, PERP, World


def posted(urgency: Urgency = Urgency.PASSIVE) -> World:
    """A resting buy of 10 lots at the bid."""
    world = World()
    world.desk.want(ME, Target(PERP, 0.01, urgency), world.now)
    world.plan()
    world.accept(world.only())
    world.plan()
    return world


def run_until(world: World, ms: int) -> list[str]:
    """Follow the desk's own clock; what it took back, with the time since the start."""
    start, end, said = world.now, world.now + ms * NS_PER_MS, []
    while (due := world.due()) is not None and due <= end:
        assert due > world.now, "a clock that stands still would turn for ever"
        world.now = due
        said += [f"{cancel.reason} {(due - start) // NS_PER_MS}" for cancel in world.plan().cancels]
    world.now = end
    return said


def test_a_posted_order_stays_while_the_touch_is_near():
    world = posted()
    world.move_touch(PERP, 1)

    assert run_until(world, 5_000) == []


def test_a_posted_order_follows_the_touch_once_it_has_been_away_long_enough():
    world = posted()
    world.move_touch(PERP, 2)

    assert run_until(world, 1_100) == ["repeg 500"]


def test_a_touch_that_comes_back_in_time_changes_nothing():
    world = posted()
    world.move_touch(PERP, 2)
    run_until(world, 400)
    world.move_touch(PERP, -2)

    assert run_until(world, 3_000) == []


def test_the_new_order_waits_for_the_confirmed_cancel():
    world = posted()
    world.move_touch(PERP, 3)
    run_until(world, 1_000)
    old = world.only()
    world.say(old, CancelRequested)
    assert world.plan().proposals == ()

    world.cancel(old)
    (new,) = world.plan().proposals

    assert (new.price, new.size, new.post_only) == (500_003, 10, True)


def test_a_fill_that_crosses_the_cancel_is_not_ordered_again():
    world = posted()
    world.move_touch(PERP, 3)
    run_until(world, 1_000)
    old = world.only()

    world.fill(old, 4)
    world.cancel(old)
    (new,) = world.plan().proposals
    assert new.size == 6

    world.fill(old, 2)  # reported after the cancel
    assert world.desk.blotter.get(old.order_id).filled == 6
    assert [cancel.reason for cancel in world.plan().cancels] == ["less"]


def test_a_cancel_that_nobody_confirms_is_asked_for_again():
    world = posted()
    world.move_touch(PERP, 3)

    assert run_until(world, 5_000) == ["repeg 500", "repeat 2100", "repeat 3700"]


def test_a_rejected_cancel_is_tried_again_after_a_pause():
    world = posted()
    world.move_touch(PERP, 3)
    run_until(world, 500)
    world.keep(world.only())
    assert world.plan().cancels == ()

    assert run_until(world, 1_000) == ["repeg 100"]


def test_passive_never_crosses():
    world = posted()

    assert run_until(world, 3_600_000) == []
    assert world.only().proposal.post_only


def test_normal_crosses_when_its_patience_is_over():
    world = posted(Urgency.NORMAL)

    assert run_until(world, 2_000) == ["escalate 2000"]
    world.cancel(world.only())
    (order,) = world.plan().proposals

    assert order.time_in_force is TimeInForce.IOC
    assert order.price == 505_000


def test_patience_counts_from_the_first_order_and_not_from_the_last_repeg():
    world = posted(Urgency.NORMAL)
    world.move_touch(PERP, 5)
    run_until(world, 1_000)
    world.cancel(world.only())
    world.plan()
    world.accept(world.only())
    world.plan()

    assert run_until(world, 1_000) == ["escalate 1000"]


def test_patience_begins_anew_once_the_goal_was_reached():
    world = posted(Urgency.NORMAL)
    world.fill(world.only())
    world.plan()
    world.pass_ms(10_000)

    world.desk.want(ME, Target(PERP, 0.02, Urgency.NORMAL), world.now)
    (order,) = world.plan().proposals

    assert order.post_only


def test_a_post_that_would_cross_is_posted_again_at_the_new_touch_after_a_pause():
    world = posted()
    world.move_touch(PERP, -7)
    world.reject(world.only())

    assert world.plan().proposals == ()
    assert world.due() == world.now + 100 * NS_PER_MS
    (order,) = world.pass_ms(100).plan().proposals

    assert (order.price, order.post_only) == (499_993, True)


def test_rejections_in_a_row_are_answered_ever_more_slowly():
    world = World()
    world.desk.want(ME, Target(PERP, 0.01, Urgency.PASSIVE), world.now)
    times = []

    for _ in range(2_000):
        if world.plan().proposals:
            times.append(world.now)
            world.reject(world.only())
        world.pass_ms(5)

    pauses = [(b - a) // NS_PER_MS for a, b in pairwise(times)]
    assert pauses[:5] == [100, 200, 400, 800, 1_600]
    assert set(pauses[5:]) == {1_600}


def test_an_order_of_unknown_fate_is_neither_placed_again_nor_forgotten():
    world = posted(Urgency.URGENT)
    world.say(world.only(), OrderUnknown, reason="timeout")

    for _ in range(100):
        assert world.pass_ms(1_000).plan().proposals == ()

    world.fill(world.only(), 10)
    assert world.plan().proposals == ()
    assert world.position(ME, PERP) == 10


def test_what_a_partly_filled_crossing_left_is_tried_again_after_a_pause():
    world = posted(Urgency.URGENT)
    order = world.only()
    world.fill(order, 3)
    world.cancel(order)

    assert world.plan().proposals == ()
    (rest,) = world.pass_ms(100).plan().proposals

    assert rest.size == 7


def test_an_empty_touch_leaves_a_post_waiting_but_not_a_crossing():
    world = World()
    world.touches[PERP] = None
    world.desk.want(ME, Target(PERP, 0.01, Urgency.PASSIVE), world.now)
    assert world.plan().proposals == ()

    world.desk.want(ME, Target(PERP, 0.01, Urgency.URGENT), world.now)
    assert len(world.plan().proposals) == 1


def test_prices_stop_at_the_collar_and_land_on_the_grid():
    stepped = PriceGrid(Decimal("0.1"), steps=((0, 5),))
    touch = (500_002, 1, 500_013, 1)

    assert order_price(Style.POST, Side.BUY, touch, 600_000, stepped) == 500_000
    assert order_price(Style.POST, Side.SELL, touch, 400_000, stepped) == 500_015
    assert order_price(Style.POST, Side.BUY, touch, 499_999, stepped) == 499_995
    assert order_price(Style.CROSS, Side.BUY, touch, 500_019, stepped) == 500_015
    assert order_price(Style.CROSS, Side.SELL, touch, 499_996, stepped) == 500_000
    assert order_price(Style.CROSS, Side.BUY, touch, None, stepped) is None
    assert order_price(Style.POST, Side.BUY, (5, 1, 5, 1), 10, stepped) is None  # locked


def test_a_pause_never_grows_past_its_most():
    work = Work(strategy=ME, instrument=PERP)

    for _ in range(1_000):
        work.fail(0, PATIENCE)

    assert work.wait_ns == PATIENCE.retry_ms_max * NS_PER_MS
