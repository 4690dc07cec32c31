"""What is used of each limit, and what the patrol halts without any order."""

from decimal import Decimal

from bot.model.command import Side
from bot.model.units import Currency
from bot.risk.guards import OrderRates
from bot.risk.headroom import usage
from bot.risk.kill import Mode
from bot.risk.limits import TOTAL, MarkReference
from bot.risk.patrol import patrol
from bot.risk.worst import Reservations
from tests.risk.world import ACCOUNT, PERP, STRATEGY, Desk, World, book, limits, order

STATED = limits(
    position_max={PERP: Decimal(10)},
    gross_notional_max=Decimal(1000),
    net_notional_max=Decimal(1000),
    net_delta_max={Currency("COIN"): Decimal(10)},
    leverage_max=Decimal(2),
    orders_per_second_max=4,
    orders_per_ten_seconds_max=20,
    daily_loss_max=Decimal(50),
    liquidation_distance_min=Decimal("0.25"),
)


def used(world: World, rates: OrderRates) -> dict[str, Decimal | None]:
    return {
        one.limit: one.ratio
        for one in usage(Reservations(world, MarkReference.VENUE), book(total=STATED), rates)
    }


def test_every_standing_limit_tells_its_use_with_live_orders_at_their_worst():
    world = World(equity_of=Decimal(1000), margin_of=Decimal(300), profit=Decimal(-10)).hold(3)
    world.place(order(2, price=100))
    rates = OrderRates()
    rates.record(TOTAL, world.now)

    shares = used(world, rates)

    assert shares == {
        "position_max": Decimal("0.5"),
        "gross_notional_max": Decimal("0.502"),
        "net_notional_max": Decimal("0.502"),
        "net_delta_max": Decimal("0.5"),
        "leverage_max": Decimal("0.251"),
        "orders_per_second_max": Decimal("0.25"),
        "orders_per_ten_seconds_max": Decimal("0.05"),
        "daily_loss_max": Decimal("0.2"),
        # Five coins at 100 on a margin of 300 at a rate of 0.2: gone at 50.
        "liquidation_distance_min": Decimal("0.5"),
    }


def test_what_cannot_be_measured_is_none_and_never_zero():
    world = World(equity_of=None, margin_of=None, profit=None, marks={}).hold(3)

    shares = used(world, OrderRates())

    unknown = {name for name, share in shares.items() if share is None}
    assert unknown == {
        "gross_notional_max",
        "net_notional_max",
        "leverage_max",
        "daily_loss_max",
        "liquidation_distance_min",
    }


def test_what_is_shown_is_what_the_review_refuses_at():
    desk = Desk(World().hold(3), book(total=limits(gross_notional_max=Decimal(805))))

    assert desk.passes(order(5))
    (one,) = usage(desk.reservations, desk.limits, desk.rates)

    assert one.ratio == 1
    assert not desk.passes(order(1))


def test_the_patrol_halts_a_scope_that_lost_too_much_once():
    desk = Desk(World(profit=Decimal(-51)), book(account=limits(daily_loss_max=Decimal(50))))

    first = patrol(desk.world, desk.limits, desk.halts)
    second = patrol(desk.world, desk.limits, desk.halts)

    assert [str(scope) for scope in first] == [f"account {ACCOUNT}"]
    assert second == []
    assert desk.halts.standing(ACCOUNT, STRATEGY)[0] is Mode.REDUCE_ONLY
    assert desk.refusal(order(1, Side.SELL)).limit == "reduce_only"


def test_the_patrol_halts_nothing_at_the_limit_or_while_the_loss_is_unknown():
    for profit in (Decimal(-50), None):
        desk = Desk(World(profit=profit), book(total=limits(daily_loss_max=Decimal(50))))

        assert patrol(desk.world, desk.limits, desk.halts) == []
