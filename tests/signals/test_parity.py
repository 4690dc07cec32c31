"""Compiled, checked at every index, and as plain Python: all slots say the same to the last bit."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.signals.family import WATCHES
from tests.signals.harness import Bench
from tests.signals.histories import long_history

pytestmark = pytest.mark.timeout(600)
"""Another process compiles everything anew, with checks: that takes minutes."""

IN_ANOTHER_PROCESS = """
from tests.signals.test_parity import digest
from bot.kernel import JIT
print(JIT, digest())
"""
OUT_OF_BOUNDS = """
from tests.signals.harness import Bench
from bot.signals.publish import withdraw
try:
    withdraw(Bench().table.arrays, 99)
except IndexError:
    print("refused")
"""


def digest() -> str:
    """What stands in all slots after every message of a long history."""
    bench = Bench(WATCHES)
    said = []
    for item in long_history(5):
        bench.take(item)
        said.append(bench.digest().hex())
    return "".join(said)


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
