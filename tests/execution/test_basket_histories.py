"""Whatever a venue does to a basket's orders, it stays in step and comes to rest."""

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.execution.desk import Desk, DeskState
from bot.execution.stages import AT_REST, Stage
from bot.model.event import OrderExpired, OrderUnknown
from bot.model.intent import Basket, Target, Urgency
from bot.model.units import NS_PER_MS, InstrumentId
from tests.execution.world import COIN, ME, PERP, SPOT, World, contract

NAKED = 10  # lots of 0.001
STEPS = st.tuples(
    st.sampled_from(["fill", "part", "cancel", "reject", "late", "twice", "lose", "expire"]),
    st.integers(0, 3),  # which order
    st.integers(1, 9),  # how much
    st.sampled_from([0, 1, 60, 250, 700]),  # ms until then
)


def smallest(world: World, lots: int) -> None:
    for name in (PERP, SPOT):
        world.instruments[name] = contract(name, size_min=lots)


def want(world: World, size: float, urgency: Urgency) -> None:
    legs = (Target(PERP, -size, urgency), Target(SPOT, size))
    world.desk.want(ME, Basket(*legs, max_unhedged=NAKED / 1_000), world.now)


def disturb(world: World, kind: str, which: int, lots: int) -> None:
    """One thing that a venue can do, to one of the live orders."""
    if kind == "late":
        closed = [o for o in world.desk.blotter.state().closed if o.state == "canceled"]
        if closed and closed[-1].size > closed[-1].filled:
            order = world.desk.blotter.get(closed[-1].order_id)
            assert order is not None
            world.fill(order, min(lots, order.size - order.filled))
        return
    orders = world.orders()
    if not orders:
        return
    order = orders[which % len(orders)]
    if kind == "fill":
        world.fill(order)
    elif kind in ("part", "twice"):
        trade = f"x{world.now}{order.order_id}{order.filled}"
        for _ in range(2 if kind == "twice" else 1):
            world.fill(order, min(lots, order.remaining) or 1, trade=trade)
    elif kind == "cancel":
        world.cancel(order)
    elif kind == "reject" and order.state == "sent":
        world.reject(order)
    elif kind == "lose":
        world.say(order, OrderUnknown, reason="timeout")
    elif kind == "expire" and not order.proposal.post_only:
        world.say(order, OrderExpired)


def calm(world: World) -> None:
    """A venue without faults: cancels are confirmed, everything else fills."""
    for _ in range(400):
        world.plan()
        orders = world.orders()
        if not orders:
            due = world.due()
            if due is None:
                return
            world.now = max(due, world.now + NS_PER_MS)
            continue
        order = orders[0]
        if order.cancel_pending:
            world.cancel(order)
        else:
            world.fill(order)
    raise AssertionError(f"never at rest: {world.positions}, {list(world.desk.baskets)}")


@given(
    st.integers(1, 4),
    st.sampled_from(list(Urgency)),
    st.lists(STEPS, max_size=40),
    st.sampled_from([0.0, 0.017, 0.03, -0.02]),
)
def test_any_history_stays_in_step_and_ends_where_it_should(lots, urgency, steps, goal):
    world = World()
    smallest(world, lots)
    want(world, 0.03, urgency)

    for number, (kind, which, size, ms) in enumerate(steps):
        world.pass_ms(ms).plan()
        disturb(world, kind, which, size)
        if number == len(steps) // 2:
            want(world, goal, urgency)
    calm(world)

    (basket,) = world.desk.baskets
    perp, spot = world.position(ME, PERP), world.position(ME, SPOT)
    assert basket.stage in AT_REST
    assert abs(perp + spot) < max(lots, 1) * 2
    if world.desk.permit(ME).permit == "trade" and basket.stage is not Stage.UNWOUND:
        assert abs(perp - basket.legs[0].goal) < lots
        assert abs(spot - basket.legs[1].goal) < lots


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=60))
def test_the_unhedged_amount_never_passes_the_bound_while_both_legs_fill(lots, fills):
    """Hedges fill when they are sent; the lead fills in any pieces."""
    world = World()
    smallest(world, lots)
    want(world, 0.03, Urgency.PASSIVE)
    for closing, lots_filled in fills:
        world.plan()
        lead = world.orders(PERP)
        if lead and not lead[0].cancel_pending:
            world.fill(lead[0], min(lots_filled, lead[0].remaining))
        assert abs(world.position(ME, PERP) + world.position(ME, SPOT)) <= NAKED
        world.plan()
        if closing:
            want(world, 0.0, Urgency.PASSIVE)
        for order in world.orders(SPOT):
            world.fill(order)
        assert abs(world.position(ME, PERP) + world.position(ME, SPOT)) < lots


