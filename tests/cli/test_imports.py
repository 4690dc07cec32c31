"""`bot import` and `bot data`: captures become recordings, and recordings tell what they hold."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from bot.recording.reader import Recording
from tests.cli.asking import Ask
from tests.cli.captures import frames, write

BTC = ("--venue", "binanceusdm", "--symbol", "BTC/USDT:USDT")
PERP = "binanceusdm:BTC/USDT:USDT"
ETHER = "binanceusdm:ETH/USDT:USDT"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return write(tmp_path / "btcusdt.gz", frames())


@pytest.fixture
def recording(ask: Ask, capture: Path, tmp_path: Path) -> Path:
    assert ask("import", capture, *BTC, "--out", tmp_path / "recordings" / "day").code == 0
    return tmp_path / "recordings" / "day"


def test_a_capture_becomes_a_recording_with_the_grid_of_its_snapshot(recording: Path):
    (instrument,) = Recording.open(recording).instruments.values()

    assert instrument.id == PERP
    assert instrument.grid.tick == Decimal("0.1")
    assert instrument.lot == Decimal("0.001")


def test_what_was_imported_is_told_in_json(ask: Ask, capture: Path, tmp_path: Path):
    told = json.loads(ask("import", capture, *BTC, "--out", tmp_path / "out", "--json").out)

    assert told["instruments"][PERP]["frames"] == 61
    assert told["clock_offset_ns"] == 1_000_000
    assert all(Path(name).is_file() for name in told["files"])


def test_a_gap_and_duplicates_are_said_where_the_import_ends(ask: Ask, tmp_path: Path):
    lines = frames()
    torn = write(tmp_path / "torn.gz", [*lines[:20], lines[19], *lines[25:]])

    answer = ask("import", torn, *BTC, "--out", tmp_path / "out")

    assert answer.code == 0
    assert f"{PERP}: 1 gaps in the changes of the book" in answer.err
    assert "`bot data gaps`" in answer.err
    assert f"{PERP}: 1 duplicates, left out" in answer.err


def test_a_sound_capture_is_imported_without_a_word_of_warning(
    ask: Ask, capture: Path, tmp_path: Path
):
    answer = ask("import", capture, *BTC, "--out", tmp_path / "out")

    assert PERP not in answer.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "got no frames, expected frames of binanceusdm:BTC/USDT:USDT"),
        (b"hello world\n", 'line 1: got "hello", expected a receive time'),
        (b"\x1f\x8b\x08", "expected a whole gzip file"),
    ],
)
def test_a_file_that_is_no_capture_is_told_as_such_and_not_as_a_missing_tick(
    ask: Ask, tmp_path: Path, content: bytes, said: str
):
    (tmp_path / "odd.gz").write_bytes(content)

    answer = ask("import", tmp_path / "odd.gz", *BTC, "--out", tmp_path / "out")

    assert answer.code == 3
    assert said in answer.err
    assert "--tick" not in answer.err


def test_several_instruments_in_one_call_share_one_clock(ask: Ask, capture: Path, tmp_path: Path):
    other = write(tmp_path / "ethusdt.gz", frames("ETHUSDT"))

    told = json.loads(
        ask(
            *("import", "--out", tmp_path / "out", "--json"),
            *("--file", f"{capture}={PERP},tick=0.1,lot=0.0005"),
            *("--file", f"{other}={ETHER},tick=0.1,lot=0.001"),
        ).out
    )

    assert told["instruments"].keys() == {PERP, ETHER}
    assert Recording.open(tmp_path / "out").instruments[PERP].lot == Decimal("0.0005")


def test_neighbours_are_read_for_the_clock_and_not_imported(
    ask: Ask, capture: Path, tmp_path: Path
):
    folder = tmp_path / "others"
    folder.mkdir()
    late = [b"%d %s" % (int(line.split()[0]) - 10**9, line.split(b" ", 1)[1]) for line in frames()]
    write(folder / "slow.gz", late)

    told = json.loads(
        ask("import", capture, *BTC, "--out", tmp_path / "out", "--with", folder, "--json").out
    )

    assert told["clock_offset_ns"] > 900_000_000
    assert told["instruments"].keys() == {PERP}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--venue", "binanceusdn", "--symbol", "BTC/USDT:USDT"], 2, "did you mean binanceusdm?"),
        (["--venue", "kraken", "--symbol", "BTC/USDT"], 2, "binance | binanceusdm | binancecoinm"),
        (["--venue", "binanceusdm", "--symbol", "BTC/USDT"], 2, "unified symbol"),
        (["--venue", "binanceusdm", "--symbol", "BTCUSDT"], 2, "unified symbol"),
        (["--venue", "binanceusdm"], 2, "--symbol"),
        (["--symbol", "BTC/USDT:USDT"], 2, "--venue"),
        (["--venue", "binancecoinm", "--symbol", "BTC/USD:BTC"], 2, "contract size"),
        ([*BTC, "--tick", "0.25"], 3, "a multiple of 0.25"),
        ([*BTC, "--tick", "0"], 2, "a number > 0"),
        ([*BTC, "--tick", "fine"], 2, "a number > 0"),
        (["--venue", "binanceusdm", "--symbol", "ETH/USDT:USDT"], 3, "frames of other symbols"),
        ([*BTC, "--format", "tardis", "--tick", "0.1", "--lot", "0.001"], 3, "the columns of"),
        ([*BTC, "--format", "hftbacktest", "--tick", "0.1", "--lot", "0.1"], 3, "npz"),
        ([*BTC, "--format", "hourly"], 2, "no RAW"),
        ([*BTC, "--format", "parquet"], 2, "--format"),
        ([*BTC, "--with", "nowhere"], 2, "a folder or file"),
    ],
)
def test_what_does_not_fit_the_capture_is_told(
    arguments: list[str], code: int, said: str, ask: Ask, capture: Path, tmp_path: Path
):
    answer = ask("import", capture, "--out", tmp_path / "out", *arguments)

    assert answer.code == code
    assert answer.err.startswith("error[")
    assert answer.err.count("\n") == 1
    assert said in answer.err


@pytest.mark.parametrize("text", ["", "a.gz", "a.gz=binance", "a=b:c,tik=1", "=binance:BTC/USDT"])
def test_a_file_with_a_spoiled_instrument_is_refused(text: str, ask: Ask, tmp_path: Path):
    answer = ask("import", "--file", text, "--out", tmp_path / "out")

    assert answer.code == 2
    assert "--file" in answer.err


def test_a_file_that_is_not_there_is_refused(ask: Ask, tmp_path: Path):
    answer = ask("import", tmp_path / "absent.gz", *BTC, "--out", tmp_path / "out")

    assert answer.code == 2
    assert "absent.gz" in answer.err


def test_a_capture_without_a_snapshot_needs_its_steps_stated(ask: Ask, tmp_path: Path):
    path = write(tmp_path / "late.gz", frames()[1:])

    answer = ask("import", path, *BTC, "--out", tmp_path / "out")

    assert answer.code == 2
    assert "state --tick and --lot" in answer.err


def test_damage_is_told_and_what_was_good_is_kept(ask: Ask, tmp_path: Path):
    path = write(tmp_path / "torn.gz", [*frames(), b'1767225700000000000 {"stream":"btcu'])

    answer = ask("import", path, *BTC, "--out", tmp_path / "out")

    assert answer.code == 3
    assert f"torn.gz line {len(frames()) + 1}" in answer.err
    assert Recording.open(tmp_path / "out").files


def test_terms_come_from_exchange_info_where_there_is_one(ask: Ask, capture: Path, tmp_path: Path):
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001"},
        {"filterType": "MIN_NOTIONAL", "notional": "100"},
    ]
    pair = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "marginAsset": "USDT"}
    listed = pair | {"contractType": "PERPETUAL", "status": "TRADING", "filters": filters}
    info = tmp_path / "exchangeInfo.json"
    info.write_text(json.dumps({"symbols": [listed]}))
    terms = ("--exchange-info", info, "--out", tmp_path / "out")

    imported = ask("import", capture, *BTC, *terms)
    unknown = ask("import", capture, "--venue", "binanceusdm", "--symbol", "BTC/USTD:USTD", *terms)

    assert imported.code == 0
    assert Recording.open(tmp_path / "out").instruments[PERP].notional_min == Decimal(100)
    assert unknown.code == 2
    assert "did you mean BTC/USDT:USDT?" in unknown.err


def test_hourly_bars_need_a_book_and_steps(ask: Ask, tmp_path: Path):
    bars = tmp_path / "bars.csv"
    bars.write_text(
        "date,open,high,low,close,volume\n"
        "2024-01-01 00:00:00+00:00,60000,60100,59900,60050,10\n"
        "2024-01-01 01:00:00+00:00,60050,60100,59900,60000,10\n"
    )
    hourly = ("import", "--format", "hourly", *BTC, "--bars", bars, "--out", tmp_path / "out")
    steps = ("--tick", "0.1", "--lot", "0.001")

    assert "a bar has no book" in ask(*hourly, *steps).err
    assert "tick" in ask(*hourly, "--half-spread-bps", "1", "--depth-base", "5").err
    answer = ask(
        *hourly, *steps, "--half-spread-bps", "1", "--depth-base", "5", "--since", "2024-01-01"
    )
    assert answer.code == 0, answer.err
    assert "2 messages" in ask("data", "inspect", tmp_path / "out").out


def test_recordings_are_listed_and_inspected(ask: Ask, recording: Path):
    listed = json.loads(ask("data", "list", recording.parent, "--json").out)
    report = json.loads(ask("data", "inspect", recording, "--json").out)

    assert [each["instruments"] for each in listed] == [[PERP]]
    assert report["instruments"][0]["rows"]["trade"] == 10
    assert report["instruments"][0]["snapshots"] == 1
    assert PERP in ask("data", "list", recording.parent).out


def test_a_gap_and_a_silence_are_told(ask: Ask, tmp_path: Path):
    lines = frames()
    path = write(tmp_path / "holed.gz", lines[:20] + lines[40:])
    ask("import", path, *BTC, "--tick", "0.1", "--lot", "0.001", "--out", tmp_path / "out")

    holes = json.loads(ask("data", "gaps", tmp_path / "out", "--silence-s", "1", "--json").out)

    assert {hole["reason"] for hole in holes} == {"gap", "silence"}
    assert "gap" in ask("data", "gaps", tmp_path / "out").out


@pytest.mark.parametrize(
    ("form", "name"), [((), "out.npz"), (("--dataset", "trades"), "out.csv.gz")]
)
def test_a_recording_is_exported_and_imported_again(
    form: tuple[str, ...], name: str, ask: Ask, recording: Path, tmp_path: Path
):
    kind = "tardis" if form else "hftbacktest"
    native = ("--exchange", "binance-futures", "--native-symbol", "BTCUSDT") if form else ()

    exported = ask(
        *("data", "export", recording, "--instrument", PERP, "--format", kind),
        *("--out", tmp_path / name, "--json", *form, *native),
    )
    imported = ask(
        *("import", tmp_path / name, "--format", kind, *BTC, "--tick", "0.1", "--lot", "0.001"),
        *("--out", tmp_path / "again"),
    )

    assert exported.code == 0, exported.err
    assert json.loads(exported.out)["rows"] > 0
    assert imported.code == 0, imported.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["data", "list", "nowhere"], 4, "nowhere"),
        (["data", "inspect", "nowhere"], 4, "bot import"),
        (["data", "gaps", "nowhere"], 4, "bot import"),
    ],
)
def test_a_recording_that_is_not_there_is_told(
    arguments: list[str], code: int, said: str, ask: Ask
):
    answer = ask(*arguments)

    assert answer.code == code
    assert said in answer.err


def test_an_instrument_that_is_not_recorded_is_told(ask: Ask, recording: Path, tmp_path: Path):
    answer = ask(
        *("data", "export", recording, "--instrument", "binanceusdm:BTC/USTD:USDT"),
        *("--format", "hftbacktest", "--out", tmp_path / "x.npz"),
    )

    assert answer.code == 2
    assert f"did you mean {PERP}?" in answer.err
