"""Smiles: fitted, read off, interpolated, and refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.options.smile import (
    STRIKES_MIN,
    at_maturity,
    delta_size,
    fit_smile,
    mispricing,
    wings,
)
from bot.signals.options.svi import Svi, calendar_gap, has_calendar_arbitrage

MONTH = 30 / 365
SMILE = Svi(0.012, 0.055, -0.18, 0.02, 0.14)
K = np.linspace(-0.5, 0.5, 21)


@st.composite
def smiles(draw):
    years = 10.0 ** draw(st.floats(-2.5, 0.3))
    width = 0.6 * math.sqrt(years)
    svi = Svi(
        a=draw(st.floats(0.0, 0.1)) * years,
        b=draw(st.floats(0.03, 0.3)) * math.sqrt(years),
        rho=draw(st.floats(-0.8, 0.8)),
        m=draw(st.floats(-0.3, 0.3)) * width,
        sigma=draw(st.floats(0.1, 0.8)) * width,
    )
    k = np.linspace(-2 * width, 2 * width, draw(st.integers(8, 40)))
    return svi, k, years


@given(smiles())
def test_a_smile_is_found_again(made):
    svi, k, years = made
    quoted = svi.volatility(k, years)

    found = fit_smile(k, quoted, years)

    assert found is not None
    assert found.strikes == len(k)
    assert found.svi.volatility(k, years) == pytest.approx(quoted, abs=2e-5)


@given(
    st.lists(st.tuples(st.floats(-1.0, 1.0), st.floats(0.05, 3.0)), min_size=5, max_size=30),
    st.floats(1e-3, 2.0),
)
def test_any_quotes_give_a_smile_within_the_bounds(points, years):
    k, iv = (np.array(column) for column in zip(*points, strict=True))

    found = fit_smile(k, iv, years)

    if len(np.unique(k)) < STRIKES_MIN:
        assert found is None
        return
    assert found is not None
    svi = found.svi
    assert svi.b >= 0.0
    assert abs(svi.rho) < 1.0
    assert svi.sigma >= 0.999e-3
    assert svi.b * (1 + abs(svi.rho)) <= 2.0 + 1e-9
    assert svi.a + svi.b * svi.sigma * math.sqrt(1 - svi.rho**2) >= -1e-9
    assert math.isfinite(found.rms)


def test_dear_options_weigh_more_than_far_ones():
    """The same error near the forward and far from it: the fit follows the near one."""
    quoted = SMILE.volatility(K, MONTH)
    far, near = quoted.copy(), quoted.copy()
    far[0] += 0.05
    near[10] += 0.05

    off = []
    for one in (far, near):
        found = fit_smile(K, one, MONTH)
        assert found is not None
        wrong = found.svi.volatility(K[5:16], MONTH) - quoted[5:16]
        off.append(float(np.max(np.abs(wrong))))

    assert off[0] < 0.005 < off[1]


def test_no_smile_of_fewer_than_five_strikes():
    quoted = SMILE.volatility(K, MONTH)
    four = np.where(np.arange(21) < 4, quoted, math.nan)
    five = np.where(np.arange(21) < 5, quoted, math.nan)

    assert fit_smile(K, four, MONTH) is None
    assert fit_smile(np.repeat(K[:4], 5), np.repeat(quoted[:4], 5), MONTH) is None
    assert fit_smile(K, five, MONTH) is not None
    assert fit_smile(K, quoted, 0.0) is None
    assert fit_smile(K, quoted, -MONTH) is None
    assert fit_smile(K, quoted, math.nan) is None
    assert fit_smile(K, -quoted, MONTH) is None
    assert fit_smile(np.full(21, math.nan), quoted, MONTH) is None
    assert mispricing(K, four, four, four, MONTH) is None


def test_a_negative_variance_is_no_volatility():
    below = Svi(-0.1, 0.1, 0.0, 0.0, 0.1)

    assert np.isnan(below.volatility(0.0, MONTH))
    assert np.isnan(below.density_factor(0.0))
    assert below.density_factor_min == -math.inf
    assert below.has_butterfly_arbitrage
    assert wings(below, 60_000.0, MONTH) is None


def test_butterfly_arbitrage_narrower_than_the_grid_is_found():
    """A smile of the last hours: its bend lies between two points of the grid."""
    narrow = Svi(1.4e-5, 0.0166, -0.09, -0.0026, 0.00365)

    assert narrow.density_factor_min >= 0.0
    assert float(narrow.density_factor(np.linspace(-0.05, 0.05, 2001)).min()) < 0.0
    assert narrow.has_butterfly_arbitrage


def test_total_variance_never_falls_with_time():
    later = Svi(0.024, 0.055, -0.18, 0.02, 0.14)
    tilted = Svi(0.024, 0.055, 0.9, 0.02, 0.14)

    assert calendar_gap(SMILE, later) == pytest.approx(0.012)
    assert not has_calendar_arbitrage(SMILE, later)
    assert not has_calendar_arbitrage(SMILE, SMILE)
    assert has_calendar_arbitrage(later, SMILE)
    assert has_calendar_arbitrage(SMILE, tilted)  # cheaper on the left wing


@given(smiles(), st.floats(0.05, 0.45), st.booleans())
def test_the_strike_of_a_delta_has_it(made, delta, adjusted):
    svi, _, years = made

    found = wings(svi, 60_000.0, years, delta, premium_adjusted=adjusted)

    if found is None:
        return
    number = (svi.a, svi.b, svi.rho, svi.m, svi.sigma)
    for call, strike in ((True, found.call_strike), (False, found.put_strike)):
        k = math.log(strike / 60_000.0)
        assert delta_size(*number, call, adjusted, k) == pytest.approx(delta, abs=1e-9)
    assert found.at_forward == pytest.approx(svi.volatility(0.0, years))


def test_wings_of_a_crypto_smile_exist_by_either_delta():
    plain = wings(SMILE, 60_000.0, MONTH)
    net = wings(SMILE, 60_000.0, MONTH, premium_adjusted=True)

    assert plain is not None
    assert net is not None
    assert plain.risk_reversal < 0 < plain.butterfly
    assert net.call_strike < plain.call_strike  # the premium makes the delta smaller
    assert net.put_strike < plain.put_strike


@pytest.mark.parametrize(
    ("forward", "years", "delta"),
    [
        (0.0, MONTH, 0.25),
        (math.nan, MONTH, 0.25),
        (6e4, 0.0, 0.25),
        (6e4, MONTH, 0.0),
        (6e4, MONTH, 1.0),
        (6e4, -MONTH, 0.25),
    ],
)
def test_no_wings_without_forward_time_or_delta(forward, years, delta):
    assert wings(SMILE, forward, years, delta) is None


def test_total_variance_is_a_line_between_expiries():
    """7 days at 80 %, 37 days at 60 %: 30 days have 23/30 of the way in variance."""
    years = [7 / 365, 37 / 365]
    variance = [0.64 * years[0], 0.36 * years[1]]
    wanted = math.sqrt((variance[0] + 23 / 30 * (variance[1] - variance[0])) / (30 / 365))

    assert at_maturity(years, [0.8, 0.6], 30 / 365) == pytest.approx(wanted, abs=1e-15)
    assert at_maturity(years, [0.8, 0.6], years[1]) == 0.6
    assert at_maturity(years, [0.8, 0.6], 6 / 365) is None
    assert at_maturity(years, [0.8, 0.6], 38 / 365) is None
    assert at_maturity(years, [0.8, math.nan], 30 / 365) is None
    assert at_maturity([], [], 30 / 365) is None


def test_a_quote_off_the_others_smile_is_mispriced():
    """5 points dear at one strike: the fit of all bends towards it, that of the others does not."""
    quoted = SMILE.volatility(K, MONTH)
    dear = quoted.copy()
    dear[14] += 0.05

    found = mispricing(K, dear, dear - 0.005, dear + 0.005, MONTH)

    assert found is not None
    assert np.flatnonzero(found.tradable).tolist() == [14]
    assert found.edge[14] == pytest.approx(0.05, abs=1e-6)
    assert found.iv[14] == pytest.approx(quoted[14], abs=1e-6)
    bent = fit_smile(K, dear, MONTH)
    assert bent is not None
    assert float(bent.svi.volatility(K[14], MONTH)) > quoted[14] + 0.005


def test_within_a_point_of_the_quotes_nothing_is_mispriced():
    quoted = SMILE.volatility(K, MONTH)
    dear = quoted.copy()
    dear[14] += 0.05

    wide = mispricing(K, dear, dear - 0.045, dear + 0.045, MONTH)

    assert wide is not None
    assert not wide.tradable.any()
    assert wide.edge[14] == pytest.approx(0.05, abs=1e-6)


def test_five_strikes_cannot_do_without_one():
    found = mispricing(K[:5], SMILE.volatility(K[:5], MONTH), K[:5], K[:5], MONTH)

    assert found is not None
    assert np.isnan(found.edge).all()
    assert not found.tradable.any()
