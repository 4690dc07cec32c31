"""The ranges that a simulated market is held to are those of the recordings, measured again."""

from pathlib import Path

import pytest

from bot.recording.facts.bands import RANGES, halves
from bot.recording.facts.catalogue import Measured, measure
from bot.recording.facts.sampled import sample
from bot.recording.reader import Recording

FIT = [
    "binance:BTC/USDT",
    "binancecoinm:BTC/USD:BTC",
    "binanceusdm:BTC/USDT:USDT",
    "binanceusdm:ETH/USDT:USDT",
]

Facts = dict[str, Measured]


@pytest.fixture(scope="module")
def measured(imported: Path) -> list[tuple[str, Facts]]:
    """The facts of every recorded book, by instrument and time."""
    sources = [
        source for year in ("2023", "2024") for source in Recording.open(imported / year).sources()
    ]
    ordered = sorted(sources, key=lambda source: (source.name, source.rows[0].first_ns))
    return [(source.name, measure(sample(source.blocks()))) for source in ordered]


def test_the_half_that_ranges_are_measured_on_is_the_stated_one(measured):
    fit, check = halves(measured)

    assert [name for name, _ in fit] == FIT
    assert len(check) == 3


@pytest.mark.parametrize("name", RANGES)
def test_the_ranges_are_what_is_measured_today(measured, name):
    fit, _ = halves(measured)

    values = [facts[name].value for _, facts in fit if facts[name].value is not None]

    assert (min(values), max(values)) == pytest.approx(RANGES[name], rel=1e-3)
