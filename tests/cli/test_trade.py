"""`bot replay`: the figures of a run over a recording, the same each time."""

import json
from pathlib import Path

import pytest

from tests.cli.asking import Ask
from tests.cli.captures import frames, write
from tests.config.samples import WHOLE

PERP = "binanceusdm:BTC/USDT:USDT"
FIGURES = {
    *("rows", "events", "messages", "decisions", "orders", "fills", "partial_fills"),
    *("baskets_closed", "baskets_unwound", "funding_payments", "refused", "rows_per_second"),
    *("equity_change", "attribution", "outcome_hash", "crossed_books", "sequence_gaps"),
}


@pytest.fixture
def recording(ask: Ask, tmp_path: Path) -> Path:
    capture = write(tmp_path / "btcusdt.gz", frames(messages=200))
    ask("import", "--file", f"{capture}={PERP}", "--out", tmp_path / "recording")
    return tmp_path / "recording"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    text = WHOLE.replace('mode = "paper"', 'mode = "replay"').replace('"venue"', '"mid"')
    text = text.replace("sim:BTC", "binanceusdm:BTC").replace(".sim]", ".binanceusdm]")
    text = text.replace("\nsim =", "\nbinanceusdm =").replace("mark = ", "last = ")
    text = text.replace("reference.last", "reference.mark")
    path = tmp_path / "replay.toml"
    path.write_text(
        text.replace('order_notional_max = "10000"', 'order_notional_max = "150000"')
        .replace("gross_notional_max = 50000", 'gross_notional_max = "none"')
        .replace('leverage_max = "2.5"', 'leverage_max = "none"')
        .replace(
            'price_collar_bps = { last = "100", mid = "50" }', 'price_collar_bps = { mid = "50" }'
        )
    )
    return path


def test_a_replay_tells_its_figures_and_is_the_same_again(ask: Ask, recording: Path, config: Path):
    runs = [
        ask("replay", recording, "--config", config, "--json", *more)
        for more in ((), ("--rows", "1"), ("--rows", "7"))
    ]

    told = [json.loads(run.out) for run in runs]
    assert told[0].keys() >= FIGURES
    assert told[0]["messages"] == 241
    assert told[0]["fills"] > 0
    assert isinstance(told[0]["attribution"]["fees"], str)
    assert len({each["outcome_hash"] for each in told}) == 1


@pytest.mark.parametrize(
    "change",
    ["fees.binanceusdm.taker=0.0004", "venue.latency_out_ms=3", "strategies.hedge.band=0.125"],
)
def test_a_flag_that_changes_the_run_changes_its_hash(
    change: str, ask: Ask, recording: Path, config: Path
):
    key, _, value = change.partition("=")
    told = f'{key}="{value}"' if key.startswith("fees") else change
    command = ("replay", recording, "--config", config, "--json")

    before, after = json.loads(ask(*command).out), json.loads(ask(*command, "--set", told).out)

    assert before["outcome_hash"] != after["outcome_hash"]


def test_a_person_is_told_the_money_first(ask: Ask, recording: Path, config: Path):
    answer = ask("replay", recording, "--config", config)

    assert answer.code == 0
    assert "exactly the sum of the above" in answer.out
    assert answer.out.index("equity") < answer.out.index("orders")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--instrument", "binanceusdm:BTC/USTD:USDT"], 2, f"did you mean {PERP}?"),
        (["--set", "strategies.hedge.perp=binanceusdm:ETH/USDT:USDT"], 2, "strategies.hedge.perp"),
        (["--rows", "0"], 2, "--rows"),
    ],
)
def test_what_the_recording_has_not_is_told(
    arguments: list[str], code: int, said: str, ask: Ask, recording: Path, config: Path
):
    answer = ask("replay", recording, "--config", config, *arguments)

    assert answer.code == code
    assert said in answer.err


def test_a_report_is_written_where_it_is_asked_for(
    ask: Ask, recording: Path, config: Path, tmp_path: Path
):
    page = tmp_path / "page.html"

    answer = ask("replay", recording, "--config", config, "--report", page)

    assert answer.code == 0
    assert page.read_text().startswith("<!doctype html>")
    assert "Assumption sensitivity" in page.read_text()
    assert "11 times more" in answer.err


def test_a_report_without_its_sensitivity_costs_one_run(
    ask: Ask, recording: Path, config: Path, tmp_path: Path
):
    page = tmp_path / "page.html"

    answer = ask("replay", recording, "--config", config, "--report", page, "--no-sensitivity")

    assert answer.code == 0
    assert "Assumption sensitivity" not in page.read_text()
    assert "times more" not in answer.err


def test_the_sensitivity_is_told_to_programs_too(ask: Ask, recording: Path, config: Path):
    plain = json.loads(ask("replay", recording, "--config", config, "--json").out)
    asked = json.loads(ask("replay", recording, "--config", config, "--json", "--sensitivity").out)

    assert plain["sensitivity"] is None
    assert len(asked["sensitivity"]["cases"]) == 12
    (own,) = (case for case in asked["sensitivity"]["cases"] if case["own"])
    assert own["equity_change"] == asked["equity_change"] == plain["equity_change"]
    assert own["fills"] == asked["fills"]


def test_a_run_on_paper_is_kept_verified_and_exported(ask: Ask, tmp_path: Path):
    session = tmp_path / "session"

    ran = ask("run", "--for", "1s", "--session", session, "--json")
    verified = ask("replay", "--verify", session, "--json")
    exported = ask("export", "fills", "--session", session, "--out", tmp_path / "fills.csv")

    told = json.loads(ran.out)
    assert ran.code == 0
    assert told["session"] == str(session)
    assert told["mode"] == "paper"
    assert (session / "report.html").exists()
    assert verified.code == 0
    assert json.loads(verified.out)["difference"] is None
    assert exported.code == 0
    assert (tmp_path / "fills.csv").exists()


def test_a_session_is_reported_again_and_explained(ask: Ask, tmp_path: Path):
    session = tmp_path / "session"
    ask("run", "--for", "1s", "--session", session, "--json")
    moment = ("--at", "2026-01-01T00:00:30Z", "--strategy", "delta_hedge")

    reported = ask("report", "--session", session, "--out", tmp_path / "page.html")
    explained = ask("explain", *moment, "--session", session)
    unknown = ask("explain", "nobody-1", "--session", session)

    assert reported.code == 0
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert "Assumption sensitivity" not in (tmp_path / "page.html").read_text()
    assert explained.code == 0
    assert "delta_hedge" in explained.out
    assert unknown.code == 4
    assert "nobody-1" in unknown.err


@pytest.mark.parametrize("verb", ["status", "pause", "resume", "cancel", "flatten", "halt"])
def test_nobody_runs_on_a_session_that_has_ended(verb: str, ask: Ask, tmp_path: Path):
    answer = ask(verb, "--session", tmp_path)

    assert answer.code == 4
    assert "start it with `bot run`" in answer.err


def test_a_recording_that_is_not_there_is_told(ask: Ask, config: Path, tmp_path: Path):
    answer = ask("replay", tmp_path / "absent", "--config", config)

    assert answer.code == 4
    assert "absent" in answer.err


def test_a_replay_configuration_does_not_run_on_paper(ask: Ask, config: Path):
    answer = ask("run", "--config", config)

    assert answer.code == 2
    assert "bot replay" in answer.err
