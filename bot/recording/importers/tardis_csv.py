"""Tardis CSV files as tables: which dataset, which symbol, when; every line checked.

Format: https://docs.tardis.dev/downloadable-csv-files/data-types. Rows are in the order of
`local_timestamp`; times are microseconds, and nanoseconds are taken as well.
"""

import enum
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from msgspec import Struct

from bot.errors import DataError, UsageError, quoted
from bot.recording.disk import DAMAGE, opened, unpacked
from bot.recording.importers.imported import Tally
from bot.recording.raw import Progress, nanoseconds
from bot.tape.rows import Int64s


class Dataset(enum.StrEnum):
    """What a file holds; also the order in which things of the same time are taken.

    A trade goes before the change of the book that it caused.
    """

    TRADES = "trades"
    BOOK = "incremental_book_L2"
    TICKER = "derivative_ticker"


_KEYS: Final = {
    "exchange": pa.string(),
    "symbol": pa.string(),
    "timestamp": pa.int64(),
    "local_timestamp": pa.int64(),
}
_ORDER: Final = {"side": pa.string(), "price": pa.float64(), "amount": pa.float64()}
COLUMNS: Final = {
    Dataset.TRADES: _KEYS | {"id": pa.string()} | _ORDER,
    Dataset.BOOK: _KEYS | {"is_snapshot": pa.bool_()} | _ORDER,
    # As text: rates and marks stay the decimals that they are.
    Dataset.TICKER: _KEYS
    | dict.fromkeys(
        (
            "funding_timestamp",
            "funding_rate",
            "predicted_funding_rate",
            "open_interest",
            "last_price",
            "index_price",
            "mark_price",
        ),
        pa.string(),
    ),
}
_BLOCK_BYTES: Final = 1 << 22


class Chunk(Struct, frozen=True):
    """Some rows of a file: all those of each `local_timestamp` in it."""

    path: Path
    table: Any
    line: Int64s
    recv: Int64s
    venue: Int64s


def by_dataset(paths: Sequence[Path]) -> dict[Dataset, list[Path]]:
    """The files of each dataset, earliest first."""
    if not paths:
        raise UsageError("import", "no file", "at least one", "name the CSV files")
    found: dict[Dataset, list[tuple[int, Path]]] = {}
    for path in paths:
        dataset = dataset_of(path)
        starts = (int(table.column("local_timestamp")[0].as_py()) for table in _read(path, dataset))
        found.setdefault(dataset, []).append((next(starts, 0), path))
    return {dataset: [path for _, path in sorted(each)] for dataset, each in found.items()}


def dataset_of(path: Path) -> Dataset:
    """What a file holds, by its first line."""
    header = ""
    with opened(path) as stream, suppress(*DAMAGE):
        header = unpacked(stream).readline().decode(errors="replace").strip()
    for dataset, columns in COLUMNS.items():
        if header == ",".join(columns):
            return dataset
    raise DataError(
        f"{path} line 1",
        quoted(header[:120]),
        "the columns of " + ", ".join(COLUMNS),
        "name a Tardis CSV file of one of these",
    )


def lead_ns(paths: Sequence[Path]) -> int | None:
    """How far the venue's time is ahead of the recorder's at most."""
    lead: int | None = None
    for path in paths:
        dataset = dataset_of(path)
        with suppress(DataError):  # the import tells of it
            for table in _read(path, dataset):
                ahead = _times(path, table, "timestamp") - _times(path, table, "local_timestamp")
                lead = max(int(ahead.max()), lead if lead is not None else int(ahead.max()))
    return lead


def read_chunks(
    path: Path,
    dataset: Dataset,
    symbol: str | None,
    offset: int,
    tally: Tally,
    progress: Progress | None,
) -> Iterator[Chunk]:
    """The rows of one symbol, in pieces that end where `local_timestamp` changes."""
    left: Any = None
    for table in _read(path, dataset, progress):
        tally.frames += len(table)
        mine = _of_symbol(path, table, symbol)
        left = mine if left is None else pa.concat_tables([left, mine])
        times = left.column("local_timestamp").to_numpy()
        cut = int(np.searchsorted(times, times[-1])) if len(times) else 0
        if cut:
            yield _chunk(path, left.slice(0, cut), offset)
            left = left.slice(cut)
    if left is not None and len(left):
        yield _chunk(path, left, offset)


def _chunk(path: Path, table: Any, offset: int) -> Chunk:
    chunk = Chunk(
        path,
        table,
        table.column("line").to_numpy(),
        _times(path, table, "local_timestamp") + offset,
        _times(path, table, "timestamp"),
    )
    wrong = (np.diff(chunk.recv, prepend=0) < 0) | (chunk.recv < chunk.venue)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise DataError(
            f"{path} line {chunk.line[at]} local_timestamp",
            str(int(chunk.recv[at]) - offset),
            f"not before the line above, nor before timestamp less the clock offset {offset} ns",
            "sort the file by local_timestamp, or let the import measure the clock offset",
        )
    return chunk


def _of_symbol(path: Path, table: Any, symbol: str | None) -> Any:
    found = table.column("symbol").to_numpy()
    wanted = symbol if symbol is not None else found[0]
    mine = found == wanted
    if symbol is None and not mine.all():
        raise DataError(
            f"{path} symbol",
            f"{wanted} and {found[int(np.argmin(mine))]}",
            "one symbol",
            "name the symbol to import",
        )
    return table.filter(pa.array(mine))


def _read(path: Path, dataset: Dataset, progress: Progress | None = None) -> Iterator[Any]:
    """The lines of a file in tables, with their numbers as the column `line`."""
    line = 2
    with opened(path) as stream:
        size = max(1, path.stat().st_size)
        try:
            reader = pacsv.open_csv(
                unpacked(stream),
                read_options=pacsv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
                convert_options=pacsv.ConvertOptions(column_types=COLUMNS[dataset]),
            )
            for batch in reader:
                if batch.num_rows:
                    numbers = pa.array(np.arange(line, line + batch.num_rows))
                    yield pa.Table.from_batches([batch]).append_column("line", numbers)
                line += batch.num_rows
                if progress is not None:
                    progress(path.name, stream.tell() / size)
        except (*DAMAGE, pa.ArrowInvalid) as error:
            raise DataError(
                f"{path} from line {line} on",
                quoted(str(error)),
                f"whole lines of {dataset}",
                "copy the file again; what lies before is good",
            ) from error


def _times(path: Path, table: Any, name: str) -> Int64s:
    column = table.column(name)
    try:
        if column.null_count:
            raise ValueError("got nothing, expected a time")
        stamps: Int64s = column.to_numpy()
        return stamps * (nanoseconds(int(stamps[0])) // int(stamps[0]))
    except ValueError as error:
        where = f"{path} line {table.column('line')[0]} on, {name}"
        raise DataError(where, quoted(str(error)), "a time in every line", "repair it") from error
