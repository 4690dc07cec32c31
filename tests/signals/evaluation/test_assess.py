"""What a signal is worth, on series of which that is known."""

import math

import numpy as np
import pytest

from bot.signals.evaluation.assess import Luck, assess
from bot.signals.evaluation.moves import Mids
from tests.signals.evaluation import oracle

SECOND = 1_000_000_000
LUCK = Luck(seed=5, draws=500)
HORIZONS = (SECOND, 10 * SECOND, 300 * SECOND)


def walk(n: int, seed: int = 1, scale: float = 1.0) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(size=n) * scale) + 1e5


def mids_of(mids: np.ndarray) -> Mids:
    """A mid that changes half a second before each look."""
    times = np.arange(1, len(mids) + 1) * SECOND
    return Mids(SECOND, times, mids, times - SECOND // 2, mids)


def judged(scores, mids, fee=0.0005, spread=0.5):
    return assess(scores, mids_of(mids), np.full(len(mids), spread), fee, HORIZONS, LUCK)


def test_a_seer_is_seen_and_paid():
    mids = walk(1_000, scale=30.0)
    sees = np.append(np.diff(mids), np.nan)

    found = judged(sees, mids)

    one = found.at[1]
    assert one.horizon == "1 s"
    assert one.ic.value == pytest.approx(1.0)
    assert one.hit_rate.value == 1.0
    assert one.forward_r2.value == pytest.approx(1.0)
    assert one.ic.n == 999
    assert one.cost_bps == pytest.approx(10.5)
    assert one.net_bps.value == pytest.approx(one.gross_bps.value - 10.5)
    assert one.net_bps.low > 0
    assert "forward edge after fees" in found.verdict
    assert found.at[0].ic.value == pytest.approx(1.0)  # the next move is the same one


def test_a_historian_explains_the_past_and_tells_nothing_of_the_future():
    mids = walk(1_000)
    past = np.concatenate(([np.nan], np.diff(mids)))

    found = judged(past, mids)

    one = found.at[1]
    assert one.contemporaneous_r2.value == pytest.approx(1.0)
    assert one.forward_r2.low < 0 < one.forward_r2.high
    assert one.net_bps.high < 0
    assert found.verdict == (
        "no forward relation that luck does not explain; "
        "no forward edge after fees at any measured horizon (next move, 1 s, 10 s)"
    )


def test_one_who_is_always_wrong_is_called_so():
    mids = walk(600)
    found = judged(-np.append(np.diff(mids), np.nan), mids)

    assert found.at[1].ic.value == pytest.approx(-1.0)
    assert found.at[1].forward_r2.value == pytest.approx(-1.0)
    assert "LOWER prices at next move, 1 s" in found.verdict
    assert "no forward edge after fees" in found.verdict


def test_the_figures_are_those_of_the_plain_statistics():
    mids = walk(300)
    scores = np.diff(mids, prepend=mids[0]) + walk(300, seed=2) - 1e5
    found = judged(scores, mids).at[2]

    moved = (mids[10:] - mids[:-10]).tolist()
    now, then = scores[:-10].tolist(), scores[10:].tolist()
    assert found.ic.value == pytest.approx(
        oracle.correlation(oracle.ranks(now), oracle.ranks(moved))
    )
    assert abs(found.forward_r2.value) == pytest.approx(oracle.r_squared(now, moved))
    assert abs(found.contemporaneous_r2.value) == pytest.approx(oracle.r_squared(then, moved))
    strong = oracle.strong(scores.tolist())
    gained = [
        math.copysign(1, s) * m for s, m, k in zip(now, moved, strong[:-10], strict=True) if k
    ]
    if found.gross_bps.value is not None:
        assert found.gross_bps.value == pytest.approx(math.fsum(gained) / len(gained))
    assert found.gross_bps.n == len(gained)


def test_a_tape_that_is_too_short_for_a_horizon_gives_a_reason_and_no_number():
    mids = walk(345)
    found = judged(walk(345, seed=3) - 1e5, mids).at[3]

    assert found.horizon == "5 min"
    for figure in (found.ic, found.hit_rate, found.contemporaneous_r2, found.forward_r2):
        assert (figure.value, figure.low, figure.high) == (None, None, None)
        assert figure.why == "0.1 spans of 5 min that do not overlap, expected at least 8"
    assert found.ic.n == 45


def test_without_a_fee_nothing_is_said_of_an_edge_after_it():
    mids = walk(400)
    found = judged(np.append(np.diff(mids), np.nan), mids, fee=None)

    assert found.at[1].gross_bps.value > 0
    assert (found.at[1].net_bps.value, found.at[1].cost_bps) == (None, None)
    assert found.verdict.endswith("no taker fee was stated")


def test_a_score_that_does_not_vary_or_is_never_known_has_no_figures():
    still, blind = (judged(np.full(200, one), walk(200)) for one in (1.0, math.nan))

    assert still.at[1].ic.why == "the score or the mid does not vary"
    assert still.at[1].hit_rate.why == "the score never changes its sign"
    assert still.units_an_hour.value == 0.0
    assert (blind.known, blind.at[1].ic.value, blind.at[1].ic.n) == (0, None, 0)
    assert (blind.half_life_s.value, blind.units_an_hour.value) == (None, None)
    assert blind.verdict == "too little was recorded to say anything of an edge"


def test_nothing_at_all_was_looked_at():
    found = assess(np.empty(0), mids_of(np.empty(0)), np.empty(0), 0.0005, HORIZONS, LUCK)

    assert (found.samples, found.known) == (0, 0)
    assert all(one.ic.value is None for one in found.at)


def test_the_same_seed_draws_the_same_and_another_does_not():
    mids, scores = walk(200), walk(200, seed=9) - 1e5

    def low(seed):
        spread = np.zeros(200)
        found = assess(scores, mids_of(mids), spread, None, HORIZONS, Luck(seed, 500))
        return found.at[1].ic.low

    assert low(1) == low(1)
    assert low(1) != low(2)


@pytest.mark.parametrize("seed", range(4))
def test_intervals_hold_nothing_where_there_is_nothing(seed):
    """Of unrelated series about one interval in twenty misses 0; five of ten would be no luck."""
    missed = 0
    for k in range(10):
        mids, scores = walk(300, seed=100 * seed + k), np.random.default_rng(k).normal(size=300)
        one = judged(scores, mids).at[1]
        missed += not one.forward_r2.low <= 0 <= one.forward_r2.high
    assert missed <= 4
