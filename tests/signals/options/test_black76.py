"""What an option is worth and how that moves: by hand, by parity, and by moving it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.options.black76 import greeks
from bot.signals.options.settlement import AVERAGING_NS, payoff, share_left

FORWARDS = st.floats(1.0, 1e6)
MONEYNESS = st.floats(-2.0, 2.0)
YEARS = st.floats(1e-5, 3.0)
VOLATILITIES = st.floats(0.02, 4.0)


def one(call, f, k, t, s, inverse=True):
    found = greeks(call, f, k, t, s, inverse)
    return {name: float(getattr(found, name)[0]) for name in found.__struct_fields__}


def test_a_month_at_the_money_by_hand():
    """Spec B8, S40: F = K = 60,000, 30 days, 55 %."""
    call, put = (one(which, 60_000.0, 60_000.0, 30 / 365, 0.55) for which in (True, False))

    assert call["value"] == pytest.approx(3770.4091091834, abs=1e-9)
    assert call["value"] / 60_000 == pytest.approx(0.0628401518, abs=1e-9)
    assert call["delta"] == pytest.approx(0.5314200759, abs=1e-9)
    assert call["net_delta"] == pytest.approx(0.4685799241, abs=1e-9)
    assert put["net_delta"] == pytest.approx(-0.5314200759, abs=1e-9)
    assert call["gamma"] == pytest.approx(4.2037e-5, abs=1e-9)
    assert call["vega"] == pytest.approx(68.411, abs=1e-3)
    assert call["theta"] == pytest.approx(-62.710, abs=1e-3)


@given(FORWARDS, MONEYNESS, YEARS, VOLATILITIES)
def test_call_and_put_are_in_parity(f, away, t, s):
    """Spec E11: C - P = F - K, and net deltas differ by K / F."""
    k = f * math.exp(away)

    call, put = one(True, f, k, t, s), one(False, f, k, t, s)

    assert call["value"] - put["value"] == pytest.approx(f - k, abs=1e-12 * max(f, k))
    assert call["delta"] - put["delta"] == pytest.approx(1.0, abs=1e-12)
    coin = (call["value"] - put["value"]) / f
    assert call["net_delta"] - put["net_delta"] == pytest.approx(
        1 - coin, abs=1e-12 * k / f + 1e-12
    )
    assert call["net_delta"] - put["net_delta"] == pytest.approx(k / f, abs=1e-12 * k / f + 1e-12)
    for name in ("gamma", "vega", "theta", "vanna", "volga"):
        assert call[name] == put[name]


@given(st.booleans(), FORWARDS, MONEYNESS, YEARS, VOLATILITIES)
def test_net_delta_is_delta_less_the_premium_in_coin(call, f, away, t, s):
    found = one(call, f, f * math.exp(away), t, s)

    assert found["net_delta"] == pytest.approx(
        found["delta"] - found["value"] / f, abs=1e-12 * max(1.0, math.exp(away))
    )
    assert found["net_gamma"] == pytest.approx(found["gamma"] - found["net_delta"] / f)


@given(st.booleans(), MONEYNESS, st.floats(0.02, 2.0), st.floats(0.2, 2.0))
def test_greeks_are_what_a_small_move_does(call, away, t, s):
    f, k = 60_000.0, 60_000.0 * math.exp(away)
    step = f * 1e-4

    found = one(call, f, k, t, s)
    up, down = one(call, f + step, k, t, s), one(call, f - step, k, t, s)
    dearer, cheaper = one(call, f, k, t, s + 1e-4), one(call, f, k, t, s - 1e-4)
    later, sooner = one(call, f, k, t + 1e-6, s), one(call, f, k, t - 1e-6, s)

    near = {"abs": 2e-6}
    assert (up["value"] - down["value"]) / (2 * step) == pytest.approx(found["delta"], **near)
    coin = (up["value"] / (f + step) - down["value"] / (f - step)) / (2 * step) * f
    assert coin == pytest.approx(found["net_delta"], abs=2e-6 * max(1.0, k / f))
    assert (up["delta"] - down["delta"]) / (2 * step) * f == pytest.approx(
        found["gamma"] * f, abs=1e-4
    )
    assert (up["net_delta"] - down["net_delta"]) / (2 * step) * f == pytest.approx(
        found["net_gamma"] * f, abs=1e-4 * max(1.0, k / f)
    )
    assert (dearer["value"] - cheaper["value"]) / 2e-2 / f == pytest.approx(
        found["vega"] / f, abs=1e-7
    )
    assert (dearer["delta"] - cheaper["delta"]) / 2e-4 == pytest.approx(found["vanna"], abs=1e-4)
    assert (dearer["vega"] - cheaper["vega"]) / 2e-6 / f == pytest.approx(
        found["volga"] / f, abs=1e-4
    )
    assert (sooner["value"] - later["value"]) / 2e-6 / 365 / f == pytest.approx(
        found["theta"] / f, abs=1e-6
    )


@given(
    st.floats(-5.0, 5.0),
    st.lists(st.tuples(st.booleans(), st.floats(-0.5, 0.5), st.floats(-20, 20)), max_size=5),
    st.floats(-1e6, 1e6),
)
def test_what_an_account_in_coin_moves_by(coins, options, future_usd):
    """Spec S40: its delta in quote is equity + net deltas + inverse futures over the forward."""
    f, t, s = 60_000.0, 0.1, 0.6
    entry = f

    def worth(price):
        total = coins + future_usd * (1 / entry - 1 / price)
        for call, away, size in options:
            total += size * one(call, price, f * math.exp(away), t, s)["value"] / price
        return total

    net = sum(n * one(call, f, f * math.exp(away), t, s)["net_delta"] for call, away, n in options)
    step = f * 1e-5

    moved_quote = ((f + step) * worth(f + step) - (f - step) * worth(f - step)) / (2 * step)
    moved_coin = (worth(f + step) - worth(f - step)) / (2 * step) * f

    assert moved_quote == pytest.approx(worth(f) + net + future_usd / f, abs=1e-5)
    assert moved_coin == pytest.approx(net + future_usd / f, abs=1e-5)


def test_a_linear_option_needs_no_adjustment():
    found = one(True, 60_000.0, 63_000.0, 0.1, 0.6, inverse=False)

    assert found["net_delta"] == found["delta"]
    assert found["net_gamma"] == found["gamma"]


def test_theta_of_the_last_day_is_of_what_is_left_of_it():
    """Six hours to go: a quarter of a day's 27.58, and no more than the option is worth, 1.57."""
    cheap = one(True, 60_000.0, 62_000.0, 0.25 / 365, 0.5)
    inside = one(False, 60_000.0, 62_000.0, 0.25 / 365, 0.5)
    longer = one(False, 60_000.0, 62_000.0, 1.25 / 365, 0.5)
    far = one(True, 60_000.0, 66_000.0, 1.25 / 365, 0.5)

    assert cheap["theta"] == pytest.approx(-27.5757100373)
    assert cheap["theta_left"] == -cheap["value"] == pytest.approx(-1.57101726)
    assert inside["theta_left"] == pytest.approx(-27.5757100373 / 4)
    assert longer["theta_left"] == longer["theta"]
    assert far["theta"] < far["theta_left"] == -far["value"]


