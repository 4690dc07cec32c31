"""`bot strategies`: a first file that is sound as it is written, and a check that finds faults."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.asking import Ask

ROOT = Path(__file__).resolve().parent.parent.parent

HEAD = """\
import itertools
from bot import BookImbalance, Base, InstrumentId, PlainWatch, Strategy, Struct, Target, Watch

class Mean(PlainWatch, frozen=True):
    def update(self, message, memory):
        return None

class Lean(Strategy):
    instrument: InstrumentId
    size: Base
    def watches(self):
        return {"queue": BookImbalance(self.instrument, levels=5, wake=0.1)}
    def decide(self, view):
        return Target(self.instrument, self.size if view.gate("queue", above=0.3) else 0.0)
"""


def written(folder: Path, old: str = "", new: str = "") -> Path:
    path = folder / "lean.py"
    assert old in HEAD
    path.write_text(HEAD.replace(old, new) if old else HEAD)
    return path


def test_a_new_strategy_is_short_passes_its_own_test_and_is_sound(ask: Ask, tmp_path: Path):
    made = ask("strategies", "new", "mean_reversion", "--to", tmp_path)

    files = [tmp_path / "mean_reversion.py", tmp_path / "test_mean_reversion.py"]
    assert made.code == 0
    assert made.out.split() == [str(path) for path in files]
    assert len(files[0].read_text().splitlines()) <= 25
    assert ask("strategies", "check", files[0]).code == 0
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(files[1])],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(Path.home())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in tested.stdout, tested.stdout + tested.stderr


def test_what_a_new_strategy_is_told_to_put_into_a_configuration_fits_it(ask: Ask, tmp_path: Path):
    made = ask("strategies", "new", "calm", "--to", tmp_path)
    limits = Path(ROOT / "config" / "paper.toml").read_text()
    config = tmp_path / "config.toml"
    config.write_text(
        limits.replace("risk.strategies.imbalance_taker", "risk.strategies.calm").split(
            "[strategies."
        )[0]
        + made.err[made.err.index("[strategies.calm]") :]
        + "[strategies.delta_hedge]\nuse = 'delta_hedge'\nenabled = false\n"
        + "[strategies.funding_arbitrage]\nuse = 'funding_arbitrage'\nenabled = false\n"
    )

    assert ask("config", "check", config).code == 0


@pytest.mark.parametrize("name", ["2x", "Mean", "a-b", "class", ""])
def test_a_name_that_no_module_can_have_is_refused(name: str, ask: Ask, tmp_path: Path):
    answer = ask("strategies", "new", name, "--to", tmp_path)

    assert answer.code == 2
    assert "a name such as" in answer.err


def test_what_is_there_is_not_overwritten(ask: Ask, tmp_path: Path):
    ask("strategies", "new", "calm", "--to", tmp_path)
    (tmp_path / "calm.py").write_text("mine")

    answer = ask("strategies", "new", "calm", "--to", tmp_path)

    assert answer.code == 2
    assert (tmp_path / "calm.py").read_text() == "mine"


def test_the_list_has_the_shipped_ones_with_their_parameters(ask: Ask):
    listed = json.loads(ask("strategies", "list", "--json").out)

    found = {each["name"]: each for each in listed["strategies"]}
    assert found["delta_hedge"]["origin"] == "shipped"
    assert found["delta_hedge"]["parameters"]["band"]["required"] is True
    assert listed["broken"] == []


@pytest.mark.parametrize("name", ["delta_hedge", "funding_arbitrage", "imbalance_taker"])
def test_the_shipped_ones_are_sound(name: str, ask: Ask):
    checked = json.loads(ask("strategies", "check", name, "--json").out)

    assert checked["ok"] is True
    assert {each["check"] for each in checked["findings"]} >= {"decide", "determinism", "trades"}


@pytest.mark.parametrize(
    ("old", "new", "check", "said"),
    [
        ("levels=5", "levels=500", "watches", "levels"),
        ('view.gate("queue", above=0.3)', "1 / 0", "decide", "ZeroDivisionError"),
        ('view.gate("queue", above=0.3)', 'view["queeu"]', "decide", "reads queeu"),
        (
            "return Target(self.instrument,",
            "return (self.instrument,",
            "decide",
            "expected targets",
        ),
        ("Target(self.instrument", 'Target("sim:ETH/USDT"', "trades", "sim:ETH/USDT"),
        (
            "    def decide(self, view):\n",
            "    def decide(self, view, calls=itertools.count()):\n"
            "        return Target(self.instrument, float(next(calls)))\n",
            "determinism",
            "then",
        ),
    ],
    ids=["watch", "raises", "unknown watch", "nonsense", "foreign", "counter"],
)
def test_a_fault_is_found(old: str, new: str, check: str, said: str, ask: Ask, tmp_path: Path):
    path = written(tmp_path, old, new)

    answer = ask("strategies", "check", f"{path}:Lean", "--json")

    findings = {each["check"]: each for each in json.loads(answer.out)["findings"]}
    assert answer.code == 2
    assert findings[check]["ok"] is False
    assert said in findings[check]["said"]


def test_plain_python_signals_are_named_with_what_they_cost(ask: Ask, tmp_path: Path):
    path = written(
        tmp_path,
        "BookImbalance(self.instrument, levels=5, wake=0.1)",
        "Mean(instrument=self.instrument, wake=0.1)",
    )

    answer = ask("strategies", "check", f"{path}:Lean")

    assert answer.code == 0
    assert "queue: plain Python, stops the loop at each message" in answer.out


def test_parameters_are_stated_or_made_up_and_that_is_told(ask: Ask, tmp_path: Path):
    path = written(tmp_path)

    answer = ask("strategies", "check", path, "--set", "size=0.125")

    assert "size=0.125" in answer.out
    assert "(made up: instrument)" in answer.out


@pytest.mark.parametrize(
    ("use", "said"),
    [("delta_hegde", "did you mean delta_hedge?"), ("absent.py", "a Python file")],
)
def test_a_strategy_that_is_not_there_is_told(use: str, said: str, ask: Ask):
    answer = ask("strategies", "check", use)

    assert answer.code == 2
    assert said in answer.err
