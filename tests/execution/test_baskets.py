"""Two legs go together: reserved whole, led in small steps, hedged at once, or taken back."""

import pytest

from bot.execution.stages import AT_REST, STAGES, BasketWork, Stage
from bot.model.command import OrderType, Side, TimeInForce
from bot.model.event import OrderCanceled, OrderUnknown
from bot.model.intent import Basket, Target, Unit, Urgency
from bot.model.units import NS_PER_MS
from tests.execution.world import COIN, ME, PERP, SPOT, World, contract


def pair(size: float = 0.03, *, naked: float = 0.01, urgency=Urgency.PASSIVE, **budgets) -> Basket:
    """Short the perpetual, which leads, against spot; 30 lots in steps of at most 10."""
    return Basket(Target(PERP, -size, urgency), Target(SPOT, size), max_unhedged=naked, **budgets)


def started(basket: Basket | None = None, world: World | None = None) -> World:
    """A basket whose first step rests at the touch."""
    world = world or World()
    world.desk.want(ME, basket or pair(), world.now)
    world.plan()
    for order in world.orders():
        world.accept(order)
    return world


def basket(world: World) -> BasketWork:
    (only,) = world.desk.baskets
    return only


def advance(world: World, ms: int) -> None:
    """Follow the desk's clock for so long, confirming every cancel."""
    end = world.now + ms * NS_PER_MS
    while (due := world.due()) is not None and due <= end:
        world.now = max(due, world.now)
        world.plan()
        for order in world.orders():
            if order.cancel_pending:
                world.cancel(order)
                world.plan()
    world.now = end
    world.plan()


def complete(world: World) -> None:
    """Fill whatever works until nothing is left to do."""
    for _ in range(200):
        if not world.orders():
            return
        world.fill(world.orders()[0])
        world.plan()
    raise AssertionError("it never came to rest")


def held(world: World) -> tuple[int, int]:
    return world.position(ME, PERP), world.position(ME, SPOT)


# --- opening and closing -----------------------------------------------------------------


def test_only_the_first_leg_goes_first_and_no_larger_than_may_stand_unhedged():
    world = started()

    order = world.only()

    assert (order.proposal.instrument, order.side, order.size) == (PERP, Side.SELL, 10)
    assert order.proposal.post_only
    assert order.proposal.basket == "me-1"


def test_it_is_reserved_whole_with_its_first_order_and_only_then():
    world = started()
    (reserve,) = world.last.reserves
    assert reserve.basket == world.last.proposals[0].basket
    assert [(leg.instrument, leg.quantity, leg.price) for leg in reserve.legs] == [
        (PERP, -30, 495_000),
        (SPOT, 30, 505_000),
    ]

    complete(world)

    assert held(world) == (-30, 30)
    assert world.last.reserves == ()


def test_what_its_legs_may_still_need_is_known_while_it_is_under_way():
    world = started()
    world.fill(world.only())
    world.plan()

    (reserve,) = world.desk.reserved(world)
    rest = {leg.instrument: leg.quantity for leg in reserve.legs}
    complete(world)

    assert rest == {PERP: -20, SPOT: 20}  # ten spot are working already
    assert world.desk.reserved(world) == []


def test_it_does_not_start_when_a_limit_refuses_it_and_asks_again_later():
    world = World()
    world.desk.want(ME, pair(), world.now)
    (lead,) = world.plan(approve=False).proposals
    world.desk.refused(lead)

    assert world.plan().proposals == ()
    again = world.pass_ms(100).plan(approve=False)

    assert again.proposals == (lead,)
    assert len(again.reserves) == 1
    assert basket(world).stage is Stage.IDLE


def test_it_does_not_start_while_a_price_of_any_leg_is_unknown():
    world = World()
    world.collars[SPOT] = None
    world.desk.want(ME, pair(), world.now)

    assert world.plan().proposals == ()
    assert world.due() is not None


@pytest.mark.parametrize("size", [1, 4, 10])
def test_every_fill_of_the_lead_is_hedged_at_once(size):
    world = started()

    world.fill(world.orders(PERP)[0], size)
    (hedge,) = world.plan().proposals

    assert (hedge.instrument, hedge.quantity, hedge.reason) == (SPOT, size, "hedge")
    assert basket(world).stage is Stage.HEDGING


