"""The journal in memory: instant when it may be, and a disk that crashes on request."""

import asyncio
import time

import pytest

from bot.errors import JournalError
from bot.journal.memory import DURABLE, MemoryJournal
from tests.journal.samples import record, records, written


async def test_an_append_is_durable_at_once_unless_the_disk_is_held():
    journal = MemoryJournal()

    assert journal.append(records(1)) is DURABLE
    assert await journal.append(records(1, first=2)) is None
    assert written(journal.load()) == records(2)


async def test_a_slow_disk_acknowledges_the_oldest_first_and_only_when_it_is_released():
    journal = MemoryJournal()
    journal.hold()
    pending = [journal.append([each]) for each in records(3)]

    journal.release(2)

    assert [future.done() for future in pending] == [True, True, False]
    assert written(journal.load()) == records(2)
    journal.release()
    await asyncio.gather(*pending)
    assert journal.append([record(4)]) is DURABLE


@pytest.mark.parametrize("survivors", [0, 1, 4])
async def test_a_crash_loses_what_was_not_acknowledged_but_for_what_reached_the_disk(survivors):
    journal = MemoryJournal()
    await journal.append(records(5))
    journal.hold()
    pending = journal.append(records(4, first=6))

    after = journal.crash(survivors)

    assert written(after.load()) == records(5 + survivors)
    assert after.epoch == journal.epoch + 1
    assert not pending.done()


async def test_after_a_crash_the_old_journal_is_of_a_stale_epoch():
    journal = MemoryJournal()
    after = journal.crash()

    with pytest.raises(JournalError, match="epoch 2"):
        await journal.append([record(1)])
    assert written(after.load()) == []


async def test_a_full_disk_refuses_the_record_and_all_that_follow():
    journal = MemoryJournal()
    journal.room = 3
    await journal.append(records(2))

    with pytest.raises(JournalError, match="no room"):
        await journal.append(records(2, first=3))
    with pytest.raises(JournalError, match="no room"):
        await journal.append([record(5)])

    assert written(journal.load()) == records(2)


async def test_a_journal_that_keeps_nothing_does_not_grow_and_cannot_be_loaded():
    journal = MemoryJournal(keep=False)

    for _ in range(100):
        await journal.append(records(10))

    assert len(journal._durable) == 1
    with pytest.raises(AssertionError, match="keeps nothing"):
        journal.load()


def test_an_append_in_replay_costs_at_most_two_microseconds():
    journal = MemoryJournal(keep=False)
    batch = records(1)
    costs = []

    for _ in range(50):
        start = time.perf_counter_ns()
        for _ in range(200):
            journal.append(batch)
        costs.append((time.perf_counter_ns() - start) / 200)

    assert min(costs) <= 2_000
