"""Verify a session: does its tape, decided again, come to what its journal has?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bot.config.loading import parse
from bot.engine.engine import Engine
from bot.engine.settings import Settings
from bot.engine.state import Durable
from bot.errors import DataError
from bot.journal.manifest import Manifest
from bot.journal.port import RecordKind, canonical
from bot.journal.session import SessionReader
from bot.model.event import AnyEvent
from bot.modes.recall import recall
from bot.modes.recovery import engine_at, read_opening
from bot.modes.rederive import Difference, Rederivation
from bot.modes.retrace import Run, runs
from bot.tape.rows import Block

SettingsOf = Callable[[Manifest], Settings]
"""Makes the settings that a run had, but for its epoch, out of what it says that it ran with."""


class Verified(Struct, frozen=True):
    """What came of it.

    records: that came to the same again. lost: that cannot be derived again, because the tape
    ends before the journal. ahead: that came of a tape which ends after the journal.
    """

    runs: int
    records: int
    lost: int
    ahead: int
    difference: Difference | None
    run: int | None

    def require_equal(self, path: Path) -> None:
        """Raise DataError when a record differs."""
        if self.difference is None:
            return
        difference = self.difference
        where = f"{path} run {self.run} seq {difference.seq} at {difference.ts_ns} ns"
        raise DataError(
            where,
            difference.seen or f"no {difference.kind}",
            difference.expected or f"no {difference.kind}",
            "verify with the version and the strategies that the session ran with, as its "
            "session.json names them; if they are the same, report it",
        )


def verify_session(path: Path) -> Verified:
    """Verify a session by the configuration that each of its runs kept.

    Strategies that are files are looked for from where the command is given.
    """
    return verify(
        path,
        lambda terms: parse(terms.config, f"{path} configuration", Path()).settings(
            terms.instruments, ""
        ),
    )


def verify(path: Path, settings_of: SettingsOf) -> Verified:
    """Decide every run of a session again, and name the first record that differs."""
    reader = SessionReader(path)
    found = runs(reader)
    records = [record for record in reader.records() if record.kind is not RecordKind.RUN]
    items = iter(reader.tape)
    same = lost = ahead = 0
    pending: tuple[int, Block | AnyEvent] | None = None
    left: Engine | None = None
    for run in found:
        opening = read_opening(path, run.epoch)
        if opening is None:
            continue  # It ended before anything entered.
        engine = engine_at(settings_of(run.manifest), opening, f"{path} run {run.epoch}")
        if left is not None:
            difference = _parted(run, left, engine)
            if difference is not None:
                return Verified(len(found), same, lost, ahead, difference, run.epoch)
        again = Rederivation(engine, [one for one in records if run.first <= one.seq <= run.last])
        while True:
            pending = pending or next(items, None)
            if pending is None or pending[0] > run.last:
                break
            if pending[0] >= run.first and not again.take(*pending):
                break
            pending = None
        again.finish()
        same, lost, ahead = same + again.compared, lost + len(again.left), ahead + len(again.beyond)
        if again.difference is not None:
            lost -= len(again.left)
            return Verified(len(found), same, lost, ahead, again.difference, run.epoch)
        recall(engine, (), again.left)
        left = engine
    return Verified(len(found), same, lost, ahead, None, None)


def _parted(run: Run, left: Engine, began: Engine) -> Difference | None:
    """Whether a run began with other positions, orders, money or memory than the last one left."""
    before, after = _substance(left), _substance(began)
    for what, expected in before.items():
        if after[what] != expected:
            now = began.state.now
            kind = f"{what} at the beginning"
            return Difference(run.first - 1, now, kind, _text(expected), _text(after[what]))
    return None


def _substance(engine: Engine) -> dict[str, Any]:
    """What must be the same after a restart; clocks and plans may stand a little behind."""
    told = msgspec.json.decode(engine.state.durable(), type=Durable)
    return {
        "positions": told.ledger.positions,
        "balances": told.ledger.balances,
        "orders": [(one.order_id, one.state, one.filled) for one in told.desk.blotter.live],
        "memory": told.memories,
        "halts": told.halts,
        "order count": told.orders,
    }


def _text(value: Any) -> str:
    return canonical(value).decode()
