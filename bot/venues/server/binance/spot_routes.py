"""Every path of spot that is served here, with its weight and who may ask it.

Source: the pages of the Spot API documentation, each of which states its weight.
"""

from collections.abc import Mapping

from bot.venues.server.binance.gate import KEYED, SIGNED, Route
from bot.venues.server.binance.listen_keys import ListenKeys
from bot.venues.server.binance.spot_account import SpotAccount, spot_depth_weight
from bot.venues.server.binance.spot_orders import SpotOrders
from bot.venues.server.binance.usdm_market import per_symbol


def spot_routes(
    account: SpotAccount, orders: SpotOrders, keys: ListenKeys
) -> Mapping[tuple[str, str], Route]:
    """By method and path."""
    public = {
        "/api/v3/ping": Route(account.ping),
        "/api/v3/time": Route(account.time),
        "/api/v3/exchangeInfo": Route(account.exchange_info, 20),
        "/api/v3/depth": Route(account.depth, spot_depth_weight),
        "/api/v3/trades": Route(account.trades, 25),
        "/api/v3/historicalTrades": Route(account.trades, 25),
        "/api/v3/aggTrades": Route(account.aggregated, 4),
        "/api/v3/avgPrice": Route(account.average, 2),
        "/api/v3/ticker/24hr": Route(account.day, per_symbol(2, 80)),
        "/api/v3/ticker/price": Route(account.price, per_symbol(2, 4)),
        "/api/v3/ticker/bookTicker": Route(account.touch, per_symbol(2, 4)),
    }
    return {("GET", path): route for path, route in public.items()} | {
        ("POST", "/api/v3/order"): Route(orders.place, 1, SIGNED),
        ("DELETE", "/api/v3/order"): Route(orders.cancel, 1, SIGNED),
        ("GET", "/api/v3/order"): Route(orders.order, 4, SIGNED),
        ("POST", "/api/v3/order/test"): Route(orders.test, 1, SIGNED),
        ("DELETE", "/api/v3/openOrders"): Route(orders.cancel_all, 1, SIGNED),
        ("GET", "/api/v3/openOrders"): Route(orders.open_orders, per_symbol(6, 80), SIGNED),
        ("GET", "/api/v3/allOrders"): Route(orders.all_orders, 20, SIGNED),
        ("GET", "/api/v3/myTrades"): Route(orders.trades, 20, SIGNED),
        ("GET", "/api/v3/account"): Route(account.account, 20, SIGNED),
        ("GET", "/api/v3/account/commission"): Route(account.commission, 20, SIGNED),
        ("GET", "/api/v3/rateLimit/order"): Route(account.order_limits, 40, SIGNED),
        ("POST", "/api/v3/userDataStream"): Route(keys.create, 2, KEYED),
        ("PUT", "/api/v3/userDataStream"): Route(keys.keep, 2, KEYED),
        ("DELETE", "/api/v3/userDataStream"): Route(keys.close, 2, KEYED),
        ("GET", "/sapi/v1/capital/config/getall"): Route(account.coins, 10, SIGNED),
        ("GET", "/sapi/v1/margin/allPairs"): Route(account.nothing, 1, KEYED),
        ("GET", "/sapi/v1/margin/isolated/allPairs"): Route(account.nothing, 10, SIGNED),
    }