@pytest.mark.parametrize(
    ("f", "k", "t", "s"),
    [
        (0.0, 60_000.0, 0.1, 0.5),
        (-1.0, 60_000.0, 0.1, 0.5),
        (math.nan, 60_000.0, 0.1, 0.5),
        (math.inf, 60_000.0, 0.1, 0.5),
        (60_000.0, 0.0, 0.1, 0.5),
        (60_000.0, math.nan, 0.1, 0.5),
        (60_000.0, math.inf, 0.1, 0.5),
        (60_000.0, 60_000.0, 0.0, 0.5),
        (60_000.0, 60_000.0, -0.1, 0.5),
        (60_000.0, 60_000.0, math.nan, 0.5),
        (60_000.0, 60_000.0, math.inf, 0.5),
        (60_000.0, 60_000.0, 0.1, 0.0),
        (60_000.0, 60_000.0, 0.1, -0.5),
        (60_000.0, 60_000.0, 0.1, math.nan),
        (60_000.0, 60_000.0, 0.1, math.inf),
        (5e-324, 1e300, 0.1, 0.5),
        (60_000.0, 60_000.0, 1e-300, 1e-300),
    ],
)
def test_what_cannot_be_is_unknown(f, k, t, s):
    found = greeks([True, False], f, k, t, s)

    for name in found.__struct_fields__:
        assert np.isnan(getattr(found, name)).all(), name


@given(
    st.booleans(),
    st.floats(1e-6, 1e9),
    st.floats(1e-6, 1e9),
    st.floats(1e-13, 50.0),
    st.floats(1e-4, 10.0),
)
def test_nothing_infinite_comes_out(call, f, k, t, s):
    found = one(call, f, k, t, s)

    assert all(map(math.isfinite, found.values()))
    assert found["value"] >= max(0.0, (f - k) if call else (k - f))


def test_payoffs_in_quote_and_in_coin():
    assert payoff(True, 60_000, 66_000, inverse=False) == 6_000
    assert payoff(True, 60_000, 66_000, inverse=True) == pytest.approx(6 / 66)
    assert payoff(False, 60_000, 66_000, inverse=True) == 0.0
    assert payoff(True, 60_000, 66_000, True) * 66_000 == pytest.approx(6_000)


@pytest.mark.parametrize("delivery", [0.0, -1.0, math.nan, math.inf])
def test_a_payoff_without_a_delivery_price_is_unknown(delivery):
    assert np.isnan(payoff(True, 60_000, delivery, inverse=True))
    assert np.isnan(payoff(True, 60_000, delivery, inverse=False))


def test_the_delivery_price_is_averaged_in_the_last_half_hour():
    minute = 60_000_000_000

    assert share_left([31 * minute, 30 * minute, 15 * minute, 0, -minute]).tolist() == [
        1.0,
        1.0,
        0.5,
        0.0,
        0.0,
    ]
    assert share_left([minute, 0], averaging_ns=0).tolist() == [1.0, 0.0]
    assert 30 * minute == AVERAGING_NS