def test_a_whole_trip_ends_balanced_and_counts_once():
    world = started()

    complete(world)

    assert held(world) == (-30, 30)
    assert basket(world).stage is Stage.BALANCED
    assert (world.desk.baskets_closed, world.desk.baskets_unwound) == (1, 0)
    assert world.due() is None
    assert world.plan().proposals == ()


def test_closing_goes_in_step_too_and_leaves_nothing():
    world = started()
    complete(world)

    world.desk.want(ME, pair(0.0), world.now)
    (first,) = world.plan().proposals
    complete(world)

    assert (first.quantity, first.reduce_only) == (10, True)
    assert held(world) == (0, 0)
    assert basket(world).stage is Stage.CLOSED
    assert world.desk.baskets_closed == 2


def test_going_to_the_other_side_passes_through_flat():
    world = started()
    complete(world)

    world.desk.want(ME, pair(-0.02), world.now)
    for _ in range(200):
        world.plan()
        if not world.orders():
            break
        assert held(world)[0] == 0 or world.orders()[0].size <= 10
        world.fill(world.orders()[0])

    assert held(world) == (20, -20)
    assert world.desk.baskets_closed >= 2


def test_the_way_back_through_flat_asks_for_a_reserve_only_when_it_opens_again():
    world = started()
    complete(world)
    world.desk.want(ME, pair(-0.02), world.now)
    asked = []

    for _ in range(200):
        plan = world.plan()
        asked += [(held(world), reserve.legs) for reserve in plan.reserves]
        if not world.orders():
            break
        world.fill(world.orders()[0])

    ((position, legs),) = asked
    assert position == (0, 0)
    assert [leg.quantity for leg in legs] == [20, -20]
    assert world.desk.baskets_closed == 3  # opened, closed, opened on the other side


def test_dust_does_not_hold_up_the_way_to_the_other_side():
    world = started()
    complete(world)
    for name in (PERP, SPOT):
        world.instruments[name] = contract(name, size_min=4)
    world.positions |= {(ME, PERP): -3, (ME, SPOT): 2}

    world.desk.want(ME, pair(-0.02), world.now)
    world.plan()
    complete(world)

    assert held(world) == (20, -20)


def test_a_closed_basket_with_dust_can_be_wanted_apart():
    world = started()
    complete(world)
    for name in (PERP, SPOT):
        world.instruments[name] = contract(name, size_min=4)
    world.positions |= {(ME, PERP): -3, (ME, SPOT): 2}
    world.desk.want(ME, pair(0.0), world.now)
    world.plan()
    assert basket(world).stage is Stage.CLOSED

    world.desk.want(ME, Target(SPOT, 0.01, Urgency.URGENT), world.now)

    assert world.plan().proposals[0].quantity == 8


def test_a_larger_size_is_reserved_anew():
    world = started()
    world.fill(world.orders(PERP)[0])
    world.plan()
    world.desk.want(ME, pair(0.05), world.now)

    reserves = []
    for _ in range(3):
        world.fill(world.orders(SPOT)[0])
        reserves += world.plan().reserves
        if world.orders(PERP):
            break

    assert [leg.quantity for leg in reserves[0].legs] == [-40, 40]
    assert len(reserves) == 1


def test_legs_that_are_there_already_are_no_trip():
    world = World()
    world.positions |= {(ME, PERP): -30, (ME, SPOT): 30}

    world.desk.want(ME, pair(), world.now)
    world.plan()

    assert basket(world).stage is Stage.BALANCED
    assert world.desk.baskets_closed == 0


def test_a_hedge_of_an_urgent_leg_crosses_at_once():
    world = World()
    legs = (Target(PERP, -0.01, Urgency.PASSIVE), Target(SPOT, 0.01, Urgency.URGENT))
    world.desk.want(ME, Basket(*legs, max_unhedged=0.01), world.now)
    world.plan()
    world.fill(world.only())

    (hedge,) = world.plan().proposals

    assert hedge.time_in_force is TimeInForce.IOC


def test_more_than_may_stand_unhedged_is_hedged_by_crossing_at_once():
    world = started()
    complete(world)

    world.positions[ME, PERP] = -19  # eleven were closed by force
    (hedge,) = world.plan().proposals

    assert (hedge.quantity, hedge.time_in_force) == (-11, TimeInForce.IOC)


