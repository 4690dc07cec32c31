"""Hourly bars, mark prices and funding from CSV into a recording: years of funding in seconds.

The tape is as thin as the source: one quote an hour at the bar's open, which is all of a bar
that is known at that time; its high, low and close lie in the future and are not read. Spread
and depth are not in the source either: whoever imports states them.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from msgspec import Struct

from bot.errors import DataError, UsageError, quoted
from bot.model.event import FundingRate
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND, NS_PER_US
from bot.recording.disk import DAMAGE, opened, unpacked
from bot.recording.importers.imported import Imported, Tally
from bot.recording.parquet import RecordingWriter
from bot.recording.raw import Progress
from bot.recording.schema import Period
from bot.tape.builder import BlockBuilder
from bot.tape.rows import ASK, BID, LEVEL, MARK, SCALAR_SCALE, SNAPSHOT, Block

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BPS: Final = Decimal(10_000)
_MINUTE_NS: Final = 60 * NS_PER_SECOND


class Quote(Struct, frozen=True):
    """What a bar does not say of the book.

    half_spread_bps: from the open price to either side, > 0. depth_base: base coins that
    stand on each side.
    """

    half_spread_bps: Decimal
    depth_base: Decimal


def import_hourly(
    instrument: Instrument,
    out: Path,
    *,
    bars: Path | None = None,
    quote: Quote | None = None,
    mark: Path | None = None,
    funding: Path | None = None,
    since_ns: int = 0,
    until_ns: int = 2**63 - 1,
    replace: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Write any of bars, mark and funding of one instrument into the folder `out`.

    bars, mark: columns `date,open,...`, the date a bar's opening. funding: `date,funding_rate`,
    paid at that date. Rows outside `[since_ns, until_ns)` are left out. Funding alone, into a
    folder of its own, puts settled rates beside another recording of the same instrument.
    """
    if (bars is None) != (quote is None):
        raise UsageError("bars", "one without the other", "bars and a quote", "state both")
    if bars is None and mark is None and funding is None:
        raise UsageError("import", "no file", "bars, mark or funding", "name at least one")
    tally = Tally()
    opens = _column(bars, "open", progress, above=0) if bars else {}
    marks = _column(mark, "open", progress, above=0) if mark else {}
    rates = _column(funding, "funding_rate", progress, above=-1) if funding else {}
    tally.frames = len(opens) + len(marks) + len(rates)
    wanted = range(since_ns, until_ns)
    with RecordingWriter(
        out,
        [instrument],
        clock_offset_ns=None,
        origin="hourly " + ", ".join(path.name for path in (bars, mark, funding) if path),
        period=Period.YEAR,
        replace=replace,
    ) as writer:
        block = _market(instrument, opens, marks, quote, wanted)
        if block.messages:
            tally.count(block)
            writer.write(block)
        for event in _settlements(instrument, rates, marks):
            if event.ts_recv in wanted:
                tally.events += 1
                writer.write_event(event)
        files = writer.close()
    return Imported(files, None, {instrument.id: tally})


def _market(
    instrument: Instrument,
    opens: dict[int, Decimal],
    marks: dict[int, Decimal],
    quote: Quote | None,
    wanted: range,
) -> Block:
    """Marks and quotes by time; a mark goes before the quote that a decision is made on."""
    builder = BlockBuilder((instrument.id,))
    for ts in sorted(opens.keys() | marks.keys()):
        if ts not in wanted:
            continue
        if ts in marks:
            builder.scalars(ts, ts, {MARK: int((marks[ts] * SCALAR_SCALE).to_integral_value())})
        if ts in opens and quote is not None:
            _write_quote(builder, instrument, ts, opens[ts], quote)
    return builder.take()


