"""The lock covers what the project asks for, by hash, and tells nobody where it came from."""

import re
import tomllib

from packaging.requirements import Requirement

from tests.deploy.wheel import ROOT

LOCK = (ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")
PINS = [
    Requirement(line.rstrip(" \\")) for line in LOCK.splitlines() if re.match(r"[a-z0-9]", line)
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_dependency_is_locked_at_a_version_it_allows():
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]

    unlocked = [text for text in asked if not any(satisfies(pin, text) for pin in PINS)]

    assert unlocked == []


def test_every_pin_is_one_version_with_at_least_one_hash():
    blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE))

    assert len(blocks) == len(PINS)
    for block in blocks:
        assert "==" in block.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)


def test_the_lock_names_no_index_and_no_place():
    assert not re.search(r"https?:|file:|--index|--find-links|(^|\s)/\w", LOCK, re.MULTILINE)


def test_the_lock_forks_numpy_for_the_oldest_python():
    versions = {str(pin.marker): str(pin.specifier) for pin in PINS if pin.name == "numpy"}

    assert versions['python_full_version < "3.12"'].startswith("==2.4.")
    assert len(versions) == 2


def satisfies(pin: Requirement, asked: str) -> bool:
    wanted = Requirement(asked)
    (version,) = (one.version for one in pin.specifier)
    return pin.name.lower() == wanted.name.lower() and wanted.specifier.contains(version)
