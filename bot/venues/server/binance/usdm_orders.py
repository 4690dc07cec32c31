"""USD-M's orders: placed, changed, taken back, and looked up.

Source: "New Order" and its neighbours in the USD-M Futures documentation.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from bot.model.units import AccountId
from bot.venues.server.binance import errors
from bot.venues.server.binance.gate import Call
from bot.venues.server.binance.limits import Limits
from bot.venues.server.binance.params import Params
from bot.venues.server.binance.symbols import Symbol, Symbols
from bot.venues.server.binance.usdm_margin import UsdmMargin
from bot.venues.server.binance.usdm_reading import UsdmReader, price_of, size_of
from bot.venues.server.binance.usdm_text import order_of, span
from bot.venues.server.binance.words import (
    SIDES,
)
from bot.venues.server.numbers import fixed
from bot.venues.server.orders import OrderRecord, Trade
from bot.venues.server.world import World
from bot.venues.simulated.reports import Change, OrderReport, Reason, Refusal, Said
from bot.venues.simulated.requests import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Countdown,
    PlaceOrder,
)
from bot.venues.simulated.rules import broken

BATCH_MAX: Final = 5
CANCELS_MAX: Final = 10
COUNTDOWN_MS_MAX: Final = 10**12
DONE: Final = {"code": 200, "msg": "The operation of cancel all open order is done."}
WEEK_MS: Final = 7 * 86_400_000

_REASONS: Final = {
    Reason.DUPLICATE_ID: errors.NAME_TAKEN,
    Reason.NOT_TRADING: errors.NOT_TRADING,
    Reason.BOOK_UNUSABLE: errors.NO_COUNTERPARTY,
    Reason.PRICE_GRID: errors.PRICE_STEP,
    Reason.SIZE_MIN: errors.SIZE_SMALL,
    Reason.SIZE_MAX: errors.SIZE_LARGE,
    Reason.SIZE_STEP: errors.SIZE_STEP,
    Reason.POST_ONLY: errors.NOT_MAKER,
    Reason.KILLED: errors.NOT_FILLED_WHOLE,
    Reason.NOTHING_TO_REDUCE: errors.NOT_REDUCING,
    Reason.MARGIN: errors.INSUFFICIENT_MARGIN,
    Reason.BALANCE: errors.INSUFFICIENT_MARGIN,
    Reason.ORDERS_MAX: errors.ORDERS_FULL,
    Reason.TRIGGERS_MAX: errors.TRIGGERS_FULL,
    Reason.POSITION_MAX: errors.POSITION_FULL,
    Reason.NOTIONAL_MAX: errors.POSITION_FULL,
    Reason.TRIGGER_PASSED: errors.WOULD_TRIGGER,
    Reason.NO_CHANGE: errors.NOTHING_TO_MODIFY,
    Reason.INVALID: (-1106, "Parameter 'timeInForce' sent when not required."),
}


class UsdmOrders:
    """The desk for orders. ids: names for orders that come without one."""

    def __init__(
        self,
        world: World,
        symbols: Symbols,
        margin: UsdmMargin,
        limits: Limits,
        ids: Callable[[], str],
    ) -> None:
        self._world = world
        self._symbols = symbols
        self._margin = margin
        self._limits = limits
        self._shown = world.calendar.shown_ms
        self._reader = UsdmReader(symbols, world.calendar, ids)

    # --- what changes orders -----------------------------------------------------------

    def place(self, call: Call) -> dict[str, Any]:
        """POST /fapi/v1/order."""
        symbol, request, replies = self._reader.read(call.params, call.member.usdm, call.now_ms)
        call.headers.update(self._limits.order(request.account, 1, call.now_ms))
        return self._place(symbol, request, call.params, replies)

    def test(self, call: Call) -> dict[str, Any]:
        """POST /fapi/v1/order/test: everything but the venue itself."""
        symbol, request, _ = self._reader.read(call.params, call.member.usdm, call.now_ms)
        self._check(symbol, request)
        return {}

    def batch(self, call: Call) -> list[dict[str, Any]]:
        """POST /fapi/v1/batchOrders: each is judged by itself."""
        orders = _listed(call.params.need("batchOrders"), "batchOrders")
        if not 0 < len(orders) <= BATCH_MAX:
            raise errors.bad_value("batchOrders")
        call.headers.update(self._limits.order(call.member.usdm, len(orders), call.now_ms))
        return [self._one_of_batch(each, call) for each in orders]

    def amend(self, call: Call) -> dict[str, Any]:
        """PUT /fapi/v1/order."""
        params, account = call.params, call.member.usdm
        symbol = self._symbols.need(params)
        record = self._named(params, account, symbol)
        if SIDES.get(params.need("side")) is not record.request.side:
            raise errors.bad_side()
        size = size_of(params, symbol)
        price = price_of(params, symbol)
        call.headers.update(self._limits.order(account, 1, call.now_ms))
        caused = self._world.perform(
            AmendOrder(
                account=account, instrument=symbol.id, number=record.number, price=price, size=size
            )
        )
        for said in caused:
            if isinstance(said, Refusal):
                raise self._refused(symbol, said.reason, said.text)
            if isinstance(said, OrderReport) and said.reason is Reason.POST_ONLY:
                raise errors.Refused(*errors.NOT_MAKER)
        return order_of(symbol, record, self._shown, placed=True)

    def cancel(self, call: Call) -> dict[str, Any]:
        """DELETE /fapi/v1/order."""
        symbol = self._symbols.need(call.params)
        return self._cancel(call.params, call.member.usdm, symbol)

    def cancel_batch(self, call: Call) -> list[dict[str, Any]]:
        """DELETE /fapi/v1/batchOrders."""
        params, account = call.params, call.member.usdm
        symbol = self._symbols.need(params)
        name = "orderIdList" if params.has("orderIdList") else "origClientOrderIdList"
        if not params.has(name):
            raise errors.either("orderIdList", "origClientOrderIdList")
        wanted = _listed(params.need(name), name)
        if not 0 < len(wanted) <= CANCELS_MAX:
            raise errors.bad_value(name)
        one = "orderId" if name == "orderIdList" else "origClientOrderId"
        found: list[dict[str, Any]] = []
        for each in wanted:
            values = {one: str(each)}
            try:
                found.append(self._cancel(Params.of(values, illegal=False), account, symbol))
            except errors.Refused as refused:
                found.append(refused.body)
        return found

    def cancel_all(self, call: Call) -> dict[str, Any]:
        """DELETE /fapi/v1/allOpenOrders."""
        symbol = self._symbols.need(call.params)
        self._world.perform(CancelAll(account=call.member.usdm, instrument=symbol.id))
        return DONE

    def countdown(self, call: Call) -> dict[str, Any]:
        """POST /fapi/v1/countdownCancelAll."""
        symbol = self._symbols.need(call.params)
        ms = call.params.need_whole("countdownTime")
        if ms > COUNTDOWN_MS_MAX:
            raise errors.bad_value("countdownTime")
        self._world.perform(Countdown(account=call.member.usdm, instrument=symbol.id, ms=ms))
        return {"symbol": symbol.name, "countdownTime": str(ms)}

    # --- what looks them up ------------------------------------------------------------

    def order(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/order."""
        symbol = self._symbols.need(call.params)
        return order_of(symbol, self._named(call.params, call.member.usdm, symbol), self._shown)

    def open_order(self, call: Call) -> dict[str, Any]:
        """GET /fapi/v1/openOrder."""
        symbol = self._symbols.need(call.params)
        record = self._named(call.params, call.member.usdm, symbol)
        if not record.open:
            raise errors.no_such_order()
        return order_of(symbol, record, self._shown)

    def open_orders(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/openOrders."""
        symbol = self._symbols.maybe(call.params)
        found = self._world.orders.open(call.member.usdm, None if symbol is None else symbol.id)
        return [order_of(self._symbols.by_id[each.instrument], each, self._shown) for each in found]

    def all_orders(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/allOrders: from an id on, or in a span of a week at most."""
        params, world = call.params, self._world
        symbol = self._symbols.need(params)
        found = world.orders.all(call.member.usdm, symbol.id)
        first = params.whole("orderId")
        if first is not None:
            found = [each for each in found if each.number >= first]
        began, ended = span(params, WEEK_MS)
        shown = world.calendar.shown_ms
        found = [
            each
            for each in found
            if (began is None or shown(each.placed_ns) >= began)
            and (ended is None or shown(each.placed_ns) <= ended)
        ]
        limit = params.limit(500, 1000)
        # From an id or a time on, the oldest come first; else the latest are meant.
        found = found[:limit] if first is not None or began is not None else found[-limit:]
        return [order_of(symbol, each, shown) for each in found]

    def trades(self, call: Call) -> list[dict[str, Any]]:
        """GET /fapi/v1/userTrades."""
        params, world = call.params, self._world
        symbol = self._symbols.need(params)
        found = world.orders.trades(call.member.usdm, symbol.id)
        order, first = params.whole("orderId"), params.whole("fromId")
        began, ended = span(params, WEEK_MS)
        shown = world.calendar.shown_ms
        found = [
            each
            for each in found
            if (order is None or each.order == order)
            and (first is None or each.number >= first)
            and (began is None or shown(each.at_ns) >= began)
            and (ended is None or shown(each.at_ns) <= ended)
        ]
        limit = params.limit(500, 1000)
        found = found[:limit] if first is not None or began is not None else found[-limit:]
        return [self._trade(symbol, each) for each in found]

    # --- doing it ----------------------------------------------------------------------

    def _place(
        self, symbol: Symbol, request: PlaceOrder, params: Params, replies: str
    ) -> dict[str, Any]:
        taken = self._world.orders.find(request.account, symbol.id, None, request.client_id)
        if taken is not None and taken.open:
            raise errors.Refused(*errors.NAME_TAKEN)
        self._check(symbol, request)
        caused = self._world.perform(request, params.values["type"], Reason.KILLED)
        number = self._judge(symbol, request, caused)
        record = self._world.orders.find(request.account, symbol.id, number, "")
        assert record is not None, "an order that was taken in is kept"
        return order_of(symbol, record, self._shown, placed=True, acknowledged=replies == "ACK")

    def _check(self, symbol: Symbol, request: PlaceOrder) -> None:
        """The symbol's filters, then the account's margin, as the real venue complains."""
        listing = symbol.listing
        trouble = broken(listing.instrument, listing.rules, request, request.price)
        if trouble is not None:
            raise self._refused(symbol, *trouble)
        self._margin.check(symbol, request)

    def _judge(self, symbol: Symbol, request: PlaceOrder, caused: list[Said]) -> int:
        """The number of an order that was taken in."""
        number = None
        for said in caused:
            if not isinstance(said, OrderReport) or said.request is not request:
                continue
            if said.change is Change.REJECTED or said.reason is Reason.KILLED:
                assert said.reason is not None, "a refusal has its reason"
                raise self._refused(symbol, said.reason, said.text)
            number = said.number
        assert number is not None, "an order is taken in or refused"
        return number

    def _refused(self, symbol: Symbol, reason: Reason, text: str) -> errors.Refused:
        """What the venue's reason is called here."""
        if reason is Reason.PRICE_BAND:
            bound = text.rpartition(" ")[2]
            return errors.above_band(bound) if "highest" in text else errors.below_band(bound)
        if reason is Reason.PRICE_RANGE:
            return errors.Refused(*(errors.PRICE_HIGH if "highest" in text else errors.PRICE_LOW))
        if reason is Reason.NOTIONAL_MIN:
            return errors.too_small(f"{symbol.instrument.notional_min:f}")
        if reason in (Reason.UNKNOWN_ORDER, Reason.CLOSED_ORDER):
            return errors.unknown_order()
        return errors.Refused(*_REASONS[reason])

    def _one_of_batch(self, values: Any, call: Call) -> dict[str, Any]:
        try:
            if not isinstance(values, dict):
                raise errors.bad_value("batchOrders")
            plain = {str(key): _text(value) for key, value in values.items()}
            params = Params.of(plain, illegal=False)
            symbol, request, replies = self._reader.read(params, call.member.usdm, call.now_ms)
            return self._place(symbol, request, params, replies)
        except errors.Refused as refused:
            return refused.body

    def _cancel(self, params: Params, account: AccountId, symbol: Symbol) -> dict[str, Any]:
        number, name = _named(params)
        record = self._world.orders.find(account, symbol.id, number, name)
        if record is None or not record.open:
            raise errors.unknown_order()
        self._world.perform(
            CancelOrder(account=account, instrument=symbol.id, number=record.number)
        )
        return order_of(symbol, record, self._shown, placed=True)

    def _named(self, params: Params, account: AccountId, symbol: Symbol) -> OrderRecord:
        number, name = _named(params)
        record = self._world.orders.find(account, symbol.id, number, name)
        if record is None:
            raise errors.no_such_order()
        return record

    def _trade(self, symbol: Symbol, trade: Trade) -> dict[str, Any]:
        return {
            "symbol": symbol.name,
            "id": trade.number,
            "orderId": trade.order,
            "side": "BUY" if trade.buys else "SELL",
            "price": symbol.price(trade.price),
            "qty": symbol.size(trade.size),
            "realizedPnl": fixed(trade.profit, 8),
            "quoteQty": f"{symbol.worth(trade.price, trade.size):f}",
            "commission": fixed(trade.fee, 8),
            "commissionAsset": trade.fee_currency,
            "time": self._world.calendar.shown_ms(trade.at_ns),
            "positionSide": "BOTH",
            "buyer": trade.buys,
            "maker": trade.maker,
        }


def _named(params: Params) -> tuple[int | None, str]:
    """The venue's number of an order, else its client's name."""
    number, name = params.whole("orderId"), params.text("origClientOrderId")
    if number is None and name is None:
        raise errors.either("origClientOrderId", "orderId")
    return number, name or ""


def _listed(text: str, name: str) -> list[Any]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise errors.bad_value(name) from None
    if not isinstance(found, list):
        raise errors.bad_value(name)
    return found


def _text(value: Any) -> str:
    """A value of JSON as a parameter would have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
