"""Annotated fields as parameters: what they take, in words, and what they refuse."""

from decimal import Decimal
from typing import Any

import pytest

from bot import Base, InstrumentId, Strategy, Urgency
from bot.plugins.parameters import convert, parameters_of


class Everything(Strategy):
    """One field of each kind."""

    instrument: InstrumentId
    size: Base
    count: int
    on: bool
    price: Decimal
    names: tuple[str, ...]
    urgency: Urgency = Urgency.NORMAL
    apr: float | None = None


KNOWN = parameters_of(Everything)


def test_fields_are_parameters_in_their_order_and_defaults_make_them_optional():
    assert list(KNOWN) == [
        *("instrument", "size", "count", "on", "price", "names", "urgency", "apr"),
    ]
    assert [name for name, each in KNOWN.items() if not each.required] == ["urgency", "apr"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("instrument", "an instrument as venue:symbol"),
        ("size", "a number (Base)"),
        ("count", "a whole number"),
        ("on", "true or false"),
        ("price", "an exact number, in quotes"),
        ("names", "a list of text"),
        ("urgency", 'one of "passive", "normal", "urgent"'),
        ("apr", 'a number or "none"'),
    ],
)
def test_each_says_what_it_takes_in_words(name: str, words: str):
    assert KNOWN[name].expected == words


@pytest.mark.parametrize(
    ("name", "value", "made"),
    [
        ("instrument", "sim:BTC/USDT", "sim:BTC/USDT"),
        ("size", Decimal("0.25"), 0.25),
        ("size", 2, 2.0),
        ("count", 3, 3),
        ("price", "0.1", Decimal("0.1")),
        ("names", ["a", "b"], ("a", "b")),
        ("urgency", "passive", Urgency.PASSIVE),
        ("apr", "none", None),
        ("apr", Decimal("0.05"), 0.05),
    ],
)
def test_values_of_a_file_become_what_the_field_is(name: str, value: Any, made: Any):
    converted = convert(KNOWN[name], value)

    assert converted == made
    assert type(converted) is type(made)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("instrument", 3),
        ("size", "0.25"),
        ("size", True),
        ("size", Decimal("NaN")),
        ("size", Decimal("Infinity")),
        ("count", Decimal("1.5")),
        ("count", "1"),
        ("on", 1),
        ("price", Decimal("0.1")),
        ("names", "a"),
        ("urgency", "soon"),
        ("size", "none"),
    ],
)
def test_values_of_another_kind_are_refused(name: str, value: Any):
    with pytest.raises(ValueError, match=r".+"):
        convert(KNOWN[name], value)
