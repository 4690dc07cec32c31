"""The simulated venue once more, slow and clear: dict books, lists of orders, one happening a time.

It knows no money and no funding. Its answers are plain tuples: venue time, change, client id,
lots executed and lots left; of a trade also its lots, price, and whether it was as maker.
"""

import math
from dataclasses import dataclass, field

from bot.model.command import OrderType, Side, TimeInForce
from bot.venues.simulated import queue
from bot.venues.simulated.queue import QueueRule
from bot.venues.simulated.requests import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Countdown,
    PlaceOrder,
    Request,
    SelfTrade,
    TriggerSource,
)

Answer = tuple[object, ...]
ENDS = ("canceled", "expired", "expired_in_match", "rejected")


@dataclass
class Message:
    """Rows that happened together: `("level", side, price, size)`, `("trade", side, ...)`, or
    `("mark", side, price, 0)`.
    """

    ns: int
    instrument: int
    rows: list[tuple[str, Side, int, int]]
    snapshot: bool = False
    gap: bool = False


@dataclass(eq=False)
class Order:
    request: PlaceOrder
    number: int
    instrument: int
    price: int
    size: int
    leaves: int
    trigger: int | None = None
    executed: int = 0
    cut: int = 0
    ahead: float = 0.0
    traded: float = 0.0
    filled: int = 0

    @property
    def side(self) -> Side:
        return self.request.side

    @property
    def account(self) -> str:
        return self.request.account

    @property
    def closes(self) -> bool:
        return self.request.reduce_only or self.request.close_position


@dataclass
class Book:
    levels: dict[Side, dict[int, int]] = field(
        default_factory=lambda: {Side.BUY: {}, Side.SELL: {}}
    )
    taken: dict[tuple[Side, int], tuple[int, int]] = field(default_factory=dict)
    known: bool = False
    crossed: bool = False
    mark: int | None = None
    last: int | None = None

    def best(self, side: Side) -> int | None:
        prices = self.levels[side]
        return None if not prices else max(prices) if side is Side.BUY else min(prices)

    def set(self, side: Side, price: int, size: int) -> None:
        self.levels[side].pop(price, None)
        if size:
            self.levels[side][price] = size

    def judge(self) -> None:
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        self.crossed = bid is not None and ask is not None and bid >= ask

    @property
    def usable(self) -> bool:
        return self.known and not self.crossed


