"""Bots on paper in processes of their own, to be killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]


class Bots:
    """Bots on one session, one after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.modes.run_until_killed"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert self._heard() == "ready"

    def run_and_kill(
        self, after_s: float, checkpoint_s: float = 0.3, *, starting: bool = False
    ) -> None:
        """Kill it so long after it began to trade or, while it starts, after its first breath."""
        begun = self._openings()
        self.server.stdin.write(f"{self.path} {checkpoint_s}\n")
        self.server.stdin.flush()
        bot = int(self._heard())
        deadline = time.monotonic() + 20
        while not starting and self._openings() == begun and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(after_s)
        os.kill(bot, signal.SIGKILL)
        assert self._heard() == "gone"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.server.stdin.close()
        self.server.wait()
        self.server.stdout.close()

    def _openings(self) -> int:
        return len(list(self.path.glob("openings/*/*.snapshot")))

    def _heard(self) -> str:
        return self.server.stdout.readline().strip()
