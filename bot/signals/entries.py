"""Where a watch stands in the arrays of the loop, and how to tell how old its inputs are."""

from typing import Final

from msgspec import Struct

from bot.book.layout import (
    BOOK_NS,
    HEARD_BOOK,
    HEARD_FUNDING,
    HEARD_MARK,
    HEARD_SCALAR,
    HEARD_TOUCH,
    HEARD_TRADE,
    SCALAR_NS,
    TOUCH_NS,
    TRADE_NS,
)
from bot.signals.base import Watch
from bot.signals.gauge import GaugeWatch
from bot.tape.rows import INDEX, MARK

# The streams that scores of the loop are computed from, by where a head says when they spoke.
STREAMS: Final = {
    BOOK_NS: "book",
    TOUCH_NS: "touch",
    TRADE_NS: "trades",
    SCALAR_NS + INDEX: "index",
    SCALAR_NS + MARK: "mark",
    -1: "funding",
}

# Where a book's head says when an input was heard; funding is not in it.
HEARD_AT: Final = {
    HEARD_BOOK: BOOK_NS,
    HEARD_TOUCH: TOUCH_NS,
    HEARD_TRADE: TRADE_NS,
    HEARD_SCALAR: SCALAR_NS + INDEX,
    HEARD_MARK: SCALAR_NS + MARK,
    HEARD_FUNDING: -1,
}


class Entry(Struct, frozen=True):
    """Where one watch of one strategy stands in the arrays.

    sources: (instrument, where its last word is noted). aged: those that become too old, with
    the ns that they may be. gauge: whether it is computed from rare events.
    """

    watch: Watch
    signal: int
    slot: int
    outputs: tuple[str, ...]
    z_slot: int
    trigger: int
    sources: tuple[tuple[int, int], ...]
    aged: tuple[tuple[int, int, int], ...]
    gauge: bool = False


class Gauged(Struct, frozen=True):
    """A gauge's place: its signal and first slot, and the scores that it looks at, by name."""

    signal: int
    watch: GaugeWatch
    slot: int
    inputs: tuple[tuple[str, Entry], ...]
