"""One compiled loop out of the engine's advance and the simulated venue's.

The venue lags the engine by the way back: before a message received at `t` is taken in, the
venue has done all that it will have done by `t` less that way. Two calls a message from Python
would cost more than everything else together.
"""

from bot.book.arrays import i8
from bot.engine.advance import (
    BOOK_AT,
    CURSOR,
    GROW,
    POSTED_AT,
    REACHED,
    SIGNALS_AT,
    VENUE,
    advance,
    advance_one,
    book_at,
    leave,
    posts_at,
    signals_at,
)
from bot.engine.sentries import NEXT
from bot.kernel import kernel
from bot.kernel.places import VECTOR
from bot.tape.columns import ROWS, Rows
from bot.tape.rows import Int64s
from bot.venues.simulated import matching
from bot.venues.simulated.matching import match_until, rows_at, venue_at
from bot.venues.simulated.venue import SimulatedVenue


@kernel(i8(ROWS, i8, i8, VECTOR, VECTOR, i8))
def advance_together(
    rows: Rows, stop: int, until_ns: int, places: Int64s, venue_places: Int64s, in_ns: int
) -> int:
    """The engine's loop, with the venue brought along before each message."""
    book = book_at(places, BOOK_AT)
    signals = signals_at(places, SIGNALS_AT)
    posts = posts_at(places, POSTED_AT)
    venue = venue_at(venue_places, matching.VENUE_AT)
    venue_book = book_at(venue_places, matching.BOOK_AT)
    venue_rows = rows_at(venue_places, matching.ROWS_AT)
    m = places[CURSOR]
    reason = REACHED
    while (
        m < stop
        and reason == REACHED
        and rows.ts_recv[m] <= until_ns
        and rows.ts_recv[m] <= posts.clock[NEXT]
    ):
        before_ns = rows.ts_recv[m] - in_ns - 1
        if match_until(venue, venue_book, venue_rows, venue_places, before_ns) != REACHED:
            reason = VENUE
        else:
            reason = advance_one(rows, m, book, signals, posts)
            if reason != GROW:
                m += 1
    leave(rows, m, places)
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

    def __call__(self, rows: Rows, stop: int, until_ns: int, places: Int64s) -> int:
        """Advance, with the venue or without."""
        if not self.busy:
            return advance(rows, stop, until_ns, places)
        reason = advance_together(rows, stop, until_ns, places, self._venue.places(), self._in_ns)
        self.stopped = reason == VENUE
        return reason
