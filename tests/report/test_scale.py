"""Axes: round ticks in a range, and times as clocks show them."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report.scale import Scale, bounds, ticks, time_ticks

NS = 10**9
START = int(datetime(2024, 2, 28, 23, 10, tzinfo=UTC).timestamp()) * NS
NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(NUMBERS, max_size=20), st.booleans())
def test_an_axis_has_room_for_every_value(values, zero):
    low, high = bounds(values, zero=zero)

    assert low < high
    assert all(low <= value <= high for value in values)
    assert not zero or low <= 0 <= high


@given(NUMBERS, st.floats(1e-3, 1e9))
def test_ticks_stand_inside_in_order_and_not_too_many(low, length):
    high = low + length

    found = ticks(low, high)

    values = [value for value, _ in found]
    air = 1e-6 * length
    assert values == sorted(values)
    assert all(low - air <= value <= high + air for value in values)
    assert 1 <= len(values) <= 6
    assert len({label for _, label in found}) == len(found)


def test_ticks_are_round_and_negative_ones_carry_a_real_minus():
    assert [label for _, label in ticks(-0.6, 0.6)] == ["−0.5", "0.0", "0.5"]
    assert [label for _, label in ticks(199_000, 201_000)] == [
        "199,000",
        "199,500",
        "200,000",
        "200,500",
        "201,000",
    ]


@pytest.mark.parametrize(
    "length_s", [0.05, 1, 47, 300, 3_600, 9 * 3_600, 3 * 86_400, 40 * 86_400, 1_500 * 86_400]
)
def test_times_stand_inside_the_span_and_no_two_beside_each_other_read_alike(length_s):
    end = START + int(length_s * NS)

    found = time_ticks(START, end)

    assert 2 <= len(found) <= 9
    assert all(START <= ts <= end for ts, _ in found)
    assert all(a[0] < b[0] and a[1] != b[1] for a, b in pairwise(found))


def test_midnight_is_told_by_its_day_and_a_leap_day_is_one():
    labels = [label for _, label in time_ticks(START, START + 2 * 3_600 * NS)]

    assert labels[:4] == ["23:15", "23:30", "23:45", "29 Feb"]


def test_years_are_ticked_by_the_calendar():
    quarters = [label for _, label in time_ticks(START, START + 700 * 86_400 * NS)]
    years = [label for _, label in time_ticks(START, START + 1_500 * 86_400 * NS)]

    assert quarters[:2] == ["Apr 2024", "Jul 2024"]
    assert years == ["2025", "2026", "2027", "2028"]


def test_a_scale_maps_its_ends_to_its_ends():
    scale = Scale(10.0, 20.0, 100.0, 0.0)

    assert scale.at(10.0) == 100.0
    assert scale.at(20.0) == 0.0
    assert scale.at(15.0) == 50.0
