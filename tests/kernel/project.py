"""A folder with kernels in files, and processes that run it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

FEES = """
TAKER = 5
"""
CALLEE = """
from bot.kernel import kernel

@kernel("int64(int64, int64)")
def fee(size, rate):
    return size * rate
"""
CALLER = """
import numpy as np
from numba import types
from bot.kernel import kernel
from callee import fee
from fees import TAKER
from layout import PAIR, Pair

@kernel(types.int64(PAIR, types.int64))
def paid(pair, size):
    total = 0
    for k in range(size):
        total += fee(pair.price[0], TAKER)
    return total

def main():
    return paid(Pair(price=np.array([10]), size=np.array([3]), side=1), 2)
"""
LAYOUT = """
from typing import NamedTuple
from numba import types

class Pair(NamedTuple):
    price: object
    size: object
    side: int

PAIR = types.NamedTuple((types.int64[::1], types.int64[::1], types.int64), Pair)
"""
MAIN = """
import json
import callee, caller
from bot.kernel import JIT
result = int(caller.main())
stats = [each.stats for each in (callee.fee, caller.paid)] if JIT else []
print(json.dumps({
    "result": result,
    "hits": sum(sum(each.cache_hits.values()) for each in stats),
    "misses": sum(sum(each.cache_misses.values()) for each in stats),
}))
"""


class Project:
    """Two kernels, a constant and a layout, each in a file of its own, that share a cache."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.write(fees=FEES, callee=CALLEE, caller=CALLER, layout=LAYOUT, main=MAIN)

    def write(self, **files: str) -> None:
        """Write files anew, each named without its ending."""
        for name, text in files.items():
            (self._folder / f"{name}.py").write_text(text, encoding="utf-8")

    def run(self, **environment: str) -> Any:
        """What a new process that runs `main.py` prints."""
        return json.loads(self.say("main.py", **environment).stdout)

    def say(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a new Python in the folder; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-B", *arguments],  # a .pyc of the same second would hide an edit
            cwd=self._folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "BOT_KERNEL_CACHE": str(self._folder / "cache"),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done
