"""What becomes of a request that arrives: matched, resting, waiting, changed, gone or refused.

Everything here happens at one venue time and over a consistent book.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import structs

from bot.model.command import OrderType, Side, TimeInForce
from bot.model.units import AccountId, InstrumentId
from bot.venues.simulated.accounts import Accounts, worth
from bot.venues.simulated.agenda import EXPIRY, RECOVERY, Agenda, Expiry, Recovery
from bot.venues.simulated.arrays import TAKEN, with_room
from bot.venues.simulated.booking import Booking
from bot.venues.simulated.collateral import Collateral
from bot.venues.simulated.crossing import Walk, walk
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.market import Market
from bot.venues.simulated.orders import Name, Order, RestingOrders
from bot.venues.simulated.outbox import Outbox
from bot.venues.simulated.queue import QueueRule
from bot.venues.simulated.reports import Change, Execution, Reason
from bot.venues.simulated.requests import PlaceOrder
from bot.venues.simulated.screening import Screening
from bot.venues.simulated.state import Resting
from bot.venues.simulated.waiting import Seen, Waiting

REST_WOULD_OPEN = "reduce-only: the rest would open a position"


class Exchange:
    """The orders of everyone who trades here, beside the market's.

    ids_return: whether a closed order's client id may be used again. traded: the instruments
    in which somebody's position has changed; whoever looks takes them out.
    """

    def __init__(
        self,
        index: Mapping[InstrumentId, int],
        listings: dict[int, Listing],
        market: Market,
        accounts: Accounts,
        outbox: Outbox,
        agenda: Agenda,
        booking: Booking,
        collateral: Collateral,
        queue: QueueRule,
        decay_ns: int,
        *,
        ids_return: bool,
    ) -> None:
        self.index = index
        self.listings = listings
        self.market = market
        self.accounts = accounts
        self.outbox = outbox
        self.agenda = agenda
        self.booking = booking
        self.collateral = collateral
        self.decay_ns = decay_ns
        self.ids_return = ids_return
        lots = [
            float(listings[i].instrument.lot) if i in listings else 0.0
            for i in range(len(market.book.head))
        ]
        self.resting = RestingOrders(lots, queue)
        self.waiting = Waiting(market)
        self.screening = Screening(
            listings, market, accounts, collateral, self.resting, self.waiting
        )
        self.seen: set[Name] = set()
        self.traded: set[int] = set()
        self._named: dict[Name, Order] = {}
        self._bounded = False

    def __iter__(self) -> Iterator[Order]:
        """Every open order, those that rest first, each kind oldest first."""
        yield from self.resting
        yield from self.waiting

    def find(self, account: AccountId, number: int | None, client_id: str) -> Order | None:
        """An account's open order by the venue's number, else by its own name."""
        if number is not None:
            order = self.resting.get(number) or self.waiting.get(number)
            return order if order is not None and order.account == account else None
        return self._named.get((account, client_id)) if client_id else None

    def place(self, request: PlaceOrder) -> None:
        """Take an order in, or say why not."""
        i = self.index.get(request.instrument)
        name = (request.account, request.client_id)
        taken = name in self._named or name in self.seen
        if request.client_id and not self.ids_return:
            self.seen.add(name)
        if request.client_id and taken:
            text = f"duplicate order id {request.client_id}"
            self.outbox.reject(request, Reason.DUPLICATE_ID, text)
        elif i is None or i not in self.listings:
            text = f"instrument {request.instrument} is not listed"
            self.outbox.reject(request, Reason.NOT_LISTED, text)
        elif trouble := self.screening.trouble(i, request, self.outbox.now_ns):
            self.outbox.reject(request, *trouble)
        else:
            self._take_in(i, request)

    def trigger(self, i: int, seen: Seen) -> None:
        """Bring the orders to the market whose price has come."""
        for order in self.waiting.fired(i, seen):
            self._activate(order)

    def bound(self) -> None:
        """Tell the kernel what orders wait for; margin has told its own bounds before."""
        if len(self.waiting) or self._bounded:
            self.waiting.bound(self.resting.arrays)
            self._bounded = len(self.waiting) > 0

    def end(self, order: Order, change: Change, reason: Reason, text: str = "") -> None:
        """End an open order."""
        self._drop(order)
        self.say(order, change, reason, text)

    def expire(self, number: int) -> None:
        """End an order whose time has come, if it still stands."""
        order = self.resting.get(number) or self.waiting.get(number)
        if order is not None and order.request.expires_ns == self.outbox.now_ns:
            self.end(order, Change.EXPIRED, Reason.TIME, "its time is over")

    def delist(self, i: int) -> None:
        """Expire every order of an instrument that is traded no more."""
        for order in list(self):
            if order.instrument == i:
                self.end(order, Change.EXPIRED, Reason.DELISTED, "instrument is not traded")

    def collect(self, i: int) -> None:
        """Report what the market filled of resting orders."""
        for order, lots in self.resting.collect(i):
            if order.reduce_only:
                closable = self.screening.closable(order.account, i, order.side)
                order.cut += max(0, lots - closable)
                lots = min(lots, closable)
            if order.leaves == 0:
                self._drop(order)
            if lots:
                self.fill(order, order.price, lots, maker=True)
            if order.leaves == 0 and order.cut:
                self.say(order, Change.CANCELED, Reason.REDUCED, REST_WOULD_OPEN)
        self._cut_reduce_only(i)

    def meet(self, order: Order) -> None:
        """Match an order that stands nowhere, and rest or end what is left of it."""
        i = order.instrument
        levels = self.market.against(i, order.side, order.price, order.leaves)
        path = walk(order, levels, self.resting, self.accounts.quantity)
        kills = order.request.time_in_force is TimeInForce.FOK
        if kills and (path.left or order.cut):
            text = "fill-or-kill: the book does not hold enough"
            self.say(order, Change.EXPIRED, Reason.KILLED, text)
            return
        self._take(order, path)
        self._settle_remainder(order, path.stopped)
        if i in self.traded or order.reduce_only:
            self._cut_reduce_only(i)

    def reduce(self, order: Order, size: int) -> None:
        """Leave fewer lots of a resting order; it keeps its place."""
        order.cut = max(0, order.cut - (order.size - size))
        self.resting.shrink(order, min(order.leaves, size - order.executed))
        order.size = size
        self.say(order, Change.AMENDED)

    def move(self, order: Order, price: int, size: int) -> None:
        """Change a resting order so that it loses its place; it may trade at once."""
        self._drop(order)
        order.price, order.size = price, size
        order.leaves, order.cut = size - order.executed, 0
        self._reduce(order)
        self.say(order, Change.AMENDED)
        self.meet(order)

    def say(
        self,
        order: Order,
        change: Change,
        reason: Reason | None = None,
        text: str = "",
        execution: Execution | None = None,
    ) -> None:
        """Report how an order stands."""
        instrument = self.listings[order.instrument].instrument
        self.outbox.report(order, instrument, change, reason, text, execution)

    def state(self) -> list[Resting]:
        """The orders that rest, oldest first, with their places."""
        return [
            Resting(structs.replace(order, handle=0), *self.resting.place(order))
            for order in self.resting
        ]

    def restore(
        self, seen: Iterable[Name], resting: Iterable[Resting], waiting: Iterable[Order]
    ) -> None:
        """Put the orders of a state back."""
        self.seen = set(seen)
        for each in resting:
            order = structs.replace(each.order)
            self.resting.rest(order, each.ahead, each.traded)
            self._keep(order)
        for each_waiting in waiting:
            order = structs.replace(each_waiting)
            self.waiting.add(order)
            self._keep(order)

    # --- one order ---------------------------------------------------------------------

    def _take_in(self, i: int, request: PlaceOrder) -> None:
        trigger = request.trigger
        order = Order(
            number=self.outbox.order_number(),
            instrument=i,
            request=request,
            price=request.price or (trigger.price if trigger is not None else 0),
            size=request.size,
            leaves=request.size,
            placed_ns=self.outbox.now_ns,
            trigger=trigger,
        )
        if trigger is not None:
            self.waiting.add(order)
            self._keep(order)
            self.say(order, Change.NEW)
            return
        self._price(order)
        self._reduce(order)
        self.say(order, Change.NEW)
        self.meet(order)

    def _activate(self, order: Order) -> None:
        """What waited is an order like any other, on a market that may have become another."""
        i, request = order.instrument, order.request
        self._drop(order)
        order.trigger = None
        self._price(order)
        self._reduce(order)
        self.say(order, Change.TRIGGERED)
        if order.leaves == 0:
            text = "reduce-only: there is nothing to reduce"
            self.say(order, Change.EXPIRED, Reason.NOTHING_TO_REDUCE, text)
        elif unusable := self.market.trouble(i):
            self.say(order, Change.EXPIRED, Reason.BOOK_UNUSABLE, unusable)
        elif request.post_only and self.screening.crosses(i, order.side, order.price):
            text = f"post-only: {order.price} ticks would cross"
            self.say(order, Change.EXPIRED, Reason.POST_ONLY, text)
        elif lacking := self.screening.shortage(i, self._asked(order)):
            self.say(order, Change.EXPIRED, *lacking)
        else:
            self.meet(order)

    def _asked(self, order: Order) -> PlaceOrder:
        """What an order that waited asks for now."""
        request = order.request
        price = None if request.price is None else order.price
        return structs.replace(request, trigger=None, price=price, size=order.leaves)

    def _price(self, order: Order) -> None:
        """Give a market order without a price the worst that it may meet."""
        if order.request.price is None:
            order.price = self.screening.worst(order.instrument, order.side)

    def _reduce(self, order: Order) -> None:
        """Leave no more than what closes."""
        if order.reduce_only:
            allowed = self.screening.reducible(order.instrument, order.request)
            if order.size == 0:
                order.size = order.leaves = allowed
            order.cut = max(0, order.leaves - allowed)
            order.leaves -= order.cut

    def _take(self, order: Order, path: Walk) -> None:
        """Do what a walk found."""
        i, market = order.instrument, self.market
        levels = [(step.price, step.lots) for step in path.steps if step.against is None]
        if levels:
            arrays = self.resting.arrays
            room = int(arrays.head[i, TAKEN]) + len(levels)
            self.resting.arrays = with_room(arrays, 0, room)
            until_ns = self.outbox.now_ns + self.decay_ns
            market.consume(self.resting.arrays, i, order.side, levels, until_ns)
            self.agenda.add(until_ns, RECOVERY, Recovery(i))
        for step in path.steps:
            if step.lots == 0 and step.against is not None:
                text = f"self-trade: would meet our own order {_called(order)}"
                self.end(step.against, Change.EXPIRED_IN_MATCH, Reason.SELF_TRADE, text)
                continue
            order.leaves -= step.lots
            self.fill(order, step.price, step.lots, maker=False)
            if step.against is not None:
                self._fill_resting(step.against, step.lots)

    def _fill_resting(self, order: Order, lots: int) -> None:
        """An order of the venue was met by another."""
        left = order.leaves - lots
        if left:
            self.resting.shrink(order, left)
        else:
            self._drop(order)
            order.leaves = 0
        self.fill(order, order.price, lots, maker=True)
        if left == 0 and order.cut:
            self.say(order, Change.CANCELED, Reason.REDUCED, REST_WOULD_OPEN)

    def _settle_remainder(self, order: Order, own: Order | None) -> None:
        request = order.request
        if order.leaves == 0:
            if order.cut:
                self.say(order, Change.CANCELED, Reason.REDUCED, REST_WOULD_OPEN)
        elif own is not None:
            text = f"self-trade: would meet our own order {_called(own)}"
            self.say(order, Change.EXPIRED_IN_MATCH, Reason.SELF_TRADE, text)
        elif request.type is OrderType.MARKET:
            text = "market: nothing left up to the collar"
            self.say(order, Change.EXPIRED, Reason.COLLAR, text)
        elif request.time_in_force is not TimeInForce.GTC:
            text = "immediate-or-cancel: nothing left up to the limit"
            self.say(order, Change.EXPIRED, Reason.IMMEDIATE, text)
        else:
            ahead = self.market.shown(order.instrument, order.side, order.price)
            self.resting.rest(order, float(ahead))
            self._keep(order)

    def _keep(self, order: Order) -> None:
        """An order stands from now on."""
        if order.client_id:
            self._named[order.name] = order
        if order.request.expires_ns is not None:
            self.agenda.add(order.request.expires_ns, EXPIRY, Expiry(order.number))

    def _drop(self, order: Order) -> None:
        """An order stands no more."""
        book = self.waiting if order.trigger is not None else self.resting
        book.remove(order)
        if order.client_id:
            del self._named[order.name]

    def fill(self, order: Order, price: int, lots: int, *, maker: bool) -> None:
        """Book an execution of an order and report it."""
        i, instrument = order.instrument, self.listings[order.instrument].instrument
        fee, currency = self.booking.execute(order.account, i, order.side, lots, price, maker=maker)
        order.executed += lots
        order.spent += abs(worth(instrument, lots, instrument.price(price)))
        self.traded.add(i)
        number = self.outbox.trade_number()
        execution = Execution(number, lots, price, fee, currency, maker)
        self.say(order, Change.TRADE, execution=execution)

    def _cut_reduce_only(self, i: int) -> None:
        """Keep resting reduce-only orders within the position that is left."""
        left: dict[tuple[AccountId, Side], int] = {}
        for order in self.resting:
            if order.instrument != i or not order.reduce_only:
                continue
            key = (order.account, order.side)
            room = left.setdefault(key, self.screening.closable(order.account, i, order.side))
            if room == 0:
                text = "reduce-only: there is nothing left to reduce"
                self.end(order, Change.CANCELED, Reason.REDUCED, text)
                continue
            if order.leaves > room:
                order.cut += order.leaves - room
                self.resting.shrink(order, room)
            left[key] = room - order.leaves


def _called(order: Order) -> str:
    return order.client_id or str(order.number)
