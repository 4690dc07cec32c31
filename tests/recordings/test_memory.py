"""A replay takes no more memory for a longer tape."""

import os
import subprocess
import sys
from pathlib import Path

_REPLAY = """
import resource, sys
from pathlib import Path
from msgspec import structs
from bot.modes import replay, setup
from bot.recording.reader import Recording
from bot.tape.cut import join
from tests.recordings import runs, tapes
from tests.recordings.configs import config

class Again:
    name = tapes.BTC
    def __init__(self, block, times):
        self.block, self.times = block, times
    def blocks(self):
        span = self.block.last_ns - self.block.first_ns + 1_000_000
        for k in range(self.times):
            yield structs.replace(
                self.block,
                ts_recv=self.block.ts_recv + k * span,
                ts_venue=self.block.ts_venue + k * span,
            )
    def events(self):
        return iter(())

recording = Recording.open(Path(sys.argv[1]))
(source,) = recording.sources([tapes.BTC])
block = join(list(source.blocks()))
made = setup.of(
    config({"hedge": runs.HEDGE}, ["binanceusdm"]), [recording.instruments[tapes.BTC]], "t1"
)
for times in (2, 12):
    result = replay.run(made, [Again(block, times)])
    print(result.counts.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_six_times_the_rows_take_the_same_memory(imported: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _REPLAY, str(imported / "2024")],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        cwd=Path(__file__).parents[2],
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (rows, megabytes), (more_rows, more_megabytes) = (
        map(int, line.split()) for line in done.stdout.splitlines()
    )
    assert more_rows == 6 * rows
    # The six million rows more are 107 MB, if anybody held them.
    assert more_megabytes - megabytes < 40, (megabytes, more_megabytes)
