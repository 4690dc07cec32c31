"""Watching the touch for posted orders: since when it has left each of them behind.

A posted order follows the touch once that has been elsewhere for a while. Prices move with
nearly every message and orders seldom follow, so the compiled loop watches them, and stops at
the moment at which the first order has waited long enough.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from msgspec import Struct
from numba import types

from bot.book.arrays import BOOK, Book, i8, void
from bot.book.layout import BOOK_NS, KNOWN, NEVER, STATUS, TOUCH_NS, UNBOUNDED
from bot.execution.blotter import Order
from bot.execution.quotes import QUOTE
from bot.kernel import kernel
from bot.kernel.places import Layout
from bot.model.command import Side
from bot.model.units import NS_PER_MS, InstrumentId
from bot.signals.touch import BOTH, FROM_BOOK, FROM_TOUCH, read_touch
from bot.tape.rows import Int64s
from bot.tape.venue_order import FOREVER

# Columns of `post`, a row an order.
INSTRUMENT: Final = 0
SIDE: Final = 1
"""0 for a bid, 1 for an ask."""
PRICE: Final = 2
SINCE: Final = 3
"""Since when the touch has been elsewhere; NEVER: it is not."""
DUE: Final = 4
"""When that has lasted long enough; FOREVER: it has not begun, or was told."""
AWAY: Final = 5
"""So many ticks away is elsewhere; of a quote none are, and only an unknown touch is."""
COLUMNS: Final = 6

# Entries of `clock`.
NEXT: Final = 0
"""The earliest DUE."""
POSTS: Final = 1
LONG: Final = 2
"""So many nanoseconds are long enough."""
CLOCK: Final = 3


class Posts(NamedTuple):
    """The orders watched. here: how many in each instrument."""

    post: Int64s
    here: Int64s
    clock: Int64s


POSTED: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (types.int64[:, ::1], types.int64[::1], types.int64[::1]), Posts
)
POSTED_LAYOUT: Final = Layout(POSTED, Posts, (("room", COLUMNS), ("instruments",), (CLOCK,)))


@kernel(void(POSTED, BOOK, i8, i8), apart=True)
def watch(posts: Posts, book: Book, i: int, t: int) -> None:
    """Look where the touch of an instrument stands after a message; unknown is elsewhere."""
    head = book.head
    fresher = head[i, TOUCH_NS] > head[i, BOOK_NS] or head[i, STATUS] != KNOWN
    sides, bid, _, ask, _ = read_touch(book, i, FROM_TOUCH if fresher else FROM_BOOK)
    post = posts.post
    clock = posts.clock
    changed = False
    for k in range(clock[POSTS]):
        if post[k, INSTRUMENT] != i:
            continue
        own = bid if post[k, SIDE] == 0 else ask
        away = sides != BOTH or abs(own - post[k, PRICE]) >= post[k, AWAY]
        if away != (post[k, SINCE] != NEVER):
            post[k, SINCE] = t if away else NEVER
            post[k, DUE] = t + clock[LONG] if away else FOREVER
            changed = True
    if changed:
        due = FOREVER
        for k in range(clock[POSTS]):
            due = min(due, post[k, DUE])
        clock[NEXT] = due


def nobody(instruments: int) -> Posts:
    """Arrays with room, in which no order is watched."""
    clock = np.zeros(CLOCK, np.int64)
    clock[NEXT] = FOREVER
    return Posts(np.zeros((8, COLUMNS), np.int64), np.zeros(instruments, np.int64), clock)


class Watched(Struct, frozen=True):
    """An order that is watched: since when the touch is away from it, and when that is told.

    since_ns: NEVER: it is near. due_ns: FOREVER: it is near, or was told.
    """

    order_id: str
    price: int
    since_ns: int
    due_ns: int


class Sentries:
    """Which orders are watched, and since when the touch has been elsewhere."""

    def __init__(self, instruments: Sequence[InstrumentId], ticks: int, wait_ms: int) -> None:
        """Watch nothing; ticks, wait_ms: how far away, and for how long, is away."""
        self._number = {name: i for i, name in enumerate(instruments)}
        self._rows: dict[tuple[str, int], int] = {}
        self.arrays = nobody(len(instruments))
        self.arrays.clock[LONG] = wait_ms * NS_PER_MS
        self._ticks = ticks
        self._clock = self.arrays.clock.data
        self._instruments = tuple(instruments)

    @property
    def due_ns(self) -> int:
        """When the first order will have been left behind for long enough; FOREVER: none is."""
        due: int = self._clock[NEXT]
        return due

    def since_ns(self, order: Order) -> int | None:
        """Since when the touch has been away from a watched order; None: it is not."""
        row = self._rows.get((order.order_id, order.price))
        since = NEVER if row is None else int(self.arrays.post[row, SINCE])
        return None if since == NEVER else since

    def differ(self, orders: Sequence[Order]) -> bool:
        """Whether these are others than the orders that are watched."""
        if not orders:
            return bool(self._rows)
        return [(order.order_id, order.price) for order in orders] != list(self._rows)

    def post(self, orders: Sequence[Order]) -> bool:
        """Watch these orders and no others; True when the arrays are others than before.

        An order at the same price goes on waiting as long as it has; whoever calls looks where
        the touch stands for the others.
        """
        known = {(each.order_id, each.price): each for each in self.state()}
        return self._watch(
            [(order, known.get((order.order_id, order.price)) or _near(order)) for order in orders]
        )

    def restore(self, state: Sequence[tuple[Order, Watched]]) -> bool:
        """Go on waiting where a state stood; True when the arrays are others than before."""
        return self._watch(state)

    def _watch(self, orders: Sequence[tuple[Order, Watched]]) -> bool:
        post = self.arrays.post
        grown = len(orders) > len(post)
        if grown:
            post = np.zeros((2 * len(orders), COLUMNS), np.int64)
            self.arrays = self.arrays._replace(post=post)
        self._rows = {}
        self.arrays.here[:] = 0
        for k, (order, watched) in enumerate(orders):
            i, side = self._number[order.instrument], 0 if order.side is Side.BUY else 1
            away = UNBOUNDED if order.proposal.reason == QUOTE else self._ticks
            post[k] = (i, side, watched.price, watched.since_ns, watched.due_ns, away)
            self._rows[order.order_id, watched.price] = k
            self.arrays.here[i] += 1
        self._clock[POSTS] = len(orders)
        self._set_next()
        return grown

    def ring(self, now: int) -> list[InstrumentId]:
        """The instruments of orders that have been left behind for long enough, told once."""
        post = self.arrays.post
        rung = [k for k in range(self._clock[POSTS]) if post[k, DUE] <= now]
        post[rung, DUE] = FOREVER
        self._set_next()
        return sorted({self._instruments[post[k, INSTRUMENT]] for k in rung})

    def state(self) -> list[Watched]:
        """Every order that is watched."""
        post = self.arrays.post
        return [
            Watched(order_id, price, int(post[k, SINCE]), int(post[k, DUE]))
            for (order_id, price), k in self._rows.items()
        ]

    def _set_next(self) -> None:
        due = self.arrays.post[: self._clock[POSTS], DUE].tolist()
        self._clock[NEXT] = min(due, default=FOREVER)


def _near(order: Order) -> Watched:
    return Watched(order.order_id, order.price, NEVER, FOREVER)
