"""The ledger of a session or a run as files: CSV, or Parquet for whoever queries it."""

import csv
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from bot.errors import UsageError, quoted
from bot.journal.session import SessionReader
from bot.modes.result import Result
from bot.modes.words import plain
from bot.report.ledger import COLUMNS, Ledger, Row, Value, of_records, of_result

DIGITS: Final = 38
"""Of a decimal in Parquet that every reader knows; what has more is written as text."""


class Written(Struct, frozen=True):
    """A file that was written, and its rows."""

    path: Path
    rows: int


def session(folder: Path, out: Path, form: str) -> list[Written]:
    """The whole ledger of a session, `fills`, `funding`, `fees` and `postings`, into `out`."""
    reader = SessionReader(folder)
    return write(of_records(reader.records(), reader.manifest.instruments), out, form)


def result(of: Result, out: Path, form: str) -> list[Written]:
    """The fills, funding and fees of a run into `out`; its postings are in a session's journal."""
    return write(of_result(of), out, form)


def write(ledger: Ledger, out: Path, form: str) -> list[Written]:
    """A file for each table; UsageError when the form is not known or nothing can be written."""
    made = _FORMS.get(form)
    if made is None:
        raise UsageError("--format", quoted(form), " or ".join(_FORMS), "name one of these")
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, rows in ledger.rows.items():
            path = out / f"{name}.{form}"
            draft = path.with_name(path.name + ".draft")
            draft.write_bytes(made(name, rows))
            draft.replace(path)
            written.append(Written(path, len(rows)))
    except OSError as error:
        raise UsageError(
            str(out), str(error.strerror), "a folder that can be written", "name another folder"
        ) from error
    return written


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
    "csv": _csv,
    "parquet": _parquet,
}
