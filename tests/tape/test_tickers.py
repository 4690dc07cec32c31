"""Option tickers: built, cut, and refused when they cannot be right."""

import math

import numpy as np
import pytest
from msgspec.structs import replace

from bot.model.units import InstrumentId
from bot.tape.tickers import FLOATS, INTEGERS, UNQUOTED, TickerBuilder, fault

NAMES = (InstrumentId("venue:A-1-2-C"), InstrumentId("venue:A-1-2-P"))


def block(times=(1, 2, 2, 5)):
    builder = TickerBuilder(NAMES, 1)
    for k, t in enumerate(times):
        builder.add(t, t - 1, k % 2, bid=k, ask=k + 1, mark=0.1 * k, open_interest=3.0)
    return builder.take()


def test_a_block_has_what_was_added_and_nan_where_nothing_was_said():
    found = block()

    assert found.rows == 4
    assert found.bid.tolist() == [0, 1, 2, 3]
    assert found.instrument.tolist() == [0, 1, 0, 1]
    assert found.mark.tolist() == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert np.isnan(found.underlying).all()
    assert np.isnan(found.mark_iv).all()
    assert found.bid_size.tolist() == [0] * 4
    assert (found.first_ns, found.last_ns) == (1, 5)
    assert fault(found) == ""


def test_a_builder_starts_over_and_leaves_what_it_gave_alone():
    builder = TickerBuilder(NAMES, 1)
    builder.add(1, 1, 0, bid=7)
    first = builder.take()
    builder.add(2, 2, 1, bid=9, flags=UNQUOTED)

    second = builder.take()

    assert first.bid.tolist() == [7]
    assert (second.bid.tolist(), second.flags.tolist()) == ([9], [UNQUOTED])
    assert builder.take().rows == 0


def test_cutting_copies_nothing_and_finds_its_place_by_time():
    found = block()

    cut = found.part(1, 3)

    assert cut.rows == 2
    assert cut.bid is found.bid
    assert (cut.first_ns, cut.last_ns) == (2, 2)
    assert [found.before(t) for t in (0, 1, 2, 3, 5, 6)] == [0, 0, 1, 3, 3, 4]
    assert cut.before(9) == 3


@pytest.mark.parametrize(
    ("column", "value", "wanted"),
    [
        ("ts_recv", 0, "not before the row above"),
        ("ts_venue", 9, "not after ts_recv"),
        ("instrument", 2, "an index below 2"),
        ("instrument", -1, "an index below 2"),
        *((name, -1, "a number >= 0") for name in INTEGERS),
        *((name, -0.1, "NaN or a finite number >") for name in FLOATS),
        *((name, math.inf, "NaN or a finite number >") for name in FLOATS),
        ("mark_iv", 0.0, "NaN or a finite number > 0"),
        ("underlying", 0.0, "NaN or a finite number > 0"),
    ],
)
def test_what_cannot_be_right_is_named_by_row_and_column(column, value, wanted):
    found = block()
    changed = getattr(found, column).copy()
    changed[1] = value

    said = fault(replace(found, **{column: changed}))

    assert said.startswith(f"row 1 {column}: got ")
    assert wanted in said


@pytest.mark.parametrize("name", FLOATS)
def test_a_figure_may_be_unknown(name):
    found = block()

    assert fault(replace(found, **{name: np.full(4, math.nan)})) == ""


def test_a_worthless_mark_and_a_crossed_quote_are_no_fault():
    found = block()

    assert fault(replace(found, mark=np.zeros(4), open_interest=np.zeros(4))) == ""
    assert fault(replace(found, bid=found.ask + 5)) == ""


def test_a_builder_refuses_what_cannot_be_right():
    builder = TickerBuilder(NAMES)
    builder.add(2, 2, 0)
    builder.add(1, 1, 1)

    with pytest.raises(ValueError, match="tickers: row 1 ts_recv: got 1, expected not before"):
        builder.take()


def test_rows_outside_a_cut_are_not_looked_at():
    found = block()
    broken = found.bid.copy()
    broken[0] = -1

    assert fault(replace(found, bid=broken).part(1, 4)) == ""
    assert fault(found.part(2, 2)) == ""
