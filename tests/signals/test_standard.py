"""What is usual: windows against sorted lists, and the corners where spread is nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals.order_book import Spread
from bot.signals.standard import (
    MEDIAN,
    SIGMA,
    window_add,
    window_ready,
    window_repeat,
    window_score,
    window_size,
)
from tests.signals.harness import PERP, SECOND, SPOT, Bench, message, snapshot, touch
from tests.signals.oracle import robust_z
from tests.signals.oracle_funding import close

few = st.sampled_from([0.0, 1.0, 1.5, 2.0, -3.0])
numbers = st.one_of(few, st.floats(-1e6, 1e6))


@given(st.lists(numbers, max_size=60), st.integers(1, 30))
def test_a_window_scores_against_the_past_only(xs, length):
    state = np.zeros(window_size(length))
    for k, x in enumerate(xs):
        z = window_score(state, 0, x, 0.0) if window_ready(state, 0, length) else None

        assert close(z, robust_z(x, xs[:k][-length:], length), 1e-7)

        window_add(state, 0, length, x)


@given(st.lists(few, max_size=12), few, st.integers(0, 40))
def test_repeating_an_observation_is_adding_it_again_and_again(xs, x, times):
    repeated, added = np.zeros(window_size(9)), np.zeros(window_size(9))
    for each in xs:
        window_add(repeated, 0, 9, each)
        window_add(added, 0, 9, each)

    window_repeat(repeated, 0, 9, x, times)
    for _ in range(times):
        window_add(added, 0, 9, x)

    assert list(repeated[[MEDIAN, SIGMA]]) == list(added[[MEDIAN, SIGMA]])
    assert sorted(repeated[4:13]) == sorted(added[4:13])


def test_a_window_of_ties_and_one_stranger_falls_back_to_the_mean_distance():
    state = np.zeros(window_size(11))
    for x in [1.0] * 10 + [12.0]:
        window_add(state, 0, 11, x)

    assert window_score(state, 0, 3.0, 0.0) == pytest.approx(2.0 / 1.2533)


def test_a_window_that_never_moved_scores_nothing_unless_a_floor_is_given():
    state = np.zeros(window_size(11))
    for _ in range(11):
        window_add(state, 0, 11, 5.0)

    assert window_score(state, 0, 6.0, 0.0) == 0.0
    assert window_score(state, 0, 6.0, 0.5) == 2.0
    assert window_score(state, 0, 99.0, 0.5) == 8.0


class TestSpread:
    """A spread is compared with what stood before each whole second."""

    def bench(self) -> Bench:
        return Bench({"spread": Spread(PERP, z_window_s=30, wake=1.0)})

    def test_silence_repeats_the_last_spread(self):
        bench = self.bench()
        bench.take(touch(SECOND // 2, (9_999, 1), (10_001, 1)))

        bench.take(message(9 * SECOND, instrument=SPOT))
        assert bench.outputs("spread")["z"] is None
        bench.take(message(10 * SECOND, instrument=SPOT))

        assert bench.outputs("spread")["z"] == 0.0

    def test_what_comes_at_the_second_itself_is_not_yet_its_sample(self):
        bench = self.bench()
        bench.take(touch(0, (9_999, 1), (10_001, 1)))
        for second in range(1, 10):
            bench.take(touch(second * SECOND, (9_999, 1), (10_001, second)))

        bench.take(touch(10 * SECOND, (9_990, 1), (10_010, 1)))

        # Ten samples of 2 bps; 20 bps is not among them, and nothing has varied.
        assert bench.score("spread").z == 0.0
        assert bench.score("spread").value == pytest.approx(20.0)

    def test_a_crossed_touch_gives_no_sample(self):
        bench = self.bench()
        bench.take(touch(0, (9_999, 1), (10_001, 1)))
        bench.take(touch(4 * SECOND + 1, (10_002, 1), (10_001, 1)))

        bench.take(touch(20 * SECOND + 1, (9_999, 1), (10_001, 1)))

        assert bench.score("spread").z is None
        assert bench.table.arrays.state[bench.table.arrays.standard[0, 3]] == 4

    def test_a_book_elsewhere_tells_that_the_second_is_over(self):
        bench = self.bench()
        bench.take(touch(0, (9_999, 1), (10_001, 1)))

        bench.take(snapshot(11 * SECOND, [(100, 1)], [(101, 1)], instrument=SPOT))

        assert bench.table.arrays.state[bench.table.arrays.standard[0, 3]] == 11