def _write_quote(
    builder: BlockBuilder, instrument: Instrument, ts: int, price: Decimal, quote: Quote
) -> None:
    """The book as one level a side around a price, rounded away from it to the grid."""
    half = price * quote.half_spread_bps / _BPS
    tick = instrument.grid.tick
    bid = instrument.grid.down(int(((price - half) / tick).to_integral_value(ROUND_FLOOR)))
    ask = instrument.grid.up(int(((price + half) / tick).to_integral_value(ROUND_CEILING)))
    size = int(quote.depth_base / instrument.base_amount(1, price))
    if not 0 < bid < ask or size < 1:
        raise DataError(
            f"{instrument.id} quote at {_text(ts)}",
            f"{size} lots at {bid} / {ask} ticks around {price}",
            "at least one lot on two prices that differ",
            "state a larger depth, or a half-spread above zero and below the price",
        )
    builder.begin(ts, ts, flags=SNAPSHOT)
    builder.row(LEVEL, BID, bid, size)
    builder.row(LEVEL, ASK, ask, size)
    builder.end()


def _settlements(
    instrument: Instrument, rates: dict[int, Decimal], marks: dict[int, Decimal]
) -> Iterator[FundingRate]:
    """Funding as paid; its interval is the time since the settlement before, never assumed."""
    before: int | None = None
    for ts, rate in rates.items():
        # Settlements are stamped some milliseconds late now and then.
        on_time = ts // _MINUTE_NS * _MINUTE_NS
        yield FundingRate(
            ts_recv=ts,
            ts_venue=ts,
            instrument=instrument.id,
            rate=rate,
            settles_ns=ts,
            settled=True,
            interval_ns=None if before is None else on_time - before,
            mark=marks.get(on_time),
        )
        before = on_time


def _column(path: Path, name: str, progress: Progress | None, *, above: int) -> dict[int, Decimal]:
    """One column of a CSV by time; DataError for the first line that cannot be."""
    values: dict[int, Decimal] = {}
    last = -1
    with opened(path) as stream:
        reader = csv.DictReader(io.TextIOWrapper(unpacked(stream), newline=""))
        try:
            _expect_columns(path, reader, name)
            for row in reader:
                where = f"{path} line {reader.line_num}"
                if None in row or None in row.values():
                    raise DataError(
                        where,
                        f"{sum(value is not None for value in row.values())} columns",
                        f"{len(reader.fieldnames or ())}",
                        "copy the file again; a line is cut",
                    )
                ts = _time(where, row["date"])
                if ts <= last:
                    raise DataError(
                        f"{where} date",
                        quoted(row["date"]),
                        f"later than the line before, {_text(last)}",
                        "sort the lines and keep one a time",
                    )
                values[ts] = _number(f"{where} {name}", row[name], above)
                last = ts
        except (*DAMAGE, csv.Error, UnicodeDecodeError) as error:
            raise DataError(
                f"{path} line {reader.line_num + 1}",
                quoted(str(error)),
                "a whole CSV file",
                "copy it again",
            ) from error
    if progress is not None:
        progress(path.name, 1.0)
    return values


def _expect_columns(path: Path, reader: "csv.DictReader[str]", name: str) -> None:
    seen = reader.fieldnames or ()
    if not {"date", name} <= set(seen):
        raise DataError(
            f"{path} line 1",
            quoted(",".join(seen)),
            f"columns date and {name}",
            "name the file that has them",
        )


def _time(where: str, text: str | None) -> int:
    try:
        time = datetime.fromisoformat(text or "")
        return (time - _EPOCH) // timedelta(microseconds=1) * NS_PER_US
    except (ValueError, TypeError) as error:  # TypeError: a time without a zone
        raise DataError(
            f"{where} date",
            quoted(text),
            "a time with its zone, like 2024-08-08T16:00:00Z",
            "repair the line",
        ) from error


def _text(ts: int) -> str:
    return (_EPOCH + timedelta(microseconds=ts // NS_PER_US)).isoformat()


def _number(where: str, text: str | None, above: int) -> Decimal:
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        number = Decimal("NaN")
    if not (number.is_finite() and number > above):
        raise DataError(where, quoted(text), f"a number > {above}", "repair the line")
    return number
