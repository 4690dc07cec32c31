"""Numbers and times as they are told."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.modes import words

DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9
)
TIMES = st.integers(0, 4_102_444_800 * 10**9)


@given(DECIMALS)
def test_money_keeps_every_digit_and_no_more(value):
    told = words.exact(value)

    read = Decimal(told.replace(",", "").replace(words.MINUS, "-"))
    assert read == value
    assert "E" not in told
    assert not ("." in told and told.endswith("0"))


@given(DECIMALS)
def test_money_for_programs_reads_back_as_it_was(value):
    assert Decimal(words.plain(value)) == value
    assert "," not in words.plain(value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("-1234.50"), "−1,234.5"),
        (Decimal("0.000"), "0"),
        (Decimal("-0.00"), "0"),
        (Decimal("1E+3"), "1,000"),
        (None, "unknown"),
    ],
)
def test_money_is_written_as_a_person_writes_it(value, told):
    assert words.exact(value) == told


def test_a_gain_carries_its_sign_and_nothing_carries_none():
    assert words.exact(Decimal("2.5"), signed=True) == "+2.5"
    assert words.exact(Decimal(0), signed=True) == "0"
    assert words.rounded(Decimal("-0.001"), 2, signed=True) == "0.00"


@given(TIMES)
def test_a_time_in_full_reads_back_to_the_nanosecond(ts):
    assert words.time_of(words.iso(ts)) == ts


@pytest.mark.parametrize(
    "text", ["2024-08-08T23:55:00Z", "2024-08-08 23:55", "2024-08-09T01:55:00.000+02:00"]
)
def test_a_time_may_be_written_in_many_ways(text):
    expected = int(datetime(2024, 8, 8, 23, 55, tzinfo=UTC).timestamp()) * 10**9

    assert words.time_of(text) == expected
    assert words.time_of(str(expected)) == expected


def test_what_is_no_time_is_refused():
    with pytest.raises(ValueError, match="isoformat"):
        words.time_of("yesterday")


@pytest.mark.parametrize(
    ("duration_ns", "told"),
    [
        (1_250_000_000, "1.25 s"),
        (298 * 10**9, "4 min 58 s"),
        (86_400 * 10**9 + 3_600 * 10**9, "1 d 1 h"),
    ],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(duration_ns, told):
    assert words.span(duration_ns) == told


def test_what_is_shown_is_rounded_alike_whatever_a_library_has_done_to_decimals() -> None:
    with localcontext(rounding=ROUND_HALF_UP):
        assert words.rounded(Decimal("4.005"), 2) == "4.00"