def test_a_closing_that_fails_often_goes_on_closing():
    world = started()
    complete(world)
    world.desk.want(ME, pair(0.0), world.now)
    world.plan()
    world.fill(world.orders(PERP)[0])

    for _ in range(7):
        world.pass_ms(100).plan()
        for order in world.orders(SPOT):
            world.cancel(order)

    assert basket(world).tries >= 6
    assert basket(world).stage is Stage.HEDGING


def test_a_basket_that_cannot_start_is_not_looked_at_without_end():
    world = World()
    world.instruments[SPOT] = contract(SPOT, size_min=8)
    world.desk.want(ME, pair(naked=0.005), world.now)
    world.plan()
    assert world.due() == world.now + 1_600 * NS_PER_MS

    world.desk.reduce_only(ME, "margin")
    world.plan()
    assert world.due() is None


def test_going_to_the_other_side_in_another_ratio_closes_in_the_old_one():
    world = started()
    complete(world)

    legs = (Target(PERP, 0.02, Urgency.PASSIVE), Target(SPOT, -0.01))
    world.desk.want(ME, Basket(*legs, max_unhedged=0.01), world.now)
    for _ in range(200):
        world.plan()
        if not world.orders():
            break
        perp, spot = held(world)
        assert perp > 0 or abs(perp + spot) <= 10
        world.fill(world.orders()[0])

    assert held(world) == (20, -10)


def test_a_new_size_amends_the_basket_and_makes_no_second():
    world = started()
    world.fill(world.orders(PERP)[0])
    world.plan()

    world.desk.want(ME, pair(0.05), world.now)
    world.plan()
    complete(world)

    assert held(world) == (-50, 50)
    assert len(world.desk.baskets) == 1
    assert world.desk.baskets_closed == 1


def test_stating_it_again_changes_nothing():
    world = started()

    for _ in range(5):
        world.desk.want(ME, pair(), world.now)
        plan = world.plan()

        assert plan.proposals == plan.cancels == plan.reserves == ()


def test_legs_of_unlike_lots_are_shrunk_to_what_matches():
    world = World()
    legs = (Target(COIN, -0.0199), Target(SPOT, 0.0199))  # contracts of 0.002 BTC

    world.desk.want(ME, Basket(*legs, max_unhedged=0.01), world.now)
    world.plan()
    complete(world)

    assert world.position(ME, COIN) == -9
    assert world.position(ME, SPOT) == 18


def test_the_ratio_of_an_inverse_leg_survives_a_move_of_the_price():
    world = World()
    legs = (Target(COIN, -0.02), Target(SPOT, 0.02))
    world.desk.want(ME, Basket(*legs, max_unhedged=0.01), world.now)
    world.plan()
    complete(world)
    world.marks[COIN] = world.marks[SPOT] = world.marks[COIN] * 2

    flat = [Target(leg.instrument, 0.0) for leg in legs]
    world.desk.want(ME, Basket(*flat, max_unhedged=0.01), world.now)
    (first,) = world.plan().proposals

    assert first.instrument == COIN  # the lead leads, and spot is not seen as unhedged
    complete(world)
    assert world.position(ME, COIN) == world.position(ME, SPOT) == 0


def test_steps_too_small_for_the_venue_are_told_and_never_begun():
    world = World()
    world.instruments[SPOT] = contract(SPOT, size_min=8)
    world.desk.want(ME, pair(naked=0.005), world.now)

    plan = world.plan()

    assert plan.proposals == ()
    assert "max_unhedged: got 0.005, the legs' smallest orders need 0.009" in plan.dust[0].why


def test_partial_fills_too_small_to_hedge_are_hedged_with_what_follows():
    world = World()
    world.instruments[SPOT] = contract(SPOT, size_min=4)
    started(world=world)
    lead = world.orders(PERP)[0]

    world.fill(lead, 3)
    assert world.plan().proposals == ()
    world.fill(lead, 3)
    (hedge,) = world.plan().proposals

    assert hedge.quantity == 6


def test_positions_found_without_a_history_are_closed_as_they_belong_together():
    world = World()
    world.positions |= {(ME, PERP): -20, (ME, SPOT): 20}
    world.desk.want(ME, pair(0.0), world.now)

    world.plan()
    complete(world)

    assert held(world) == (0, 0)