class Oracle:
    def __init__(
        self,
        instruments: tuple[str, ...],
        decay_ns: int,
        rule: QueueRule | None = None,
        lots: tuple[float, ...] = (0.1, 1.0, 0.1),
    ) -> None:
        self.names = instruments
        self.lots = lots
        self.rule = rule or QueueRule(queue.RISK_AVERSE)
        self.books = [Book() for _ in instruments]
        self.orders: list[Order] = []
        self.waiting: list[Order] = []
        self.position: dict[tuple[str, int], int] = {}
        self.deadlines: dict[tuple[str, int | None], int] = {}
        self.seen: set[tuple[str, str]] = set()
        self.decay_ns = decay_ns
        self.answers: list[Answer] = []
        self.todo: list[tuple[int, int, int, object]] = []
        self.now = self.numbers = self.entered = 0

    def run(self, messages: list[Message], arrivals: list[tuple[int, Request]]) -> list[Answer]:
        """Everything in the venue's order: rows, recoveries, expiries, countdowns, arrivals."""
        self.todo += [(each.ns, 0, k, each) for k, each in enumerate(messages)]
        self.todo += [(ns, 4, k, request) for k, (ns, request) in enumerate(arrivals)]
        while self.todo:
            self.todo.sort(key=lambda entry: entry[:3])
            self.now, rank, _, what = self.todo.pop(0)
            if isinstance(what, Message):
                self.hear(what)
            elif rank == 1:
                self.recover(what)
            elif rank == 2:
                self.expire(what)
            elif rank == 3:
                self.lapse(what)
            else:
                self.serve(what)
        return self.answers

    def later(self, ns: int, rank: int, what: object) -> None:
        self.entered += 1
        self.todo.append((ns, rank, self.entered, what))

    # --- the market --------------------------------------------------------------------

    def hear(self, message: Message) -> None:
        book, i = self.books[message.instrument], message.instrument
        ours = [order for order in self.orders if order.instrument == i]
        if message.gap:
            book.known = book.crossed = False
        if message.snapshot:
            book.levels = {Side.BUY: {}, Side.SELL: {}}
            book.taken.clear()
            book.known, book.crossed = True, False
        trades = []
        for kind, side, price, size in message.rows:
            if kind == "level":
                before = book.levels[side].get(price, 0)
                book.set(side, price, size)
                book.taken.pop((side, price), None)
                for order in ours:
                    if not message.snapshot and (order.side, order.price) == (side, price):
                        self.moved(order, before, size)
            elif kind == "trade":
                trades.append(price)
                book.last = price
                self.trade(ours, side, price, size)
            else:
                book.mark = price
        if message.snapshot:
            self.restate(book, ours, message)
        if any(kind == "level" for kind, *_ in message.rows):
            book.judge()
            self.meet(book, ours)
        self.collect(i, ours)
        self.trigger(i, trades)

    def trade(self, ours: list[Order], side: Side, price: int, size: int) -> None:
        left = size
        for order in ours:
            if order.side is side:
                continue
            if (order.price - price) * order.side > 0:
                order.filled, order.leaves = order.filled + order.leaves, 0
            elif order.price == price and order.leaves:
                got = min(order.leaves, max(0, math.floor(left - order.ahead + 0.5)))
                if got and self.rule.whole:
                    got = order.leaves
                order.filled, order.leaves = order.filled + got, order.leaves - got
                order.ahead = max(0.0, order.ahead - size)
                order.traded += size
                left -= got

    def moved(self, order: Order, before: int, size: int) -> None:
        """The queue of an order whose level went from one size to another, as published."""
        change = before - size - order.traded
        order.traded = 0.0
        if self.rule.code == queue.RISK_AVERSE or change < 0:
            order.ahead = min(order.ahead, size)
            return
        behind = before - order.ahead
        p = self.behind(order.ahead, behind, self.lots[order.instrument])
        rest = order.ahead - (1 - p) * change + min(behind - p * change, 0)
        order.ahead = min(rest, size)

    def behind(self, front: float, back: float, lot: float) -> float:
        """The probability that a cancel was behind us."""
        n, code = self.rule.power, self.rule.code
        f, b = max(front, 0.0) * lot, max(back, 0.0) * lot
        if f == b == 0:
            return 1.0
        if code == queue.POWER:
            return b**n / (b**n + f**n)
        if code == queue.POWER_OF_ALL:
            return b**n / (b + f) ** n
        if code == queue.POWER_OF_FRONT:
            return 1 - (f / (f + b)) ** n
        if code == queue.LOG:
            return math.log1p(b) / (math.log1p(b) + math.log1p(f))
        return math.log1p(b) / math.log1p(b + f)

    def restate(self, book: Book, ours: list[Order], message: Message) -> None:
        for order in ours:
            told = [p for kind, s, p, _ in message.rows if kind == "level" and s is order.side]
            if any((order.price - price) * order.side >= 0 for price in told):
                order.ahead = min(order.ahead, book.levels[order.side].get(order.price, 0))
            order.traded = 0.0

    def meet(self, book: Book, ours: list[Order]) -> None:
        if not book.usable:
            return
        for order in ours:
            other = book.best(order.side.opposite)
            if other is not None and (order.price - other) * order.side >= 0:
                order.filled, order.leaves = order.filled + order.leaves, 0

    def collect(self, i: int, ours: list[Order]) -> None:
        for order in ours:
            if order.filled:
                lots, order.filled = order.filled, 0
                if order.closes:
                    allowed = self.closable(order.account, i, order.side)
                    order.cut += max(0, lots - allowed)
                    lots = min(lots, allowed)
                if not order.leaves:
                    self.orders.remove(order)
                if lots:
                    self.fill(order, order.price, lots, maker=True)
                if not order.leaves and order.cut:
                    self.say("canceled", order)
        self.cut_reduce_only(i)

    def trigger(self, i: int, trades: list[int]) -> None:
        mark = self.books[i].mark
        for order in list(self.waiting):
            trigger = order.request.trigger
            if order.instrument != i:
                continue
            seen = trades if trigger.source is TriggerSource.LAST else [mark]
            if self.come(order.trigger, trigger.rising, seen):
                self.activate(order)

    def come(self, price: int, rising: bool, seen: list[int | None]) -> bool:
        known = [each for each in seen if each is not None]
        return any(each >= price if rising else each <= price for each in known)

    def recover(self, i: int) -> None:
        book = self.books[i]
        for (side, price), (size, until) in list(book.taken.items()):
            if until <= self.now:
                book.set(side, price, size)
                del book.taken[side, price]
        book.judge()

    # --- requests ----------------------------------------------------------------------

    def serve(self, request: Request) -> None:
        if isinstance(request, PlaceOrder):
            self.place(request)
        elif isinstance(request, AmendOrder):
            self.amend(request)
        elif isinstance(request, CancelOrder):
            order = self.find(request)
            if order is not None:
                self.end(order, "canceled")
        elif isinstance(request, CancelAll):
            for order in [*self.orders, *self.waiting]:
                meant = request.instrument in (None, self.names[order.instrument])
                if meant and order.account == request.account:
                    self.end(order, "canceled")
        elif isinstance(request, Countdown):
            i = None if request.instrument is None else self.names.index(request.instrument)
            self.deadlines.pop((request.account, i), None)
            if request.ms:
                ends = self.now + request.ms * 1_000_000
                self.deadlines[request.account, i] = ends
                self.later(ends, 3, (request.account, i))
        else:
            for each in request.requests:
                self.serve(each)

    def find(self, request: AmendOrder | CancelOrder) -> Order | None:
        for order in [*self.orders, *self.waiting]:
            named = (order.account, order.request.client_id)
            if named == (request.account, request.client_id):
                return order
        self.answers.append((self.now, "refused", request.client_id))
        return None

    def lapse(self, key: tuple[str, int | None]) -> None:
        if self.deadlines.get(key) != self.now:
            return
        del self.deadlines[key]
        for order in [*self.orders, *self.waiting]:
            if order.account == key[0] and key[1] in (None, order.instrument):
                self.end(order, "canceled")

    def expire(self, number: int) -> None:
        for order in [*self.orders, *self.waiting]:
            if order.number == number:
                self.end(order, "expired")

    def place(self, request: PlaceOrder) -> None:
        i, side = self.names.index(request.instrument), request.side
        book, name = self.books[i], (request.account, request.client_id)
        fresh = name not in self.seen
        self.seen.add(name)
        at_once = request.time_in_force is not TimeInForce.GTC
        timed = request.expires_ns is not None
        wrong = request.post_only and (at_once or request.type is OrderType.MARKET)
        wrong = wrong or (timed and (at_once or request.expires_ns <= self.now))
        wrong = wrong or not fresh or not book.usable
        if (trigger := request.trigger) is not None:
            seen = book.last if trigger.source is TriggerSource.LAST else book.mark
            wrong = wrong or self.come(trigger.price, trigger.rising, [seen])
        else:
            wrong = wrong or (request.post_only and self.crosses(i, side, request.price))
            closes = request.reduce_only or request.close_position
            wrong = wrong or (closes and self.reducible(request, i) == 0)
        if wrong:
            self.answers.append((self.now, "rejected", request.client_id, 0, 0))
            return
        self.numbers += 1
        size = request.size
        order = Order(request, self.numbers, i, request.price or 0, size, size)
        if trigger is not None:
            order.trigger = trigger.price
            order.price = request.price or trigger.price
            self.waiting.append(order)
            self.say("new", order)
            self.time(order)
            return
        self.ready(order)
        self.say("new", order)
        self.match(order)

    def amend(self, request: AmendOrder) -> None:
        order = self.find(request)
        if order is None:
            return
        book, waits = self.books[order.instrument], order.trigger is not None
        price = order.price if request.price is None else request.price
        size = order.size if request.size is None else request.size
        at = order.trigger if request.trigger_price is None else request.trigger_price
        wrong = request.trigger_price is not None and not waits
        wrong = wrong or (price, size, at) == (order.price, order.size, order.trigger)
        market = order.request.type is OrderType.MARKET
        wrong = wrong or (market and request.price is not None)
        wrong = wrong or (not waits and not book.usable)
        if waits and request.trigger_price is not None:
            trigger = order.request.trigger
            seen = book.last if trigger.source is TriggerSource.LAST else book.mark
            wrong = wrong or self.come(at, trigger.rising, [seen])
        if wrong:
            self.answers.append((self.now, "refused", request.client_id))
        elif waits:
            order.price, order.size, order.leaves, order.trigger = price, size, size, at
            self.say("amended", order)
        elif size <= order.executed:
            self.end(order, "canceled")
        elif price == order.price and size < order.size:
            order.cut = max(0, order.cut - (order.size - size))
            order.leaves = min(order.leaves, size - order.executed)
            order.size = size
            self.say("amended", order)
        elif order.request.post_only and self.crosses(order.instrument, order.side, price):
            self.end(order, "expired")
        else:
            self.orders.remove(order)
            order.price, order.size, order.cut = price, size, 0
            order.leaves = size - order.executed
            self.ready(order, keep_price=True)
            self.say("amended", order)
            self.match(order)

    def activate(self, order: Order) -> None:
        self.waiting.remove(order)
        order.trigger = None
        self.ready(order)
        self.say("triggered", order)
        crosses = order.request.post_only and self.crosses(
            order.instrument, order.side, order.price
        )
        if order.leaves == 0 or not self.books[order.instrument].usable or crosses:
            self.say("expired", order)
        else:
            self.match(order)

    def ready(self, order: Order, *, keep_price: bool = False) -> None:
        """A market order without a price takes any; reduce-only takes what closes."""
        if order.request.price is None and not keep_price:
            order.price = 10**9 if order.side is Side.BUY else 0
        if order.closes:
            allowed = self.reducible(order.request, order.instrument)
            if order.size == 0:
                order.size = order.leaves = allowed
            order.cut = max(0, order.leaves - allowed)
            order.leaves -= order.cut

    def crosses(self, i: int, side: Side, price: int) -> bool:
        touch = self.books[i].best(side.opposite)
        return (touch is not None and (price - touch) * side >= 0) or bool(self.met(i, side, price))

    def met(self, i: int, side: Side, price: int) -> list[Order]:
        found = [
            order
            for order in self.orders
            if order.instrument == i
            and order.side is not side
            and (price - order.price) * side >= 0
        ]
        return sorted(found, key=lambda order: order.price * side)

    def match(self, order: Order) -> None:
        """Lot by lot: the best price first; at a price, what stands ahead of an order of ours,
        then that order, then the rest of the level.
        """
        i, side, book = order.instrument, order.side, self.books[order.instrument]
        shown = {
            price: size
            for price, size in book.levels[side.opposite].items()
            if (order.price - price) * side >= 0
        }
        met = self.met(i, side, order.price)
        happens: list[tuple[int, int, Order | None]] = []
        left, stopped = order.leaves, False
        for price in sorted({*shown, *(each.price for each in met)}, key=lambda p: p * side):
            passed = 0
            for own in [each for each in met if each.price == price]:
                before = min(left, max(0, min(int(own.ahead), shown.get(price, 0)) - passed))
                happens.append((price, before, None))
                passed, left = passed + before, left - before
                if left == 0:
                    break
                mode = order.request.self_trade
                if own.account == order.account and mode is not SelfTrade.NONE:
                    if mode in (SelfTrade.OLDEST, SelfTrade.BOTH):
                        happens.append((price, 0, own))
                    if mode in (SelfTrade.NEWEST, SelfTrade.BOTH):
                        stopped = True
                        break
                    continue
                lots = min(left, own.leaves)
                if own.closes:
                    given = sum(n for _, n, o in happens if o and o.account == own.account)
                    lots = min(lots, max(0, self.closable(own.account, i, own.side) - given))
                    if lots == 0:
                        continue
                happens.append((price, lots, own))
                left -= lots
            if stopped or left == 0:
                break
            rest = min(left, shown.get(price, 0) - passed)
            happens.append((price, rest, None))
            left -= rest
        if order.request.time_in_force is TimeInForce.FOK and (left or order.cut):
            self.say("expired", order)
            return
        self.carry_out(order, happens)
        immediate = order.request.time_in_force is not TimeInForce.GTC
        if not order.leaves:
            if order.cut:
                self.say("canceled", order)
        elif stopped:
            self.say("expired_in_match", order)
        elif immediate or order.request.type is OrderType.MARKET:
            self.say("expired", order)
        else:
            order.ahead = book.levels[side].get(order.price, 0)
            order.traded = 0.0
            self.orders.append(order)
            self.time(order)
        self.cut_reduce_only(i)

    def carry_out(self, order: Order, happens: list[tuple[int, int, Order | None]]) -> None:
        i, side, book = order.instrument, order.side, self.books[order.instrument]
        if any(lots and own is None for _, lots, own in happens):
            self.later(self.now + self.decay_ns, 1, i)
        for price, lots, own in happens:
            if own is None and lots:
                size = book.levels[side.opposite][price]
                whole, _ = book.taken.get((side.opposite, price), (size, 0))
                book.taken[side.opposite, price] = (whole, self.now + self.decay_ns)
                book.set(side.opposite, price, size - lots)
        for price, lots, own in happens:
            if own is not None and not lots:
                self.end(own, "expired_in_match")
            elif lots:
                order.leaves -= lots
                self.fill(order, price, lots, maker=False)
                if own is not None:
                    own.leaves -= lots
                    if not own.leaves:
                        self.orders.remove(own)
                    self.fill(own, price, lots, maker=True)
                    if not own.leaves and own.cut:
                        self.say("canceled", own)

    def closable(self, account: str, i: int, side: Side) -> int:
        return max(0, -self.position.get((account, i), 0) * side)

    def reducible(self, request: PlaceOrder, i: int) -> int:
        account, side = request.account, request.side
        rests = request.type is OrderType.LIMIT and request.time_in_force is TimeInForce.GTC
        if not rests or request.trigger is not None:
            return self.closable(account, i, side)
        promised = sum(
            order.leaves
            for order in self.orders
            if order.closes and (order.account, order.instrument, order.side) == (account, i, side)
        )
        return max(0, self.closable(account, i, side) - promised)

    def cut_reduce_only(self, i: int) -> None:
        room: dict[tuple[str, Side], int] = {}
        for order in [o for o in self.orders if o.closes and o.instrument == i]:
            key = (order.account, order.side)
            left = room.setdefault(key, self.closable(order.account, i, order.side))
            kept = min(order.leaves, left)
            if left == 0:
                self.end(order, "canceled")
                continue
            order.cut, order.leaves = order.cut + order.leaves - kept, kept
            room[key] = left - kept

    def time(self, order: Order) -> None:
        if order.request.expires_ns is not None:
            self.later(order.request.expires_ns, 2, order.number)

    def end(self, order: Order, kind: str) -> None:
        (self.orders if order in self.orders else self.waiting).remove(order)
        self.say(kind, order)

    def fill(self, order: Order, price: int, lots: int, *, maker: bool) -> None:
        key = (order.account, order.instrument)
        self.position[key] = self.position.get(key, 0) + lots * order.side
        order.executed += lots
        self.say("trade", order, lots, price, maker)

    def say(self, kind: str, order: Order, *more: object) -> None:
        left = 0 if kind in ENDS else order.leaves
        self.answers.append((self.now, kind, order.request.client_id, order.executed, left, *more))
