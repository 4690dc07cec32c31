"""What every test may lean on: real recordings, reference vectors, and no way off this machine."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.network import LoopbackOnly

ROOT = Path(__file__).resolve().parent.parent
NOT_CHECKED = "NOT CHECKED: "

hypothesis.settings.register_profile("default", deadline=None, max_examples=50, derandomize=True)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=500)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_configure(config: pytest.Config) -> None:
    """A folder that was named and is not there is a mistake, not a reason to skip."""
    named = os.environ.get("BOT_RECORDINGS")
    if named and not Path(named).is_dir():
        raise pytest.UsageError(
            f'error[data] BOT_RECORDINGS: got "{named}", expected a folder of recordings; '
            "correct it or unset it"
        )


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recorded market data: `BOT_RECORDINGS`, else ../shared/data."""
    folder = recordings_folder()
    if not folder.is_dir():
        pytest.skip(f"{NOT_CHECKED}recordings absent, set BOT_RECORDINGS to their folder")
    return folder


@pytest.fixture(scope="session")
def vectors(recordings: Path) -> Callable[[str], Any]:
    """Reads a file of reference values, by its name without the ending; it lies beside the data."""
    folder = recordings.parent / "vectors"
    if not folder.is_dir():
        pytest.skip(f"{NOT_CHECKED}vectors absent, expected them beside the recordings")
    return lambda name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def loopback_only(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackOnly]:
    """Refuses connections to other machines, and fails the test that swallowed the refusal."""
    guard = LoopbackOnly(request.node.nodeid)
    guard.install(monkeypatch)
    yield guard
    assert not guard.attempts, "tests use loopback only; " + "; ".join(guard.attempts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say, where nobody can miss it, how much was not checked for lack of recordings."""
    reports = terminalreporter.stats.get("skipped", [])
    skipped = [report for report in reports if NOT_CHECKED in str(report.longrepr)]
    if not skipped:
        return
    terminalreporter.section("recordings absent")
    for report in skipped:
        terminalreporter.write_line(f"not checked: {report.nodeid}")
    terminalreporter.write_line(f"{NOT_CHECKED}{len(skipped)}")


def recordings_folder() -> Path:
    """Where the recordings should be, there or not."""
    named = os.environ.get("BOT_RECORDINGS")
    return Path(named).resolve() if named else ROOT.parent / "shared" / "data"
