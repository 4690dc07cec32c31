"""Strategies and signals by name, file, module and entry point; a broken one stops nothing else."""

import importlib
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from bot.plugins.catalogue import signal, signals, strategies, strategy
from bot.plugins.modules import PluginError, digest_of
from bot.plugins.shipped import shipped

LEAN = """\
from bot import InstrumentId, PlainWatch, Strategy, Target


class Lean(Strategy):
    '''Hold one coin.'''

    instrument: InstrumentId

    def decide(self, view):
        return Target(self.instrument, 1.0)


class Premium(PlainWatch, frozen=True):
    '''Nothing.'''
"""


def written(folder: Path, name: str, text: str = LEAN) -> Path:
    path = folder / name
    path.write_text(dedent(text))
    return path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, one of which declares plugins."""
    monkeypatch.syspath_prepend(tmp_path)
    written(tmp_path, "leaning.py")
    written(tmp_path, "leaning_broken.py", "1 / 0\n")
    about = tmp_path / "leaning-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: leaning\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[bot.strategies]\n"
        "lean = leaning:Lean\n"
        "crash = leaning_broken:Lean\n"
        "nothing = leaning:Target\n"
        "delta_hedge = leaning:Lean\n"
        "[bot.signals]\n"
        "premium = leaning:Premium\n"
    )
    for name in ("leaning", "leaning_broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.invalidate_caches()
    return tmp_path


def test_every_shipped_strategy_is_found_by_the_name_of_its_file():
    found = strategies()

    files = {path.stem for path in shipped("strategies").glob("*.py")}
    assert {each.name for each in found.plugins if each.origin == "shipped"} == files
    assert found.broken == []


def test_a_file_beside_the_configuration_is_found_from_there(tmp_path: Path):
    path = written(tmp_path, "mine.py")

    found = strategy("mine.py:Lean", tmp_path)

    assert found.cls.__name__ == "Lean"
    assert found.origin == "file"
    assert found.file == path
    assert found.digest == digest_of(path)


def test_the_only_strategy_of_a_file_needs_no_name(tmp_path: Path):
    written(tmp_path, "mine.py")

    assert strategy("mine.py", tmp_path).cls.__name__ == "Lean"
    assert signal("mine.py", tmp_path).cls.__name__ == "Premium"


def test_a_module_is_found_by_its_import_path(installed: Path):
    assert strategy("leaning:Lean", Path()).origin == "module"


def test_an_edited_file_is_another_plugin(tmp_path: Path):
    path = written(tmp_path, "mine.py")
    before = strategy("mine.py", tmp_path)

    path.write_text(LEAN.replace("1.0)", "2.0)"))
    after = strategy("mine.py", tmp_path)

    assert before.digest != after.digest
    assert before.cls is not after.cls
    assert strategy("mine.py", tmp_path).cls is after.cls


def test_plugins_of_packages_are_found_and_broken_ones_stop_nothing(installed: Path):
    found = strategies()

    assert {"lean", "delta_hedge", "funding_arbitrage"} <= {each.name for each in found.plugins}
    told = [str(error) for error in found.broken]
    assert len(told) == 3
    assert any("crash of leaning" in text and "ZeroDivisionError" in text for text in told)
    assert any("nothing of leaning" in text and "subclass of bot.Strategy" in text for text in told)
    assert any("delta_hedge" in text and "another name" in text for text in told)
    assert [each.name for each in signals().plugins if each.origin != "bot"] == ["premium"]


def test_a_shipped_strategy_keeps_its_name(installed: Path):
    assert strategy("delta_hedge", Path()).origin == "shipped"


def test_a_broken_plugin_that_is_asked_for_ends_with_its_name(installed: Path):
    with pytest.raises(PluginError, match="crash of leaning") as refused:
        strategy("crash", Path())

    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:\n", 'line 1: got "SyntaxError'),
        ("x = 1\nraise ValueError('no market')\n", 'line 2: got "ValueError: no market"'),
        ("import nowhere_at_all\n", "ModuleNotFoundError"),
        ("from bot import Strateggy\n", "ImportError"),
        ("raise SystemExit(3)\n", "SystemExit"),
        ("x = 1\n", "got no strategy"),
        (LEAN + LEAN.replace("Lean", "Other"), "got Lean, Other, expected one strategy"),
    ],
    ids=["syntax", "raises", "import", "vocabulary", "exits", "empty", "two"],
)
def test_a_file_that_cannot_be_used_says_why_and_where(tmp_path: Path, text: str, said: str):
    path = written(tmp_path, "mine.py", text)

    with pytest.raises(PluginError) as refused:
        strategy("mine.py", tmp_path)

    assert said in str(refused.value)
    assert str(path) in refused.value.where
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("delta_hegde", "did you mean delta_hedge?"),
        ("nowhere.at.all:Mine", "no such module"),
        ("absent.py", "expected a Python file"),
        ("mine.py:Leen", "did you mean Lean?"),
        ("mine.py:Target", "expected a subclass of bot.Strategy"),
    ],
)
def test_a_name_that_leads_nowhere_is_told(tmp_path: Path, use: str, said: str):
    written(tmp_path, "mine.py")

    with pytest.raises(PluginError) as refused:
        strategy(use, tmp_path)

    assert said in str(refused.value)
