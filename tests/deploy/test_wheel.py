"""The wheel carries the package, the shipped configuration and strategies, and nothing else."""

import base64
import csv
import hashlib
import io
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.deploy.wheel import ROOT, build, install

SHIPPED = ("config", "strategies")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_is_named_for_any_platform(wheel):
    assert wheel.name == "imbalance_bot-0.1.0-py3-none-any.whl"


def test_the_wheel_has_one_top_level_package(contents):
    tops = {name.split("/")[0] for name in contents}

    assert tops == {"bot", "imbalance_bot-0.1.0.dist-info"}


@pytest.mark.parametrize("folder", SHIPPED)
def test_what_is_shipped_is_what_lies_in_the_checkout(contents, folder):
    here = {
        path.relative_to(ROOT / folder).as_posix(): path.read_bytes()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    prefix = f"bot/_shipped/{folder}/"

    shipped = {
        name.removeprefix(prefix): body
        for name, body in contents.items()
        if name.startswith(prefix)
    }

    assert shipped
    assert shipped == here


def test_every_module_of_the_package_is_in_the_wheel(contents):
    modules = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "bot").rglob("*.py")
        if "__pycache__" not in path.parts
    }

    assert modules | {"bot/py.typed"} <= contents.keys()
    assert not [name for name in contents if "__pycache__" in name or name.endswith(".pyc")]


def test_the_record_lists_every_file_with_its_hash(contents):
    record = contents["imbalance_bot-0.1.0.dist-info/RECORD"].decode()
    listed = {name: (digest, size) for name, digest, size in csv.reader(io.StringIO(record))}

    assert listed.keys() == contents.keys()
    for name, body in contents.items():
        if name.endswith("/RECORD"):
            continue
        digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
        assert listed[name] == (f"sha256={digest}", str(len(body)))


def test_the_command_and_the_licence_come_along(contents):
    about = "imbalance_bot-0.1.0.dist-info"

    assert b"bot = bot.cli:main" in contents[f"{about}/entry_points.txt"]
    assert contents[f"{about}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert b"License-Expression: Apache-2.0" in contents[f"{about}/METADATA"]


def test_the_wheel_installed_elsewhere_is_itself_and_not_the_checkout(wheel, tmp_path):
    programs = install(wheel, tmp_path / "elsewhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    question = "import bot, msgspec; print(bot.__file__)"

    answer = subprocess.run(
        [programs / "python", "-c", question], cwd=empty, check=True, capture_output=True, text=True
    )

    assert Path(answer.stdout.strip()).is_relative_to(tmp_path / "elsewhere")
    assert (programs / "bot").exists()


def test_it_trades_from_an_empty_folder(wheel, tmp_path):
    bin_folder = install(wheel, tmp_path / "elsewhere")
    empty = tmp_path / "empty"
    empty.mkdir()

    done = subprocess.run(
        [bin_folder / "bot", "run", "--for", "5s", "--session", tmp_path / "session", "--json"],
        cwd=empty,
        # Kernels would be compiled for their new place, which takes a minute and shows nothing.
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["decisions"] > 0
    assert list(empty.iterdir()) == []
