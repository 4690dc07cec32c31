"""Bands are fixed numbers, half and twice what was recorded."""

import pytest

from bot.recording.facts.bands import BANDS, RANGES, Band, halves, widened
from bot.recording.facts.catalogue import FACTS


def test_every_fact_has_a_band():
    assert set(BANDS) == set(RANGES) == {fact.name for fact in FACTS}


@pytest.mark.parametrize(
    ("ends", "band"),
    [((2.0, 3.0), Band(1.0, 6.0)), ((-1.0, 0.2), Band(-2.0, 0.4)), ((-2, -1), Band(-4, -0.5))],
)
def test_a_band_is_wider_than_its_range_on_both_sides(ends, band):
    assert widened(*ends) == band


def test_a_band_holds_its_ends():
    assert [Band(1, 2).holds(value) for value in (0.99, 1, 2, 2.01)] == [False, True, True, False]


def test_files_are_taken_alternately():
    assert halves(["a", "b", "c", "d", "e"]) == (["a", "c", "e"], ["b", "d"])
