"""Hourly bars and funding on the tape, without a glance at the future."""

import csv
import gzip
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from bot.errors import DataError, NotFoundError, UsageError
from bot.model.event import FundingRate
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.recording.importers.hourly import Quote, import_hourly
from bot.recording.reader import Recording
from bot.tape.rows import LEVEL, MARK, SCALAR, SNAPSHOT
from tests.recording.tapes import BTC_INVERSE, BTC_PERP, BTC_SPOT, messages_of

NOON_NS = 1_723_118_400 * NS_PER_SECOND  # 2024-08-08 12:00
QUOTE = Quote(half_spread_bps=Decimal("2.5"), depth_base=Decimal("3.0009"))

BARS = """date,open,high,low,close,volume
2024-08-08T12:00:00.000Z,60000.0,61000.0,59000.0,60500.0,10.5
2024-08-08T13:00:00.000Z,60500.3,61000.0,59000.0,60700.0,0.0
"""
MARKS = """date,open,high,low,close
2024-08-08T12:00:00.000Z,60001.12345678,1,1,1
2024-08-08T16:00:00.000Z,60003.5,1,1,1
"""
FUNDING = """date,funding_rate
2024-08-08T08:00:00.000Z,2.637e-05
2024-08-08T16:00:00.004Z,-0.0001
2024-08-08T20:00:00.000Z,0.0
"""


