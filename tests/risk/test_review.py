"""The gate: what is refused outright, baskets whole, one reservation after another, halts."""

import enum
from decimal import Decimal

import msgspec
import pytest

from bot.model.command import Side
from bot.model.units import StrategyName
from bot.risk.kill import Mode
from bot.risk.limits import TOTAL, Level, Scope
from tests.risk.world import (
    ACCOUNT,
    INVERSE,
    OTHER,
    PERP,
    SECOND,
    SPOT,
    STRATEGY,
    UNLIMITED,
    Desk,
    World,
    book,
    limits,
    order,
)


class Number(enum.IntEnum):
    ONE = 1


# --- nonsense --------------------------------------------------------------------------

NONSENSE = [
    float("nan"),
    float("inf"),
    -float("inf"),
    Decimal("NaN"),
    Decimal("Infinity"),
    Decimal(1),
    1.0,
    True,
    False,
    "1",
    None,
    Number.ONE,
    0,
    -1,
]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=repr)
@pytest.mark.parametrize("field", ["size", "price"])
def test_a_size_or_price_that_is_no_whole_number_above_zero_is_refused(field, nonsense):
    desk = Desk(World(), book())

    refusal = desk.refusal(order(**{field: nonsense}))

    assert refusal.limit == field
    assert refusal.value in (repr(nonsense), str(nonsense))
    assert "> 0" in refusal.allowed


@pytest.mark.parametrize(
    ("field", "nonsense"),
    [
        ("account", None),
        ("strategy", ["carry"]),
        ("instrument", 7),
        ("side", 1),
        ("side", "buy"),
        ("type", "limit"),
        ("time_in_force", None),
        ("post_only", 1),
        ("reduce_only", None),
        ("basket", ["b"]),
    ],
)
def test_a_field_of_another_type_is_refused(field, nonsense):
    refusal = Desk(World(), book()).refusal(order(**{field: nonsense}))

    assert refusal.limit == field
    assert refusal.value == repr(nonsense)


def test_an_unlisted_instrument_is_refused():
    refusal = Desk(World(), book()).refusal(order(instrument="venue:NONE/USD"))

    assert refusal.limit == "instrument"


# --- approvals -------------------------------------------------------------------------


def test_an_approval_carries_id_time_and_the_proposal_itself():
    desk = Desk(World(now=7), book())
    proposal = order(3)

    approved, refused = desk.review(proposal)

    assert refused == []
    assert approved[0].proposal is proposal
    assert (approved[0].order_id, approved[0].approved_ns) == ("e1-1", 7)


def test_each_approved_order_is_reserved_before_the_next_is_looked_at():
    desk = Desk(World(), book(total=limits(position_max={PERP: Decimal(5)})))

    approved, refused = desk.review(order(3), order(3), order(2), order(5, Side.SELL))

    assert [one.proposal.quantity for one in approved] == [3, 2, -5]
    assert [one.proposal.quantity for one in refused] == [3]


def test_a_refused_order_leaves_nothing_reserved_and_takes_no_id():
    desk = Desk(World(), book(total=limits(position_max={PERP: Decimal(5)})))

    approved, _ = desk.review(order(9), order(5))

    assert [one.order_id for one in approved] == ["e1-1"]
    assert desk.world.ids == 1


def test_no_proposals_ask_nothing_of_anyone():
    desk = Desk(World(), book())

    assert desk.review() == ([], [])
    assert desk.world.ids == 0


# --- reduce only -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "side", "size", "passes"),
    [
        (5, Side.SELL, 5, True),
        (5, Side.SELL, 6, False),
        (5, Side.BUY, 1, False),
        (-5, Side.BUY, 5, True),
        (-5, Side.BUY, 6, False),
        (-5, Side.SELL, 1, False),
        (0, Side.SELL, 1, False),
    ],
)
def test_under_reduce_only_an_order_may_close_and_never_flip(held, side, size, passes):
    desk = Desk(World().hold(held), book())
    desk.halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 1)

    assert desk.passes(order(size, side)) is passes


def test_working_orders_to_reduce_count_against_the_position():
    world = World().hold(5)
    world.place(order(3, Side.SELL))
    desk = Desk(world, book())
    desk.halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 1)

    approved, refused = desk.review(order(2, Side.SELL), order(1, Side.SELL))

    assert [one.proposal.size for one in approved] == [2]
    assert refused[0].limit == "reduce_only"
    assert refused[0].value == "total: loss"


def test_an_order_that_passes_a_halt_is_marked_reduce_only_for_the_venue():
    desk = Desk(World().hold(5).hold(5, SPOT), book())
    desk.halts.halt(TOTAL, Mode.REDUCE_ONLY, "loss", 1)

    approved, _ = desk.review(order(5, Side.SELL), order(5, Side.SELL, instrument=SPOT))

    assert [one.proposal.reduce_only for one in approved] == [True, False]  # spot knows no such


def test_a_reduction_of_one_strategy_that_enlarges_the_account_is_not_marked():
    other = StrategyName("other")
    desk = Desk(World().hold(5).hold(-9, strategy=other), book())
    desk.halts.halt(Scope(Level.STRATEGY, STRATEGY), Mode.REDUCE_ONLY, "paused", 1)

    approved, _ = desk.review(order(5, Side.SELL))

    assert [one.proposal.reduce_only for one in approved] == [False]


