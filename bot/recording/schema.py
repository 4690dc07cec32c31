"""What a file of a recording looks like: its columns, its name, what its metadata says.

A recording is a folder of Parquet files, one per instrument, UTC day and kind (`rows` or
`events`). Any Parquet reader can use them as they are: every column is a plain integer or a
text. Prices and sizes stay counts of ticks and lots, because those are exact and pack better
than decimals; the instrument in the metadata says what one is worth: `price * 0.1`.
"""

import enum
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

import msgspec
import pyarrow as pa
from msgspec import Struct

from bot.errors import DataError, quoted
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND, InstrumentId

VERSION: Final = 1
NS_PER_DAY: Final = 86_400 * NS_PER_SECOND
SUFFIX: Final = ".parquet"

EMPTY: Final = -1
"""Kind of the one row that stands for a message without rows, such as a gap."""


class Kind(enum.StrEnum):
    """What a file holds."""

    ROWS = "rows"
    EVENTS = "events"


class Period(enum.StrEnum):
    """How much time a file covers: a UTC day, or a year when the tape is as thin as hourly bars."""

    DAY = "day"
    YEAR = "year"


# Times are nanoseconds since the epoch, UTC; `message` numbers the messages of the file from 0.
ROWS: Final = pa.schema(
    [
        pa.field("message", pa.int64(), nullable=False),
        pa.field("ts_recv", pa.int64(), nullable=False),
        pa.field("ts_venue", pa.int64(), nullable=False),
        pa.field("flags", pa.int32(), nullable=False),
        pa.field("kind", pa.int8(), nullable=False),
        pa.field("side", pa.int8(), nullable=False),
        pa.field("price", pa.int64(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
    ]
)
EVENTS: Final = pa.schema(
    [
        pa.field("ts_recv", pa.int64(), nullable=False),
        pa.field("ts_venue", pa.int64(), nullable=False),
        pa.field("type", pa.string(), nullable=False),
        pa.field("event", pa.string(), nullable=False),
    ]
)
COLUMNS: Final = {Kind.ROWS: ROWS, Kind.EVENTS: EVENTS}


class Header(Struct, frozen=True):
    """What the metadata of a file says about all of it.

    clock_offset_ns: what was added to the recorder's clock; None when nobody had to ask.
    origin: where the market data came from, for people. options: the contracts of a chain whose
    tickers stand in this file, under its first option.
    """

    kind: Kind
    instrument: Instrument
    clock_offset_ns: int | None
    origin: str
    options: tuple[Instrument, ...] = ()

    def metadata(self) -> dict[bytes, bytes]:
        """The key-value metadata of a Parquet file."""
        return {
            b"bot.schema": str(VERSION).encode(),
            b"bot.kind": self.kind.value.encode(),
            b"bot.instrument": _encoder.encode(self.instrument),
            b"bot.clock_offset_ns": msgspec.json.encode(self.clock_offset_ns),
            b"bot.origin": self.origin.encode(),
            b"bot.options": _encoder.encode(self.options),
        }


_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")


def header_of(metadata: dict[bytes, bytes] | None, where: str) -> Header:
    """What the metadata of a file says; DataError when it is none of ours or of another time."""
    found = metadata or {}
    version = found.get(b"bot.schema")
    if version != str(VERSION).encode():
        raise DataError(
            f"{where} bot.schema",
            quoted(version.decode(errors="replace") if version is not None else None),
            str(VERSION),
            "import the original recording again with this version of the bot",
        )
    try:
        return Header(
            kind=Kind(found[b"bot.kind"].decode()),
            instrument=msgspec.json.decode(found[b"bot.instrument"], type=Instrument),
            clock_offset_ns=msgspec.json.decode(found[b"bot.clock_offset_ns"], type=int | None),
            origin=found[b"bot.origin"].decode(),
            options=msgspec.json.decode(
                found.get(b"bot.options", b"[]"), type=tuple[Instrument, ...]
            ),
        )
    except (KeyError, ValueError) as error:
        raise DataError(
            f"{where} metadata",
            str(error),
            "kind, instrument, clock offset and origin",
            "import the original recording again",
        ) from error


def file_name(instrument: InstrumentId, period: str, kind: Kind) -> str:
    """Name of a file: the instrument percent-encoded, then the day; readers do not need it."""
    return f"{quote(instrument, safe='')}.{period}.{kind}{SUFFIX}"


def period_of(ts_recv: int, period: Period) -> tuple[str, int]:
    """The day or year of a time, as a file's name says it, and the nanosecond that ends it."""
    day = _EPOCH + timedelta(days=ts_recv // NS_PER_DAY)
    if period is Period.DAY:
        return day.isoformat(), (ts_recv // NS_PER_DAY + 1) * NS_PER_DAY
    return str(day.year), (date(day.year + 1, 1, 1) - _EPOCH).days * NS_PER_DAY


_EPOCH: Final = date(1970, 1, 1)
