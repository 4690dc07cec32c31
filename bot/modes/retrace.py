"""Go through a session once more, run by run and item by item, to look at it from inside."""

from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from bot.config.loading import parse
from bot.engine.engine import Engine
from bot.engine.outcome import Outcome
from bot.errors import NotFoundError
from bot.journal.manifest import Manifest
from bot.journal.session import TAPE, SessionReader
from bot.journal.tape import TapeReader
from bot.modes.recorder import Recorder
from bot.modes.recovery import engine_at, read_opening
from bot.modes.result import Result, conclude
from bot.modes.series import Series, sample
from bot.modes.setup import Setup, of
from bot.tape.rows import Block

SetupOf = Callable[[Manifest], Setup]
"""Makes the setup that a run had out of what it says that it ran with."""


class Run(Struct, frozen=True):
    """One run of a session: its items are those with `first <= seq <= last`."""

    epoch: int
    manifest: Manifest
    first: int
    last: int


def setup_of(path: Path) -> SetupOf:
    """By the configuration that each run kept; strategies that are files are looked for from
    where the command is given.
    """
    return lambda terms: of(
        parse(terms.config, f"{path} configuration", Path()), terms.instruments, ""
    )


def runs(reader: SessionReader) -> list[Run]:
    """The runs of a session, oldest first."""
    opened = list(reader.runs())
    ends = [record.seq for record, _ in opened[1:]] + [1 << 62]
    return [
        Run(record.epoch, manifest, record.seq + 1, end)
        for (record, manifest), end in zip(opened, ends, strict=True)
    ]


def engine_of(path: Path, run: Run, setup: Setup) -> Engine | None:
    """An engine that stands where a run began; None when nothing entered in it."""
    opening = read_opening(path, run.epoch)
    if opening is None:
        return None
    return engine_at(setup.settings, opening, f"{path} run {run.epoch}")


def walk(path: Path, run: Run, engine: Engine, until_ns: int | None = None) -> Iterator[Outcome]:
    """What comes of each step of a run; until_ns: of what was received up to then."""
    for seq, item in TapeReader(path / TAPE, after=run.first - 1):
        if seq > run.last:
            return
        if seq < run.first:
            continue
        if isinstance(item, Block):
            whole, stop = item, item.stop
            if until_ns is not None:
                stop = min(stop, item.before(until_ns + 1))
            item = item.part(item.start, stop)
            while item.messages:
                outcome = engine.step(item)
                item = item.part(item.start + outcome.consumed, item.stop)
                yield outcome
            if stop < whole.stop:
                return
        elif until_ns is not None and item.ts_recv > until_ns:
            return
        else:
            yield engine.step(item)


def retrace(path: Path, build: SetupOf | None = None) -> Result:
    """What came of a session, from its first run to its last, as though it had been one."""
    reader = SessionReader(path)
    build = build or setup_of(path)
    recorder, series, setup = Recorder(0), None, None
    engine: Engine | None = None
    before, first_ns, settled = None, 0, False
    for run in runs(reader):
        began = build(run.manifest)
        found = engine_of(path, run, began)
        if found is None:
            continue
        engine, setup = found, began
        if series is None:
            series = Series(engine.state)
        series.follow(engine.state)
        for outcome in walk(path, run, engine):
            if not settled and not isinstance(outcome.event, Transfer):
                settled = True
            ...
    raise NotImplementedError
