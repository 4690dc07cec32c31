"""Binance's contracts as instruments: from exchangeInfo, or stated for a capture without it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TypeVar

import msgspec
from msgspec import Struct, field

from bot.errors import DataError, UsageError, quoted
from bot.feeds.binance import wire
from bot.feeds.grid import ODD_PRICES_SHARE, ODD_SIZES_SHARE
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_HOUR, NS_PER_MS, NS_PER_SECOND, Currency, InstrumentId

SPOT: Final = "binance"
USDM: Final = "binanceusdm"
COINM: Final = "binancecoinm"
VENUES: Final = (SPOT, USDM, COINM)

_EXPIRY_HOUR: Final = 8  # dated contracts are delivered at 08:00 UTC
_FUNDING_HOURS: Final = 8  # of perpetuals that fundingInfo does not list


class Filter(Struct):
    """One trading rule of a symbol; each kind fills its own fields."""

    kind: str = field(name="filterType")
    tick: Decimal = field(name="tickSize", default=Decimal(0))
    lot: Decimal = field(name="stepSize", default=Decimal(0))
    size_min: Decimal = field(name="minQty", default=Decimal(0))
    notional: Decimal | None = None
    notional_min: Decimal | None = field(name="minNotional", default=None)


class Listing(Struct):
    """A symbol of exchangeInfo; spot leaves the contract fields out."""

    symbol: str
    base: Currency = field(name="baseAsset")
    quote: Currency = field(name="quoteAsset")
    filters: list[Filter]
    margin: Currency | None = field(name="marginAsset", default=None)
    contract_type: str = field(name="contractType", default="")
    contract_size: Decimal = field(name="contractSize", default=Decimal(1))
    delivery_ms: int = field(name="deliveryDate", default=0)
    status: str = ""
    contract_status: str = field(name="contractStatus", default="")


class ExchangeInfo(Struct):
    """The part of the answer that lists symbols."""

    symbols: list[Listing]


class FundingTerms(Struct):
    """How often a perpetual with terms of its own settles funding."""

    symbol: str
    hours: int = field(name="fundingIntervalHours")


_Answer = TypeVar("_Answer")

_exchange_info = msgspec.json.Decoder(ExchangeInfo, strict=False)
_funding_info = msgspec.json.Decoder(list[FundingTerms] | None)


def instruments(
    venue: str, exchange_info: bytes, funding_ns: Mapping[str, int] | None = None
) -> dict[str, Instrument]:
    """Every instrument that an exchangeInfo answer describes in full, by Binance's own symbol.

    funding_ns: `funding_intervals` of the venue; without it the intervals stay unknown. Symbols
    without a tick and a lot, and kinds of contracts that we do not know, are not among them.
    """
    listings = _read(_exchange_info, exchange_info, f"{venue} exchangeInfo").symbols
    made = (_instrument(_venue(venue), listing, funding_ns) for listing in listings)
    return {listing.symbol: one for listing, one in zip(listings, made, strict=True) if one}


def funding_intervals(funding_info: bytes) -> dict[str, int]:
    """Funding intervals of the perpetuals that a fundingInfo answer lists; the rest have 8 h."""
    terms = _read(_funding_info, funding_info, "binance fundingInfo") or []
    return {one.symbol: one.hours * NS_PER_HOUR for one in terms}


def stated_instrument(
    venue: str,
    symbol: str,
    *,
    tick: Decimal,
    lot: Decimal,
    contract_size: Decimal | None = None,
) -> Instrument:
    """The instrument of a capture without exchangeInfo: what cannot be known must be stated.

    symbol: ccxt's, as `BTC/USDT`, `BTC/USDT:USDT`, `BTC/USD:BTC`, `BTC/USD:BTC-241227`.
    contract_size: needed for COIN-M, where it is 100 USD for BTC and 10 for the others.
    Raises UsageError when the symbol is none of the venue's, or a step is no number > 0.
    """
    for name, step in (("tick", tick), ("lot", lot), ("contract size", contract_size)):
        if step is not None and not (step.is_finite() and step > 0):
            raise UsageError(f"{venue}:{symbol} {name}", str(step), "a number > 0", "state it")
    pair, _, contract = symbol.partition(":")
    base, _, quote = pair.partition("/")
    settle, _, expiry = contract.partition("-")
    expected_settle = {SPOT: "", USDM: quote, COINM: base}[_venue(venue)]
    if not (base and quote and settle == expected_settle and (settle or not expiry)):
        raise UsageError(
            f"{venue} symbol",
            quoted(symbol),
            {SPOT: "BTC/USDT", USDM: "BTC/USDT:USDT", COINM: "BTC/USD:BTC"}[venue] + " or the like",
            "write the unified symbol of a market that this venue has",
        )
    if venue == COINM and contract_size is None:
        raise UsageError(
            f"{venue}:{symbol} contract size", "nothing", "quote a contract", "state it, 100 or 10"
        )
    return Instrument(
        id=InstrumentId(f"{venue}:{symbol}"),
        kind=Kind.SPOT if venue == SPOT else Kind.FUTURE if expiry else Kind.PERPETUAL,
        base=Currency(base),
        quote=Currency(quote),
        settle=Currency(settle or quote),
        grid=PriceGrid(tick),
        lot=lot,
        contract_size=contract_size or Decimal(1),
        inverse=venue == COINM,
        expiry_ns=_delivered_ns(expiry) if expiry else None,
    )


def grid_from_snapshot(snapshot: bytes) -> tuple[Decimal, Decimal]:
    """The tick and lot that a REST depth snapshot is written on: its finest decimals.

    Trailing zeros do not count (futures pad prices, spot pads everything to eight places), nor
    do the few orders older than the grid that a decoder tolerates. More values off this grid
    are refused when they are decoded, so that a wrong reading cannot pass.
    """
    book = _read(wire.depth_snapshot, snapshot, "binance depth snapshot")
    levels = book.bids + book.asks
    if not levels:
        raise DataError(
            "binance depth snapshot", "no levels", "at least one", "state the tick and the lot"
        )
    return (
        _finest([price for price, _ in levels], ODD_PRICES_SHARE),
        _finest([size for _, size in levels], ODD_SIZES_SHARE),
    )


def native_symbol(instrument: Instrument) -> str:
    """An instrument's symbol as Binance writes it: `BTCUSDT`, `BTCUSD_PERP`, `BTCUSD_241227`."""
    expiry = instrument.symbol.partition("-")[2]
    pair = instrument.base + instrument.quote
    if expiry:
        return f"{pair}_{expiry}"
    return f"{pair}_PERP" if instrument.venue == COINM else pair


