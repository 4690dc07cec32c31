"""Units as types: what a number counts, so that the type checker refuses a mix.

Prices and sizes on the tape are `int` ticks and lots; strategies and signals speak `float`
in the units below; money in the ledger is `Decimal`. Time is `int` nanoseconds since the
epoch, UTC.
"""

from typing import Final, NewType

InstrumentId = NewType("InstrumentId", str)
"""`venue:symbol` with ccxt's unified symbol: `binanceusdm:BTC/USDT:USDT`."""

AccountId = NewType("AccountId", str)
"""A balance at one venue, named by the configuration."""

StrategyName = NewType("StrategyName", str)
"""A configured strategy; `EXTERNAL` owns what no strategy of ours did."""

Currency = NewType("Currency", str)
"""An asset code: `BTC`, `USDT`."""

Base = NewType("Base", float)
"""An amount of the base coin."""

Quote = NewType("Quote", float)
"""An amount of the quote currency."""

Contracts = NewType("Contracts", float)
"""A number of contracts."""

Bps = NewType("Bps", float)
"""Hundredths of a percent."""

Hours = NewType("Hours", float)
"""A span of time in hours."""

EXTERNAL: Final = StrategyName("EXTERNAL")

NS_PER_US: Final = 1_000
NS_PER_MS: Final = 1_000_000
NS_PER_SECOND: Final = 1_000_000_000
NS_PER_HOUR: Final = 3_600 * NS_PER_SECOND


def venue_of(instrument: InstrumentId) -> str:
    """The venue that lists an instrument: the part before the first colon."""
    return instrument.partition(":")[0]


def symbol_of(instrument: InstrumentId) -> str:
    """The unified symbol of an instrument: the part after the first colon."""
    return instrument.partition(":")[2]
