"""The symbols of one market: their names, how their numbers are written, and their filters."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from bot.model.instrument import Kind
from bot.model.units import InstrumentId
from bot.venues.server.binance import errors
from bot.venues.server.binance.params import Params
from bot.venues.server.numbers import fixed, places_of
from bot.venues.simulated.listing import Listing

SPOT_PLACES: Final = 8
ONBOARD_MS: Final = 1_569_398_400_000
NEVER_MS: Final = 4_133_404_800_000
"""The delivery date of what is never delivered."""
USDM_TYPES: Final = (
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
)
SPOT_TYPES: Final = ("LIMIT", "LIMIT_MAKER", "MARKET")


class Symbol:
    """One of them. price_places, size_places: how many digits its numbers are written with."""

    def __init__(self, listing: Listing, price_places: int, size_places: int) -> None:
        instrument = listing.instrument
        self.listing = listing
        self.instrument = instrument
        self.name = f"{instrument.base}{instrument.quote}"
        self.id: InstrumentId = instrument.id
        self.price_places = price_places
        self.size_places = size_places
        self._tick, self._lot = instrument.grid.tick, instrument.lot

    def price(self, ticks: int | None) -> str:
        """A price; none is written as 0."""
        return f"{self._tick * (ticks or 0):.{self.price_places}f}"

    def size(self, lots: int) -> str:
        """An amount."""
        return f"{self._lot * lots:.{self.size_places}f}"

    def worth(self, price: int, lots: int) -> Decimal:
        """What so many lots are worth in quote."""
        return self.instrument.notional(lots, self.instrument.price(price))

    def levels(self, side: list[tuple[int, int]]) -> list[tuple[str, str]]:
        """Levels of a book."""
        return [(self.price(price), self.size(lots)) for price, lots in side]


class Symbols:
    """Every symbol of a market, by name and by instrument."""

    def __init__(self, listings: Mapping[InstrumentId, Listing], *, spot: bool) -> None:
        self.by_name: dict[str, Symbol] = {}
        self.by_id: dict[InstrumentId, Symbol] = {}
        self.spot = spot
        for name in sorted(listings):
            listing = listings[name]
            if (listing.instrument.kind is Kind.SPOT) is not spot or listing.instrument.inverse:
                continue
            tick, lot = listing.instrument.grid.tick, listing.instrument.lot
            made = (
                Symbol(listing, SPOT_PLACES, SPOT_PLACES)
                if spot
                else Symbol(listing, max(2, places_of(tick)), places_of(lot))
            )
            assert made.name not in self.by_name, f"{made.name}: listed twice"
            self.by_name[made.name] = made
            self.by_id[name] = made

    def need(self, params: Params) -> Symbol:
        """The symbol that a request must name."""
        found = self.by_name.get(params.need("symbol"))
        if found is None:
            raise errors.bad_symbol()
        return found

    def maybe(self, params: Params) -> Symbol | None:
        """The symbol that a request may name."""
        return self.need(params) if params.text("symbol") is not None else None


def spot_symbol(symbol: Symbol) -> dict[str, Any]:
    """A symbol as spot's exchangeInfo lists it."""
    instrument = symbol.instrument
    return {
        "symbol": symbol.name,
        "status": "TRADING" if instrument.active else "BREAK",
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": instrument.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": SPOT_TYPES,
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": False,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _spot_filters(symbol),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def _spot_filters(symbol: Symbol) -> list[dict[str, Any]]:
    instrument, rules = symbol.instrument, symbol.listing.rules
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": symbol.price(rules.price_min or 1),
            "maxPrice": symbol.price(rules.price_max),
            "tickSize": symbol.price(1),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": symbol.size(instrument.size_min),
            "maxQty": symbol.size(rules.size_max or 0),
            "stepSize": symbol.size(rules.size_step),
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": symbol.size(0),
            "maxQty": symbol.size(rules.market_size_max or 0),
            "stepSize": symbol.size(0),
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": str(rules.band_up),
            "bidMultiplierDown": str(rules.band_down),
            "askMultiplierUp": str(rules.band_up),
            "askMultiplierDown": str(rules.band_down),
            "avgPriceMins": 0,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": fixed(instrument.notional_min or Decimal(0), SPOT_PLACES),
            "applyMinToMarket": True,
            "maxNotional": fixed(rules.notional_max or Decimal(0), SPOT_PLACES),
            "applyMaxToMarket": True,
            "avgPriceMins": 0,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": rules.orders_max},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": rules.triggers_max},
    ]


def usdm_symbol(symbol: Symbol) -> dict[str, Any]:
    """A symbol as USD-M's exchangeInfo lists it."""
    instrument, rules = symbol.instrument, symbol.listing.rules
    plain = f"{instrument.grid.tick:f}"
    lot = f"{instrument.lot:f}"
    size_max = symbol.size(rules.size_max or 0)
    return {
        "symbol": symbol.name,
        "pair": symbol.name,
        "contractType": "PERPETUAL",
        "deliveryDate": NEVER_MS,
        "onboardDate": ONBOARD_MS,
        "status": "TRADING" if instrument.active else "SETTLING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": instrument.base,
        "quoteAsset": instrument.quote,
        "marginAsset": instrument.settle,
        "pricePrecision": symbol.price_places,
        "quantityPrecision": symbol.size_places,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": str(rules.market_band),
        "maxMoveOrderLimit": 10_000,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": symbol.price(rules.price_min or 1),
                "maxPrice": symbol.price(rules.price_max),
                "tickSize": plain,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": symbol.size(instrument.size_min),
                "maxQty": size_max,
                "stepSize": lot,
            },
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": symbol.size(instrument.size_min),
                "maxQty": symbol.size(rules.market_size_max or 0),
                "stepSize": lot,
            },
            {"filterType": "MAX_NUM_ORDERS", "limit": rules.orders_max},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": rules.triggers_max},
            {"filterType": "MIN_NOTIONAL", "notional": f"{instrument.notional_min:f}"},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": fixed(rules.band_up or Decimal(0), 4),
                "multiplierDown": fixed(rules.band_down or Decimal(0), 4),
                "multiplierDecimal": "4",
            },
            {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
        ],
        "orderTypes": USDM_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY"],
    }
