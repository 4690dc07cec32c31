"""Deribit's contracts as instruments, from the answer of `public/get_instruments`."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct, field

from bot.feeds.reading import read_answer
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_HOUR, NS_PER_MS, NS_PER_SECOND, Currency, InstrumentId

VENUE: Final = "deribit"

_FUNDING_NS: Final = 8 * NS_PER_HOUR
_KINDS: Final = {"spot": Kind.SPOT, "future": Kind.FUTURE, "option": Kind.OPTION}
_EXPIRY_MS_MAX: Final = 9_000_000_000_000  # perpetuals say the year 3000, others must fit 64 bits
_STABLE: Final = ("USDC", "USDT")


class TickStep(Struct):
    """From a price on, prices are multiples of a coarser tick."""

    above: Decimal = field(name="above_price")
    tick: Decimal = field(name="tick_size")


class Listing(Struct):
    """One instrument; older answers lack the settlement and the type of a future."""

    symbol: str = field(name="instrument_name")
    kind: str
    base: str = field(name="base_currency")
    quote: str = field(name="quote_currency")
    tick: Decimal = field(name="tick_size")
    lot: Decimal = field(name="min_trade_amount")
    active: bool = field(name="is_active")
    expiry_ms: int = field(name="expiration_timestamp", default=0)
    contract: Decimal = field(name="contract_size", default=Decimal(1))
    steps: list[TickStep] = field(name="tick_size_steps", default_factory=list)
    period: str = field(name="settlement_period", default="")
    settle: str | None = field(name="settlement_currency", default=None)
    counter: str | None = field(name="counter_currency", default=None)
    future_type: str | None = None
    strike: Decimal | None = None
    right: str | None = field(name="option_type", default=None)


class Answer(Struct):
    """An answer of the API."""

    result: list[Listing]


_answer = msgspec.json.Decoder(Answer)


def instruments(body: bytes) -> dict[str, Instrument]:
    """Every instrument that an answer describes, by Deribit's own symbol; no combinations."""
    listings = read_answer(_answer, body, "deribit instruments").result
    made = {one.symbol: _instrument(one) for one in listings}
    return {symbol: one for symbol, one in made.items() if one is not None}


def native_symbol(instrument: Instrument) -> str:
    """An instrument's symbol as Deribit writes it: `BTC-PERPETUAL`, `BTC-24SEP21-40000-P`."""
    linear = instrument.settle in _STABLE
    if instrument.kind is Kind.SPOT:
        return f"{instrument.base}_{instrument.quote}"
    pair = f"{instrument.base}_{instrument.settle}" if linear else instrument.base
    if instrument.kind is Kind.PERPETUAL:
        return f"{pair}-PERPETUAL"
    assert instrument.expiry_ns is not None, "a dated contract has an expiry"
    day = datetime.fromtimestamp(instrument.expiry_ns // NS_PER_SECOND, UTC)
    name = f"{pair}-{day.day}{day.strftime('%b%y').upper()}"
    if instrument.kind is Kind.FUTURE:
        return name
    strike = f"{instrument.strike:f}".replace(".", "d")
    return f"{name}-{strike}-{'C' if instrument.call else 'P'}"


def _instrument(listing: Listing) -> Instrument | None:
    kind = _KINDS.get(listing.kind)
    if kind is None or listing.tick <= 0 or listing.lot <= 0:
        return None
    if kind is Kind.FUTURE and listing.period == "perpetual":
        kind = Kind.PERPETUAL
    linear = (listing.settle or listing.quote) in _STABLE
    settle = listing.settle or (listing.quote if linear else listing.base)
    inverse = kind in (Kind.FUTURE, Kind.PERPETUAL) and not linear
    # An option's strike, and its symbol, are in what the index is quoted in; its price is not.
    against = "USD" if kind is Kind.OPTION and not linear else listing.quote
    symbol = f"{listing.base}/{against}" + ("" if kind is Kind.SPOT else f":{settle}")
    dated = kind in (Kind.FUTURE, Kind.OPTION)
    if dated and not 0 < listing.expiry_ms <= _EXPIRY_MS_MAX:
        return None
    expiry_ns = listing.expiry_ms * NS_PER_MS
    if dated:
        day = datetime.fromtimestamp(expiry_ns // NS_PER_SECOND, UTC)
        symbol += f"-{day.strftime('%y%m%d')}"
    strike = _plain(listing.strike) if kind is Kind.OPTION and listing.strike else None
    if kind is Kind.OPTION:
        if strike is None or listing.right not in ("call", "put"):
            return None
        symbol += f"-{strike:f}-{'C' if listing.right == 'call' else 'P'}"
    return Instrument(
        id=InstrumentId(f"{VENUE}:{symbol}"),
        kind=kind,
        base=Currency(listing.base),
        quote=Currency(listing.quote),
        settle=Currency(settle),
        grid=_grid(listing),
        # Amounts of inverse futures are USD, in steps of a contract: a unit of amount is 1 USD.
        lot=_plain(listing.contract if inverse else listing.lot),
        contract_size=Decimal(1),
        inverse=inverse,
        size_min=max(1, int(listing.lot / listing.contract)) if inverse else 1,
        expiry_ns=expiry_ns if dated else None,
        strike=strike,
        call=listing.right == "call" if kind is Kind.OPTION else None,
        funding_interval_ns=_FUNDING_NS if kind is Kind.PERPETUAL else None,
        active=listing.active,
    )


def _grid(listing: Listing) -> PriceGrid:
    """The tick, and the coarser ones from some prices on (0.0005 BTC from 0.005 on)."""
    steps = sorted((int(one.above / listing.tick), one.tick) for one in listing.steps)
    return PriceGrid(
        _plain(listing.tick), tuple((start, int(tick / listing.tick)) for start, tick in steps)
    )


def _plain(number: Decimal) -> Decimal:
    return number.normalize() + 0
