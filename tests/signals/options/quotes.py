"""A made-up chain: options listed at one venue, and tickers that quote a smile."""

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import Currency, InstrumentId
from bot.signals.options.black76 import NS_A_YEAR, greeks
from bot.signals.options.chain_book import ChainBook
from bot.signals.options.svi import Svi
from bot.tape.tickers import TickerBuilder, Tickers

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
T0 = 1_769_932_800_000_000_000
"""2026-02-01 08:00 UTC."""
CHAIN = "deribit:BTC/USD:BTC"
EXPIRIES = {"260208": 7, "260303": 30, "260502": 90}
"""By how ids spell them: days from T0."""
STRIKES = (40_000, 48_000, 54_000, 57_000, 60_000, 63_000, 66_000, 72_000, 80_000, 95_000)
FORWARD = 60_000.0
TICK = Decimal("0.0000001")
"""Finer than a venue's, so that quotes tell the smile they were made of."""


def smile_of(days: float) -> Svi:
    """Half its variance grows with time, so no calendar is free."""
    years = days / 365
    return Svi(0.12 * years, 0.12 * math.sqrt(years), -0.25, 0.02, 0.5 * math.sqrt(years))


def option(expiry: str, strike: int, side: str, **changed: object) -> Instrument:
    linear = changed.pop("linear", False)
    settle = "USDC" if linear else "BTC"
    quote = "USDC" if linear else "USD"
    known: dict[str, object] = {
        "id": InstrumentId(f"deribit:BTC/{quote}:{settle}-{expiry}-{strike}-{side}"),
        "kind": Kind.OPTION,
        "base": Currency("BTC"),
        "quote": Currency(settle),
        "settle": Currency(settle),
        "grid": PriceGrid(Decimal("0.01") if linear else TICK),
        "lot": Decimal("0.1"),
        "expiry_ns": T0 + EXPIRIES[expiry] * DAY,
        "strike": Decimal(strike),
        "call": side == "C",
    }
    return Instrument(**{**known, **changed})  # type: ignore[arg-type]


def listed(
    expiries: Sequence[str] = tuple(EXPIRIES), strikes: Sequence[int] = STRIKES, **changed: object
) -> list[Instrument]:
    return [
        option(expiry, strike, side, **changed)
        for expiry in expiries
        for strike in strikes
        for side in "CP"
    ]


def worth(one: Instrument, t: int, iv: float | None = None) -> tuple[float, float]:
    """Value in quote on the made-up smile, and the volatility it has there."""
    days = (one.expiry_ns - T0) / DAY
    k = math.log(float(one.strike) / FORWARD)
    years = (one.expiry_ns - t) / NS_A_YEAR
    sigma = iv if iv is not None else float(smile_of(days).volatility(k, days / 365))
    value = greeks(one.call, FORWARD, float(one.strike), years, sigma).value[0]
    return float(value), sigma


def row_of(one: Instrument, t: int, **changed: object) -> dict[str, object]:
    """The ticker of an option on the smile, quoted 4 % wide."""
    value, sigma = worth(one, t)
    price = value / FORWARD if one.settle == one.base else value
    ticks = price / float(one.grid.tick)
    return {
        "bid": int(ticks * 0.98),
        "ask": math.ceil(ticks * 1.02) + 1,
        "bid_size": 10,
        "ask_size": 10,
        "mark": price,
        "mark_iv": sigma,
        "underlying": FORWARD,
        "open_interest": 100.0,
        **changed,
    }


def tickers_of(
    options: Sequence[Instrument], rows: Sequence[tuple[int, int, dict[str, object]]]
) -> Tickers:
    """Rows of (time, option, fields) as a block."""
    builder = TickerBuilder(tuple(one.id for one in options), 4)
    for t, at, said in rows:
        builder.add(t, t, at, **said)  # type: ignore[arg-type]
    return builder.take()


def quoted(options: Sequence[Instrument], t: int, **changed: object) -> Tickers:
    """Every option quoted once, at one time."""
    return tickers_of(options, [(t, i, row_of(one, t, **changed)) for i, one in enumerate(options)])


def book_of(options: Sequence[Instrument], *blocks: Tickers, **settings: int) -> ChainBook:
    book = ChainBook(options, **settings)
    for block in blocks:
        book.take(block)
    return book


def row(chain, expiry: str, strike: int, side: str) -> int:
    """Where an option stands in a chain."""
    ends = f"-{expiry}-{strike}-{side}"
    return next(i for i, name in enumerate(chain.ids) if name.endswith(ends))


def same(one, other) -> bool:
    """Whether two chains say the same to the last bit."""
    return all(
        np.array_equal(mine, getattr(other, name), equal_nan=mine.dtype == np.float64)
        if isinstance(mine := getattr(one, name), np.ndarray)
        else mine == getattr(other, name)
        for name in one.__struct_fields__
    )
