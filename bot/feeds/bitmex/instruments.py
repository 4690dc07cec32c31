"""BitMEX's contracts as instruments, from the answer of `instrument/active`."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct, field

from bot.errors import DataError
from bot.feeds.bitmex.times import milliseconds, span_ns
from bot.feeds.reading import read_answer
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_MS, NS_PER_SECOND, Currency, InstrumentId

VENUE: Final = "bitmex"

_KINDS: Final = {"FFWCSX": Kind.PERPETUAL, "FFCCSX": Kind.FUTURE}
_SETTLES: Final = {"XBt": ("BTC", 10**8), "USDt": ("USDT", 10**6)}
"""Settlement currencies by the name of their smallest unit, and how many of it make one."""
_MONTHS: Final = "FGHJKMNQUVXZ"


class Listing(Struct):
    """One contract. multiplier: its worth in the smallest unit of `settle` at a price of 1."""

    symbol: str
    kind: str = field(name="typ")
    state: str
    base: str = field(name="underlying")
    quote: str = field(name="quoteCurrency")
    lot: Decimal | None = field(name="lotSize", default=None)
    tick: Decimal | None = field(name="tickSize", default=None)
    multiplier: Decimal | None = None
    settle: str = field(name="settlCurrency", default="")
    inverse: bool = field(name="isInverse", default=False)
    quanto: bool = field(name="isQuanto", default=False)
    expiry: str | None = None
    interval: str | None = field(name="fundingInterval", default=None)


_answer = msgspec.json.Decoder(list[Listing])


def instruments(body: bytes) -> dict[str, Instrument]:
    """The perpetuals and futures that an answer describes in full, by BitMEX's own symbol.

    A quanto contract (it settles in a third coin: neither base nor quote) is listed so that its
    market can be read, and inactive so that nobody trades it: its worth is `contract_size` of the
    settlement coin for each unit of the price, which no formula of ours says.
    """
    listings = read_answer(_answer, body, "bitmex instruments")
    made = {one.symbol: _instrument(one) for one in listings}
    return {
        symbol: one
        for symbol, one in made.items()
        if one is not None and native_symbol(one) == symbol
    }


def native_symbol(instrument: Instrument) -> str:
    """An instrument's symbol as BitMEX writes it: `XBTUSD`, `XBTU21`, `ETHUSDU21`, `ETHU21`."""
    base, quote = _theirs(instrument.base), _theirs(instrument.quote)
    if instrument.expiry_ns is None:
        return base + quote
    day = datetime.fromtimestamp(instrument.expiry_ns // NS_PER_SECOND, UTC)
    implied = quote == "XBT" or (base, quote) == ("XBT", "USD")
    return f"{base}{'' if implied else quote}{_MONTHS[day.month - 1]}{day.year % 100:02}"


def _instrument(listing: Listing) -> Instrument | None:
    kind = _KINDS.get(listing.kind)
    settle, smallest = _SETTLES.get(listing.settle, ("", 1))
    tick, lot, multiplier = listing.tick, listing.lot, listing.multiplier
    if kind is None or not settle or not tick or not lot or not multiplier:
        return None
    if tick < 0 or lot < 0:
        return None
    base, quote = _ours(listing.base), _ours(listing.quote)
    symbol = f"{base}/{quote}:{settle}"
    expiry_ns: int | None = None
    try:
        interval_ns = span_ns(listing.interval, listing.symbol)
        if kind is Kind.FUTURE:
            expiry_ns = milliseconds(listing.expiry or "", listing.symbol) * NS_PER_MS
            day = datetime.fromtimestamp(expiry_ns // NS_PER_SECOND, UTC)
            symbol += f"-{day.strftime('%y%m%d')}"
    except DataError:
        return None
    return Instrument(
        id=InstrumentId(f"{VENUE}:{symbol}"),
        kind=kind,
        base=Currency(base),
        quote=Currency(quote),
        settle=Currency(settle),
        grid=PriceGrid(tick.normalize() + 0),
        lot=lot.normalize() + 0,
        contract_size=(abs(multiplier) / smallest).normalize() + 0,
        inverse=listing.inverse,
        expiry_ns=expiry_ns,
        funding_interval_ns=interval_ns if kind is Kind.PERPETUAL else None,
        active=listing.state == "Open" and not listing.quanto,
    )


def _ours(code: str) -> str:
    return "BTC" if code == "XBT" else code


def _theirs(code: str) -> str:
    return "XBT" if code == "BTC" else code
