"""A session is a folder with one owner, and opening it is recovering it."""

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from bot.errors import AlreadyRunning, JournalError, NotFoundError
from bot.journal import manifest
from bot.journal.lock import SessionLock
from bot.journal.port import RecordKind
from bot.journal.session import Session, SessionReader
from bot.model.event import Heartbeat
from tests.journal.samples import NOW, block, clock, record, same_block, terms, written


def beat(seq):
    return Heartbeat(ts_recv=NOW + seq, ts_venue=NOW)


@pytest.fixture
def folder(tmp_path):
    """A session that ran once and was closed."""
    path = tmp_path / "session"
    asyncio.run(Session.create(path, terms(), clock=clock).close())
    return path


async def test_a_session_keeps_its_terms_its_tape_and_its_records(tmp_path):
    path = tmp_path / "sessions" / "first"
    session = Session.create(path, terms(), clock=clock)
    session.tape.append(1, block(3))
    session.tape.append(4, beat(4))
    await session.journal.append([record(4)])
    await session.close()

    reader = SessionReader(path)

    assert reader.manifest == terms()
    (one, read), other = reader.tape
    assert one == 1
    assert same_block(read, block(3))
    assert other == (4, beat(4))
    assert written(reader.records()) == [record(4)]


async def test_a_session_that_runs_can_be_read_meanwhile(tmp_path):
    session = Session.create(tmp_path, terms(), clock=clock)
    await session.journal.append([record(1)])

    assert written(SessionReader(tmp_path).records()) == [record(1)]

    await session.journal.append([record(2)])
    assert written(SessionReader(tmp_path).records()) == [record(1), record(2)]
    await session.close()


async def test_each_run_has_a_higher_epoch_and_goes_on_behind_the_last_seq_known(tmp_path):
    session = Session.create(tmp_path, terms(), clock=clock)
    assert (session.epoch, session.last_seq) == (1, 0)
    session.tape.append(1, block(9))
    await session.journal.append([record(5)])
    await session.close()

    session = Session.open(tmp_path, clock=clock)
    assert (session.epoch, session.last_seq) == (2, 9)
    await session.journal.append([record(20, epoch=2)])
    await session.close()

    session = Session.open(tmp_path, clock=clock)
    assert (session.epoch, session.last_seq) == (3, 20)
    await session.save_snapshot(30, b"state")
    await session.close()

    session = Session.open(tmp_path, clock=clock)
    assert (session.epoch, session.last_seq) == (4, 30)
    await session.close()


async def test_new_terms_hold_from_their_run_on_and_the_old_ones_stay_on_record(folder):
    tighter = terms("[risk]\norder_notional_max = 5000\n")

    await Session.open(folder, clock=clock, terms=tighter).close()
    await Session.open(folder, clock=clock).close()

    reader = SessionReader(folder)
    assert reader.manifest == tighter
    runs = [(run.epoch, each.config_hash) for run, each in reader.runs()]
    old, new = terms().config_hash, tighter.config_hash
    assert runs == [(1, old), (2, new), (3, new)]
    assert [each.kind for each in reader.records()] == [RecordKind.RUN] * 3


async def test_a_second_bot_is_told_who_runs_the_session(folder):
    session = Session.open(folder, clock=clock)

    with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\b") as refused:
        Session.open(folder, clock=clock)

    assert str(folder) in str(refused.value)
    assert refused.value.exit_code == 10
    await session.close()
    await Session.open(folder, clock=clock).close()


