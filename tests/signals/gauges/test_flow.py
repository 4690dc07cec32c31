"""Gauges of book and flow: a leader's flow, volatility, pools, and when a score is active."""

import itertools
import math
from random import Random

import pytest

from bot.model.units import InstrumentId
from bot.signals.active import Active
from bot.signals.gauge import Gauge
from bot.signals.lagged_flow import LaggedFlow
from bot.signals.pool import PoolExhaustion, PoolGauge, PoolState, Range, size_allowed, swap
from bot.signals.realised import autocorrelation, deviation_share, jump_share, ljung_box
from bot.signals.volatility_cluster import (
    CALM,
    EXTREME,
    HIGH,
    USUAL,
    VolatilityCluster,
    regime_after,
)
from tests.signals.gauges.bench import (
    HOUR,
    MINUTE,
    SECOND,
    T0,
    TERMS,
    A,
    Look,
    feed,
    finite,
    log_bps,
    made,
    outputs,
    value,
)
from tests.signals.gauges.every import ANY

near = pytest.approx


# --- a leader's flow --------------------------------------------------------------------------


def followed(flows: list[float | None]) -> Gauge:
    looks = [Look(T0 + k * SECOND, {"flow": flow}) for k, flow in enumerate(flows)]
    return made(LaggedFlow(ANY, wake=1.0), *looks)


def test_a_follower_sees_what_the_leader_did_ten_twenty_and_thirty_seconds_ago():
    gauge = followed([float(k) for k in range(41)])

    assert outputs(gauge, T0 + 40 * SECOND) == {"value": 30.0, "lag_2": 20.0, "lag_3": 10.0}


def test_a_leader_that_is_stale_says_nothing_of_its_past():
    gauge = followed([1.0] * 40 + [None])

    reading = gauge.read(T0 + 40 * SECOND)

    assert set(reading.outputs.values()) == {None}
    assert reading.stale


def test_a_lag_in_which_the_leader_was_not_known_is_not_known():
    gauge = followed([5.0] * 20 + [None] + [7.0] * 10 + [8.0] * 10)

    assert outputs(gauge, T0 + 40 * SECOND) == {"value": 7.0, "lag_2": None, "lag_3": 5.0}


def test_a_look_that_comes_twice_counts_once():
    gauge = followed([float(k) for k in range(41)])

    feed(gauge, Look(T0 + 40 * SECOND, {"flow": 99.0}))

    assert value(gauge, T0 + 40 * SECOND) == 30.0
    assert value(gauge, T0 + 46 * SECOND) is None, "nobody looked for so long"


# --- volatility -------------------------------------------------------------------------------


def walk(minutes: int, sigma: float = 1e-3, seed: int = 1, start: int = 0) -> list[Look]:
    random, price, looks = Random(seed), 60_000.0, []
    for k in range(minutes):
        looks.append(Look(T0 + (start + k) * MINUTE, {"price": log_bps(price)}))
        price *= math.exp(random.gauss(0.0, sigma))
    return looks


def returns_of(looks: list[Look]) -> list[float]:
    xs = [look.scores["price"] for look in looks]
    return [(b - a) / 1e4 for a, b in itertools.pairwise(xs)]


def test_volatility_is_its_returns_of_the_last_hour():
    looks = walk(200)
    gauge = made(VolatilityCluster(ANY, wake=1.0), *looks)
    returns = returns_of(looks)

    said = outputs(gauge, looks[-1].t)

    variance = returns[0] ** 2
    for r in returns[1:]:
        variance = 0.94 * variance + 0.06 * r * r
    assert said["value"] == near(math.sqrt(variance * 525_600), rel=1e-9)
    hour = returns[-60:]
    realised = sum(r * r for r in hour)
    assert said["realised"] == near(math.sqrt(realised * 8_760), rel=1e-9)
    bipower = math.pi / 2 * sum(abs(a * b) for a, b in itertools.pairwise(hour))
    assert said["jumps"] == near(max(0.0, 1 - bipower / realised), rel=1e-9)
    assert said["own"] > 0.0
    assert said["clustering"] > 0.0
    assert said["percentile"] is None, "nothing to compare with yet"


def test_sixty_returns_are_needed_and_a_hole_begins_anew():
    watch = VolatilityCluster(ANY, wake=1.0)

    assert value(made(watch, *walk(60)), T0 + 59 * MINUTE) is None
    assert value(made(watch, *walk(61)), T0 + 60 * MINUTE) is not None
    hole = made(watch, *walk(61), *walk(30, start=62))
    assert value(hole, T0 + 91 * MINUTE) is None
    unknown = made(watch, *walk(61), Look(T0 + 61 * MINUTE, {"price": None}))
    assert value(unknown, T0 + 61 * MINUTE) is None


def test_a_market_that_wakes_up_is_extreme_among_its_past():
    looks = [*walk(30 * 60, 1e-4), *walk(63, 4e-3, seed=2, start=30 * 60)]
    gauge = made(VolatilityCluster(ANY, ranks_min=12, wake=1.0), *looks)

    said = outputs(gauge, looks[-1].t)

    assert said["percentile"] > 95.0
    assert said["regime"] == EXTREME
    assert finite(gauge.read(looks[-1].t + HOUR))
    assert gauge.read(looks[-1].t + HOUR).stale


@pytest.mark.parametrize(
    ("before", "percentile", "after"),
    [
        (None, 20.0, CALM),
        (None, 50.0, USUAL),
        (None, 99.0, EXTREME),
        (USUAL, 79.0, USUAL),
        (USUAL, 81.0, HIGH),
        (HIGH, 96.0, EXTREME),
        (CALM, 36.0, USUAL),
        (USUAL, 31.0, USUAL),
        (HIGH, 78.0, HIGH),
        (HIGH, 74.0, USUAL),
        (CALM, 34.0, CALM),
        (CALM, 97.0, EXTREME),
        (EXTREME, 91.0, EXTREME),
        (EXTREME, 10.0, CALM),
        (USUAL, 26.0, CALM),
    ],
)
def test_a_regime_is_left_a_margin_behind_its_border(before, percentile, after):
    assert regime_after(before, percentile, 5.0) == after


