"""A journal that is not as it was written is refused, with the row or the reason named."""

import asyncio
import random
import shutil
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import JournalError
from bot.journal import database, wal
from bot.journal.chain import BrokenRow, Head, follow, forge
from bot.journal.port import RecordKind
from bot.journal.sqlite import SqliteJournal
from tests.journal.samples import clock, record, records, written

COUNT = 60
TEXT = "basket 7 leg 2, " * 12
FIELDS = ("row", "seq", "epoch", "ts", "kind", "payload", "crc", "prev_hash")


@pytest.fixture
def path(tmp_path):
    """A journal of a few pages, closed, so that all of it is in one file."""
    path = tmp_path / "journal.sqlite"
    database.create(path)
    _fill(path).close()
    return path


@pytest.fixture
def crashed(tmp_path):
    """A journal whose process ended without moving the log: ten commits stand in it."""
    path = tmp_path / "journal.sqlite"
    database.create(path)
    journal = _fill(path, appends=10)
    for name in (path.name, f"{path.name}-wal"):
        (tmp_path / "left").mkdir(exist_ok=True)
        shutil.copy(tmp_path / name, tmp_path / "left" / name)
    journal.close()
    return tmp_path / "left" / path.name


def _fill(path, appends=1):
    journal = SqliteJournal(path, clock=clock, run=b"{}")

    async def append():
        each = COUNT // appends
        for first in range(1, COUNT + 1, each):
            await journal.append(records(each, first=first, text=TEXT))

    asyncio.run(append())
    return journal


def _rewritten(path, statement, *values):
    """Change a row behind the journal's back, with its triggers taken out for the moment."""
    connection = sqlite3.connect(path, isolation_level=None)
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    for name, _ in (kept := triggers.fetchall()):
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement, values)
    for _, sql in kept:
        connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("field", ["seq", "epoch", "ts", "crc"])
def test_one_bit_of_a_number_names_its_row(path, field):
    _rewritten(path, f"UPDATE journal SET {field} = {field} + 2 WHERE row = 17")

    with pytest.raises(JournalError, match=r"journal\.sqlite row 17: got .* checksum"):
        list(database.read(path))


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ("UPDATE journal SET payload = x'7b7d' WHERE row = 17", 17),
        ("UPDATE journal SET payload = 'text' WHERE row = 17", 17),
        ("UPDATE journal SET kind = 'evenu' WHERE row = 17", 17),
        ("UPDATE journal SET prev_hash = x'00' WHERE row = 17", 17),
        ("DELETE FROM journal WHERE row = 17", 17),
        ("DELETE FROM journal WHERE row = 1", 1),
        ("UPDATE journal SET row = 1000 WHERE row = 17", 17),
    ],
)
def test_a_row_changed_taken_out_or_moved_is_named(path, change, row):
    _rewritten(path, change)

    with pytest.raises(JournalError, match=rf"journal\.sqlite row {row}: "):
        list(database.read(path))
    with pytest.raises(JournalError, match=rf"journal\.sqlite row {row}: "):
        SqliteJournal(path, clock=clock, run=b"{}")


def test_a_row_put_in_with_a_right_checksum_breaks_the_chain(path):
    row, _ = forge(Head(COUNT + 1, hash=b"x" * 16), record(COUNT + 1))
    _rewritten(path, "INSERT INTO journal VALUES (?,?,?,?,?,?,?,?)", *row)

    with pytest.raises(JournalError, match=rf"row {COUNT + 2}: got the hash of another row"):
        list(database.read(path))


@given(st.data())
def test_any_change_of_any_field_of_any_row_is_found(data):
    head, rows = Head(), []
    for seq in range(1, 6):
        text = data.draw(st.text(max_size=8))
        row, head = forge(head, record(seq, text=text, kind=RecordKind.NOTE))
        rows.append(row)
    number = data.draw(st.integers(0, 4))
    field = data.draw(st.integers(0, len(FIELDS) - 1))
    value = rows[number][field]
    other = data.draw(_like(value).filter(lambda each: each != value))
    rows[number] = (*rows[number][:field], other, *rows[number][field + 1 :])

    with pytest.raises(BrokenRow):
        _walk(rows)


