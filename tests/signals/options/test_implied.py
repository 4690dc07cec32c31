"""Implied volatility: there and back, at the edges, and of prices that say nothing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.options.black76 import greeks
from bot.signals.options.implied import IV_MAX, IV_MIN, implied_volatility

F = 60_000.0


def implied(call, k, t, price, f=F):
    return float(implied_volatility(call, f, k, t, price)[0])


@given(st.floats(-4.0, 4.0), st.floats(1e-6, 3.0), st.floats(2e-4, 9.9))
def test_the_volatility_of_a_price_is_the_one_it_was_made_of(away, t, s):
    k = F * math.exp(away)
    call = k > F  # the side whose price keeps its digits
    price = float(greeks(call, F, k, t, s).value[0])

    found = implied(call, k, t, price)

    if price <= 1e-7 * F:
        assert math.isnan(found)
    elif not math.isnan(found):
        assert found == pytest.approx(s, abs=1e-8)
    else:
        # Only where the price is so near its bound that its last digit says nothing.
        vega = float(greeks(call, F, k, t, s).vega[0]) * 100
        assert 2.3e-16 * price / vega > 0.9e-8


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("s", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("t", [1 / 8760, 0.01, 1.0])
def test_both_sides_of_a_strike_say_the_same_near_the_money(call, s, t):
    k = F * math.exp(0.5 * s * math.sqrt(t))

    found = implied(call, k, t, float(greeks(call, F, k, t, s).value[0]))

    assert found == pytest.approx(s, abs=1e-8)


def test_the_forward_is_its_own_strike():
    for t in (1e-6, 0.1, 2.0):
        price = float(greeks(True, F, F, t, 0.5).value[0])

        assert implied(True, F, t, price) == pytest.approx(0.5, abs=1e-10)


def test_the_bounds_are_still_volatilities_and_beyond_them_nothing_is():
    k, t = F * 1.02, 0.01
    at = {s: float(greeks(True, F, k, t, s).value[0]) for s in (9.999, 10.01)}
    low = float(greeks(True, F, F, 1.0, IV_MIN).value[0])
    wide = float(greeks(True, F, k, t, IV_MAX).value[0])

    assert implied(True, k, t, at[9.999]) == pytest.approx(9.999, abs=1e-8)
    assert math.isnan(implied(True, k, t, at[10.01]))
    assert implied(True, F, 1.0, low) == pytest.approx(IV_MIN, abs=1e-10)
    assert math.isnan(implied(True, F, 1.0, low * 0.99))
    assert implied(True, k, t, wide) == pytest.approx(IV_MAX, abs=1e-8)


@pytest.mark.parametrize(
    ("call", "k", "price"),
    [
        (True, 50_000.0, 9_999.0),  # below intrinsic
        (True, 50_000.0, 10_000.0),  # at intrinsic
        (True, 50_000.0, 10_000.0 + 0.9e-7 * F),  # above it by less than 1e-7 of the forward
        (False, 70_000.0, 9_999.0),
        (True, 70_000.0, 0.9e-7 * F),
        (True, 70_000.0, 0.0),
        (True, 70_000.0, -1.0),
        (True, 70_000.0, math.nan),
        (True, 70_000.0, math.inf),
        (True, 70_000.0, F),  # a call is never worth the underlying
        (False, 50_000.0, 50_000.0),  # nor a put its strike
    ],
)
def test_prices_that_say_nothing(call, k, price):
    assert math.isnan(implied(call, k, 0.1, price))


def test_a_little_above_intrinsic_is_enough():
    assert implied(True, 50_000.0, 0.1, 10_000.0 + 1.1e-7 * F) > IV_MIN


@pytest.mark.parametrize("t", [0.0, -0.1, math.nan, math.inf])
def test_from_the_expiry_on_there_is_no_volatility(t):
    assert math.isnan(implied(True, F, t, 1_000.0))


@pytest.mark.parametrize("f", [0.0, -F, math.nan, math.inf])
def test_without_a_forward_there_is_no_volatility(f):
    assert math.isnan(implied(True, F, 0.1, 1_000.0, f))
    assert math.isnan(implied(True, f, 0.1, 1_000.0))


@pytest.mark.parametrize(("t", "deviations"), [(1 / 8760, 3.6), (0.25 / 365, 4.0), (2.0, 4.9)])
def test_far_strikes_and_short_times_are_found(t, deviations):
    """Each is worth between one and ten times the least that is listened to."""
    k = F * math.exp(deviations * 0.6 * math.sqrt(t))
    price = float(greeks(True, F, k, t, 0.6).value[0])

    assert 1e-7 < price / F < 1e-6
    assert implied(True, k, t, price) == pytest.approx(0.6, abs=1e-10)


def test_a_chain_is_solved_in_one_call():
    k = np.linspace(30_000, 120_000, 500)
    call = k > F
    s = 0.4 + 0.3 * np.log(k / F) ** 2
    price = greeks(call, F, k, 0.2, s).value

    found = implied_volatility(call, F, k, 0.2, price)

    assert found == pytest.approx(s, abs=1e-9)
