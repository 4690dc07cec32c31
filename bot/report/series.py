"""What signals said, as files for other programs: Parquet and CSV, a pair for each signal."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from bot.journal.durable import make_folder, write_whole
from bot.modes.observed import Observed
from bot.modes.words import iso

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.+-]+")


def write_series(series: Iterable[Observed], folder: Path) -> list[Path]:
    """Both files of every series; JournalError when the disk does not take them.

    Columns: `ts_ns`, `time` (UTC), `value`, `z`, `quality`, `ready`, `stale`, then every output as
    `output_NAME`. What is unknown is null in Parquet and empty in CSV; Parquet carries name, unit
    and statement of the signal in its metadata.
    """
    make_folder(folder)
    paths = []
    for one in series:
        name = file_name(one.name)
        columns = _columns(one)
        for ending, content in ((".parquet", _parquet(one, columns)), (".csv", table_csv(columns))):
            path = folder / f"{name}{ending}"
            write_whole(path, content)
            paths.append(path)
    return paths


def file_name(name: str) -> str:
    """A signal's name as a file may be called."""
    return _UNSAFE.sub("_", name)


def _columns(one: Observed) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "ts_ns": one.times,
        "time": [iso(int(ts)) for ts in one.times],
        "value": one.value,
        "z": one.z,
        "quality": one.quality,
        "ready": one.ready,
        "stale": one.stale,
    }
    return columns | {f"output_{name}": values for name, values in one.outputs.items()}


def _parquet(one: Observed, columns: Mapping[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [
        # `from_pandas` makes null of NaN, as unknown is elsewhere.
        pa.array(values, from_pandas=True) if isinstance(values, np.ndarray) else pa.array(values)
        for values in columns.values()
    ]
    table = pa.table(arrays, names=list(columns))
    told = {"signal": one.name, "unit": one.watch.unit, "watch": repr(one.watch)}
    table = table.replace_schema_metadata(told)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


def table_csv(columns: Mapping[str, Any]) -> bytes:
    """Columns as CSV: numbers in full, unknown empty, true and false."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    lists = [one.tolist() if isinstance(one, np.ndarray) else list(one) for one in columns.values()]
    writer.writerows([_cell(value) for value in row] for row in zip(*lists, strict=True))
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
