"""Numbers that JSON does not quote keep every digit that was sent."""

import msgspec
import pytest

from bot.errors import DataError
from bot.feeds.numerals import numeral, optional_numeral


def raw(text):
    return msgspec.Raw(text.encode())


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("42500.0", "42500.0"),
        ("1e-8", "0.00000001"),
        ("2.5E3", "2500"),
        ("-1.5e-05", "-0.000015"),
    ],
)
def test_a_number_is_plain_text(sent, read):
    assert numeral(raw(sent), "here") == read


@pytest.mark.parametrize("sent", ["", "null", '"5"', "true", "1e400", "NaN", "[1]"])
def test_what_is_no_number_is_refused(sent):
    with pytest.raises(DataError, match="a number"):
        numeral(raw(sent), "here")


@pytest.mark.parametrize("sent", ["", "null"])
def test_what_is_not_said_is_empty(sent):
    assert optional_numeral(raw(sent), "here") == ""
