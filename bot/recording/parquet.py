"""The writer of recordings: blocks and events in, Parquet files out."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bot.errors import DataError
from bot.model.event import Event, InstrumentChanged, encode
from bot.model.instrument import Instrument
from bot.model.units import InstrumentId
from bot.recording.disk import Create, WholeFile, create_new, disk_errors
from bot.recording.schema import COLUMNS, EMPTY, ROWS, Header, Kind, Period, file_name, period_of
from bot.tape.rows import CONTINUES, OPEN, Block

GROUP_ROWS: Final = 131_072
"""Rows of a row group: what a reader holds in memory at a time (about 5 MB)."""
GROUP_EVENTS: Final = 8_192

# Times, numbers and prices mostly creep: differences pack them to a few bits. The rest are
# few distinct values.
_DELTA: Final = "DELTA_BINARY_PACKED"
_ENCODINGS: Final = {
    Kind.ROWS: dict.fromkeys(("message", "ts_recv", "ts_venue", "price"), _DELTA),
    Kind.EVENTS: dict.fromkeys(("ts_recv", "ts_venue"), _DELTA),
}
_DICTIONARIES: Final = {Kind.ROWS: ["flags", "kind", "side", "size"], Kind.EVENTS: ["type"]}

Columns = list[npt.NDArray[np.generic]]


class RecordingWriter:
    """Writes a recording into a folder: one file per instrument, period and kind.

    Of each instrument everything comes in the order of `ts_recv`. A file gets its name when
    its period is over or the writer is closed; until then it is a `.partial`. How the stream was
    cut into blocks does not show in the files.
    """

    def __init__(
        self,
        folder: Path,
        instruments: Iterable[Instrument],
        *,
        clock_offset_ns: int | None,
        origin: str,
        period: Period = Period.DAY,
        group_rows: int = GROUP_ROWS,
        replace: bool = False,
        create: Create = create_new,
        chains: Mapping[InstrumentId, tuple[Instrument, ...]] | None = None,
    ) -> None:
        """Write nothing yet; `clock_offset_ns` is what was already added to the times.

        chains: by its first option, the options that tickers of a chain are about.
        """
        self._folder = folder
        self._period = period
        self._group_rows = group_rows
        self._replace = replace
        self._create = create
        self._headers = {
            instrument.id: {
                kind: Header(
                    kind, instrument, clock_offset_ns, origin, (chains or {}).get(instrument.id, ())
                )
                for kind in Kind
            }
            for instrument in instruments
        }
        self._rows: dict[InstrumentId, _Rows] = {}
        self._events: dict[InstrumentId, _Events] = {}
        self.files: list[Path] = []

    def write(self, block: Block) -> None:
        """Append messages of one or many instruments; only whole messages."""
        assert not (block.flags[block.start : block.stop] & (CONTINUES | OPEN)).any()
        for instrument, part in _by_instrument(block):
            if instrument not in self._rows:
                self._rows[instrument] = _Rows(self._group_rows)
            stream = self._rows[instrument]
            while part.messages:
                end_ns = self._turn(stream, instrument, Kind.ROWS, part.first_ns)
                cut = part.before(end_ns)
                piece, part = part.part(part.start, cut), part.part(cut, part.stop)
                with disk_errors(self._folder):
                    stream.append(piece)

    def write_event(self, event: Event) -> None:
        """Append something rarer than a row, of the market: it names an instrument."""
        instrument = instrument_of(event)
        if instrument not in self._events:
            self._events[instrument] = _Events()
        stream = self._events[instrument]
        self._turn(stream, instrument, Kind.EVENTS, event.ts_recv)
        with disk_errors(self._folder):
            stream.append(event)

    def close(self) -> list[Path]:
        """Finish every file; the paths of all that were written."""
        for stream in self._streams:
            self._finish(stream)
        return sorted(self.files)

    def abandon(self) -> None:
        """Drop the files that are not finished."""
        for stream in self._streams:
            if stream.file is not None:
                stream.file.abandon()
                stream.file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Keep what was good before bad data was met; keep no half file otherwise."""
        try:
            if error is None or isinstance(error, DataError):
                self.close()
        finally:
            self.abandon()

    @property
    def _streams(self) -> "list[_Rows | _Events]":
        return [*self._rows.values(), *self._events.values()]

    def _turn(
        self, stream: "_Rows | _Events", instrument: InstrumentId, kind: Kind, ts_recv: int
    ) -> int:
        """Have the file open that this time belongs to; when its period ends."""
        if stream.file is None or ts_recv >= stream.end_ns:
            self._finish(stream)
            label, stream.end_ns = period_of(ts_recv, self._period)
            path = self._folder / file_name(instrument, label, kind)
            file = WholeFile(path, replace=self._replace, create=self._create)
            with disk_errors(path):
                stream.file = _File(self._headers[instrument][kind], file)
        return stream.end_ns

    def _finish(self, stream: "_Rows | _Events") -> None:
        if stream.file is None:
            return
        with disk_errors(stream.file.path):
            stream.flush()
            stream.file.finish()
        self.files.append(stream.file.path)
        stream.file = None


def instrument_of(event: Event) -> InstrumentId:
    """The instrument that an event of the market is about."""
    if isinstance(event, InstrumentChanged):
        return event.instrument.id
    instrument: InstrumentId = event.instrument  # type: ignore[attr-defined]  # market events have one
    return instrument


