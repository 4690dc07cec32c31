"""One run and one session for all tests of this folder: nobody changes them."""

from pathlib import Path

import pytest

from bot.modes.result import Result
from tests.report.runs import replayed, session_at


@pytest.fixture(scope="session")
def result() -> Result:
    """Eleven minutes of three strategies, one settlement of funding in it."""
    return replayed()


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven minutes of the same as a session."""
    return session_at(tmp_path_factory.mktemp("sessions") / "one")