# --- trouble -----------------------------------------------------------------------------


def test_a_hedge_is_posted_then_crossed_within_the_loss_budget_then_at_any_price():
    world = started(pair(loss_bps_max=10.0, naked_ms_max=60_000))
    world.fill(world.orders(PERP)[0])
    styles = []

    for _ in range(12):
        for order in world.plan().proposals:
            styles.append((order.type, order.time_in_force, order.post_only, order.price))
        for order in world.orders(SPOT):
            if order.cancel_pending or not order.proposal.post_only:
                world.cancel(order)
        world.pass_ms(125)

    post, cross, *_ = styles
    assert post == (OrderType.LIMIT, TimeInForce.GTC, True, 500_000)
    # A third of the notional may lose three times the 10 bps: 30 bps above the mid.
    assert cross == (OrderType.LIMIT, TimeInForce.IOC, False, 501_500)
    assert styles[-1] == (OrderType.MARKET, TimeInForce.IOC, False, 505_000)


def test_a_hedge_that_never_fills_is_taken_back_on_the_other_leg():
    world = started()
    world.fill(world.orders(PERP)[0])
    world.plan()

    for _ in range(100):
        for order in world.orders(SPOT):
            world.cancel(order)
        if basket(world).stage is Stage.UNWINDING:
            break
        world.pass_ms(100).plan()
    world.plan()
    back = world.orders(PERP)[-1].proposal

    assert (back.quantity, back.type, back.reduce_only) == (10, OrderType.MARKET, True)
    complete(world)
    assert held(world) == (0, 0)
    assert basket(world).stage is Stage.UNWOUND
    assert (world.desk.baskets_closed, world.desk.baskets_unwound) == (0, 1)


def test_only_what_lacks_its_counterpart_is_taken_back():
    world = started()
    world.fill(world.orders(PERP)[0])
    world.plan()
    world.fill(world.orders(SPOT)[0], 4)
    world.touches[SPOT] = (480_000, 1, 520_000, 1)  # crossing spot became dear

    advance(world, 2_100)
    complete(world)

    assert held(world) == (-4, 4)
    assert basket(world).stage is Stage.UNWOUND


def test_what_is_too_little_to_be_taken_back_is_completed_instead():
    world = World()
    world.instruments[PERP] = contract(PERP, size_min=8)
    started(world=world)
    lead = world.only()
    world.fill(lead, 5)
    world.cancel(lead)

    for _ in range(100):
        world.pass_ms(100).plan()
        if basket(world).stage is Stage.UNWINDING and world.orders(SPOT):
            break
        for order in world.orders(SPOT):
            world.cancel(order)
    (order,) = world.orders(SPOT)
    complete(world)

    assert (order.side, order.proposal.type) == (Side.BUY, OrderType.MARKET)
    assert held(world) == (-5, 5)
    assert basket(world).stage is Stage.UNWOUND


def test_an_unwound_basket_need_not_rest_before_it_is_closed():
    world = started()
    world.fill(world.orders(PERP)[0])
    world.plan()
    world.fill(world.orders(SPOT)[0], 4)
    world.touches[SPOT] = (480_000, 1, 520_000, 1)
    advance(world, 2_100)
    complete(world)
    assert held(world) == (-4, 4)

    world.desk.want(ME, pair(0.0), world.now)
    world.plan()
    complete(world)

    assert held(world) == (0, 0)


def test_the_cheaper_way_is_completing_when_its_spread_is_the_smaller():
    world = started(pair(naked_ms_max=500))
    world.fill(world.orders(PERP)[0])
    world.touches[PERP] = (490_000, 1, 510_000, 1)
    world.plan()

    for _ in range(2):
        advance(world, 300)
        world.cancel(world.orders(SPOT)[0])  # the crossing came back empty
    advance(world, 100)

    assert basket(world).stage is Stage.HEDGING
    assert world.orders(SPOT)[0].proposal.type is OrderType.MARKET


def test_a_used_up_loss_budget_does_not_wait_for_the_time_budget():
    world = started(pair(loss_bps_max=5.0, naked_ms_max=60_000))
    world.fill(world.orders(PERP)[0])
    world.plan()

    world.touches[SPOT] = (502_000, 1, 502_101, 1)  # 40 bps away on a third: 13 bps
    world.desk.look(SPOT)
    world.plan()

    assert basket(world).stage is Stage.UNWINDING


