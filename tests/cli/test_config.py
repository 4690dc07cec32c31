"""`bot config`: shown with origins, described for editors, checked whole."""

import json
import tomllib
from pathlib import Path

import pytest

from bot.config.loading import parse
from tests.cli.asking import Ask
from tests.config.broken import BROKEN
from tests.config.samples import WHOLE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "paper.toml"
    file.write_text(WHOLE)
    return file


def test_what_is_shown_is_toml_that_says_the_same(ask: Ask, path: Path):
    answer = ask("config", "show", "--config", path)

    assert answer.code == 0
    shown = parse(answer.out, "shown", path.parent)
    assert shown.file.risk == parse(WHOLE, "whole", path.parent).file.risk
    assert tomllib.loads(answer.out)["strategies"]["hedge"]["wake_bps"] == 1.0


def test_every_line_tells_its_origin(ask: Ask, path: Path):
    answer = ask("config", "show", "--config", path, "--set", "simulated.seed=3")

    origins = {line.split(" = ")[0]: line.rsplit("# ")[-1] for line in answer.out.splitlines()[1:]}
    assert origins["simulated.seed"] == "flag"
    assert origins["simulated.speed"] == "file"
    assert origins["shutdown.policy"] == "default"


def test_it_is_shown_as_json(ask: Ask, path: Path):
    shown = json.loads(ask("config", "show", "--config", path, "--json").out)

    assert shown["file"] == str(path)
    assert shown["values"]["risk.leverage_max"] == {"value": "2.5", "origin": "file"}


def test_the_schema_knows_sections_and_parameters(ask: Ask):
    schema = json.loads(ask("config", "schema").out)

    assert schema["$defs"]["Bounds"]["additionalProperties"] is False
    assert "leverage_max" in schema["$defs"]["Risk"]["required"]
    assert "band" in schema["$defs"]["delta_hedge"]["properties"]


def test_a_good_file_passes(ask: Ask, path: Path):
    answer = ask("config", "check", path)

    assert answer.code == 0
    assert answer.out.startswith(f"{path}: ok, paper, ")


@pytest.mark.parametrize("name", ["money with a unit", "a misspelt limit", "an open quote"])
def test_a_broken_file_ends_with_2_and_a_line_for_each_mistake(name: str, ask: Ask, path: Path):
    path.write_text(BROKEN[name][0])

    answer = ask("config", "check", path)

    assert answer.code == 2
    assert answer.out == ""
    assert all(line.startswith("error[config] ") for line in answer.err.splitlines())
    assert BROKEN[name][1] in answer.err


def test_all_mistakes_are_told_in_json(ask: Ask, path: Path):
    path.write_text(BROKEN["a fee in bps"][0].replace("latency_in_ms = 5", "latency_in_ms = -5"))

    answer = ask("config", "check", path, "--json")

    told = json.loads(answer.out)
    assert answer.code == 2
    assert told["ok"] is False
    assert {each["where"].split()[-1] for each in told["errors"]} == {
        "fees.sim.taker",
        "venue.latency_in_ms",
    }


def test_live_is_refused_with_what_is_missing(ask: Ask):
    answer = ask("run", "--live")

    assert answer.code == 2
    assert "no adapter of a real venue" in answer.err
