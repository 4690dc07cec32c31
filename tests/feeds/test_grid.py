"""Decimal text counted in ticks and lots: exactly, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DataError
from bot.feeds.counters import Counters
from bot.feeds.grid import ODD_SIZES_SHARE, Grid, Prices, Sizes, signed_decimal

UNITS = st.sampled_from(
    ["1E-8", "0.00001", "0.001", "0.01", "0.05", "0.1", "0.5", "1", "5", "1E+1"]
)


@given(unit=UNITS, steps=st.integers(0, 10**18 - 1), padding=st.integers(0, 8))
def test_every_multiple_is_counted_exactly(unit, steps, padding):
    text = f"{Decimal(unit) * steps:f}"
    padded = text + ("" if "." in text else "." if padding else "") + "0" * padding

    assert Grid("price", Decimal(unit)).count(padded) == steps


@given(unit=UNITS, steps=st.integers(0, 10**9), off=st.integers(1, 99))
def test_nothing_between_two_steps_is_counted(unit, steps, off):
    text = f"{Decimal(unit) * (steps + Decimal(off) / 100):f}"

    with pytest.raises(DataError, match="a multiple of"):
        Grid("price", Decimal(unit)).count(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "inf",
        "-1",
        "+1",
        "1e3",
        "1_000",
        " 1",
        "1 ",
        ".5",
        "5.",
        ".",
        "1.2.3",
        "0x1",
        "٣",
    ],
)
def test_what_is_no_plain_decimal_number_is_refused(text):
    with pytest.raises(DataError, match="a plain decimal number"):
        Grid("price", Decimal("0.1")).count(text)


@pytest.mark.parametrize("text", ["1" + "0" * 18, "9" * 41, "1" * 5000])
def test_what_does_not_fit_the_tape_is_refused(text):
    with pytest.raises(DataError):
        Grid("price", Decimal(1)).count(text)


def test_a_refusal_names_instrument_field_value_and_tick():
    grid = Grid("binanceusdm:BTC/USDT:USDT price", Decimal("0.10"))

    with pytest.raises(DataError) as refusal:
        grid.count("61800.01")

    assert str(refusal.value) == (
        'error[data] binanceusdm:BTC/USDT:USDT price: got "61800.01", expected a multiple of 0.1; '
        "correct the instrument's tick and lot, or leave the frame out if it is damaged"
    )


def test_the_same_text_is_counted_the_same_again_and_again():
    grid = Grid("price", Decimal("0.1"))

    assert [grid.count("61800.20") for _ in range(3)] == [618002] * 3


@pytest.mark.parametrize(("text", "lots"), [("25.42618900", 2542618), ("0.00000400", 1)])
def test_a_size_older_than_the_lot_counts_as_its_whole_lots_and_one_at_least(text, lots):
    counters = Counters()
    sizes = Sizes("size", Decimal("0.00001"), counters)

    assert sizes.lots(text) == lots
    assert counters.odd_sizes == 1


def test_a_price_older_than_the_tick_has_no_ticks():
    counters = Counters()
    prices = Prices("price", Decimal("0.001"), counters)

    assert (prices.ticks("0.50579"), prices.ticks("1.01")) == (None, 1010)
    assert counters.odd_prices == 1


def test_so_many_prices_off_the_grid_that_the_tick_must_be_wrong_are_refused():
    prices = Prices("binance:BTC/USDT price", Decimal("0.2"), Counters())
    for digit in range(9):  # four of them are off it
        prices.ticks(f"61800.{digit}")

    with pytest.raises(DataError, match=r"61800\.9.*a multiple of 0\.2 in all but 1 of 4"):
        prices.ticks("61800.9")


def test_so_many_finer_sizes_that_the_lot_must_be_wrong_are_refused():
    sizes = Sizes("binance:BTC/USDT size", Decimal("0.01"), Counters())
    for _ in range(ODD_SIZES_SHARE):
        sizes.lots("1")
    for text in ("0.001", "0.002", "0.003"):
        sizes.lots(text)

    with pytest.raises(DataError, match=r"0\.004.*a multiple of 0\.01 in all but 1 of 8"):
        sizes.lots("0.004")


@pytest.mark.parametrize("text", ["0.00010000", "-0.00010000", "0", "12.5"])
def test_a_rate_is_taken_with_its_sign(text):
    assert signed_decimal(text, "rate") == Decimal(text)


@pytest.mark.parametrize("text", ["", "-", "NaN", "1e-4", "--1", "0.0001 ", "Infinity", "1" * 41])
def test_a_rate_that_is_no_plain_number_is_refused(text):
    with pytest.raises(DataError):
        signed_decimal(text, "rate")
