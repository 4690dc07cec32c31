"""What the README shows is so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.model.order_diagram import diagram
from bot.testing import FakeView
from tests.cli.asking import asker
from tests.cli.markets import commands, record, run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_life_of_an_order_is_drawn_from_its_table() -> None:
    assert diagram().strip() in [block.strip() for block in blocks("mermaid")]


def test_the_strategy_decides_as_it_says() -> None:
    (example,) = blocks("python")
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(example, "README.md", "exec"), names)  # It is our own text.
    lean = names["Lean"](instrument="sim:BTC/USDT", size=0.5)  # type: ignore[operator]

    queued = lean.decide(FakeView(lean, values={"lean": 0.4}))
    even = lean.decide(FakeView(lean, values={"lean": 0.1}))

    assert (queued.quantity, even.quantity) == (0.5, 0.0)


def test_the_strategy_passes_its_own_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = blocks("python")
    (tmp_path / "lean.py").write_text(example)

    checked = asker(capsys)("strategies", "check", tmp_path / "lean.py")

    assert checked.code == 0, checked.err


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"`bot ([a-z]+)", README))))
def test_every_verb_that_is_named_exists(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = asker(capsys)(verb, "--help")

    assert shown.code == 0, shown.err


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:bot|config|strategies|tests|deploy)/[\w./-]+)`", README)))
)
def test_every_file_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_two_commands_are_those_of_the_script() -> None:
    told = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "up.py"), "--help"],
        capture_output=True,
        text=True,
        check=False,
    )

    for command in re.findall(r"python3 deploy/up.py (\w+)", README):
        assert f"up.py {command}" in told.stdout + told.stderr


def test_a_signal_is_listed_computed_and_measured_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = re.findall(r"^```\n(bot signals.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    record(tmp_path / "recordings" / "evening", "binanceusdm:BTC/USDT:USDT")
    monkeypatch.chdir(tmp_path)

    listed, computed, measured = (run(asker(capsys), line) for line in commands(shown))

    assert "Cont, Kukanov & Stoikov" in listed.out
    assert "OrderFlowImbalance" in computed.out
    assert "QueueImbalance: higher scores came before higher prices" in measured.out
    written = {path.name for path in (tmp_path / "looked").iterdir()}
    assert {"OrderFlowImbalance.parquet", "signals.html", "worth.html", "worth.csv"} <= written
