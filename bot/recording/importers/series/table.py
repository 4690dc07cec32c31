"""Reading a CSV of rare values: every line or one clear error, numbers exact."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from bot.errors import DataError, quoted
from bot.model.units import NS_PER_US
from bot.recording.disk import DAMAGE, opened, unpacked

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS_MAX: Final = 60

Row = tuple[str, dict[str, str]]
"""Where a line stands, and its fields by column."""


def rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """The lines of a CSV, plain or gzip, that has at least these columns."""
    with opened(path) as stream:
        reader = csv.DictReader(io.TextIOWrapper(unpacked(stream), newline=""))
        try:
            seen = reader.fieldnames or ()
            if missing := set(columns) - set(seen):
                raise DataError(
                    f"{path} line 1",
                    quoted(",".join(seen)),
                    f"the columns {', '.join(sorted(missing))} too",
                    "name the file that has them",
                )
            for row in reader:
                where = f"{path} line {reader.line_num}"
                if None in row or None in row.values():
                    raise DataError(
                        where, "another number of fields", f"{len(seen)}", "copy the file again"
                    )
                yield where, row
        except (*DAMAGE, csv.Error, UnicodeDecodeError) as error:
            raise DataError(
                f"{path} line {reader.line_num + 1}",
                quoted(str(error)),
                "a whole CSV file",
                "copy it again",
            ) from error


def number(where: str, text: str, *, above: Decimal | None = None) -> Decimal:
    """A finite decimal, an exponent allowed; DataError for anything else, or when too small."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if (
        not found.is_finite()
        or len(text) > _DIGITS_MAX
        or abs(found.adjusted()) > _DIGITS_MAX
        or (above is not None and found <= above)
    ):
        expected = "a number" if above is None else f"a number > {above}"
        raise DataError(where, quoted(text[:_DIGITS_MAX]), expected, "repair the line")
    return found


def amount(where: str, text: str) -> Decimal:
    """A finite decimal ≥ 0; DataError for anything else."""
    found = number(where, text)
    if found < 0:
        raise DataError(where, quoted(text[:_DIGITS_MAX]), "a number ≥ 0", "repair the line")
    return found


def bare_time(where: str, text: str) -> datetime:
    """A time without a zone, which its collection must know; DataError when it has one."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = EPOCH  # which has a zone, and is refused with the others
    if found.tzinfo is not None:
        raise DataError(
            where,
            quoted(text),
            "a time without a zone, like 2021-01-01 03:00:00",
            "repair the line",
        )
    return found


def utc_time(where: str, text: str) -> int:
    """A time with its zone, in ns; DataError when it has none."""
    try:
        return nanoseconds(datetime.fromisoformat(text))
    except (ValueError, TypeError) as error:  # TypeError: a time without a zone
        raise DataError(
            where,
            quoted(text),
            "a time with its zone, like 2025-03-08T16:00:00Z",
            "repair the line",
        ) from error


def nanoseconds(moment: datetime) -> int:
    """A moment with its zone, since the epoch."""
    return (moment - EPOCH) // timedelta(microseconds=1) * NS_PER_US


def words(ts: int) -> str:
    """A time of ours for a message."""
    return (EPOCH + timedelta(microseconds=ts // NS_PER_US)).isoformat()
