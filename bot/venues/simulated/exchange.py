"""What an order meets when it arrives, and what becomes of it: matched, resting or gone.

Everything here happens at one venue time and over a consistent book.
"""

from collections.abc import Mapping

from msgspec import structs

from bot.model.command import Approved, Cancel, OrderType, Proposal, Side, TimeInForce
from bot.model.event import (
    CancelRejected,
    Fill,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
)
from bot.model.units import AccountId, InstrumentId
from bot.venues.simulated.accounts import Accounts
from bot.venues.simulated.arrays import TAKEN, with_room
from bot.venues.simulated.booking import Booking
from bot.venues.simulated.collateral import Collateral
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.market import Market
from bot.venues.simulated.orders import Order, RestingOrders
from bot.venues.simulated.outbox import Outbox
from bot.venues.simulated.queue import QueueRule
from bot.venues.simulated.state import Resting


class Exchange:
    """The order book of our own orders beside the market's."""

    def __init__(
        self,
        index: Mapping[InstrumentId, int],
        listings: dict[int, Listing],
        market: Market,
        accounts: Accounts,
        outbox: Outbox,
        booking: Booking,
        collateral: Collateral,
        queue: QueueRule,
        decay_ns: int,
    ) -> None:
        self.index = index
        self.listings = listings
        self.market = market
        self.accounts = accounts
        self.outbox = outbox
        self.booking = booking
        self.collateral = collateral
        self.decay_ns = decay_ns
        lots = [
            float(listings[i].instrument.lot) if i in listings else 0.0
            for i in range(len(market.book.head))
        ]
        self.resting = RestingOrders(lots, queue)
        self.seen: set[str] = set()

    def arrive(self, approved: Approved) -> int | None:
        """Match an order; returns its instrument when it took something from the book."""
        proposal, outbox = approved.proposal, self.outbox
        reason = self._rejection(approved)
        self.seen.add(approved.order_id)
        if reason is not None:
            outbox.say(
                OrderRejected,
                account=proposal.account,
                order_id=approved.order_id,
                reason=reason,
            )
            return None
        order = self._order(approved)
        outbox.say(
            OrderAccepted,
            account=order.account,
            order_id=order.order_id,
            venue_order_id=outbox.order_number(),
        )
        took = self._match(order, proposal)
        return order.instrument if took else None

    def cancel(self, cancel: Cancel) -> None:
        """Take an order off the book, unless it is gone."""
        order = self.resting.get(cancel.order_id)
        if order is None or order.account != cancel.account:
            known = cancel.order_id in self.seen
            self.outbox.say(
                CancelRejected,
                account=cancel.account,
                order_id=cancel.order_id,
                reason="order is already closed" if known else "order is unknown",
            )
            return
        self.remove(order, "asked for")

    def remove(self, order: Order, reason: str) -> None:
        """Cancel a resting order."""
        self.resting.remove(order)
        self._canceled(order, reason)

    def delist(self, i: int) -> None:
        """Expire every order of an instrument that is traded no more."""
        for order in self.resting:
            if order.instrument == i:
                self.resting.remove(order)
                self.outbox.say(OrderExpired, account=order.account, order_id=order.order_id)

    def collect(self, i: int) -> None:
        """Report what the market filled of our resting orders."""
        for order, lots in self.resting.collect(i):
            if order.reduce_only:
                closable = self._closable(order.account, i, order.side)
                order.cut += max(0, lots - closable)
                lots = min(lots, closable)
            if order.leaves == 0:
                self.resting.remove(order)
            if lots:
                self._fill(order, order.price, lots, maker=True)
            if order.leaves == 0 and order.cut:
                self._canceled(order, "reduce-only: the rest would open a position")
        self._cut_reduce_only(i)

    def state(self) -> list[Resting]:
        """The orders that rest, oldest first, with their places."""
        return [
            Resting(structs.replace(order, handle=0), *self.resting.place(order))
            for order in self.resting
        ]

    def restore(self, seen: list[str], resting: list[Resting]) -> None:
        """Put the orders of a state back."""
        self.seen = set(seen)
        for each in resting:
            self.resting.rest(structs.replace(each.order), each.ahead, each.traded)

    def _rejection(self, approved: Approved) -> str | None:
        proposal = approved.proposal
        i = self.index.get(proposal.instrument)
        if approved.order_id in self.seen:
            return f"duplicate order id {approved.order_id}"
        if i is None or i not in self.listings:
            return f"instrument {proposal.instrument} is not listed"
        trouble = self.listings[i].trouble(proposal, self._worth_at(i, proposal))
        trouble = trouble or self.market.trouble(i)
        if trouble:
            return trouble
        if proposal.post_only:
            touch = self.market.best(i, 1 if proposal.side is Side.BUY else 0)
            crosses = touch is not None and (proposal.price - touch) * proposal.side >= 0
            own = self.resting.first_against(proposal.account, i, proposal.side, proposal.price)
            if crosses or own:
                return f"post-only: {proposal.price} ticks would cross"
        if proposal.reduce_only and not self._reducible(proposal.account, i, proposal.side):
            return "reduce-only: there is nothing to reduce"
        return self.collateral.shortage(i, proposal, self._worth_at(i, proposal), self.resting)

    def _worth_at(self, i: int, proposal: Proposal) -> int:
        """The price that the smallest-notional rule judges an order at."""
        if proposal.type is OrderType.MARKET:
            touch = self.market.best(i, 1 if proposal.side is Side.BUY else 0)
            return proposal.price if touch is None else touch
        return proposal.price

    def _order(self, approved: Approved) -> Order:
        proposal = approved.proposal
        i = self.index[proposal.instrument]
        order = Order(
            order_id=approved.order_id,
            account=proposal.account,
            instrument=i,
            side=proposal.side,
            price=proposal.price,
            leaves=proposal.size,
            reduce_only=proposal.reduce_only,
        )
        if order.reduce_only:
            allowed = self._reducible(order.account, i, order.side)
            order.cut = max(0, order.leaves - allowed)
            order.leaves -= order.cut
        return order

    def _closable(self, account: AccountId, i: int, side: Side) -> int:
        """Lots of the position that an order of a side would close."""
        return max(0, -self.accounts.quantity(account, i) * side)

    def _reducible(self, account: AccountId, i: int, side: Side) -> int:
        """The same, less what resting reduce-only orders will close already."""
        promised = sum(
            order.leaves
            for order in self.resting
            if order.reduce_only
            and (order.account, order.instrument, order.side) == (account, i, side)
        )
        return max(0, self._closable(account, i, side) - promised)

    def _match(self, order: Order, proposal: Proposal) -> bool:
        """Take what crosses; rest or cancel the remainder. True when something was taken."""
        i, market = order.instrument, self.market
        own = self.resting.first_against(order.account, i, order.side, order.price)
        levels = market.against(i, order.side, order.price, order.leaves)
        if own is not None:
            levels = self._before_own(levels, own)
        total = sum(lots for _, lots in levels)
        whole = total == order.leaves and not order.cut
        if proposal.time_in_force is TimeInForce.FOK and not whole:
            self._canceled(order, "fill-or-kill: the book does not hold enough")
            return False
        if levels:
            arrays = self.resting.arrays
            room = int(arrays.head[i, TAKEN]) + len(levels)
            self.resting.arrays = with_room(arrays, 0, room)
            until_ns = self.outbox.now_ns + self.decay_ns
            market.consume(self.resting.arrays, i, order.side, levels, until_ns)
        for price, lots in levels:
            order.leaves -= lots
            self._fill(order, price, lots, maker=False)
        self._settle_remainder(order, proposal, own)
        if levels:
            self._cut_reduce_only(i)
        return bool(levels)

    def _settle_remainder(self, order: Order, proposal: Proposal, own: Order | None) -> None:
        if order.leaves == 0:
            if order.cut:
                self._canceled(order, "reduce-only: the rest would open a position")
        elif own is not None:
            self._canceled(order, f"self-trade: would meet our own order {own.order_id}")
        elif proposal.type is OrderType.MARKET:
            self._canceled(order, "market: nothing left up to the collar")
        elif proposal.time_in_force is not TimeInForce.GTC:
            self._canceled(order, "immediate-or-cancel: nothing left up to the limit")
        else:
            ahead = self.market.shown(order.instrument, order.side, order.price)
            self.resting.rest(order, float(ahead))

    def _before_own(self, levels: list[tuple[int, int]], own: Order) -> list[tuple[int, int]]:
        """The part of the levels that is served before an order of our own."""
        ahead = int(self.resting.place(own)[0])
        part: list[tuple[int, int]] = []
        for price, lots in levels:
            if price == own.price:
                lots = min(lots, ahead)
            if lots and (own.price - price) * own.side <= 0:
                part.append((price, lots))
        return part

    def _fill(self, order: Order, price: int, lots: int, *, maker: bool) -> None:
        fee, currency = self.booking.execute(
            order.account, order.instrument, order.side, lots, price, maker=maker
        )
        self.outbox.say(
            Fill,
            account=order.account,
            order_id=order.order_id,
            trade_id=self.outbox.trade_number(),
            instrument=self.listings[order.instrument].instrument.id,
            side=order.side,
            size=lots,
            price=price,
            fee=fee,
            fee_currency=currency,
            maker=maker,
        )

    def _cut_reduce_only(self, i: int) -> None:
        """Keep resting reduce-only orders within the position that is left."""
        left: dict[tuple[AccountId, Side], int] = {}
        for order in self.resting:
            if order.instrument != i or not order.reduce_only:
                continue
            key = (order.account, order.side)
            room = left.setdefault(key, self._closable(order.account, i, order.side))
            if room == 0:
                self.remove(order, "reduce-only: there is nothing left to reduce")
                continue
            if order.leaves > room:
                order.cut += order.leaves - room
                self.resting.shrink(order, room)
            left[key] = room - order.leaves

    def _canceled(self, order: Order, reason: str) -> None:
        self.outbox.say(
            OrderCanceled, account=order.account, order_id=order.order_id, reason=reason
        )
