"""The public streams of one market, spot or USD-M.

Source: "WebSocket Market Streams" of both API documentations; shapes of the frames after those
recorded in 2024 and 2026.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any, Final

from bot.model.command import Side
from bot.model.event import Liquidation
from bot.venues.server.binance.symbols import Symbol, Symbols
from bot.venues.server.binance.usdm_market import next_funding_ms
from bot.venues.server.depth import Depth, Levels
from bot.venues.server.hub import Hub
from bot.venues.server.numbers import fixed
from bot.venues.server.public import Public, PublicTrade
from bot.venues.server.world import World

SECTOR: Final = 1
"""`st` of USD-M since 2026: which part of the market a symbol belongs to."""
SECOND_MS: Final = 1_000
_USDM_DEPTHS: Final = {"depth@100ms": 100, "depth": 250, "depth@250ms": 250, "depth@500ms": 500}
_SPOT_DEPTHS: Final = {"depth@100ms": 100, "depth": 1_000, "depth@1000ms": 1_000}
_PARTS: Final = (5, 10, 20)


class Streams:
    """Publishes what happens in a market to whoever subscribed to it."""

    def __init__(self, world: World, symbols: Symbols, hub: Hub) -> None:
        self._world = world
        self._symbols = symbols
        self._hub = hub
        self._shown = world.calendar.shown_ms
        self._depths = _SPOT_DEPTHS if symbols.spot else _USDM_DEPTHS
        self._last_ms: dict[int, int] = {}
        self._touch: dict[str, Any] = {}

    # --- what happens ------------------------------------------------------------------

    def traded(self, symbol: Symbol, trades: Sequence[PublicTrade]) -> None:
        """Trades of one moment: each by itself, and together where price and side are one."""
        name, hub = symbol.name.lower(), self._hub
        if hub.wanted(f"{name}@trade"):
            for each in trades:
                hub.publish(f"{name}@trade", self._trade(symbol, each))
        if hub.wanted(f"{name}@aggTrade"):
            for _, together in groupby(trades, key=lambda each: (each.price, each.sold)):
                hub.publish(f"{name}@aggTrade", self._aggregate(symbol, list(together)))

    def forced(self, symbol: Symbol, event: Liquidation) -> None:
        """Somebody was closed by force."""
        self.force(
            symbol,
            event.side,
            event.price,
            symbol.instrument.lots(event.amount),
            self._shown(event.ts_recv),
        )

    def force(self, symbol: Symbol, side: Side, price: Decimal, lots: int, at_ms: int) -> None:
        """The order that closed somebody."""
        size = symbol.size(lots)
        message = {
            "e": "forceOrder",
            "E": at_ms,
            "o": {
                "s": symbol.name,
                "S": "BUY" if side is Side.BUY else "SELL",
                "o": "LIMIT",
                "f": "IOC",
                "q": size,
                "p": fixed(price, symbol.price_places),
                "ap": fixed(price, symbol.price_places),
                "X": "FILLED",
                "l": size,
                "z": size,
                "T": at_ms,
                "ps": symbol.name,
                "st": SECTOR,
            },
        }
        self._hub.publish(f"{symbol.name.lower()}@forceOrder", message)
        self._hub.publish("!forceOrder@arr", message)

    def passed(self) -> None:
        """Time has passed: tell what has changed, at each stream's own pace."""
        now_ms = self._shown(self._world.now_ns)
        paces = {
            pace for pace in {*self._depths.values(), SECOND_MS, 3_000} if self._due(pace, now_ms)
        }
        for symbol in self._symbols.by_name.values():
            self._books(symbol, paces, now_ms)
        if not self._symbols.spot:
            self._marks(paces, now_ms)
        if SECOND_MS in paces:
            self._tickers(now_ms)

    def _due(self, pace_ms: int, now_ms: int) -> bool:
        """Whether another interval has begun."""
        interval = now_ms // pace_ms
        if self._last_ms.get(pace_ms) == interval:
            return False
        self._last_ms[pace_ms] = interval
        return True

    # --- books -------------------------------------------------------------------------

    def _books(self, symbol: Symbol, paces: set[int], now_ms: int) -> None:
        hub, name = self._hub, symbol.name.lower()
        wanted = [
            (kind, pace) for kind, pace in self._depths.items() if hub.wanted(f"{name}@{kind}")
        ]
        parts = [
            (count, suffix)
            for count in _PARTS
            for suffix in ("", "@100ms", "@250ms", "@500ms")
            if hub.wanted(f"{name}@depth{count}{suffix}")
        ]
        touched = hub.wanted(f"{name}@bookTicker") or hub.wanted("!bookTicker")
        if not (wanted or parts or touched):
            return
        known = self._world.depth[symbol.id]
        for _, pace in wanted:
            known.batch(pace)
        depth = self._world.look(symbol.id)
        if touched:
            self._tell_touch(symbol, depth, now_ms)
        told: dict[int, Any] = {}
        for kind, pace in wanted:
            if pace in paces:
                if pace not in told:
                    told[pace] = depth.take(pace)
                if told[pace] is not None:
                    hub.publish(f"{name}@{kind}", self._changes(symbol, depth, told[pace], now_ms))
        for count, suffix in parts:
            if self._depths.get(f"depth{suffix}") in paces:
                message = self._part(symbol, depth, count, now_ms)
                hub.publish(f"{name}@depth{count}{suffix}", message)

    def _tell_touch(self, symbol: Symbol, depth: Depth, now_ms: int) -> None:
        touch = depth.best()
        if self._touch.get(symbol.name) == touch:
            return
        self._touch[symbol.name] = touch
        bid, ask = touch
        if bid is None or ask is None:
            return
        message: dict[str, Any] = {
            "u": depth.number,
            "s": symbol.name,
            "b": symbol.price(bid[0]),
            "B": symbol.size(bid[1]),
            "a": symbol.price(ask[0]),
            "A": symbol.size(ask[1]),
        }
        if not self._symbols.spot:
            message = {
                "e": "bookTicker",
                **message,
                "T": self._shown(depth.changed_ns),
                "E": now_ms,
                "st": SECTOR,
                "ps": symbol.name,
            }
        self._hub.publish(f"{symbol.name.lower()}@bookTicker", message)
        self._hub.publish("!bookTicker", message)

    def _changes(
        self,
        symbol: Symbol,
        depth: Depth,
        told: tuple[int, int, Levels, Levels],
        now_ms: int,
    ) -> dict[str, Any]:
        first, before, bids, asks = told
        message: dict[str, Any] = {"e": "depthUpdate", "E": now_ms}
        if not self._symbols.spot:
            message["T"] = self._shown(depth.changed_ns)
        message |= {"s": symbol.name, "U": first, "u": depth.number}
        if not self._symbols.spot:
            message |= {"pu": before}
        message["b"] = symbol.levels(sorted(bids.items(), reverse=True))
        message["a"] = symbol.levels(sorted(asks.items()))
        if not self._symbols.spot:
            message |= {"ps": symbol.name, "st": SECTOR}
        return message

    def _part(self, symbol: Symbol, depth: Depth, count: int, now_ms: int) -> dict[str, Any]:
        bids, asks = depth.top(count)
        if self._symbols.spot:
            return {
                "lastUpdateId": depth.number,
                "bids": symbol.levels(bids),
                "asks": symbol.levels(asks),
            }
        return {
            "e": "depthUpdate",
            "E": now_ms,
            "T": self._shown(depth.changed_ns),
            "s": symbol.name,
            "U": depth.number,
            "u": depth.number,
            "pu": depth.number - 1,
            "b": symbol.levels(bids),
            "a": symbol.levels(asks),
            "ps": symbol.name,
            "st": SECTOR,
        }

    # --- trades ------------------------------------------------------------------------

    def _trade(self, symbol: Symbol, each: PublicTrade) -> dict[str, Any]:
        at_ms = self._shown(each.at_ns)
        message: dict[str, Any] = {"e": "trade", "E": at_ms}
        if not self._symbols.spot:
            message["T"] = at_ms
        message |= {
            "s": symbol.name,
            "t": each.number,
            "p": symbol.price(each.price),
            "q": symbol.size(each.size),
        }
        if self._symbols.spot:
            return message | {"T": at_ms, "m": each.sold, "M": True}
        return message | {"X": "MARKET", "m": each.sold, "st": SECTOR}

    def _aggregate(self, symbol: Symbol, trades: list[PublicTrade]) -> dict[str, Any]:
        first, last = trades[0], trades[-1]
        at_ms = self._shown(last.at_ns)
        size = symbol.size(sum(each.size for each in trades))
        message: dict[str, Any] = {
            "e": "aggTrade",
            "E": at_ms,
            "s": symbol.name,
            "a": last.number,
            "p": symbol.price(first.price),
            "q": size,
        }
        if not self._symbols.spot:
            message["nq"] = size
        message |= {"f": first.number, "l": last.number, "T": at_ms, "m": first.sold}
        return message | ({"M": True} if self._symbols.spot else {"st": SECTOR})

    # --- marks and days ----------------------------------------------------------------

    def _marks(self, paces: set[int], now_ms: int) -> None:
        suffixes = [suffix for suffix, pace in (("@1s", SECOND_MS), ("", 3_000)) if pace in paces]
        for suffix in suffixes:
            every: list[dict[str, Any]] = []
            all_wanted = self._hub.wanted(f"!markPrice@arr{suffix}")
            for symbol in self._symbols.by_name.values():
                name = f"{symbol.name.lower()}@markPrice{suffix}"
                if self._hub.wanted(name) or all_wanted:
                    message = self._mark(symbol, now_ms)
                    if message is not None:
                        self._hub.publish(name, message)
                        every.append(message)
            self._hub.publish(f"!markPrice@arr{suffix}", every)

    def _mark(self, symbol: Symbol, now_ms: int) -> dict[str, Any] | None:
        world = self._world
        mark = world.mark(symbol.id)
        if mark is None:
            return None
        index = world.index(symbol.id) or mark
        funding = world.public[symbol.id].funding
        return {
            "e": "markPriceUpdate",
            "E": now_ms,
            "s": symbol.name,
            "p": fixed(mark, 8),
            "ap": fixed(mark, 8),
            "P": fixed(index, 8),
            "i": fixed(index, 8),
            "r": "" if funding is None else fixed(funding.rate, 8),
            "T": next_funding_ms(world, symbol),
            "st": SECTOR,
        }

    def _tickers(self, now_ms: int) -> None:
        for mini in (True, False):
            kind = "miniTicker" if mini else "ticker"
            all_wanted = self._hub.wanted(f"!{kind}@arr")
            every = []
            for symbol in self._symbols.by_name.values():
                name = f"{symbol.name.lower()}@{kind}"
                if self._hub.wanted(name) or all_wanted:
                    message = self._day(symbol, now_ms, mini=mini)
                    if message is not None:
                        self._hub.publish(name, message)
                        every.append(message)
            if every:
                self._hub.publish(f"!{kind}@arr", every)

    def _day(self, symbol: Symbol, now_ms: int, *, mini: bool) -> dict[str, Any] | None:
        public: Public = self._world.public[symbol.id]
        day = public.day(self._world.now_ns)
        if day is None:
            return None
        tick = symbol.instrument.grid.tick
        worth = symbol.instrument.amount(day.worth) * tick
        places = 8 if self._symbols.spot else 2
        message: dict[str, Any] = {"e": "24hrMiniTicker" if mini else "24hrTicker", "E": now_ms}
        message["s"] = symbol.name
        if not mini:
            change = tick * (day.closed - day.opened)
            message |= {
                "p": fixed(change, symbol.price_places),
                "P": fixed(change / (tick * day.opened) * 100, 3),
                "w": fixed(day.average * Fraction(tick), symbol.price_places),
                "Q": symbol.size(public.trades[-1].size),
            }
        message |= {
            "c": symbol.price(day.closed),
            "o": symbol.price(day.opened),
            "h": symbol.price(day.high),
            "l": symbol.price(day.low),
            "v": symbol.size(day.lots),
            "q": fixed(worth, places),
        }
        if not mini:
            message |= {
                "O": self._shown(day.since_ns),
                "C": now_ms,
                "F": day.first,
                "L": day.last,
                "n": day.last - day.first + 1,
            }
        if not self._symbols.spot:
            message |= {"ps": symbol.name, "st": SECTOR}
        return message
