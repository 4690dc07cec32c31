"""Seven venues' funding: whose clock, where the holes are, and what is no such file."""

import csv
import gzip
from datetime import datetime
from decimal import Decimal

import pytest

from bot.errors import DataError, UsageError
from bot.model.event import FundingRate
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.recording.importers.series.london_bars import import_london_bars
from bot.recording.importers.series.table import words
from bot.recording.importers.series.venue_histories import import_venue_histories
from bot.recording.reader import Recording
from tests.recording.series.files import every, history, stored
from tests.recording.tapes import BTC_PERP

DAY_NS = 24 * NS_PER_HOUR
NEW_YEAR_2021 = 1_609_459_200 * NS_PER_SECOND


def rates_of(folder, instrument):
    (source,) = Recording.open(folder).sources([instrument])
    return list(source.events())


@pytest.fixture(scope="module")
def imported(recordings, tmp_path_factory):
    out = tmp_path_factory.mktemp("histories")
    paths = sorted((recordings / "funding-7venues-2020-2023").glob("*.gz"))
    return import_venue_histories(paths, out), out


def independent(recordings, coin):
    """Binance's settlements from another source, whose clock is UTC: minute to rate."""
    path = recordings / f"binance-history-1h/perp/{coin}_USDT_USDT-funding_rate.csv.gz"
    with gzip.open(path, "rt") as lines:
        return {
            int(datetime.fromisoformat(row["date"]).timestamp()) // 60: Decimal(row["funding_rate"])
            for row in csv.DictReader(lines)
        }


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_binances_rates_equal_an_independent_source_once_they_are_moved(recordings, imported, coin):
    _, out = imported
    told = rates_of(out, f"binanceusdm:{coin}/USDT:USDT")
    other = independent(recordings, coin)

    at = [event.settles_ns // (60 * NS_PER_SECOND) for event in told]
    equal = sum(other.get(minute) == event.rate for minute, event in zip(at, told, strict=True))
    unmoved = sum(other.get(m + 180) == event.rate for m, event in zip(at, told, strict=True))

    assert equal == len(told) == 4383
    assert unmoved == 0  # taken for UTC, not one settlement is at a time of Binance's


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_bybits_rates_equal_another_collection_whose_clock_is_londons(
    recordings, imported, tmp_path, coin
):
    _, out = imported
    bars = recordings / "spot-perp-funding-3venues-2023-2024/all_exchanges.csv.gz"
    import_london_bars(bars, tmp_path)
    name = f"bybit:{coin}/USDT:USDT"
    ours = {event.settles_ns: event.rate for event in rates_of(out, name)}
    theirs = {event.settles_ns: event.rate for event in rates_of(tmp_path, name)}

    both = ours.keys() & theirs.keys()

    assert len(both) == 1095  # all of 2023
    assert all(ours[at] == theirs[at] for at in both)


@pytest.mark.parametrize(
    ("instrument", "first"),
    [
        ("binanceusdm:BTC/USDT:USDT", "2020-01-01T00:00:00+00:00"),
        ("bybit:BTC/USDT:USDT", "2021-01-01T00:00:00+00:00"),
        ("mexc:BTC/USDT:USDT", "2021-01-01T00:00:00+00:00"),
        ("htx:BTC/USDT:USDT", "2021-01-01T00:00:00+00:00"),
        ("kucoinfutures:BTC/USDT:USDT", "2021-01-01T04:00:00+00:00"),
        ("gate:BTC/USDT:USDT", "2020-01-01T00:00:00+00:00"),
        ("dydx:BTC/USD:USDC", "2022-01-01T00:00:00+00:00"),
    ],
)
def test_each_file_begins_at_the_first_settlement_of_a_year(imported, instrument, first):
    _, out = imported

    assert words(rates_of(out, instrument)[0].settles_ns) == first


@pytest.mark.parametrize(
    ("instrument", "count", "hours", "phase"),
    [
        ("binanceusdm:BTC/USDT:USDT", 4383, 8, 0),
        ("bybit:BTC/USDT:USDT", 3285, 8, 0),
        ("mexc:ETH/USDT:USDT", 3285, 8, 0),
        ("kucoinfutures:BTC/USDT:USDT", 3285, 8, 4),
        ("gate:BTC/USDT:USDT", 4290, 8, 0),
        ("dydx:BTC/USD:USDC", 17520, 1, 0),
    ],
)
def test_each_venue_settles_at_its_own_hours(imported, instrument, count, hours, phase):
    _, out = imported

    told = rates_of(out, instrument)

    minute = 60 * NS_PER_SECOND
    assert len(told) == count
    assert {
        (e.settles_ns // minute * minute - phase * NS_PER_HOUR) % (hours * NS_PER_HOUR)
        for e in told
    } == {0}
    assert {e.interval_ns for e in told[1:]} <= {hours * NS_PER_HOUR, None}


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_after_gates_hole_the_interval_is_unknown(imported, coin):
    _, out = imported
    told = rates_of(out, f"gate:{coin}/USDT:USDT")

    unknown = [event for event in told[1:] if event.interval_ns is None]

    assert [event.settles_ns for event in unknown] == [NEW_YEAR_2021]
    before = told[told.index(unknown[0]) - 1]
    assert unknown[0].settles_ns - before.settles_ns == 752 * NS_PER_HOUR


def test_htx_settles_irregularly_now_and_then_and_each_interval_is_as_it_was(imported):
    _, out = imported
    told = rates_of(out, "htx:BTC/USDT:USDT")

    odd = sorted(
        e.interval_ns // NS_PER_HOUR
        for e in told[1:]
        if e.interval_ns is not None and e.interval_ns != 8 * NS_PER_HOUR
    )

    assert odd == [3, 5, 5, 6, 6, 6, 6, 7, 9, 10, 10, 10, 10, 11]
    assert sum(event.interval_ns is None for event in told[1:]) == 1  # a day was left out


def test_what_follows_a_hole_is_counted(imported):
    result, _ = imported

    ignored = [tally.ignored for tally in result.instruments.values() if tally.ignored]
    assert ignored == [{"intervals after a hole, unknown": 4}]


def test_a_file_of_another_zone_is_refused(tmp_path):
    # A collector five hours ahead: 00:00 UTC stands at 05:00, taken for three hours it is 02:00.
    path = history(tmp_path, "bybit", *every(8, 200, start="2021-01-01T05:00:00"))

    with pytest.raises(DataError, match="the clock of the file is another") as refused:
        import_venue_histories([path], tmp_path / "out")

    assert "200 of 200 settlements like 2021-01-01T02:00:00+00:00" in refused.value.seen


def test_kucoin_taken_for_a_venue_of_other_hours_is_refused(tmp_path):
    path = history(tmp_path, "bybit", *every(8, 200, start="2021-01-01T07:00:00"))

    with pytest.raises(DataError, match="steps of 8 h from 00:00 UTC on"):
        import_venue_histories([path], tmp_path / "out")


def test_steps_that_are_no_multiple_of_the_interval_are_refused_when_they_are_many(tmp_path):
    lines = every(8, 60, start="2021-01-01T03:00:00") + every(8, 60, start="2021-02-01T06:00:00")

    with pytest.raises(DataError, match="60 of 120 settlements"):
        import_venue_histories([history(tmp_path, "bybit", *lines)], tmp_path / "out")


def test_rates_in_percent_are_refused(tmp_path):
    lines = every(8, 200, start="2021-01-01T03:00:00", rate="0.75")

    with pytest.raises(DataError, match="this looks like percent"):
        import_venue_histories([history(tmp_path, "bybit", *lines)], tmp_path / "out")


def test_a_unit_that_changes_half_way_is_refused_where_it_changes(tmp_path):
    lines = every(8, 180, start="2021-01-01T03:00:00") + every(
        8, 180, start="2021-03-02T03:00:00", rate="0.01"
    )

    with pytest.raises(DataError, match="the unit changes here") as refused:
        import_venue_histories([history(tmp_path, "bybit", *lines)], tmp_path / "out")

    assert "line 182 rate" in refused.value.where


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["2021-01-01 03:00:00,0.1"] * 2, "later than the settlement before"),
        (["2021-01-01 11:00:00,0.1", "2021-01-01 03:00:00,0.1"], "later than the settlement"),
        (["2021-01-01 03:00:00,"], "a number"),
        (["2021-01-01 03:00:00,NaN"], "a number"),
        (["2021-01-01T03:00:00Z,0.1"], "a time without a zone"),
        (["yesterday,0.1"], "a time without a zone"),
        (["2021-01-01 03:00:00,0.1,7"], "another number of fields"),
        (["2021-01-01 03:00:00"], "another number of fields"),
    ],
)
def test_a_line_that_cannot_be_is_named(tmp_path, lines, what):
    path = history(tmp_path, "bybit", *lines)

    with pytest.raises(DataError, match=what) as refused:
        import_venue_histories([path], tmp_path / "out")

    assert f"{path} line " in refused.value.where


