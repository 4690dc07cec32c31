"""Every limit at its edge: exactly at it passes, one step more is refused, and unknown is refused.

`EDGES` names a case for each limit; a limit without one fails `test_every_limit_has_an_edge`.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bot.model.command import Proposal, Side
from bot.model.units import Currency, StrategyName
from bot.risk.checks import CHECKS
from bot.risk.limits import Level, Limits, Reference
from tests.risk.world import (
    ACCOUNT,
    BASKET,
    INVERSE,
    OTHER,
    PERP,
    SECOND,
    SPOT,
    STRATEGY,
    Desk,
    World,
    book,
    limits,
    order,
)

COIN = Currency("COIN")


@dataclass(frozen=True)
class Edge:
    """A bound, an order that reaches it exactly, and the smallest step beyond it.

    orders_before: how many orders have just passed. world_beyond: what else differs there.
    """

    bound: Any
    at: Proposal
    beyond: Proposal
    world: Callable[[], World] = World
    world_beyond: Callable[[], World] | None = None
    orders_before: int = 0


def held_and_ordered() -> World:
    """Long 3, buying 2 more at 100 (worth 101 each at the ask), selling 1."""
    world = World().hold(3)
    world.place(order(2))
    world.place(order(1, Side.SELL))
    return world


def hedged() -> World:
    """Long 6 spot, short 4 perpetual."""
    return World().hold(6, SPOT).hold(-4, PERP)


def aged(age_ns: int) -> Callable[[], World]:
    return lambda: World(ages={PERP: age_ns})


def lost(money: str) -> Callable[[], World]:
    return lambda: World(profit=-Decimal(money))


def naked(notional: int, since_ns: int | None) -> Callable[[], World]:
    return lambda: World(nakeds={BASKET: (Decimal(notional), since_ns)})


def leg(size: int, side: Side = Side.BUY, **changed: Any) -> Proposal:
    return order(size, side, basket=BASKET, **changed)


EDGES = {
    # Worth 101 each: the ask is the worst of limit 100, mark 100 and far touch 101.
    "order_notional_max": Edge(Decimal(505), order(5), order(6)),
    "order_size_max": Edge({PERP: Decimal(5)}, order(5), order(6)),
    "position_max": Edge({PERP: Decimal(9)}, order(4), order(5), held_and_ordered),
    # 3 held at 100, 2 live at 101, 4 more at 101.
    "gross_notional_max": Edge(Decimal(906), order(4), order(5), held_and_ordered),
    # 600 long and 400 short, and selling 6 at 100 makes 400 short again, counted the other way.
    "net_notional_max": Edge(
        Decimal(400),
        order(6, Side.SELL, instrument=SPOT),
        order(7, Side.SELL, instrument=SPOT),
        hedged,
    ),
    "net_delta_max": Edge({COIN: Decimal(5)}, order(3), order(4), hedged),
    "leverage_max": Edge(Decimal(2), order(2), order(3), lambda: World(equity_of=Decimal(101))),
    "orders_per_second_max": Edge(3, order(), order(), orders_before=2),
    "orders_per_ten_seconds_max": Edge(3, order(), order(), orders_before=2),
    "price_collar_bps": Edge({Reference.MARK: Decimal(500)}, order(price=105), order(price=106)),
    "quote_age_ms_max": Edge(
        250, order(), order(), aged(250_000_000), world_beyond=aged(250_000_001)
    ),
    "daily_loss_max": Edge(Decimal(50), order(), order(), lost("50"), world_beyond=lost("50.01")),
    "naked_notional_max": Edge(Decimal(505), leg(3), leg(4), naked(202, None)),
    "naked_seconds_max": Edge(
        Decimal(2),
        leg(1),
        leg(1),
        naked(100, 98 * SECOND),
        world_beyond=naked(100, 98 * SECOND - 1),
    ),
    # Ten coins at 100 on a margin of 600 at a rate of 0.2: gone at 50.
    "liquidation_distance_min": Edge(
        Decimal("0.5"), order(10), order(11), lambda: World(margin_of=Decimal(600))
    ),
}
SCOPES = {Level.STRATEGY: "strategy", Level.ACCOUNT: "account", Level.TOTAL: "total"}


def test_every_limit_has_an_edge_and_a_check():
    assert set(EDGES) == set(CHECKS) == set(Limits.__struct_fields__)


def test_no_limit_has_a_default():
    assert Limits.__struct_defaults__ == ()


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("name", EDGES)
def test_an_order_exactly_at_a_limit_passes_and_one_step_more_is_refused(name, level):
    edge = EDGES[name]
    stated = book(**{SCOPES[level]: limits(**{name: edge.bound})})
    desk = Desk(edge.world(), stated)
    desk_beyond = Desk((edge.world_beyond or edge.world)(), stated)
    for _ in range(edge.orders_before):
        assert desk.passes(order())
        assert desk_beyond.passes(order())
    if name.startswith("orders_per"):
        assert desk_beyond.passes(edge.beyond)

    approved, refused = desk.review(edge.at)
    refusal = desk_beyond.refusal(edge.beyond)

    assert refused == []
    assert [one.proposal for one in approved] == [edge.at]
    assert refusal.limit == f"{level}.{name}"
    assert refusal.value is not None
    assert refusal.allowed != ""


def test_a_refusal_states_value_and_bound_exactly():
    desk = Desk(held_and_ordered(), book(total=limits(gross_notional_max=Decimal("906.50"))))

    refusal = desk.refusal(order(5))

    assert (refusal.value, refusal.allowed) == ("1007", "906.5")


# --- beyond a limit already ------------------------------------------------------------


def test_a_position_past_its_limit_may_be_reduced_and_not_increased():
    world = World().hold(10)
    stated = limits(
        position_max={PERP: Decimal(5)},
        gross_notional_max=Decimal(500),
        net_notional_max=Decimal(500),
        net_delta_max={COIN: Decimal(5)},
        leverage_max=Decimal(0),
        liquidation_distance_min=Decimal(100),
    )
    desk = Desk(world, book(total=stated))

    assert desk.passes(order(4, Side.SELL))
    assert not desk.passes(order(1))


def test_closing_one_leg_of_a_hedge_is_held_back_by_the_net():
    desk = Desk(World().hold(5, SPOT).hold(-5), book(total=limits(net_notional_max=Decimal(300))))

    assert desk.passes(order(3, Side.SELL, instrument=SPOT))
    assert not desk.passes(order(1, Side.SELL, instrument=SPOT))


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("position_max", {PERP: Decimal(5)}),
        ("gross_notional_max", Decimal(500)),
        ("net_notional_max", Decimal(500)),
        ("net_delta_max", {COIN: Decimal(5)}),
        ("leverage_max", Decimal("0.5")),
    ],
)
def test_shorts_are_limited_like_longs(name, bound):
    world = World(equity_of=Decimal(1000)).hold(-3)
    desk = Desk(world, book(total=limits(**{name: bound})))

    assert desk.passes(order(2, Side.SELL))
    assert not desk.passes(order(1, Side.SELL))
    assert desk.passes(order(3))


def test_an_instrument_that_a_limit_does_not_name_is_refused():
    desk = Desk(World(), book(total=limits(position_max={PERP: Decimal(5)})))

    refusal = desk.refusal(order(instrument=OTHER))

    assert refusal.limit == "total.position_max"
    assert refusal.allowed == f"nothing is stated for {OTHER}"


@pytest.mark.parametrize("missing", ["strategy", "account"])
def test_a_strategy_or_account_without_limits_may_not_order(missing):
    desk = Desk(World(), book(**{missing: None}))

    refusal = desk.refusal(order())

    assert refusal.limit == f"{missing}.limits"


def test_a_strategy_is_limited_by_its_own_position_and_the_account_by_everyones():
    other = StrategyName("other")
    world = World().hold(-8, strategy=other)
    stated = book(
        strategy=limits(position_max={PERP: Decimal(4)}),
        account=limits(position_max={PERP: Decimal(8)}),
        strategies={
            STRATEGY: limits(position_max={PERP: Decimal(4)}),
            other: limits(position_max={PERP: Decimal(100)}),
        },
    )
    desk = Desk(world, stated)

    assert desk.refusal(order(5)).limit == "strategy.position_max"
    assert desk.refusal(order(1, Side.SELL, strategy=other)).limit == "account.position_max"
    assert desk.passes(order(4))


def test_the_worst_price_of_a_sale_is_the_highest_too():
    world = World(touches={PERP: (120, 121)})
    desk = Desk(world, book(total=limits(order_notional_max=Decimal(120))))

    assert desk.passes(order(1, Side.SELL, price=90))
    assert desk.refusal(order(2, Side.SELL, price=90)).value == "240"


def test_an_inverse_contract_is_worth_its_face_and_counts_coins_at_the_mark():
    stated = limits(order_notional_max=Decimal(300), order_size_max={INVERSE: Decimal(3)})
    desk = Desk(World(), book(total=stated))

    assert desk.passes(order(3, instrument=INVERSE))
    assert desk.refusal(order(4, instrument=INVERSE)).value == "400"


def test_money_is_converted_to_the_reporting_currency():
    world = World(conversions={Currency("USD"): Decimal("0.5")})
    desk = Desk(world, book(total=limits(order_notional_max=Decimal(101))))

    assert desk.passes(order(2))
    assert not desk.passes(order(3))


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("order_notional_max", Decimal("NaN")),
        ("order_notional_max", Decimal("Infinity")),
        ("gross_notional_max", Decimal(-1)),
        ("leverage_max", 3.0),
        ("leverage_max", True),
        ("leverage_max", "3"),
        ("orders_per_second_max", True),
        ("orders_per_second_max", -1),
        ("orders_per_second_max", Decimal(5)),
        ("position_max", {PERP: None}),
        ("position_max", {PERP: 1.5}),
        ("price_collar_bps", {Reference.EQUITY: Decimal(1)}),
        ("price_collar_bps", {"mark": Decimal(1)}),
    ],
)
def test_a_bound_that_bounds_nothing_is_refused_when_it_is_stated(name, bound):
    with pytest.raises(ValueError, match=name):
        limits(**{name: bound})


def test_limits_cross_a_process_border_after_they_were_used():
    stated = book(total=limits(gross_notional_max=Decimal(500)))
    Desk(World(), stated).passes(order(1))

    arrived = pickle.loads(pickle.dumps(stated))

    assert arrived == stated
    assert Desk(World(), arrived).passes(order(4))
    assert not Desk(World(), arrived).passes(order(5))


def test_a_mark_reference_that_is_only_a_word_is_refused():
    with pytest.raises(ValueError, match="mark"):
        book(mark="venue")


def test_limits_read_from_text_are_exact():
    plain = dict.fromkeys(Limits.__struct_fields__)
    plain |= {"order_notional_max": "1000.10", "price_collar_bps": {"mark": "50"}}

    read = msgspec.convert(plain, Limits)

    assert read.order_notional_max == Decimal("1000.10")
    assert read.price_collar_bps == {Reference.MARK: Decimal(50)}
    assert book().over(ACCOUNT, STRATEGY)[0][1] is not None
