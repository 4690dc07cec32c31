"""What durability costs: intents a second, the loop's longest stall, and the appends themselves.

Run: python -m tests.benchmarks.bench_journal [FOLDER], on the disk that sessions will live on.
Counts are asserted before times are printed.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bot.journal import database
from bot.journal.memory import MemoryJournal
from bot.journal.sqlite import SqliteJournal
from bot.journal.tape import TapeReader
from bot.journal.tape_writer import TapeWriter
from tests.journal.samples import block, clock, record, records, written

SUBMITTERS = (1, 4, 16, 64)
SECONDS = 2.0
TEXT = "x" * 220  # an order's intent is about 256 bytes


async def durable_intents(folder: Path, submitters: int) -> str:
    """Submit from so many tasks, each waiting for its intent before the next."""
    path = folder / f"journal-{submitters}.sqlite"
    database.create(path)
    journal = SqliteJournal(path, clock=clock, run=b"{}")
    waits: list[float] = []
    stalls: list[float] = []
    end = time.perf_counter() + SECONDS

    async def submit() -> None:
        while (start := time.perf_counter()) < end:
            await journal.append([record(1, text=TEXT)])
            waits.append(time.perf_counter() - start)

    async def watch() -> None:
        while (start := time.perf_counter()) < end:
            await asyncio.sleep(0.001)
            stalls.append(time.perf_counter() - start - 0.001)

    await asyncio.gather(watch(), *(submit() for _ in range(submitters)))
    journal.close()
    assert len(written(journal.load())) == len(waits)
    waits.sort()
    p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    return (
        f"{submitters:>3} submitters {len(waits) / SECONDS:>9,.0f} intents/s   "
        f"p50 {1e3 * p50:.2f} ms  p99 {1e3 * p99:.2f}  max {1e3 * waits[-1]:.1f}   "
        f"longest stall of the loop {1e3 * max(stalls):.1f} ms"
    )


def opening(folder: Path, count: int = 100_000) -> str:
    """How long a restart takes to walk a chain."""
    path = folder / "journal-opening.sqlite"
    database.create(path)
    journal = SqliteJournal(path, clock=clock, run=b"{}", waiting_max=2 * count)

    async def fill() -> None:
        await journal.append(records(count, text=TEXT))

    asyncio.run(fill())
    journal.close()
    start = time.perf_counter()
    again = SqliteJournal(path, clock=clock, run=b"{}")
    took = time.perf_counter() - start
    assert again.opened.seq == count
    again.close()
    return f"open and check {count:,} rows: {took:.2f} s"


def memory_append(count: int = 200_000) -> str:
    """The overhead of the journal in a replay."""
    journal = MemoryJournal(keep=False)
    one = records(1)
    costs = []
    for _ in range(5):
        start = time.process_time_ns()
        for _ in range(count):
            journal.append(one)
        costs.append((time.process_time_ns() - start) / count)
    return f"append in memory: {median(costs):.0f} ns"


def tape_append(folder: Path, messages: int, count: int) -> str:
    """What the loop spends on the tape, and whether all of it arrived."""
    place = folder / f"tape-{messages}"
    place.mkdir()
    writer = TapeWriter(place, 1)
    part = block(messages, rows=6)
    costs = []
    for index in range(count):
        start = time.thread_time_ns()
        writer.append(1 + index * messages, part)
        costs.append(time.thread_time_ns() - start)
        if messages > 100 or index % 100 == 0:
            writer.flush()  # a backlog of new memory would be measured instead
    writer.close()
    assert sum(item.messages for _, item in TapeReader(place)) == count * messages
    return f"tape, {messages:,} messages of 6 rows an append: {median(costs) / 1e3:.1f} us"


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        folder = Path(name)
        for submitters in SUBMITTERS:
            print(asyncio.run(durable_intents(folder, submitters)))
        print(opening(folder))
        print(memory_append())
        print(tape_append(folder, 1, 20_000))
        print(tape_append(folder, 1_000, 300))


if __name__ == "__main__":
    main()
