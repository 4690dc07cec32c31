from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import Target, Unit, Urgency
from bot.testing import FakeView, listing
from strategies.delta_hedge import DeltaHedge

PERP = "sim:BTC/USDT:USDT"
INVERSE = "sim:BTC/USD:BTC"


def hedge(**changed: Any) -> DeltaHedge:
    return DeltaHedge(**{"perp": PERP, "inventory": 5.0, "band": 0.5, **changed})


def at(price: float, strategy: DeltaHedge, held: float = 0.0, memory: Any = None) -> FakeView:
    return FakeView(
        strategy,
        memory=memory,
        positions={strategy.perp: held},
        touches={strategy.perp: (price - 1.0, price + 1.0)},
        instruments=[listing(INVERSE, contract_size=Decimal(100), lot=Decimal("1e-6"))],
    )


def quantity(target: Target | None) -> float:
    assert target is not None
    return target.quantity


def test_it_trades_to_the_edge_of_the_band_and_no_further():
    strategy = hedge()

    target = strategy.decide(at(100.0, strategy))

    assert target == Target(PERP, -4.5, Urgency.NORMAL)


def test_a_short_inventory_is_bought_back_to_the_other_edge():
    strategy = hedge(inventory=-5.0)

    assert quantity(strategy.decide(at(100.0, strategy))) == 4.5


@pytest.mark.parametrize("held", [-5.5, -5.0, -4.5])
def test_inside_the_band_it_keeps_what_it_has(held):
    strategy = hedge()

    assert quantity(strategy.decide(at(100.0, strategy, held))) == held


def test_an_over_hedged_inventory_is_led_back_to_the_far_edge():
    strategy = hedge()

    assert quantity(strategy.decide(at(100.0, strategy, -9.0))) == -5.5


def test_what_is_on_its_way_is_not_ordered_twice():
    strategy = hedge()
    first = at(100.0, strategy)
    strategy.decide(first)

    again = strategy.decide(at(100.0, strategy, held=-1.0, memory=first.memory))

    assert quantity(again) == -4.5


def test_a_curved_inventory_is_followed_as_the_price_moves():
    strategy = hedge(gamma=0.1, gamma_price=100.0)
    view = at(100.0, strategy)
    targets = []

    for price in (100.0, 102.0, 120.0, 119.0, 105.0):
        view = at(price, strategy, memory=view.memory)
        targets.append(quantity(strategy.decide(view)))

    # Delta 5.0, 5.2, 7.0, 6.9, 5.5: up at once, back only when the other edge is reached.
    assert targets == pytest.approx([-4.5, -4.7, -6.5, -6.5, -6.0])


def test_an_inverse_perpetual_is_counted_in_contracts_at_the_present_price():
    strategy = hedge(perp=INVERSE)

    target = strategy.decide(at(50_000.0, strategy))

    # 4.5 coins of 50,000 are 225,000 of quote, 2,250 contracts of 100.
    assert target == Target(INVERSE, -2_250.0, Urgency.NORMAL, Unit.CONTRACTS)


def test_an_inverse_hedge_is_worked_again_when_the_price_has_changed_its_worth():
    strategy = hedge(perp=INVERSE)
    view = at(50_000.0, strategy)
    strategy.decide(view)

    higher = strategy.decide(at(60_000.0, strategy, -2_250.0, view.memory))

    assert quantity(higher) == pytest.approx(-2_700.0)


def test_it_changes_nothing_while_the_price_is_unknown():
    strategy = hedge()

    assert strategy.decide(FakeView(strategy)) is None


def test_its_urgency_is_what_it_was_told():
    strategy = hedge(urgency=Urgency.URGENT)

    target = strategy.decide(at(100.0, strategy))

    assert target is not None
    assert target.urgency is Urgency.URGENT


@given(
    inventory=st.floats(-100, 100),
    band=st.floats(0.01, 10),
    gamma=st.floats(-1, 1),
    prices=st.lists(st.floats(10, 1000), min_size=1, max_size=20),
)
def test_the_net_delta_is_always_inside_the_band_and_the_smallest_trade_led_there(
    inventory, band, gamma, prices
):
    strategy = hedge(inventory=inventory, band=band, gamma=gamma, gamma_price=100.0)
    view, before = at(100.0, strategy), 0.0

    for price in prices:
        view = at(price, strategy, memory=view.memory)
        delta = inventory + gamma * (price - 100.0)
        held = quantity(strategy.decide(view))

        assert abs(delta + held) <= band + 1e-9
        outside = max(0.0, abs(delta + before) - band)
        assert abs(held - before) == pytest.approx(outside, abs=1e-9)
        before = held


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("inventory", {"inventory": float("inf")}),
        ("band", {"band": 0.0}),
        ("band", {"band": float("nan")}),
        ("gamma", {"gamma": float("nan")}),
        ("gamma_price", {"gamma": 0.1}),
        ("gamma_price", {"gamma": 0.1, "gamma_price": -1.0}),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(field, changed):
    with pytest.raises(ValueError, match=f"^{field}: got "):
        hedge(**changed)
