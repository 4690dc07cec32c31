"""Contracts made up from their symbols."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_SECOND, Currency, InstrumentId, symbol_of

_SYMBOL: Final = re.compile(
    r"(?P<base>\w+)/(?P<quote>\w+)(:(?P<settle>\w+)"
    r"(-(?P<expiry>\d{6})(-(?P<strike>[\d.]+)-(?P<call>[CP]))?)?)?"
)


def listing(instrument: str, **terms: Any) -> Instrument:
    """A contract made up from its symbol: a grid of 0.01, a lot of 1e-8; `terms` are its fields.

    `venue:BTC/USDT` is spot, `venue:BTC/USDT:USDT` a perpetual, `...:USDT-261225` a future,
    `...-100000-C` an option; one that settles in its base is inverse, except an option.
    """
    found = _SYMBOL.fullmatch(symbol_of(InstrumentId(instrument)))
    if found is None:
        raise ValueError(f"instrument: got {instrument!r}, expected venue:BASE/QUOTE[:SETTLE...]")
    base, quote, settle = (found[part] or found["quote"] for part in ("base", "quote", "settle"))
    kind = Kind.SPOT if found["settle"] is None else Kind.PERPETUAL
    if found["expiry"]:
        expiry = datetime.strptime(found["expiry"], "%y%m%d").replace(hour=8, tzinfo=UTC)
        terms = {"expiry_ns": int(expiry.timestamp()) * NS_PER_SECOND, **terms}
        kind = Kind.FUTURE
    if found["strike"]:
        terms = {"strike": Decimal(found["strike"]), "call": found["call"] == "C", **terms}
        kind = Kind.OPTION
    made_up: dict[str, Any] = {
        "grid": PriceGrid(Decimal("0.01")),
        "lot": Decimal("1e-8"),
        "inverse": kind is not Kind.OPTION and settle == base,
        **terms,
    }
    coins = Currency(base), Currency(quote), Currency(settle)
    return Instrument(InstrumentId(instrument), kind, *coins, **made_up)
