"""Spot's orders: placed, taken back, and looked up.

Source: "Trading endpoints" and "Account endpoints" of the Spot API documentation.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from bot.model.command import OrderType, TimeInForce
from bot.model.units import AccountId
from bot.venues.server.binance import errors
from bot.venues.server.binance.gate import Call
from bot.venues.server.binance.limits import Limits
from bot.venues.server.binance.params import Params
from bot.venues.server.binance.symbols import SPOT_PLACES, SPOT_TYPES, Symbol, Symbols
from bot.venues.server.binance.words import (
    SELF_TRADE_OF,
    SELF_TRADES,
    SIDES,
    STATUS,
    TIMES,
    side_of,
    time_in_force_of,
)
from bot.venues.server.numbers import fixed
from bot.venues.server.orders import OrderRecord, Trade
from bot.venues.server.world import World
from bot.venues.simulated.reports import Change, OrderReport, Reason, Said
from bot.venues.simulated.requests import CancelAll, CancelOrder, PlaceOrder

ALL_TYPES: Final = (
    *SPOT_TYPES,
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)
DAY_MS: Final = 86_400_000
_FILTERS: Final = {
    Reason.PRICE_GRID: "PRICE_FILTER",
    Reason.PRICE_RANGE: "PRICE_FILTER",
    Reason.PRICE_BAND: "PERCENT_PRICE_BY_SIDE",
    Reason.SIZE_STEP: "LOT_SIZE",
    Reason.NOTIONAL_MIN: "NOTIONAL",
    Reason.NOTIONAL_MAX: "NOTIONAL",
    Reason.ORDERS_MAX: "MAX_NUM_ORDERS",
    Reason.TRIGGERS_MAX: "MAX_NUM_ALGO_ORDERS",
    Reason.POSITION_MAX: "MAX_POSITION",
}
_REJECTIONS: Final = {
    Reason.DUPLICATE_ID: "Duplicate order sent.",
    Reason.POST_ONLY: "Order would immediately match and take.",
    Reason.BALANCE: "Account has insufficient balance for requested action.",
    Reason.NOT_TRADING: "Market is closed.",
    Reason.BOOK_UNUSABLE: "Market is closed.",
    Reason.TRIGGER_PASSED: "Stop price would trigger immediately.",
}


class SpotOrders:
    """The desk for orders. ids: names for orders that come without one."""

    def __init__(
        self, world: World, symbols: Symbols, limits: Limits, ids: Callable[[], str]
    ) -> None:
        self._world = world
        self._symbols = symbols
        self._limits = limits
        self._ids = ids
        self._shown = world.calendar.shown_ms

    # --- what changes orders -----------------------------------------------------------

    def place(self, call: Call) -> dict[str, Any]:
        """POST /api/v3/order."""
        symbol, request, replies = self.read(call.params, call.member.spot)
        call.headers.update(self._limits.order(request.account, 1, call.now_ms))
        taken = self._world.orders.find(request.account, symbol.id, None, request.client_id)
        if taken is not None and taken.open:
            raise errors.rejected(_REJECTIONS[Reason.DUPLICATE_ID])
        caused = self._world.perform(request, call.params.values["type"])
        number = self._judge(request, caused)
        record = self._world.orders.find(request.account, symbol.id, number, "")
        assert record is not None, "an order that was taken in is kept"
        return self._placed(symbol, record, replies)

    def test(self, call: Call) -> dict[str, Any]:
        """POST /api/v3/order/test: everything but the venue itself."""
        self.read(call.params, call.member.spot)
        return {}

    def cancel(self, call: Call) -> dict[str, Any]:
        """DELETE /api/v3/order."""
        params, account = call.params, call.member.spot
        symbol = self._symbols.need(params)
        number, name = _named(params)
        record = self._world.orders.find(account, symbol.id, number, name)
        if record is None or not record.open:
            raise errors.unknown_order()
        restriction = params.text("cancelRestrictions")
        if restriction not in (None, "ONLY_NEW", "ONLY_PARTIALLY_FILLED"):
            raise errors.bad_value("cancelRestrictions")
        if restriction is not None and restriction != f"ONLY_{STATUS[record.status]}":
            raise errors.Refused(-2011, "Order was not canceled due to cancel restrictions.")
        self._world.perform(
            CancelOrder(account=account, instrument=symbol.id, number=record.number)
        )
        return self._canceled(symbol, record, params.name("newClientOrderId"))

    def cancel_all(self, call: Call) -> list[dict[str, Any]]:
        """DELETE /api/v3/openOrders."""
        account = call.member.spot
        symbol = self._symbols.need(call.params)
        standing = self._world.orders.open(account, symbol.id)
        if not standing:
            raise errors.unknown_order()
        self._world.perform(CancelAll(account=account, instrument=symbol.id))
        return [self._canceled(symbol, each, None) for each in standing]

    # --- what looks them up ------------------------------------------------------------

    def order(self, call: Call) -> dict[str, Any]:
        """GET /api/v3/order."""
        symbol = self._symbols.need(call.params)
        number, name = _named(call.params)
        record = self._world.orders.find(call.member.spot, symbol.id, number, name)
        if record is None:
            raise errors.no_such_order()
        return self._order(symbol, record)

    def open_orders(self, call: Call) -> list[dict[str, Any]]:
        """GET /api/v3/openOrders."""
        symbol = self._symbols.maybe(call.params)
        found = self._world.orders.open(call.member.spot, None if symbol is None else symbol.id)
        return [self._order(self._symbols.by_id[each.instrument], each) for each in found]

    def all_orders(self, call: Call) -> list[dict[str, Any]]:
        """GET /api/v3/allOrders."""
        params = call.params
        symbol = self._symbols.need(params)
        first = params.whole("orderId")
        began, ended = _span(params)
        found = [
            each
            for each in self._world.orders.all(call.member.spot, symbol.id)
            if (first is None or each.number >= first)
            and (began is None or self._shown(each.placed_ns) >= began)
            and (ended is None or self._shown(each.placed_ns) <= ended)
        ]
        limit = params.limit(500, 1000)
        found = found[:limit] if first is not None or began is not None else found[-limit:]
        return [self._order(symbol, each) for each in found]

    def trades(self, call: Call) -> list[dict[str, Any]]:
        """GET /api/v3/myTrades."""
        params = call.params
        symbol = self._symbols.need(params)
        order, first = params.whole("orderId"), params.whole("fromId")
        began, ended = _span(params)
        found = [
            each
            for each in self._world.orders.trades(call.member.spot, symbol.id)
            if (order is None or each.order == order)
            and (first is None or each.number >= first)
            and (began is None or self._shown(each.at_ns) >= began)
            and (ended is None or self._shown(each.at_ns) <= ended)
        ]
        limit = params.limit(500, 1000)
        found = found[:limit] if first is not None or began is not None else found[-limit:]
        return [self._trade(symbol, each) for each in found]

    # --- reading an order --------------------------------------------------------------

    def read(self, params: Params, account: AccountId) -> tuple[Symbol, PlaceOrder, str]:
        """The order that parameters state, and how it is to be replied to."""
        symbol = self._symbols.need(params)
        side = SIDES.get(params.need("side"))
        if side is None:
            raise errors.bad_side()
        kind = params.need("type")
        if kind not in ALL_TYPES:
            raise errors.bad_order_type()
        if kind not in SPOT_TYPES:
            raise errors.Refused(-1013, "This order type is not possible in this trading pair.")
        time = params.text("timeInForce")
        if kind == "LIMIT":
            time = params.need("timeInForce")
            if time not in TIMES:
                raise errors.bad_time_in_force()
        elif time is not None:
            raise errors.not_required("timeInForce")
        market = kind == "MARKET"
        if market and params.text("price") is not None:
            raise errors.not_required("price")
        for name in ("stopPrice", "trailingDelta", "icebergQty", "quoteOrderQty"):
            if params.text(name) is not None:
                raise errors.not_required(name)
        replies = params.text("newOrderRespType") or ("FULL" if kind != "LIMIT_MAKER" else "ACK")
        if replies not in ("ACK", "RESULT", "FULL"):
            raise errors.Refused(-1136, "Invalid newOrderRespType.")
        guard = params.text("selfTradePreventionMode") or "EXPIRE_MAKER"
        if guard not in SELF_TRADES or guard == "NONE":
            raise errors.bad_value("selfTradePreventionMode")
        size = self._count(params, "quantity", symbol.instrument.lot, "LOT_SIZE")
        request = PlaceOrder(
            account=account,
            client_id=params.name("newClientOrderId") or self._ids(),
            instrument=symbol.id,
            side=side,
            size=size,
            price=(
                None
                if market
                else self._count(params, "price", symbol.instrument.grid.tick, "PRICE_FILTER")
            ),
            type=OrderType.MARKET if market else OrderType.LIMIT,
            time_in_force=TIMES.get(time or "", TimeInForce.GTC),
            post_only=kind == "LIMIT_MAKER",
            self_trade=SELF_TRADES[guard],
        )
        return symbol, request, replies

    def _count(self, params: Params, name: str, step: Decimal, rule: str) -> int:
        """Steps in a number; it must be a multiple of them."""
        value = params.need_decimal(name)
        if value != round(value, SPOT_PLACES):
            raise errors.too_precise(name)
        count, rest = divmod(value, step)
        if rest or not 0 < count < 1 << 53:
            raise errors.filter_failure(rule)
        return int(count)

    def _judge(self, request: PlaceOrder, caused: list[Said]) -> int:
        """The number of an order that was taken in."""
        number = None
        for said in caused:
            if not isinstance(said, OrderReport) or said.request is not request:
                continue
            if said.change is Change.REJECTED:
                assert said.reason is not None, "a refusal has its reason"
                raise _refused(said.reason, request)
            number = said.number
        assert number is not None, "an order is taken in or refused"
        return number

    # --- JSON --------------------------------------------------------------------------

    def _placed(self, symbol: Symbol, record: OrderRecord, replies: str) -> dict[str, Any]:
        told: dict[str, Any] = {
            "symbol": symbol.name,
            "orderId": record.number,
            "orderListId": -1,
            "clientOrderId": record.request.client_id,
            "transactTime": self._shown(record.updated_ns),
        }
        if replies == "ACK":
            return told
        told |= self._state(symbol, record)
        told["workingTime"] = self._shown(record.placed_ns)
        told["selfTradePreventionMode"] = SELF_TRADE_OF[record.request.self_trade]
        if replies == "FULL":
            told["fills"] = [
                {
                    "price": symbol.price(each.price),
                    "qty": symbol.size(each.size),
                    "commission": fixed(each.fee, 8),
                    "commissionAsset": each.fee_currency,
                    "tradeId": each.number,
                }
                for each in record.trades
            ]
        return told

    def _canceled(self, symbol: Symbol, record: OrderRecord, name: str | None) -> dict[str, Any]:
        return {
            "symbol": symbol.name,
            "origClientOrderId": record.request.client_id,
            "orderId": record.number,
            "orderListId": -1,
            "clientOrderId": name or self._ids(),
            "transactTime": self._shown(record.updated_ns),
            **self._state(symbol, record),
            "selfTradePreventionMode": SELF_TRADE_OF[record.request.self_trade],
        }

    def _state(self, symbol: Symbol, record: OrderRecord) -> dict[str, Any]:
        return {
            "price": symbol.price(record.price if record.request.type is OrderType.LIMIT else None),
            "origQty": symbol.size(record.size),
            "executedQty": symbol.size(record.executed),
            "origQuoteOrderQty": "0.00000000",
            "cummulativeQuoteQty": fixed(record.quote, 8),
            "status": STATUS[record.status],
            "timeInForce": time_in_force_of(record, spot=True),
            "type": record.kind,
            "side": side_of(record),
        }

    def _order(self, symbol: Symbol, record: OrderRecord) -> dict[str, Any]:
        return {
            "symbol": symbol.name,
            "orderId": record.number,
            "orderListId": -1,
            "clientOrderId": record.request.client_id,
            **self._state(symbol, record),
            "stopPrice": symbol.price(record.trigger_price),
            "icebergQty": "0.00000000",
            "time": self._shown(record.placed_ns),
            "updateTime": self._shown(record.updated_ns),
            "isWorking": True,
            "workingTime": self._shown(record.placed_ns),
            "selfTradePreventionMode": SELF_TRADE_OF[record.request.self_trade],
        }

    def _trade(self, symbol: Symbol, each: Trade) -> dict[str, Any]:
        return {
            "symbol": symbol.name,
            "id": each.number,
            "orderId": each.order,
            "orderListId": -1,
            "price": symbol.price(each.price),
            "qty": symbol.size(each.size),
            "quoteQty": fixed(symbol.worth(each.price, each.size), 8),
            "commission": fixed(each.fee, 8),
            "commissionAsset": each.fee_currency,
            "time": self._shown(each.at_ns),
            "isBuyer": each.buys,
            "isMaker": each.maker,
            "isBestMatch": True,
        }


def _refused(reason: Reason, request: PlaceOrder) -> errors.Refused:
    """What the venue's reason is called here."""
    market = request.type is OrderType.MARKET
    if reason in (Reason.SIZE_MIN, Reason.SIZE_MAX):
        return errors.filter_failure("MARKET_LOT_SIZE" if market else "LOT_SIZE")
    if reason in _FILTERS:
        return errors.filter_failure(_FILTERS[reason])
    if reason in _REJECTIONS:
        return errors.rejected(_REJECTIONS[reason])
    return errors.Refused(-1013, "Invalid quantity.")


def _named(params: Params) -> tuple[int | None, str]:
    number, name = params.whole("orderId"), params.text("origClientOrderId")
    if number is None and name is None:
        raise errors.either("origClientOrderId", "orderId")
    return number, name or ""


def _span(params: Params) -> tuple[int | None, int | None]:
    began, ended = params.whole("startTime"), params.whole("endTime")
    if began is not None and ended is not None and ended - began > DAY_MS:
        raise errors.Refused(-1127, "More than 24 hours between startTime and endTime.")
    return began, ended
