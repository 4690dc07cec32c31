"""Every path of USD-M that is served here, with its weight and who may ask it.

Source: the pages of the USD-M Futures documentation, each of which states its weight.
"""

from bot.venues.server.binance.gate import KEYED, SIGNED, Route
from bot.venues.server.binance.listen_keys import ListenKeys
from bot.venues.server.binance.usdm_account import UsdmAccount
from bot.venues.server.binance.usdm_market import UsdmMarket, depth_weight, per_symbol
from bot.venues.server.binance.usdm_orders import UsdmOrders


def usdm_routes(
    market: UsdmMarket, orders: UsdmOrders, account: UsdmAccount, keys: ListenKeys
) -> dict[tuple[str, str], Route]:
    """By method and path."""
    return (
        {("GET", path): route for path, route in _public(market).items()}
        | _trading(orders)
        | _of_account(account)
        | {
            ("POST", "/fapi/v1/listenKey"): Route(keys.create, 1, KEYED),
            ("PUT", "/fapi/v1/listenKey"): Route(keys.keep, 1, KEYED),
            ("DELETE", "/fapi/v1/listenKey"): Route(keys.close, 1, KEYED),
        }
    )


def _public(market: UsdmMarket) -> dict[str, Route]:
    return {
        "/fapi/v1/ping": Route(market.ping),
        "/fapi/v1/time": Route(market.time),
        "/fapi/v1/exchangeInfo": Route(market.exchange_info),
        "/fapi/v1/depth": Route(market.depth, depth_weight),
        "/fapi/v1/trades": Route(market.trades, 5),
        "/fapi/v1/historicalTrades": Route(market.trades, 20, KEYED),
        "/fapi/v1/aggTrades": Route(market.aggregated, 20),
        "/fapi/v1/premiumIndex": Route(market.premium, per_symbol(1, 10)),
        "/fapi/v1/fundingRate": Route(market.funding_rates),
        "/fapi/v1/fundingInfo": Route(market.funding_terms, 0),
        "/fapi/v1/ticker/24hr": Route(market.day, per_symbol(1, 40)),
        "/fapi/v1/ticker/price": Route(market.price, per_symbol(1, 2)),
        "/fapi/v2/ticker/price": Route(market.price, per_symbol(1, 2)),
        "/fapi/v1/ticker/bookTicker": Route(market.touch, per_symbol(2, 5)),
        "/fapi/v1/openInterest": Route(market.interest),
        "/futures/data/openInterestHist": Route(market.interest_history, 0),
        "/futures/data/globalLongShortAccountRatio": Route(market.ratio_history("accounts"), 0),
        "/futures/data/topLongShortAccountRatio": Route(market.ratio_history("top_accounts"), 0),
        "/futures/data/topLongShortPositionRatio": Route(market.ratio_history("top_positions"), 0),
    }


def _trading(orders: UsdmOrders) -> dict[tuple[str, str], Route]:
    return {
        # Orders weigh nothing on the address: they have limits of their own.
        ("POST", "/fapi/v1/order"): Route(orders.place, 0, SIGNED),
        ("PUT", "/fapi/v1/order"): Route(orders.amend, 1, SIGNED),
        ("DELETE", "/fapi/v1/order"): Route(orders.cancel, 1, SIGNED),
        ("GET", "/fapi/v1/order"): Route(orders.order, 1, SIGNED),
        ("POST", "/fapi/v1/order/test"): Route(orders.test, 0, SIGNED),
        ("POST", "/fapi/v1/batchOrders"): Route(orders.batch, 5, SIGNED),
        ("DELETE", "/fapi/v1/batchOrders"): Route(orders.cancel_batch, 1, SIGNED),
        ("DELETE", "/fapi/v1/allOpenOrders"): Route(orders.cancel_all, 1, SIGNED),
        ("POST", "/fapi/v1/countdownCancelAll"): Route(orders.countdown, 10, SIGNED),
        ("GET", "/fapi/v1/openOrder"): Route(orders.open_order, 1, SIGNED),
        ("GET", "/fapi/v1/openOrders"): Route(orders.open_orders, per_symbol(1, 40), SIGNED),
        ("GET", "/fapi/v1/allOrders"): Route(orders.all_orders, 5, SIGNED),
        ("GET", "/fapi/v1/userTrades"): Route(orders.trades, 5, SIGNED),
    }


def _of_account(account: UsdmAccount) -> dict[tuple[str, str], Route]:
    return {
        ("GET", "/fapi/v2/balance"): Route(account.balance, 5, SIGNED),
        ("GET", "/fapi/v3/balance"): Route(account.balance, 5, SIGNED),
        ("GET", "/fapi/v1/account"): Route(account.account, 5, SIGNED),
        ("GET", "/fapi/v2/account"): Route(account.account, 5, SIGNED),
        ("GET", "/fapi/v3/account"): Route(account.account_v3, 5, SIGNED),
        ("GET", "/fapi/v1/positionRisk"): Route(account.risk, 5, SIGNED),
        ("GET", "/fapi/v2/positionRisk"): Route(account.risk, 5, SIGNED),
        ("GET", "/fapi/v3/positionRisk"): Route(account.risk_v3, 5, SIGNED),
        ("POST", "/fapi/v1/leverage"): Route(account.leverage, 1, SIGNED),
        ("POST", "/fapi/v1/marginType"): Route(account.margin_type, 1, SIGNED),
        ("GET", "/fapi/v1/positionSide/dual"): Route(account.sides, 30, SIGNED),
        ("POST", "/fapi/v1/positionSide/dual"): Route(account.choose_sides, 1, SIGNED),
        ("GET", "/fapi/v1/multiAssetsMargin"): Route(account.assets_mode, 30, SIGNED),
        ("GET", "/fapi/v1/leverageBracket"): Route(account.brackets, 1, SIGNED),
        ("GET", "/fapi/v1/commissionRate"): Route(account.commission, 20, SIGNED),
        ("GET", "/fapi/v1/accountConfig"): Route(account.account_config, 5, SIGNED),
        ("GET", "/fapi/v1/symbolConfig"): Route(account.symbol_config, 5, SIGNED),
        ("GET", "/fapi/v1/rateLimit/order"): Route(account.order_limits, 1, SIGNED),
        ("GET", "/fapi/v1/adlQuantile"): Route(account.deleveraging, 5, SIGNED),
        ("GET", "/fapi/v1/income"): Route(account.income, 30, SIGNED),
    }
