"""Coming back to a session: the state of its last run, to the last thing that was written down.

The newest snapshot is the beginning; what tape and journal hold after it follows. While both
are there, the tape is decided again and must come to what the journal has: then every clock
and every plan stands as it stood. Where they part, because a strategy has changed since, and
where the tape was lost, the journal is followed as it is.

A tape that goes on after the journal holds what was heard and not yet written down: it counts
too, and is written down now. Nothing of it had been sent, for an order waits for the journal.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from bot.engine.engine import Engine
from bot.engine.exposure import DIGITS
from bot.engine.settings import Settings
from bot.engine.state import State
from bot.errors import JournalError
from bot.journal import snapshots
from bot.journal.durable import make_folder
from bot.journal.port import Record, RecordKind
from bot.journal.session import TAPE, Session
from bot.journal.tape import TapeReader
from bot.model.event import AnyEvent
from bot.modes import checkpoint
from bot.modes.checkpoint import Checkpoint
from bot.modes.recall import recall
from bot.modes.rederive import Difference, Rederivation
from bot.tape.rows import Block

OPENINGS: Final = "openings"
"""Beside `snapshots/`: the state that each run began with, kept for whoever verifies it."""


class Recovered(Struct, frozen=True):
    """Where the last run ended.

    state: with its market. memo: where the market stood some time before that, if it told.
    beyond: records of what was heard and not yet written down.
    difference: where deciding again came to something else; None: nowhere.
    """

    state: State
    memo: bytes | None
    beyond: list[Record]
    difference: Difference | None


def recover(session: Session, settings: Settings) -> Recovered | None:
    """The state of a session that has run before; None when nothing has entered yet."""
    base = _newest(session)
    if base is None:
        return None
    records = [
        record
        for record in session.journal.load()
        if record.seq > base.seq and record.kind is not RecordKind.RUN
    ]
    engine = engine_at(settings, base, str(session.path))
    again = Rederivation(engine, records)
    for seq, item in _after(session.path, base):
        if not again.take(seq, item):
            break
    again.finish()
    beyond = again.beyond
    if again.difference is not None:
        engine = engine_at(settings, base, str(session.path))
        beyond = recall(engine, _after(session.path, base), records)
    elif again.left:
        recall(engine, (), again.left)
    return Recovered(engine.state, base.memo, beyond, again.difference)


def engine_at(settings: Settings, base: Checkpoint, where: str) -> Engine:
    """An engine that stands where a checkpoint stood."""
    engine = Engine(structs.replace(settings, prices=base.prices, epoch=epoch_digits(base.epoch)))
    checkpoint.restore(engine.state, base, where)
    return engine


def epoch_digits(epoch: int) -> str:
    """How the order ids of a run begin: its number, in base 36."""
    digits = ""
    while epoch:
        epoch, digit = divmod(epoch, 36)
        digits = DIGITS[digit] + digits
    return digits.rjust(3, "0")


def save_opening(session: Session, opening: Checkpoint) -> None:
    """Keep the state that a run begins with; durable when this returns."""
    folder = openings(session.path, opening.epoch)
    make_folder(folder.parent)
    make_folder(folder)
    snapshots.save(folder, opening.seq, checkpoint.encode(opening))


def read_opening(path: Path, epoch: int) -> Checkpoint | None:
    """The state that a run began with; None when it never came so far."""
    folder = openings(path, epoch)
    kept = snapshots.latest(folder)
    return None if kept is None else checkpoint.decode(kept.payload, str(folder))


def openings(path: Path, epoch: int) -> Path:
    """The folder of one run's opening."""
    return path / OPENINGS / f"{epoch:08d}"


def _newest(session: Session) -> Checkpoint | None:
    """The newest state that was kept, of snapshots and openings.

    An opening needs no snapshot: where all of those are damaged, its run is taken in again.
    """
    began = (read_opening(session.path, epoch) for epoch in range(session.epoch - 1, 0, -1))
    opening = next((one for one in began if one is not None), None)
    found = [] if opening is None else [opening]
    try:
        kept = session.latest_snapshot()
    except JournalError:
        if opening is None:
            raise
        kept = None
    if kept is not None:
        found.append(checkpoint.decode(kept.payload, str(session.path)))
    return max(found, key=lambda one: (one.epoch, one.seq), default=None)


def _after(path: Path, base: Checkpoint) -> Iterator[tuple[int, Block | AnyEvent]]:
    """What entered after a checkpoint."""
    items = TapeReader(path / TAPE, after=base.seq)
    return ((seq, item) for seq, item in items if seq > base.seq)
