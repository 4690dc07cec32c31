"""What facts are measured on: orders of takers, the touch, and depth once a second.

Read off rows alone, so that a recorded and a simulated tape go through the same hands.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from bot.model.units import NS_PER_SECOND
from bot.tape.cut import join
from bot.tape.rows import ASK, BID, GAP, LEVEL, SNAPSHOT, TOUCH, TRADE, Block, Int64s

Float64s = npt.NDArray[np.float64]

DISTANCES_BPS: Final = (2.0, 5.0, 10.0)
"""How far from the mid depth is added up."""


class Orders(Struct, frozen=True):
    """Orders of takers in the order of the tape.

    A venue prints a trade for every order that rested; prints of one moment and one side are
    the one order that came. ns: the venue's time. side: of the aggressor. size: lots.
    """

    ns: Int64s
    side: Int64s
    size: Int64s


class Touches(Struct, frozen=True):
    """The venue's stream of best prices, as it was received: ticks and lots."""

    ns: Int64s
    bid: Int64s
    bid_size: Int64s
    ask: Int64s
    ask_size: Int64s

    @property
    def mid(self) -> Float64s:
        """Middle of the touch in ticks."""
        mid: Float64s = (self.bid + self.ask) / 2
        return mid

    def before(self, ns: Int64s) -> Int64s:
        """Index of the state just before each time; -1 before the first."""
        found: Int64s = np.searchsorted(self.ns, ns, side="left").astype(np.int64) - 1
        return found


class Depth(Struct, frozen=True):
    """The book at the beginning of seconds. lots: (seconds, bid or ask, `DISTANCES_BPS`).

    NaN where the book did not reach so far.
    """

    ns: Int64s
    lots: Float64s


class Sampled(Struct, frozen=True):
    """What facts look at. seconds: whole seconds from the first touch to the last."""

    orders: Orders
    touches: Touches
    depth: Depth
    seconds: Int64s


def sample(blocks: Iterable[Block]) -> Sampled:
    """Read the tape of one instrument from end to end."""
    whole = join(blocks)
    heard = np.repeat(whole.ts_recv, np.diff(whole.first))
    happened = np.repeat(whole.ts_venue, np.diff(whole.first))
    touches = _touches(whole, heard)
    seconds = np.zeros(0, np.int64)
    if len(touches.ns):
        first = touches.ns[0] // NS_PER_SECOND + 1
        seconds = np.arange(first, touches.ns[-1] // NS_PER_SECOND + 1) * NS_PER_SECOND
    return Sampled(_orders(whole, happened), touches, _depth(whole, seconds), seconds)


def _orders(whole: Block, happened: Int64s) -> Orders:
    trades = whole.kind == TRADE
    ns, side, size = happened[trades], whole.side[trades].astype(np.int64), whole.size[trades]
    if not len(ns):
        return Orders(ns, side, size)
    begins = np.flatnonzero(np.concatenate([[True], (ns[1:] != ns[:-1]) | (side[1:] != side[:-1])]))
    return Orders(ns[begins], side[begins], np.add.reduceat(size, begins))


def _touches(whole: Block, heard: Int64s) -> Touches:
    rows = whole.kind == TOUCH
    bids, asks = (np.flatnonzero(rows & (whole.side == side)) for side in (BID, ASK))
    sound = (
        (whole.size[bids] > 0) & (whole.size[asks] > 0) & (whole.price[bids] < whole.price[asks])
    )
    bids, asks = bids[sound], asks[sound]
    return Touches(
        heard[bids], whole.price[bids], whole.size[bids], whole.price[asks], whole.size[asks]
    )


def _depth(whole: Block, seconds: Int64s) -> Depth:
    """The book before each second, kept in two dictionaries."""
    lots = np.full((len(seconds), 2, len(DISTANCES_BPS)), np.nan)
    levels: dict[int, dict[int, int]] = {}
    reach = {BID: 0, ASK: 0}
    message = 0
    for at, second in enumerate(seconds.tolist()):
        until = int(np.searchsorted(whole.ts_recv, second))
        fresh = np.flatnonzero(whole.flags[message:until] & (SNAPSHOT | GAP))
        if len(fresh):
            message += int(fresh[-1])
            levels = {}
            if whole.flags[message] & SNAPSHOT:
                levels = {BID: {}, ASK: {}}
                rows = slice(int(whole.first[message]), int(whole.first[message + 1]))
                bids, asks = (whole.price[rows][whole.side[rows] == s] for s in (BID, ASK))
                if len(bids) and len(asks):
                    reach = {BID: int(bids.min()), ASK: int(asks.max())}
        rows = slice(int(whole.first[message]), int(whole.first[until]))
        message = until
        for side, mine in levels.items():
            of_it = (whole.kind[rows] == LEVEL) & (whole.side[rows] == side)
            prices, sizes = whole.price[rows][of_it].tolist(), whole.size[rows][of_it].tolist()
            for price, size in zip(prices, sizes, strict=True):
                if size:
                    mine[price] = size
                else:
                    mine.pop(price, None)
        if levels and levels[BID] and levels[ASK]:
            lots[at] = _within(levels, reach)
    return Depth(seconds, lots)


def _within(levels: dict[int, dict[int, int]], reach: dict[int, int]) -> Float64s:
    """Lots on each side within each distance of the mid."""
    mid = (max(levels[BID]) + min(levels[ASK])) / 2
    found = np.full((2, len(DISTANCES_BPS)), np.nan)
    for s, side in enumerate((BID, ASK)):
        price = np.fromiter(levels[side].keys(), np.int64)
        size = np.fromiter(levels[side].values(), np.int64)
        away = side * (mid - price) / mid * 1e4
        known = side * (mid - reach[side]) / mid * 1e4
        for d, distance in enumerate(DISTANCES_BPS):
            if known >= distance:
                found[s, d] = size[away <= distance].sum()
    return found
