"""Go through a session once more, run by run and item by item, to look at it from inside."""

import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from bot.config.loading import parse
from bot.engine.engine import Engine
from bot.engine.outcome import Outcome
from bot.engine.state import State
from bot.errors import NotFoundError
from bot.journal.manifest import Manifest
from bot.journal.session import TAPE, SessionReader
from bot.journal.tape import TapeReader
from bot.model.event import Transfer
from bot.modes.recorder import Counts, Recorder
from bot.modes.recovery import engine_at, read_opening
from bot.modes.result import Result, conclude
from bot.modes.series import Series, sample
from bot.modes.setup import Setup, of
from bot.modes.sources import time_of
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


def walk(
    path: Path,
    run: Run,
    engine: Engine,
    *,
    until_ns: int | None = None,
    counts: Counts | None = None,
) -> Iterator[Outcome]:
    """What comes of each step of a run. until_ns: of what was received up to then."""
    for seq, item in TapeReader(path / TAPE, after=run.first - 1):
        if seq > run.last or (until_ns is not None and time_of(item) > until_ns):
            return
        if seq < run.first:
            continue
        if isinstance(item, Block):
            stop = item.stop if until_ns is None else item.before(until_ns + 1)
            block = item.part(item.start, stop)
            while block.messages:
                outcome = engine.step(block)
                cut = block.start + outcome.consumed
                if counts is not None:
                    taken = block.part(block.start, cut)
                    counts.rows += taken.rows
                    counts.messages += taken.whole
                block = block.part(cut, stop)
                yield outcome
        else:
            yield engine.step(item)


def retrace(path: Path, build: SetupOf | None = None) -> Result:
    """What came of a session, from its first run to its last, as though it had been one.

    NotFoundError when nothing has entered yet.
    """
    reader = SessionReader(path)
    build = build or setup_of(path)
    recorder = Recorder(0)
    series: Series | None = None
    before: Decimal | None = None
    coming = True
    last: tuple[Setup, State, Manifest] | None = None
    for run in runs(reader):
        setup = build(run.manifest)
        engine = engine_of(path, run, setup)
        if engine is None:
            continue
        last = (setup, engine.state, run.manifest)
        series = series or Series(engine.state)
        series.follow(engine.state)
        for outcome in walk(path, run, engine, counts=recorder.counts):
            recorder.record(outcome)
            series.watch(outcome)
            coming = coming and isinstance(outcome.event, Transfer)
            if coming:  # the money that it begins with
                before = sample(engine.state).equity
    if last is None or series is None or not series.samples:
        raise NotFoundError(
            str(path), "a session without a tape", "one in which something happened", "run it first"
        )
    setup, state, manifest = last
    mode = tomllib.loads(manifest.config).get("mode", "session")
    first_ns = series.samples[0].ts
    return conclude(mode, setup, state, recorder, series, before=before, first_ns=first_ns)
