"""A cascade of liquidations: what single orders may do while it runs."""

from decimal import Decimal
from functools import partial

import pytest

from bot.model.alarm import Alarm
from bot.model.command import OrderType, Side, TimeInForce
from bot.model.units import Currency
from tests.risk.test_recheck import approved_then, look
from tests.risk.world import (
    ACCOUNT,
    BASKET,
    OTHER,
    PERP,
    SPOT,
    STRATEGY,
    Desk,
    World,
    book,
    limits,
    order,
)

COIN = Currency("COIN")
FALLING = {COIN: (Alarm.CAUTION, -1)}
RISING = {COIN: (Alarm.CAUTION, 1)}
bid = partial(order, side=Side.BUY, price=99)


def desk_in(alarms, **stated) -> Desk:
    return Desk(World(alarms=alarms), book(limits(**stated)))


@pytest.mark.parametrize("instrument", [PERP, SPOT])
def test_nothing_new_rests_against_the_move(instrument):
    desk = desk_in(FALLING)

    refusal = desk.refusal(bid(instrument=instrument, post_only=True))

    assert refusal.limit == "cascade"
    assert refusal.value == "a buy that rests while COIN falls"
    assert refusal.allowed == "orders that take, or go with the move"


@pytest.mark.parametrize("side", list(Side))
def test_nothing_new_rests_while_nobody_knows_which_way_it_goes(side):
    desk = desk_in({COIN: (Alarm.CAUTION, 0)})

    refusal = desk.refusal(order(side=side, price=100, post_only=True))

    assert refusal.limit == "cascade"
    assert refusal.value.endswith("that rests while COIN may go either way")
    assert desk.passes(order(price=101, time_in_force=TimeInForce.IOC))


def test_what_rests_is_told_by_its_price_whatever_it_calls_itself():
    desk = desk_in(RISING)

    assert desk.refusal(order(side=Side.SELL, price=100)).limit == "cascade"
    assert desk.passes(order(side=Side.SELL, price=99))


def test_without_a_touch_any_limit_order_may_rest():
    desk = desk_in(FALLING)
    del desk.world.touches[PERP]

    assert desk.refusal(bid(price=101)).limit == "cascade"


@pytest.mark.parametrize(
    "free",
    [
        {"time_in_force": TimeInForce.IOC},
        {"time_in_force": TimeInForce.FOK},
        {"type": OrderType.MARKET, "time_in_force": TimeInForce.IOC},
        {"side": Side.SELL, "price": 101},
        {"instrument": OTHER},
    ],
    ids=["ioc", "fok", "market", "with the move", "another coin"],
)
def test_everything_else_may_go(free):
    assert desk_in(FALLING).passes(bid(**free))


def test_what_reduces_may_rest_against_the_move():
    desk = desk_in(FALLING)
    desk.world.positions[ACCOUNT, STRATEGY, PERP] = -5

    assert desk.passes(bid(size=5, post_only=True))
    assert desk.refusal(bid(size=1, post_only=True)).limit == "cascade"


@pytest.mark.parametrize(
    ("limit", "allowed", "fits", "too_much"),
    [
        ("order_notional_max", Decimal(1010), 5, 6),
        ("order_size_max", {PERP: Decimal(10)}, 5, 6),
        ("position_max", {PERP: Decimal(10)}, 5, 6),
    ],
)
def test_sizes_are_halved(limit, allowed, fits, too_much):
    taking = partial(order, side=Side.BUY, price=101, time_in_force=TimeInForce.IOC)
    calm = desk_in({}, **{limit: allowed})
    running = desk_in(FALLING, **{limit: allowed})

    assert calm.passes(taking(size=too_much))
    refusal = running.refusal(taking(size=too_much))
    assert refusal.limit == f"strategy.{limit}"
    assert refusal.allowed.endswith("5 while liquidations cascade")
    assert running.passes(taking(size=fits))


def test_what_reduces_may_have_its_whole_size():
    desk = desk_in(FALLING, order_size_max={PERP: Decimal(10)})
    desk.world.positions[ACCOUNT, STRATEGY, PERP] = -10

    assert desk.passes(order(size=10, price=101, time_in_force=TimeInForce.IOC))


def test_a_leg_that_evens_its_basket_out_may_have_its_whole_size():
    desk = desk_in(FALLING, order_size_max={PERP: Decimal(10)}, position_max={PERP: Decimal(10)})
    hedge = order(size=10, price=101, time_in_force=TimeInForce.IOC, basket=BASKET)

    assert "cascade" in desk.refusal(hedge).allowed

    desk.world.nakeds[BASKET] = (Decimal(-1000), desk.world.now)
    assert desk.passes(hedge)


def test_an_order_that_was_let_go_before_the_alarm_is_looked_at_again():
    desk = desk_in({}, order_size_max={PERP: Decimal(10)})
    resting = approved_then(desk, bid(size=1, post_only=True))
    large = approved_then(desk, order(size=6, price=101, time_in_force=TimeInForce.IOC))

    assert look(desk, resting) is None
    assert look(desk, large) is None

    desk.world.alarms = FALLING
    assert look(desk, resting) == "cascade: a buy that rests while COIN falls"
    assert "while liquidations cascade" in look(desk, large)