HOLD = """
import sys
from pathlib import Path
from bot.journal.lock import SessionLock
lock = SessionLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert holder.stdout.readline() == b"held\n"

    with pytest.raises(AlreadyRunning, match=f"process {holder.pid}"):
        SessionLock(tmp_path)
    holder.kill()
    holder.communicate()

    SessionLock(tmp_path).release()


async def test_the_newest_three_snapshots_are_kept_and_the_newest_is_read(tmp_path):
    session = Session.create(tmp_path, terms(), clock=clock)
    assert session.latest_snapshot() is None

    for seq in (100, 5_000, 20_000, 100_000):
        await session.save_snapshot(seq, b"state %d" % seq)

    latest = session.latest_snapshot()
    assert (latest.seq, latest.payload, latest.passed_over) == (100_000, b"state 100000", ())
    assert [int(path.stem) for path in sorted((tmp_path / "snapshots").iterdir())] == [
        5_000,
        20_000,
        100_000,
    ]
    await session.close()


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 40])
async def test_a_damaged_snapshot_is_passed_over_and_named(tmp_path, damage):
    session = Session.create(tmp_path, terms(), clock=clock)
    await session.save_snapshot(10, b"older")
    await session.save_snapshot(20, b"newer")
    newest = max((tmp_path / "snapshots").iterdir())
    newest.write_bytes(damage)

    latest = session.latest_snapshot()

    assert (latest.seq, latest.payload, latest.passed_over) == (10, b"older", (newest,))
    min((tmp_path / "snapshots").iterdir()).write_bytes(damage)
    with pytest.raises(JournalError, match="2 snapshots, all damaged"):
        session.latest_snapshot()
    await session.close()


async def test_no_flipped_bit_of_a_snapshot_is_read_as_another_state(tmp_path):
    session = Session.create(tmp_path, terms(), clock=clock)
    await session.save_snapshot(10, b"a state of the engine")
    (path,) = (tmp_path / "snapshots").iterdir()
    content = path.read_bytes()

    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(JournalError):
            session.latest_snapshot()
    await session.close()


def test_no_flipped_bit_of_the_manifest_is_read_as_other_terms(folder):
    path = folder / "session.json"
    content = path.read_bytes()
    found = 0

    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 7
        path.write_bytes(damaged)
        try:
            assert manifest.read(folder) == terms()
        except JournalError:
            found += 1

    assert found > 0.7 * len(content)  # the rest is space between words


def test_a_session_of_a_newer_bot_is_refused_with_both_versions(folder):
    manifest.write(folder, msgspec.structs.replace(terms(), schema=2))

    with pytest.raises(JournalError, match="got schema 2, expected at most 1"):
        Session.open(folder, clock=clock)


def test_a_folder_that_is_missing_or_no_session_is_one_clear_error(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFoundError, match="expected the folder of a session"):
            Session.open(path, clock=clock)
        with pytest.raises(NotFoundError, match="expected the folder of a session"):
            SessionReader(path)

    assert list(tmp_path.iterdir()) == []


def test_a_session_without_its_journal_is_not_started_as_if_it_were_new(folder):
    (folder / "journal.sqlite").unlink()

    with pytest.raises(JournalError, match="expected the journal of a session"):
        Session.open(folder, clock=clock)
    assert not (folder / "journal.sqlite").exists()


def test_a_session_is_not_created_over_another(folder):
    with pytest.raises(JournalError, match="a session that has run before"):
        Session.create(folder, terms(), clock=clock)

    (folder / "session.json").unlink()
    with pytest.raises(JournalError, match="a session that has run before"):
        Session.create(folder, terms(), clock=clock)


@pytest.mark.parametrize("left", [("tape",), ("tape", "snapshots", "journal.sqlite")])
async def test_a_session_that_was_never_finished_is_created_after_all(tmp_path, folder, left):
    half = tmp_path / "half"
    whole = tmp_path / "whole"
    shutil.copytree(folder, whole)
    half.mkdir()
    for name in left:
        if name == "journal.sqlite":
            (half / f"{name}.draft").write_bytes(b"half a page")
        else:
            (half / name).mkdir()

    session = Session.create(half, terms(), clock=clock)

    assert session.epoch == 1
    await session.close()


@contextmanager
def unprivileged():
    """No rights of root, which may write anywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_place_that_may_not_be_written_is_one_clear_error(tmp_path, folder):
    file = tmp_path / "file"
    file.write_bytes(b"")
    sealed = tmp_path / "sealed"
    sealed.mkdir(mode=0o500)

    with pytest.raises(JournalError, match="expected a folder on a local disk"):
        Session.create(file / "session", terms(), clock=clock)
    with unprivileged(), pytest.raises(JournalError, match=r"Permission denied.*write"):
        Session.create(sealed / "session", terms(), clock=clock)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o500 if path.is_dir() else 0o400)
    with unprivileged(), pytest.raises(JournalError, match=r"Permission denied|may not read"):
        Session.open(folder, clock=clock)
    folder.chmod(0o700)
