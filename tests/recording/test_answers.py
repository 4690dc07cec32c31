"""Recorded answers of REST requests into a recording: each trap of the layout, a test."""

import gzip
import json
from decimal import Decimal

import pytest

from bot.cli.listings import Stated, listings
from bot.errors import DataError, UsageError
from bot.feeds.answers import ANSWERS, asked_for
from bot.model.event import FundingRate, LongShortRatio, OpenInterest, TakerVolume
from bot.model.units import NS_PER_HOUR, NS_PER_MS
from bot.recording.importers.answers import Source, import_answers
from bot.recording.reader import Recording
from tests.feeds.binance.messages import INVERSE, PERPETUAL
from tests.feeds.okx.frames import SWAP

RECORD = "rest-recordings/binance/http.json.gz"


def imported(path, instrument, out, kind=None, **query):
    kinds = ANSWERS[instrument.venue]
    return import_answers(
        [path],
        instrument,
        out,
        [Source(one.read, one.path) for one in kinds.values()],
        single=None if kind is None else kinds[kind].read,
        query=query,
        asked_for=asked_for,
    ).instruments[instrument.id]


def events(out, kind=object):
    (source,) = Recording.open(out).sources()
    return [event for event in source.events() if isinstance(event, kind)]


def record(tmp_path, **routes):
    path = tmp_path / "http.json"
    requests = {
        name: {"GET": [{"data": data, "queryString": asked} for data, asked in answers]}
        for name, answers in routes.items()
    }
    path.write_text(json.dumps({"routes": requests}))
    return path


FUNDING = "/fapi/v1/fundingRate"


def paid(hour, rate="0.0001", symbol="BTCUSDT"):
    return {"symbol": symbol, "fundingRate": rate, "fundingTime": hour * 3_600_000}


def test_a_whole_record_tells_funding_interest_and_positioning(recordings, tmp_path):
    tally = imported(recordings / RECORD, PERPETUAL, tmp_path / "out")

    found = events(tmp_path / "out")
    kinds = {kind: sum(type(one) is kind for one in found) for kind in map(type, found)}
    assert kinds.keys() == {FundingRate, OpenInterest, LongShortRatio, TakerVolume}
    assert sum(kinds.values()) == tally.events
    # Requests of LTC and of COIN-M pairs, and answers that are errors, are in the same file.
    assert tally.ignored["answers about other instruments"] > 0
    assert tally.ignored["answers that are errors, or empty"] > 0
    times = [one.ts_recv for one in found]
    assert times == sorted(times)
    assert all(one.ts_recv >= one.ts_venue for one in found)


def test_a_pair_of_coin_margined_contracts_is_its_perpetual(recordings, tmp_path):
    imported(recordings / RECORD, INVERSE, tmp_path / "out")

    (now,) = [one for one in events(tmp_path / "out", OpenInterest) if one.amount == 678_465_700]
    assert now.ts_recv == now.ts_venue
    assert events(tmp_path / "out", LongShortRatio)
    # Their volumes name no contract and come in contracts of several: none is read.
    assert events(tmp_path / "out", TakerVolume) == []


def test_what_an_answer_tells_is_known_when_it_was_so(tmp_path):
    taken = [{"buyVol": "1", "sellVol": "2", "timestamp": 3_600_000}]
    path = record(
        tmp_path,
        **{
            FUNDING: [([paid(8), paid(16)], "symbol=BTCUSDT")],
            "/futures/data/takerlongshortRatio": [(taken, "symbol=BTCUSDT&period=5m")],
        },
    )

    imported(path, PERPETUAL, tmp_path / "out")

    volume, *rates = events(tmp_path / "out")
    assert volume.ts_recv == volume.until_ns == (3_600_000 + 300_000) * NS_PER_MS
    assert [one.ts_recv for one in rates] == [8 * NS_PER_HOUR, 16 * NS_PER_HOUR]
    assert [one.interval_ns for one in rates] == [None, 8 * NS_PER_HOUR]


def test_rows_of_several_answers_are_told_once_with_what_each_knows(tmp_path):
    answers = [[paid(8), paid(16)], [paid(16), paid(24)], [paid(24)]]
    path = record(tmp_path, **{FUNDING: [(rows, "symbol=BTCUSDT") for rows in answers]})

    tally = imported(path, PERPETUAL, tmp_path / "out")

    assert [one.interval_ns for one in events(tmp_path / "out")] == [None, *[8 * NS_PER_HOUR] * 2]
    assert tally.ignored == {"rows that were told before": 2}


