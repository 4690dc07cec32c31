"""USD-M's public market data over REST.

Source: "Market Data" of the USD-M Futures documentation.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeVar

from bot.model.event import LongShortRatio, OpenInterest
from bot.model.units import NS_PER_HOUR, NS_PER_MS
from bot.venues.server.binance import errors
from bot.venues.server.binance.aggregates import aggregates
from bot.venues.server.binance.gate import Call
from bot.venues.server.binance.limits import Terms
from bot.venues.server.binance.params import Params
from bot.venues.server.binance.symbols import Symbol, Symbols, usdm_symbol
from bot.venues.server.numbers import fixed, of_fraction
from bot.venues.server.public import PublicTrade
from bot.venues.server.world import World

DEPTHS: Final = (5, 10, 20, 50, 100, 500, 1000)
PERIODS_MS: Final = {
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "2h": 7_200_000,
    "4h": 14_400_000,
    "6h": 21_600_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
}
INTEREST_RATE: Final = "0.00010000"
FUNDING_NS: Final = 8 * NS_PER_HOUR
_Timed = TypeVar("_Timed", OpenInterest, LongShortRatio)


def depth_weight(params: Params) -> int:
    """The deeper the dearer."""
    limit = int(params.values["limit"]) if params.values.get("limit", "").isdigit() else 500
    return 2 if limit <= 50 else 5 if limit <= 100 else 10 if limit <= 500 else 20


def per_symbol(one: int, every: int) -> Callable[[Params], int]:
    """The weight of a question about one symbol or about all."""
    return lambda params: one if params.has("symbol") else every


def next_funding_ms(world: World, symbol: Symbol) -> int:
    """The settlement to come: as announced, else the next that the contract's terms have."""
    funding = world.public[symbol.id].funding
    if funding is not None:
        return world.calendar.shown_ms(funding.settles_ns)
    interval_ns = symbol.instrument.funding_interval_ns or FUNDING_NS
    ms, now_ms = interval_ns // NS_PER_MS, world.calendar.shown_ms(world.now_ns)
    return (now_ms // ms + 1) * ms


class UsdmMarket:
    """The desk for everything that needs no key."""

    def __init__(
        self, world: World, symbols: Symbols, terms: Terms, clock: Callable[[], int]
    ) -> None:
        self._world = world
        self._symbols = symbols
        self._terms = terms
        self._clock = clock
        self._shown = world.calendar.shown_ms

    def ping(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/ping."""
        del call
        return {}

    def time(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/time."""
        return {"serverTime": call.now_ms}

    def exchange_info(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/exchangeInfo."""
        assets = sorted({each.instrument.settle for each in self._symbols.by_name.values()})
        return {
            "timezone": "UTC",
            "serverTime": call.now_ms,
            "futuresType": "U_MARGINED",
            "rateLimits": self._terms.told(),
            "exchangeFilters": [],
            "assets": [
                {"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"}
                for asset in assets
            ],
            "symbols": [usdm_symbol(each) for each in self._symbols.by_name.values()],
        }

    def depth(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/depth."""
        symbol = self._symbols.need(call.params)
        limit = call.params.whole("limit") or 500
        if limit not in DEPTHS:
            raise errors.Refused(-4021, f"{limit} is not valid depth limit.")
        depth = self._world.look(symbol.id)
        bids, asks = depth.top(limit)
        at_ms = self._shown(depth.changed_ns)
        return {
            "lastUpdateId": depth.number,
            "E": self._shown(self._world.now_ns),
            "T": at_ms,
            "bids": symbol.levels(bids),
            "asks": symbol.levels(asks),
        }

    def trades(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/trades and, from an id on, /fapi/v1/historicalTrades."""
        params = call.params
        symbol = self._symbols.need(params)
        found: Iterable[PublicTrade] = self._world.public[symbol.id].trades
        limit, first = params.limit(500, 1000), params.whole("fromId")
        kept = [each for each in found if first is None or each.number >= first]
        kept = kept[-limit:] if first is None else kept[:limit]
        return [
            {
                "id": each.number,
                "price": symbol.price(each.price),
                "qty": symbol.size(each.size),
                "quoteQty": fixed(symbol.worth(each.price, each.size), 2),
                "time": self._shown(each.at_ns),
                "isBuyerMaker": each.sold,
            }
            for each in kept
        ]

    def aggregated(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/aggTrades: here every trade is an aggregate of its own."""
        symbol = self._symbols.need(call.params)
        trades = self._world.public[symbol.id].trades
        return aggregates(call.params, symbol, trades, self._shown)

    def premium(self, call: Call) -> Any:
        """GET /fapi/v1/premiumIndex."""
        return self._one_or_all(call, self._premium)

    def funding_rates(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/fundingRate: settlements, oldest first."""
        params, world = call.params, self._world
        symbol = self._symbols.maybe(params)
        wanted = [symbol] if symbol is not None else list(self._symbols.by_name.values())
        began, ended = params.whole("startTime"), params.whole("endTime")
        limit = params.limit(100, 1000)
        found: list[dict[str, Any]] = [
            {
                "symbol": each.name,
                "fundingTime": self._shown(event.settles_ns),
                "fundingRate": fixed(event.rate, 8),
                "markPrice": "" if event.mark is None else fixed(event.mark, 8),
            }
            for each in wanted
            for event in world.public[each.id].settled
        ]
        found.sort(key=lambda each: (each["fundingTime"], each["symbol"]))
        found = [
            each
            for each in found
            if (began is None or int(each["fundingTime"]) >= began)
            and (ended is None or int(each["fundingTime"]) <= ended)
        ]
        return found[:limit] if began is not None else found[-limit:]

    def funding_terms(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/fundingInfo: of symbols that do not pay every 8 hours."""
        del call
        found = []
        for symbol in self._symbols.by_name.values():
            interval_ns = self._interval_ns(symbol)
            if interval_ns is not None and interval_ns != FUNDING_NS:
                found.append(
                    {
                        "symbol": symbol.name,
                        "adjustedFundingRateCap": "0.02000000",
                        "adjustedFundingRateFloor": "-0.02000000",
                        "fundingIntervalHours": max(1, interval_ns // NS_PER_HOUR),
                        "disclaimer": False,
                    }
                )
        return found

    def day(self, call: Call) -> Any:
        """GET /fapi/v1/ticker/24hr."""
        return self._one_or_all(call, self._day)

    def price(self, call: Call) -> Any:
        """GET /fapi/v1/ticker/price."""
        return self._one_or_all(call, self._price)

    def touch(self, call: Call) -> Any:
        """GET /fapi/v1/ticker/bookTicker."""
        return self._one_or_all(call, self._touch)

    def interest(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/openInterest."""
        symbol = self._symbols.need(call.params)
        return {
            "symbol": symbol.name,
            "openInterest": fixed(self._interest(symbol), symbol.size_places),
            "time": self._shown(self._world.now_ns),
        }

    def interest_history(self, call: Call) -> list[dict[str, Any]]:
        """GET /futures/data/openInterestHist: the last that was said in each period."""
        symbol = self._symbols.need(call.params)
        known = self._world.public[symbol.id].interest
        mark = self._world.mark(symbol.id) or Decimal(0)
        return [
            {
                "symbol": symbol.name,
                "sumOpenInterest": fixed(event.amount, 8),
                "sumOpenInterestValue": fixed(event.amount * mark, 8),
                "timestamp": at_ms,
            }
            for at_ms, event in self._by_period(call.params, known)
        ]

    def ratio_history(self, population: str) -> Callable[[Call], list[dict[str, Any]]]:
        """GET /futures/data/…LongShort…Ratio, of those whose accounts or positions count."""

        def desk(call: Call) -> list[dict[str, Any]]:
            symbol = self._symbols.need(call.params)
            known = [
                each
                for each in self._world.public[symbol.id].ratios
                if each.population == population
            ]
            return [
                {
                    "symbol": symbol.name,
                    "longShortRatio": fixed(event.ratio, 4),
                    "longAccount": fixed(event.ratio / (1 + event.ratio), 4),
                    "shortAccount": fixed(1 / (1 + event.ratio), 4),
                    "timestamp": at_ms,
                }
                for at_ms, event in self._by_period(call.params, known)
            ]

        return desk

    # --- one symbol --------------------------------------------------------------------

    def _one_or_all(self, call: Call, told: Callable[[Symbol], dict[str, Any]]) -> Any:
        symbol = self._symbols.maybe(call.params)
        if symbol is not None:
            return told(symbol)
        return [told(each) for each in self._symbols.by_name.values()]

    def _premium(self, symbol: Symbol) -> dict[str, Any]:
        world = self._world
        mark = world.mark(symbol.id) or Decimal(0)
        index = world.index(symbol.id) or mark
        funding = world.public[symbol.id].funding
        return {
            "symbol": symbol.name,
            "markPrice": fixed(mark, 8),
            "indexPrice": fixed(index, 8),
            "estimatedSettlePrice": fixed(index, 8),
            "lastFundingRate": fixed(Decimal(0) if funding is None else funding.rate, 8),
            "interestRate": INTEREST_RATE,
            "nextFundingTime": next_funding_ms(world, symbol),
            "time": self._shown(world.now_ns),
        }

    def _day(self, symbol: Symbol) -> dict[str, Any]:
        world, tick = self._world, symbol.instrument.grid.tick
        now_ms = self._shown(world.now_ns)
        public = world.public[symbol.id]
        day = public.day(world.now_ns)
        if day is None:
            day_ms, opened, closed, high, low, average = now_ms, 0, 0, 0, 0, Decimal(0)
            lots, worth, first, last = 0, Decimal(0), -1, -1
        else:
            day_ms = self._shown(day.since_ns)
            opened, closed, high, low = day.opened, day.closed, day.high, day.low
            average = of_fraction(day.average * Fraction(tick), symbol.price_places)
            lots, first, last = day.lots, day.first, day.last
            worth = symbol.instrument.amount(day.worth) * tick
        change = tick * (closed - opened)
        percent = change / (tick * opened) * 100 if opened else Decimal(0)
        return {
            "symbol": symbol.name,
            "priceChange": fixed(change, symbol.price_places),
            "priceChangePercent": fixed(percent, 3),
            "weightedAvgPrice": fixed(average, symbol.price_places),
            "lastPrice": symbol.price(closed),
            "lastQty": symbol.size(public.trades[-1].size if public.trades else 0),
            "openPrice": symbol.price(opened),
            "highPrice": symbol.price(high),
            "lowPrice": symbol.price(low),
            "volume": symbol.size(lots),
            "quoteVolume": fixed(worth, 2),
            "openTime": day_ms,
            "closeTime": now_ms,
            "firstId": first,
            "lastId": last,
            "count": 0 if day is None else last - first + 1,
        }

    def _price(self, symbol: Symbol) -> dict[str, Any]:
        trades = self._world.public[symbol.id].trades
        return {
            "symbol": symbol.name,
            "price": symbol.price(trades[-1].price if trades else 0),
            "time": self._shown(self._world.now_ns),
        }

    def _touch(self, symbol: Symbol) -> dict[str, Any]:
        depth = self._world.look(symbol.id)
        bid, ask = depth.best()
        return {
            "symbol": symbol.name,
            "bidPrice": symbol.price(bid[0] if bid else 0),
            "bidQty": symbol.size(bid[1] if bid else 0),
            "askPrice": symbol.price(ask[0] if ask else 0),
            "askQty": symbol.size(ask[1] if ask else 0),
            "time": self._shown(depth.changed_ns),
            "lastUpdateId": depth.number,
        }

    def _interest(self, symbol: Symbol) -> Decimal:
        """As the market states it; where it states none, what clients here hold."""
        stated = self._world.interest(symbol.id)
        if stated is not None:
            return stated
        held = self._world.holdings.position
        longs = sum(
            each.lots for (_, name), each in held.items() if name == symbol.id and each.lots > 0
        )
        return symbol.instrument.amount(longs)

    def _interval_ns(self, symbol: Symbol) -> int | None:
        funding = self._world.public[symbol.id].funding
        if funding is not None and funding.interval_ns is not None:
            return funding.interval_ns
        return symbol.instrument.funding_interval_ns

    def _by_period(self, params: Params, known: Iterable[_Timed]) -> list[tuple[int, _Timed]]:
        """The last event of each period, told at the period's end, oldest first."""
        period_ms = PERIODS_MS.get(params.need("period"))
        if period_ms is None:
            raise errors.bad_value("period")
        began, ended = params.whole("startTime"), params.whole("endTime")
        limit = params.limit(30, 500)
        found: dict[int, _Timed] = {}
        for event in known:
            at_ms = self._world.calendar.shown_ns(event.ts_recv) // NS_PER_MS
            found[at_ms - at_ms % period_ms] = event
        kept = [
            (at_ms, event)
            for at_ms, event in sorted(found.items())
            if (began is None or at_ms >= began) and (ended is None or at_ms <= ended)
        ]
        return kept[-limit:]
