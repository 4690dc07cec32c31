"""Spot's user streams: executionReport and outboundAccountPosition, however they are asked for.

Source: "User Data Streams" of the Spot API documentation; over the WebSocket API each event
comes in an envelope with the number of the subscription.
"""

from typing import Any

from bot.model.command import OrderType
from bot.model.units import AccountId
from bot.venues.server.answer import text
from bot.venues.server.binance.listen_keys import ListenKeys
from bot.venues.server.binance.spot_account import SpotAccount
from bot.venues.server.binance.symbols import Symbol, Symbols
from bot.venues.server.binance.words import (
    SELF_TRADE_OF,
    STATUS,
    execution_of,
    side_of,
    time_in_force_of,
)
from bot.venues.server.hub import Hub
from bot.venues.server.numbers import fixed
from bot.venues.server.orders import OrderRecord, Trade
from bot.venues.server.sockets import Socket, frame
from bot.venues.server.world import AccountNews, World
from bot.venues.simulated.reports import Change, OrderReport, Reason

_WHY = {Reason.IMMEDIATE: "INSUFFICIENT_LIQUIDITY", Reason.KILLED: "INSUFFICIENT_LIQUIDITY"}


class SpotUser:
    """Tells accounts what happened to them, where they listen."""

    def __init__(
        self,
        world: World,
        symbols: Symbols,
        hub: Hub,
        keys: ListenKeys,
        account: SpotAccount,
    ) -> None:
        self._world = world
        self._symbols = symbols
        self._hub = hub
        self._keys = keys
        self._account = account
        self._shown = world.calendar.shown_ms
        self._subscribed: dict[AccountId, dict[tuple[Socket, int], None]] = {}
        self._events = 0

    def subscribe(self, account: AccountId, socket: Socket, number: int) -> None:
        """An account listens on a socket of the WebSocket API."""
        self._subscribed.setdefault(account, {})[socket, number] = None

    def unsubscribe(self, socket: Socket, number: int | None = None) -> None:
        """No more; None: whatever it listened to there."""
        for listening in self._subscribed.values():
            for place in list(listening):
                if place[0] is socket and number in (None, place[1]):
                    del listening[place]

    def order_changed(self, record: OrderRecord, report: OrderReport, trade: Trade | None) -> None:
        """An order has changed, and with it what is free and what is locked."""
        if not self._heard(record.account):
            return
        symbol = self._symbols.by_id[record.instrument]
        self._tell(record.account, self._order(symbol, record, report, trade))
        self._tell(record.account, self._position(record.account, symbol, report.at_ns))

    def account_changed(self, event: AccountNews) -> None:
        """Money came or went."""
        amount, currency = getattr(event, "amount", None), getattr(event, "currency", None)
        if amount is None or not self._heard(event.account):
            return
        at_ms = self._shown(event.ts_venue)
        told = {"e": "balanceUpdate", "E": at_ms, "a": currency, "d": fixed(amount, 8), "T": at_ms}
        self._tell(event.account, told)

    def passed(self, now_ms: int) -> None:
        """Expire keys."""
        for key in self._keys.expire(now_ms):
            self._hub.publish(key, {"e": "listenKeyExpired", "E": now_ms, "listenKey": key})

    def _heard(self, account: AccountId) -> bool:
        key = self._keys.of(account)
        by_key = key is not None and self._hub.wanted(key)
        return by_key or bool(self._subscribed.get(account))

    def _tell(self, account: AccountId, event: dict[str, Any]) -> None:
        key = self._keys.of(account)
        if key is not None:
            self._hub.publish(key, event)
        for socket, number in self._subscribed.get(account, ()):
            socket.stream(frame(text({"subscriptionId": number, "event": event})))

    def _order(
        self, symbol: Symbol, record: OrderRecord, report: OrderReport, trade: Trade | None
    ) -> dict[str, Any]:
        request = record.request
        at_ms = self._shown(report.at_ns)
        self._events += 1
        ended = report.change is Change.CANCELED and report.reason is Reason.ASKED
        told: dict[str, Any] = {
            "e": "executionReport",
            "E": at_ms,
            "s": symbol.name,
            "c": request.client_id,
            "S": side_of(record),
            "o": record.kind,
            "f": time_in_force_of(record, spot=True),
            "q": symbol.size(record.size),
            "p": symbol.price(record.price if request.type is OrderType.LIMIT else None),
            "P": symbol.price(record.trigger_price),
            "F": symbol.size(0),
            "g": -1,
            # Of a canceled order this is the name that it had; `c` names the cancel.
            "C": request.client_id if ended else "",
            "x": execution_of(report),
            "X": STATUS[record.status],
            "r": "NONE",
            "i": record.number,
            "l": symbol.size(0 if trade is None else trade.size),
            "z": symbol.size(record.executed),
            "L": symbol.price(0 if trade is None else trade.price),
            "n": "0" if trade is None else fixed(trade.fee, 8),
            "N": None if trade is None else trade.fee_currency,
            "T": at_ms,
            "t": -1 if trade is None else trade.number,
            "I": self._events,
            "w": record.open and report.change is Change.NEW,
            "m": trade is not None and trade.maker,
            "M": trade is not None,
            "O": self._shown(record.placed_ns),
            "Z": fixed(record.quote, 8),
            "Y": fixed(0 if trade is None else symbol.worth(trade.price, trade.size), 8),
            "Q": "0.00000000",
            "W": self._shown(record.placed_ns),
            "V": SELF_TRADE_OF[request.self_trade],
        }
        if report.change is Change.EXPIRED and report.reason in _WHY:
            told["eR"] = _WHY[report.reason]
        return told

    def _position(self, account: AccountId, symbol: Symbol, at_ns: int) -> dict[str, Any]:
        balances = self._account.balances(account)
        instrument = symbol.instrument
        at_ms = self._shown(at_ns)
        return {
            "e": "outboundAccountPosition",
            "E": at_ms,
            "u": at_ms,
            "B": [
                {"a": asset, "f": fixed(balances[asset][0], 8), "l": fixed(balances[asset][1], 8)}
                for asset in (instrument.base, instrument.quote)
            ],
        }
