"""Spot's account, its market data over REST, and the little of /sapi that clients need.

Source: "Account endpoints" and "Market Data endpoints" of the Spot API documentation, "Wallet"
of the SAPI one.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from bot.model.units import AccountId, Currency
from bot.venues.server.binance.aggregates import aggregates
from bot.venues.server.binance.gate import Call
from bot.venues.server.binance.limits import Limits
from bot.venues.server.binance.params import Params
from bot.venues.server.binance.symbols import Symbol, Symbols, spot_symbol
from bot.venues.server.holdings import ZERO
from bot.venues.server.listings import SPOT_FEES
from bot.venues.server.numbers import fixed
from bot.venues.server.world import World

DEPTH_MAX: Final = 5_000


def spot_depth_weight(params: Params) -> int:
    """The deeper the dearer."""
    limit = int(params.values["limit"]) if params.values.get("limit", "").isdigit() else 100
    return 5 if limit <= 100 else 25 if limit <= 500 else 50 if limit <= 1000 else 250


class SpotAccount:
    """The desk for balances and for what everybody may see."""

    def __init__(self, world: World, symbols: Symbols, limits: Limits) -> None:
        self._world = world
        self._symbols = symbols
        self._limits = limits
        self._shown = world.calendar.shown_ms

    # --- the account -------------------------------------------------------------------

    def balances(self, account: AccountId) -> dict[Currency, tuple[Decimal, Decimal]]:
        """Free and locked, of every asset that the account has or could have."""
        assets = {
            asset
            for each in self._symbols.by_name.values()
            for asset in (each.instrument.base, each.instrument.quote)
        }
        held = self._world.holdings.balances(account)
        locked: dict[Currency, Decimal] = {}
        for record in self._world.orders.open(account):
            listing = self._symbols.by_id[record.instrument].listing
            price = record.price or record.trigger_price or 0
            asset, amount = listing.locks(record.request.side, record.leaves, price)
            locked[asset] = locked.get(asset, ZERO) + amount
        return {
            asset: (
                held.get(asset, ZERO) - locked.get(asset, ZERO),
                locked.get(asset, ZERO),
            )
            for asset in sorted(assets | held.keys())
        }

    def account(self, call: Call) -> dict[str, Any]:
        """GET /api/v3/account."""
        fees = SPOT_FEES
        maker, taker = fixed(fees.maker, 8), fixed(fees.taker, 8)
        hide = call.params.flag("omitZeroBalances")
        return {
            "makerCommission": int(fees.maker * 10_000),
            "takerCommission": int(fees.taker * 10_000),
            "buyerCommission": 0,
            "sellerCommission": 0,
            "commissionRates": {
                "maker": maker,
                "taker": taker,
                "buyer": "0.00000000",
                "seller": "0.00000000",
            },
            "canTrade": True,
            "canWithdraw": True,
            "canDeposit": True,
            "brokered": False,
            "requireSelfTradePrevention": False,
            "preventSor": False,
            "updateTime": self._shown(self._world.now_ns),
            "accountType": "SPOT",
            "balances": [
                {"asset": asset, "free": fixed(free, 8), "locked": fixed(locked, 8)}
                for asset, (free, locked) in self.balances(call.member.spot).items()
                if free or locked or not hide
            ],
            "permissions": ["SPOT"],
            "uid": 1,
        }

    def commission(self, call: Call) -> dict[str, Any]:
        """GET /api/v3/account/commission."""
        symbol = self._symbols.need(call.params)
        fees = symbol.listing.fees
        none = dict.fromkeys(("maker", "taker", "buyer", "seller"), "0.00000000")
        usual = none | {"maker": fixed(fees.maker, 8), "taker": fixed(fees.taker, 8)}
        return {
            "symbol": symbol.name,
            "standardCommission": usual,
            "specialCommission": none,
            "taxCommission": none,
            "discount": {
                "enabledForAccount": False,
                "enabledForSymbol": False,
                "discountAsset": "BNB",
                "discount": "0.00000000",
            },
        }

    def order_limits(self, call: Call) -> list[dict[str, Any]]:
        """GET /api/v3/rateLimit/order."""
        return self._limits.standing(call.member.spot, call.now_ms)

    def coins(self, call: Call) -> list[dict[str, Any]]:
        """GET /sapi/v1/capital/config/getall: nothing can be deposited here or taken out."""
        return [
            {
                "coin": asset,
                "depositAllEnable": False,
                "free": fixed(free, 8),
                "freeze": "0",
                "ipoable": "0",
                "ipoing": "0",
                "isLegalMoney": False,
                "locked": fixed(locked, 8),
                "name": asset,
                "networkList": [],
                "storage": "0",
                "trading": True,
                "withdrawAllEnable": False,
                "withdrawing": "0",
            }
            for asset, (free, locked) in self.balances(call.member.spot).items()
        ]

    def nothing(self, call: Call) -> list[Any]:
        """Lists of what this venue does not have, such as pairs on margin."""
        del call
        return []

    # --- the market --------------------------------------------------------------------

    def ping(self, call: Call) -> dict[str, Any]:
        """GET /api/v3/ping."""
        del call
        return {}

    def time(self, call: Call) -> dict[str, Any]:
        """GET /api/v3/time."""
        return {"serverTime": call.now_ms}

    def exchange_info(self, call: Call) -> dict[str, Any]:
        """GET /api/v3/exchangeInfo."""
        symbol = self._symbols.maybe(call.params)
        wanted = [symbol] if symbol is not None else list(self._symbols.by_name.values())
        return {
            "timezone": "UTC",
            "serverTime": call.now_ms,
            "rateLimits": self._limits.terms.told(),
            "exchangeFilters": [],
            "symbols": [spot_symbol(each) for each in wanted],
        }

    def depth(self, call: Call) -> dict[str, Any]:
        """GET /api/v3/depth."""
        symbol = self._symbols.need(call.params)
        depth = self._world.look(symbol.id)
        bids, asks = depth.top(call.params.limit(100, DEPTH_MAX))
        return {
            "lastUpdateId": depth.number,
            "bids": symbol.levels(bids),
            "asks": symbol.levels(asks),
        }

    def trades(self, call: Call) -> list[dict[str, Any]]:
        """GET /api/v3/trades and, from an id on, /api/v3/historicalTrades."""
        params = call.params
        symbol = self._symbols.need(params)
        limit, first = params.limit(500, 1000), params.whole("fromId")
        kept = [
            each
            for each in self._world.public[symbol.id].trades
            if first is None or each.number >= first
        ]
        kept = kept[-limit:] if first is None else kept[:limit]
        return [
            {
                "id": each.number,
                "price": symbol.price(each.price),
                "qty": symbol.size(each.size),
                "quoteQty": fixed(symbol.worth(each.price, each.size), 8),
                "time": self._shown(each.at_ns),
                "isBuyerMaker": each.sold,
                "isBestMatch": True,
            }
            for each in kept
        ]

    def aggregated(self, call: Call) -> list[dict[str, Any]]:
        """GET /api/v3/aggTrades: here every trade is an aggregate of its own."""
        symbol = self._symbols.need(call.params)
        trades = self._world.public[symbol.id].trades
        found = aggregates(call.params, symbol, trades, self._shown)
        return [{**each, "M": True} for each in found]

    def average(self, call: Call) -> dict[str, Any]:
        """GET /api/v3/avgPrice: of the last five minutes that traded."""
        symbol = self._symbols.need(call.params)
        public = self._world.public[symbol.id]
        minutes = list(public.minutes)[-5:]
        lots = sum(each.lots for each in minutes)
        worth = sum(each.worth for each in minutes)
        tick = Fraction(symbol.instrument.grid.tick)
        return {
            "mins": 5,
            "price": fixed(Fraction(worth, lots) * tick if lots else 0, 8),
            "closeTime": self._shown(public.trades[-1].at_ns) if public.trades else 0,
        }

    def day(self, call: Call) -> Any:
        """GET /api/v3/ticker/24hr."""
        return self._one_or_all(call, self._day)

    def price(self, call: Call) -> Any:
        """GET /api/v3/ticker/price."""
        return self._one_or_all(call, self._price)

    def touch(self, call: Call) -> Any:
        """GET /api/v3/ticker/bookTicker."""
        return self._one_or_all(call, self._touch)

    def _one_or_all(self, call: Call, told: Callable[[Symbol], dict[str, Any]]) -> Any:
        symbol = self._symbols.maybe(call.params)
        if symbol is not None:
            return told(symbol)
        return [told(each) for each in self._symbols.by_name.values()]

    def _price(self, symbol: Symbol) -> dict[str, Any]:
        trades = self._world.public[symbol.id].trades
        return {"symbol": symbol.name, "price": symbol.price(trades[-1].price if trades else 0)}

    def _touch(self, symbol: Symbol) -> dict[str, Any]:
        bid, ask = self._world.look(symbol.id).best()
        return {
            "symbol": symbol.name,
            "bidPrice": symbol.price(bid[0] if bid else 0),
            "bidQty": symbol.size(bid[1] if bid else 0),
            "askPrice": symbol.price(ask[0] if ask else 0),
            "askQty": symbol.size(ask[1] if ask else 0),
        }

    def _day(self, symbol: Symbol) -> dict[str, Any]:
        world, tick = self._world, symbol.instrument.grid.tick
        public = world.public[symbol.id]
        day = public.day(world.now_ns)
        now_ms = self._shown(world.now_ns)
        touch = self._touch(symbol)
        opened, closed = (0, 0) if day is None else (day.opened, day.closed)
        change = tick * (closed - opened)
        return {
            "symbol": symbol.name,
            "priceChange": fixed(change, 8),
            "priceChangePercent": fixed(change / (tick * opened) * 100 if opened else 0, 3),
            "weightedAvgPrice": fixed(0 if day is None else day.average * Fraction(tick), 8),
            "prevClosePrice": symbol.price(opened),
            "lastPrice": symbol.price(closed),
            "lastQty": symbol.size(public.trades[-1].size if public.trades else 0),
            **{name: touch[name] for name in ("bidPrice", "bidQty", "askPrice", "askQty")},
            "openPrice": symbol.price(opened),
            "highPrice": symbol.price(0 if day is None else day.high),
            "lowPrice": symbol.price(0 if day is None else day.low),
            "volume": symbol.size(0 if day is None else day.lots),
            "quoteVolume": fixed(
                0 if day is None else symbol.instrument.amount(day.worth) * tick, 8
            ),
            "openTime": now_ms if day is None else self._shown(day.since_ns),
            "closeTime": now_ms,
            "firstId": -1 if day is None else day.first,
            "lastId": -1 if day is None else day.last,
            "count": 0 if day is None else day.last - day.first + 1,
        }
