"""What a recording holds and where it has holes, for `bot data`."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from bot.errors import DataError
from bot.model.units import InstrumentId
from bot.recording.reader import RecordedSource, Recording
from bot.recording.schema import SUFFIX
from bot.tape.rows import ESTIMATED, GAP, LEVEL, SCALAR, SNAPSHOT, TOUCH, TRADE, Block

_KINDS: Final = {LEVEL: "level", TRADE: "trade", TOUCH: "touch", SCALAR: "scalar"}


class Summary(Struct, frozen=True):
    """One folder of a listing; `damage` tells why it cannot be opened, if it cannot."""

    folder: Path
    instruments: list[InstrumentId]
    first_ns: int | None
    last_ns: int | None
    bytes: int
    damage: str | None


class Hole(Struct, frozen=True):
    """A stretch in which the tape cannot be trusted.

    reason: `gap`, something is known to be missing, until the next snapshot; or `silence`,
    nothing came for longer than the bound. until_ns: None when the tape ends in it.
    """

    instrument: InstrumentId
    reason: str
    since_ns: int
    until_ns: int | None


class InstrumentReport(Struct, frozen=True):
    """What is recorded of one instrument.

    rows: by kind. events: by type. estimated: messages whose venue time is an estimate.
    """

    instrument: InstrumentId
    files: int
    bytes: int
    first_ns: int
    last_ns: int
    clock_offsets_ns: list[int]
    origins: list[str]
    messages: int
    rows: dict[str, int]
    events: dict[str, int]
    snapshots: int
    estimated: int
    holes: list[Hole]


class RecordingReport(Struct, frozen=True):
    """What a recording holds, read from end to end."""

    first_ns: int
    last_ns: int
    bytes: int
    clock_offset_ns: int | None
    instruments: list[InstrumentReport]


def list_recordings(root: Path) -> list[Summary]:
    """The recordings below a folder, from their footers alone; a damaged one is listed as such."""
    folders = sorted({path.parent for path in root.rglob(f"*{SUFFIX}")})
    return [_summary(folder) for folder in folders]


def inspect(recording: Recording, *, silence_ns_max: int) -> RecordingReport:
    """Read everything and count; a silence beyond the bound is a hole."""
    first_ns, last_ns = recording.span
    return RecordingReport(
        first_ns,
        last_ns,
        sum(file.bytes for file in recording.files),
        recording.clock_offset_ns,
        [_report(recording, source, silence_ns_max) for source in recording.sources()],
    )


def find_holes(source: RecordedSource, *, silence_ns_max: int) -> list[Hole]:
    """Where one instrument's tape has gaps and silences, in the order in which they begin."""
    return sorted(_holes(source, source.blocks(), silence_ns_max), key=lambda hole: hole.since_ns)


def _summary(folder: Path) -> Summary:
    size = sum(path.stat().st_size for path in folder.glob(f"*{SUFFIX}"))
    try:
        recording = Recording.open(folder)
    except DataError as error:
        return Summary(folder, [], None, None, size, str(error))
    return Summary(folder, sorted(recording.instruments), *recording.span, size, None)


def _report(recording: Recording, source: RecordedSource, silence_ns_max: int) -> InstrumentReport:
    files = [file for file in recording.files if file.header.instrument.id == source.name]
    offsets = {file.header.clock_offset_ns for file in files}
    rows: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    events = Counter(type(event).__name__ for event in source.events())

    def counted() -> Iterator[Block]:
        for block in source.blocks():
            for kind, name in _KINDS.items():
                rows[name] += int(np.count_nonzero(block.kind == kind))
            totals["messages"] += block.messages
            totals["snapshots"] += int(np.count_nonzero(block.flags & SNAPSHOT))
            totals["estimated"] += int(np.count_nonzero(block.flags & ESTIMATED))
            yield block

    holes = sorted(_holes(source, counted(), silence_ns_max), key=lambda hole: hole.since_ns)
    return InstrumentReport(
        instrument=source.instrument.id,
        files=len(files),
        bytes=sum(file.bytes for file in files),
        first_ns=min(file.first_ns for file in files),
        last_ns=max(file.last_ns for file in files),
        clock_offsets_ns=sorted(offset for offset in offsets if offset is not None),
        origins=sorted({file.header.origin for file in files}),
        messages=totals["messages"],
        rows={name: rows[name] for name in _KINDS.values() if rows[name]},
        events=dict(sorted(events.items())),
        snapshots=totals["snapshots"],
        estimated=totals["estimated"],
        holes=holes,
    )


def _holes(source: RecordedSource, blocks: Iterator[Block], silence_ns_max: int) -> Iterator[Hole]:
    instrument = source.instrument.id
    last_ns: int | None = None
    lost_ns: int | None = None
    for block in blocks:
        times = block.ts_recv
        before = np.concatenate(([times[0] if last_ns is None else last_ns], times[:-1]))
        for at in np.flatnonzero(times - before > silence_ns_max):
            yield Hole(instrument, "silence", int(before[at]), int(times[at]))
        for at in np.flatnonzero(block.flags & (GAP | SNAPSHOT)):
            if block.flags[at] & GAP and lost_ns is None:
                lost_ns = int(before[at])
            if block.flags[at] & SNAPSHOT and lost_ns is not None:
                yield Hole(instrument, "gap", lost_ns, int(times[at]))
                lost_ns = None
        last_ns = int(times[-1])
    if lost_ns is not None:
        yield Hole(instrument, "gap", lost_ns, None)
