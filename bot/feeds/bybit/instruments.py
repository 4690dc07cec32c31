"""Bybit's contracts as instruments, from the answer of `market/instruments-info`."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct, field

from bot.feeds.reading import read_answer
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_MS, NS_PER_SECOND, Currency, InstrumentId

VENUE: Final = "bybit"

_NS_PER_MINUTE: Final = 60 * NS_PER_SECOND
_KINDS: Final = {
    "LinearPerpetual": (Kind.PERPETUAL, False),
    "InversePerpetual": (Kind.PERPETUAL, True),
    "LinearFutures": (Kind.FUTURE, False),
    "InverseFutures": (Kind.FUTURE, True),
}
_TIME_MS_MAX: Final = 9_000_000_000_000


class PriceFilter(Struct):
    """The step of prices."""

    tick: Decimal = field(name="tickSize")


class LotFilter(Struct):
    """The step of sizes: `qtyStep`, on spot `basePrecision`."""

    step: Decimal | None = field(name="qtyStep", default=None)
    precision: Decimal | None = field(name="basePrecision", default=None)
    size_min: Decimal = field(name="minOrderQty", default=Decimal(0))
    notional_min: Decimal | None = field(name="minNotionalValue", default=None)
    amount_min: Decimal | None = field(name="minOrderAmt", default=None)


class Listing(Struct):
    """One instrument; spot has no contract type, an option a right instead."""

    symbol: str
    status: str
    base: str = field(name="baseCoin")
    quote: str = field(name="quoteCoin")
    price: PriceFilter = field(name="priceFilter")
    lot: LotFilter = field(name="lotSizeFilter")
    contract: str = field(name="contractType", default="")
    settle: str = field(name="settleCoin", default="")
    right: str = field(name="optionsType", default="")
    expiry_ms: int = field(name="deliveryTime", default=0)
    minutes: int = field(name="fundingInterval", default=0)


class Listings(Struct):
    """A page of listings."""

    list: list[Listing]


class Answer(Struct):
    """An answer of the API."""

    result: Listings


_answer = msgspec.json.Decoder(Answer, strict=False)


def instruments(body: bytes) -> dict[str, Instrument]:
    """Every instrument that an answer describes in full, by Bybit's own symbol."""
    listings = read_answer(_answer, body, "bybit instruments").result.list
    made = {one.symbol: _instrument(one) for one in listings}
    return {
        symbol: one
        for symbol, one in made.items()
        if one is not None and native_symbol(one) == symbol
    }


def native_symbol(instrument: Instrument) -> str:
    """An instrument's symbol as Bybit writes it.

    `BTCUSDT`, `BTCPERP` (USDC), `BTCUSDH25`, `BTC-28MAR25`, `ETH-26JUN26-16000-P[-USDT]`.
    """
    base, quote = instrument.base, instrument.quote
    usdc = instrument.settle == "USDC"
    if instrument.kind is Kind.SPOT:
        return base + quote
    if instrument.expiry_ns is None:
        return f"{base}PERP" if usdc else base + quote
    day = datetime.fromtimestamp(instrument.expiry_ns // NS_PER_SECOND, UTC)
    if instrument.inverse:
        return f"{base}{quote}{'FGHJKMNQUVXZ'[day.month - 1]}{day.year % 100:02}"
    dated = f"{base}-{day.day}{day.strftime('%b%y').upper()}"
    if instrument.kind is Kind.OPTION:
        dated += f"-{instrument.strike:f}-{'C' if instrument.call else 'P'}"
        return dated if usdc else f"{dated}-{instrument.settle}"
    return dated if usdc else f"{base}{quote}-{dated.partition('-')[2]}"


def _instrument(listing: Listing) -> Instrument | None:
    if listing.right:
        kind, inverse = Kind.OPTION, False
    elif listing.contract:
        known = _KINDS.get(listing.contract)
        if known is None:
            return None
        kind, inverse = known
    else:
        kind, inverse = Kind.SPOT, False
    tick, lot = listing.price.tick, listing.lot.step or listing.lot.precision
    if lot is None or not (tick > 0 and lot > 0):
        return None
    settle = listing.settle or listing.quote
    symbol = f"{listing.base}/{listing.quote}" + ("" if kind is Kind.SPOT else f":{settle}")
    dated = kind in (Kind.FUTURE, Kind.OPTION)
    strike: Decimal | None = None
    if dated:
        if not 0 < listing.expiry_ms <= _TIME_MS_MAX:
            return None
        day = datetime.fromtimestamp(listing.expiry_ms // 1000, UTC)
        symbol += f"-{day.strftime('%y%m%d')}"
    if kind is Kind.OPTION:
        parts = listing.symbol.split("-")
        if len(parts) < 4 or not parts[2].isdigit() or listing.right not in ("Call", "Put"):
            return None
        strike = Decimal(parts[2])
        symbol += f"-{strike}-{listing.right[0]}"
    return Instrument(
        id=InstrumentId(f"{VENUE}:{symbol}"),
        kind=kind,
        base=Currency(listing.base),
        quote=Currency(listing.quote),
        settle=Currency(settle),
        grid=PriceGrid(tick.normalize() + 0),
        lot=lot.normalize() + 0,
        inverse=inverse,
        size_min=max(1, int(listing.lot.size_min / lot)),
        notional_min=listing.lot.notional_min or listing.lot.amount_min,
        expiry_ns=listing.expiry_ms * NS_PER_MS if dated else None,
        strike=strike,
        call=listing.right == "Call" if kind is Kind.OPTION else None,
        funding_interval_ns=_interval_ns(listing.minutes) if kind is Kind.PERPETUAL else None,
        active=listing.status == "Trading",
    )


def _interval_ns(minutes: int) -> int | None:
    """The interval of funding, stated in minutes; None for what can be none (8 was seen)."""
    return minutes * _NS_PER_MINUTE if minutes > 0 and minutes % 60 == 0 else None