def test_what_hedging_has_paid_already_counts_against_the_loss_budget():
    world = started(pair(loss_bps_max=5.0, naked_ms_max=60_000))
    world.fill(world.orders(PERP)[0])
    world.plan()
    hedge = world.orders(SPOT)[0]

    world.fill(hedge, 8, price=501_250)  # 25 bps on 8 of 30 lots: 6.7 of the 5 bps
    world.plan()

    assert basket(world).spent_bps == pytest.approx(6.66, abs=0.01)
    assert basket(world).stage is Stage.HEDGING  # equal spreads: completing is as cheap
    world.cancel(hedge)
    world.pass_ms(100).plan()
    assert world.orders(SPOT)[0].proposal.type is OrderType.MARKET


def test_a_slow_closing_is_completed_and_never_counted_as_taken_back():
    world = started()
    complete(world)
    world.touches[SPOT] = (480_000, 1, 520_000, 1)
    world.desk.want(ME, pair(0.0), world.now)
    world.plan()
    world.fill(world.orders(PERP)[0])
    world.plan()

    advance(world, 2_500)
    world.desk.look()
    complete(world)

    assert held(world) == (0, 0)
    assert (world.desk.baskets_closed, world.desk.baskets_unwound) == (2, 0)


def test_a_taking_back_that_cannot_be_sent_calls_a_person_too():
    world = started()
    world.fill(world.orders(PERP)[0])
    world.plan()
    world.collars[PERP] = world.collars[SPOT] = None

    advance(world, 9_000)

    assert basket(world).stage is Stage.REPAIR
    assert world.desk.permit(ME).permit == "reduce"


def test_it_rests_after_it_was_unwound_and_then_tries_again():
    world = started()
    world.fill(world.orders(PERP)[0])
    world.touches[SPOT] = (480_000, 1, 520_000, 1)
    world.plan()
    advance(world, 2_100)
    complete(world)
    world.touches[SPOT] = world.touches[PERP]

    world.pass_ms(59_000)
    world.desk.look()
    assert world.plan().proposals == ()

    (order,) = world.pass_ms(2_000).plan().proposals
    assert (order.instrument, order.reason) == (PERP, "lead")
    assert len(world.last.reserves) == 1


def test_closing_is_never_answered_by_opening_again():
    world = started()
    complete(world)
    world.desk.want(ME, pair(0.0), world.now)
    world.plan()
    world.fill(world.orders(PERP)[0])
    world.plan()

    advance(world, 10_000)

    assert [order.proposal.quantity < 0 for order in world.orders()] == [True]
    assert world.orders(SPOT)[0].remaining == 10
    assert world.position(ME, PERP) == -20


def test_when_nothing_works_a_person_is_called_and_only_reductions_go_on():
    world = started()
    world.fill(world.orders(PERP)[0])

    for _ in range(400):
        for order in world.plan().proposals:
            if order.reason == "unwind":
                assert order.reduce_only
        for order in world.orders():
            world.cancel(order)
        world.pass_ms(50)

    granted = world.desk.permit(ME)
    assert basket(world).stage is Stage.REPAIR
    assert granted.permit == "reduce"
    assert granted.why == "basket me-1 can be neither completed nor taken back"

    while not world.orders():
        world.pass_ms(100).plan()
    complete(world)
    assert held(world) == (0, 0)
    assert basket(world).stage is Stage.UNWOUND


def test_reduce_only_takes_back_what_lacks_its_counterpart():
    world = started()
    world.fill(world.orders(PERP)[0], 6)
    world.plan()
    world.fill(world.orders(SPOT)[0], 2)

    world.desk.reduce_only(ME, "kill")
    for _ in range(20):
        for order in world.plan().proposals:
            assert order.reduce_only
        for order in world.orders():
            if order.cancel_pending:
                world.cancel(order)
            elif order.proposal.reason == "unwind":
                world.fill(order)

    assert held(world) == (-2, 2)
    assert world.orders() == []


def test_a_halt_takes_every_order_back_and_sends_none():
    world = started()
    world.fill(world.orders(PERP)[0], 6)
    world.plan()

    world.desk.halt(ME, "by hand")
    plan = world.plan()

    assert len(plan.cancels) == 2
    assert plan.proposals == ()


