"""Taker volume, liquidations, long/short ratio and open interest every quarter of an hour.

One CSV of one perpetual, put together from two sources that its time stamps tell apart. All of it
is Indian time (UTC+5:30), said so by the first source (`... IST`) and shown for the second: where
they overlap, the bars at the same stamp are the same. They differ in the rest. The first states
its volume in quote, the second in base; and the second has bought and sold the wrong way round: in
every row of the overlap they are the first's exchanged, and only exchanged do they follow the
price. The column of funding has no documented unit, and is 0 where the second source knows nothing:
it is left out. So are columns that are derived from others.
"""

from datetime import timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec import Struct

from bot.errors import DataError, quoted
from bot.model.event import Event, LiquidationVolume, LongShortRatio, OpenInterest, TakerVolume
from bot.model.units import NS_PER_SECOND, Currency, InstrumentId
from bot.recording.importers.imported import Imported
from bot.recording.importers.series.table import amount, bare_time, nanoseconds, number, rows, words
from bot.recording.importers.series.writing import Terms, write_series

INTERVAL_NS: Final = 900 * NS_PER_SECOND
VOLUME_TOLERANCE: Final = Decimal("0.02")
"""How far a volume in quote may lie from the base volume at the bar's close."""

_ZONE: Final = timezone(timedelta(hours=5, minutes=30))
_FIRST_SOURCE: Final = " IST"
_RATIO: Final = "Long/Short Ratio (Account)"
_COLUMNS: Final = (
    *("TimeStamp", "Symbol", "Close", "Volume", "Buy Qty", "Sell Qty"),
    *("Agg. Liq Long", "Agg. Liq Short", _RATIO, "Agg. OI", "Agg. Funding Rate"),
)


class Bar(Struct, frozen=True):
    """What a line says of a quarter of an hour that ends at `until`; None is not said."""

    where: str
    until: int
    first_source: bool
    bought: Decimal
    sold: Decimal
    longs: Decimal | None
    shorts: Decimal | None
    ratio: Decimal | None
    interest: Decimal | None


def import_positioning(
    path: Path, out: Path, *, terms: Terms | None = None, replace: bool = False
) -> Imported:
    """Write the events of the file into the folder `out`.

    Everything is known when its interval ends, not at the stamp, which is where it begins. Of two
    lines of the same time one makes the events, with what only the other says filled in.
    """
    symbol = ""
    bars: dict[int, Bar] = {}
    ignored = dict.fromkeys(("funding of an undocumented unit", "second lines of a time"), 0)
    for where, row in rows(path, _COLUMNS):
        symbol = _same(where, symbol, row["Symbol"])
        bar = _bar(where, row)
        ignored["funding of an undocumented unit"] += bool(row["Agg. Funding Rate"])
        other = bars.get(bar.until)
        if other is not None:
            bar = _merged(other, bar)
            ignored["second lines of a time"] += 1
        elif bars and bar.until < next(reversed(bars)):
            last = words(next(reversed(bars)) - INTERVAL_NS)
            raise DataError(
                f"{where} TimeStamp", quoted(row["TimeStamp"]), f"after {last}", "sort the lines"
            )
        bars[bar.until] = bar
    if not symbol.endswith("USDT"):
        raise DataError(str(path), quoted(symbol), "a symbol in USDT", "name another file")
    base = symbol.removesuffix("USDT")
    name = InstrumentId(f"binanceusdm:{base}/USDT:USDT")
    events = [event for bar in bars.values() for event in _events(name, Currency(base), bar)]
    return write_series({name: events}, out, [path], terms=terms, ignored=ignored, replace=replace)


def _bar(where: str, row: dict[str, str]) -> Bar:
    stamp = row["TimeStamp"]
    first = stamp.endswith(_FIRST_SOURCE)
    begins = bare_time(f"{where} TimeStamp", stamp.removesuffix(_FIRST_SOURCE))
    ts = nanoseconds(begins.replace(tzinfo=_ZONE))
    if ts % INTERVAL_NS:
        raise DataError(
            f"{where} TimeStamp", quoted(stamp), "a quarter of an hour", "repair the line"
        )
    bought, sold = _number(where, row, "Buy Qty"), _number(where, row, "Sell Qty")
    _check_volume(where, row, bought + sold, in_quote=first)
    if not first:
        bought, sold = sold, bought
    return Bar(
        where=where,
        until=ts + INTERVAL_NS,
        first_source=first,
        bought=bought,
        sold=sold,
        longs=_optional(where, row, "Agg. Liq Long"),
        shorts=_optional(where, row, "Agg. Liq Short"),
        ratio=_optional(where, row, _RATIO),
        interest=_optional(where, row, "Agg. OI"),
    )


def _check_volume(where: str, row: dict[str, str], traded: Decimal, *, in_quote: bool) -> None:
    """What was bought and sold must make the volume, in the unit of the source."""
    volume = _number(where, row, "Volume")
    expected = traded * number(f"{where} Close", row["Close"], above=Decimal(0))
    if not in_quote:
        expected = traded
    if abs(volume - expected) > VOLUME_TOLERANCE * expected:
        raise DataError(
            f"{where} Volume",
            f"{volume}, bought and sold make {expected:.3f}",
            f"the same in {'quote' if in_quote else 'base'}",
            "the unit changes here: cut the series, or convert one part",
        )


def _merged(one: Bar, other: Bar) -> Bar:
    """Two lines of one time, which must tell the same trades."""
    if (one.bought, one.sold) != (other.bought, other.sold):
        raise DataError(
            f"{other.where} Buy Qty",
            f"bought {other.bought}, sold {other.sold}",
            f"{one.bought} and {one.sold} as in {one.where}",
            "keep one line a time",
        )
    return Bar(
        where=one.where,
        until=one.until,
        first_source=one.first_source,
        bought=one.bought,
        sold=one.sold,
        longs=other.longs if one.longs is None else one.longs,
        shorts=other.shorts if one.shorts is None else one.shorts,
        ratio=other.ratio if one.ratio is None else one.ratio,
        interest=other.interest if one.interest is None else one.interest,
    )


def _events(name: InstrumentId, base: Currency, bar: Bar) -> list[Event]:
    at = bar.until
    events: list[Event] = [
        TakerVolume(
            ts_recv=at,
            ts_venue=at,
            instrument=name,
            until_ns=bar.until,
            interval_ns=INTERVAL_NS,
            bought=bar.bought,
            sold=bar.sold,
            unit=base,
        )
    ]
    if bar.interest is not None:
        events.append(OpenInterest(ts_recv=at, ts_venue=at, instrument=name, amount=bar.interest))
    if bar.ratio is not None:
        events.append(
            LongShortRatio(
                ts_recv=at, ts_venue=at, instrument=name, ratio=bar.ratio, population="accounts"
            )
        )
    if bar.longs is not None and bar.shorts is not None:
        events.append(
            LiquidationVolume(
                ts_recv=at,
                ts_venue=at,
                instrument=name,
                until_ns=bar.until,
                interval_ns=INTERVAL_NS,
                longs=bar.longs,
                shorts=bar.shorts,
                unit=Currency("USD"),
            )
        )
    return events


def _same(where: str, symbol: str, seen: str) -> str:
    if symbol and seen != symbol:
        raise DataError(f"{where} Symbol", quoted(seen), symbol, "import each symbol by itself")
    return seen


def _number(where: str, row: dict[str, str], column: str) -> Decimal:
    return amount(f"{where} {column}", row[column])


def _optional(where: str, row: dict[str, str], column: str) -> Decimal | None:
    return _number(where, row, column) if row[column] else None
