"""Funding histories of seven venues, a CSV a venue and coin: `Symbol,Date,Funding Rate`.

Named `BTC-USDT_binance_2020-01-01_2024-01-01_funding_history.csv[.gz]`. The dates bear no zone: of
five venues they are the collector's own, three hours ahead of UTC; of Gate and dYdX they are UTC.
Binance's agree with other sources to the last digit once they are moved.
"""

from datetime import timedelta, timezone
from pathlib import Path
from typing import Final

from bot.errors import DataError, UsageError, quoted
from bot.model.units import NS_PER_HOUR, InstrumentId
from bot.recording.importers.imported import Imported
from bot.recording.importers.series.settlements import Settlement, funding_rates, holes
from bot.recording.importers.series.table import bare_time, nanoseconds, number, rows
from bot.recording.importers.series.writing import Series, Terms, write_series

_COLUMNS: Final = ("Symbol", "Date", "Funding Rate")
_AHEAD_H: Final = {
    "binance": 3,
    "bybit": 3,
    "htx": 3,
    "mexc": 3,
    "kucoin": 3,
    "gate": 0,
    "dydx": 0,
}
"""Hours that a venue's dates are ahead of UTC."""
_PHASE_H: Final = {"kucoin": 4}
"""Venues that do not settle from 00:00 UTC on: KuCoin pays at 04, 12 and 20."""
_IDS: Final = {
    "binance": "binanceusdm:{}/USDT:USDT",
    "kucoin": "kucoinfutures:{}/USDT:USDT",
    "dydx": "dydx:{}/USD:USDC",
}


def import_venue_histories(
    paths: list[Path], out: Path, *, terms: Terms | None = None, replace: bool = False
) -> Imported:
    """Write the settled rates of these files into the folder `out`."""
    series: Series = {}
    missing = 0
    for path in paths:
        base, venue = _subject(path)
        name = InstrumentId(_IDS.get(venue, f"{venue}:{{}}/USDT:USDT").format(base))
        if name in series:
            raise UsageError(str(path), name, "one file of an instrument", "name each once")
        rates = funding_rates(
            name, _settlements(path, base, venue), _PHASE_H.get(venue, 0) * NS_PER_HOUR
        )
        missing += holes(rates)
        series[name] = list(rates)
    ignored = {"intervals after a hole, unknown": missing}
    return write_series(series, out, paths, terms=terms, ignored=ignored, replace=replace)


def _settlements(path: Path, base: str, venue: str) -> list[Settlement]:
    zone = timezone(timedelta(hours=_AHEAD_H[venue]))
    settlements = []
    for where, row in rows(path, _COLUMNS):
        if row["Symbol"].partition("-")[0] != base:
            raise DataError(
                f"{where} Symbol",
                quoted(row["Symbol"]),
                f"{base}-...",
                "name files by their symbol",
            )
        moment = bare_time(f"{where} Date", row["Date"]).replace(tzinfo=zone)
        rate = number(f"{where} Funding Rate", row["Funding Rate"])
        settlements.append(Settlement(where, nanoseconds(moment), rate))
    return settlements


def _subject(path: Path) -> tuple[str, str]:
    """Coin and venue, from the name of a file."""
    symbol, _, rest = path.name.partition("_")
    base, venue = symbol.partition("-")[0], rest.partition("_")[0]
    if venue not in _AHEAD_H or not base:
        raise UsageError(
            str(path),
            quoted(path.name),
            "COIN-USDT_VENUE_..., of " + ", ".join(_AHEAD_H),
            "keep the name of the file: it tells venue and clock",
        )
    return base, venue
