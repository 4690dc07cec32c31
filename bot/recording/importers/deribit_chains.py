"""Recorded snapshots of Deribit's option chains as instruments and tickers.

Two shapes of CSV, told apart by their columns:
- summaries (2026): one file a snapshot, all rows with one time though they were collected over
  some seconds; an empty price is an empty side; volatility is a fraction;
- order books (2020): one row an option with its own time in ms, not in order; a price of 0 is
  an empty side; volatility is in percent, and a bid or ask volatility of 500 is a cap.
Neither says when it was received. Prices are in coin; expiries are at 08:00 UTC.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from bot.errors import DataError, UsageError, quoted
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_MS, NS_PER_US, Currency, InstrumentId
from bot.recording.disk import DAMAGE, opened, unpacked
from bot.tape.tickers import ESTIMATED, TickerBuilder, Tickers

FEED_LATENCY_NS: Final = NS_PER_MS
"""From the venue's time to ours, where only the venue's is known."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAME: Final = re.compile(r"([A-Z]+)-(\d{1,2}[A-Z]{3}\d{2})-(\d+)-([CP])")
_WHOLE: Final = Decimal("1e-6")
_EXPIRY: Final = "expiry_datetime"
"""Only summaries have it."""
_SUMMARY: Final = frozenset({"timestamp", "instrument_name", "bid_price", "futures_price", _EXPIRY})
_ORDER_BOOK: Final = frozenset({"timestamp", "instrument_name", "best_bid_price", "mark_iv"})


# What the files do not say: the smallest order, and the grid in coin. Deribit listed 0.0005 at
# any price in 2021 (public/get_instruments); quotes of 2026 stand 0.0001 apart below 0.005.
_LOTS: Final = {"BTC": Decimal("0.1"), "ETH": Decimal(1)}
_FINE: Final = (Decimal("0.0001"), ((0, 1), (50, 5)))
_COARSE: Final = (Decimal("0.0005"), ())


class Chains(Struct, frozen=True):
    """Options and their tickers, oldest first; `tickers.instruments` are the ids in this order.

    files: names and rows read. closed: rows of options that did not trade any more, left out.
    one_sided: tickers without a bid or without an ask. off_grid: prices on the finest tick that
    no order could carry at that price; they are kept as they stand.
    """

    instruments: tuple[Instrument, ...]
    tickers: Tickers
    files: dict[str, int]
    closed: int
    one_sided: int
    off_grid: int


class _Row(Struct, frozen=True):
    """A line of either shape, in one of ours; prices in coin, 0: empty side."""

    ts_recv: int
    ts_venue: int
    name: str
    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    mark: float
    mark_iv: float
    underlying: float
    open_interest: float
    where: str


def read_chains(paths: Sequence[Path]) -> Chains:
    """The options of all these files and what each snapshot said of them, in time order.

    DataError names the file, the line and the column that cannot be right.
    """
    if not paths:
        raise UsageError("import", "no file", "at least one", "name the CSV files")
    rows: list[_Row] = []
    listed: dict[str, Instrument] = {}
    files: dict[str, int] = {}
    closed = 0
    for path in paths:
        before = len(rows)
        for line in _lines(path):
            if line.get("state", "open") != "open":
                closed += 1
                continue
            row = _summary(line) if _EXPIRY in line else _order_book(line)
            option = listed.get(row.name) or _instrument(row.name, line, row.where)
            _agree(line, option)
            listed[row.name] = option
            rows.append(row)
        files[path.name] = len(rows) - before
    rows.sort(key=lambda row: (row.ts_recv, row.name))
    instruments = tuple(sorted(listed.values(), key=lambda one: one.id))
    number = {one.id: i for i, one in enumerate(instruments)}
    builder = TickerBuilder(tuple(one.id for one in instruments), max(1, len(rows)))
    off_grid = one_sided = 0
    for row in rows:
        option = listed[row.name]
        bid, ask = (_ticks(option, price, row.where) for price in (row.bid, row.ask))
        off_grid += sum(option.grid.down(ticks) != ticks for ticks in (bid, ask))
        one_sided += (bid == 0) != (ask == 0)
        builder.add(
            row.ts_recv,
            row.ts_venue,
            number[option.id],
            bid=bid,
            ask=ask,
            bid_size=_lots(option, row.bid_size, row.where),
            ask_size=_lots(option, row.ask_size, row.where),
            mark=row.mark,
            mark_iv=row.mark_iv,
            underlying=row.underlying,
            open_interest=row.open_interest,
            flags=ESTIMATED,
        )
    return Chains(instruments, builder.take(), files, closed, one_sided, off_grid)


