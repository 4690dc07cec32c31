"""The journal on disk: durable, grouped, fenced, beside the loop, and honest when a disk fails."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bot.errors import JournalError
from bot.journal import database
from bot.journal.port import Record, RecordKind
from bot.journal.sqlite import SqliteJournal
from tests.journal.samples import clock, record, records, written


class Disk(sqlite3.Connection):
    """A connection whose commits are counted, and slow or failing when told to be.

    moved: set once the log was moved into the file.
    """

    commits = 0
    delay_s = 0.0
    error = None

    def __init__(self, *values, **settings):
        super().__init__(*values, **settings)
        self.moved = threading.Event()

    def execute(self, sql, *values):
        if sql == "COMMIT":
            self.commits += 1
            time.sleep(self.delay_s)
            if self.error is not None:
                raise self.error
        result = super().execute(sql, *values)
        if "PASSIVE" in sql:
            self.moved.set()
        return result


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "journal.sqlite"
    database.create(path)
    return path


@pytest.fixture
def opening(path):
    """Opens journals on one file, closes them at the end; `disks` are their connections."""
    journals, disks = [], []

    def connect(uri):
        disks.append(
            sqlite3.connect(
                uri, uri=True, isolation_level=None, check_same_thread=False, factory=Disk
            )
        )
        return disks[-1]

    def open_next(**settings):
        journals.append(SqliteJournal(path, clock=clock, run=b"{}", connect=connect, **settings))
        return journals[-1]

    open_next.disks = disks
    yield open_next
    for journal in journals:
        journal.close()


def test_every_commit_is_synced_and_the_log_is_moved_by_us_alone(opening):
    opening()

    (disk,) = opening.disks
    settings = {
        name: disk.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "wal_autocheckpoint")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 0}


async def test_what_waits_for_the_disk_is_committed_together(opening):
    journal = opening()
    disk = opening.disks[0]
    before, disk.delay_s = disk.commits, 0.05

    await asyncio.gather(*(journal.append([record(seq)]) for seq in range(1, 101)))

    assert disk.commits - before <= 3
    assert written(journal.load()) == records(100)


async def test_a_slow_disk_never_blocks_the_event_loop(opening):
    journal = opening()
    opening.disks[0].delay_s = 0.5
    gaps, last = [], time.perf_counter()

    pending = asyncio.gather(journal.append(records(1)), journal.append(records(1, first=2)))
    while not pending.done():
        await asyncio.sleep(0.005)
        gaps.append(time.perf_counter() - last)
        last = time.perf_counter()

    assert sum(gaps) >= 0.5
    assert max(gaps) < 0.3


async def test_more_records_than_one_statement_or_one_commit_takes_arrive_in_order(opening):
    journal = opening()
    batches = [records(1_500, first=1 + 1_500 * index) for index in range(6)]

    await asyncio.gather(*(journal.append(batch) for batch in batches))

    assert written(journal.load()) == records(9_000)


async def test_a_caller_who_stops_waiting_does_not_take_the_record_back(opening):
    journal = opening()
    opening.disks[0].delay_s = 0.05

    given_up = asyncio.ensure_future(_wait_for(journal.append([record(1)])))
    await asyncio.sleep(0.01)
    given_up.cancel()
    await journal.append([record(2)])

    assert written(journal.load()) == records(2)


async def test_a_failed_sync_fails_who_waits_and_ends_the_journal_but_keeps_what_it_had(opening):
    journal = opening()
    await journal.append(records(3))
    disk = opening.disks[0]
    disk.error = sqlite3.OperationalError("disk I/O error")
    disk.delay_s = 0.05

    failed = [journal.append([record(4)]), journal.append([record(5)])]
    outcomes = await asyncio.gather(*failed, return_exceptions=True)
    disk.error = None

    assert [type(outcome) for outcome in outcomes] == [JournalError, JournalError]
    assert "disk I/O error" in str(outcomes[0])
    with pytest.raises(JournalError, match="disk I/O error") as refused:
        await journal.append([record(6)])
    assert refused.value.exit_code == 11
    assert written(journal.load()) == records(3)


async def test_a_disk_that_does_not_keep_up_ends_the_journal_without_leaving_a_hole(opening):
    journal = opening(waiting_max=10)
    opening.disks[0].delay_s = 0.1

    taken = [journal.append(records(4, first=first)) for first in (1, 5)]
    with pytest.raises(JournalError, match="more than 10 records waiting"):
        await journal.append(records(11, first=9))
    with pytest.raises(JournalError, match="more than 10 records waiting"):
        await journal.append(records(1, first=20))
    await asyncio.gather(*taken)

    assert written(journal.load()) == records(8)


async def test_who_lost_the_journal_to_a_later_run_can_append_no_more(opening):
    older = opening()
    await older.append([record(1)])

    newer = opening()
    await newer.append([record(2, epoch=2)])

    with pytest.raises(JournalError, match="stale epoch"):
        await older.append([record(3)])
    assert written(newer.load()) == [record(1), record(2, epoch=2)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_bug_in_the_thread_leaves_nobody_waiting(opening):
    journal = opening()
    nonsense = Record(2**70, 1, 0, RecordKind.NOTE, b"{}")

    async with asyncio.timeout(5):
        with pytest.raises(JournalError, match="the thread that writes"):
            await journal.append([nonsense])
        with pytest.raises(JournalError, match="the thread that writes"):
            await journal.append([record(1)])

    assert written(journal.load()) == []


@pytest.mark.parametrize("change", ["UPDATE journal SET ts = 0", "DELETE FROM journal"])
async def test_rows_cannot_be_changed_or_taken_out(opening, path, change):
    journal = opening()
    await journal.append(records(2))

    stranger = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stranger.execute(change)
    stranger.close()

    assert written(journal.load()) == records(2)


async def test_the_log_is_moved_into_the_file_when_nothing_waits(opening, path):
    journal = opening()
    await journal.append(records(50))
    alone = path.with_name("copy.sqlite")

    assert await asyncio.to_thread(opening.disks[0].moved.wait, 10)
    alone.write_bytes(path.read_bytes())

    assert written(database.read(alone)) == records(50)


DISK_OF_64_KB = """
import asyncio, json, resource, sys
from pathlib import Path
from bot.errors import JournalError
from bot.journal import database
from bot.journal.port import Record, RecordKind
from bot.journal.sqlite import SqliteJournal
from tests.journal.samples import clock, record

