"""Compiled, checked at every index, and as plain Python: the books say the same."""

import os
import subprocess
import sys

from tests.book.histories import digest
from tests.conftest import ROOT

IN_ANOTHER_PROCESS = """
from tests.book.histories import digest
from bot.kernel import JIT
print(JIT, digest())
"""
OUT_OF_BOUNDS = """
from bot.book.arrays import empty
from bot.book.levels import far_index
try:
    far_index(empty((64,)), 99, 0, 1)
except IndexError:
    print("refused")
"""


def said(program: str, **environment: str) -> list[str]:
    """The words that a new process prints."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_plain_python_says_what_compiled_code_says():
    assert said(IN_ANOTHER_PROCESS, NUMBA_DISABLE_JIT="1") == ["False", digest()]


def test_no_history_reaches_outside_the_arrays():
    checked = said(IN_ANOTHER_PROCESS + OUT_OF_BOUNDS, NUMBA_BOUNDSCHECK="1")

    assert checked == ["True", digest(), "refused"]
