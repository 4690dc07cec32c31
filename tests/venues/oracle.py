"""The simulated venue once more, slow and clear: dict books, lists of orders, one happening a time.

It knows one queue rule (risk-averse), no money, no funding. Its answers are plain tuples:
venue time, kind, order id, lots, price, maker.
"""

from dataclasses import dataclass, field

from bot.model.command import Approved, Cancel, Command, OrderType, Side, TimeInForce

Answer = tuple[object, ...]


@dataclass
class Message:
    """Rows that happened together: `("level", side, price, size)` or `("trade", side, ...)`."""

    ns: int
    instrument: int
    rows: list[tuple[str, Side, int, int]]
    snapshot: bool = False
    gap: bool = False


@dataclass
class Order:
    order_id: str
    instrument: int
    side: Side
    price: int
    leaves: int
    reduce_only: bool
    cut: int = 0
    ahead: int = 0
    filled: int = 0


@dataclass
class Book:
    levels: dict[Side, dict[int, int]] = field(
        default_factory=lambda: {Side.BUY: {}, Side.SELL: {}}
    )
    taken: dict[tuple[Side, int], tuple[int, int]] = field(default_factory=dict)
    known: bool = False
    crossed: bool = False

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


class Oracle:
    def __init__(self, instruments: tuple[str, ...], decay_ns: int) -> None:
        self.names = instruments
        self.books = [Book() for _ in instruments]
        self.orders: list[Order] = []
        self.position = [0 for _ in instruments]
        self.seen: set[str] = set()
        self.decay_ns = decay_ns
        self.answers: list[Answer] = []
        self.now = 0

    def run(self, messages: list[Message], arrivals: list[tuple[int, Command]]) -> list[Answer]:
        """Everything in the venue's order: rows, then recoveries, then arrivals."""
        todo: list[tuple[int, int, int, object]] = []
        todo += [(each.ns, 0, k, each) for k, each in enumerate(messages)]
        todo += [(ns, 2, k, command) for k, (ns, command) in enumerate(arrivals)]
        while todo:
            todo.sort(key=lambda entry: entry[:3])
            self.now, _, _, what = todo.pop(0)
            if isinstance(what, Message):
                self.hear(what)
            elif isinstance(what, int):
                self.recover(what)
            elif isinstance(what, Cancel):
                self.cancel(what)
            elif isinstance(what, Approved) and self.arrive(what):
                i = self.names.index(what.proposal.instrument)
                todo.append((self.now + self.decay_ns, 1, len(self.answers), i))
        return self.answers

    # --- the market --------------------------------------------------------------------

    def hear(self, message: Message) -> None:
        book = self.books[message.instrument]
        ours = [order for order in self.orders if order.instrument == message.instrument]
        if message.gap:
            book.known = book.crossed = False
        if message.snapshot:
            book.levels = {Side.BUY: {}, Side.SELL: {}}
            book.taken.clear()
            book.known, book.crossed = True, False
        for kind, side, price, size in message.rows:
            if kind == "level":
                book.set(side, price, size)
                book.taken.pop((side, price), None)
                for order in ours:
                    if not message.snapshot and (order.side, order.price) == (side, price):
                        order.ahead = min(order.ahead, size)
            else:
                self.trade(ours, side, price, size)
        if message.snapshot:
            self.restate(book, ours, message)
        if any(kind == "level" for kind, *_ in message.rows):
            book.judge()
            self.meet(book, ours)
        self.collect(message.instrument, ours)

    def trade(self, ours: list[Order], side: Side, price: int, size: int) -> None:
        left = size
        for order in ours:
            if order.side is side:
                continue
            if (order.price - price) * order.side > 0:
                order.filled, order.leaves = order.filled + order.leaves, 0
            elif order.price == price and order.leaves:
                got = min(order.leaves, max(0, left - order.ahead))
                order.filled, order.leaves = order.filled + got, order.leaves - got
                order.ahead = max(0, order.ahead - size)
                left -= got

    def restate(self, book: Book, ours: list[Order], message: Message) -> None:
        for order in ours:
            told = [p for kind, s, p, _ in message.rows if kind == "level" and s is order.side]
            if any((order.price - price) * order.side >= 0 for price in told):
                order.ahead = min(order.ahead, book.levels[order.side].get(order.price, 0))

    def meet(self, book: Book, ours: list[Order]) -> None:
        if not book.known or book.crossed:
            return
        for order in ours:
            other = book.best(order.side.opposite)
            if other is not None and (order.price - other) * order.side >= 0:
                order.filled, order.leaves = order.filled + order.leaves, 0

    def collect(self, i: int, ours: list[Order]) -> None:
        for order in ours:
            if order.filled:
                lots, order.filled = order.filled, 0
                if order.reduce_only:
                    allowed = max(0, -self.position[i] * order.side)
                    order.cut += max(0, lots - allowed)
                    lots = min(lots, allowed)
                if not order.leaves:
                    self.orders.remove(order)
                if lots:
                    self.fill(order, order.price, lots, maker=True)
                if not order.leaves and order.cut:
                    self.say("OrderCanceled", order.order_id)
        self.cut_reduce_only(i)

    def recover(self, i: int) -> None:
        book = self.books[i]
        for (side, price), (size, until) in list(book.taken.items()):
            if until <= self.now:
                book.set(side, price, size)
                del book.taken[side, price]
        book.judge()

    # --- our commands ------------------------------------------------------------------

    def arrive(self, approved: Approved) -> bool:
        proposal = approved.proposal
        i = self.names.index(proposal.instrument)
        side, book = proposal.side, self.books[i]
        fresh = approved.order_id not in self.seen
        self.seen.add(approved.order_id)
        touch = book.best(side.opposite)
        crosses = touch is not None and (proposal.price - touch) * side >= 0
        met = [
            order
            for order in self.orders
            if order.instrument == i
            and order.side is not side
            and (proposal.price - order.price) * side >= 0
        ]
        allowed = proposal.size
        if proposal.reduce_only:
            promised = [
                o for o in self.orders if o.reduce_only and (o.instrument, o.side) == (i, side)
            ]
            allowed = -self.position[i] * side - sum(order.leaves for order in promised)
        at_once = proposal.time_in_force is not TimeInForce.GTC
        at_once = at_once or proposal.type is OrderType.MARKET
        stopped = proposal.post_only and (crosses or met or at_once)
        if not fresh or not book.known or book.crossed or stopped or allowed <= 0:
            self.say("OrderRejected", approved.order_id)
            return False
        self.say("OrderAccepted", approved.order_id)
        leaves = min(allowed, proposal.size)
        order = Order(approved.order_id, i, side, proposal.price, leaves, proposal.reduce_only)
        order.cut = proposal.size - leaves
        own = min(met, key=lambda each: each.price * side, default=None)
        return self.match(order, approved, own)

    def match(self, order: Order, approved: Approved, own: Order | None) -> bool:
        side, book = order.side, self.books[order.instrument]
        against, takes, left = book.levels[side.opposite], [], order.leaves
        for price in sorted(against, key=lambda price: price * side):
            shown = min(left, against[price])
            if own is not None and price == own.price:
                shown = min(shown, own.ahead)
            beyond = own is not None and (price - own.price) * side > 0
            if left == 0 or beyond or (order.price - price) * side < 0:
                break
            takes.append((price, shown))
            left -= shown
        proposal = approved.proposal
        if proposal.time_in_force is TimeInForce.FOK and (left or order.cut):
            self.say("OrderCanceled", order.order_id)
            return False
        takes = [(price, lots) for price, lots in takes if lots]
        for price, lots in takes:
            size, _ = book.taken.get((side.opposite, price), (against[price], 0))
            book.taken[side.opposite, price] = (size, self.now + self.decay_ns)
            book.set(side.opposite, price, against[price] - lots)
            self.fill(order, price, lots, maker=False)
        order.leaves = left
        gone = own is not None or proposal.time_in_force is not TimeInForce.GTC
        if (left and (gone or proposal.type is OrderType.MARKET)) or (not left and order.cut):
            self.say("OrderCanceled", order.order_id)
        elif left:
            order.ahead = book.levels[side].get(order.price, 0)
            self.orders.append(order)
        if takes:
            self.cut_reduce_only(order.instrument)
        return bool(takes)

    def cancel(self, cancel: Cancel) -> None:
        for order in self.orders:
            if order.order_id == cancel.order_id:
                self.orders.remove(order)
                self.say("OrderCanceled", order.order_id)
                return
        self.say("CancelRejected", cancel.order_id)

    def cut_reduce_only(self, i: int) -> None:
        for side in Side:
            room = max(0, -self.position[i] * side)
            for order in [o for o in self.orders if o.reduce_only and o.side is side]:
                if order.instrument != i:
                    continue
                kept = min(order.leaves, room)
                order.cut, order.leaves = order.cut + order.leaves - kept, kept
                room -= kept
                if kept == 0:
                    self.orders.remove(order)
                    self.say("OrderCanceled", order.order_id)

    def fill(self, order: Order, price: int, lots: int, *, maker: bool) -> None:
        self.position[order.instrument] += lots * order.side
        self.say("Fill", order.order_id, lots, price, maker)

    def say(self, kind: str, order_id: str, *more: object) -> None:
        self.answers.append((self.now, kind, order_id, *more))
