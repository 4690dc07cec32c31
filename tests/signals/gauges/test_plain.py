"""Building blocks of gauges against the compiled loop's own, and against whole histories."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.plain.fading import FadingSum
from bot.signals.plain.robust import RobustWindow
from bot.signals.plain.series import Series
from bot.signals.plain.shape import clip01, known, price_of_log_bps, ramp
from bot.signals.plain.unit_guard import UnitGuard, Verdict
from bot.signals.standard import (
    MEAN_STATE,
    follow_mean,
    window_add,
    window_ready,
    window_score,
    window_size,
)
from tests.signals.oracle_funding import close

few = st.sampled_from([0.0, 1.0, 1.5, 2.0, -3.0])
numbers = st.one_of(few, st.floats(-1e6, 1e6))


@given(st.lists(numbers, max_size=60), st.integers(1, 30), st.sampled_from([0.0, 0.5]))
def test_a_window_says_what_the_compiled_one_says(xs, length, floor):
    window, state = RobustWindow(length), np.zeros(window_size(length))
    for x in xs:
        compiled = window_score(state, 0, x, floor) if window_ready(state, 0, length) else None

        assert window.take(x, floor) == compiled

        window_add(state, 0, length, x)


def test_the_reference_values_of_standardisers(vectors):
    (case,) = vectors("robust_stats")["cases"]
    given_, wanted = case["inputs"], case["expected"]
    window = RobustWindow(given_["window"], obs_min=given_["min_obs"])
    # The mean and variance that production fades are compiled.
    half_life, state = float(given_["ewma_half_life"]), np.zeros(MEAN_STATE)
    for k, x in enumerate(given_["x"]):
        assert close(window.take(x), wanted["robust_z"][k], 1e-10)
        mean = follow_mean(state, 0, x, float(k), half_life)
        assert mean == pytest.approx(wanted["ewma_mean"][k], abs=1e-10)
    assert len(given_["x"]) == 120


@given(st.lists(few, max_size=40), few, st.integers(1, 20))
def test_a_rank_counts_what_lies_below(xs, x, length):
    window = RobustWindow(length, obs_min=1)
    for each in xs:
        window.add(each)

    last = xs[-length:]

    below = sum(each < x for each in last) + 0.5 * sum(each == x for each in last)
    assert window.rank(x) == (below / len(last) if last else None)


def test_a_fading_sum_halves_in_its_half_life():
    fading = FadingSum(10)
    fading.add(0, 8.0)

    fading.add(10, 3.0)

    assert fading.at(10) == pytest.approx(7.0, abs=1e-12)
    assert fading.at(5) == fading.at(10)


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(-10, 10)), max_size=50))
def test_a_fading_sum_is_the_sum_of_what_is_left_of_each(steps):
    fading, t, history = FadingSum(30), 0, []
    for elapsed, x in steps:
        t += elapsed
        fading.add(t, x)
        history.append((t, x))

    left = math.fsum(x * 0.5 ** ((t - then) / 30) for then, x in history)
    assert fading.at(t) == pytest.approx(left, abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.floats(-10, 10)), min_size=1, max_size=60),
    st.integers(1, 100),
    st.integers(1, 20),
)
def test_a_series_remembers_what_stood_then(steps, back, step):
    series, t, kept = Series(100, step), 0, {}
    for elapsed, x in steps:
        t += elapsed
        series.add(t, x)
        kept.pop(t // step, None)
        kept[t // step] = (t, x)

    stood = [x for then, x in kept.values() if then <= t - back]
    assert series.at(t - back) == (stood[-1] if stood else None)
    assert series.change(t, back) == (series.last - stood[-1] if stood else None)
    assert len(series.times) <= 100 // step + 3


def test_what_stood_too_long_ago_is_unknown():
    series = Series(100)
    series.add(0, 1.0)

    assert series.at(10, age_ns_max=10) == 1.0
    assert series.at(11, age_ns_max=10) is None


class TestUnits:
    """Coins become dollars half-way."""

    def test_a_jump_by_an_order_of_magnitude_is_refused_and_the_way_back_admitted(self):
        guard = UnitGuard()

        said = [guard.judge(x) for x in (100.0, 101.0, 6_000_000.0, 102.0)]

        assert said == [Verdict.ADMITTED, Verdict.ADMITTED, Verdict.REFUSED, Verdict.ADMITTED]
        assert guard.refused == 0

    def test_a_new_unit_that_repeats_itself_starts_over(self):
        guard = UnitGuard(agree_min=3)
        guard.judge(100.0)

        said = [guard.judge(x) for x in (6e6, 6.1e6, 6.05e6, 6.2e6)]

        assert said[:2] == [Verdict.REFUSED] * 2
        assert said[2:] == [Verdict.RESTARTED, Verdict.ADMITTED]
        assert guard.restarts == 1

    def test_magnitudes_that_disagree_never_start_over(self):
        guard = UnitGuard(agree_min=3)
        guard.judge(1.0)

        said = [guard.judge(x) for x in (1e6, 1e3, 1e6, 1e3, 1e6)]

        assert set(said) == {Verdict.REFUSED}

    @pytest.mark.parametrize("x", [None, 0.0, -5.0, math.nan, math.inf])
    def test_what_is_no_number_above_zero_is_refused_and_counted(self, x):
        guard = UnitGuard()

        assert guard.judge(x) is Verdict.REFUSED
        assert (guard.faulty, guard.last) == (1, None)

    def test_a_changed_contract_may_be_of_any_magnitude(self):
        guard = UnitGuard()
        guard.judge(100.0)

        guard.forget()

        assert guard.judge(1e9) is Verdict.ADMITTED


@given(st.lists(numbers, max_size=40))
def test_what_is_saved_half_way_goes_on_as_if_nothing_had_happened(xs):
    window, total = RobustWindow(12), FadingSum(3)
    saved = msgspec.msgpack.encode((window, total))
    for k, x in enumerate(xs):
        window.add(x)
        total.add(k, x)
        again = msgspec.msgpack.decode(saved, type=tuple[RobustWindow, FadingSum])
        again[0].add(x)
        again[1].add(k, x)
        saved = msgspec.msgpack.encode(again)

        assert again == (window, total)


def test_shapes():
    assert [ramp(x, 2.0, 8.0) for x in (1.0, 2.0, 5.0, 8.0, 9.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert [clip01(x) for x in (-0.1, 0.4, 7.0)] == [0.0, 0.4, 1.0]
    assert [known(x) for x in (None, math.nan, math.inf, 0.0)] == [False, False, False, True]


def test_a_price_beyond_any_market_is_unknown():
    assert price_of_log_bps(1e4 * math.log(60_000.0)) == pytest.approx(60_000.0)
    assert [price_of_log_bps(x) for x in (None, math.nan, 1e9)] == [None, None, None]
