"""`bot signals`: what there is, what it said, what that is worth; of anybody's signals."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bot.plugins.house import house
from tests.cli.asking import Ask
from tests.cli.markets import PERP, record
from tests.config.samples import WHOLE
from tests.report.test_html import read

QUEUE = f"QueueImbalance:{PERP},source=book"
TRADES = f"TradeImbalance:{PERP}"

MINE = '''\
"""Two signals of somebody's."""

import math

from bot import END, TRADE, KernelWatch, PlainWatch, signal_kernel


class Lean(PlainWatch, frozen=True):
    """Who queues at the touch. + when bids do, in [-1, 1]. Source: my desk."""

    def update(self, message, memory):
        if message.bid is None or message.ask is None:
            return None
        bid, ask = message.bid[1], message.ask[1]
        return (bid - ask) / (bid + ask)


@signal_kernel
def count(kind, side, price, size, previous, t, ladder, param, state):
    if kind == TRADE:
        state[0] += side * param[0]
    return state[0] if kind == END else math.nan


class Count(KernelWatch, frozen=True):
    """Trades, buys less sells. + when more bought. Source: my desk."""

    unit = "trades"
    update = count
    states = 1
    weight: float = 1.0

    def param(self):
        return (self.weight,)
'''


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("signals") / "recording")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path / "mine.py"


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_the_list_has_every_signal_in_a_line(ask: Ask):
    answer = ask("signals", "list")

    assert answer.code == 0
    lines = answer.out.splitlines()
    assert len(lines) == len(house()) + 1
    assert any(line.startswith("OrderFlowImbalance ") and "mean queues" in line for line in lines)


def test_the_list_as_json_documents_each(ask: Ask):
    told = json.loads(ask("signals", "list", "--json").out)

    assert told["broken"] == []
    (one,) = (each for each in told["signals"] if each["name"] == "Spread")
    assert one["unit"] == "bps"
    assert one["outputs"] == ["value", "z"]
    assert {each["name"]: each["default"] for each in one["parameters"]}["z_window_s"] == "3600"


def test_one_signal_in_full(ask: Ask, mine: Path):
    house_own, file = ask("signals", "list", "NetCarry"), ask("signals", "list", f"{mine}:Count")

    assert "sign        + when it pays." in house_own.out
    assert "short          true or false, default true: the perpetual is sold" in house_own.out
    assert file.out.startswith("Count: Trades, buys less sells.")
    assert "source      my desk." in file.out


def test_a_signal_that_is_not_there_is_told_with_the_nearest(ask: Ask):
    answer = ask("signals", "list", "NetCary")

    assert answer.code == 2
    assert "did you mean NetCarry?" in answer.err


def test_computed_signals_are_in_parquet_csv_and_on_a_page(
    ask: Ask, recording: Path, tmp_path: Path
):
    out = tmp_path / "out"
    answer = ask("signals", "compute", recording, "--signal", QUEUE, "--signal", TRADES,
                 "--out", out, "--json")  # fmt: skip

    told = json.loads(answer.out)
    assert answer.code == 0, answer.err
    assert {Path(each).name for each in told["files"]} == {
        f"{name}.{ending}"
        for name in ("QueueImbalance", "TradeImbalance")
        for ending in ("csv", "parquet")
    }
    table = pq.read_table(out / "QueueImbalance.parquet")
    assert table.column_names == [
        *("ts_ns", "time", "value", "z", "quality", "ready", "stale"),
        *("output_value", "output_mean"),
    ]
    assert table.schema.metadata[b"unit"] == b"1"
    lines = rows_of(out / "QueueImbalance.csv")
    assert [int(line["ts_ns"]) for line in lines] == table["ts_ns"].to_pylist()
    assert [float(line["value"]) for line in lines] == table["value"].to_pylist()
    assert len(lines) == told["signals"][0]["looks"] == 89
    assert {line["z"] for line in lines} == {""}  # unknown, and never zero
    assert table["z"].null_count == 89
    page = read((out / "signals.html").read_text())
    said = " ".join(page.text)
    assert "Gould & Bonart" in said
    assert f"{PERP} book" in said  # an input, in the why
    assert sum(tag == "svg" for tag, _ in page.tags) == 2
    assert not any(key in ("src", "href") for _, given in page.tags for key in given)


def test_looks_at_changes_messages_and_steps(ask: Ask, recording: Path, tmp_path: Path):
    def looks(*when: str) -> int:
        out = tmp_path / "_".join(when).replace("/", "")
        answer = ask("signals", "compute", recording, "--signal", QUEUE, *when, "--out", out,
                     "--json")  # fmt: skip
        assert answer.code == 0, answer.err
        return json.loads(answer.out)["signals"][0]["looks"]

    assert looks("--messages", PERP) == 1080
    assert 250 < looks("--changes") <= 360
    assert looks("--step", "0.5") == 179


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        ([], "--signal: got nothing", 2),
        (["--signal", "Nothing:a:b/c"], "got \"Nothing\"", 2),
        (["--signal", "LogMid:sim:DOGE/USDT"], "sim:BTC/USDT:USDT", 2),
        (["--signal", QUEUE, "--step", "1", "--changes"], "expected one of them", 2),
        (["--signal", QUEUE, "--step", "0"], "--step", 2),
        (["--signal", f"{QUEUE},source=boat"], "expected touch or book", 2),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_one_message(
    arguments: list[str], said: str, code: int, ask: Ask, recording: Path, tmp_path: Path
):
    answer = ask("signals", "compute", recording, *arguments, "--out", tmp_path / "out")

    assert answer.code == code
    assert said in answer.err
    assert answer.err.startswith("error[")
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_recording_that_is_not_there(ask: Ask, tmp_path: Path):
    answer = ask("signals", "compute", tmp_path / "no", "--signal", QUEUE, "--out", tmp_path)

    assert answer.code == 4


def test_what_signals_are_worth_is_told_in_words_and_figures(ask: Ask, recording: Path):
    answer = ask("signals", "evaluate", recording, "--signal", QUEUE, "--taker-bps", "5",
                 "--seed", "3")  # fmt: skip

    assert answer.code == 0, answer.err
    assert "higher scores came before higher prices at next move" in answer.out
    assert "none for IC, R² contemporaneous, R² forward at 60 s" in answer.out
    assert "spans of 60 s that do not overlap, expected at least 8" in answer.out
    assert "Seed 3, 2,000 draws." in answer.out
    assert "n=89" in answer.out


def test_the_worth_as_json_as_csv_and_on_a_page(ask: Ask, recording: Path, tmp_path: Path):
    answer = ask("signals", "evaluate", recording, "--signal", QUEUE, "--signal", TRADES,
                 "--horizon", "1", "--horizon", "5", "--out", tmp_path, "--json")  # fmt: skip

    told = json.loads(answer.out)
    assert (told["seed"], told["draws"]) == (1, 2000)
    one = told["signals"][0]
    assert [at["horizon"] for at in one["at"]] == ["next move", "1 s", "5 s"]
    assert one["at"][1]["ic"]["n"] == 88
    assert one["at"][1]["net_bps"] == {
        "value": None, "n": 0, "low": None, "high": None, "why": "no taker fee was stated",
    }  # fmt: skip
    lines = rows_of(tmp_path / "worth.csv")
    assert len(lines) == 2 * (2 + 3 * 6)
    (ic,) = (
        line
        for line in lines
        if (line["signal"], line["horizon"], line["figure"]) == ("QueueImbalance", "1 s", "ic")
    )
    assert float(ic["value"]) == one["at"][1]["ic"]["value"]
    page = read((tmp_path / "worth.html").read_text())
    said = " ".join(page.text)
    assert one["verdict"] in said
    assert "no taker fee was stated" in said
    assert "seed 1, 2,000 draws" in said
    assert sum(tag == "svg" for tag, _ in page.tags) == 2 * 5


def test_fees_of_a_configuration_are_taken(ask: Ask, recording: Path, tmp_path: Path):
    path = tmp_path / "paper.toml"
    path.write_text(WHOLE)

    answer = ask("signals", "evaluate", recording, "--signal", QUEUE, "--config", path, "--json")

    told = json.loads(answer.out)["signals"][0]
    assert told["taker_fee"] > 0
    assert told["at"][1]["cost_bps"] == pytest.approx(2e4 * told["taker_fee"] + 20, rel=0.2)


def test_a_step_that_ends_on_no_horizon_is_refused(ask: Ask, recording: Path):
    answer = ask("signals", "evaluate", recording, "--signal", QUEUE, "--step", "0.3")

    assert answer.code == 2
    assert "a part of each horizon" in answer.err


def test_signals_of_a_file_are_documented_explained_and_measured_like_the_bots_own(
    ask: Ask, recording: Path, mine: Path, tmp_path: Path
):
    lean, count = f"{mine}:Lean:{PERP}", f"{mine}:Count:{PERP},weight=2"
    out = tmp_path / "out"

    computed = ask("signals", "compute", recording, "--signal", lean, "--signal", count,
                   "--signal", QUEUE, "--out", out)  # fmt: skip
    judged = ask("signals", "evaluate", recording, "--signal", lean, "--signal", count,
                 "--signal", QUEUE, "--json")  # fmt: skip

    assert (computed.code, judged.code) == (0, 0), computed.err + judged.err
    tables = {
        name: pq.read_table(out / f"{name}.parquet") for name in ("Lean", "Count", "QueueImbalance")
    }
    assert np.allclose(tables["Lean"]["value"], tables["QueueImbalance"]["value"])
    assert tables["Count"]["value"].to_pylist()[-1] % 2 == 0
    said = " ".join(read((out / "signals.html").read_text()).text)
    assert "Trades, buys less sells." in said
    assert "my desk." in said
    assert f"{PERP} book" in said
    mine_at, _, house_at = (each["at"] for each in json.loads(judged.out)["signals"])
    for one, other in zip(mine_at, house_at, strict=True):
        assert one["ic"] == other["ic"]


def test_a_signal_of_a_file_that_raises_is_named_and_nothing_is_written(
    ask: Ask, recording: Path, tmp_path: Path
):
    text = MINE.replace("return (bid - ask) / (bid + ask)", "return bid / 0")
    (tmp_path / "wrong.py").write_text(text)

    spec = f"{tmp_path / 'wrong.py'}:Lean:{PERP}"
    answer = ask("signals", "compute", recording, "--signal", spec, "--out", tmp_path / "out")

    assert answer.code == 12
    assert "Lean: ZeroDivisionError" in answer.err
    assert not (tmp_path / "out").exists()
