"""`bot doctor`: what is wrong with a machine is told with what to do, and fails as a whole."""

import json
from pathlib import Path

import pytest

from bot.cli.doctor import Verdict, clock_check, python, room, sqlite
from tests.cli.asking import Ask
from tests.config.broken import BROKEN


def test_a_fit_machine_passes(ask: Ask):
    answer = ask("doctor", "--json")

    told = json.loads(answer.out)
    assert answer.code == 0
    assert told["ok"] is True
    assert {"python", "sqlite", "clock", "kernels", "disk", "config"} <= {
        each["name"] for each in told["checks"]
    }


def test_a_broken_configuration_fails_the_whole(ask: Ask, tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text(BROKEN["a fee in bps"][0])

    answer = ask("doctor", "--config", path)

    assert answer.code == 5
    assert "fees.sim.taker" in answer.out
    assert "error[preflight] doctor: got config" in answer.err


def test_a_damaged_recording_fails_the_whole(ask: Ask, tmp_path: Path):
    (tmp_path / "day.parquet").write_bytes(b"not parquet")

    answer = ask("doctor", "--recordings", tmp_path)

    assert answer.code == 5
    assert "import the damaged ones again" in answer.err


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("3.40.1", Verdict.WARNING), ("3.51.2", Verdict.WARNING), ("3.51.3", Verdict.OK)],
)
def test_an_sqlite_that_can_lose_a_reset_is_warned_of(version: str, verdict: Verdict):
    assert sqlite(version).verdict is verdict


@pytest.mark.parametrize(
    ("version", "name", "verdict"),
    [
        ((3, 11, 0), "cpython", Verdict.OK),
        ((3, 10, 9), "cpython", Verdict.FAILED),
        ((3, 11, 0), "pypy", Verdict.FAILED),
    ],
)
def test_python_must_be_cpython_and_new_enough(version, name: str, verdict: Verdict):
    assert python(version, name).verdict is verdict


def test_a_clock_before_the_installation_is_wrong():
    assert clock_check(10**18, 2 * 10**18).verdict is Verdict.FAILED
    assert clock_check(2 * 10**18, 10**18).verdict is Verdict.OK


def test_a_folder_that_can_be_written_has_room(tmp_path: Path):
    assert room("disk", tmp_path).verdict is not Verdict.FAILED