def test_a_later_answer_corrects_an_earlier_one_and_is_counted(tmp_path):
    answers = [[paid(8)], [paid(8, "0.0002")]]
    path = record(tmp_path, **{FUNDING: [(rows, "symbol=BTCUSDT") for rows in answers]})

    tally = imported(path, PERPETUAL, tmp_path / "out")

    assert [one.rate for one in events(tmp_path / "out")] == [Decimal("0.0002")]
    assert tally.ignored == {"rows that a later answer corrected": 1}


def test_errors_empty_and_missing_answers_are_left_out(tmp_path):
    error = {"code": -1121, "msg": "Invalid symbol."}
    answers = [(error, "symbol=BTCUSDT"), ([], "symbol=BTCUSDT"), (None, "symbol=BTCUSDT")]
    path = record(tmp_path, **{FUNDING: [*answers, ([paid(8)], "symbol=BTCUSDT")]})

    tally = imported(path, PERPETUAL, tmp_path / "out")

    assert (tally.events, tally.frames) == (1, 1)
    assert tally.ignored == {"answers that are errors, or empty": 3}


def test_rows_of_another_symbol_than_was_asked_for_are_refused_with_their_place(tmp_path):
    path = record(tmp_path, **{FUNDING: [([paid(8, symbol="ETHUSDT")], "symbol=BTCUSDT")]})

    with pytest.raises(DataError, match="rows of ETHUSDT") as refused:
        imported(path, PERPETUAL, tmp_path / "out")

    assert f"{FUNDING} request 0" in refused.value.where


def test_a_volume_without_its_period_is_refused(tmp_path):
    rows = [{"buyVol": "1", "sellVol": "2", "timestamp": 1}]
    path = record(tmp_path, **{"/futures/data/takerlongshortRatio": [(rows, "symbol=BTCUSDT")]})

    with pytest.raises(UsageError, match="period"):
        imported(path, PERPETUAL, tmp_path / "out")


def test_a_record_without_a_word_about_the_instrument_is_refused(tmp_path):
    path = record(tmp_path, **{FUNDING: [([paid(8, symbol="LTCUSDT")], "symbol=LTCUSDT")]})

    with pytest.raises(DataError, match="no answer that tells anything"):
        imported(path, PERPETUAL, tmp_path / "out")


def test_a_single_answer_is_read_as_what_it_is_said_to_be(recordings, tmp_path):
    path = recordings / "api-fixtures/okx/http_get_funding_rate_history.json"

    imported(path, SWAP, tmp_path / "out", kind="funding-history")

    # What was paid, not what had been predicted beside it.
    assert [one.rate for one in events(tmp_path / "out")] == [
        Decimal("-0.00002"),
        Decimal("0.00015"),
    ]
    with pytest.raises(DataError, match="state the kind"):
        imported(path, SWAP, tmp_path / "other")


@pytest.mark.parametrize("content", [b'{"routes": {', b"\x1f\x8b\x08cut", b"\xff"])
def test_a_file_that_is_cut_short_is_one_clear_error(tmp_path, content):
    path = tmp_path / "http.json"
    path.write_bytes(content)

    with pytest.raises(DataError, match="a whole JSON file"):
        imported(path, PERPETUAL, tmp_path / "out", kind="funding-history")


def test_listings_of_a_record_know_their_funding_intervals(recordings, tmp_path):
    known = json.loads(gzip.decompress((recordings / RECORD).read_bytes()))["routes"]
    terms = {one["symbol"]: one for one in known["/fapi/v1/fundingInfo"]["GET"][0]["data"]}
    stated = [Stated("binanceusdm", "BTC/USDT:USDT"), Stated("binancecoinm", "BTC/USD:BTC")]

    found = listings(stated, {}, recordings / RECORD)

    linear, inverse = (found[one.id] for one in stated)
    assert (linear.inverse, inverse.inverse, inverse.contract_size) == (False, True, 100)
    hours = terms.get("BTCUSDT", {"fundingIntervalHours": 8})["fundingIntervalHours"]
    assert linear.funding_interval_ns == hours * NS_PER_HOUR
    assert inverse.funding_interval_ns == 8 * NS_PER_HOUR
    with pytest.raises(DataError, match="exchangeInfo"):
        listings([Stated("binanceusdm", "BTC/USDT:USDT")], {}, record(tmp_path, x=[]))
