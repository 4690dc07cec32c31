"""The one script of a first run: what it makes, when it makes it again, and how it complains.

Each test runs a copy of it in a small project, with a stand-in for `uv` on PATH that writes down
what it was asked; so nothing is downloaded.
"""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.deploy.wheel import ROOT

UV = """\
#!/bin/sh
echo "$1 $2" "$(echo "$@" | grep -o -e --editable -e --require-hashes)" >> "{asked}"
case "$1" in venv)
    for folder; do :; done
    mkdir -p "$folder/bin"
    ln -s "{python}" "$folder/bin/python"
    printf '#!/bin/sh\\necho "bot $*"; exit 7\\n' > "$folder/bin/bot"
    chmod +x "$folder/bin/bot"
esac
{then}
"""


class Clone:
    """A small project with its own copy of the script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "deploy").mkdir(parents=True)
        shutil.copy(ROOT / "deploy" / "up.py", folder / "deploy" / "up.py")
        (folder / "deploy" / "requirements.lock").write_text("one==1.0 --hash=sha256:00\n")
        (folder / "pyproject.toml").write_text("[project]\n")
        self.asked = folder / "asked.txt"
        self.uv_says("exit 0")

    def uv_says(self, then: str) -> None:
        uv = self.folder / "programs" / "uv"
        uv.parent.mkdir(exist_ok=True)
        uv.write_text(UV.format(asked=self.asked, python=sys.executable, then=then))
        uv.chmod(uv.stat().st_mode | stat.S_IXUSR)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.folder / "deploy" / "up.py"), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self.folder / 'programs'}:/usr/bin:/bin"}

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True
        )

    def steps(self) -> list[str]:
        """What uv was asked since the last time."""
        lines = self.asked.read_text().splitlines() if self.asked.exists() else []
        self.asked.unlink(missing_ok=True)
        return [" ".join(line.split()) for line in lines]


ALL = ["venv --python", "pip install --require-hashes", "pip install --editable"]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


def test_a_first_run_makes_everything_and_becomes_the_bot(clone):
    finished = clone.up("paper", "--for", "20s")

    assert clone.steps() == ALL
    assert finished.stdout.splitlines()[-1] == "bot run --for 20s"
    assert finished.returncode == 7


def test_a_later_run_makes_nothing(clone):
    clone.up("paper")
    clone.steps()

    finished = clone.up("paper")

    assert clone.steps() == []
    assert finished.stdout == "bot run\n"


def test_a_changed_lock_makes_everything_again(clone):
    clone.up("paper")
    clone.steps()
    (clone.folder / "deploy" / "requirements.lock").write_text("one==1.1 --hash=sha256:00\n")

    clone.up("paper")

    assert clone.steps() == ALL


def test_a_changed_project_file_installs_only_the_project_again(clone):
    clone.up("paper")
    clone.steps()
    (clone.folder / "pyproject.toml").write_text("[project]\nname = 'other'\n")

    clone.up("paper")

    assert clone.steps() == ["pip install --editable"]


def test_a_half_made_environment_is_made_again(clone):
    clone.uv_says("case $1 in pip) exit 1; esac")
    broken = clone.up("paper")
    clone.steps()
    clone.uv_says("exit 0")

    finished = clone.up("paper")

    assert broken.returncode == 1
    assert clone.steps() == ALL
    assert finished.returncode == 7


def test_a_moved_environment_is_made_again(clone, tmp_path):
    clone.up("paper")
    clone.folder.rename(tmp_path / "moved")
    clone.folder = tmp_path / "moved"
    clone.asked = clone.folder / "asked.txt"
    clone.asked.unlink()
    clone.uv_says("exit 0")

    clone.up("paper")

    assert clone.steps() == ALL


@pytest.mark.parametrize(
    ("said", "code", "expected"),
    [
        ("OSError: [Errno 28] No space left on device", 11, "error[disk]"),
        ("NewConnectionError: x\nERROR: No matching distribution found", 6, "error[unreachable]"),
        ("error: Failed to fetch: numba\n  dns error", 6, "error[unreachable]"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", 3, "error[data]"),
        ("ERROR: No matching distribution found for numba", 2, "error[usage]"),
        ("something nobody expected", 1, "error[bug]"),
    ],
)
def test_a_failed_installation_says_why_in_one_line(clone, said, code, expected):
    clone.uv_says(f"case $1 in pip) echo '{said}'; exit 1; esac")

    finished = clone.up("paper")

    assert finished.returncode == code
    assert finished.stderr.splitlines()[-1].startswith(f"{expected} deploy/up.py wheels: got ")
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("arguments", [(), ("papre",)])
def test_a_misspelt_verb_is_refused(clone, arguments):
    finished = clone.up(*arguments)

    assert finished.returncode == 2
    assert finished.stderr.startswith("error[usage] deploy/up.py: got ")
    assert clone.steps() == []


def test_a_check_runs_every_step_and_fails_when_one_does(clone):
    tools = clone.folder / "tools"
    for tool, code in (("ruff", 0), ("mypy", 3), ("pytest", 5)):
        (tools / tool).mkdir(parents=True)
        (tools / tool / "__init__.py").touch()
        (tools / tool / "__main__.py").write_text(f"print('{tool} ran'); raise SystemExit({code})")

    finished = subprocess.run(
        clone.command("test", "-k", "book"),
        env={**clone.environment, "PYTHONPATH": str(tools)},
        capture_output=True,
        text=True,
    )

    assert finished.returncode == 1
    assert finished.stdout.count("ruff ran") == 2
    *_, check, layout, types, tests = (line.split() for line in finished.stdout.splitlines())
    assert check[:2] == ["ruff", "check"]
    assert check[-1] == layout[-1] == "ok"
    assert types[-3:] == ["FAILED", "(exit", "3)"]
    assert tests[-5:] == ["FAILED", "(no", "test", "was", "run)"]


def test_an_interrupted_run_ends_with_130_and_goes_on_later(clone):
    clone.uv_says("case $1 in pip) sleep 30; esac")
    process = subprocess.Popen(
        clone.command("paper"),
        env=clone.environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 20
    while not (clone.asked.exists() and "pip" in clone.asked.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)

    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)

    assert process.returncode == 130
    assert said == "interrupted; run it again to go on\n"
    clone.steps()
    clone.uv_says("exit 0")
    assert clone.up("paper").returncode == 7
    assert clone.steps() == ALL


def test_a_python_without_venv_is_told_which_package_to_install(clone):
    (clone.folder / "programs" / "uv").unlink()
    (clone.folder / "ensurepip.py").write_text("raise ImportError('No module named ensurepip')")

    finished = subprocess.run(
        clone.command("paper"),
        env={**clone.environment, "PYTHONPATH": str(clone.folder)},
        capture_output=True,
        text=True,
    )

    assert finished.returncode == 2
    assert finished.stderr.startswith("error[usage] ")
    assert f"apt install python3.{sys.version_info[1]}-venv" in finished.stderr
    assert finished.stderr.count("\n") == 1
