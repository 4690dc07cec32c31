"""Deribit's public methods.

Source: "Market Data" of Deribit's API documentation.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from bot.venues.server.deribit.names import Name, Names
from bot.venues.server.deribit.rpc import Given, invalid
from bot.venues.server.numbers import of_fraction
from bot.venues.server.public import PublicTrade
from bot.venues.server.world import World

DEPTH_MAX: Final = 10_000
EIGHT: Final = 8


class DeribitMarket:
    """What everybody may see."""

    def __init__(self, world: World, names: Names) -> None:
        self._world = world
        self._names = names
        self._shown = world.calendar.shown_ms

    def instruments(self, given: Given) -> list[dict[str, Any]]:
        """public/get_instruments."""
        currency = given.text("currency", "any")
        kind = given.text("kind", "future")
        return [
            each.told()
            for each in self._names.by_name.values()
            if currency in ("any", each.currency) and kind in ("future", "any")
        ]

    def instrument(self, given: Given) -> dict[str, Any]:
        """public/get_instrument."""
        return self._names.need(given).told()

    def currencies(self, given: Given) -> list[dict[str, Any]]:
        """public/get_currencies."""
        del given
        found = sorted({each.currency for each in self._names.by_name.values()})
        return [
            {
                "currency": each,
                "currency_long": each,
                "coin_type": each,
                "fee_precision": 8,
                "min_confirmations": 1,
                "min_withdrawal_fee": Decimal(0),
                "withdrawal_fee": Decimal(0),
                "withdrawal_priorities": [],
            }
            for each in found
        ]

    def order_book(self, given: Given) -> dict[str, Any]:
        """public/get_order_book."""
        name = self._names.need(given)
        depth = self._world.look(name.id)
        bids, asks = depth.top(given.whole("depth", 5, DEPTH_MAX))
        return self.ticker_of(name) | {
            "bids": [[name.price(price), name.amount(lots)] for price, lots in bids],
            "asks": [[name.price(price), name.amount(lots)] for price, lots in asks],
            "change_id": depth.number,
        }

    def ticker(self, given: Given) -> dict[str, Any]:
        """public/ticker."""
        return self.ticker_of(self._names.need(given))

    def summary(self, given: Given) -> list[dict[str, Any]]:
        """public/get_book_summary_by_instrument."""
        name = self._names.need(given)
        told = self.ticker_of(name)
        stats = told["stats"]
        return [
            {
                "instrument_name": name.name,
                "base_currency": name.instrument.base,
                "quote_currency": name.instrument.quote,
                "bid_price": told["best_bid_price"],
                "ask_price": told["best_ask_price"],
                "mid_price": None,
                "mark_price": told["mark_price"],
                "last": told["last_price"],
                "open_interest": told["open_interest"],
                "high": stats["high"],
                "low": stats["low"],
                "volume": stats["volume"],
                "creation_timestamp": told["timestamp"],
                "current_funding": told["current_funding"],
                "funding_8h": told["funding_8h"],
            }
        ]

    def trades(self, given: Given) -> dict[str, Any]:
        """public/get_last_trades_by_instrument: the latest first."""
        name = self._names.need(given)
        count = given.whole("count", 10, 1_000)
        kept = list(self._world.public[name.id].trades)
        return {
            "trades": [self.trade_of(name, each) for each in reversed(kept[-count:])],
            "has_more": len(kept) > count,
        }

    def funding(self, given: Given) -> list[dict[str, Any]]:
        """public/get_funding_rate_history."""
        name = self._names.need(given)
        return [
            {
                "timestamp": self._shown(each.settles_ns),
                "interest_8h": each.rate,
                "interest_1h": round(each.rate / EIGHT, 12),
                "index_price": each.mark,
                "prev_index_price": each.mark,
            }
            for each in self._world.public[name.id].settled
        ]

    def funding_value(self, given: Given) -> Decimal:
        """public/get_funding_rate_value."""
        name = self._names.need(given)
        return sum((each.rate for each in self._world.public[name.id].settled), Decimal(0))

    def index_price(self, given: Given) -> dict[str, Any]:
        """public/get_index_price."""
        wanted = given.text("index_name")
        for name in self._names.by_name.values():
            if name.told()["price_index"] == wanted:
                price = self._index(name)
                return {"index_price": price, "estimated_delivery_price": price}
        raise invalid("index_name", "value not in list")

    # --- one contract ------------------------------------------------------------------

    def ticker_of(self, name: Name) -> dict[str, Any]:
        """How a contract stands."""
        world, public = self._world, self._world.public[name.id]
        bid, ask = world.look(name.id).best()
        mark = _cents(world.mark(name.id))
        day = public.day(world.now_ns)
        worth, lots = (0, 0) if day is None else (day.worth, day.lots)
        band = name.listing.rules
        rate = Decimal(0) if public.funding is None else public.funding.rate
        return {
            "timestamp": self._shown(world.now_ns),
            "state": "open",
            "instrument_name": name.name,
            "stats": {
                "high": None if day is None else name.price(day.high),
                "low": None if day is None else name.price(day.low),
                "price_change": (
                    None
                    if day is None
                    else of_fraction(Fraction(100 * (day.closed - day.opened), day.opened), 4)
                ),
                "volume": self._coins(name, worth, lots),
                "volume_usd": Decimal(0)
                if day is None
                else self._dollars(name, day.worth, day.lots),
            },
            "index_price": self._index(name),
            "estimated_delivery_price": self._index(name),
            "last_price": name.price(public.trades[-1].price) if public.trades else None,
            "settlement_price": mark,
            "min_price": None if mark is None else _cents(mark * (band.band_down or 0)),
            "max_price": None if mark is None else _cents(mark * (band.band_up or 0)),
            "open_interest": world.interest(name.id) or Decimal(0),
            "mark_price": mark,
            "best_bid_price": Decimal(0) if bid is None else name.price(bid[0]),
            "best_bid_amount": Decimal(0) if bid is None else name.amount(bid[1]),
            "best_ask_price": Decimal(0) if ask is None else name.price(ask[0]),
            "best_ask_amount": Decimal(0) if ask is None else name.amount(ask[1]),
            "interest_value": rate,
            "current_funding": rate,
            "funding_8h": rate,
        }

    def trade_of(self, name: Name, each: PublicTrade) -> dict[str, Any]:
        """One public trade."""
        return {
            "timestamp": self._shown(each.at_ns),
            "price": name.price(each.price),
            "amount": name.amount(each.size),
            "contracts": Decimal(each.size),
            "direction": "sell" if each.sold else "buy",
            "index_price": self._index(name),
            "mark_price": _cents(self._world.mark(name.id)),
            "instrument_name": name.name,
            "trade_seq": each.number,
            "trade_id": name.order_id(each.number),
            "tick_direction": 0,
        }

    def _index(self, name: Name) -> Decimal | None:
        index = self._world.index(name.id)
        return _cents(self._world.mark(name.id) if index is None else index)

    def _coins(self, name: Name, worth: int, lots: int) -> Decimal:
        if not name.instrument.inverse or not worth:
            return name.amount(lots)
        average = Fraction(worth, lots) * Fraction(name.instrument.grid.tick)
        return of_fraction(Fraction(name.amount(lots)) / average, 8)

    def _dollars(self, name: Name, worth: int, lots: int) -> Decimal:
        if name.instrument.inverse:
            return name.amount(lots)
        return name.instrument.grid.tick * name.unit * worth


def _cents(value: Decimal | None) -> Decimal | None:
    return None if value is None else round(value, 2)
