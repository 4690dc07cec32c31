"""A process that appends to a session, tells each record that was acknowledged, and never ends.

Usage: append_until_killed.py SESSION FIRST; prints one id a line, from FIRST on.
"""

import asyncio
import itertools
import os
import sys
from pathlib import Path

from bot.journal.session import Session
from bot.model.event import Heartbeat
from tests.journal.samples import clock, record, terms

SUBMITTERS = 6


async def append(session, ids):
    while True:
        number = next(ids)
        session.tape.append(number, Heartbeat(ts_recv=number, ts_venue=number))
        await session.journal.append([record(number, epoch=session.epoch)])
        os.write(1, b"%d\n" % number)


async def main(path, first):
    known = (path / "session.json").exists()
    session = (
        Session.open(path, clock=clock) if known else Session.create(path, terms(), clock=clock)
    )
    ids = itertools.count(first)
    await asyncio.gather(*(append(session, ids) for _ in range(SUBMITTERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
