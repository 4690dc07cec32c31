"""Two sources in one file: Indian time, exchanged sides, two units, lines that come twice."""

import csv
import gzip
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import pytest

from bot.errors import DataError
from bot.model.event import LiquidationVolume, LongShortRatio, OpenInterest, TakerVolume
from bot.recording.importers.series.positioning import INTERVAL_NS, import_positioning
from bot.recording.reader import Recording
from tests.recording.series.files import stored

FILE = "oi-longshort-liq-15m/Master_XAUUSDT_15m_Final_Summary.csv.gz"
NAME = "binanceusdm:XAU/USDT:USDT"
HEAD = (
    "TimeStamp,Symbol,Open,Close,Volume,Buy Qty,Sell Qty,Agg. Liq Long,Agg. Liq Short,"
    "Long/Short Ratio (Account),Agg. OI,Agg. Funding Rate\n"
)


@pytest.fixture(scope="module")
def imported(recordings, tmp_path_factory):
    out = tmp_path_factory.mktemp("positioning")
    result = import_positioning(recordings / FILE, out)
    (source,) = Recording.open(out).sources()
    return result, list(source.events())


def kind(events, wanted):
    return [event for event in events if isinstance(event, wanted)]


def lines(recordings):
    with gzip.open(recordings / FILE, "rt") as text:
        return list(csv.DictReader(text))


def line(stamp="2026-01-05 05:30:00 IST", volume="4000", bought="30", sold="10", **more):
    told = {"liq": ",", "ratio": "3.04", "interest": "1065.453", "close": "100", **more}
    return (
        f"{stamp},XAUUSDT,99,{told['close']},{volume},{bought},{sold},{told['liq']},"
        f"{told['ratio']},{told['interest']},-0.001\n"
    )


def small(tmp_path, *rows):
    import_positioning(stored(tmp_path / "x.csv", HEAD + "".join(rows)), tmp_path / "out")
    (source,) = Recording.open(tmp_path / "out").sources()
    return list(source.events())


def test_every_interval_has_one_of_each_and_is_known_when_it_ends(imported):
    _, events = imported
    taken = kind(events, TakerVolume)

    # 20,736 lines, of which 192 tell a time again.
    assert len(taken) == 20_544
    # 2026-01-05 05:30 in India is midnight UTC; the quarter of an hour is over at 00:15.
    assert taken[0].until_ns == taken[0].ts_recv == 1_767_571_200_000_000_000 + INTERVAL_NS
    assert {b.until_ns - a.until_ns for a, b in pairwise(taken)} == {INTERVAL_NS}
    assert len(kind(events, OpenInterest)) == 19_968
    assert len(kind(events, LongShortRatio)) == 19_968
    assert len(kind(events, LiquidationVolume)) == 16_608


def test_what_is_left_out_is_counted(imported):
    result, events = imported

    assert result.instruments[NAME].ignored == {
        "funding of an undocumented unit": 20_544,
        "second lines of a time": 192,
    }
    assert {type(event) for event in events} == {
        TakerVolume,
        OpenInterest,
        LongShortRatio,
        LiquidationVolume,
    }


def test_both_sources_follow_the_price_once_the_second_is_turned_round(recordings, imported):
    """Who bought more made the price rise, in each source as often as in the other."""
    _, events = imported
    taken = {event.until_ns: event for event in kind(events, TakerVolume)}
    shares = {}
    for source in (True, False):
        agree = told = 0
        for row in lines(recordings):
            moved = Decimal(row["Close"]) - Decimal(row["Open"])
            if row["TimeStamp"].endswith(" IST") is not source or not moved:
                continue
            event = taken[_until(row["TimeStamp"])]
            told += 1
            agree += (event.bought > event.sold) == (moved > 0)
        shares[source] = agree / told

    assert shares[True] == pytest.approx(0.68, abs=0.01)
    assert shares[False] == pytest.approx(0.68, abs=0.01)


def _until(stamp):
    india = timezone(timedelta(hours=5, minutes=30))
    begins = datetime.fromisoformat(stamp.removesuffix(" IST")).replace(tzinfo=india)
    return int(begins.timestamp()) * 10**9 + INTERVAL_NS


def test_a_line_of_the_first_source_is_read_as_it_stands(tmp_path):
    events = small(tmp_path, line(liq="40711.61,0.0"))

    assert [type(event) for event in events] == [
        TakerVolume,
        OpenInterest,
        LongShortRatio,
        LiquidationVolume,
    ]
    taken, interest, ratio, forced = events
    assert (taken.bought, taken.sold, taken.unit) == (30, 10, "XAU")
    assert interest.amount == Decimal("1065.453")
    assert (ratio.ratio, ratio.population) == (Decimal("3.04"), "accounts")
    assert (forced.longs, forced.shorts, forced.complete) == (Decimal("40711.61"), 0, False)


def test_a_line_of_the_second_source_has_its_sides_exchanged_and_its_volume_in_base(tmp_path):
    (taken, *_) = small(tmp_path, line("2026-07-01 05:30:00", volume="40", bought="10", sold="30"))

    assert (taken.bought, taken.sold) == (30, 10)


def test_two_lines_of_a_time_make_one_event_with_what_either_says(tmp_path):
    events = small(
        tmp_path,
        line("2026-07-02 05:30:00", volume="40", bought="10", sold="30"),
        line("2026-07-02 05:30:00 IST", ratio="", interest="", liq="5,6"),
    )

    assert len(kind(events, TakerVolume)) == 1
    assert kind(events, OpenInterest)[0].amount == Decimal("1065.453")
    assert kind(events, LiquidationVolume)[0].shorts == 6


def test_what_is_not_said_makes_no_event(tmp_path):
    events = small(tmp_path, line(ratio="", interest=""))

    assert [type(event) for event in events] == [TakerVolume]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([line(volume="40")], "the unit changes here"),
        ([line("2026-07-01 05:30:00", volume="4000")], "the unit changes here"),
        ([line(), line(bought="20", sold="20")], "keep one line a time"),
        ([line("2026-01-05 05:45:00 IST"), line()], "sort the lines"),
        ([line("2026-01-05 05:31:00 IST")], "a quarter of an hour"),
        ([line("2026-01-05T05:30:00Z")], "a time without a zone"),
        ([line(bought="-30", sold="70")], "a number ≥ 0"),
        ([line(interest="-1")], "a number ≥ 0"),
        ([line(close="0")], "a number > 0"),
        ([line(), line().replace("XAUUSDT", "XAGUSDT")], "import each symbol by itself"),
        ([line().replace("XAUUSDT", "XAUEUR")], "a symbol in USDT"),
    ],
)
def test_a_line_that_cannot_be_is_refused(tmp_path, rows, what):
    with pytest.raises(DataError, match=what):
        small(tmp_path, *rows)
