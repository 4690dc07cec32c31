"""What the matching kernel reads and writes: resting orders, taken liquidity, clock, bounds.

Python owns the arrays between calls; the kernel changes only what the rows change: the place
of an order in its queue, what filled, and which taken levels the market has stated anew.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import types

from bot.kernel.places import Layout
from bot.tape.rows import Int64s
from bot.tape.venue_order import FOREVER

Float64s = npt.NDArray[np.float64]

# Columns of `head`, one row an instrument.
RESTING: Final = 0
"""How many orders rest."""
TAKEN: Final = 1
"""How many levels show less than the market does, because we took from them."""
MARK_LOW: Final = 2
MARK_HIGH: Final = 3
"""Inside these the mark (fixed point) can make no account liquidate."""
MID_LOW: Final = 4
MID_HIGH: Final = 5
"""The same of best bid plus best ask (ticks), for instruments whose mark nobody states."""
INDEX_LOW: Final = 6
INDEX_HIGH: Final = 7
"""The same as of the mark, of the index, for what depends on it."""
LAST_LOW: Final = 8
LAST_HIGH: Final = 9
"""Inside these a trade (ticks) wakes no order that waits for one."""
WAITING: Final = 10
"""How many orders wait for a trade at their price."""
HEAD_COLUMNS: Final = 11
BOUNDS: Final = slice(MARK_LOW, INDEX_HIGH + 1)
"""The bounds that margin tells, each a low and a high."""
UNBOUND: Final = np.array([-FOREVER, FOREVER] * 3, np.int64)
"""Such bounds that nothing passes."""

# Columns of `resting`, oldest order first.
HANDLE: Final = 0
SIDE: Final = 1
PRICE: Final = 2
LEAVES: Final = 3
FILLED: Final = 4
"""Lots that filled and that Python has not collected yet."""
RESTING_COLUMNS: Final = 5

# Columns of `queue`, beside `resting`.
AHEAD: Final = 0
"""Lots displayed at our price that are served before us."""
TRADED: Final = 1
"""Lots traded at our price since its size was last stated."""
LOT: Final = 2
"""The venue's amount in one lot: some queue rules depend on the unit."""
QUEUE_COLUMNS: Final = 3

# Columns of `taken`.
TAKEN_SIDE: Final = 0
"""Side of the book: 0 bids, 1 asks."""
TAKEN_PRICE: Final = 1
TAKEN_SIZE: Final = 2
"""What the market showed before we took."""
TAKEN_UNTIL: Final = 3
TAKEN_COLUMNS: Final = 4

# Places of `clock`.
KNOWN_NS: Final = 0
"""Every market row up to this venue time stands in the block at hand or before it."""
ACTION_NS: Final = 1
"""When Python must act: an order arrives, a settlement is due."""
RULE: Final = 2
"""The queue rule, a code of `bot.venues.simulated.queue`."""
RULE_POWER: Final = 3
"""The n of the rules that have one."""
REASON: Final = 4
"""Why the kernel stopped behind a message that Python has not looked at; 0: it has."""
STOPPED_AT: Final = 5
STOPPED_NS: Final = 6
"""The instrument and the key of that message."""
WHOLE: Final = 7
"""1: a trade that reaches an order fills it whole."""
CLOCK_PLACES: Final = 8


class VenueArrays(NamedTuple):
    """State that the matching kernel shares with Python; the columns are named above."""

    clock: Int64s
    head: Int64s
    resting: Int64s
    queue: Float64s
    taken: Int64s


VENUE: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (
        types.int64[::1],
        types.int64[:, ::1],
        types.int64[:, :, ::1],
        types.float64[:, :, ::1],
        types.int64[:, :, ::1],
    ),
    VenueArrays,
)

VENUE_LAYOUT: Final = Layout(
    VENUE,
    VenueArrays,
    (
        (CLOCK_PLACES,),
        ("instruments", HEAD_COLUMNS),
        ("instruments", "orders", RESTING_COLUMNS),
        ("instruments", "orders", QUEUE_COLUMNS),
        ("instruments", "levels", TAKEN_COLUMNS),
    ),
)


def no_orders(
    instruments: int, rule: int, power: int, whole: bool = False, room: int = 16
) -> VenueArrays:
    """Nothing rests and nothing is bounded; room: orders and taken levels an instrument."""
    clock = np.zeros(CLOCK_PLACES, np.int64)
    clock[KNOWN_NS] = -FOREVER
    clock[ACTION_NS] = FOREVER
    clock[RULE] = rule
    clock[RULE_POWER] = power
    clock[WHOLE] = whole
    head = np.zeros((instruments, HEAD_COLUMNS), np.int64)
    head[:, BOUNDS] = UNBOUND
    head[:, LAST_LOW], head[:, LAST_HIGH] = -FOREVER, FOREVER
    return VenueArrays(
        clock,
        head,
        np.zeros((instruments, room, RESTING_COLUMNS), np.int64),
        np.zeros((instruments, room, QUEUE_COLUMNS), np.float64),
        np.zeros((instruments, room, TAKEN_COLUMNS), np.int64),
    )


def with_room(venue: VenueArrays, orders: int, levels: int) -> VenueArrays:
    """The same state with room for so many orders and taken levels an instrument."""
    had, has = venue.resting.shape[1], venue.taken.shape[1]
    if orders > had:
        room = max(orders, 2 * had)
        venue = venue._replace(
            resting=_longer(venue.resting, room), queue=_longer(venue.queue, room)
        )
    if levels > has:
        venue = venue._replace(taken=_longer(venue.taken, max(levels, 2 * has)))
    return venue


def _longer(table: npt.NDArray[Any], room: int) -> npt.NDArray[Any]:
    count, had, width = table.shape
    longer = np.zeros((count, room, width), table.dtype)
    longer[:, :had] = table
    return longer
