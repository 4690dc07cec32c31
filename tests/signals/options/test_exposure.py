"""Who holds what, and what their hedges do: skew, gamma, its zeros, the squeeze."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.options.black76 import greeks
from bot.signals.options.exposure import (
    exposures,
    gamma_squeeze,
    naive_contracts,
    total,
    zero_levels,
)
from bot.signals.options.interest import interest_skew, max_pain
from bot.signals.options.returns import HALF_MINUTES, MINUTES, RETURNS_MIN, HourlyReturn

CALLS = np.array([True, True, False])
MINUTE = 60_000_000_000


def levels(strike, held, iv=0.5, years=30 / 365, forward=60_000.0, price=60_000.0):
    n = len(strike)
    return zero_levels(
        np.array(strike, float),
        np.full(n, years),
        np.full(n, iv),
        np.array(held, float),
        np.full(n, forward),
        price,
    )


def test_calls_against_puts_by_hand():
    found = interest_skew(
        CALLS, np.array([30.0, 10.0, 20.0]), np.array([0.5, 0.1, -0.4]), np.array([2.0, 1.0, 3.0])
    )

    assert found.put_call_ratio == 0.5
    assert found.contracts == pytest.approx(20 / 60)
    assert found.delta == pytest.approx((15 + 1 - 8) / 24)
    assert found.vega == pytest.approx((60 + 10 - 60) / 130)
    assert (found.calls, found.puts, found.strikes, found.quality) == (40.0, 20.0, 3, 1.0)


def test_unknown_interest_and_greeks_count_nowhere_and_lower_the_quality():
    found = interest_skew(
        CALLS,
        np.array([30.0, math.nan, 10.0]),
        np.array([math.nan, 0.1, -0.4]),
        np.array([2.0, 1.0, 3.0]),
    )

    assert found.contracts == pytest.approx(0.5)
    assert found.delta == -1.0
    assert found.quality == 0.25
    assert found.strikes == 2


def test_without_interest_there_is_no_skew():
    nothing = interest_skew(CALLS, np.zeros(3), np.ones(3), np.ones(3))
    unknown = interest_skew(CALLS, np.full(3, math.nan), np.ones(3), np.ones(3))
    puts = interest_skew(CALLS, np.array([0.0, 0.0, 5.0]), -np.ones(3), np.ones(3))

    for found in (nothing, unknown):
        assert (found.contracts, found.delta, found.vega, found.put_call_ratio) == (None,) * 4
        assert found.quality == 0.0
    assert (puts.contracts, puts.put_call_ratio) == (-1.0, None)


def test_max_pain_is_where_least_is_paid_out():
    """At 90 the put of 100 pays 50, at 100 the call of 90 pays 100: 90 it is."""
    call = np.array([True, False])

    assert max_pain(call, np.array([90.0, 100.0]), np.array([10.0, 5.0])) == 90.0
    assert max_pain(call, np.array([90.0, 100.0]), np.array([5.0, 10.0])) == 100.0
    assert max_pain(call, np.array([90.0, 100.0]), np.array([0.0, math.nan])) is None


def test_gamma_exposure_by_hand():
    """A gamma of 4e-5 on 100 contracts at 60,000: 144,000 a 1 % move."""
    gamma, held, forward = np.full(3, 4e-5), np.full(3, 100.0), np.full(3, 60_000.0)

    found = exposures(gamma, naive_contracts(CALLS, held), forward)

    assert found == pytest.approx([144_000, 144_000, -144_000])
    assert total(found) == pytest.approx(144_000)
    assert total(np.array([math.nan, 1.0])) == 1.0
    assert total(np.array([math.nan])) is None
    assert total(np.empty(0)) is None


def test_a_chain_of_one_sign_has_no_zero_level():
    assert levels([50_000, 60_000], [10, 20]) == ()
    assert levels([50_000, 60_000], [0, math.nan]) == ()
    assert levels([], []) == ()


def test_every_zero_level_is_found():
    """Long in the middle, short on both sides: one level on each side of the middle."""
    found = levels([45_000, 60_000, 80_000], [-20, 10, -20])

    assert len(found) == 2
    assert found[0] < 60_000 < found[1]
    strike, held = np.array([45e3, 60e3, 80e3]), np.array([-20.0, 10.0, -20.0])
    for level in found:
        moved = greeks(True, level, strike, 30 / 365, 0.5)
        assert float((moved.gamma * held).sum()) == pytest.approx(0.0, abs=1e-12)


def test_levels_move_with_the_price_they_are_told_in():
    """Forwards above the index by 2 %: the level is told as a level of the index."""
    of_forward = levels([50_000, 70_000], [-10, 10], forward=61_200.0, price=61_200.0)
    of_index = levels([50_000, 70_000], [-10, 10], forward=61_200.0, price=60_000.0)

    assert len(of_forward) == 1
    assert of_index[0] * 1.02 == pytest.approx(of_forward[0])


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_options_of_which_something_is_unknown_move_no_level(bad):
    strike = [50_000, 70_000]

    for changed in ({"iv": bad}, {"years": bad}, {"forward": bad}, {"price": bad}):
        assert levels(strike, [-10, 10], **changed) == ()


@given(st.lists(st.tuples(st.floats(3e4, 12e4), st.floats(-100, 100)), min_size=1, max_size=12))
def test_the_exposure_vanishes_at_each_level_and_keeps_its_sign_between(options):
    strike = np.array([k for k, _ in options])
    held = np.array([n for _, n in options])

    found = levels(strike, held, iv=0.8, years=0.25)

    def at(price):
        return float((greeks(True, price, strike, 0.25, 0.8).gamma * held).sum())

    scale = float(np.abs(held).max()) * 1e-5
    edges = [30_000.0, *found, 120_000.0]
    for level in found:
        assert 30_000 <= level <= 120_000
        assert abs(at(level)) <= 1e-6 * scale
    for low, high in pairwise(edges):
        between = [at(price) for price in np.linspace(low, high, 12)[1:-1]]
        assert len({np.sign(each) for each in between if abs(each) > 1e-4 * scale}) <= 1


@pytest.mark.parametrize(
    ("exposure", "depth", "z", "wanted"),
    [
        (0.0, 1e6, 3.0, (0.0, 1)),
        (5e6, 1e6, -3.0, (0.0, -1)),
        (-1e5, 1e6, 3.0, (0.0, 1)),  # a tenth of the depth: not yet
        (-1e6, 1e6, 0.0, (0.25, 0)),
        (-1e6, 1e6, -9.0, (1.0, -1)),
        (-1e6, 0.0, 3.0, (1.0, 1)),  # nothing stands against it
        (-0.55e6, 1e6, 1.5, (0.5 * 0.625, 1)),
    ],
)
def test_squeezes(exposure, depth, z, wanted):
    assert gamma_squeeze(exposure, depth, z) == (pytest.approx(wanted[0]), wanted[1])


def test_the_hour_is_measured_by_the_minutes_before():
    """Steps of 1 bp up and down: an hour of them has a deviation of sqrt(60) bps."""
    returns = HourlyReturn()
    for minute in range(MINUTES + RETURNS_MIN):
        for second in (0, 1, 59):
            returns.follow(minute * MINUTE + second * 1_000_000_000, float(minute % 2))
    last = MINUTES + RETURNS_MIN
    assert returns.z == pytest.approx(0.0)

    returns.follow(last * MINUTE, 20.0)

    before = returns.prices[0]
    assert returns.z == pytest.approx((20.0 - before) / math.sqrt(60))
    assert returns.seen == last
    assert returns.variance > 1.0 + (400 - 40) / last / 2  # it counts from now on


def test_the_hour_is_unknown_until_it_has_passed_and_where_a_price_is_missing():
    returns = HourlyReturn()
    known = []
    for minute in range(RETURNS_MIN + 5):
        returns.follow(minute * MINUTE, float(minute % 3))
        known.append(returns.z is not None)
    assert known.index(True) == RETURNS_MIN + 1

    returns.follow((RETURNS_MIN + 5) * MINUTE, None)
    assert returns.z is None
    returns.follow((RETURNS_MIN + 6) * MINUTE, 1.0)
    assert returns.z is not None
    returns.follow((RETURNS_MIN + 6 + 30) * MINUTE, 1.0)  # half an hour without a minute
    assert returns.z is not None
    returns.follow((RETURNS_MIN + 7 + 30) * MINUTE, 1.0)
    assert len(returns.prices) == MINUTES + 1
    returns.follow((RETURNS_MIN + 800) * MINUTE, 1.0)
    assert returns.z is None
    assert HALF_MINUTES == 24 * 60


def test_a_price_that_never_moves_has_no_deviation():
    returns = HourlyReturn()

    for minute in range(400):
        returns.follow(minute * MINUTE, 5.0)

    assert returns.z is None
