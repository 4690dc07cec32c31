"""USD-M's orders as JSON."""

from collections.abc import Callable
from typing import Any

from bot.model.command import OrderType
from bot.venues.server.binance import errors
from bot.venues.server.binance.params import Params
from bot.venues.server.binance.symbols import Symbol
from bot.venues.server.binance.words import SELF_TRADE_OF, STATUS, side_of, time_in_force_of
from bot.venues.server.numbers import fixed
from bot.venues.server.orders import OrderRecord


def order_of(
    symbol: Symbol,
    record: OrderRecord,
    shown_ms: Callable[[int], int],
    *,
    placed: bool = False,
    acknowledged: bool = False,
) -> dict[str, Any]:
    """An order as JSON. placed: as the reply to a change; acknowledged: as it stood at first."""
    executed = 0 if acknowledged else record.executed
    quote = 0 if acknowledged else record.quote
    base = symbol.instrument.amount(executed) * symbol.instrument.contract_size
    request = record.request
    until = request.expires_ns
    told: dict[str, Any] = {
        "orderId": record.number,
        "symbol": symbol.name,
        "status": "NEW" if acknowledged else STATUS[record.status],
        "clientOrderId": request.client_id,
        "price": symbol.price(record.price if request.type is OrderType.LIMIT else None),
        "avgPrice": fixed(quote / base if executed else 0, symbol.price_places),
        "origQty": symbol.size(record.size),
        "executedQty": symbol.size(executed),
    }
    if placed:
        told["cumQty"] = symbol.size(executed)
    told |= {
        "cumQuote": fixed(quote, symbol.price_places + symbol.size_places),
        "timeInForce": time_in_force_of(record, spot=False),
        "type": record.kind,
        "reduceOnly": request.reduce_only,
        "closePosition": request.close_position,
        "side": side_of(record),
        "positionSide": "BOTH",
        "stopPrice": symbol.price(record.trigger_price),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": record.kind,
        "priceMatch": "NONE",
        "selfTradePreventionMode": SELF_TRADE_OF[request.self_trade],
        "goodTillDate": 0 if until is None else shown_ms(until),
    }
    if not placed:
        told["time"] = shown_ms(record.placed_ns)
    told["updateTime"] = shown_ms(record.updated_ns)
    return told


def span(params: Params, longest_ms: int) -> tuple[int | None, int | None]:
    """The times between which something is looked for."""
    began, ended = params.whole("startTime"), params.whole("endTime")
    if began is not None and ended is not None:
        if began > ended:
            raise errors.Refused(-1023, "Start time is greater than end time.")
        if ended - began > longest_ms:
            days = longest_ms // 86_400_000
            raise errors.Refused(-4166, f"Search window is restricted to recent {days} days only.")
    return began, ended
