"""The ledger of a session or a run as files: CSV, or Parquet for whoever queries it."""

import csv
import gzip
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bot.errors import UsageError, quoted
from bot.journal.durable import make_folder, write_whole
from bot.modes.words import plain
from bot.report.ledger import COLUMNS, Ledger, Row, Value

DIGITS: Final = 38
"""Of a decimal in Parquet that every reader knows; what has more is written as text."""


def write(ledger: Ledger, table: str, path: Path) -> int:
    """One table of a ledger as a file, whole; returns its rows.

    The ending says how: `.csv`, `.csv.gz` or `.parquet`. UsageError for another one and for a
    table that the ledger does not have, JournalError when the disk does not take it.
    """
    rows = ledger.rows.get(table)
    if rows is None:
        raise UsageError("bot export", quoted(table), " or ".join(ledger.rows), "name one of these")
    form = next((form for ending, form in _FORMS.items() if path.name.endswith(ending)), None)
    if form is None:
        raise UsageError(
            "bot export --out",
            quoted(path.name),
            "a name that ends in .csv, .csv.gz or .parquet",
            "name the file so",
        )
    make_folder(path.parent)
    write_whole(path, form(table, rows))
    return len(rows)


def _csv(name: str, rows: Sequence[Row]) -> bytes:
    """A header and a line a row; decimals in full, unknown empty, true and false."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column for column, _ in COLUMNS[name]])
    writer.writerows([_text(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, Decimal) else str(value)


def _parquet(name: str, rows: Sequence[Row]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays, names = [], []
    for k, (column, kind) in enumerate(COLUMNS[name]):
        values = [row[k] for row in rows]
        names.append(column)
        arrays.append(_decimals(pa, values) if kind is Decimal else pa.array(values, _TYPES[kind]))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays, names=names), sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _decimals(pa: Any, values: Sequence[Value]) -> Any:
    """A column of exact decimals, or of text where 38 digits do not hold them."""
    texts = [None if value is None else _text(value) for value in values]
    known = [text.lstrip("-") for text in texts if text is not None]
    whole = max((len(text.partition(".")[0]) for text in known), default=1)
    scale = max((len(text.partition(".")[2]) for text in known), default=0)
    if whole + scale > DIGITS:
        return pa.array(texts, pa.string())
    exact = [None if text is None else Decimal(text) for text in texts]
    return pa.array(exact, pa.decimal128(DIGITS, scale))


_TYPES: Final = {str: "string", int: "int64", bool: "bool"}
_FORMS: Final[dict[str, Callable[[str, Sequence[Row]], bytes]]] = {
    ".csv": _csv,
    ".csv.gz": lambda table, rows: gzip.compress(_csv(table, rows), mtime=0),
    ".parquet": _parquet,
}
