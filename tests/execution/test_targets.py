"""A target becomes the orders that are missing, and nothing more."""

import msgspec
import numpy as np
import pytest

from bot.execution.desk import DeskState
from bot.model.command import OrderType, Side, TimeInForce
from bot.model.event import OrderExpired
from bot.model.intent import Basket, Quote, Target, Unit, Urgency
from tests.execution.world import COIN, ME, OTHER, PATIENCE, PERP, SPOT, World, contract

URGENT = Urgency.URGENT


def wanting(*targets: Target, world: World | None = None) -> World:
    world = world or World()
    world.desk.want(ME, targets, world.now)
    return world


def test_an_urgent_target_crosses_up_to_the_collar_at_once():
    world = wanting(Target(PERP, 0.01, URGENT))

    (order,) = world.plan().proposals

    assert (order.side, order.size, order.price) == (Side.BUY, 10, 505_000)
    assert order.time_in_force is TimeInForce.IOC
    assert (order.type, order.post_only, order.reduce_only) == (OrderType.LIMIT, False, False)


def test_a_passive_target_posts_at_its_own_side_of_the_touch():
    world = wanting(Target(PERP, -0.01, Urgency.PASSIVE))

    (order,) = world.plan().proposals

    assert (order.side, order.price, order.post_only) == (Side.SELL, 500_001, True)
    assert order.time_in_force is TimeInForce.GTC


def test_a_target_that_is_held_asks_for_nothing_and_for_no_time():
    world = wanting(Target(PERP, 0.01, URGENT))
    world.plan()
    world.fill(world.only())

    assert world.plan().proposals == ()
    assert world.due() is None


def test_stating_a_target_again_changes_nothing():
    world = wanting(Target(PERP, 0.01, Urgency.PASSIVE))
    world.plan()

    for _ in range(3):
        wanting(Target(PERP, 0.01, Urgency.PASSIVE), world=world)
        plan = world.plan()

        assert plan.proposals == plan.cancels == ()


def test_nothing_is_sent_without_a_collar_and_it_is_looked_at_again():
    world = World()
    world.collars[PERP] = None
    wanting(Target(PERP, 0.01, URGENT), world=world)

    assert world.plan().proposals == ()
    assert world.due() == world.now + 100_000_000

    world.collars[PERP] = (505_000, 495_000)
    assert len(world.pass_ms(100).plan().proposals) == 1


@pytest.mark.parametrize(("quantity", "lots"), [(0.0109, 10), (-0.0109, -10), (0.1 + 0.2, 300)])
def test_an_opening_is_rounded_toward_zero_and_forgives_the_float(quantity, lots):
    world = wanting(Target(PERP, quantity, URGENT))

    (order,) = world.plan().proposals

    assert order.quantity == lots


def test_closing_leaves_nothing():
    world = World()
    world.positions[ME, PERP] = 137
    wanting(Target(PERP, 0.0, URGENT, band=1.0), world=world)

    (order,) = world.plan().proposals

    assert order.quantity == -137
    assert order.reduce_only


def test_a_way_through_zero_closes_first_and_opens_after():
    world = World()
    world.positions[ME, PERP] = 5
    wanting(Target(PERP, -0.003, URGENT), world=world)

    (closing,) = world.plan().proposals
    world.fill(world.only())
    (opening,) = world.plan().proposals

    assert (closing.quantity, closing.reduce_only) == (-5, True)
    assert (opening.quantity, opening.reduce_only) == (-3, False)


def test_no_order_while_less_than_the_band_is_missing():
    world = World()
    world.positions[ME, PERP] = 96
    wanting(Target(PERP, 0.1, URGENT, band=0.005), world=world)
    assert world.plan().proposals == ()

    world.positions[ME, PERP] = 95
    (order,) = world.plan().proposals

    assert order.size == 5


def test_too_little_to_order_is_shown_as_dust_once_and_goes_with_the_next_trade():
    world = World()
    world.instruments[PERP] = contract(PERP, size_min=10)
    world.positions[ME, PERP] = 4
    wanting(Target(PERP, 0.0, URGENT), world=world)

    (dust,) = world.plan().dust
    assert dust.quantity == -4
    assert "smallest order is 10 lots" in dust.why
    assert world.plan().dust == ()
    assert [one.quantity for one in world.desk.dust()] == [-4]

    wanting(Target(PERP, -0.02, URGENT), world=world)
    (order,) = world.plan().proposals

    assert order.quantity == -24
    assert world.desk.dust() == []