def _walk(rows):
    head = Head()
    for row in rows:
        _, head = follow(head, row)


def _like(value):
    if isinstance(value, int):
        return st.integers(-(2**63), 2**63 - 1)
    return st.text(max_size=12) if isinstance(value, str) else st.binary(max_size=20)


def test_no_flipped_bit_of_the_file_is_read_as_something_else(path, tmp_path):
    content = path.read_bytes()
    expected = list(database.read(path))
    choice = random.Random(7)
    found = 0

    for at in choice.sample(range(len(content)), 700):
        copy = tmp_path / "flipped.sqlite"
        copy.write_bytes(_flipped(content, at, choice.randrange(8)))
        try:
            loaded = _verified(copy)
        except JournalError:
            found += 1
        else:
            assert loaded == expected, f"byte {at} was read as something else"

    assert found >= 350  # the rest is room that no row uses


def test_no_flipped_bit_of_the_log_silently_drops_what_was_acknowledged(crashed, tmp_path):
    log = crashed.with_name(f"{crashed.name}-wal")
    content, database_bytes = log.read_bytes(), crashed.read_bytes()
    expected = list(database.read(crashed))
    choice = random.Random(7)
    last_commit = len(content) - 2 * (wal.PAGE_BYTES + 24)
    copy = tmp_path / "flipped.sqlite"
    found = 0

    for at in [*range(32), *choice.sample(range(32, last_commit), 200)]:
        copy.with_name("flipped.sqlite-shm").unlink(missing_ok=True)
        copy.write_bytes(database_bytes)
        copy.with_name("flipped.sqlite-wal").write_bytes(_flipped(content, at, choice.randrange(8)))
        try:
            assert list(database.read(copy)) == expected, f"byte {at}"
        except JournalError:
            found += 1

    assert written(expected) == records(COUNT, text=TEXT)
    assert found >= 200


def test_a_log_that_a_power_loss_tore_at_its_last_commit_is_read_up_to_there(crashed):
    log = crashed.with_name(f"{crashed.name}-wal")
    log.write_bytes(log.read_bytes()[:-100])

    loaded = written(database.read(crashed))

    assert loaded == records(COUNT - COUNT // 10, text=TEXT)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "application id 0"),
        (b"not a database at all" * 300, "not a database"),
        (None, "expected the journal of a session"),
    ],
)
def test_a_journal_that_is_missing_or_no_database_is_one_clear_error(tmp_path, content, told):
    path = tmp_path / "journal.sqlite"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(JournalError, match=told) as refused:
        SqliteJournal(path, clock=clock, run=b"{}")
    assert str(path) in str(refused.value)
    assert refused.value.exit_code == 11


def test_a_journal_cut_short_is_refused(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])

    with pytest.raises(JournalError):
        SqliteJournal(path, clock=clock, run=b"{}")


def test_a_journal_of_a_newer_bot_is_refused_with_both_versions(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=2")
    connection.close()

    with pytest.raises(JournalError, match="got schema 2, expected at most 1"):
        SqliteJournal(path, clock=clock, run=b"{}")


def test_a_journal_without_its_triggers_is_refused(path):
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER journal_epoch")
    connection.close()

    with pytest.raises(JournalError, match="other tables"):
        SqliteJournal(path, clock=clock, run=b"{}")


def _flipped(content: bytes, at: int, bit: int) -> bytes:
    damaged = bytearray(content)
    damaged[at] ^= 1 << bit
    return bytes(damaged)


def _verified(path):
    connection, _ = database.open_writer(path)
    connection.close()
    return list(database.read(path))
