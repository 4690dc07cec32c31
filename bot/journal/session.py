"""A session: the folder that a bot's run lives in, and comes back to after a crash.

    session.json     what it runs with: configuration, instruments, code
    session.lock     who runs it
    journal.sqlite   what must survive: decisions, orders, fills, postings
    tape/            everything that entered, in order
    snapshots/       the engine's state, the newest three

Starting is recovering: `Session.open` does the same after a clean stop and after a crash.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

from bot.errors import JournalError
from bot.journal import database, manifest, snapshots, tape
from bot.journal.durable import make_folder, unusable
from bot.journal.lock import SessionLock
from bot.journal.manifest import Manifest
from bot.journal.port import Clock, Record, RecordKind
from bot.journal.snapshots import Snapshot
from bot.journal.sqlite import SqliteJournal
from bot.journal.tape import TapeReader
from bot.journal.tape_writer import TapeWriter

JOURNAL = "journal.sqlite"
TAPE = "tape"
SNAPSHOTS = "snapshots"


class Session:
    """A session that this process runs, alone: the lock is held until it is closed.

    journal and tape take what happens; `epoch` numbers this run and `last_seq` is the last
    item of earlier ones, after which this run goes on.
    """

    def __init__(self, path: Path, lock: SessionLock, terms: Manifest, clock: Clock) -> None:
        """Use `create` or `open`; this takes over a folder that is locked and complete."""
        self.path = path
        self.manifest = terms
        self._lock = lock
        self.journal = SqliteJournal(
            path / JOURNAL,
            clock=clock,
            run=manifest.encode(terms),
            # The tape is not synced: after a power loss a snapshot may be ahead of it.
            seq=max(tape.last_seq(path / TAPE), snapshots.last_seq(path / SNAPSHOTS)),
        )
        try:
            self.tape = TapeWriter(path / TAPE, self.journal.epoch)
        except OSError as error:
            self.journal.close()
            raise unusable(path / TAPE, error) from error

    @classmethod
    def create(cls, path: Path, terms: Manifest, *, clock: Clock) -> "Session":
        """Make the folder and begin its first run; blocks until that is durable."""
        make_folder(path)
        with contextlib.ExitStack() as undo:
            lock = SessionLock(path)
            undo.callback(lock.release)
            _require_new(path)
            make_folder(path / TAPE)
            make_folder(path / SNAPSHOTS)
            database.create(path / JOURNAL)
            # The last: a folder without it is one that was never finished.
            manifest.write(path, terms)
            session = cls(path, lock, terms, clock)
            undo.pop_all()
        return session

    @classmethod
    def open(cls, path: Path, *, clock: Clock, terms: Manifest | None = None) -> "Session":
        """Begin the next run of a session; blocks until every row is checked.

        terms: what it runs with from now on; None: as before.
        """
        manifest.read(path)
        with contextlib.ExitStack() as undo:
            lock = SessionLock(path)
            undo.callback(lock.release)
            before = manifest.read(path)
            if terms is not None and terms != before:
                manifest.write(path, terms)
            session = cls(path, lock, terms or before, clock)
            undo.pop_all()
        return session

    @property
    def epoch(self) -> int:
        """The number of this run: every start of the session has a higher one."""
        return self.journal.epoch

    @property
    def last_seq(self) -> int:
        """The last seq that tape, journal or snapshots of earlier runs know; 0 of a new session."""
        return self.journal.opened.seq

    async def save_snapshot(self, seq: int, payload: bytes) -> None:
        """Make the state after item `seq` durable, beside the event loop."""
        await asyncio.to_thread(snapshots.save, self.path / SNAPSHOTS, seq, payload)

    def latest_snapshot(self) -> Snapshot | None:
        """The newest state that can be read; None when none was taken."""
        return snapshots.latest(self.path / SNAPSHOTS)

    async def close(self) -> None:
        """Finish tape and journal, and let the session go."""
        try:
            await asyncio.to_thread(self.tape.flush)
        finally:
            await asyncio.to_thread(self.tape.close)
            await asyncio.to_thread(self.journal.close)
            self._lock.release()


class SessionReader:
    """A session to look at, whether or not a bot runs it; nothing is changed or locked."""

    def __init__(self, path: Path) -> None:
        """Read the manifest; the rest is read when asked for."""
        self.path = path
        self.manifest = manifest.read(path)
        self.tape = TapeReader(path / TAPE)

    def records(self) -> Iterator[Record]:
        """Every record of the journal, oldest first, each checked."""
        return database.read(self.path / JOURNAL)

    def runs(self) -> Iterator[tuple[Record, Manifest]]:
        """The record that began each run, and what that ran with."""
        for record in self.records():
            if record.kind is RecordKind.RUN:
                yield record, manifest.decode(record.payload, f"{self.path} epoch {record.epoch}")

    def latest_snapshot(self) -> Snapshot | None:
        """The newest state that can be read; None when none was taken."""
        return snapshots.latest(self.path / SNAPSHOTS)


def _require_new(path: Path) -> None:
    journal = path / JOURNAL
    begun = journal.exists() and next(database.read(journal), None) is not None
    if (path / manifest.FILE).exists() or begun:
        raise JournalError(
            where=str(path),
            seen="a session that has run before",
            expected="an empty or new folder",
            fix="open it to go on with it, or name another folder",
        )