def _instrument(
    venue: str, listing: Listing, funding_ns: Mapping[str, int] | None
) -> Instrument | None:
    rules = {one.kind: one for one in listing.filters}
    price, size = rules.get("PRICE_FILTER"), rules.get("LOT_SIZE")
    kind = Kind.SPOT if venue == SPOT else _kind(listing.contract_type)
    if kind is None or price is None or size is None or not (price.tick > 0 and size.lot > 0):
        return None
    settle = listing.margin or listing.quote
    symbol = f"{listing.base}/{listing.quote}" + (f":{settle}" if venue != SPOT else "")
    if kind is Kind.FUTURE:
        symbol += f"-{listing.symbol.rpartition('_')[2]}"
    notional = rules.get("NOTIONAL") or rules.get("MIN_NOTIONAL")
    funding = None
    if kind is Kind.PERPETUAL and funding_ns is not None:
        funding = funding_ns.get(listing.symbol, _FUNDING_HOURS * NS_PER_HOUR)
    return Instrument(
        id=InstrumentId(f"{venue}:{symbol}"),
        kind=kind,
        base=listing.base,
        quote=listing.quote,
        settle=settle,
        grid=PriceGrid(price.tick.normalize()),
        lot=size.lot.normalize(),
        contract_size=listing.contract_size,
        inverse=venue == COINM,
        size_min=max(1, int(size.size_min / size.lot)),
        notional_min=(notional.notional or notional.notional_min) if notional else None,
        expiry_ns=listing.delivery_ms * NS_PER_MS if kind is Kind.FUTURE else None,
        funding_interval_ns=funding,
        active=(listing.contract_status or listing.status) == "TRADING",
    )


def _kind(contract_type: str) -> Kind | None:
    """`PERPETUAL`, `TRADIFI_PERPETUAL`, `PERPETUAL DELIVERING`; `CURRENT_QUARTER` and its like."""
    if "PERPETUAL" in contract_type:
        return Kind.PERPETUAL
    if "QUARTER" in contract_type or "MONTH" in contract_type:
        return Kind.FUTURE
    return None


def _finest(texts: list[str], odd_share: int) -> Decimal:
    """The step that all texts lie on but for one in so many."""
    decimals = sorted(len(text.partition(".")[2].rstrip("0")) for text in texts)
    return Decimal(1).scaleb(-decimals[-1 - len(texts) // odd_share])


def _delivered_ns(expiry: str) -> int:
    try:
        day = datetime.strptime(expiry, "%y%m%d").replace(tzinfo=UTC, hour=_EXPIRY_HOUR)
    except ValueError as error:
        raise UsageError(
            "binance symbol", quoted(expiry), "an expiry as YYMMDD", "write it as the venue does"
        ) from error
    return int(day.timestamp()) * NS_PER_SECOND


def _venue(venue: str) -> str:
    if venue not in VENUES:
        raise UsageError("venue", quoted(venue), " | ".join(VENUES), "name one of these")
    return venue


def _read(reader: msgspec.json.Decoder[_Answer], body: bytes, where: str) -> _Answer:
    try:
        return reader.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(
            where,
            body[:80].decode(errors="replace") or "nothing",
            f"the answer as Binance sends it ({error})",
            "fetch it again",
        ) from error
