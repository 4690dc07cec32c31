"""The market is one to believe: its facts stand in the bands that recordings gave."""

import pytest
from msgspec.structs import replace

from bot.feeds.simulated.terms import POISSON
from bot.modes.comparing import compare, simulated
from bot.recording.facts.bands import BANDS
from tests.feeds.simulated.markets import settings

SEEDS = range(1, 6)
SECONDS = 340  # as long as the longest recorded evening


@pytest.fixture(scope="module")
def made():
    return simulated(settings(duration_s=SECONDS), SEEDS)


@pytest.fixture(scope="module")
def independent():
    return simulated(replace(settings(duration_s=SECONDS), flow=POISSON), SEEDS)


@pytest.mark.parametrize("fact", BANDS)
def test_every_book_is_in_the_band(made, fact):
    values = {name: facts[fact] for name, facts in made.items()}

    assert len(values) == 4
    band = BANDS[fact]
    assert {name: v for name, v in values.items() if v is None or not band.holds(v)} == {}


def test_independent_orders_of_independent_sizes_fail_at_least_three_facts_in_every_book(
    independent,
):
    for name, facts in independent.items():
        failed = {f for f, v in facts.items() if v is None or not BANDS[f].holds(v)}
        assert len(failed) >= 3, name
        assert failed >= {"bunching_1s", "sign_next", "size_p99"}


def test_a_market_that_leaves_a_band_is_not_believed():
    thin = settings(duration_s=240)
    flow = replace(thin.flow, size_deviation=0.2)

    compared = compare([], replace(thin, flow=flow), (1,))

    assert not compared.believed
    outside = {row.name for row in compared.rows if row.outside}
    assert {"size_median", "size_p99"} <= outside


def test_without_recordings_the_committed_ranges_are_shown():
    compared = compare([], settings(duration_s=240), (1,))

    row = next(one for one in compared.rows if one.name == "spread_bps")
    assert (row.low, row.high) == (row.fit[0] / 2, row.fit[1] * 2)
    assert row.check is None
