"""What every journal promises, held against each implementation."""

import asyncio

import pytest

from bot.errors import JournalError
from bot.journal import database
from bot.journal.memory import MemoryJournal
from bot.journal.port import Record, RecordKind, canonical
from bot.journal.sqlite import SqliteJournal
from tests.journal.samples import NOW, clock, record, records, written


@pytest.fixture(params=["memory", "sqlite"])
def reopen(request, tmp_path):
    """Opens the same journal for its next run."""
    opened = []
    path = tmp_path / "journal.sqlite"
    if request.param == "sqlite":
        database.create(path)

    def open_next(run: bytes = b"{}", seq: int = 0):
        if request.param == "sqlite":
            journal = SqliteJournal(path, clock=clock, run=run, seq=seq)
        else:
            past = tuple(opened[-1].load()) if opened else ()
            journal = MemoryJournal(past, run=run, seq=seq, ts_ns=NOW)
        opened.append(journal)
        return journal

    yield open_next
    for journal in opened:
        journal.close()


async def test_what_was_acknowledged_is_loaded_in_the_order_of_appending(reopen):
    journal = reopen()

    await asyncio.gather(journal.append(records(3)), journal.append(records(2, first=4)))

    assert written(journal.load()) == records(5)


async def test_a_run_begins_with_a_record_of_its_own_that_is_durable(reopen):
    journal = reopen(run=b'{"code":"0.1"}', seq=7)

    assert list(journal.load()) == [Record(7, 1, NOW, RecordKind.RUN, b'{"code":"0.1"}')]
    assert journal.opened == next(journal.load())


async def test_every_start_has_a_higher_epoch_and_goes_on_behind_the_last_seq(reopen):
    first = reopen()
    await first.append(records(9))
    first.close()

    second = reopen()
    third = reopen(seq=40)

    assert (first.epoch, second.epoch, third.epoch) == (1, 2, 3)
    assert (second.opened.seq, third.opened.seq) == (9, 40)


async def test_a_record_of_another_epoch_is_refused_and_harms_nothing(reopen):
    reopen().close()
    journal = reopen()

    with pytest.raises(JournalError, match="epoch 1, expected epoch 2"):
        await journal.append([record(1, epoch=2), record(2, epoch=1)])
    await journal.append([record(3, epoch=2)])

    assert written(journal.load()) == [record(3, epoch=2)]


async def test_an_append_of_nothing_waits_for_what_went_before(reopen):
    journal = reopen()

    first = asyncio.ensure_future(_waits(journal.append(records(3))))
    await journal.append([])

    assert written(journal.load()) == records(3)
    await first


async def test_a_closed_journal_keeps_what_waited_and_takes_nothing_more(reopen):
    journal = reopen()
    waiting = journal.append(records(3))

    journal.close()

    await waiting
    assert written(journal.load()) == records(3)
    with pytest.raises(JournalError, match="after the close"):
        await journal.append(records(1))


def test_the_same_value_is_the_same_bytes_whatever_the_order_of_its_keys():
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1}) == b'{"a":2,"b":1}'


async def _waits(durable):
    await durable
