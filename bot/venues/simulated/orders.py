"""The orders that rest: which they are, and their rows in the matching arrays."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from bot.model.command import Side
from bot.model.units import AccountId
from bot.venues.simulated.accounts import ZERO
from bot.venues.simulated.arrays import (
    AHEAD,
    FILLED,
    HANDLE,
    LEAVES,
    LOT,
    PRICE,
    RESTING,
    SIDE,
    TRADED,
    VenueArrays,
    no_orders,
    with_room,
)
from bot.venues.simulated.queue import QueueRule
from bot.venues.simulated.requests import PlaceOrder, Trigger

Name = tuple[AccountId, str]


class Order(Struct):
    """One order at the venue, from when it was taken in.

    number: the venue's own. instrument: its index. price: ticks; of a market order its collar.
    size, leaves, executed: lots; size as amended. cut: lots that reduce-only took off; canceled
    when the rest has filled. spent: worth of what was executed, in the currency of settlement.
    trigger: while it waits.
    """

    number: int
    instrument: int
    request: PlaceOrder
    price: int
    size: int
    leaves: int
    placed_ns: int
    trigger: Trigger | None = None
    executed: int = 0
    spent: Decimal = ZERO
    cut: int = 0
    handle: int = 0

    @property
    def account(self) -> AccountId:
        """Whose it is."""
        return self.request.account

    @property
    def client_id(self) -> str:
        """Its sender's name for it."""
        return self.request.client_id

    @property
    def name(self) -> Name:
        """What nobody else's order is called; its client id may be empty."""
        return self.request.account, self.request.client_id

    @property
    def side(self) -> Side:
        """Its side."""
        return self.request.side

    @property
    def reduce_only(self) -> bool:
        """Whether it may only close."""
        return self.request.reduce_only or self.request.close_position


class RestingOrders:
    """Every order on the book, by number and as rows that the kernel serves, oldest first."""

    def __init__(self, lots: Sequence[float], queue: QueueRule) -> None:
        """Start with none; lots: the amount in one lot of each instrument."""
        self.arrays: VenueArrays = no_orders(len(lots), queue.code, queue.power, queue.whole)
        self._lots = lots
        self._by_handle: dict[int, Order] = {}
        self._by_number: dict[int, Order] = {}
        self._handles = 0

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[Order]:
        """Oldest first."""
        return iter(list(self._by_number.values()))

    def get(self, number: int) -> Order | None:
        """The order with this number, while it rests."""
        return self._by_number.get(number)

    def rest(self, order: Order, ahead: float, traded: float = 0.0) -> None:
        """Put an order on the book, behind so many lots."""
        arrays, i = self.arrays, order.instrument
        at = int(arrays.head[i, RESTING])
        arrays = self.arrays = with_room(arrays, at + 1, 0)
        self._handles += 1
        order.handle = self._handles
        arrays.resting[i, at] = (order.handle, int(order.side), order.price, order.leaves, 0)
        arrays.queue[i, at] = (ahead, traded, self._lots[i])
        arrays.head[i, RESTING] = at + 1
        self._by_handle[order.handle] = order
        self._by_number[order.number] = order

    def remove(self, order: Order) -> None:
        """Take an order off the book; the younger ones keep their order."""
        arrays, i = self.arrays, order.instrument
        at, count = self._row(order), int(arrays.head[i, RESTING])
        if at < count - 1:
            arrays.resting[i, at : count - 1] = arrays.resting[i, at + 1 : count].copy()
            arrays.queue[i, at : count - 1] = arrays.queue[i, at + 1 : count].copy()
        arrays.head[i, RESTING] = count - 1
        del self._by_handle[order.handle], self._by_number[order.number]

    def collect(self, i: int) -> list[tuple[Order, int]]:
        """What filled in an instrument since the last call: orders and their lots."""
        arrays = self.arrays
        filled: list[tuple[Order, int]] = []
        for k in range(int(arrays.head[i, RESTING])):
            lots = int(arrays.resting[i, k, FILLED])
            if lots:
                order = self._by_handle[int(arrays.resting[i, k, HANDLE])]
                arrays.resting[i, k, FILLED] = 0
                order.leaves = int(arrays.resting[i, k, LEAVES])
                filled.append((order, lots))
        return filled

    def place(self, order: Order) -> tuple[float, float]:
        """Lots that are served before this order, and lots traded since its level was stated."""
        row = self.arrays.queue[order.instrument, self._row(order)]
        return float(row[AHEAD]), float(row[TRADED])

    def shrink(self, order: Order, leaves: int) -> None:
        """Leave fewer lots of an order; it keeps its place."""
        order.leaves = leaves
        self.arrays.resting[order.instrument, self._row(order), LEAVES] = leaves

    def against(self, i: int, side: Side, limit: int) -> list[Order]:
        """The orders that an incoming one would meet, whoever's, in the order it meets them."""
        if not self.arrays.head[i, RESTING]:
            return []
        met = [
            order
            for order in self._by_number.values()
            if order.instrument == i and order.side is not side
            if (limit - order.price) * side >= 0
        ]
        return sorted(met, key=lambda order: (order.price * side, order.handle))

    def _row(self, order: Order) -> int:
        arrays, i = self.arrays, order.instrument
        for k in range(int(arrays.head[i, RESTING])):
            if arrays.resting[i, k, HANDLE] == order.handle:
                return k
        raise AssertionError(f"order {order.number} has no row")


assert (HANDLE, SIDE, PRICE, LEAVES, FILLED) == (0, 1, 2, 3, 4), "rest() writes a whole row"
assert (AHEAD, TRADED, LOT) == (0, 1, 2), "rest() writes a whole row"
