"""The journal's SQLite file: its tables, its settings, and how its rows are read back."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from bot.errors import JournalError
from bot.journal import wal
from bot.journal.chain import BrokenRow, Head, Row, follow
from bot.journal.durable import sync_folder
from bot.journal.port import Record

SCHEMA_VERSION = 1
APPLICATION_ID = 0x626F746A  # "botj"
FULL = 2

TABLES = (
    """CREATE TABLE journal (
        row INTEGER PRIMARY KEY,
        seq INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        ts INTEGER NOT NULL,
        kind TEXT NOT NULL,
        payload BLOB NOT NULL,
        crc INTEGER NOT NULL,
        prev_hash BLOB NOT NULL
    )""",
    """CREATE TRIGGER journal_epoch BEFORE INSERT ON journal
        WHEN NEW.epoch < (SELECT epoch FROM journal ORDER BY row DESC LIMIT 1)
        BEGIN SELECT RAISE(ABORT, 'stale epoch'); END""",
    """CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
)

Connect = Callable[[str], sqlite3.Connection]


def connect(uri: str) -> sqlite3.Connection:
    """A connection that leaves transactions to us and may be handed to another thread."""
    return sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0
    )


def create(path: Path, connect: Connect = connect) -> None:
    """Make an empty journal, whole or not at all; leave one that is there."""
    if path.exists():
        return
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    with translated(path), closing(connect(_uri(draft, "rwc"))) as connection:
        connection.execute(f"PRAGMA page_size={wal.PAGE_BYTES}")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        for statement in TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")
    draft.replace(path)
    sync_folder(path.parent)


def open_writer(path: Path, connect: Connect = connect) -> tuple[sqlite3.Connection, Head]:
    """The one connection that writes, and the end of a chain that was walked whole."""
    require_file(path)
    wal.check(path)
    with translated(path), ExitStack() as undo:
        connection = undo.enter_context(closing(connect(_uri(path, "rw"))))
        _require_schema(connection, path)
        _make_durable(connection, path)
        head = verify(connection, path)
        # The log of this run begins empty: what a crash tore must not stay behind it.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        undo.pop_all()
    return connection, head


def read(path: Path) -> Iterator[Record]:
    """Every record, oldest first, each checked; a bot may be writing meanwhile."""
    require_file(path)
    wal.check(path)
    with translated(path), closing(connect(_uri(path, "ro"))) as connection:
        _require_schema(connection, path)
        for record, _ in _walk(connection, path):
            yield record


def verify(connection: sqlite3.Connection, path: Path) -> Head:
    """Walk the whole chain to its head; JournalError names the row that is damaged."""
    for (verdict,) in connection.execute("PRAGMA quick_check(1)"):
        if verdict != "ok":
            raise damaged(str(path), verdict)
    head = Head()
    for _, reached in _walk(connection, path):
        head = reached
    return head


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite says into an error that a person can act on."""
    try:
        yield
    except UnicodeError as error:  # damaged text, in SQLite's own message too
        raise damaged(str(path), str(error)) from error
    except sqlite3.Error as error:
        raise explained(path, error) from error


def explained(path: Path, error: sqlite3.Error) -> JournalError:
    """What an error of SQLite means for the journal."""
    code = getattr(error, "sqlite_errorname", type(error).__name__)
    seen = f"{error} ({code})"
    if "stale epoch" in str(error):
        return JournalError(
            where=str(path),
            seen=seen,
            expected="to be the last that opened the journal",
            fix="stop this process: another one has taken over the session",
        )
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")):
        return damaged(str(path), seen)
    return JournalError(
        where=str(path),
        seen=seen,
        expected="a disk with room that takes what is written",
        fix="free some space or repair the disk, then start again: what was acknowledged is kept",
    )


def damaged(where: str, seen: str) -> JournalError:
    """The refusal of a journal that is not as it was written."""
    return JournalError(
        where=where,
        seen=seen,
        expected="the journal as it was written",
        fix="restore the session's folder from a copy, or begin a new session and let it "
        "reconcile with the venue",
    )


def require_file(path: Path) -> None:
    """Raise unless the journal is there and may be read and written."""
    if not path.is_file():
        raise JournalError(
            where=str(path),
            seen="nothing",
            expected="the journal of a session",
            fix="restore it from a copy: without it a restart would forget its orders",
        )
    if not os.access(path, os.R_OK | os.W_OK):
        raise JournalError(
            where=str(path),
            seen="a file that this user may not read and write",
            expected="permission for both",
            fix="run as the owner of the session, or give it this file",
        )


def _require_schema(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise damaged(str(path), f"application id {application}")
    if version > SCHEMA_VERSION:
        raise JournalError(
            where=str(path),
            seen=f"schema {version}",
            expected=f"at most {SCHEMA_VERSION}",
            fix="open it with the newer version of the bot that wrote it",
        )
    found = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
    if {sql for (sql,) in found} != set(TABLES):
        raise damaged(str(path), "other tables")


def _make_durable(connection: sqlite3.Connection, path: Path) -> None:
    """Sync every commit, and leave moving the log into the file to the writer's idle time."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")  # macOS: without it, sync stops at the disk's cache
    connection.execute("PRAGMA checkpoint_fullfsync=ON")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    modes = ("journal_mode", "synchronous")
    settings = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in modes]
    if settings != ["wal", FULL]:
        raise JournalError(
            where=str(path),
            seen=f"journal_mode and synchronous {settings}",
            expected=f"['wal', {FULL}]",
            fix="put the session on a local disk: network file systems cannot do this",
        )


def _walk(connection: sqlite3.Connection, path: Path) -> Iterator[tuple[Record, Head]]:
    head = Head()
    rows: Iterator[Row] = connection.execute("SELECT * FROM journal ORDER BY row")
    while True:
        try:
            row = next(rows, None)
            if row is None:
                return
            record, head = follow(head, row)
        except (BrokenRow, UnicodeError, sqlite3.DatabaseError) as error:
            raise damaged(f"{path} row {head.row + 1}", str(error)) from error
        yield record, head


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path))}?mode={mode}"