def _lines(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file, each with the place it came from under "where"."""
    with opened(path) as stream:
        reader = csv.DictReader(io.TextIOWrapper(unpacked(stream), encoding="utf-8"))
        try:
            seen = set(reader.fieldnames or ())
            if not (seen >= _SUMMARY or seen >= _ORDER_BOOK):
                raise DataError(
                    f"{path} line 1",
                    quoted(",".join(reader.fieldnames or ())[:120]),
                    "columns " + ", ".join(sorted(_SUMMARY)),
                    "name a snapshot of Deribit's option chain",
                )
            for line in reader:
                where = f"{path} line {reader.line_num}"
                if None in line or None in line.values():
                    raise DataError(
                        where, "a line of another length", "one entry a column", "copy it again"
                    )
                yield {**line, "where": where}
        except (*DAMAGE, csv.Error, UnicodeDecodeError) as error:
            raise DataError(
                f"{path} line {reader.line_num + 1}",
                quoted(str(error)),
                "a whole CSV file",
                "copy it again",
            ) from error


def _summary(line: Mapping[str, str]) -> _Row:
    where = line["where"]
    ts = _stamp(where, line["timestamp"])
    nothing = Decimal(0)
    return _Row(
        ts_recv=ts,
        ts_venue=ts,
        name=line["instrument_name"],
        bid=_price(line, "bid_price"),
        ask=_price(line, "ask_price"),
        bid_size=nothing,
        ask_size=nothing,
        mark=_figure(line, "mark_price", zero=True),
        mark_iv=_figure(line, "implied_volatility"),
        underlying=_figure(line, "futures_price"),
        open_interest=_figure(line, "open_interest", zero=True),
        where=where,
    )


def _order_book(line: Mapping[str, str]) -> _Row:
    where = line["where"]
    try:
        ts = int(line["timestamp"]) * NS_PER_MS
    except ValueError as error:
        raise DataError(
            f"{where} timestamp", quoted(line["timestamp"]), "a time in ms", "repair the line"
        ) from error
    return _Row(
        ts_recv=ts + FEED_LATENCY_NS,
        ts_venue=ts,
        name=line["instrument_name"],
        bid=_price(line, "best_bid_price"),
        ask=_price(line, "best_ask_price"),
        bid_size=_price(line, "best_bid_amount"),
        ask_size=_price(line, "best_ask_amount"),
        mark=_figure(line, "mark_price", zero=True),
        mark_iv=_figure(line, "mark_iv") / 100.0,
        underlying=_figure(line, "underlying_price"),
        open_interest=_figure(line, "open_interest", zero=True),
        where=where,
    )


def _instrument(name: str, line: Mapping[str, str], where: str) -> Instrument:
    """The contract that a name of Deribit's spells, `BTC-3JAN26-88000-C`."""
    spelled = _NAME.fullmatch(name)
    lot = _LOTS.get(spelled[1]) if spelled else None
    if spelled is None or lot is None:
        raise DataError(
            f"{where} instrument_name",
            quoted(name),
            f"an option of {' or '.join(_LOTS)} settled in coin, like BTC-3JAN26-88000-C",
            "leave the line out",
        )
    coin, day, strike, side = spelled.groups()
    try:
        expiry = datetime.strptime(day, "%d%b%y").replace(hour=8, tzinfo=UTC)
    except ValueError as error:
        raise DataError(
            f"{where} instrument_name", quoted(name), "a day like 3JAN26", "leave the line out"
        ) from error
    expiry_ns = (expiry - _EPOCH) // timedelta(microseconds=1) * NS_PER_US
    tick, steps = _FINE if _EXPIRY in line else _COARSE
    base = Currency(coin)
    return Instrument(
        id=InstrumentId(f"deribit:{coin}/USD:{coin}-{expiry:%y%m%d}-{strike}-{side}"),
        kind=Kind.OPTION,
        base=base,
        quote=base,  # as the venue lists it: the strike is in USD, the price is not
        settle=base,
        grid=PriceGrid(tick, steps),
        lot=lot,
        expiry_ns=expiry_ns,
        strike=Decimal(strike),
        call=side == "C",
    )


def _agree(line: Mapping[str, str], option: Instrument) -> None:
    """Refuse a line whose columns say otherwise than its name."""
    if _EXPIRY in line:
        expiry_ns = _stamp(line["where"], line[_EXPIRY])
    else:
        expiry_ns = int(_number(line, "expiration_timestamp")) * NS_PER_MS
    if expiry_ns != option.expiry_ns or _number(line, "strike") != option.strike:
        raise DataError(
            f"{line['where']} instrument_name",
            quoted(line["instrument_name"]),
            "the expiry and the strike that its own columns say",
            "leave the line out",
        )


def _stamp(where: str, text: str) -> int:
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1) * NS_PER_US
    except (ValueError, TypeError) as error:  # TypeError: a time without a zone
        raise DataError(
            f"{where} time",
            quoted(text),
            "a time with its zone, like 2026-01-01T09:18:35+00:00",
            "repair the line",
        ) from error


def _number(line: Mapping[str, str], name: str) -> Decimal:
    try:
        number = Decimal(line[name])
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise DataError(
            f"{line['where']} {name}", quoted(line[name]), "a number >= 0", "repair the line"
        )
    return number


def _price(line: Mapping[str, str], name: str) -> Decimal:
    """A price or a size in coin; nothing at all is 0."""
    return _number(line, name) if line[name] else Decimal(0)


def _figure(line: Mapping[str, str], name: str, *, zero: bool = False) -> float:
    """A figure of the venue's own; NaN when it is missing, or 0 and cannot be that."""
    value = float(_number(line, name)) if line[name] else np.nan
    return value if zero or value > 0.0 else np.nan


def _ticks(option: Instrument, price: Decimal, where: str) -> int:
    return _whole(option, price, option.grid.tick, where)


def _lots(option: Instrument, size: Decimal, where: str) -> int:
    return _whole(option, size, option.lot, where)


def _whole(option: Instrument, value: Decimal, step: Decimal, where: str) -> int:
    count = value / step
    whole = int(count.to_integral_value())
    if abs(count - whole) >= _WHOLE:
        raise DataError(where, f"{option.id} {value}", f"a multiple of {step}", "repair the line")
    return whole