async def main():
    database.create(path)
    journal = SqliteJournal(path, clock=clock, run=b"{}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, resource.RLIM_INFINITY))
    acknowledged, refusals = [], []
    for seq in range(1, 1_001):
        try:
            await journal.append([record(seq, text="x" * 1_000)])
            acknowledged.append(seq)
        except JournalError as error:
            refusals.append([str(error), error.exit_code])
    journal.close()
    print(json.dumps({"acknowledged": acknowledged, "refusals": refusals}))

path = Path(sys.argv[1])
asyncio.run(main())
"""


def test_a_full_disk_stops_the_journal_and_loses_nothing_that_was_acknowledged(tmp_path):
    path = tmp_path / "journal.sqlite"

    run = subprocess.run(
        [sys.executable, "-c", DISK_OF_64_KB, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    told = json.loads(run.stdout)

    assert len(told["acknowledged"]) >= 5
    assert len(told["refusals"]) == 1_000 - len(told["acknowledged"]) > 0
    assert {code for _, code in told["refusals"]} == {11}
    assert "expected a disk with room" in told["refusals"][0][0]
    kept = [each.seq for each in written(database.read(path))]
    assert kept[: len(told["acknowledged"])] == told["acknowledged"]
    assert told["acknowledged"] == list(range(1, len(told["acknowledged"]) + 1))


async def _wait_for(durable):
    await durable