def test_another_symbol_in_the_file_is_refused(tmp_path):
    path = history(tmp_path, "bybit", *every(8, 2, start="2021-01-01T03:00:00"))
    path.write_text(path.read_text().replace("BTC-USDT,", "ETH-USDT,"))

    with pytest.raises(DataError, match="name files by their symbol"):
        import_venue_histories([path], tmp_path / "out")


def test_a_name_that_tells_no_venue_is_refused(tmp_path):
    path = stored(tmp_path / "rates.csv", "Symbol,Date,Funding Rate\n")

    with pytest.raises(UsageError, match="it tells venue and clock"):
        import_venue_histories([path], tmp_path / "out")


def test_a_file_with_other_columns_is_refused(tmp_path):
    path = stored(history(tmp_path, "bybit"), "date,rate\n")

    with pytest.raises(DataError, match="the columns Date, Funding Rate, Symbol too"):
        import_venue_histories([path], tmp_path / "out")


def test_a_truncated_gzip_is_refused(tmp_path):
    plain = history(tmp_path, "bybit", *every(8, 500, start="2021-01-01T03:00:00"))
    path = plain.with_suffix(".csv.gz")
    path.write_bytes(gzip.compress(plain.read_bytes())[:-40])

    with pytest.raises(DataError, match="a whole CSV file"):
        import_venue_histories([path], tmp_path / "out")


def test_known_terms_stand_in_for_nominal_ones(tmp_path):
    path = history(tmp_path, "binance", *every(8, 3, start="2021-01-01T03:00:00"))

    import_venue_histories([path], tmp_path / "known", terms={BTC_PERP.id: BTC_PERP})
    import_venue_histories([path], tmp_path / "nominal")

    assert Recording.open(tmp_path / "known").instruments[BTC_PERP.id] == BTC_PERP
    assert not Recording.open(tmp_path / "nominal").instruments[BTC_PERP.id].active


def test_a_settled_rate_is_known_when_it_is_paid(tmp_path):
    path = history(tmp_path, "gate", *every(8, 2))

    import_venue_histories([path], tmp_path / "out")

    told = rates_of(tmp_path / "out", "gate:BTC/USDT:USDT")
    assert all(isinstance(event, FundingRate) and event.settled for event in told)
    assert [e.ts_recv for e in told] == [NEW_YEAR_2021, NEW_YEAR_2021 + 8 * NS_PER_HOUR]
    assert [e.interval_ns for e in told] == [None, 8 * NS_PER_HOUR]