def test_a_price_that_stands_still_has_no_jumps_and_no_clusters():
    assert jump_share(0.0, 0.0) is None
    assert autocorrelation([1.0, 1.0, 1.0], 1) is None
    assert ljung_box([0.0] * 60, 10) is None
    assert deviation_share([0.0, 0.0]) is None
    assert deviation_share([1.0]) is None


# --- active -----------------------------------------------------------------------------------


def watched(scores: list[float | None], **changed: float) -> list[float | None]:
    gauge = Active(ANY, window_s=30, wake=1.0, **changed).gauge(TERMS)
    said = []
    for k, score in enumerate(scores):
        feed(gauge, Look(T0 + k * SECOND, {"score": score}))
        said.append(value(gauge, T0 + k * SECOND))
    return said


USUAL_SCORES = [float(k % 5) for k in range(20)]


def test_a_score_is_active_once_it_has_been_unusual_for_two_seconds():
    said = watched([*USUAL_SCORES, 30.0, 30.0, 30.0, 2.0])

    assert said[9] is None, "too little was seen"
    assert said[19:] == [0.0, 0.0, 0.0, 1.0, 0.0]


def test_it_stays_active_between_the_two_thresholds_and_leaves_below():
    # Median 2, sigma about 1.5: a z of 3, then of 1.3, then of 0.7.
    said = watched([*USUAL_SCORES, 6.5, 6.5, 6.5, 4.0, 3.0], dwell_s=0.0)

    assert said[20:] == [1.0, 1.0, 1.0, 1.0, 0.0]
    assert watched([*USUAL_SCORES, 4.0], dwell_s=0.0)[-1] == 0.0, "not far enough to enter"


def test_a_score_that_turns_round_starts_to_dwell_again():
    said = watched([*USUAL_SCORES, 30.0, 30.0, 30.0, -30.0, -30.0, -30.0])

    assert said[20:] == [0.0, 0.0, 1.0, 0.0, 0.0, -1.0]


def test_a_score_that_is_not_known_is_not_active():
    assert watched([*USUAL_SCORES, 30.0, 30.0, 30.0, None])[-2:] == [1.0, None]


# --- pools ------------------------------------------------------------------------------------


def pool(price: float, **changed: float) -> PoolState:
    shape = {"liquidity": 1e6, "low": 50_000.0, "high": 72_000.0} | changed
    return PoolState(T0, Range(**shape), price, 60_000.0)


def taken(state: PoolState) -> PoolGauge:
    gauge = PoolExhaustion(A, wake=1.0).gauge(TERMS)
    gauge.take_pool(state)
    return gauge


def test_nothing_is_known_without_a_pool():
    reading = PoolExhaustion(A, wake=1.0).gauge(TERMS).read(T0)

    assert set(reading.outputs.values()) == {None}
    assert reading.stale


def test_a_pool_that_left_its_range_is_gone_on_one_side():
    said = outputs(taken(pool(80_000.0)), T0)

    assert said == {"value": 1.0, "base": 1.0, "quote": 0.0, "size": 0.0}
    assert outputs(taken(pool(40_000.0)), T0)["quote"] == 1.0


@pytest.mark.parametrize(
    "state",
    [
        pool(0.0),
        pool(-5.0),
        pool(math.nan),
        pool(60_000.0, liquidity=0.0),
        pool(60_000.0, low=80_000.0),
    ],
)
def test_a_pool_that_makes_no_sense_is_not_known(state):
    assert value(taken(state), T0) is None


def test_a_pool_is_stale_after_a_minute():
    gauge = taken(pool(61_000.0))

    assert not gauge.read(T0 + MINUTE).stale
    assert gauge.read(T0 + MINUTE + 1).stale


@pytest.mark.parametrize(("gone", "size"), [(0.0, 1.0), (0.5, 1.0), (0.65, 0.5), (0.8, 0.0)])
def test_sizes_shrink_with_exhaustion(gone, size):
    assert size_allowed(gone) == near(size)


@pytest.mark.parametrize("amounts", [(0.0, 1.0, 1.0, 0.0), (1.0, 1.0, -1.0, 0.0), (1, 1, 1, 1.0)])
def test_a_swap_of_nothing_is_refused(amounts):
    with pytest.raises(ValueError, match="expected amounts > 0"):
        swap(*amounts)


@pytest.mark.parametrize(
    ("watch", "complaint"),
    [
        (LaggedFlow(ANY, lag_s=0.0, wake=1.0), "lag_s: got 0.0"),
        (VolatilityCluster(ANY, rank_days=0, wake=1.0), "rank_days: got 0"),
        (VolatilityCluster(ANY, margin=15.0, wake=1.0), "margin: got 15.0"),
        (Active(ANY, leave=3.0, wake=1.0), "leave: got 3.0"),
        (PoolExhaustion(A, age_s_max=0.0, wake=1.0), "age_s_max: got 0.0"),
    ],
)
def test_a_watch_that_makes_no_sense_is_refused(watch, complaint):
    with pytest.raises(ValueError, match=complaint):
        watch.gauge(TERMS)


def test_a_pool_against_an_instrument_that_nothing_lists_is_refused():
    with pytest.raises((KeyError, ValueError)):
        PoolExhaustion(InstrumentId("alpha:DOGE/USDT"), wake=1.0).gauge(TERMS)
