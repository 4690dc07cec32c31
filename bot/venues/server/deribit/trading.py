"""Deribit's private methods: orders, positions, the account.

Source: "Trading" and "Account Management" of Deribit's API documentation.
"""

from decimal import Decimal
from typing import Any, Final

from bot.model.command import OrderType, Side, TimeInForce
from bot.model.units import AccountId
from bot.venues.server.deribit.names import Name, Names
from bot.venues.server.deribit.rpc import Given, RpcError, invalid
from bot.venues.server.holdings import ZERO
from bot.venues.server.numbers import of_fraction
from bot.venues.server.orders import OrderRecord, Trade
from bot.venues.server.world import World
from bot.venues.simulated.reports import Change, OrderReport, Reason, Refusal, Said, Status
from bot.venues.simulated.requests import AmendOrder, CancelAll, CancelOrder, PlaceOrder, SelfTrade

LABEL_MAX: Final = 64
TIMES: Final = {
    "good_til_cancelled": TimeInForce.GTC,
    "immediate_or_cancel": TimeInForce.IOC,
    "fill_or_kill": TimeInForce.FOK,
}
_STATES: Final = {
    Status.NEW: "open",
    Status.UNTRIGGERED: "untriggered",
    Status.PARTIALLY_FILLED: "open",
    Status.FILLED: "filled",
    Status.CANCELED: "cancelled",
    Status.EXPIRED: "cancelled",
    Status.EXPIRED_IN_MATCH: "cancelled",
    Status.REJECTED: "rejected",
}
_REASONS: Final = {
    Reason.POST_ONLY: (11054, "post_only_reject"),
    Reason.BALANCE: (10009, "not_enough_funds"),
    Reason.MARGIN: (10009, "not_enough_funds"),
    Reason.NOTHING_TO_REDUCE: (11030, "other_reject"),
    Reason.SIZE_MIN: (10002, "qty_too_low"),
    Reason.NOTIONAL_MIN: (10002, "qty_too_low"),
    Reason.UNKNOWN_ORDER: (10004, "order_not_found"),
    Reason.CLOSED_ORDER: (11044, "not_open_order"),
    Reason.ORDERS_MAX: (10028, "too_many_requests"),
}


