"""Funding, open interest and liquidations of seven venues, each a CSV of its own, times in UTC.

`funding_rates`: `timestamp,venue,coin,funding_rate`, per the venue's own interval, which differs
by venue and coin (HYPE pays every 4 h on Binance and OKX, every 8 h on Bybit) and is read off the
times. `open_interest`: `oi_usd`, worth and no amount. `liquidation_volume`: a day's worth per coin
of no stated venue: long and short side, of which the stated total may hold more.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Final

from bot.errors import DataError, UsageError, quoted
from bot.model.event import LiquidationVolume, OpenInterestWorth
from bot.model.units import NS_PER_HOUR, Currency, InstrumentId
from bot.recording.importers.imported import Imported
from bot.recording.importers.series.settlements import Settlement, funding_rates, holes
from bot.recording.importers.series.table import amount, number, rows, utc_time, words
from bot.recording.importers.series.writing import Series, Terms, write_series

_DAY_NS: Final = 24 * NS_PER_HOUR
_USD: Final = Currency("USD")
_IDS: Final = {
    "binance": "binanceusdm:{}/USDT:USDT",
    "bybit": "bybit:{}/USDT:USDT",
    "okx": "okx:{}/USDT:USDT",
    "hyperliquid": "hyperliquid:{}/USDC:USDC",
    "kraken": "krakenfutures:{}/USD:USD",
    "dydx": "dydx:{}/USD:USDC",
    "lighter": "lighter:{}/USDC:USDC",
}
_AGGREGATE: Final = "aggregate:{}/USD:USD"
"""Of venues that the source does not name."""


def import_perpetuals(
    paths: list[Path], out: Path, *, terms: Terms | None = None, replace: bool = False
) -> Imported:
    """Write any of the three files, told apart by name, into the folder `out`."""
    series: Series = {}
    ignored: dict[str, int] = {}
    for path in paths:
        kind = path.name.partition(".")[0]
        if kind not in _READERS:
            raise UsageError(
                str(path), quoted(kind), " | ".join(_READERS), "keep the names of the files"
            )
        _READERS[kind](path, series, ignored)
    return write_series(series, out, paths, terms=terms, ignored=ignored, replace=replace)


def _funding(path: Path, series: Series, ignored: dict[str, int]) -> None:
    found: dict[InstrumentId, list[Settlement]] = {}
    for where, row in rows(path, ("timestamp", "venue", "coin", "funding_rate")):
        ts = utc_time(f"{where} timestamp", row["timestamp"])
        rate = number(f"{where} funding_rate", row["funding_rate"])
        found.setdefault(_instrument(where, row), []).append(Settlement(where, ts, rate))
    missing = 0
    for name, settlements in found.items():
        rates = funding_rates(name, settlements)
        missing += holes(rates)
        series.setdefault(name, []).extend(rates)
    ignored["intervals after a hole, unknown"] = missing


def _interest(path: Path, series: Series, ignored: dict[str, int]) -> None:
    del ignored
    last: dict[InstrumentId, int] = {}
    for where, row in rows(path, ("timestamp", "venue", "coin", "oi_usd")):
        name = _instrument(where, row)
        ts = _later(where, row, last.get(name))
        last[name] = ts
        worth = number(f"{where} oi_usd", row["oi_usd"], above=Decimal(0))
        told = OpenInterestWorth(
            ts_recv=ts, ts_venue=ts, instrument=name, worth=worth, currency=_USD
        )
        series.setdefault(name, []).append(told)


def _liquidations(path: Path, series: Series, ignored: dict[str, int]) -> None:
    last: dict[InstrumentId, int] = {}
    unsided = 0
    columns = ("timestamp", "coin", "total_usd", "long_usd", "short_usd", "liq_count")
    for where, row in rows(path, columns):
        name = InstrumentId(_AGGREGATE.format(row["coin"]))
        ts = _later(where, row, last.get(name))
        last[name] = ts
        longs, shorts, count, total = (
            amount(f"{where} {column}", row[column])
            for column in ("long_usd", "short_usd", "liq_count", "total_usd")
        )
        unsided += total - longs - shorts > 1
        until = ts + _DAY_NS
        told = LiquidationVolume(
            ts_recv=until,
            ts_venue=until,
            instrument=name,
            until_ns=until,
            interval_ns=_DAY_NS,
            longs=longs,
            shorts=shorts,
            unit=_USD,
            count=int(count),
        )
        series.setdefault(name, []).append(told)
    ignored["days whose total is more than both sides"] = unsided


_READERS: Final[dict[str, Callable[[Path, Series, dict[str, int]], None]]] = {
    "funding_rates": _funding,
    "open_interest": _interest,
    "liquidation_volume": _liquidations,
}


def _later(where: str, row: dict[str, str], last: int | None) -> int:
    ts = utc_time(f"{where} timestamp", row["timestamp"])
    if last is not None and ts <= last:
        raise DataError(
            f"{where} timestamp",
            words(ts),
            f"later than {words(last)}",
            "sort the lines, one a time",
        )
    return ts


def _instrument(where: str, row: dict[str, str]) -> InstrumentId:
    if row["venue"] not in _IDS or not row["coin"].isalnum():
        raise DataError(
            f"{where} venue",
            quoted(f"{row['venue']} {row['coin']}"),
            f"a coin of {', '.join(_IDS)}",
            "leave the line out, or add the venue",
        )
    return InstrumentId(_IDS[row["venue"]].format(row["coin"]))