def test_a_strategy_that_its_signals_hold_back_only_reduces():
    desk = Desk(World(reducing="carry is stale").hold(5), book())

    refusal = desk.refusal(order(1))

    assert (refusal.limit, refusal.value) == ("reduce_only", "carry is stale")
    assert desk.passes(order(5, Side.SELL))


def test_when_halted_nothing_passes_and_the_others_go_on():
    other = StrategyName("other")
    stated = book(strategies={STRATEGY: UNLIMITED, other: UNLIMITED})
    desk = Desk(World().hold(5), stated)
    desk.halts.halt(Scope(Level.STRATEGY, STRATEGY), Mode.HALTED, "position differs", 1)

    refusal = desk.refusal(order(5, Side.SELL))

    assert (refusal.limit, refusal.allowed) == ("halted", "cancels")
    assert refusal.value == f"strategy {STRATEGY}: position differs"
    assert desk.passes(order(1, strategy=other))


def test_an_instrument_that_is_being_delisted_may_only_be_left():
    world = World().hold(5)
    world.instruments[PERP] = msgspec.structs.replace(world.instruments[PERP], active=False)
    desk = Desk(world, book())

    assert desk.refusal(order(1)).limit == "reduce_only"
    assert desk.passes(order(5, Side.SELL))


# --- latches ---------------------------------------------------------------------------


def test_orders_without_end_halt_their_strategy_until_a_person_lifts_it():
    scope = Scope(Level.STRATEGY, STRATEGY)
    desk = Desk(World(), book(strategy=limits(orders_per_ten_seconds_max=20)))

    passed = sum(desk.passes(order(1)) for _ in range(1_000))
    desk.world.now += 3600 * SECOND

    assert passed == 20
    assert desk.refusal(order(1)).limit == "halted"
    assert desk.halts.resume(scope) is not None
    assert desk.refusal(order(1)).limit == "halted"
    assert desk.halts.acknowledge(scope, "ann") is None
    assert desk.refusal(order(1)).limit == "halted"
    assert desk.halts.resume(scope) is None
    assert desk.passes(order(1))


def test_the_windows_of_orders_slide():
    desk = Desk(World(), book(total=limits(orders_per_second_max=2)))

    assert desk.passes(order(1))
    desk.world.now += SECOND // 2
    assert desk.passes(order(1))
    assert not desk.passes(order(1))
    desk.world.now += SECOND // 2
    assert desk.passes(order(1))
    assert not desk.passes(order(1))


def test_a_daily_loss_latches_reduce_only():
    desk = Desk(World(profit=Decimal(-51)).hold(5), book(total=limits(daily_loss_max=Decimal(50))))

    assert desk.refusal(order(1)).limit == "total.daily_loss_max"
    desk.world.profit = Decimal(100)

    assert desk.refusal(order(1)).limit == "reduce_only"
    assert desk.passes(order(5, Side.SELL))


def test_an_unknown_daily_profit_refuses_and_latches_nothing():
    desk = Desk(World(profit=None), book(total=limits(daily_loss_max=Decimal(50))))

    assert desk.refusal(order(1)).value is None
    assert desk.halts.standing(ACCOUNT, STRATEGY) == (Mode.ACTIVE, "")


def test_the_liquidation_of_another_contract_of_the_account_counts():
    world = World(margin_of=Decimal(600)).hold(10, OTHER)
    desk = Desk(world, book(total=limits(liquidation_distance_min=Decimal("0.5"))))

    refusal = desk.refusal(order(1))

    assert refusal.limit == "total.liquidation_distance_min"
    assert desk.passes(order(10, Side.SELL, instrument=OTHER))


def test_filling_at_a_limit_beyond_the_mark_costs_margin_at_once():
    stated = limits(liquidation_distance_min=Decimal("0.5"))

    assert Desk(World(margin_of=Decimal(650)), book(total=stated)).passes(order(10, price=105))
    assert not Desk(World(margin_of=Decimal(649)), book(total=stated)).passes(order(10, price=105))


def test_an_inverse_contract_is_measured_in_its_own_coins():
    # 1,000 dollars from 100 are ten coins; with five of margin they are gone at 80.
    stated = book(total=limits(liquidation_distance_min=Decimal("0.2")))

    assert Desk(World(margin_of=Decimal(5)), stated).passes(order(10, instrument=INVERSE))
    assert not Desk(World(margin_of=Decimal(5)), stated).passes(order(11, instrument=INVERSE))


def test_an_inverse_fill_beyond_the_mark_costs_coins_at_once():
    # Ten coins' worth at 100 is eight at 125: two coins are paid away.
    stated = book(total=limits(liquidation_distance_min=Decimal("0.2")))
    dear = order(10, instrument=INVERSE, price=125)

    assert Desk(World(margin_of=Decimal(7)), stated).passes(dear)
    assert not Desk(World(margin_of=Decimal("6.99")), stated).passes(dear)