class DeribitTrading:
    """The desk for whoever has shown who they are."""

    def __init__(self, world: World, names: Names) -> None:
        self._world = world
        self._names = names
        self._shown = world.calendar.shown_ms
        self._labels: dict[int, str] = {}
        self._amended: set[int] = set()

    # --- orders ------------------------------------------------------------------------

    def place(self, account: AccountId, given: Given, side: Side) -> dict[str, Any]:
        """private/buy and private/sell."""
        name = self._names.need(given)
        amount, contracts = given.number("amount"), given.number("contracts")
        if amount is None:
            if contracts is None:
                raise invalid("amount", "value required")
            amount = contracts * name.instrument.contract_size
        kind = given.one_of("type", ("limit", "market"), "limit")
        price = given.number("price")
        if kind == "limit" and price is None:
            raise invalid("price", "value required")
        label = given.text("label", "")
        if len(label) > LABEL_MAX:
            raise invalid("label", f"must be at most {LABEL_MAX} characters")
        time = given.one_of("time_in_force", tuple(TIMES), "good_til_cancelled")
        post_only = given.flag("post_only")
        ticks = None if price is None or kind == "market" else name.ticks(price)
        if post_only and ticks is not None and not given.flag("reject_post_only"):
            ticks = self._behind(name, side, ticks)
        request = PlaceOrder(
            account=account,
            client_id="",  # a label is no identity: many orders may carry it
            instrument=name.id,
            side=side,
            size=name.lots(amount),
            price=ticks,
            type=OrderType.MARKET if kind == "market" else OrderType.LIMIT,
            time_in_force=TIMES[time],
            post_only=post_only and kind == "limit",
            reduce_only=given.flag("reduce_only"),
            self_trade=SelfTrade.OLDEST,
        )
        number = self._judge(request, self._world.perform(request, kind))
        if label:
            self._labels[number] = label
        record = self._world.orders.find(account, name.id, number, "")
        assert record is not None, "an order that was taken in is kept"
        return {
            "order": self.order_of(name, record),
            "trades": [self.trade_of(name, each) for each in record.trades],
        }

    def edit(self, account: AccountId, given: Given) -> dict[str, Any]:
        """private/edit."""
        name, record = self._find(account, given)
        amount, price = given.number("amount"), given.number("price")
        caused = self._world.perform(
            AmendOrder(
                account=account,
                instrument=name.id,
                number=record.number,
                size=None if amount is None else name.lots(amount),
                price=None if price is None else name.ticks(price),
            )
        )
        for said in caused:
            if isinstance(said, Refusal) and said.reason is not Reason.NO_CHANGE:
                raise _refused(said.reason, said.text)
        self._amended.add(record.number)
        return {"order": self.order_of(name, record), "trades": []}

    def cancel(self, account: AccountId, given: Given) -> dict[str, Any]:
        """private/cancel."""
        name, record = self._find(account, given)
        if not record.open:
            raise _refused(Reason.CLOSED_ORDER, "")
        self._world.perform(CancelOrder(account=account, instrument=name.id, number=record.number))
        return self.order_of(name, record)

    def cancel_all(self, account: AccountId, given: Given) -> int:
        """private/cancel_all, and by instrument; how many there were."""
        name = self._names.need(given) if "instrument_name" in given.values else None
        before = len(self._world.orders.open(account, None if name is None else name.id))
        self._world.perform(
            CancelAll(account=account, instrument=None if name is None else name.id)
        )
        return before

    def cancel_numbers(self, account: AccountId, numbers: set[int]) -> None:
        """Take these back, those that still stand: their connection is gone."""
        for record in self._world.orders.open(account):
            if record.number in numbers:
                self._world.perform(
                    CancelOrder(account=account, instrument=record.instrument, number=record.number)
                )

    def cancel_by_label(self, account: AccountId, given: Given) -> int:
        """private/cancel_by_label: every order that carries it."""
        label = given.text("label")
        found = [
            each
            for each in self._world.orders.open(account)
            if self._labels.get(each.number) == label
        ]
        self.cancel_numbers(account, {each.number for each in found})
        return len(found)

    def open_orders(self, account: AccountId, given: Given) -> list[dict[str, Any]]:
        """private/get_open_orders, and by instrument, currency or label."""
        name = self._names.need(given) if "instrument_name" in given.values else None
        currency, label = given.text("currency", "any"), given.text("label", "")
        found = self._world.orders.open(account, None if name is None else name.id)
        return [
            self.order_of(self._names.by_id[each.instrument], each)
            for each in found
            if currency in ("any", self._names.by_id[each.instrument].currency)
            and (not label or self._labels.get(each.number) == label)
        ]

    def order_state(self, account: AccountId, given: Given) -> dict[str, Any]:
        """private/get_order_state."""
        return self.order_of(*self._find(account, given))

    def state_by_label(self, account: AccountId, given: Given) -> list[dict[str, Any]]:
        """private/get_order_state_by_label: every order that ever carried it."""
        label = given.text("label")
        return [
            self.order_of(name, each)
            for name in self._names.by_name.values()
            for each in self._world.orders.all(account, name.id)
            if self._labels.get(each.number) == label
        ]

    def trades(self, account: AccountId, given: Given) -> dict[str, Any]:
        """private/get_user_trades_by_instrument: the latest first."""
        name = self._names.need(given)
        count = given.whole("count", 10, 1_000)
        found = self._world.orders.trades(account, name.id)
        return {
            "trades": [self.trade_of(name, each) for each in reversed(found[-count:])],
            "has_more": len(found) > count,
        }

    # --- the account -------------------------------------------------------------------

    def positions(self, account: AccountId, given: Given) -> list[dict[str, Any]]:
        """private/get_positions."""
        currency = given.text("currency", "any")
        return [
            self.position_of(account, name)
            for name in self._names.by_name.values()
            if currency in ("any", name.currency) and self._world.holdings.of(account, name.id).lots
        ]

    def position(self, account: AccountId, given: Given) -> dict[str, Any]:
        """private/get_position."""
        return self.position_of(account, self._names.need(given))

    def summary(self, account: AccountId, given: Given) -> dict[str, Any]:
        """private/get_account_summary."""
        return self.summary_of(account, given.text("currency"))

    def summaries(self, account: AccountId, given: Given) -> dict[str, Any]:
        """private/get_account_summaries."""
        del given
        currencies = sorted({each.currency for each in self._names.by_name.values()})
        return {
            "id": 1,
            "system_name": account,
            "username": account,
            "type": "main",
            "mmp_enabled": False,
            "self_trading_reject_mode": "cancel_maker",
            "summaries": [self.summary_of(account, each) for each in currencies],
        }

    def summary_of(self, account: AccountId, currency: str) -> dict[str, Any]:
        """One currency of an account, as user.portfolio tells it too."""
        mine = [each for each in self._names.by_name.values() if each.currency == currency]
        if not mine:
            raise invalid("currency", "value not in list")
        settle = mine[0].currency
        wallet = self._world.holdings.wallet.get((account, settle), ZERO)
        told = [self.position_of(account, each) for each in mine]
        profit = sum((each["floating_profit_loss"] for each in told), ZERO)
        kept = sum((each["maintenance_margin"] for each in told), ZERO)
        asked = sum((each["initial_margin"] for each in told), ZERO)
        available = round(self._world.venue.treasury.available(account, settle), 8)
        return {
            "currency": currency,
            "balance": wallet,
            "equity": wallet + profit,
            "margin_balance": wallet + profit,
            "available_funds": available,
            "available_withdrawal_funds": max(ZERO, min(wallet, available)),
            "initial_margin": asked,
            "maintenance_margin": kept,
            "session_upl": profit,
            "session_rpl": ZERO,
            "futures_pl": profit,
            "total_pl": profit,
            "options_value": ZERO,
            "delta_total": sum((each["delta"] for each in told), ZERO),
            "margin_model": "segregated_sm",
            "portfolio_margining_enabled": False,
            "cross_collateral_enabled": False,
        }

    def position_of(self, account: AccountId, name: Name) -> dict[str, Any]:
        """One position; flat: all zeros."""
        world, instrument = self._world, name.instrument
        held, mark = world.holdings.of(account, name.id), world.mark(name.id)
        profit = world.holdings.unrealised(account, instrument, mark)
        coins = ZERO
        if mark is not None and held.lots:
            coins = round(instrument.base_amount(held.lots, mark), 8)
        load = abs(coins) if instrument.inverse else abs(coins) * (mark or ZERO)
        direction = "zero" if not held.lots else "buy" if held.lots > 0 else "sell"
        return {
            "instrument_name": name.name,
            "kind": "future",
            "direction": direction,
            "size": name.amount(held.lots),
            "size_currency": coins,
            "average_price": of_fraction(held.entry(instrument), 4),
            "mark_price": None if mark is None else round(mark, 2),
            "index_price": world.index(name.id),
            "settlement_price": None if mark is None else round(mark, 2),
            "floating_profit_loss": profit,
            "total_profit_loss": profit,
            "realized_profit_loss": held.realised,
            "delta": coins,
            "initial_margin": round(load * Decimal("0.02"), 8),
            "maintenance_margin": round(load * Decimal("0.01"), 8),
            "leverage": 50,
        }

    # --- JSON --------------------------------------------------------------------------

    def order_of(self, name: Name, record: OrderRecord) -> dict[str, Any]:
        """One order."""
        request, instrument = record.request, name.instrument
        average = ZERO
        if record.executed:
            spent = instrument.amount(record.executed) * instrument.contract_size
            coins = sum(
                (instrument.base_amount(t.size, instrument.price(t.price)) for t in record.trades),
                ZERO,
            )
            average = round(spent / coins if instrument.inverse else record.quote / spent, 4)
        time = next(text for text, value in TIMES.items() if value is request.time_in_force)
        told = {
            "order_id": name.order_id(record.number),
            "instrument_name": name.name,
            "direction": "buy" if request.side is Side.BUY else "sell",
            "order_type": record.kind,
            "order_state": _STATES[record.status],
            "price": name.price(record.price) if record.kind == "limit" else "market_price",
            "amount": name.amount(record.size),
            "contracts": Decimal(record.size),
            "filled_amount": name.amount(record.executed),
            "average_price": average,
            "time_in_force": time,
            "post_only": request.post_only,
            "reject_post_only": False,
            "reduce_only": request.reduce_only,
            "label": self._labels.get(record.number, ""),
            "replaced": record.number in self._amended,
            "is_liquidation": False,
            "risk_reducing": False,
            "mmp": False,
            "api": True,
            "web": False,
            "creation_timestamp": self._shown(record.placed_ns),
            "last_update_timestamp": self._shown(record.updated_ns),
        }
        if record.status is Status.CANCELED:
            told["cancel_reason"] = "user_request"
        return told

    def trade_of(self, name: Name, each: Trade) -> dict[str, Any]:
        """One execution of an account."""
        mark = self._world.mark(name.id)
        return {
            "trade_id": name.order_id(each.number),
            "trade_seq": each.number,
            "order_id": name.order_id(each.order),
            "order_type": "limit",
            "instrument_name": name.name,
            "direction": "buy" if each.buys else "sell",
            "price": name.price(each.price),
            "amount": name.amount(each.size),
            "contracts": Decimal(each.size),
            "fee": round(each.fee, 10),
            "fee_currency": each.fee_currency,
            "liquidity": "M" if each.maker else "T",
            "state": "filled",
            "label": self._labels.get(each.order, ""),
            "profit_loss": each.profit,
            "index_price": self._world.index(name.id),
            "mark_price": None if mark is None else round(mark, 2),
            "timestamp": self._shown(each.at_ns),
            "tick_direction": 0,
            "self_trade": False,
            "matching_id": None,
            "post_only": False,
            "reduce_only": False,
            "api": True,
            "mmp": False,
        }

    # --- parts -------------------------------------------------------------------------

    def _behind(self, name: Name, side: Side, ticks: int) -> int:
        """Post-only that may be moved: no better than just behind the other side."""
        bid, ask = self._world.touch(name.id)
        if side is Side.BUY:
            return ticks if ask is None else min(ticks, ask - 1)
        return ticks if bid is None else max(ticks, bid + 1)

    def _find(self, account: AccountId, given: Given) -> tuple[Name, OrderRecord]:
        number = self._names.number_of(given.text("order_id"))
        for name in self._names.by_name.values():
            record = self._world.orders.find(account, name.id, number, "")
            if number is not None and record is not None:
                return name, record
        raise _refused(Reason.UNKNOWN_ORDER, "")

    def _judge(self, request: PlaceOrder, caused: list[Said]) -> int:
        number = None
        for said in caused:
            if isinstance(said, OrderReport) and said.request is request:
                if said.change is Change.REJECTED:
                    assert said.reason is not None, "a refusal has its reason"
                    raise _refused(said.reason, said.text)
                number = said.number
        assert number is not None, "an order is taken in or refused"
        return number


def _refused(reason: Reason, text: str) -> RpcError:
    """What the venue's reason is called here."""
    if reason in _REASONS:
        return RpcError(*_REASONS[reason])
    if reason in (Reason.PRICE_BAND, Reason.PRICE_RANGE):
        high = "highest" in text
        return RpcError(*((10007, "price_too_high") if high else (10005, "price_too_low")))
    return RpcError(11030, "other_reject", {"reason": text})