WEATHER = st.tuples(
    st.sampled_from(
        ["want", "force", "halt", "reduce", "resume", "dark", "light", "blind", "wide", "lot"]
    ),
    st.sampled_from([-0.03, -0.017, 0.0, 0.0005, 0.004, 0.02, 0.03]),
    st.sampled_from([PERP, SPOT]),
)


def turn(world: World, kind: str, size: float, name: InstrumentId) -> None:
    """Something that is not about an order: a person, a feed, a forced trade, new terms."""
    if kind == "want":
        want(world, size, Urgency.NORMAL)
    elif kind == "force":
        world.positions[ME, name] = int(world.position(ME, name) + size * 300)
    elif kind == "halt":
        world.desk.halt(ME, "by hand")
    elif kind == "reduce":
        world.desk.reduce_only(ME, "by hand")
    elif kind == "resume":
        world.desk.resume(ME)
    elif kind == "dark":
        world.dead.add(name)
        world.touches[name] = None
    elif kind == "blind":
        world.collars[name] = world.marks[name] = None
    elif kind == "wide":
        world.touches[name] = (480_000, 1, 520_000, 1)
    elif kind == "lot":
        world.instruments[name] = contract(name, size_min=1 + int(abs(size) * 200))
    else:
        world.dead.clear()
        for each in (PERP, SPOT):
            world.touches[each] = (500_000, 1, 500_001, 1)
            world.collars[each], world.marks[each] = (505_000, 495_000), Decimal(50_000)


@given(st.lists(STEPS | WEATHER, max_size=60))
def test_no_weather_breaks_a_rule_and_it_ends_in_step_when_the_sun_is_back(steps):
    world = World()
    want(world, 0.03, Urgency.NORMAL)

    for step in steps:
        world.plan()
        if len(step) == 4:
            kind, which, size, ms = step
            world.pass_ms(ms)
            disturb(world, kind, which, size)
        else:
            turn(world, *step)
        due = world.due()
        world.plan()
        assert due is None or world.due() is None or world.due() > world.now
    turn(world, "light", 0.0, PERP)
    world.desk.resume(ME)
    smallest(world, 1)
    want(world, 0.0, Urgency.URGENT)
    calm(world)

    assert world.position(ME, PERP) == world.position(ME, SPOT) == 0


@given(st.lists(STEPS, max_size=30), st.integers(0, 29))
def test_a_restart_anywhere_goes_on_as_if_nothing_had_happened(steps, when):
    straight, broken = World(), World()

    for world in (straight, broken):
        want(world, 0.03, Urgency.NORMAL)
        world.desk.want(ME, Target(COIN, 0.01), world.now)
        for number, (kind, which, size, ms) in enumerate(steps):
            world.pass_ms(ms).plan()
            disturb(world, kind, which, size)
            if number == when and world is broken:
                wire = msgspec.json.encode(world.desk.state())
                world.desk = Desk(world.desk.config)
                world.desk.restore(msgspec.json.decode(wire, type=DeskState))
        world.plan()

    assert broken.last == straight.last
    assert broken.positions == straight.positions
    assert msgspec.json.encode(broken.desk.state()) == msgspec.json.encode(straight.desk.state())
