"""Deribit's subscriptions: which channels there are, and what is told on them.

Source: "Subscriptions" of Deribit's API documentation. A book begins with its whole; each change
names the one before it.
"""

from collections.abc import Sequence
from typing import Any, Final

from bot.model.units import AccountId, InstrumentId
from bot.venues.server.depth import Levels
from bot.venues.server.deribit.market import DeribitMarket
from bot.venues.server.deribit.names import Name, Names
from bot.venues.server.deribit.rpc import encode
from bot.venues.server.deribit.trading import DeribitTrading
from bot.venues.server.hub import Hub, Listener
from bot.venues.server.orders import OrderRecord, Trade
from bot.venues.server.public import PublicTrade
from bot.venues.server.sockets import frame
from bot.venues.server.world import World

PACE_MS: Final = 100
INTERVALS: Final = ("raw", "100ms", "agg2")


class Channels:
    """Publishes what happens to whoever subscribed to it."""

    def __init__(
        self, world: World, names: Names, market: DeribitMarket, trading: DeribitTrading
    ) -> None:
        self.hub = Hub(encode)
        self._world = world
        self._names = names
        self._market = market
        self._trading = trading
        self._touch: dict[str, Any] = {}
        self._last = 0
        self._sides: dict[str, tuple[Levels, Levels]] = {}

    def subscribe(self, listener: Listener, channel: str, account: AccountId | None) -> str | None:
        """Let a client hear a channel; returns it as it is called, None: there is none such."""
        parts = channel.split(".")
        if parts[0] == "user":
            if account is None or not self._private(parts):
                return None
            self.hub.subscribe(listener, f"{account}|{channel}")
            return channel
        if len(parts) < 2 or parts[1] not in self._names.by_name:
            return None
        name = self._names.by_name[parts[1]]
        known = {
            "book": len(parts) == 3 and parts[2] in INTERVALS,
            "trades": len(parts) == 3 and parts[2] in INTERVALS,
            "ticker": len(parts) == 3 and parts[2] in INTERVALS,
            "quote": len(parts) == 2,
            "perpetual": len(parts) == 3 and parts[2] in INTERVALS,
        }
        if not known.get(parts[0], False):
            return None
        if parts[0] == "book":
            self._begin_book(listener, name, channel)
        self.hub.subscribe(listener, channel)
        if parts[0] in ("ticker", "quote", "perpetual"):
            self._send(listener, channel, self._told(parts[0], name))
        return channel

    def unsubscribe(
        self, listener: Listener, channel: str, account: AccountId | None
    ) -> str | None:
        """No more of it."""
        name = f"{account}|{channel}" if channel.startswith("user.") else channel
        if name not in listener.names:
            return None
        self.hub.unsubscribe(listener, name)
        return channel

    # --- what happens ------------------------------------------------------------------

    def traded(self, id_: InstrumentId, trades: Sequence[PublicTrade]) -> None:
        """These trades happened together."""
        name = self._names.by_id[id_]
        for interval in INTERVALS:
            channel = f"trades.{name.name}.{interval}"
            if self.hub.wanted(channel):
                self._publish(channel, channel, [self._market.trade_of(name, t) for t in trades])

    def order_changed(self, record: OrderRecord, trade: Trade | None) -> None:
        """An order of a client has changed."""
        name = self._names.by_id[record.instrument]
        scopes = (
            name.name,
            "any.any",
            f"future.{name.currency}",
            "future.any",
            f"any.{name.currency}",
        )
        for scope in scopes:
            for interval in INTERVALS:
                if trade is not None:
                    told = self._trading.trade_of(name, trade)
                    self._tell(record.account, f"user.trades.{scope}.{interval}", [told])
                order = self._trading.order_of(name, record)
                # Raw channels tell one order at a time, the others lists.
                self._tell(
                    record.account,
                    f"user.orders.{scope}.{interval}",
                    order if interval == "raw" else [order],
                )
        if trade is not None:
            self.portfolio_changed(record.account, name)

    def portfolio_changed(self, account: AccountId, name: Name) -> None:
        """Money or margin of an account has changed."""
        told = None
        for scope in (name.currency.lower(), "any"):
            channel = f"user.portfolio.{scope}"
            if self.hub.wanted(f"{account}|{channel}"):
                told = told or self._trading.summary_of(account, name.currency)
                self._tell(account, channel, told)

    def passed(self, now_ms: int) -> None:
        """Time has passed."""
        due = now_ms // PACE_MS != self._last
        self._last = now_ms // PACE_MS
        for name in self._names.by_name.values():
            books = [
                f"book.{name.name}.{interval}"
                for interval in INTERVALS
                if self.hub.wanted(f"book.{name.name}.{interval}")
            ]
            if books and due:
                self._world.look(name.id)
                self._changes(name, books)
            self._quote(name)
            if due:
                for kind in ("ticker", "perpetual"):
                    for interval in INTERVALS:
                        channel = f"{kind}.{name.name}.{interval}"
                        if self.hub.wanted(channel):
                            self._publish(channel, channel, self._told(kind, name))

    # --- parts -------------------------------------------------------------------------

    def _begin_book(self, listener: Listener, name: Name, channel: str) -> None:
        """Bring everybody to the same change, then show the newcomer the whole."""
        depth = self._world.depth[name.id]
        depth.batch(PACE_MS)
        self._world.look(name.id)
        self._changes(name, [f"book.{name.name}.{interval}" for interval in INTERVALS])
        bids, asks = depth.top(1_000_000)
        whole = {
            "type": "snapshot",
            "timestamp": self._world.calendar.shown_ms(self._world.now_ns),
            "instrument_name": name.name,
            "change_id": depth.number,
            "bids": [("new", name.price(price), name.amount(lots)) for price, lots in bids],
            "asks": [("new", name.price(price), name.amount(lots)) for price, lots in asks],
        }
        if channel not in listener.names:
            self._send(listener, channel, whole)
        self._shown_sides(name)

    def _changes(self, name: Name, channels: list[str]) -> None:
        depth = self._world.depth[name.id]
        depth.batch(PACE_MS)
        told = depth.take(PACE_MS)
        if told is None:
            return
        _, before, bids, asks = told
        stood = self._sides.get(name.name, ({}, {}))
        data = {
            "type": "change",
            "timestamp": self._world.calendar.shown_ms(depth.changed_ns),
            "instrument_name": name.name,
            "change_id": depth.number,
            "prev_change_id": before,
            "bids": self._levels(name, bids, stood[0]),
            "asks": self._levels(name, asks, stood[1]),
        }
        self._shown_sides(name)
        for channel in channels:
            self._publish(channel, channel, data)

    def _levels(self, name: Name, changed: Levels, stood: Levels) -> list[Any]:
        return [
            (
                "delete" if not lots else "change" if price in stood else "new",
                name.price(price),
                name.amount(lots),
            )
            for price, lots in sorted(changed.items())
        ]

    def _shown_sides(self, name: Name) -> None:
        depth = self._world.depth[name.id]
        self._sides[name.name] = (depth.bids, depth.asks)

    def _quote(self, name: Name) -> None:
        channel = f"quote.{name.name}"
        if not self.hub.wanted(channel):
            return
        touch = self._world.touch(name.id)
        if self._touch.get(channel) != touch:
            self._touch[channel] = touch
            self._publish(channel, channel, self._told("quote", name))

    def _told(self, kind: str, name: Name) -> dict[str, Any]:
        told = self._market.ticker_of(name)
        if kind == "ticker":
            return told
        if kind == "perpetual":
            return {
                "timestamp": told["timestamp"],
                "interest": told["funding_8h"],
                "index_price": told["index_price"],
            }
        kept = ("best_bid_price", "best_bid_amount", "best_ask_price", "best_ask_amount")
        return {
            "timestamp": told["timestamp"],
            "instrument_name": name.name,
            **{each: told[each] for each in kept},
        }

    def _private(self, parts: list[str]) -> bool:
        if len(parts) < 3 or parts[1] not in ("orders", "trades", "portfolio"):
            return False
        if parts[1] == "portfolio":
            return len(parts) == 3
        return len(parts) in (4, 5) and parts[-1] in INTERVALS

    def _tell(self, account: AccountId, channel: str, data: Any) -> None:
        self._publish(f"{account}|{channel}", channel, data)

    def _publish(self, heard: str, channel: str, data: Any) -> None:
        self.hub.publish(heard, _message(channel, data))

    def _send(self, listener: Listener, channel: str, data: Any) -> None:
        listener.socket.stream(frame(encode(_message(channel, data))))


def _message(channel: str, data: Any) -> dict[str, Any]:
    return {
        "jsonrpc": "2.0",
        "method": "subscription",
        "params": {"channel": channel, "data": data},
    }
