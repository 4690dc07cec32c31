"""One compiled loop out of the engine's advance and the simulated venue's.

The venue lags the engine by the way back: before a message received at `t` is taken in, the
venue has done all that it will have done by `t` less that way. Two calls a message from Python
would cost more than everything else together.
"""

from numba import types

from bot.book.arrays import BOOK, Book, i8
from bot.engine.advance import GROW, REACHED, VENUE, advance, advance_one
from bot.kernel import kernel
from bot.signals.arrays import SIGNALS, Signals
from bot.tape.columns import ROWS, Rows
from bot.tape.rows import Int64s
from bot.venues.simulated.arrays import VENUE as VENUE_ARRAYS
from bot.venues.simulated.arrays import VenueArrays
from bot.venues.simulated.matching import match_until
from bot.venues.simulated.venue import SimulatedVenue

CURSOR = types.int64[::1]


@kernel(
    i8(ROWS, i8, BOOK, SIGNALS, CURSOR, VENUE_ARRAYS, BOOK, ROWS, CURSOR, i8),
)
def advance_together(
    rows: Rows,
    stop: int,
    book: Book,
    signals: Signals,
    cursor: Int64s,
    venue: VenueArrays,
    venue_book: Book,
    venue_rows: Rows,
    venue_cursor: Int64s,
    in_ns: int,
) -> int:
    """The engine's loop, with the venue brought along before each message."""
    m = cursor[0]
    reason = REACHED
    while m < stop and reason == REACHED:
        until_ns = rows.ts_recv[m] - in_ns - 1
        if match_until(venue, venue_book, venue_rows, venue_cursor, until_ns) != REACHED:
            reason = VENUE
        else:
            reason = advance_one(rows, m, book, signals)
            if reason != GROW:
                m += 1
    cursor[0] = m
    return reason


class Together:
    """The loop that an engine with a simulated venue is given."""

    def __init__(self, venue: SimulatedVenue, in_ns: int) -> None:
        """Move this venue along, in_ns behind.

        busy: whether the venue has orders, positions or commands; else it may catch up later.
        stopped: whether the last advance ended because the venue must act.
        """
        self.busy = not venue.idle
        self.stopped = False
        self._venue = venue
        self._in_ns = in_ns

    def __call__(self, rows: Rows, stop: int, book: Book, signals: Signals, cursor: Int64s) -> int:
        """Advance, with the venue or without."""
        if not self.busy:
            return advance(rows, stop, book, signals, cursor)
        venue = self._venue
        reason = advance_together(
            rows,
            stop,
            book,
            signals,
            cursor,
            venue.arrays,
            venue.book,
            venue.rows,
            venue.cursor,
            self._in_ns,
        )
        self.stopped = reason == VENUE
        return reason
