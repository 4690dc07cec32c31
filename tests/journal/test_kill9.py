"""A real process is killed at many moments: nothing that it acknowledged is lost."""

import random
import subprocess
import sys
import time
from pathlib import Path

from bot.journal.session import Session, SessionReader
from tests.journal.samples import clock, written

ROOT = Path(__file__).parents[2]
KILLS = 25
SEED = 20_240_808


def acknowledged_until_killed(path, first, records, after_s):
    """Run the process on a session; kill it so long after so many acknowledged records."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.journal.append_until_killed", str(path), str(first)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    told = b"".join(child.stdout.readline() for _ in range(records))
    time.sleep(after_s)
    child.kill()
    rest, _ = child.communicate()
    lines = (told + rest).split(b"\n")
    return [int(line) for line in lines[:-1]]  # the last may be cut


async def test_nothing_that_was_acknowledged_is_lost_by_kill_9(tmp_path):
    choice = random.Random(SEED)
    path = tmp_path / "session"
    acknowledged, first, runs = [], 1, []

    for kill in range(KILLS):
        if kill == 0 or choice.random() < 0.7:
            records, after_s = choice.randrange(1, 600), choice.uniform(0.0, 0.005)
        else:  # it may die while it opens
            records, after_s = 0, choice.uniform(0.1, 0.3)
        told = acknowledged_until_killed(path, first, records, after_s)
        reader = SessionReader(path)
        kept = {record.seq for record in written(reader.records())}  # walks the whole chain
        acknowledged += told
        lost = [number for number in acknowledged if number not in kept]
        assert not lost, f"kill {kill}, seed {SEED}: lost {lost[:5]}"
        runs.append(len(told))
        first = max(kept, default=0) + 1

    print(f"kills {KILLS}, acknowledged {len(acknowledged)}, per run {runs}, seed {SEED}")
    assert len(acknowledged) >= 3_000
    session = Session.open(path, clock=clock)
    records = list(session.journal.load())
    epochs = [record.epoch for record in records]
    assert epochs == sorted(epochs)
    assert session.epoch == len({*epochs}) >= 0.6 * KILLS
    assert session.last_seq >= max(acknowledged)
    taped = [seq for seq, _ in SessionReader(path).tape]
    assert taped == sorted(taped)
    await session.close()
