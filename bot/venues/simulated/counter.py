"""The counter of the venue: every request that arrives goes to what is to become of it."""

from msgspec import structs

from bot.model.command import OrderType
from bot.model.units import NS_PER_MS, AccountId
from bot.venues.simulated.agenda import DEADLINE, Agenda, Deadline
from bot.venues.simulated.exchange import Exchange
from bot.venues.simulated.orders import Order
from bot.venues.simulated.outbox import Outbox
from bot.venues.simulated.reports import Change, Reason
from bot.venues.simulated.requests import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Countdown,
    PlaceOrder,
    Request,
)
from bot.venues.simulated.rules import Trouble, broken, off_grid, outside_band

EVERYWHERE = -1
"""In place of an instrument: all of them."""


class Counter:
    """Serves requests at the venue's time, one after the other.

    deadlines: when an account's orders in an instrument are taken back, unless it is heard of.
    """

    def __init__(self, exchange: Exchange, outbox: Outbox, agenda: Agenda) -> None:
        self.exchange = exchange
        self.outbox = outbox
        self.agenda = agenda
        self.deadlines: dict[tuple[AccountId, int], int] = {}

    def serve(self, request: Request) -> None:
        """Do what was asked, or say why not."""
        if isinstance(request, PlaceOrder):
            self.exchange.place(request)
        elif isinstance(request, CancelOrder):
            self._cancel(request)
        elif isinstance(request, AmendOrder):
            self._amend(request)
        elif isinstance(request, CancelAll):
            self._cancel_all(request)
        elif isinstance(request, Countdown):
            self._count_down(request)
        else:
            for each in request.requests:
                self.serve(each)

    def lapse(self, deadline: Deadline) -> None:
        """Take back what stands, if nothing has been heard since the countdown began."""
        key = (deadline.account, deadline.i)
        if self.deadlines.get(key) != self.outbox.now_ns:
            return
        del self.deadlines[key]
        for order in list(self.exchange):
            if order.account == deadline.account and deadline.i in (EVERYWHERE, order.instrument):
                self.exchange.end(order, Change.CANCELED, Reason.COUNTDOWN, "countdown: it is over")

    def restore(self, deadlines: list[tuple[AccountId, int, int]]) -> None:
        """Put the countdowns of a state back."""
        for account, i, at_ns in deadlines:
            self._await(account, i, at_ns)

    def _cancel(self, request: CancelOrder) -> None:
        order = self._find(request)
        if order is not None:
            self.exchange.end(order, Change.CANCELED, Reason.ASKED, "asked for")

    def _cancel_all(self, request: CancelAll) -> None:
        wanted = None
        if request.instrument is not None:
            wanted = self.exchange.index.get(request.instrument)
            if wanted is None:
                text = f"instrument {request.instrument} is not listed"
                self.outbox.refuse(request, Reason.NOT_LISTED, text)
                return
        for order in list(self.exchange):
            if order.account == request.account and wanted in (None, order.instrument):
                self.exchange.end(order, Change.CANCELED, Reason.ASKED, "asked for")

    def _count_down(self, request: Countdown) -> None:
        i = EVERYWHERE
        if request.instrument is not None:
            i = self.exchange.index.get(request.instrument, EVERYWHERE)
            if i == EVERYWHERE:
                text = f"instrument {request.instrument} is not listed"
                self.outbox.refuse(request, Reason.NOT_LISTED, text)
                return
        if request.ms < 0:
            text = f"countdown: {request.ms} ms, expected 0 or more"
            self.outbox.refuse(request, Reason.INVALID, text)
            return
        self.deadlines.pop((request.account, i), None)
        if request.ms:
            self._await(request.account, i, self.outbox.now_ns + request.ms * NS_PER_MS)

    def _await(self, account: AccountId, i: int, at_ns: int) -> None:
        self.deadlines[account, i] = at_ns
        self.agenda.add(at_ns, DEADLINE, Deadline(account, i))

    # --- changing an order -------------------------------------------------------------

    def _amend(self, request: AmendOrder) -> None:
        order = self._find(request)
        if order is None:
            return
        price = order.price if request.price is None else request.price
        size = order.size if request.size is None else request.size
        if trouble := self._unamendable(order, request, price, size):
            self.outbox.refuse(request, *trouble)
        elif order.trigger is not None:
            self._amend_waiting(order, request, price, size)
        elif size <= order.executed:
            text = f"amended to {size} lots, {order.executed} have been executed"
            self.exchange.end(order, Change.CANCELED, Reason.EXECUTED, text)
        elif price == order.price and size < order.size:
            self.exchange.reduce(order, size)
        elif order.request.post_only and self._would_cross(order, price):
            text = f"post-only: {price} ticks would cross"
            self.exchange.end(order, Change.EXPIRED, Reason.POST_ONLY, text)
        else:
            self.exchange.move(order, price, size)

    def _amend_waiting(self, order: Order, request: AmendOrder, price: int, size: int) -> None:
        assert order.trigger is not None, "only what waits has a trigger"
        order.size = order.leaves = size
        order.price = price
        if request.trigger_price is not None:
            order.trigger = structs.replace(order.trigger, price=request.trigger_price)
            if order.request.price is None:
                order.price = request.trigger_price  # what it sets aside while it waits
        self.exchange.say(order, Change.AMENDED)

    def _would_cross(self, order: Order, price: int) -> bool:
        return self.exchange.screening.crosses(order.instrument, order.side, price)

    def _unamendable(
        self, order: Order, request: AmendOrder, price: int, size: int
    ) -> Trouble | None:
        """The rule that a change would break, if any; the order then stands as it did."""
        listing = self.exchange.listings[order.instrument]
        instrument, rules = listing.instrument, listing.rules
        waits = order.trigger
        at = request.trigger_price
        if at is not None and waits is None:
            return Reason.INVALID, "the order waits for no price"
        same_trigger = at is None or (waits is not None and at == waits.price)
        if (price, size) == (order.price, order.size) and same_trigger:
            return Reason.NO_CHANGE, "nothing would change"
        whole = order.request.close_position and request.size is None
        if size <= 0 and not whole:
            return Reason.SIZE_MIN, f"size {size} lots is no order"
        if order.request.type is OrderType.MARKET and request.price is not None:
            return Reason.INVALID, "a market order has no price to change"
        asked = structs.replace(order.request, price=price, size=size)
        if size > order.executed and (trouble := broken(instrument, rules, asked, price)):
            return trouble
        if at is not None and (trouble := off_grid(instrument, rules, at)):
            return trouble
        mark = self.exchange.booking.marks.mark(order.instrument)
        if request.price is not None:
            trouble = outside_band(instrument, rules, order.side, price, mark)
        else:
            trouble = None
        return trouble or self.exchange.screening.unchangeable(order, price, size, at)

    def _find(self, request: AmendOrder | CancelOrder) -> Order | None:
        """The order that is meant; None when that has been refused."""
        exchange = self.exchange
        order = exchange.find(request.account, request.number, request.client_id)
        if order is None:
            known = (request.account, request.client_id) in exchange.seen
            code = Reason.CLOSED_ORDER if known else Reason.UNKNOWN_ORDER
            text = "order is already closed" if known else "order is unknown"
            self.outbox.refuse(request, code, text)
        return order
