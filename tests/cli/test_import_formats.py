"""`bot import` of runs, archives, series and captures of any venue."""

import gzip
import json
from pathlib import Path

import pytest

from bot.recording.reader import Recording
from tests.cli.asking import Ask
from tests.feeds.hyperliquid.test_decoder import META, book
from tests.feeds.tape import NOW
from tests.recording.runs import files
from tests.recording.series.files import every, history
from tests.recording.test_run import CHANGE, SNAPSHOT, run


def test_a_run_needs_only_its_venue(ask: Ask, tmp_path: Path):
    paths = run(tmp_path, SNAPSHOT, CHANGE)

    answer = ask("import", "--format", "run", "--venue", "okx", "--out", tmp_path / "out", *paths)

    assert answer.code == 0
    assert list(Recording.open(tmp_path / "out").instruments) == ["okx:BTC/USDT"]


def test_a_recorded_run_is_told_in_json_and_has_no_holes(ask: Ask, recordings, tmp_path: Path):
    out, paths = tmp_path / "out", files(recordings, "OKX")

    told = json.loads(
        ask("import", "--format", "run", "--venue", "okx", "--out", out, *paths, "--json").out
    )

    counted = [one["decoded"]["checksums"] for one in told["instruments"].values()]
    assert sum(counted) == 290
    gaps = ask("data", "gaps", out, "--silence-s", "30")
    assert "0 holes" in gaps.err


def test_a_checksum_that_failed_is_said_where_the_import_ends(ask: Ask, tmp_path: Path):
    wrong = CHANGE.replace(b'"seqId":2', b'"checksum":5,"seqId":2')
    paths = run(tmp_path, SNAPSHOT, wrong)

    answer = ask("import", "--format", "run", "--venue", "okx", "--out", tmp_path / "out", *paths)

    assert answer.code == 0
    assert "1 checksums of the book that did not come out" in answer.err


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--format", "run"), "--venue"),
        (("--format", "run", "--venue", "okex"), "did you mean okx?"),
        (("--format", "perpetuals", "--file", "x=okx:BTC/USDT"), "needs no --file"),
        (
            (
                "--format",
                "positioning",
            ),
            "name what to import",
        ),
        (("--venue", "deribit", "--symbol", "BTC/USD:BTC"), "--exchange-info"),
    ],
)
def test_what_is_missing_is_said(ask: Ask, tmp_path: Path, flags, expected):
    raw = [] if "positioning" in flags else run(tmp_path, SNAPSHOT)

    answer = ask("import", *flags, "--out", tmp_path / "out", *raw)

    assert answer.code == 2
    assert expected in answer.err


def test_a_capture_of_another_venue_is_decoded_with_its_own_terms(ask: Ask, tmp_path: Path):
    meta = tmp_path / "meta.json"
    meta.write_bytes(META)
    capture = tmp_path / "btc.gz"
    frame = json.dumps(book([("90000.0", "1.5")], [("90001.0", "2")])).encode()
    capture.write_bytes(gzip.compress(b"%d %s\n" % (NOW, frame)))
    flags = ("--venue", "hyperliquid", "--symbol", "BTC/USDC:USDC", "--exchange-info", meta)

    answer = ask("import", capture, *flags, "--out", tmp_path / "out")

    assert answer.code == 0
    (instrument,) = Recording.open(tmp_path / "out").instruments.values()
    assert instrument.grid.significant_figures == 5


def test_an_archive_is_imported_with_stated_steps(ask: Ask, recordings, tmp_path: Path):
    path = recordings / "bybit-l2-2024-12-01/xrpusdt-ob500.data.zip"
    flags = ("--venue", "bybit", "--symbol", "XRP/USDT:USDT", "--tick", "0.0001", "--lot", "1")

    answer = ask("import", "--format", "archive", path, *flags, "--out", tmp_path / "out")

    assert answer.code == 0
    assert "50" in answer.out


def test_a_series_takes_its_terms_from_a_recording_that_knows_them(ask: Ask, tmp_path: Path):
    known, out = tmp_path / "known", tmp_path / "out"
    ask("import", "--format", "run", "--venue", "okx", "--out", known, *run(tmp_path, SNAPSHOT))
    path = history(tmp_path, "gate", *every(8, 3))

    answer = ask("import", "--format", "venue-histories", path, "--terms", known, "--out", out)

    assert answer.code == 0
    assert Recording.open([known, out]).instruments.keys() == {
        "okx:BTC/USDT",
        "gate:BTC/USDT:USDT",
    }


def test_answers_are_imported_with_the_terms_of_the_same_record(
    ask: Ask, recordings, tmp_path: Path
):
    packed = recordings / "rest-recordings/binance/http.json.gz"
    stated = ("--venue", "binanceusdm", "--symbol", "BTC/USDT:USDT", "--exchange-info", packed)

    answer = ask("import", "--format", "answers", *stated, "--out", tmp_path / "out", packed)
    wrong = ask(
        "import", "--format", "answers", *stated, "--answer", "x", "--out", tmp_path / "no", packed
    )

    assert answer.code == 0
    assert "answers about other instruments" in answer.err
    assert list(Recording.open(tmp_path / "out").instruments) == ["binanceusdm:BTC/USDT:USDT"]
    assert wrong.code == 2
    assert "funding-history" in wrong.err
