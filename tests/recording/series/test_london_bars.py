"""Bars in London's local time: winter, summer and the two nights between."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from bot.errors import DataError
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.recording.importers.series.london_bars import from_london, import_london_bars
from bot.recording.reader import Recording
from tests.recording.series.files import stored
from tests.recording.series.test_venue_histories import independent, rates_of

HEAD = "time,exchange,crypto,pair,contract,open,high,low,close,volume,funding rate\n"


@pytest.fixture(scope="module")
def out(recordings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("london")
    import_london_bars(
        recordings / "spot-perp-funding-3venues-2023-2024/all_exchanges.csv.gz", folder
    )
    return folder


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_binances_rates_equal_an_independent_source_once_they_are_moved(recordings, out, coin):
    told = rates_of(out, f"binanceusdm:{coin}/USDT:USDT")
    other = independent(recordings, coin)

    equal = sum(other.get(e.settles_ns // (60 * NS_PER_SECOND)) == e.rate for e in told)

    assert (equal, len(told)) == (1642, 1642)


def test_every_series_settles_each_eight_hours_through_both_changes_of_the_clock(out):
    recording = Recording.open(out)
    assert len(recording.instruments) == 12
    for source in recording.sources():
        told = list(source.events())
        assert len(told) == 1642
        assert {event.interval_ns for event in told[1:]} == {8 * NS_PER_HOUR}
        assert {event.settles_ns % (8 * NS_PER_HOUR) for event in told} == {0}


def test_cm_is_the_coin_margined_contract(out):
    instruments = Recording.open(out).instruments

    assert instruments["binancecoinm:BTC/USD:BTC"].inverse
    assert instruments["okx:ETH/USD:ETH"].settle == "ETH"


@pytest.mark.parametrize(
    ("local", "hours"),
    [
        ("2023-01-01 00:00", 0),
        ("2023-03-26 00:59", 0),
        ("2023-03-26 02:00", 1),
        ("2023-07-01 01:00", 1),
        ("2023-10-29 00:59", 1),
        ("2023-10-29 01:00", 1),  # the first of two: a settlement is there
        ("2023-10-29 02:00", 0),
        ("2024-03-31 09:00", 1),
    ],
)
def test_summer_is_an_hour_ahead(local, hours):
    moment = datetime.fromisoformat(local)

    told = from_london(moment)

    expected = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert told == int(expected.timestamp()) * NS_PER_SECOND


def test_the_rule_of_summer_time_is_that_of_the_time_zone_database():
    try:
        london = ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        pytest.skip("no time zone database on this machine")
    for day in range(365 * 6):
        utc = datetime(2020, 1, 1, 16, tzinfo=UTC) + timedelta(days=day)
        local = utc.astimezone(london).replace(tzinfo=None)
        assert from_london(local) == int(utc.timestamp()) * NS_PER_SECOND, utc


def test_a_file_in_utc_is_refused(tmp_path):
    """Taken for London's time, the half of it that lies in summer is an hour off."""
    times = [datetime(2023, 5, 1) + timedelta(hours=8 * i) for i in range(60)]
    rows = "".join(f"{t},binance,bitcoin,BTCUSDT,perpetual,1,1,1,1,1,0.0001\n" for t in times)

    with pytest.raises(DataError, match="60 of 60 settlements like 2023-04-30T23:00:00"):
        import_london_bars(stored(tmp_path / "x.csv", HEAD + rows), tmp_path / "out")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("2023-01-01 00:00:00,kraken,bitcoin,BTCUSDT,perpetual,1,1,1,1,1,0.1", "add the venue"),
        ("2023-01-01 00:00:00,okx,bitcoin,BTCEUR,perpetual,1,1,1,1,1,0.1", "add the venue"),
        ("2023-01-01 00:00:00,okx,bitcoin,BTCUSDT,perpetual,1,1,1,1,1,", "a number"),
        ("2023-01-01 00:00:00,okx,bitcoin,BTC/USDT,spot,1,1,1,1,1,", "no perpetual"),
    ],
)
def test_a_line_that_cannot_be_is_refused(tmp_path, row, what):
    with pytest.raises(DataError, match=what):
        import_london_bars(stored(tmp_path / "x.csv", f"{HEAD}{row}\n"), tmp_path / "out")


def test_rates_keep_every_digit(tmp_path):
    row = "2023-01-01 00:00:00,okx,bitcoin,BTCUSDT,perpetual,1,1,1,1,1,6.69589191556e-05\n"

    import_london_bars(stored(tmp_path / "x.csv", HEAD + row), tmp_path / "out")

    (told,) = rates_of(tmp_path / "out", "okx:BTC/USDT:USDT")
    assert told.rate == Decimal("0.0000669589191556")
