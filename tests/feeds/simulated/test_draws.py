"""Chance is the same everywhere: raw bits and integers only."""

import numpy as np
import pytest

from bot.feeds.simulated.coins import BITCOIN
from bot.feeds.simulated.draws import BELL_DEVIATION, Draws, bell, roll, skewed, spread_of
from bot.feeds.simulated.premium import PER_BPS, PremiumPath
from bot.feeds.simulated.price import FLOW_MAX, STEPS, PricePath
from bot.feeds.simulated.terms import FundingTerms, Premium
from bot.feeds.simulated.weather import STILL, calm


def test_a_stream_is_fixed_by_its_seed_and_name():
    first = Draws(1, "price BTC").take(4).tolist()

    assert Draws(1, "price BTC").take(4).tolist() == first
    assert Draws(2, "price BTC").take(4).tolist() != first
    assert Draws(1, "price ETH").take(4).tolist() != first


def test_how_a_stream_is_taken_changes_nothing():
    whole, parts = Draws(1, "x"), Draws(1, "x")

    taken = np.concatenate([parts.take(n) for n in (1, 0, 5, 4)])

    assert whole.take(10).tolist() == taken.tolist()
    assert taken.min() >= 0


def test_bell_is_nearly_normal():
    drawn = np.array([bell(int(word)) for word in Draws(1, "x").take(20_000)])

    assert abs(drawn.mean()) < 4 * BELL_DEVIATION / np.sqrt(20_000)
    assert drawn.std() == pytest.approx(BELL_DEVIATION, rel=0.02)
    assert np.mean(np.abs(drawn) < BELL_DEVIATION) == pytest.approx(0.68, abs=0.02)


@pytest.mark.parametrize("deviation", [0.5, 2.2])
def test_skewed_numbers_are_lognormal_as_far_as_anyone_trades(deviation):
    numbers = [bell(int(word)) for word in Draws(1, "x").take(20_000)]

    drawn = np.array([skewed(each, 256 * 1_000, spread_of(deviation)) for each in numbers])

    logs = np.log(drawn / 1_000)
    assert logs.mean() == pytest.approx(0, abs=0.05)
    assert logs.std() == pytest.approx(deviation, rel=0.03)
    assert np.quantile(drawn, 0.99) / 1_000 == pytest.approx(np.exp(2.33 * deviation), rel=0.25)


@pytest.mark.parametrize("below", [1, 3, 1000, 1 << 16, 1 << 30])
def test_a_roll_is_uniform_below_its_bound(below):
    state = np.array([12_345], np.int64)

    rolled = np.array([roll(state, 0, below) for _ in range(20_000)])

    assert rolled.min() >= 0
    assert rolled.max() < below
    assert rolled.mean() == pytest.approx((below - 1) / 2, rel=0.02, abs=0.02)


def path() -> PricePath:
    """The path of a coin to which nothing happens."""
    return PricePath(BITCOIN, 1, lambda second, count: calm(count, STILL))


def test_the_price_moves_as_much_in_a_year_as_it_should():
    index, flow, _ = path().seconds(5 * 86_400)

    yearly = np.diff(np.log(index[:: 60 * STEPS].astype(float))).std() * np.sqrt(1440 * 365.25)
    assert yearly == pytest.approx(BITCOIN.volatility, rel=0.1)
    assert index[0] == 60_000 * 10**8
    assert np.abs(flow).max() <= FLOW_MAX
    assert 200 < flow.std() < 500


def test_volatility_comes_in_clusters():
    index, _, _ = path().seconds(20_000)

    steps = np.abs(np.diff(np.log(index.astype(float))))
    assert np.corrcoef(steps[:-STEPS], steps[STEPS:])[0, 1] > 0.05


def test_the_premium_stays_near_its_mood():
    terms = Premium(moods_bps=(10.0,), deviation_bps=2.0)
    hourly = FundingTerms(interval_ns=3600 * 10**9)

    bps = PremiumPath(BITCOIN, terms, hourly, seed=1).seconds(200_000) / PER_BPS

    assert bps[0] == 10.0
    assert bps.mean() == pytest.approx(10.0, abs=0.5)
    assert bps.std() == pytest.approx(2.0, rel=0.2)


def test_moods_change_after_the_time_that_they_last():
    terms = Premium(moods_bps=(-50.0, 50.0), mood_intervals=2.0, deviation_bps=1.0)
    short = FundingTerms(interval_ns=60 * 10**9)

    bps = PremiumPath(BITCOIN, terms, short, seed=1).seconds(100_000) / PER_BPS

    # Every 120 s a mood is drawn, half of the time the other one.
    turns = np.count_nonzero(np.diff(np.sign(bps[np.abs(bps) > 20])))
    assert turns == pytest.approx(100_000 / 240, rel=0.25)
