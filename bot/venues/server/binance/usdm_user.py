"""USD-M's user streams: what happened to an account's orders, money and positions.

Source: "User Data Streams" of the USD-M Futures documentation.
"""

from typing import Any, Final

from bot.model.command import OrderType, Side
from bot.model.event import FundingPaid, Liquidated
from bot.model.units import AccountId, Currency
from bot.venues.server.binance.listen_keys import ListenKeys
from bot.venues.server.binance.symbols import Symbol, Symbols
from bot.venues.server.binance.usdm_margin import UsdmMargin
from bot.venues.server.binance.words import (
    SELF_TRADE_OF,
    STATUS,
    execution_of,
    side_of,
    time_in_force_of,
)
from bot.venues.server.holdings import ZERO
from bot.venues.server.hub import Hub
from bot.venues.server.numbers import fixed, plain
from bot.venues.server.orders import OrderRecord, Trade
from bot.venues.server.world import AccountNews, World
from bot.venues.simulated.reports import Change, OrderReport

CALL_RATIO: Final = ZERO + 80
"""Percent of the margin balance that maintenance takes when a margin call is sent."""


class UsdmUser:
    """Tells accounts what happened to them, where they listen."""

    def __init__(
        self, world: World, symbols: Symbols, hub: Hub, keys: ListenKeys, margin: UsdmMargin
    ) -> None:
        self._world = world
        self._symbols = symbols
        self._hub = hub
        self._keys = keys
        self._margin = margin
        self._shown = world.calendar.shown_ms
        self._called: set[AccountId] = set()

    def order_changed(self, record: OrderRecord, report: OrderReport, trade: Trade | None) -> None:
        """ORDER_TRADE_UPDATE, and before it what a trade did to the account."""
        key = self._keys.of(record.account)
        if key is None or not self._hub.wanted(key):
            return
        symbol = self._symbols.by_id[record.instrument]
        at_ms = self._shown(report.at_ns)
        if trade is not None:
            self._hub.publish(key, self._trade_lite(symbol, record, trade, at_ms))
            self._hub.publish(
                key, self._account(record.account, "ORDER", at_ms, symbol.instrument.settle, symbol)
            )
        self._hub.publish(key, self._order(symbol, record, report, trade, at_ms))

    def account_changed(self, event: AccountNews) -> None:
        """ACCOUNT_UPDATE for what happened without an order."""
        key = self._keys.of(event.account)
        if key is None or not self._hub.wanted(key):
            return
        at_ms = self._shown(event.ts_venue)
        name = getattr(event, "instrument", None)
        symbol = None if name is None else self._symbols.by_id[name]
        if isinstance(event, Liquidated):
            assert symbol is not None, "what was liquidated has a symbol"
            self._hub.publish(key, self._autoclose(symbol, event, at_ms))
        why = "FUNDING_FEE" if isinstance(event, FundingPaid) else "ORDER"
        if symbol is None:
            why = "DEPOSIT"
        currency = getattr(event, "currency", None) or (
            symbol.instrument.settle if symbol is not None else Currency("USDT")
        )
        # Crossed positions are not part of an update about funding.
        shown = None if isinstance(event, FundingPaid) else symbol
        self._hub.publish(key, self._account(event.account, why, at_ms, currency, shown))

    def passed(self, now_ms: int) -> None:
        """Expire keys, and warn accounts whose margin is nearly gone."""
        for key in self._keys.expire(now_ms):
            self._hub.publish(key, {"e": "listenKeyExpired", "E": now_ms, "listenKey": key})

    def warn(self, account: AccountId) -> None:
        """MARGIN_CALL, once until the margin has recovered."""
        known = [each for each in self._margin.symbols(account) if each.lots]
        if not known:
            self._called.discard(account)
            return
        asset = self._margin.asset(account, known[0].symbol.instrument.settle, known)
        if asset.maintenance * 100 < asset.balance * CALL_RATIO:
            self._called.discard(account)
            return
        key = self._keys.of(account)
        if account in self._called or key is None:
            return
        self._called.add(account)
        self._hub.publish(
            key,
            {
                "e": "MARGIN_CALL",
                "E": self._shown(self._world.now_ns),
                "cw": fixed(asset.wallet, 8),
                "p": [
                    {
                        "s": each.symbol.name,
                        "ps": "BOTH",
                        "pa": each.symbol.size(each.lots),
                        "mt": "CROSSED",
                        "iw": "0",
                        "mp": fixed(each.mark or ZERO, 8),
                        "up": fixed(each.profit, 8),
                        "mm": fixed(each.maintenance, 8),
                    }
                    for each in known
                ],
            },
        )

    # --- frames ------------------------------------------------------------------------

    def _order(
        self,
        symbol: Symbol,
        record: OrderRecord,
        report: OrderReport,
        trade: Trade | None,
        at_ms: int,
    ) -> dict[str, Any]:
        request = record.request
        base = symbol.instrument.amount(record.executed) * symbol.instrument.contract_size
        open_orders = self._world.orders.open(record.account, record.instrument)
        bids, asks = ZERO, ZERO
        for each in open_orders:
            worth = symbol.worth(each.price or 0, each.leaves)
            if each.request.side is Side.BUY:
                bids += worth
            else:
                asks += worth
        told: dict[str, Any] = {
            "s": symbol.name,
            "c": request.client_id,
            "S": side_of(record),
            "o": record.kind,
            "f": time_in_force_of(record, spot=False),
            "q": symbol.size(record.size),
            "p": symbol.price(record.price if request.type is OrderType.LIMIT else None),
            "ap": fixed(record.quote / base if record.executed else 0, symbol.price_places),
            "sp": symbol.price(record.trigger_price),
            "x": execution_of(report),
            "X": STATUS[record.status],
            "i": record.number,
            "l": symbol.size(0 if trade is None else trade.size),
            "z": symbol.size(record.executed),
            "L": symbol.price(0 if trade is None else trade.price),
        }
        if trade is not None:
            told |= {"n": fixed(trade.fee, 8), "N": trade.fee_currency}
        return {
            "e": "ORDER_TRADE_UPDATE",
            "T": at_ms,
            "E": at_ms,
            "o": told
            | {
                "T": at_ms,
                "t": 0 if trade is None else trade.number,
                "b": f"{bids:f}",
                "a": f"{asks:f}",
                "m": trade is not None and trade.maker,
                "R": request.reduce_only,
                "wt": "CONTRACT_PRICE",
                "ot": record.kind,
                "ps": "BOTH",
                "cp": request.close_position,
                "rp": fixed(ZERO if trade is None else trade.profit, 8),
                "pP": False,
                "si": 0,
                "ss": 0,
                "V": SELF_TRADE_OF[request.self_trade],
                "pm": "NONE",
                "gtd": 0 if request.expires_ns is None else self._shown(request.expires_ns),
                "er": "0" if report.change is not Change.EXPIRED_IN_MATCH else "4",
            },
        }

    def _trade_lite(
        self, symbol: Symbol, record: OrderRecord, trade: Trade, at_ms: int
    ) -> dict[str, Any]:
        return {
            "e": "TRADE_LITE",
            "E": at_ms,
            "T": at_ms,
            "s": symbol.name,
            "q": symbol.size(record.size),
            "p": symbol.price(record.price if record.request.type is OrderType.LIMIT else None),
            "m": trade.maker,
            "c": record.request.client_id,
            "S": side_of(record),
            "L": symbol.price(trade.price),
            "l": symbol.size(trade.size),
            "t": trade.number,
            "i": record.number,
        }

    def _account(
        self, account: AccountId, why: str, at_ms: int, currency: Currency, symbol: Symbol | None
    ) -> dict[str, Any]:
        wallet = fixed(self._world.holdings.wallet.get((account, currency), ZERO), 8)
        return {
            "e": "ACCOUNT_UPDATE",
            "T": at_ms,
            "E": at_ms,
            "a": {
                "m": why,
                "B": [{"a": currency, "wb": wallet, "cw": wallet, "bc": "0"}],
                "P": [] if symbol is None else [self._position(account, symbol)],
            },
        }

    def _position(self, account: AccountId, symbol: Symbol) -> dict[str, Any]:
        held = self._world.holdings.of(account, symbol.id)
        mark = self._world.mark(symbol.id)
        profit = self._world.holdings.unrealised(account, symbol.instrument, mark)
        entry = plain(held.entry(symbol.instrument), 8)
        return {
            "s": symbol.name,
            "pa": symbol.size(held.lots),
            "ep": entry,
            "cr": fixed(held.realised, 8),
            "up": fixed(profit, 8),
            "mt": "cross",
            "iw": "0",
            "ps": "BOTH",
            "ma": symbol.instrument.settle,
            "bep": entry,
        }

    def _autoclose(self, symbol: Symbol, event: Liquidated, at_ms: int) -> dict[str, Any]:
        """The venue's own order that closed a position."""
        price = fixed(event.price, symbol.price_places)
        size = symbol.size(event.size)
        digits = "".join(filter(str.isdigit, str(event.trade_id))) or "0"
        return {
            "e": "ORDER_TRADE_UPDATE",
            "T": at_ms,
            "E": at_ms,
            "o": {
                "s": symbol.name,
                "c": f"autoclose-{at_ms}{digits}",
                "S": "BUY" if event.side is Side.BUY else "SELL",
                "o": "LIMIT",
                "f": "IOC",
                "q": size,
                "p": price,
                "ap": price,
                "sp": "0",
                "x": "CALCULATED",
                "X": "FILLED",
                "i": int(digits),
                "l": size,
                "z": size,
                "L": price,
                "n": fixed(event.fee, 8),
                "N": event.fee_currency,
                "T": at_ms,
                "t": int(digits),
                "b": "0",
                "a": "0",
                "m": False,
                "R": False,
                "wt": "CONTRACT_PRICE",
                "ot": "LIMIT",
                "ps": "BOTH",
                "cp": False,
                "rp": "0",
                "pP": False,
                "si": 0,
                "ss": 0,
                "V": "NONE",
                "pm": "NONE",
                "gtd": 0,
            },
        }
