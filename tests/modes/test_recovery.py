"""What a restart makes of a session whose tape or journal ends early, or whose strategy changed."""

import shutil
import sqlite3
from contextlib import closing

import msgspec
import pytest
from msgspec import structs

from bot.engine.state import Durable
from bot.journal.database import TABLES
from bot.journal.port import RecordKind
from bot.journal.session import JOURNAL, SNAPSHOTS, TAPE, SessionReader
from bot.journal.tape import last_seq
from bot.model.event import OrderAbsent, OrderUnknown, SendAborted, decode
from bot.modes.recovery import read_opening
from bot.modes.verify import verify
from tests.modes.bots import Bots
from tests.modes.samples import PERP, Churn, market, run_for, settings_of, settings_with, told_by


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    """A session whose bot was killed in the middle of its first run, long after its beginning."""
    path = tmp_path_factory.mktemp("crashed") / "session"
    with Bots(path) as bots:
        bots.run_and_kill(0.8, checkpoint_s=60.0)
    return path


@pytest.fixture
def session(crashed, tmp_path):
    """That session, to do with as one likes."""
    path = tmp_path / "session"
    shutil.copytree(crashed, path)
    return path


def records(path):
    return [one for one in SessionReader(path).records() if one.kind is not RecordKind.RUN]


def cut_tape(path, share: float) -> None:
    for file in (path / TAPE).iterdir():
        content = file.read_bytes()
        file.write_bytes(content[: int(len(content) * share)])


def cut_journal(path, rows: int) -> None:
    """Take everything after the first so many rows away, as a disk that lost power might."""
    triggers = [sql for sql in TABLES if sql.startswith("CREATE TRIGGER")]
    with closing(sqlite3.connect(path / JOURNAL, isolation_level=None)) as connection:
        for sql in triggers:
            connection.execute(f"DROP TRIGGER {sql.split()[2]}")
        connection.execute("DELETE FROM journal WHERE row > ?", (rows,))
        for sql in triggers:
            connection.execute(sql)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def began(path, run: int) -> Durable:
    return msgspec.json.decode(read_opening(path, run).durable, type=Durable)


def held(state: Durable) -> dict[str, int]:
    lots: dict[str, int] = {}
    for (_, _, instrument), position in state.ledger.positions:
        lots[instrument] = lots.get(instrument, 0) + position.quantity
    return lots


def live(state: Durable) -> dict[str, str]:
    return {one.order_id: str(one.state) for one in state.desk.blotter.live}


@pytest.mark.parametrize("share", [1.0, 0.6, 0.0])
def test_where_the_tape_is_lost_the_journal_is_followed(session, share):
    whole = records(session)
    before = told_by(whole)
    cut_tape(session, share)

    run_for(session, duration_s=0.15)

    after = began(session, 2)
    names = [name for name, _ in market()[0].settings.strategies]
    memories = dict(zip(names, after.memories, strict=True))
    assert len(before.trades) > 10
    if share < 1.0:  # else the tape may know of more than the journal did
        assert held(after) == before.positions
        assert live(after) == before.live
        assert {name: memories[name] for name in before.memories} == before.memories
    assert set(before.trades) <= set(told_by(records(session)).trades)
    verified = verify(session, settings_of)
    assert verified.difference is None, str(verified.difference)
    assert verified.lost >= round((0.8 - share) * len(whole))


def test_what_was_heard_and_not_yet_written_down_is_written_down_by_the_next_run(session):
    heard = last_seq(session / TAPE)
    whole = [one for one in records(session) if one.seq <= heard]
    rows = len(whole) // 2
    while whole[rows - 2].seq == whole[rows - 1].seq:  # records of one step stand together
        rows += 1
    cut_journal(session, rows)

    run_for(session, duration_s=0.15)

    again = [one for one in records(session) if one.seq <= whole[-1].seq]
    assert [structs.replace(one, epoch=1) for one in again] == whole
    assert {one.epoch for one in again} == {1, 2}
    assert verify(session, settings_of).difference is None


def moments(path):
    """A row of the journal for each state that an order can be left in, and that state."""
    found = {}
    for row, one in enumerate(records(path), start=2):  # row 1 began the run
        if one.kind is RecordKind.COMMAND and b'"place"' in one.payload:
            found.setdefault("new", row)
        elif one.kind is RecordKind.EVENT:
            event = type(decode(one.payload)).__name__
            state = {"IntentDurable": "intent", "OrderSent": "sent"}.get(event)
            if state is not None:
                found.setdefault(state, row)
    return found


@pytest.mark.parametrize(
    ("state", "fate"),
    [
        ("new", [SendAborted]),
        ("intent", [OrderUnknown, OrderAbsent]),
        ("sent", [OrderUnknown, OrderAbsent]),
    ],
)
def test_an_order_without_an_answer_never_was_at_the_simulated_venue(session, state, fate):
    cut_journal(session, moments(session)[state])
    cut_tape(session, 0.0)
    left = told_by(records(session)).live

    run_for(session, duration_s=0.15)

    heard = [
        decode(one.payload)
        for one in records(session)
        if one.epoch == 2 and one.kind is RecordKind.EVENT
    ]
    (order_id,) = (name for name, where in left.items() if where == state)
    of_it = [type(one) for one in heard if getattr(one, "order_id", "") == order_id]
    assert of_it[: len(fate)] == fate
    assert verify(session, settings_of).difference is None


def test_a_changed_strategy_takes_over_what_the_old_one_left(session):
    before = told_by(records(session))
    setup, _, _ = market()
    base = structs.replace(setup.settings, strategies=setup.settings.strategies[:-1])
    other = settings_with(base, Churn(instrument=PERP, size=0.02, every_s=2.0))

    result = run_for(session, structs.replace(setup, settings=other), duration_s=0.15)

    assert "would be decided otherwise by now" in result.warnings[0]
    after = began(session, 2)
    assert set(before.trades) <= set(told_by(records(session)).trades)
    if told_by([one for one in records(session) if one.epoch == 1]).trades == before.trades:
        assert held(after).keys() == before.positions.keys()


def test_where_every_snapshot_is_damaged_the_last_run_is_taken_in_again(session):
    run_for(session, duration_s=0.15)
    for kept in (session / SNAPSHOTS).iterdir():
        kept.write_bytes(b"torn")

    run_for(session, duration_s=0.15)

    assert verify(session, settings_of).difference is None
