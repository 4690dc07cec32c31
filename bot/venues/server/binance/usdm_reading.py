"""Reading USD-M's orders out of parameters, strictly, in the order in which Binance complains.

Source: "New Order" of the USD-M Futures documentation.
"""

from collections.abc import Callable
from typing import Final

from bot.model.command import OrderType, TimeInForce
from bot.model.units import AccountId
from bot.venues.server.binance import errors
from bot.venues.server.binance.params import Params
from bot.venues.server.binance.symbols import USDM_TYPES, Symbol, Symbols
from bot.venues.server.binance.words import SELF_TRADES, SIDES, TIMES
from bot.venues.server.calendar import Calendar
from bot.venues.simulated.requests import PlaceOrder

GOOD_TILL_MS_MIN: Final = 600_000
GOOD_TILL_MS_MAX: Final = 253_402_300_799_000


class UsdmReader:
    """Makes requests of parameters. ids: names for orders that come without one."""

    def __init__(self, symbols: Symbols, calendar: Calendar, ids: Callable[[], str]) -> None:
        self._symbols = symbols
        self._calendar = calendar
        self._ids = ids

    def read(
        self, params: Params, account: AccountId, now_ms: int
    ) -> tuple[Symbol, PlaceOrder, str]:
        """The order that parameters state, and how it is to be replied to."""
        symbol = self._symbols.need(params)
        side = SIDES.get(params.need("side"))
        if side is None:
            raise errors.bad_side()
        kind = params.need("type")
        if kind not in USDM_TYPES:
            raise errors.bad_order_type()
        if kind not in ("LIMIT", "MARKET"):
            raise errors.Refused(*errors.ALGO_ONLY)
        if params.text("positionSide") not in (None, "BOTH"):
            raise errors.Refused(*errors.WRONG_POSITION_SIDE)
        market = kind == "MARKET"
        time = params.text("timeInForce") if market else params.need("timeInForce")
        if market and time is not None:
            raise errors.not_required("timeInForce")
        if not market and time not in (*TIMES, "GTX", "GTD"):
            raise errors.bad_time_in_force()
        if market and params.has("price"):
            raise errors.not_required("price")
        for name in ("stopPrice", "activationPrice", "callbackRate", "closePosition"):
            if params.has(name) and params.values[name].lower() != "false":
                raise errors.not_required(name)
        replies = params.text("newOrderRespType") or "ACK"
        if replies not in ("ACK", "RESULT"):
            raise errors.bad_value("newOrderRespType")
        guard = params.text("selfTradePreventionMode") or "NONE"
        if guard not in SELF_TRADES:
            raise errors.bad_value("selfTradePreventionMode")
        if params.text("priceMatch") not in (None, "NONE"):
            raise errors.bad_value("priceMatch")
        request = PlaceOrder(
            account=account,
            client_id=params.name("newClientOrderId") or self._ids(),
            instrument=symbol.id,
            side=side,
            size=size_of(params, symbol),
            price=None if market else price_of(params, symbol),
            type=OrderType.MARKET if market else OrderType.LIMIT,
            time_in_force=TIMES.get(time or "", TimeInForce.GTC),
            post_only=time == "GTX",
            reduce_only=params.flag("reduceOnly"),
            self_trade=SELF_TRADES[guard],
            expires_ns=self._until(params, now_ms) if time == "GTD" else None,
        )
        return symbol, request, replies

    def _until(self, params: Params, now_ms: int) -> int:
        until_ms = params.need_whole("goodTillDate")
        if not now_ms + GOOD_TILL_MS_MIN < until_ms < GOOD_TILL_MS_MAX:
            raise errors.bad_value("goodTillDate")
        return self._calendar.market_of(until_ms // 1_000 * 1_000)


def size_of(params: Params, symbol: Symbol) -> int:
    """Lots that are asked for."""
    size = params.need_decimal("quantity")
    if size == 0:
        raise errors.Refused(*errors.SIZE_ZERO)
    lots, rest = divmod(size, symbol.instrument.lot)
    if rest:
        raise errors.too_precise(None)
    return _bounded(int(lots), errors.SIZE_LARGE)


def price_of(params: Params, symbol: Symbol) -> int:
    """Ticks of the limit."""
    price = params.need_decimal("price")
    if price == 0:
        raise errors.Refused(*errors.PRICE_ZERO)
    if price != round(price, symbol.price_places):
        raise errors.too_precise(None)
    ticks, rest = divmod(price, symbol.instrument.grid.tick)
    if rest:
        raise errors.Refused(*errors.PRICE_STEP)
    return _bounded(int(ticks), errors.PRICE_HIGH)


def _bounded(count: int, refused: tuple[int, str]) -> int:
    """Ticks or lots that a venue can count."""
    if count >= 1 << 53:
        raise errors.Refused(*refused)
    return count