def test_a_fill_after_the_cancel_is_hedged_too():
    world = started()
    lead = world.only()
    world.move_touch(PERP, 5)
    advance(world, 1_000)

    world.fill(lead, 7)
    hedges = [order for order in world.plan().proposals if order.reason == "hedge"]

    assert [order.quantity for order in hedges] == [7]


def test_a_repeated_fill_is_hedged_once():
    world = started()
    lead = world.only()
    for _ in range(3):
        world.fill(lead, 4, trade="same")
        world.plan()

    assert sum(order.size for order in world.orders(SPOT)) == 4


def test_a_position_closed_by_force_closes_its_counterpart():
    world = started()
    complete(world)

    world.positions[ME, PERP] = -12
    (order,) = world.plan().proposals

    assert (order.instrument, order.quantity, order.reduce_only) == (SPOT, -18, True)


def test_a_hedge_of_unknown_fate_is_not_sent_twice_and_ends_in_step_whatever_it_was():
    world = started()
    world.fill(world.orders(PERP)[0])
    world.plan()
    lost = world.orders(SPOT)[0]
    world.say(lost, OrderUnknown, reason="timeout")

    for _ in range(100):
        world.pass_ms(100).plan()
        for order in world.orders(PERP):
            world.fill(order)
    assert [order.order_id for order in world.orders(SPOT)] == [lost.order_id]
    assert held(world) == (0, 0)  # taken back, as the time budget was used up

    world.fill(lost)  # it had been there all along
    for _ in range(100):
        world.pass_ms(100).plan()
        for order in world.orders(SPOT):
            world.fill(order)

    assert held(world) == (0, 0)
    assert basket(world).stage is Stage.UNWOUND


def test_a_feed_that_is_lost_stops_the_lead_and_not_the_hedge():
    world = started()
    lead = world.only()
    world.fill(lead, 4)
    world.dead.add(PERP)

    plan = world.plan()

    assert [cancel.order_id for cancel in plan.cancels] == [lead.order_id]
    assert [order.instrument for order in plan.proposals] == [SPOT]


def test_a_leg_cannot_be_wanted_apart_until_the_basket_is_flat():
    world = started()

    with pytest.raises(ValueError, match=r"got binance:BTC/USDT alone, expected the basket"):
        world.desk.want(ME, Target(SPOT, 1.0), world.now)

    world.cancel(world.only())
    world.desk.want(ME, Target(SPOT, 0.001, Urgency.URGENT), world.now)
    assert list(world.desk.baskets) == []
    assert world.plan().proposals[0].quantity == 1


def test_three_legs_stay_in_step():
    world = World()
    legs = (
        Target(PERP, -0.02),
        Target(SPOT, 0.01),
        Target(COIN, 5, unit=Unit.CONTRACTS),
    )
    world.desk.want(ME, Basket(*legs, max_unhedged=0.01), world.now)
    world.plan()
    assert world.only().size == 10

    complete(world)

    assert held(world) == (-20, 10)
    assert world.position(ME, COIN) == 5


# --- the table ---------------------------------------------------------------------------


@pytest.mark.parametrize("stage", list(Stage))
def test_a_stage_only_goes_where_the_table_says(stage):
    for to in Stage:
        moved = BasketWork("b", ME, None, [], stage=stage)  # type: ignore[arg-type]
        if to in STAGES[stage]:
            moved.move(to)
            assert moved.stage is to
        else:
            with pytest.raises(AssertionError, match=f"basket b: {stage} to {to}"):
                moved.move(to)


def test_every_stage_has_a_row_and_can_come_to_rest():
    assert set(STAGES) == set(Stage)
    for stage in Stage:
        reached, frontier = set(), [stage]
        while frontier:
            for to in STAGES[frontier.pop()]:
                if to not in reached:
                    reached.add(to)
                    frontier.append(to)
        assert reached & AT_REST


def test_the_venue_taking_a_posted_hedge_off_counts_as_a_failure():
    world = started()
    world.fill(world.orders(PERP)[0])
    world.plan()

    world.say(world.orders(SPOT)[0], OrderCanceled, reason="would cross")

    assert basket(world).tries == 1
