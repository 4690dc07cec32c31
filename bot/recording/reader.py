"""The reader of recordings: Parquet files in, one source per instrument out."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from bot.errors import DataError, NotFoundError, quoted
from bot.model.event import AnyEvent, decode
from bot.model.instrument import Instrument
from bot.model.units import InstrumentId
from bot.recording.schema import COLUMNS, EMPTY, SUFFIX, Header, Kind, header_of
from bot.tape.rows import Block, Int64s

_IMPORT_AGAIN = "import the original recording again"


class RecordedFile(Struct, frozen=True):
    """One file of a recording, as its footer describes it; `rows` counts entries on disk."""

    path: Path
    header: Header
    first_ns: int
    last_ns: int
    rows: int
    bytes: int


class RecordedSource(Struct, frozen=True):
    """One instrument's stream, for the merge; it holds only paths, so it may cross processes."""

    instrument: Instrument
    rows: tuple[RecordedFile, ...]
    rarer: tuple[tuple[RecordedFile, ...], ...]

    @property
    def name(self) -> str:
        """The instrument's id."""
        return self.instrument.id

    def blocks(self) -> Iterator[Block]:
        """Its rows in order, one block a row group; DataError where the tape cannot be."""
        last_ns = 0
        for file in self.rows:
            for block in _blocks(file, last_ns):
                yield block
                last_ns = block.last_ns

    def events(self) -> Iterator[AnyEvent]:
        """Its events in order, those of several recordings merged by time, then by content."""
        streams = [_events(files) for files in self.rarer]
        if len(streams) == 1:
            yield from (event for _, _, event in streams[0])
            return
        for _, _, event in heapq.merge(*streams, key=lambda item: item[:2]):
            yield event


class Recording(Struct, frozen=True):
    """Recorded market data of some instruments: what is there, and its sources."""

    files: tuple[RecordedFile, ...]

    @classmethod
    def open(cls, paths: Path | str | Iterable[Path | str]) -> Self:
        """The recordings in these folders or files together.

        NotFoundError when there is none; DataError when one is not readable, when two describe
        an instrument differently, or when two hold rows of the same instrument and time.
        """
        given = [paths] if isinstance(paths, Path | str) else list(paths)
        files = [file for path in given for file in _files(Path(path))]
        files.sort(key=_order)
        _refuse_clashes(files)
        return cls(tuple(files))

    @property
    def instruments(self) -> dict[InstrumentId, Instrument]:
        """The instruments with anything recorded, the options of chains included, by id."""
        found = {one.id: one for file in self.files for one in file.header.options}
        return found | {file.header.instrument.id: file.header.instrument for file in self.files}

    @property
    def span(self) -> tuple[int, int]:
        """When the first and the last thing were received."""
        return min(f.first_ns for f in self.files), max(f.last_ns for f in self.files)

    @property
    def clock_offset_ns(self) -> int | None:
        """What was added to the recorder's clock; None when nothing was or recorders differ."""
        offsets = {file.header.clock_offset_ns for file in self.files} - {None}
        return offsets.pop() if len(offsets) == 1 else None

    def sources(self, instruments: Iterable[InstrumentId] | None = None) -> list[RecordedSource]:
        """A source for each instrument, by name; NotFoundError for one that is not recorded.

        That of an option says nothing itself when its chain is recorded as a whole.
        """
        known = self.instruments
        wanted = sorted(known if instruments is None else set(instruments))
        for instrument in wanted:
            if instrument not in known:
                raise NotFoundError(
                    "recording",
                    quoted(instrument),
                    "one of " + ", ".join(sorted(known)),
                    "name a recorded instrument or import it",
                )
        return [self._source(known[instrument]) for instrument in wanted]

    def _source(self, instrument: Instrument) -> RecordedSource:
        mine = [file for file in self.files if file.header.instrument.id == instrument.id]
        folders: dict[Path, list[RecordedFile]] = {}
        for file in mine:
            if file.header.kind is Kind.EVENTS:
                folders.setdefault(file.path.parent, []).append(file)
        return RecordedSource(
            instrument,
            tuple(file for file in mine if file.header.kind is Kind.ROWS),
            tuple(tuple(files) for files in folders.values()),
        )


def _order(file: RecordedFile) -> tuple[str, str, int, int]:
    return file.header.instrument.id, file.header.kind, file.first_ns, file.last_ns


def _files(path: Path) -> list[RecordedFile]:
    paths = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not paths or not all(each.is_file() for each in paths):
        raise NotFoundError(
            str(path),
            "no recording" if path.exists() else "nothing",
            f"a folder with *{SUFFIX} files of a recording",
            "import one with `bot import`",
        )
    return [_file(each) for each in paths]