def stored(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def imported(folder: Path, instrument=BTC_PERP, **given):
    done = import_hourly(instrument, folder, **given)
    (source,) = Recording.open(folder).sources()
    return done, messages_of(source.blocks()), list(source.events())


def test_a_bar_becomes_one_quote_at_its_open(tmp_path):
    bars = stored(tmp_path / "bars.csv", BARS)

    _, messages, events = imported(tmp_path / "out", bars=bars, quote=QUOTE)

    # 60000 ∓ 15.00 and 60500.3 ∓ 15.125, away from the price to the 0.1 grid; 3.0009 in lots.
    assert messages == [
        (NOON_NS, NOON_NS, SNAPSHOT, ((LEVEL, 1, 599_850, 3000), (LEVEL, -1, 600_150, 3000))),
        (
            NOON_NS + NS_PER_HOUR,
            NOON_NS + NS_PER_HOUR,
            SNAPSHOT,
            ((LEVEL, 1, 604_851, 3000), (LEVEL, -1, 605_155, 3000)),
        ),
    ]
    assert events == []


def test_high_low_close_and_volume_do_not_reach_the_tape(tmp_path):
    other = "".join(
        ",".join([*line.split(",")[:2], "1", "2", "3", "4\n"]) for line in BARS.splitlines()[1:]
    )
    here = stored(tmp_path / "bars.csv", BARS)
    there = stored(tmp_path / "others.csv", BARS.splitlines(keepends=True)[0] + other)

    one = imported(tmp_path / "one", bars=here, quote=QUOTE)[1]
    two = imported(tmp_path / "two", bars=there, quote=QUOTE)[1]

    assert one == two


def test_the_mark_stands_before_the_quote_of_the_same_time(tmp_path):
    _, messages, _ = imported(
        tmp_path / "out",
        bars=stored(tmp_path / "bars.csv", BARS),
        quote=QUOTE,
        mark=stored(tmp_path / "mark.csv.gz", MARKS),
    )

    assert messages[0] == (NOON_NS, NOON_NS, 0, ((SCALAR, MARK, 6_000_112_345_678, 0),))
    assert [message[0] for message in messages] == [
        NOON_NS,
        NOON_NS,
        NOON_NS + NS_PER_HOUR,
        NOON_NS + 4 * NS_PER_HOUR,
    ]


def test_the_depth_of_an_inverse_contract_is_in_contracts(tmp_path):
    bars = stored(tmp_path / "bars.csv", BARS)

    _, messages, _ = imported(tmp_path / "out", BTC_INVERSE, bars=bars, quote=QUOTE)

    # 3.0009 BTC at 60,000 USD are 180,054 USD: 1,800 contracts of 100 USD.
    assert [row[3] for row in messages[0][3]] == [1800, 1800]


def test_funding_is_settled_with_the_interval_since_the_last_and_the_mark_of_then(tmp_path):
    done, _, events = imported(
        tmp_path / "out",
        funding=stored(tmp_path / "funding.csv", FUNDING),
        mark=stored(tmp_path / "mark.csv", MARKS),
    )

    late = NOON_NS + 4 * NS_PER_HOUR + 4_000_000
    assert events[0].interval_ns is None
    assert events[0].mark is None
    assert events[1] == FundingRate(
        ts_recv=late,
        ts_venue=late,
        instrument=BTC_PERP.id,
        rate=Decimal("-0.0001"),
        settles_ns=late,
        settled=True,
        interval_ns=8 * NS_PER_HOUR,
        mark=Decimal("60003.5"),
    )
    assert events[2].interval_ns == 4 * NS_PER_HOUR
    assert done.instruments[BTC_PERP.id].events == 3
    assert done.clock_offset_ns is None


def test_a_span_is_cut_out_and_knows_the_interval_from_before_it(tmp_path):
    since = NOON_NS + 3 * NS_PER_HOUR

    _, messages, events = imported(
        tmp_path / "out",
        funding=stored(tmp_path / "funding.csv", FUNDING),
        mark=stored(tmp_path / "mark.csv", MARKS),
        since_ns=since,
        until_ns=since + 4 * NS_PER_HOUR,
    )

    assert [message[0] for message in messages] == [NOON_NS + 4 * NS_PER_HOUR]
    assert [event.interval_ns for event in events] == [8 * NS_PER_HOUR]


def test_funding_alone_stands_beside_another_recording_of_the_instrument(tmp_path):
    bars = stored(tmp_path / "bars.csv", BARS)
    imported(tmp_path / "quotes", bars=bars, quote=QUOTE)
    imported(tmp_path / "rates", funding=stored(tmp_path / "funding.csv", FUNDING))

    (source,) = Recording.open([tmp_path / "quotes", tmp_path / "rates"]).sources()

    assert len(messages_of(source.blocks())) == 2
    assert len(list(source.events())) == 3


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (BARS.replace("60500.3", "NaN"), 'line 3 open: got "NaN", expected a number > 0'),
        (BARS.replace("60500.3", ""), 'line 3 open: got "", expected a number > 0'),
        (BARS.replace("60500.3", "-1"), 'line 3 open: got "-1", expected a number > 0'),
        (BARS.replace("T13:", "T12:"), "line 3 date: .* expected later than the line before"),
        (BARS.replace("T13:", "T11:"), "line 3 date: .* expected later than the line before"),
        (BARS.replace("2024-08-08T13:00:00.000Z", "noon"), 'line 3 date: got "noon"'),
        (BARS.replace("00.000Z", "00"), "line 2 date: .* expected a time with its zone"),
        (BARS.replace("open", "price"), "line 1: got .*, expected columns date and open"),
        (BARS[:-32], "line 3: got 2 columns, expected 6"),
        ("", "line 1: got"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, seen):
    bars = stored(tmp_path / "bars.csv", text)

    with pytest.raises(DataError, match=f"bars.csv {seen}"):
        import_hourly(BTC_PERP, tmp_path / "out", bars=bars, quote=QUOTE)


def test_a_truncated_gzip_is_named(tmp_path):
    bars = stored(tmp_path / "bars.csv.gz", BARS)
    bars.write_bytes(bars.read_bytes()[:-12])

    with pytest.raises(DataError, match=r"bars\.csv\.gz line \d: got .*a whole CSV file"):
        import_hourly(BTC_PERP, tmp_path / "out", bars=bars, quote=QUOTE)


@pytest.mark.parametrize(
    "quote",
    [
        Quote(half_spread_bps=Decimal(0), depth_base=Decimal(1)),
        Quote(half_spread_bps=Decimal(10_000), depth_base=Decimal(1)),
        Quote(half_spread_bps=Decimal(1), depth_base=Decimal("0.0009")),
    ],
)
def test_a_quote_that_cannot_stand_is_refused(tmp_path, quote):
    bars = stored(tmp_path / "bars.csv", BARS)

    with pytest.raises(DataError, match="quote at 2024-08-08T12:00:00"):
        import_hourly(BTC_PERP, tmp_path / "out", bars=bars, quote=quote)


def test_spread_and_depth_have_no_default(tmp_path):
    bars = stored(tmp_path / "bars.csv", BARS)

    with pytest.raises(UsageError, match="bars and a quote"):
        import_hourly(BTC_PERP, tmp_path / "out", bars=bars)
    with pytest.raises(UsageError, match="no file"):
        import_hourly(BTC_PERP, tmp_path / "out")
    with pytest.raises(NotFoundError):
        import_hourly(BTC_PERP, tmp_path / "out", funding=tmp_path / "absent.csv")


def column(path: Path, name: str) -> list[str]:
    with gzip.open(path, "rt") as lines:
        return [row[name] for row in csv.DictReader(lines)]


def test_five_recorded_years_agree_with_the_files_they_came_from(recordings, tmp_path):
    perp = recordings / "binance-history-1h" / "perp"
    files = {
        "bars": perp / "BTC_USDT_USDT-1h-futures.csv.gz",
        "mark": perp / "BTC_USDT_USDT-1h-mark.csv.gz",
        "funding": perp / "BTC_USDT_USDT-funding_rate.csv.gz",
    }

    done, messages, events = imported(tmp_path / "out", quote=QUOTE, **files)

    quotes = [message for message in messages if message[2] == SNAPSHOT]
    marks = [message for message in messages if message[2] == 0]
    opens = column(files["bars"], "open")
    assert (len(quotes), len(marks), len(events)) == (46_591, 44_053, 5_819)
    assert sum(event.rate for event in events) == sum(
        Decimal(rate) for rate in column(files["funding"], "funding_rate")
    )
    assert {event.interval_ns for event in events[1:]} == {8 * NS_PER_HOUR}
    assert sum(event.mark is None for event in events) == 313  # before the first mark
    assert sum(rows[0][2] for *_, rows in marks) == sum(
        Decimal(mark) * 10**8 for mark in column(files["mark"], "open")
    )
    half = Fraction(25, 100_000)
    for (*_, (bid, ask)), price in zip(quotes, opens, strict=True):
        assert 0 <= Fraction(price) * (1 - half) * 10 - bid[2] < 1
        assert 0 <= ask[2] - Fraction(price) * (1 + half) * 10 < 1
    assert len(done.files) == 12  # rows and events of six years


def test_recorded_spot_hours_that_are_missing_stay_missing(recordings, tmp_path):
    bars = recordings / "binance-history-1h" / "spot" / "BTC_USDT-1h.csv.gz"

    _, messages, _ = imported(tmp_path / "out", BTC_SPOT, bars=bars, quote=QUOTE)

    times = [message[0] for message in messages]
    assert len(times) == 46_555
    assert sum(b - a > NS_PER_HOUR for a, b in pairwise(times)) == 17
