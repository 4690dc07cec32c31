from typing import Any

import msgspec
import pytest

from bot import Basket, NetCarry, Target, Urgency
from bot.testing import FakeView
from strategies.funding_arbitrage import FundingArbitrage

SPOT = "sim:BTC/USDT"
PERP = "sim:BTC/USDT:USDT"


def arbitrage(**changed: Any) -> FundingArbitrage:
    given: dict[str, Any] = {
        "spot": SPOT,
        "perp": PERP,
        "size": 2.0,
        "max_unhedged": 0.1,
        "hold_hours": 72.0,
        "enter_bps": 1.0,
        "exit_bps": 0.25,
    }
    return FundingArbitrage(**{**given, **changed})


def wanted(basket: Basket) -> tuple[float, float]:
    """Quantities of perpetual and spot, which is how the legs stand."""
    perp, spot = basket.legs
    assert (perp.instrument, spot.instrument) == (PERP, SPOT)
    return perp.quantity, spot.quantity


def seen(carry: float | None, held: float = 0.0, **more: Any) -> FakeView:
    values = {"carry": carry, **more}
    return FakeView(values=values, positions={PERP: held, SPOT: -held})


def test_it_sells_the_perpetual_and_buys_the_spot_when_the_carry_pays():
    basket = arbitrage().decide(seen(1.5))

    assert wanted(basket) == (-2.0, 2.0)
    assert basket.max_unhedged == 0.1


def test_it_stays_out_at_exactly_the_entry_threshold():
    assert wanted(arbitrage().decide(seen(1.0))) == (0.0, 0.0)


def test_it_stays_out_while_the_carry_is_unknown():
    assert wanted(arbitrage().decide(seen(None))) == (0.0, 0.0)


def test_it_does_not_enter_between_the_thresholds():
    assert wanted(arbitrage().decide(seen(0.5))) == (0.0, 0.0)


def test_it_stays_in_between_the_thresholds():
    assert wanted(arbitrage().decide(seen(0.5, held=-2.0))) == (-2.0, 2.0)


def test_it_leaves_when_the_carry_falls_to_the_exit_threshold():
    assert wanted(arbitrage().decide(seen(0.25, held=-2.0))) == (0.0, 0.0)


def test_dust_is_not_built_up_on_the_terms_of_a_position():
    assert wanted(arbitrage().decide(seen(0.5, held=-0.001))) == (0.0, 0.0)


def test_an_entry_that_is_less_than_half_done_is_given_up_with_its_carry():
    assert wanted(arbitrage().decide(seen(0.5, held=-0.9))) == (0.0, 0.0)
    assert wanted(arbitrage().decide(seen(0.5, held=-1.1))) == (-2.0, 2.0)


def test_a_closed_leg_has_no_sign():
    basket = arbitrage().decide(seen(-3.0))

    assert [str(leg.quantity) for leg in basket.legs] == ["0.0", "0.0"]


def test_negative_funding_is_left_alone_without_a_price_for_borrowing():
    strategy = arbitrage()

    assert "reverse" not in strategy.watches()
    assert wanted(strategy.decide(seen(-9.0, reverse=9.0))) == (0.0, 0.0)


def test_the_reverse_is_taken_where_coins_can_be_borrowed():
    strategy = arbitrage(borrow_apr=0.1095)

    basket = strategy.decide(seen(-4.0, reverse=2.0))

    watch = strategy.watches()["reverse"]
    assert isinstance(watch, NetCarry)
    assert (watch.short, watch.charge_bps_8h) == (False, pytest.approx(1.0))
    assert wanted(basket) == (2.0, -2.0)


def test_the_reverse_has_its_own_hysteresis():
    strategy = arbitrage(borrow_apr=0.0)

    assert wanted(strategy.decide(seen(-4.0, reverse=0.5))) == (0.0, 0.0)
    assert wanted(strategy.decide(seen(-4.0, held=2.0, reverse=0.5))) == (2.0, -2.0)
    assert wanted(strategy.decide(seen(-4.0, held=2.0, reverse=0.2))) == (0.0, 0.0)


def test_it_turns_round_when_only_the_other_direction_pays():
    strategy = arbitrage(borrow_apr=0.0)

    assert wanted(strategy.decide(seen(3.0, held=2.0, reverse=-5.0))) == (-2.0, 2.0)


@pytest.mark.parametrize(("held", "perp"), [(-2.0, -2.0), (2.0, 2.0), (0.0, -2.0)])
def test_when_both_directions_pass_it_keeps_the_one_it_has(held, perp):
    strategy = arbitrage(borrow_apr=0.0, enter_bps=-5.0, exit_bps=-9.0)

    assert wanted(strategy.decide(seen(-1.0, held=held, reverse=-1.0)))[0] == perp


@pytest.mark.parametrize(
    ("carry", "held", "pressure", "patience"),
    [
        (2.0, 0.0, 0.6, Urgency.PASSIVE),  # we sell, buyers queue
        (2.0, 0.0, -0.6, Urgency.NORMAL),
        (0.0, -2.0, -0.6, Urgency.PASSIVE),  # we buy back, sellers queue
        (0.0, -2.0, 0.6, Urgency.NORMAL),
        (2.0, 0.0, None, Urgency.NORMAL),
    ],
)
def test_it_waits_for_those_who_queue_on_the_other_side(carry, held, pressure, patience):
    basket = arbitrage().decide(seen(carry, held=held, pressure=pressure))

    assert basket.legs[0].urgency is patience
    assert basket.legs[1] == Target(SPOT, basket.legs[1].quantity)


def test_its_gate_asks_to_be_woken_at_the_threshold_that_counts():
    out, held = seen(0.5), seen(0.5, held=-2.0)

    arbitrage().decide(out)
    arbitrage().decide(held)

    assert out.armed == {"carry": (1.0, None)}
    assert held.armed == {"carry": (0.25, None)}
    assert [(gate.name, gate.passed) for gate in out.gates] == [("carry", False)]


def test_the_carry_is_measured_at_the_size_that_is_traded():
    watch = arbitrage().watches()["carry"]

    assert isinstance(watch, NetCarry)
    assert (watch.instrument, watch.against) == (PERP, SPOT)
    assert (watch.size, watch.hold_hours, watch.short) == (2.0, 72.0, True)
    assert not watch.optional


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 0.0),
        ("size", float("nan")),
        ("max_unhedged", 0.0),
        ("max_unhedged", 3.0),
        ("exit_bps", 1.0),
        ("borrow_apr", -0.01),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"^{field}: got {value}, expected"):
        arbitrage(**{field: value})


@pytest.mark.parametrize("field", ["size", "enter_bps", "exit_bps", "hold_hours", "max_unhedged"])
def test_nothing_that_can_lose_money_has_a_default(field):
    section = msgspec.to_builtins(arbitrage())
    del section[field]

    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert(section, FundingArbitrage)
