"""The journal on disk: SQLite behind one thread that commits what waits together.

The event loop only queues; the thread commits and syncs. While one commit is being synced the
next gathers, so that many submitters share one sync. The log is moved into the file when
nothing waits, to keep that out of an order's way.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from bot.errors import JournalError
from bot.journal import database
from bot.journal.chain import Head, Row, forge
from bot.journal.port import Clock, Record, RecordKind, closed, stale

COMMIT_RECORDS_MAX = 4_096
INSERT_ROWS_MAX = 64
"""Rows of one statement: between statements the thread may have to wait for the interpreter."""
IDLE_S = 0.2
LOG_COMMITS_MAX = 2_000
"""Commits, of 4 kB or more each, after which the log is moved even if more wait."""
_VALUES = "(?,?,?,?,?,?,?,?)"


class _Append(Struct, frozen=True):
    records: tuple[Record, ...]
    durable: asyncio.Future[None]


class SqliteJournal:
    """A journal that one thread writes; made by opening it, which begins a run.

    waiting_max: how many records may wait for the disk. One more fails the journal, as a
    full disk does: a record is never left out.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        run: bytes,
        seq: int = 0,
        connect: database.Connect = database.connect,
        waiting_max: int = 65_536,
    ) -> None:
        """Check every row, then make the next epoch durable; blocks until that is done.

        seq: the last of the tape, if that is further than the journal. run: what the record
        of this run says of it.
        """
        self.path = path
        self._connection, self._head = database.open_writer(path, connect)
        self.opened = Record(
            seq=max(seq, self._head.seq),
            epoch=self._head.epoch + 1,
            ts_ns=clock(),
            kind=RecordKind.RUN,
            payload=run,
        )
        self._waiting: deque[_Append] = deque()
        self._batch: list[_Append] = []
        self._waiting_records = 0
        self._waiting_max = waiting_max
        self._log_commits = 0
        self._closing = False
        self._failure: JournalError | None = None
        self._changed = threading.Condition()
        try:
            self._commit((self.opened,))
        except sqlite3.Error as error:
            self._connection.close()
            raise database.explained(path, error) from error
        # A daemon: a process that ends without closing has crashed, and recovers as from that.
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    @property
    def epoch(self) -> int:
        """The number of this run."""
        return self.opened.epoch

    def append(self, records: Sequence[Record]) -> Awaitable[None]:
        """Queue records for the disk; resolves when they are on it."""
        append = _Append(tuple(records), asyncio.get_running_loop().create_future())
        epochs = {record.epoch for record in records} - {self.epoch}
        if epochs:
            append.durable.set_exception(stale(str(self.path), min(epochs), self.epoch))
            return append.durable
        with self._changed:
            if self._waiting_records + len(append.records) > self._waiting_max:
                self._failure = self._failure or self._overflow()
            if self._failure is not None or self._closing:
                append.durable.set_exception(_again(self._failure or closed(str(self.path))))
                return append.durable
            self._waiting.append(append)
            self._waiting_records += len(append.records)
            self._changed.notify()
        return append.durable

    def load(self) -> Iterator[Record]:
        """Every durable record, oldest first, each checked as it is read."""
        return database.read(self.path)

    def close(self) -> None:
        """Write what waits, move the log into the file, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        self._connection.close()

    # --- the thread ------------------------------------------------------------------------

    def _write(self) -> None:
        try:
            while self._take_batch():
                if self._batch:
                    self._commit([record for each in self._batch for record in each.records])
                    _settle(self._batch, None)
                if not self._batch or self._log_commits >= LOG_COMMITS_MAX:
                    self._checkpoint("PASSIVE")
            self._checkpoint("TRUNCATE")
        except sqlite3.Error as error:
            self._fail(database.explained(self.path, error))
        finally:  # A bug of ours must not leave anyone waiting for ever.
            if self._batch or self._waiting or not self._closing:
                self._fail(self._failure or self._ended())

    def _take_batch(self) -> bool:
        """Take what waits, at most a commit's worth; nothing after idle time, False at the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._waiting or self._closing, IDLE_S if self._log_commits else None
            )
            self._batch = []
            records = 0
            while self._waiting and records < COMMIT_RECORDS_MAX:
                self._batch.append(self._waiting.popleft())
                records += len(self._batch[-1].records)
            self._waiting_records -= records
            return bool(self._batch) or not self._closing

    def _commit(self, records: Sequence[Record]) -> None:
        """Put records on the disk, all or none."""
        if not records:
            return
        rows: list[Row] = []
        head: Head = self._head
        for record in records:
            row, head = forge(head, record)
            rows.append(row)
        self._connection.execute("BEGIN IMMEDIATE")
        for first in range(0, len(rows), INSERT_ROWS_MAX):
            chunk = rows[first : first + INSERT_ROWS_MAX]
            statement = "INSERT INTO journal VALUES " + ",".join([_VALUES] * len(chunk))
            self._connection.execute(statement, [value for row in chunk for value in row])
        self._connection.execute("COMMIT")
        self._head = head
        self._log_commits += 1

    def _checkpoint(self, mode: str) -> None:
        if self._log_commits:
            self._connection.execute(f"PRAGMA wal_checkpoint({mode})")
            self._log_commits = 0

    def _fail(self, failure: JournalError) -> None:
        """Take nothing more: after a failed sync nobody knows what a second one would mean."""
        with self._changed:
            self._failure = failure
            unsettled = [*self._batch, *self._waiting]
            self._batch = []
            self._waiting.clear()
        _settle(unsettled, failure)
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")

    def _overflow(self) -> JournalError:
        return JournalError(
            where=str(self.path),
            seen=f"more than {self._waiting_max} records waiting for the disk",
            expected="a disk that keeps up",
            fix="put the session on a faster disk, then start again",
        )

    def _ended(self) -> JournalError:
        return JournalError(
            where=str(self.path),
            seen="an error of the bot's own in the thread that writes",
            expected="records of whole numbers and bytes",
            fix="start again, and report the traceback above",
        )


def _settle(batch: list[_Append], failure: JournalError | None) -> None:
    # The loop may have ended: then nobody waits any more.
    with contextlib.suppress(RuntimeError):
        if batch:
            batch[0].durable.get_loop().call_soon_threadsafe(_resolve, batch, failure)


def _resolve(batch: list[_Append], failure: JournalError | None) -> None:
    for append in batch:
        if append.durable.done():
            continue
        if failure is None:
            append.durable.set_result(None)
        else:
            append.durable.set_exception(_again(failure))


def _again(failure: JournalError) -> JournalError:
    """The same error for one more who waits: a raised one belongs to its traceback."""
    return type(failure)(*failure.args)