def test_amounts_in_quote_and_contracts_are_converted():
    world = wanting(
        Target(PERP, 1_000.0, URGENT, Unit.QUOTE), Target(COIN, 7, URGENT, Unit.CONTRACTS)
    )

    assert [order.quantity for order in world.plan().proposals] == [20, 7]


def test_an_inverse_contract_is_converted_once_and_not_at_every_tick():
    world = wanting(Target(COIN, 0.1, URGENT))
    (order,) = world.plan().proposals
    world.fill(world.only())

    world.marks[COIN] = world.marks[COIN] * 2
    world.desk.look()

    assert order.size == 50  # 0.1 BTC at 50,000 are 50 contracts of 100 USD
    assert world.plan().proposals == ()

    wanting(Target(COIN, 0.2, URGENT), world=world)
    (more,) = world.plan().proposals
    assert more.size == 150  # 0.2 BTC at 100,000 are 200 contracts


def test_nothing_is_ordered_while_a_mark_that_is_needed_is_unknown():
    world = World()
    world.marks[COIN] = None
    wanting(Target(COIN, 0.1, URGENT), world=world)

    assert world.plan().proposals == ()
    assert world.due() is not None


def test_orders_of_the_other_side_are_taken_back_and_awaited_first():
    world = wanting(Target(PERP, 0.01, Urgency.PASSIVE))
    world.plan()
    buy = world.only()

    wanting(Target(PERP, -0.01, URGENT), world=world)
    first = world.plan()
    assert [cancel.order_id for cancel in first.cancels] == [buy.order_id]
    assert first.proposals == world.plan().proposals == ()

    world.cancel(buy)
    (order,) = world.plan().proposals

    assert order.quantity == -10


def test_a_target_that_shrinks_takes_the_order_back_and_posts_the_rest():
    world = wanting(Target(PERP, 0.01, Urgency.PASSIVE))
    world.plan()
    buy = world.only()

    wanting(Target(PERP, 0.006, Urgency.PASSIVE), world=world)
    assert len(world.plan().cancels) == 1
    world.fill(buy, 2)
    world.cancel(buy)
    (order,) = world.plan().proposals

    assert order.quantity == 4


def test_a_target_that_grows_adds_one_order_and_keeps_the_place_of_the_first():
    world = wanting(Target(PERP, 0.01, Urgency.PASSIVE))
    world.plan()

    wanting(Target(PERP, 0.015, Urgency.PASSIVE), world=world)
    (more,) = world.plan().proposals
    wanting(Target(PERP, 0.02, Urgency.PASSIVE), world=world)
    third = world.plan()

    assert more.size == 5
    assert third.proposals == third.cancels == ()


def test_a_target_that_grows_while_its_order_is_taken_back_waits_for_that():
    world = wanting(Target(PERP, 0.01, Urgency.PASSIVE))
    world.plan()
    wanting(Target(PERP, 0.01, Urgency.URGENT), world=world)
    assert len(world.plan().cancels) == 1

    wanting(Target(PERP, 0.03, Urgency.URGENT), world=world)
    assert world.plan().proposals == ()

    world.cancel(world.only())
    assert world.plan().proposals[0].size == 30


def test_a_proposal_that_nobody_answers_is_made_again():
    world = wanting(Target(PERP, 0.01, URGENT))
    world.plan(approve=False)
    assert world.plan().proposals == ()

    assert world.due() == world.now + 100_000_000
    assert len(world.pass_ms(100).plan().proposals) == 1


def test_an_order_in_flight_counts_until_the_venue_says_it_is_over():
    world = wanting(Target(PERP, 0.01, URGENT))
    world.plan()

    assert world.pass_ms(10_000).plan().proposals == ()

    world.say(world.only(), OrderExpired)
    assert world.plan().proposals == ()  # a pause, because it came back empty
    assert len(world.pass_ms(100).plan().proposals) == 1


def test_reduce_only_takes_back_what_adds_and_lets_go_on_what_reduces():
    world = wanting(Target(PERP, 0.01, Urgency.PASSIVE), Target(SPOT, 0.0, Urgency.PASSIVE))
    world.positions[ME, SPOT] = 5
    world.plan()
    adding, reducing = world.orders(PERP)[0], world.orders(SPOT)[0]

    world.desk.reduce_only(ME, "margin")
    plan = world.plan()

    assert [cancel.order_id for cancel in plan.cancels] == [adding.order_id]
    assert not reducing.cancel_pending
    assert plan.proposals == ()


def test_reduce_only_lets_a_position_fall_to_a_smaller_target_but_never_turn():
    world = World()
    world.positions[ME, PERP] = 10
    world.desk.reduce_only(ME, "margin")
    wanting(Target(PERP, -0.01, URGENT), world=world)

    (order,) = world.plan().proposals
    world.fill(world.only())

    assert (order.quantity, order.reduce_only) == (-10, True)
    assert world.plan().proposals == ()