class _File:
    """One Parquet file being written."""

    def __init__(self, header: Header, file: WholeFile) -> None:
        self.path = file.path
        self._file = file
        self._schema = COLUMNS[header.kind].with_metadata(header.metadata())
        try:
            self._writer = pq.ParquetWriter(
                file.stream,
                self._schema,
                compression="zstd",
                use_dictionary=_DICTIONARIES[header.kind],
                column_encoding=_ENCODINGS[header.kind],
                write_page_checksum=True,
            )
        except OSError:
            file.abandon()
            raise

    def write(self, columns: list[pa.Array]) -> None:
        """Append one row group."""
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def finish(self) -> None:
        self._writer.close()
        self._file.commit()

    def abandon(self) -> None:
        with suppress(OSError):
            self._writer.close()
        self._file.abandon()


class _Rows:
    """Rows of one instrument on their way into its file."""

    def __init__(self, group_rows: int) -> None:
        self.file: _File | None = None
        self.end_ns = 0
        self._group_rows = group_rows
        self._pending: list[Columns] = []
        self._pending_rows = 0
        self._messages = 0
        self._last_ns = 0

    def append(self, block: Block) -> None:
        """Take messages, and write row groups as they fill."""
        times = block.ts_recv[block.start : block.stop]
        assert (np.diff(times, prepend=self._last_ns) >= 0).all(), "order of ts_recv"
        assert (times >= block.ts_venue[block.start : block.stop]).all(), "received before sent"
        self._last_ns = block.last_ns
        columns = _columns(block, self._messages)
        self._pending.append(columns)
        self._pending_rows += len(columns[0])
        self._messages += block.messages
        if self._pending_rows >= self._group_rows:
            self._write_full_groups()

    def flush(self) -> None:
        """Write what is left as the last row group of the file."""
        if self._pending_rows:
            self._write(_joined(self._pending))
        self._pending, self._pending_rows, self._messages = [], 0, 0

    def _write_full_groups(self) -> None:
        columns = _joined(self._pending)
        message = columns[0]
        start = 0
        while len(message) - start >= self._group_rows:
            # A group ends where the message ends that fills it, however the blocks were cut.
            last = message[start + self._group_rows - 1]
            end = int(np.searchsorted(message, last, side="right"))
            self._write([column[start:end] for column in columns])
            start = end
        self._pending = [[column[start:] for column in columns]]
        self._pending_rows = len(message) - start

    def _write(self, columns: Columns) -> None:
        assert self.file is not None
        self.file.write([pa.array(column) for column in columns])


class _Events:
    """Events of one instrument on their way into its file."""

    def __init__(self) -> None:
        self.file: _File | None = None
        self.end_ns = 0
        self._pending: list[Event] = []
        self._last_ns = 0

    def append(self, event: Event) -> None:
        """Take an event, and write a row group when there are enough."""
        assert event.ts_recv >= self._last_ns, "order of ts_recv"
        assert event.ts_recv >= event.ts_venue, "received before sent"
        self._last_ns = event.ts_recv
        self._pending.append(event)
        if len(self._pending) >= GROUP_EVENTS:
            self.flush()

    def flush(self) -> None:
        """Write what is left."""
        if not self._pending:
            return
        assert self.file is not None
        self.file.write(
            [
                pa.array([event.ts_recv for event in self._pending], pa.int64()),
                pa.array([event.ts_venue for event in self._pending], pa.int64()),
                pa.array([type(event).__name__ for event in self._pending], pa.string()),
                pa.array([encode(event).decode() for event in self._pending], pa.string()),
            ]
        )
        self._pending = []


def _by_instrument(block: Block) -> Iterator[tuple[InstrumentId, Block]]:
    indices = block.instrument[block.start : block.stop]
    for index in np.unique(indices):
        instrument = block.instruments[int(index)]
        mine = indices == index
        yield instrument, block if mine.all() else _only(block, mine)


def _only(block: Block, chosen: npt.NDArray[np.bool_]) -> Block:
    """The chosen messages of a block, with their rows, as a block of their own."""
    first = block.first[block.start : block.stop + 1]
    counts = np.diff(first)
    rows = np.repeat(chosen, counts)
    messages = slice(block.start, block.stop)
    lines = slice(int(first[0]), int(first[-1]))
    return Block.of(
        block.instruments,
        kind=block.kind[lines][rows],
        side=block.side[lines][rows],
        price=block.price[lines][rows],
        size=block.size[lines][rows],
        ts_recv=block.ts_recv[messages][chosen],
        ts_venue=block.ts_venue[messages][chosen],
        instrument=block.instrument[messages][chosen],
        flags=block.flags[messages][chosen],
        first=np.concatenate(([0], np.cumsum(counts[chosen]))),
    )


def _columns(block: Block, number: int) -> Columns:
    """One entry a row; a message without rows gets one of kind EMPTY."""
    messages = slice(block.start, block.stop)
    first = block.first[block.start : block.stop + 1]
    lines = slice(int(first[0]), int(first[-1]))
    counts = np.diff(first)
    entries = np.maximum(counts, 1)
    numbers = np.arange(number, number + block.messages)
    rows: Columns = [column[lines] for column in (block.kind, block.side, block.price, block.size)]
    if (counts == 0).any():
        filled = np.repeat(counts > 0, entries)
        rows = [_spread(column, filled) for column in rows]
        rows[0][~filled] = EMPTY
    columns: Columns = [
        np.repeat(column, entries)
        for column in (
            numbers,
            block.ts_recv[messages],
            block.ts_venue[messages],
            block.flags[messages],
        )
    ]
    return columns + rows


def _spread(
    column: npt.NDArray[np.generic], filled: npt.NDArray[np.bool_]
) -> npt.NDArray[np.generic]:
    wide = np.zeros(len(filled), column.dtype)
    wide[filled] = column
    return wide


def _joined(parts: list[Columns]) -> Columns:
    return (
        parts[0]
        if len(parts) == 1
        else [np.concatenate(column) for column in zip(*parts, strict=True)]
    )


assert len(ROWS) == 8, "`_columns` fills them in this order"
