"""USD-M's account: balances, positions, leverage, income, and the keys of user streams.

Source: "Account" and "Trade" of the USD-M Futures documentation.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from bot.model.units import AccountId
from bot.venues.server.binance import errors
from bot.venues.server.binance.gate import Call
from bot.venues.server.binance.limits import Limits
from bot.venues.server.binance.symbols import Symbols
from bot.venues.server.binance.usdm_margin import AssetMargin, SymbolMargin, UsdmMargin
from bot.venues.server.binance.usdm_orders import WEEK_MS
from bot.venues.server.binance.usdm_text import span
from bot.venues.server.holdings import ZERO
from bot.venues.server.listings import BRACKETS, notional_max
from bot.venues.server.numbers import fixed, plain
from bot.venues.server.world import Income, World

OK: Final = {"code": 200, "msg": "success"}


class UsdmAccount:
    """The desk for what an account has."""

    def __init__(self, world: World, symbols: Symbols, margin: UsdmMargin, limits: Limits) -> None:
        self._world = world
        self._symbols = symbols
        self._margin = margin
        self._limits = limits
        self._shown = world.calendar.shown_ms

    # --- balances ----------------------------------------------------------------------

    def balance(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v2/balance and v3."""
        account = call.member.usdm
        known = self._margin.symbols(account)
        return [
            {
                "accountAlias": call.member.name,
                "asset": each.asset,
                "balance": fixed(each.wallet, 8),
                "crossWalletBalance": fixed(each.wallet, 8),
                "crossUnPnl": fixed(each.profit, 8),
                "availableBalance": fixed(each.available, 8),
                "maxWithdrawAmount": fixed(_withdrawable(each), 8),
                "marginAvailable": True,
                "updateTime": self._shown(self._world.now_ns),
            }
            for each in self._assets(account, known)
        ]

    def account(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v2/account: every symbol, held or not."""
        account = call.member.usdm
        known = self._margin.symbols(account)
        return {
            "feeTier": 0,
            "feeBurn": False,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": True,
            "updateTime": 0,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
            **self._totals(account, known),
            "assets": [
                self._asset(each) | {"marginAvailable": True}
                for each in self._assets(account, known)
            ],
            "positions": [self._position(account, each) for each in known],
        }

    def account_v3(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v3/account: only symbols with a position or an order."""
        account = call.member.usdm
        known = self._margin.symbols(account)
        busy = [each for each in known if each.lots or each.orders]
        return {
            **self._totals(account, known),
            "assets": [self._asset(each) for each in self._assets(account, known)],
            "positions": [
                {
                    "symbol": each.symbol.name,
                    "positionSide": "BOTH",
                    "positionAmt": each.symbol.size(each.lots),
                    "unrealizedProfit": fixed(each.profit, 8),
                    "isolatedMargin": "0",
                    "notional": fixed(each.notional, 8),
                    "isolatedWallet": "0",
                    "initialMargin": fixed(each.position + each.orders, 8),
                    "maintMargin": fixed(each.maintenance, 8),
                    "updateTime": self._since(account, each),
                }
                for each in busy
            ],
        }

    def risk(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v2/positionRisk: every symbol."""
        return [
            {
                "symbol": each.symbol.name,
                "positionAmt": each.symbol.size(each.lots),
                "entryPrice": self._entry(call.member.usdm, each),
                "breakEvenPrice": self._entry(call.member.usdm, each),
                "markPrice": fixed(each.mark or ZERO, 8),
                "unRealizedProfit": fixed(each.profit, 8),
                "liquidationPrice": self._liquidation(call.member.usdm, each),
                "leverage": str(each.leverage),
                "maxNotionalValue": f"{notional_max(each.leverage):f}",
                "marginType": "cross",
                "isolatedMargin": "0.00000000",
                "isAutoAddMargin": "false",
                "positionSide": "BOTH",
                "notional": fixed(each.notional, 8),
                "isolatedWallet": "0",
                "updateTime": self._since(call.member.usdm, each),
                "isolated": False,
                "adlQuantile": 0,
            }
            for each in self._wanted(call)
        ]

    def risk_v3(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v3/positionRisk: only symbols with a position or an order."""
        account = call.member.usdm
        return [
            {
                "symbol": each.symbol.name,
                "positionSide": "BOTH",
                "positionAmt": each.symbol.size(each.lots),
                "entryPrice": self._entry(account, each),
                "breakEvenPrice": self._entry(account, each),
                "markPrice": fixed(each.mark or ZERO, 8),
                "unRealizedProfit": fixed(each.profit, 8),
                "liquidationPrice": self._liquidation(account, each),
                "isolatedMargin": "0",
                "notional": fixed(each.notional, 8),
                "marginAsset": each.symbol.instrument.settle,
                "isolatedWallet": "0",
                "initialMargin": fixed(each.position + each.orders, 8),
                "maintMargin": fixed(each.maintenance, 8),
                "positionInitialMargin": fixed(each.position, 8),
                "openOrderInitialMargin": fixed(each.orders, 8),
                "adl": 0,
                "bidNotional": fixed(each.bids, 8),
                "askNotional": fixed(each.asks, 8),
                "updateTime": self._since(account, each),
            }
            for each in self._wanted(call)
            if each.lots or each.orders
        ]

    # --- terms -------------------------------------------------------------------------

    def leverage(self, call: Call) -> dict[str, Any]:
        """POST /fapi/v1/leverage."""
        symbol = self._symbols.need(call.params)
        leverage = call.params.need_whole("leverage")
        self._margin.choose(call.member.usdm, symbol, leverage)
        return {
            "leverage": leverage,
            "maxNotionalValue": f"{notional_max(leverage):f}",
            "symbol": symbol.name,
        }

    def margin_type(self, call: Call) -> dict[str, Any]:
        """POST /fapi/v1/marginType: here margin is always crossed."""
        self._symbols.need(call.params)
        kind = call.params.need("marginType")
        if kind == "CROSSED":
            raise errors.Refused(*errors.SAME_MARGIN_TYPE)
        raise errors.bad_value("marginType")

    def sides(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/positionSide/dual: here positions are always one-way."""
        del call
        return {"dualSidePosition": False}

    def choose_sides(self, call: Call) -> dict[str, Any]:
        """POST /fapi/v1/positionSide/dual."""
        call.params.need("dualSidePosition")
        if not call.params.flag("dualSidePosition"):
            raise errors.Refused(*errors.SAME_POSITION_SIDE)
        raise errors.bad_value("dualSidePosition")

    def assets_mode(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/multiAssetsMargin: here each asset stands for itself."""
        del call
        return {"multiAssetsMargin": False}

    def brackets(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/leverageBracket."""
        symbol = self._symbols.maybe(call.params)
        wanted = [symbol] if symbol is not None else list(self._symbols.by_name.values())
        return [
            {
                "symbol": each.name,
                "notionalCoef": 1.0,
                "brackets": [
                    {
                        "bracket": one.number,
                        "initialLeverage": one.leverage,
                        "notionalCap": int(one.cap),
                        "notionalFloor": int(one.floor),
                        "maintMarginRatio": float(one.rate),
                        "cum": float(one.cum),
                    }
                    for one in BRACKETS
                ],
            }
            for each in wanted
        ]

    def commission(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/commissionRate."""
        symbol = self._symbols.need(call.params)
        fees = symbol.listing.fees
        return {
            "symbol": symbol.name,
            "makerCommissionRate": fixed(fees.maker, 6),
            "takerCommissionRate": fixed(fees.taker, 6),
        }

    def account_config(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/accountConfig."""
        del call
        return {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": True,
            "dualSidePosition": False,
            "updateTime": 0,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
        }

    def symbol_config(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/symbolConfig."""
        return [
            {
                "symbol": each.symbol.name,
                "marginType": "CROSSED",
                "isAutoAddMargin": False,
                "leverage": each.leverage,
                "maxNotionalValue": f"{notional_max(each.leverage):f}",
            }
            for each in self._wanted(call)
        ]

    def order_limits(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/rateLimit/order."""
        return self._limits.standing(call.member.usdm, call.now_ms)

    def deleveraging(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/adlQuantile: of what is held."""
        return [
            {"symbol": each.symbol.name, "adlQuantile": {"LONG": 0, "SHORT": 0, "BOTH": 0}}
            for each in self._wanted(call)
            if each.lots
        ]

    # --- money that moved --------------------------------------------------------------

    def income(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/income: oldest first."""
        params = call.params
        symbol = self._symbols.maybe(params)
        kind = params.text("incomeType")
        began, ended = span(params, 12 * WEEK_MS)
        limit = params.limit(100, 1000)
        found = [
            each
            for each in self._world.income.get(call.member.usdm, ())
            if (symbol is None or each.instrument == symbol.id)
            and kind in (None, each.kind)
            and (began is None or self._shown(each.at_ns) >= began)
            and (ended is None or self._shown(each.at_ns) <= ended)
        ]
        found = found[:limit] if began is not None else found[-limit:]
        return [self._income(each) for each in found]

    def _income(self, each: Income) -> dict[str, Any]:
        symbol = None if each.instrument is None else self._symbols.by_id.get(each.instrument)
        return {
            "symbol": "" if symbol is None else symbol.name,
            "incomeType": each.kind,
            "income": fixed(each.amount, 8),
            "asset": each.currency,
            "info": each.kind if each.trade is None else str(each.trade),
            "time": self._shown(each.at_ns),
            "tranId": each.number,
            "tradeId": "" if each.trade is None else str(each.trade),
        }

    # --- parts -------------------------------------------------------------------------

    def _wanted(self, call: Call) -> list[SymbolMargin]:
        symbol = self._symbols.maybe(call.params)
        account = call.member.usdm
        if symbol is not None:
            return [self._margin.of(account, symbol)]
        return self._margin.symbols(account)

    def _assets(self, account: AccountId, known: list[SymbolMargin]) -> list[AssetMargin]:
        return [
            self._margin.asset(account, asset, known)
            for asset in sorted(self._world.holdings.balances(account))
        ]

    def _totals(self, account: AccountId, known: list[SymbolMargin]) -> dict[str, Any]:
        """Sums, in dollars: the only margin assets here are worth one each."""
        every = self._assets(account, known)

        def total(part: Callable[[AssetMargin], Decimal]) -> str:
            return fixed(sum(map(part, every), ZERO), 8)

        return {
            "totalInitialMargin": total(lambda each: each.position + each.orders),
            "totalMaintMargin": total(lambda each: each.maintenance),
            "totalWalletBalance": total(lambda each: each.wallet),
            "totalUnrealizedProfit": total(lambda each: each.profit),
            "totalMarginBalance": total(lambda each: each.balance),
            "totalPositionInitialMargin": total(lambda each: each.position),
            "totalOpenOrderInitialMargin": total(lambda each: each.orders),
            "totalCrossWalletBalance": total(lambda each: each.wallet),
            "totalCrossUnPnl": total(lambda each: each.profit),
            "availableBalance": total(lambda each: each.available),
            "maxWithdrawAmount": total(_withdrawable),
        }

    def _asset(self, each: AssetMargin) -> dict[str, Any]:
        return {
            "asset": each.asset,
            "walletBalance": fixed(each.wallet, 8),
            "unrealizedProfit": fixed(each.profit, 8),
            "marginBalance": fixed(each.balance, 8),
            "maintMargin": fixed(each.maintenance, 8),
            "initialMargin": fixed(each.position + each.orders, 8),
            "positionInitialMargin": fixed(each.position, 8),
            "openOrderInitialMargin": fixed(each.orders, 8),
            "crossWalletBalance": fixed(each.wallet, 8),
            "crossUnPnl": fixed(each.profit, 8),
            "availableBalance": fixed(each.available, 8),
            "maxWithdrawAmount": fixed(_withdrawable(each), 8),
            "updateTime": self._shown(self._world.now_ns),
        }

    def _position(self, account: AccountId, each: SymbolMargin) -> dict[str, Any]:
        return {
            "symbol": each.symbol.name,
            "initialMargin": fixed(each.position + each.orders, 8),
            "maintMargin": fixed(each.maintenance, 8),
            "unrealizedProfit": fixed(each.profit, 8),
            "positionInitialMargin": fixed(each.position, 8),
            "openOrderInitialMargin": fixed(each.orders, 8),
            "leverage": str(each.leverage),
            "isolated": False,
            "entryPrice": self._entry(account, each),
            "breakEvenPrice": self._entry(account, each),
            "maxNotional": f"{notional_max(each.leverage):f}",
            "bidNotional": fixed(each.bids, 8),
            "askNotional": fixed(each.asks, 8),
            "positionSide": "BOTH",
            "positionAmt": each.symbol.size(each.lots),
            "notional": fixed(each.notional, 8),
            "isolatedWallet": "0",
            "updateTime": self._since(account, each),
        }

    def _entry(self, account: AccountId, each: SymbolMargin) -> str:
        held = self._world.holdings.position.get((account, each.symbol.id))
        return "0.0" if held is None else plain(held.entry(each.symbol.instrument), 8)

    def _since(self, account: AccountId, each: SymbolMargin) -> int:
        held = self._world.holdings.position.get((account, each.symbol.id))
        return 0 if held is None or not held.since_ns else self._shown(held.since_ns)

    def _liquidation(self, account: AccountId, each: SymbolMargin) -> str:
        """The mark at which the wallet's margin is gone, all other marks as they are; 0: none."""
        if not each.lots or each.mark is None:
            return "0"
        asset = self._margin.asset(account, each.symbol.instrument.settle)
        slack = asset.balance - asset.maintenance
        amount = each.symbol.instrument.amount(each.lots)
        price = each.mark - slack / amount
        return "0" if price <= 0 else plain(price, 8)


def _withdrawable(each: AssetMargin) -> Decimal:
    """Open profit cannot be taken out; an open loss must stay."""
    return max(ZERO, min(each.available, each.wallet + min(each.profit, ZERO) - each.position))
