"""The drawing of the building, kept true: rooms, purity, gates, shape."""

import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.architecture import drawing, effects, shape
from tests.architecture.source import Source, sources

ROOT = Path(__file__).resolve().parent.parent


def below(*rooms: str) -> frozenset[str]:
    return frozenset(rooms)


NOUNS = below("model", "tape", "kernel")
WIRES = NOUNS | {"book"}
DECISIONS = below("book", "signals", "strategy", "execution", "risk", "ledger")

# Who may import whom. Every room may import itself and `errors`; nothing else is allowed.
ROOMS: dict[str, frozenset[str]] = {
    "errors": below(),
    # pure: no I/O, no clock, no chance, no log
    "model": below(),
    "kernel": below(),
    "tape": below("model", "kernel"),
    "book": NOUNS,
    "signals": NOUNS | {"book"},
    "strategy": NOUNS | {"signals"},  # the names of watches
    "execution": NOUNS,
    "risk": NOUNS,
    "ledger": NOUNS,
    "engine": NOUNS | DECISIONS,
    # shells: tasks, files, wires
    "feeds": WIRES,
    "venues": WIRES,
    "recording": WIRES,
    "journal": NOUNS,
    "telemetry": below("model"),
    "plugins": NOUNS | {"strategy", "signals"},
    "config": NOUNS | DECISIONS | {"plugins", "engine"},  # it becomes the engine's settings
    "modes": NOUNS
    | DECISIONS
    | {"engine", "feeds", "venues", "recording", "journal", "telemetry"}
    | {"config", "plugins"},
    "report": NOUNS | DECISIONS | {"recording", "journal", "engine", "modes"},  # of a run's result
    "web": below("model", "modes", "report", "telemetry"),
    "testing": NOUNS | DECISIONS | {"engine", "modes", "config", "journal"},
    "cli": NOUNS  # it shows recordings and checks strategies without a run
    | {"recording", "feeds", "signals", "strategy", "testing"}
    | {"config", "plugins", "modes", "report", "web"},
    "__init__": below("model", "tape", "signals", "strategy", "testing"),  # an author's vocabulary
    "__main__": below("cli"),
}
PURE = NOUNS | DECISIONS | {"engine"}

# The compiler's cache is a folder; no decision can see it.
EXEMPT = {
    "kernel/decorator.py": frozenset({"os", "pathlib", "platformdirs"}),
    # Where arrays stand in memory.
    "kernel/places.py": frozenset({"ctypes", "llvmlite"}),
    "kernel/warm.py": frozenset({"importlib", "pathlib"}),
    # Calls between compiled code by address; what numba itself is made of.
    "signals/foreign.py": frozenset({"llvmlite"}),
}

TOP = {"pyproject.toml", "README.md", "LICENSE", "bot", "strategies", "config", "tests", "deploy"}

BOT = sources(ROOT / "bot")
STRATEGIES = sources(ROOT / "strategies")
PURE_SOURCES = [source for source in BOT if source.room in PURE]


def complaints(rule: Callable[[Source], Iterable[str]], over: list[Source]) -> list[str]:
    return [complaint for source in over for complaint in rule(source)]


def test_rooms_import_only_downwards():
    found = complaints(lambda source: drawing.wrong_rooms(source, ROOMS), BOT)

    assert found == []


def test_the_drawing_has_no_round_trip():
    assert drawing.cycle(ROOMS) == []


def test_the_drawing_names_only_its_own_rooms():
    named = frozenset().union(*ROOMS.values())

    assert named <= ROOMS.keys()


def test_pure_rooms_import_nothing_that_touches_the_world():
    def rule(source: Source) -> Iterable[str]:
        return drawing.impure_imports(source, EXEMPT.get(source.path, frozenset()))

    assert complaints(rule, PURE_SOURCES) == []


def test_pure_rooms_open_no_file_and_print_nothing():
    assert complaints(effects.builtins, PURE_SOURCES) == []


@pytest.mark.parametrize(
    "rule",
    [
        effects.approvals,
        effects.tasks,
        effects.clocks_and_dice,
        effects.swallowed,
        shape.sizes,
        shape.missing_docstring,
        shape.kernel_parity,
    ],
    ids=lambda rule: rule.__name__,
)
def test_every_file_keeps_the_rule(rule):
    assert complaints(rule, BOT + STRATEGIES) == []


def test_strategies_know_only_the_package_itself():
    found = complaints(lambda source: drawing.strategy_imports(source, ROOMS), STRATEGIES)

    assert found == []


def test_the_top_level_is_what_the_readme_shows():
    assert {name for name in top_level() if not name.startswith(".")} == TOP


def top_level() -> set[str]:
    """What the repository holds at its root; where there is no git, what the folder holds."""
    if (ROOT / ".git").exists() and (git := shutil.which("git")):
        listed = subprocess.run(
            [git, "-c", f"safe.directory={ROOT}", "ls-files"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return {line.split("/")[0].strip('"') for line in listed.stdout.splitlines()}
    return {path.name for path in ROOT.iterdir()}
