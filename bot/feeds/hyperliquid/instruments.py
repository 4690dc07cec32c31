"""Hyperliquid's perpetuals as instruments, from the answer of `meta`."""

from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct, field

from bot.feeds.reading import read_answer
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_HOUR, Currency, InstrumentId

VENUE: Final = "hyperliquid"
FUNDING_INTERVAL_NS: Final = NS_PER_HOUR

_QUOTE: Final = Currency("USDC")
_DECIMALS_MAX: Final = 6
"""A price of a perpetual has so many decimals at most, less those of the size."""
_FIGURES: Final = 5
_NOTIONAL_MIN: Final = Decimal(10)


class Listing(Struct):
    """One perpetual; other exchanges on the same chain prefix their names: `km:US500`."""

    coin: str = field(name="name")
    size_decimals: int = field(name="szDecimals")
    delisted: bool | None = field(name="isDelisted", default=None)


class Meta(Struct):
    """The perpetuals of one exchange, and the token that they are margined in: 0 is USDC."""

    universe: list[Listing]
    collateral: int = field(name="collateralToken", default=0)


_answer = msgspec.json.Decoder(Meta)


def instruments(body: bytes) -> dict[str, Instrument]:
    """The perpetuals margined in USDC that an answer lists, by coin.

    The rules of the grid are the venue's: at most five significant figures and six decimals less
    those of the size; whole numbers always.
    """
    meta = read_answer(_answer, body, "hyperliquid meta")
    if meta.collateral:
        return {}
    return {
        one.coin: _instrument(one)
        for one in meta.universe
        if 0 <= one.size_decimals <= _DECIMALS_MAX and ":" not in one.coin
    }


def native_symbol(instrument: Instrument) -> str:
    """An instrument's coin as Hyperliquid writes it."""
    return instrument.base


def _instrument(listing: Listing) -> Instrument:
    return Instrument(
        id=InstrumentId(f"{VENUE}:{listing.coin}/{_QUOTE}:{_QUOTE}"),
        kind=Kind.PERPETUAL,
        base=Currency(listing.coin),
        quote=_QUOTE,
        settle=_QUOTE,
        grid=PriceGrid(
            Decimal(1).scaleb(listing.size_decimals - _DECIMALS_MAX), significant_figures=_FIGURES
        ),
        lot=Decimal(1).scaleb(-listing.size_decimals),
        notional_min=_NOTIONAL_MIN,
        funding_interval_ns=FUNDING_INTERVAL_NS,
        active=not listing.delisted,
    )
