"""Seven venues' perpetuals: each its own interval, worth without amount, days of liquidations."""

from decimal import Decimal

import pytest

from bot.errors import DataError, UsageError
from bot.model.event import FundingRate, LiquidationVolume, OpenInterestWorth
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.recording.importers.series.perpetuals import import_perpetuals
from bot.recording.reader import Recording
from tests.recording.series.files import stored

FOLDER = "perps-7venues-2025-2026"
KINDS = ("funding_rates", "open_interest", "liquidation_volume")


@pytest.fixture(scope="module")
def imported(recordings, tmp_path_factory):
    out = tmp_path_factory.mktemp("perpetuals")
    paths = [recordings / FOLDER / f"{kind}.csv.gz" for kind in KINDS]
    return import_perpetuals(paths, out), Recording.open(out)


def events_of(recording, name, kind):
    (source,) = recording.sources([name])
    return [event for event in source.events() if isinstance(event, kind)]


@pytest.mark.parametrize(
    ("name", "count", "hours"),
    [
        ("binanceusdm:BTC/USDT:USDT", 895, 8),
        ("binanceusdm:HYPE/USDT:USDT", 1293, 4),
        ("bybit:HYPE/USDT:USDT", 895, 8),
        ("okx:HYPE/USDT:USDT", 172, 4),
        ("okx:BTC/USDT:USDT", 86, 8),
        ("hyperliquid:HYPE/USDC:USDC", 7167, 1),
        ("krakenfutures:BTC/USD:USD", 7160, 1),
        ("lighter:BTC/USDC:USDC", 517, 1),
    ],
)
def test_every_interval_is_read_off_the_times(imported, name, count, hours):
    told = events_of(imported[1], name, FundingRate)

    assert len(told) == count
    assert {event.interval_ns for event in told} == {hours * NS_PER_HOUR, None}


def test_after_a_hole_the_interval_is_unknown_and_counted(imported):
    result, recording = imported
    kraken = events_of(recording, "krakenfutures:ETH/USD:USD", FundingRate)
    lighter = events_of(recording, "lighter:ETH/USDC:USDC", FundingRate)

    assert sum(event.interval_ns is None for event in kraken[1:]) == 6
    assert sum(event.interval_ns is None for event in lighter[1:]) == 16
    ignored = next(t.ignored for t in result.instruments.values() if t.ignored)
    assert ignored["intervals after a hole, unknown"] == 5 * (6 + 16)


def test_hype_is_paid_at_hours_at_which_btc_is_not(imported):
    btc = events_of(imported[1], "binanceusdm:BTC/USDT:USDT", FundingRate)
    hype = events_of(imported[1], "binanceusdm:HYPE/USDT:USDT", FundingRate)

    def hours(told):
        return {event.settles_ns // NS_PER_HOUR % 24 for event in told}

    assert (hours(btc), hours(hype)) == ({0, 8, 16}, {0, 4, 8, 12, 16, 20})


def test_open_interest_is_worth_and_no_amount(imported):
    told = events_of(imported[1], "hyperliquid:BTC/USDC:USDC", OpenInterestWorth)

    assert len(told) == 589
    assert (told[0].worth, told[0].currency) == (Decimal("1934030909.9089077"), "USD")


def test_a_day_of_liquidations_is_known_when_the_day_is_over(imported):
    result, recording = imported
    told = events_of(recording, "aggregate:BTC/USD:USD", LiquidationVolume)

    assert len(told) == 25
    first = told[0]
    assert first.until_ns == first.ts_recv == 1_765_152_000 * NS_PER_SECOND
    assert first.interval_ns == 24 * NS_PER_HOUR
    assert (first.longs, first.count, first.complete) == (Decimal("29237102.67711996"), 4131, False)
    ignored = next(t.ignored for t in result.instruments.values() if t.ignored)
    assert ignored["days whose total is more than both sides"] == 55


@pytest.mark.parametrize(
    ("kind", "text", "what"),
    [
        (
            "funding_rates",
            "timestamp,venue,coin,funding_rate\n2025-03-08 16:00:00,binance,BTC,0.1\n",
            "a time with its zone",
        ),
        (
            "funding_rates",
            "timestamp,venue,coin,funding_rate\n2025-03-08T16:00:00Z,ftx,BTC,0.1\n",
            "add the venue",
        ),
        (
            "open_interest",
            "timestamp,venue,coin,oi_usd\n2025-03-08T16:00:00Z,okx,BTC,0\n",
            "a number > 0",
        ),
        (
            "open_interest",
            "timestamp,venue,coin,oi_usd\n" + "2025-03-08T16:00:00Z,okx,BTC,5\n" * 2,
            "later than 2025-03-08T16:00:00",
        ),
        (
            "liquidation_volume",
            "timestamp,coin,total_usd,long_usd,short_usd,liq_count\n"
            "2025-03-08T00:00:00Z,BTC,5,-7,1,2\n",
            "a number ≥ 0",
        ),
    ],
)
def test_a_line_that_cannot_be_is_refused(tmp_path, kind, text, what):
    with pytest.raises(DataError, match=what):
        import_perpetuals([stored(tmp_path / f"{kind}.csv", text)], tmp_path / "out")


def test_a_file_of_another_name_is_refused(tmp_path):
    with pytest.raises(UsageError, match="keep the names of the files"):
        import_perpetuals([stored(tmp_path / "candles.csv", "")], tmp_path / "out")