def test_a_halted_strategy_takes_everything_back_until_it_is_resumed():
    world = World()
    world.positions[ME, PERP] = 20
    wanting(Target(PERP, 0.01, Urgency.PASSIVE), world=world)
    world.plan()
    order = world.only()

    world.desk.halt(ME, "by hand")
    assert len(world.plan().cancels) == 1
    world.cancel(order)
    assert world.plan().proposals == ()

    world.desk.resume(ME)
    assert [one.quantity for one in world.plan().proposals] == [-10]


def test_without_live_data_only_risk_is_taken_back():
    world = World()
    world.dead.add(PERP)
    wanting(Target(PERP, 0.01, URGENT), world=world)
    assert world.plan().proposals == ()

    world.positions[ME, PERP] = 30
    (order,) = world.plan().proposals

    assert order.quantity == -20


def test_a_refused_order_is_asked_for_again_later_and_later():
    world = wanting(Target(PERP, 0.01, URGENT))
    asked = []

    for _ in range(100):
        if plan := world.plan(approve=False).proposals:
            asked.append(world.now // 1_000_000 - 1_000)
            world.desk.refused(plan[0])
        world.pass_ms(50)

    assert asked == [0, 100, 300, 700, 1_500, 3_100, 4_700]


def test_a_smaller_target_is_tried_at_once_after_a_refusal():
    world = wanting(Target(PERP, 0.01, URGENT))
    world.desk.refused(world.plan(approve=False).proposals[0])
    assert world.plan().proposals == ()

    wanting(Target(PERP, 0.005, URGENT), world=world)

    assert world.plan().proposals[0].size == 5


def test_an_order_is_reduce_only_only_if_the_account_as_a_whole_is_reduced():
    world = World()
    world.positions[ME, PERP], world.positions[OTHER, PERP] = 10, -10
    world.desk.want(OTHER, Target(PERP, -0.01), world.now)
    wanting(Target(PERP, 0.0, URGENT), world=world)

    (order,) = world.plan().proposals

    assert order.quantity == -10
    assert not order.reduce_only  # the venue holds nothing of ours to reduce


@pytest.mark.parametrize(
    "target",
    [
        Target(PERP, float("nan")),
        Target(PERP, float("inf")),
        Target(PERP, 1.0, band=-1.0),
        Target(PERP, "1"),  # type: ignore[arg-type]
        Target(PERP, True),
        "buy",
    ],
)
def test_nonsense_is_refused_whole_and_says_whose_it_was(target):
    world = World()

    with pytest.raises((ValueError, TypeError), match=r"me: .*expected"):
        world.desk.want(ME, (Target(SPOT, 1.0), target), world.now)

    assert world.plan().proposals == ()


def test_numbers_of_numpy_are_taken_and_can_be_stored():
    world = World()
    quote = Quote(COIN, (np.float64(49_990.0), np.float64(0.1)), None)
    legs = (Target(PERP, np.float64(-0.01)), Target(SPOT, np.float64(0.01), band=np.float64(0.001)))
    basket = Basket(*legs, max_unhedged=np.float64(0.01), naked_ms_max=np.int64(500))

    world.desk.want(ME, (quote, basket), world.now)
    world.plan()

    state = msgspec.json.decode(msgspec.json.encode(world.desk.state()), type=DeskState)
    assert state.wants == world.desk.state().wants
    world.desk.want(ME, (quote, basket), world.now)
    assert world.plan().proposals == ()


def test_patience_that_would_repeat_without_end_is_refused():
    with pytest.raises(ValueError, match="retry_ms: got 0, expected > 0"):
        type(PATIENCE)(
            **{name: getattr(PATIENCE, name) for name in PATIENCE.__struct_fields__}
            | {"retry_ms": 0}
        )


def test_a_way_longer_than_the_largest_order_is_gone_in_pieces():
    world = wanting(Target(PERP, 0.01, URGENT))
    world.most = 4

    sizes = []
    for _ in range(3):
        (order,) = world.plan().proposals
        sizes.append(order.size)
        world.fill(world.only())

    assert sizes == [4, 4, 2]
    assert world.plan().proposals == ()


def test_a_largest_order_below_the_smallest_bounds_nothing():
    """Risk says then what is wrong, and not nobody."""
    world = wanting(Target(PERP, 0.01, URGENT))
    world.most = 0

    (order,) = world.plan().proposals

    assert order.size == 10
