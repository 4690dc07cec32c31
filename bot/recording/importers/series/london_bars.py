"""Eight-hour bars with funding of three venues, stamped in London's local time.

One CSV: `time,exchange,crypto,pair,contract,open,high,low,close,volume,funding rate`. In summer the
settlements of 00, 08 and 16 UTC stand at 01, 09 and 17: taken for UTC they would be an hour late
for half of the year, with steps of nine and seven hours when the clocks change. Only the funding
is read: eight-hour bars make no tape.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.errors import DataError, quoted
from bot.model.units import InstrumentId
from bot.recording.importers.imported import Imported
from bot.recording.importers.series.settlements import Settlement, funding_rates
from bot.recording.importers.series.table import bare_time, nanoseconds, number, rows
from bot.recording.importers.series.writing import Series, Terms, write_series

_COLUMNS: Final = ("time", "exchange", "crypto", "pair", "contract", "funding rate")
_LINEAR: Final = {
    "binance": "binanceusdm:{}/USDT:USDT",
    "bybit": "bybit:{}/USDT:USDT",
    "okx": "okx:{}/USDT:USDT",
}
_INVERSE: Final = {
    "binance": "binancecoinm:{0}/USD:{0}",
    "bybit": "bybit:{0}/USD:{0}",
    "okx": "okx:{0}/USD:{0}",
}
_SUMMER: Final = timedelta(hours=1)


def import_london_bars(
    path: Path, out: Path, *, terms: Terms | None = None, replace: bool = False
) -> Imported:
    """Write the settled rates of every perpetual in the file into the folder `out`."""
    found: dict[InstrumentId, list[Settlement]] = {}
    spot = 0
    for where, row in rows(path, _COLUMNS):
        if row["contract"] == "spot":
            spot += 1
            continue
        name = _instrument(where, row)
        local = bare_time(f"{where} time", row["time"])
        rate = number(f"{where} funding rate", row["funding rate"])
        found.setdefault(name, []).append(Settlement(where, from_london(local), rate))
    series: Series = {name: list(funding_rates(name, each)) for name, each in found.items()}
    if not series:
        raise DataError(str(path), "no perpetual", "at least one", "name the file that has them")
    ignored = {"spot bars": spot}
    return write_series(series, out, [path], terms=terms, ignored=ignored, replace=replace)


def from_london(local: datetime) -> int:
    """London's local time as ns since the epoch, by the rule that holds since 1996.

    Summer begins and ends at 01:00 UTC on the last Sundays of March and October. The hour that
    autumn repeats is taken for its first pass, in summer time: a settlement at 00:00 UTC is there,
    and none in the second. An hour that spring skips is no time at all, and read as winter's.
    """
    assert local.tzinfo is None, "the caller knows no zone either"
    winter = local.replace(tzinfo=UTC)
    summer = winter - _SUMMER
    begins, ends = (_last_sunday(local.year, month) for month in (3, 10))
    return nanoseconds(summer if begins <= summer < ends else winter)


def _last_sunday(year: int, month: int) -> datetime:
    day = datetime(year, month, 31, 1, tzinfo=UTC)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _instrument(where: str, row: dict[str, str]) -> InstrumentId:
    """`BTCUSDT` is linear; `BTCUSDCM` stands for the coin-margined contract, not for USDC."""
    pair, venue = row["pair"], row["exchange"]
    for ending, ids in (("USDCM", _INVERSE), ("USDT", _LINEAR)):
        if pair.endswith(ending) and venue in ids:
            return InstrumentId(ids[venue].format(pair.removesuffix(ending)))
    raise DataError(
        f"{where} pair",
        quoted(f"{venue} {pair}"),
        f"...USDT or ...USDCM of {', '.join(_LINEAR)}",
        "leave the line out, or add the venue",
    )
