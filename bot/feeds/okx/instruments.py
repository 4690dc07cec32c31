"""OKX's contracts as instruments, from the answer of `public/instruments`."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct, field

from bot.feeds.reading import Milliseconds, read_answer
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_MS, NS_PER_SECOND, Currency, InstrumentId

VENUE: Final = "okx"

_KINDS: Final = {
    "SPOT": Kind.SPOT,
    "SWAP": Kind.PERPETUAL,
    "FUTURES": Kind.FUTURE,
    "OPTION": Kind.OPTION,
}


class Listing(Struct):
    """One instrument; what does not concern its kind is empty text.

    value, multiplier, value_currency: of one contract, in the currency that is named. family:
    the index, `BTC-USD`.
    """

    symbol: str = field(name="instId")
    kind: str = field(name="instType")
    tick: str = field(name="tickSz")
    lot: str = field(name="lotSz")
    size_min: str = field(name="minSz")
    state: str
    base: str = field(name="baseCcy", default="")
    quote: str = field(name="quoteCcy", default="")
    settle: str = field(name="settleCcy", default="")
    family: str = field(name="uly", default="")
    contract: str = field(name="ctType", default="")
    value: str = field(name="ctVal", default="")
    multiplier: str = field(name="ctMult", default="")
    value_currency: str = field(name="ctValCcy", default="")
    expiry_ms: Milliseconds | str = field(name="expTime", default="")
    strike: str = field(name="stk", default="")
    right: str = field(name="optType", default="")


class Answer(Struct):
    """An answer of the API."""

    data: list[Listing]


_answer = msgspec.json.Decoder(Answer)


def instruments(body: bytes) -> dict[str, Instrument]:
    """Every instrument that an answer describes in full, by OKX's own symbol.

    Kinds that we do not know and listings without a tick or a lot (not yet priced) are not among
    them. The interval of funding is not in this answer: the funding-rate channel tells it.
    """
    listings = read_answer(_answer, body, "okx instruments").data
    made = {one.symbol: _instrument(one) for one in listings}
    return {symbol: one for symbol, one in made.items() if one is not None}


def native_symbol(instrument: Instrument) -> str:
    """An instrument's symbol as OKX writes it: `BTC-USDT-SWAP`, `BTC-USD-220527`."""
    pair, _, contract = instrument.symbol.partition(":")
    base_quote = pair.replace("/", "-")
    if instrument.kind is Kind.SPOT:
        return base_quote
    if instrument.kind is Kind.PERPETUAL:
        return f"{base_quote}-SWAP"
    return f"{base_quote}-{contract.partition('-')[2]}"


def _instrument(listing: Listing) -> Instrument | None:
    kind = _KINDS.get(listing.kind)
    tick, lot, size_min = (_number(t) for t in (listing.tick, listing.lot, listing.size_min))
    if kind is None or tick is None or lot is None:
        return None
    base, _, quote = listing.family.partition("-")
    if kind is Kind.SPOT:
        base, quote = listing.base, listing.quote
    value, multiplier = _number(listing.value), _number(listing.multiplier or "1")
    inverse = listing.contract == "inverse"
    if kind is not Kind.SPOT and (
        value is None
        or multiplier is None
        or not listing.settle
        # Its worth is told in a currency that neither formula below holds for.
        or listing.value_currency != (quote if inverse else base)
    ):
        return None
    symbol = f"{base}/{quote}" + (f":{listing.settle}" if kind is not Kind.SPOT else "")
    expiry_ns = int(listing.expiry_ms) * NS_PER_MS if listing.expiry_ms else None
    if kind in (Kind.FUTURE, Kind.OPTION):
        if expiry_ns is None:
            return None
        symbol += f"-{_day(expiry_ns)}"
    if kind is Kind.OPTION:
        symbol += f"-{listing.strike}-{listing.right}"
        # The price of an option is in the coin that settles it, whatever its strike is in.
        quote = listing.settle
    return Instrument(
        id=InstrumentId(f"{VENUE}:{symbol}"),
        kind=kind,
        base=Currency(base),
        quote=Currency(quote),
        settle=Currency(listing.settle or quote),
        grid=PriceGrid(tick),
        lot=lot,
        contract_size=(value or Decimal(1)) * (multiplier or Decimal(1)),
        inverse=inverse,
        size_min=max(1, int((size_min or lot) / lot)),
        expiry_ns=expiry_ns if kind in (Kind.FUTURE, Kind.OPTION) else None,
        strike=_number(listing.strike) if kind is Kind.OPTION else None,
        call=listing.right == "C" if kind is Kind.OPTION else None,
        active=listing.state == "live",
    )


def _number(text: str) -> Decimal | None:
    """A decimal > 0 without the zeros at its end, None when it is anything else."""
    digits = text.replace(".", "", 1)
    if not (digits.isdigit() and digits.isascii()) or not digits.strip("0"):
        return None
    return Decimal(text).normalize() + 0


def _day(ns: int) -> str:
    """`220527`: the day of an expiry as OKX and ccxt write it."""
    return datetime.fromtimestamp(ns // NS_PER_SECOND, UTC).strftime("%y%m%d")
