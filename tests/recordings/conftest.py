"""Fixtures: the real recordings, imported once."""

from pathlib import Path

import pytest

from bot.recording.reader import Recording
from tests.recordings import tapes


@pytest.fixture(scope="session")
def imported(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the captures of both evenings and the rates settled on the second."""
    out = tmp_path_factory.mktemp("imported")
    tapes.import_2024(recordings, out / "2024")
    tapes.import_2023(recordings, out / "2023")
    tapes.import_settled(recordings, out / "settled")
    return out


@pytest.fixture(scope="session")
def evening(imported: Path) -> Recording:
    """Six books of 2024-08-08, with the rates that had been settled by then."""
    settled = imported / "settled"
    return Recording.open([imported / "2024", settled / "BTC", settled / "ETH"])
