"""The orders that rest: which they are, and their rows in the matching arrays."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from bot.model.command import Side
from bot.model.units import AccountId
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


class Order(Struct):
    """One order at the venue.

    instrument: its index. price: ticks; for a market order, its collar. leaves: lots.
    cut: lots that reduce-only took off; canceled when the rest has filled.
    """

    order_id: str
    account: AccountId
    instrument: int
    side: Side
    price: int
    leaves: int
    reduce_only: bool
    cut: int = 0
    handle: int = 0


class RestingOrders:
    """Every order on the book, by id and as rows that the kernel serves, oldest first."""

    def __init__(self, lots: Sequence[float], queue: QueueRule) -> None:
        """Start with none; lots: the amount in one lot of each instrument."""
        self.arrays: VenueArrays = no_orders(len(lots), queue.code, queue.power)
        self._lots = lots
        self._by_handle: dict[int, Order] = {}
        self._by_id: dict[str, Order] = {}
        self._handles = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Order]:
        """Oldest first."""
        return iter(list(self._by_id.values()))

    def get(self, order_id: str) -> Order | None:
        """The order with this id, while it rests."""
        return self._by_id.get(order_id)

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
        self._by_id[order.order_id] = order

    def remove(self, order: Order) -> None:
        """Take an order off the book; the younger ones keep their order."""
        arrays, i = self.arrays, order.instrument
        at, count = self._row(order), int(arrays.head[i, RESTING])
        arrays.resting[i, at : count - 1] = arrays.resting[i, at + 1 : count].copy()
        arrays.queue[i, at : count - 1] = arrays.queue[i, at + 1 : count].copy()
        arrays.head[i, RESTING] = count - 1
        del self._by_handle[order.handle], self._by_id[order.order_id]

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

    def first_against(self, account: AccountId, i: int, side: Side, limit: int) -> Order | None:
        """The account's own order that an incoming one would meet first, if any."""
        met = [
            order
            for order in self._by_id.values()
            if order.account == account and order.instrument == i and order.side is not side
            if (limit - order.price) * side >= 0
        ]
        return min(met, key=lambda order: (order.price * side, order.handle), default=None)

    def _row(self, order: Order) -> int:
        arrays, i = self.arrays, order.instrument
        for k in range(int(arrays.head[i, RESTING])):
            if arrays.resting[i, k, HANDLE] == order.handle:
                return k
        raise AssertionError(f"order {order.order_id} has no row")


assert (HANDLE, SIDE, PRICE, LEAVES, FILLED) == (0, 1, 2, 3, 4), "rest() writes a whole row"
assert (AHEAD, TRADED, LOT) == (0, 1, 2), "rest() writes a whole row"
