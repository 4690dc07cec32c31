"""`bot/__init__` is a strategy author's whole vocabulary, and costs nothing to import."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import bot

INIT = Path(bot.__file__).read_text(encoding="utf-8")


def names_for_the_type_checker() -> dict[str, str]:
    """Name to module, as the type checker reads the file."""
    tree = ast.parse(INIT)
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and all(alias.asname for alias in node.names):
            found.update({alias.name: node.module or "" for alias in node.names})
    return found


def test_the_interpreter_and_the_type_checker_see_the_same_names():
    assert names_for_the_type_checker() == bot._MODULE


@pytest.mark.parametrize("name", sorted(bot._MODULE))
def test_a_name_is_what_its_home_defines(name):
    assert getattr(bot, name) is getattr(import_module(bot._MODULE[name]), name)
    assert name in dir(bot)


def test_a_name_that_is_not_in_the_vocabulary_is_refused():
    with pytest.raises(AttributeError, match="module 'bot' has no attribute 'Strategie'"):
        _ = bot.Strategie


def test_importing_the_package_imports_nothing_heavy():
    said = "import sys, bot; print(*sorted({'numpy', 'numba', 'msgspec'} & sys.modules.keys()))"

    found = subprocess.run(
        [sys.executable, "-c", said],
        cwd=Path(bot.__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == ""
