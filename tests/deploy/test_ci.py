"""What the check says when recordings are there, absent, or missing though they were named."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.wheel import ROOT

SAMPLE = """
def test_reads_a_recording(recordings):
    assert recordings.is_dir()

def test_reads_a_vector(vectors):
    assert vectors("ones") == [1]

def test_needs_nothing():
    pass
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A small project with our own fixtures, a sample test, and a stand-in for the long check."""
    folder = tmp_path / "clone"
    (folder / ".ci").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "deploy").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in ("__init__.py", "conftest.py", "network.py"):
        shutil.copy(ROOT / "tests" / name, folder / "tests")
    (folder / "tests" / "test_sample.py").write_text(SAMPLE)
    check = f"import subprocess as s; raise SystemExit(s.call(['{sys.executable}','-m','pytest']))"
    (folder / "deploy" / "up.py").write_text(f"{check}\n")
    return folder


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key != "BOT_RECORDINGS"}
    command = ["bash", str(folder / ".ci" / "run")]
    return subprocess.run(
        command, env={**kept, **environment}, capture_output=True, text=True, cwd=folder.parent
    )


def test_without_recordings_the_last_line_counts_what_was_not_checked(clone):
    finished = run(clone)

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.splitlines()[-1] == "NOT CHECKED: 2"
    assert "not checked: tests/test_sample.py::test_reads_a_vector" in finished.stdout
    assert "1 passed, 2 skipped" in finished.stdout


def test_recordings_beside_the_checkout_are_found(clone):
    (clone.parent / "shared" / "data").mkdir(parents=True)
    (clone.parent / "shared" / "vectors").mkdir()
    (clone.parent / "shared" / "vectors" / "ones.json").write_text("[1]")

    finished = run(clone)

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "3 passed" in finished.stdout
    assert "NOT CHECKED" not in finished.stdout


def test_recordings_that_were_named_and_are_missing_fail_with_one_line(clone):
    finished = run(clone, BOT_RECORDINGS="/nowhere/at/all")

    assert finished.returncode == 3
    assert finished.stdout == ""
    assert finished.stderr.startswith('error[data] BOT_RECORDINGS: got "/nowhere/at/all", ')
    assert finished.stderr.count("\n") == 1


def test_pytest_itself_refuses_recordings_that_are_missing(clone):
    finished = subprocess.run(
        [sys.executable, "-m", "pytest"],
        cwd=clone,
        env={**os.environ, "BOT_RECORDINGS": "/nowhere/at/all"},
        capture_output=True,
        text=True,
    )

    assert finished.returncode == 4
    assert 'error[data] BOT_RECORDINGS: got "/nowhere/at/all"' in finished.stderr


def test_a_run_without_tests_fails(clone):
    (clone / "tests" / "test_sample.py").unlink()

    finished = run(clone)

    assert finished.returncode == 5
