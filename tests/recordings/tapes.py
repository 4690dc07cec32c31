"""The real recordings as tapes, imported once a test session."""

from decimal import Decimal
from pathlib import Path

from bot.feeds.binance.decoder import BinanceDecoder
from bot.feeds.binance.instruments import stated_instrument
from bot.model.instrument import Instrument
from bot.recording.importers.captures import Capture, import_captures
from bot.recording.importers.hourly import Quote, import_hourly
from bot.recording.importers.imported import Imported
from bot.recording.reader import Recording

HOUR_NS = 3_600_000_000_000
EVENING_2024_NS = 1_723_161_600_000_000_000 - 24 * HOUR_NS
"""2024-08-08 00:00 UTC: the settlements of that day are known when its last minutes begin."""

BTC = "binanceusdm:BTC/USDT:USDT"
ETH = "binanceusdm:ETH/USDT:USDT"
BTC_SPOT = "binance:BTC/USDT"
ETH_SPOT = "binance:ETH/USDT"
BTC_COIN = "binancecoinm:BTC/USD:BTC"
ETH_COIN = "binancecoinm:ETH/USD:ETH"

_CAPTURES = {
    "usdm/btcusdt_20240808.gz": (BTC, "0.1", "0.001", None),
    "usdm/ethusdt_20240808.gz": (ETH, "0.01", "0.001", None),
    "spot/btcusdt_20240808.gz": (BTC_SPOT, "0.01", "0.00001", None),
    "spot/ethusdt_20240808.gz": (ETH_SPOT, "0.01", "0.0001", None),
    "cm/btcusd_perp_20240808.gz": (BTC_COIN, "0.1", "1", "100"),
    "cm/ethusd_perp_20240808.gz": (ETH_COIN, "0.01", "1", "10"),
}


def listed(name: str, tick: str, lot: str, contract: str | None = None) -> Instrument:
    """An instrument of the captures, which carry no exchangeInfo."""
    venue, _, symbol = name.partition(":")
    size = None if contract is None else Decimal(contract)
    return stated_instrument(
        venue, symbol, tick=Decimal(tick), lot=Decimal(lot), contract_size=size
    )


def import_2024(data: Path, out: Path) -> Imported:
    """Six captures of one recorder, with one clock offset."""
    captures = [
        Capture(data / "binance-l2-2024-08-08" / path, listed(*terms))
        for path, terms in _CAPTURES.items()
    ]
    return import_captures(captures, out, BinanceDecoder)


def import_2023(data: Path, out: Path) -> Imported:
    """The capture with a mark price stream."""
    path = data / "binance-l2-2023-04-04" / "usdm" / "btcusdt_20230404.dat.gz"
    return import_captures([Capture(path, listed(BTC, "0.1", "0.001"))], out, BinanceDecoder)


def import_settled(data: Path, out: Path) -> None:
    """Rates that were really settled on the day of the 2024 captures, before they begin."""
    for coin, name in (("BTC", BTC), ("ETH", ETH)):
        import_hourly(
            listed(name, *{"BTC": ("0.1", "0.001"), "ETH": ("0.01", "0.001")}[coin]),
            out / coin,
            funding=data / "binance-history-1h" / "perp" / f"{coin}_USDT_USDT-funding_rate.csv.gz",
            since_ns=EVENING_2024_NS,
            until_ns=EVENING_2024_NS + 24 * HOUR_NS,
        )


def import_history(data: Path, out: Path, since_ns: int, until_ns: int) -> Recording:
    """Hourly quotes of spot and perpetual with marks and settled funding."""
    folder = data / "binance-history-1h"
    quote = Quote(half_spread_bps=Decimal("0.5"), depth_base=Decimal(100))
    span = {"since_ns": since_ns, "until_ns": until_ns}
    import_hourly(
        listed(BTC_SPOT, "0.01", "0.00001"),
        out / "spot",
        bars=folder / "spot" / "BTC_USDT-1h.csv.gz",
        quote=quote,
        **span,
    )
    import_hourly(
        listed(BTC, "0.01", "0.001"),
        out / "perp",
        bars=folder / "perp" / "BTC_USDT_USDT-1h-futures.csv.gz",
        quote=quote,
        mark=folder / "perp" / "BTC_USDT_USDT-1h-mark.csv.gz",
        funding=folder / "perp" / "BTC_USDT_USDT-funding_rate.csv.gz",
        **span,
    )
    return Recording.open([out / "spot", out / "perp"])