def _file(path: Path) -> RecordedFile:
    parquet = _opened(path)
    header = header_of(parquet.schema_arrow.metadata, str(path))
    if not parquet.schema_arrow.equals(COLUMNS[header.kind]):
        seen = ", ".join(parquet.schema_arrow.names)
        raise DataError(
            f"{path} columns", seen, ", ".join(COLUMNS[header.kind].names), _IMPORT_AGAIN
        )
    footer = parquet.metadata
    at = parquet.schema_arrow.names.index("ts_recv")
    times = [footer.row_group(i).column(at).statistics for i in range(footer.num_row_groups)]
    if not times:
        raise DataError(str(path), "no rows", "at least one", "remove the file")
    return RecordedFile(
        path, header, times[0].min, times[-1].max, footer.num_rows, path.stat().st_size
    )


def _opened(path: Path) -> Any:
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(str(path), quoted(str(error)), "a whole Parquet file", _IMPORT_AGAIN)


def _refuse_clashes(files: list[RecordedFile]) -> None:
    for before, after in pairwise(files):
        one, other = before.header.instrument, after.header.instrument
        if one.id != other.id:
            continue
        if one != other:
            raise DataError(
                f"{after.path} instrument {one.id}",
                _difference(other, one),
                f"{_difference(one, other)} as in {before.path}",
                "import both with the same instrument table",
            )
        rows = before.header.kind is Kind.ROWS and after.header.kind is Kind.ROWS
        if rows and after.first_ns < before.last_ns:
            raise DataError(
                str(after.path),
                f"rows of {one.id} from {after.first_ns} on",
                f"rows after {before.last_ns}, where {before.path} ends",
                "open one of the two recordings",
            )


def _difference(one: Instrument, other: Instrument) -> str:
    mine, theirs = msgspec.to_builtins(one), msgspec.to_builtins(other)
    return ", ".join(f"{key} {mine[key]}" for key in mine if mine[key] != theirs[key])


def _groups(file: RecordedFile) -> Iterator[Any]:
    parquet = _opened(file.path)
    try:
        for group in range(parquet.num_row_groups):
            yield parquet.read_row_group(group)
    except (pa.ArrowInvalid, OSError) as error:
        raise _unreadable(file.path, error) from error


def _blocks(file: RecordedFile, last_ns: int) -> Iterator[Block]:
    number = 0
    for table in _groups(file):
        block, numbers = _block(file.header.instrument.id, table)
        if int(numbers[0]) != number or not (np.diff(numbers) == 1).all():
            raise DataError(
                f"{file.path} message",
                f"{int(numbers[0])}..{int(numbers[-1])}",
                f"consecutive numbers from {number}",
                _IMPORT_AGAIN,
            )
        _refuse_impossible(file.path, block, last_ns)
        yield block
        last_ns = block.last_ns
        number += block.messages


def _block(instrument: InstrumentId, table: Any) -> tuple[Block, Int64s]:
    """The messages of a row group, and their numbers."""
    columns = {name: table.column(name).to_numpy() for name in table.column_names}
    message = columns["message"]
    heads = np.concatenate(([0], np.flatnonzero(message[1:] != message[:-1]) + 1))
    rows = [columns[name] for name in ("kind", "side", "price", "size")]
    first = np.append(heads, len(message))
    filled = rows[0] != EMPTY
    if not filled.all():
        first = np.concatenate(([0], np.cumsum(filled)))[first]
        rows = [column[filled] for column in rows]
    kind, side, price, size = rows
    block = Block.of(
        (instrument,),
        kind=kind,
        side=side,
        price=price,
        size=size,
        ts_recv=columns["ts_recv"][heads],
        ts_venue=columns["ts_venue"][heads],
        instrument=np.zeros(len(heads), np.int32),
        flags=columns["flags"][heads],
        first=first,
    )
    return block, message[heads]


def _refuse_impossible(path: Path, block: Block, last_ns: int) -> None:
    early = block.ts_recv < block.ts_venue
    if early.any():
        at = int(np.argmax(early))
        raise DataError(
            f"{path} ts_recv",
            str(int(block.ts_recv[at])),
            f"not before ts_venue {int(block.ts_venue[at])}",
            _IMPORT_AGAIN + ", with its clock offset",
        )
    back = np.diff(block.ts_recv, prepend=last_ns) < 0
    if back.any():
        at = int(np.argmax(back))
        before = last_ns if at == 0 else int(block.ts_recv[at - 1])
        raise DataError(
            f"{path} ts_recv",
            str(int(block.ts_recv[at])),
            f"not before the message ahead of it, {before}",
            _IMPORT_AGAIN,
        )


def _events(files: Iterable[RecordedFile]) -> Iterator[tuple[int, str, AnyEvent]]:
    last_ns = 0
    for file in files:
        for table in _groups(file):
            for line in table.column("event").to_pylist():
                event = _event(file.path, line)
                if event.ts_recv < max(last_ns, event.ts_venue):
                    raise DataError(
                        f"{file.path} ts_recv",
                        str(event.ts_recv),
                        f"not before {max(last_ns, event.ts_venue)}",
                        _IMPORT_AGAIN,
                    )
                last_ns = event.ts_recv
                yield event.ts_recv, line, event


def _event(path: Path, line: str) -> AnyEvent:
    try:
        return decode(line)
    except msgspec.MsgspecError as error:
        raise DataError(f"{path} event", line, f"an event ({error})", _IMPORT_AGAIN) from error
