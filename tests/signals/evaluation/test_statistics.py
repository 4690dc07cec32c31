"""Each statistic equals its slow, plain self, and says None where there is nothing to say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.evaluation import bootstrap, edge, persistence, relation
from tests.signals.evaluation import oracle

FEW = st.integers(-4, 4).map(float)
NUMBERS = st.lists(st.one_of(FEW, st.floats(-1e6, 1e6)), min_size=3, max_size=40)
HOLES = st.lists(st.one_of(st.none(), FEW), min_size=1, max_size=120)


def array(values):
    return np.array([math.nan if value is None else value for value in values], np.float64)


@given(NUMBERS, st.randoms(use_true_random=False))
def test_correlation_and_its_square(x, chance):
    y = [0.5 * a + chance.uniform(-1e3, 1e3) for a in x]
    found = relation.correlation(array(x), array(y))

    if max(x) - min(x) < 1e-3:
        return
    assert found == pytest.approx(oracle.correlation(x, y), abs=1e-9)
    squared = oracle.r_squared(x, y)
    assert abs(relation.signed_square(found)) == pytest.approx(squared, abs=1e-6)


def test_what_does_not_vary_has_no_correlation():
    assert relation.correlation(np.full(5, 3.0), np.arange(5.0)) is None
    assert relation.correlation(np.arange(5.0), np.full(5, 3.0)) is None


def test_a_falling_line_has_a_negative_square():
    r = relation.correlation(np.arange(9.0), -np.arange(9.0))

    assert relation.signed_square(r) == pytest.approx(-1.0)


@given(NUMBERS)
def test_ranks(values):
    assert relation.ranks(array(values)).tolist() == oracle.ranks(values)


@given(st.lists(st.tuples(FEW, FEW), min_size=1, max_size=50))
def test_agreements(pairs):
    x, y = (array(one) for one in zip(*pairs, strict=True))
    expected = [float(a * b > 0) for a, b in pairs if a and b]

    assert relation.agreements(x, y).tolist() == expected


@given(st.integers(0, 99), st.integers(1, 9), st.integers(9, 60))
def test_a_draw_is_its_blocks_joined(seed, block, n):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=n) + 1e4
    y = 0.3 * x + generator.normal(size=n)
    begins = bootstrap.starts(n, block, 20, generator)

    correlations = bootstrap.correlations(x, y, begins, block)
    means = bootstrap.means(x, begins, block)

    assert begins.shape == (20, math.ceil(n / block))
    for draw, r, mean in zip(begins.tolist(), correlations, means, strict=True):
        one, other = (oracle.redrawn(each.tolist(), draw, block) for each in (x, y))
        assert mean == pytest.approx(math.fsum(one) / len(one), rel=1e-12)
        if max(one) - min(one) > 1e-6:
            assert r == pytest.approx(oracle.correlation(one, other), abs=1e-7)


def test_a_draw_in_which_nothing_varies_is_undefined_and_too_many_leave_no_interval():
    x = np.array([0.0] * 9 + [1.0])
    begins = np.array([[0], [9]])

    drawn = bootstrap.correlations(x, np.arange(10.0), begins, 5)

    assert math.isnan(drawn[0])
    assert drawn[1] > 0
    assert bootstrap.interval(drawn, 1e6) is None


def test_an_interval_of_many_blocks_holds_95_of_100_draws_and_one_of_few_more():
    many, few = (bootstrap.interval(np.arange(1001.0), blocks) for blocks in (1e5, 10.9))

    assert many == (pytest.approx(25.0, abs=0.1), pytest.approx(975.0, abs=0.1))
    # Of ten: t is 2.262 with nine degrees, times the root of 10/9 is 2.384, beyond it 0.856 %.
    assert few == (pytest.approx(8.56, abs=0.03), pytest.approx(991.44, abs=0.03))


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.7062), (2, 4.30265), (5, 2.57058), (9, 2.26216), (30, 2.04227), (1000, 1.96234)],
)
def test_the_t_of_any_table(freedom, quantile):
    assert bootstrap.student(0.95, freedom) == pytest.approx(quantile, rel=2e-5)


def test_intervals_miss_the_truth_about_one_time_in_twenty_even_of_short_series():
    generator, missed = np.random.default_rng(11), 0
    for _ in range(400):
        x, y = generator.normal(size=(2, 34))
        begins = bootstrap.starts(34, 4, 500, generator)
        low, high = bootstrap.interval(bootstrap.correlations(x, y, begins, 4), 34 / 4)
        missed += not low <= 0 <= high

    assert 5 <= missed <= 30  # 20 are expected; without the widening it is 42


def test_a_block_bootstrap_knows_that_neighbours_resemble_each_other():
    generator = np.random.default_rng(7)
    steps = np.repeat(generator.normal(size=40), 25)

    def width(block):
        begins = bootstrap.starts(len(steps), block, 2000, np.random.default_rng(1))
        low, high = bootstrap.interval(bootstrap.means(steps, begins, block), 1e6)
        return high - low

    assert width(25) > 3 * width(1)


@given(HOLES)
def test_the_decay_of_a_score(values):
    found = persistence.decay_half_life(array(values))

    known = [value for value in values if value is not None]
    if len(known) < 8 or len(set(known)) == 1:
        assert found is None
        return
    for lag in range(1, len(values) // 4 + 1):
        if sum(a is not None and b is not None for a, b in zip(values, values[lag:])) < 2:  # noqa: B905
            return
    expected = oracle.half_life(values)
    assert (found is None) == (expected is None)
    if expected is not None:
        assert found == pytest.approx(expected, abs=1e-9)


def test_a_score_that_halves_each_three_steps_has_that_half_life():
    generator = np.random.default_rng(3)
    kept, values = 0.5 ** (1 / 3), [0.0]
    for shock in generator.normal(size=40_000):
        values.append(kept * values[-1] + shock)

    assert persistence.decay_half_life(array(values)) == pytest.approx(3.0, rel=0.1)


@given(HOLES)
def test_changes_of_side(values):
    expected = oracle.side_changes(values)
    found = persistence.changes_of_side(array(values))

    assert found == (None if expected is None else pytest.approx(expected))


@given(st.lists(st.one_of(st.none(), FEW, st.floats(-5, 5)), max_size=150))
def test_what_is_strong_is_strong_among_those_before(scores):
    assert edge.strong(array(scores)).tolist() == oracle.strong(scores)


@given(st.lists(st.floats(-5, 5), min_size=80, max_size=120), st.integers(60, 79), st.floats(-9, 9))
def test_a_later_score_makes_no_earlier_one_strong(scores, cut, other):
    changed = [*scores[:cut], *(other for _ in scores[cut:])]

    before, after = edge.strong(array(scores)), edge.strong(array(changed))

    assert before[:cut].tolist() == after[:cut].tolist()


def test_a_round_trip_costs_two_fees_and_a_spread():
    assert edge.costs(np.array([0.5, math.nan]), 0.0005).tolist() == [
        pytest.approx(10.5),
        pytest.approx(math.nan, nan_ok=True),
    ]
    assert edge.gains(np.array([2.0, -3.0]), np.array([1.5, 1.0])).tolist() == [1.5, -1.0]


def test_values_stand_at_their_steps():
    times = np.array([10, 20, 50])

    found = persistence.on_grid(times, 10, np.array([1.0, 2.0, 5.0]))

    assert str(found.tolist()) == "[1.0, 2.0, nan, nan, 5.0]"
