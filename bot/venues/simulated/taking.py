"""Taking what the book shows, and giving it back when the market has moved on.

A recording does not know that we were there. What an order took is missing from the
simulated view until the market states the level anew, or, where it stays silent, until our
own impact has decayed.
"""

from typing import Final

from bot.book.arrays import BOOK, Book, i8, void
from bot.book.levels import next_level, set_level, size_at
from bot.kernel import kernel
from bot.tape.rows import Int64s
from bot.venues.simulated.arrays import (
    TAKEN,
    TAKEN_PRICE,
    TAKEN_SIDE,
    TAKEN_SIZE,
    TAKEN_UNTIL,
    VENUE,
    VenueArrays,
)

WORST: Final = 1 << 62


@kernel(i8(BOOK, i8, i8, i8, i8, i8[:, ::1]))
def reachable(book: Book, i: int, s: int, limit: int, size: int, found: Int64s) -> int:
    """Levels of side `s` that an order of `size` would take up to `limit`; returns how many.

    found: rows of price and lots, the best price first; ends early when it is full.
    """
    price = WORST if s == 0 else -1
    count = 0
    left = size
    while left > 0 and count < found.shape[0]:
        price = next_level(book, i, s, price)
        if price < 0 or (price < limit if s == 0 else price > limit):
            break
        lots = min(left, size_at(book, i, s, price))
        found[count, 0] = price
        found[count, 1] = lots
        left -= lots
        count += 1
    return count


@kernel(void(VENUE, BOOK, i8, i8, i8[:, ::1], i8, i8))
def take(
    venue: VenueArrays, book: Book, i: int, s: int, found: Int64s, count: int, until_ns: int
) -> None:
    """Take the levels that `reachable` found out of the simulated view until some time."""
    taken = venue.taken
    for f in range(count):
        price = found[f, 0]
        shown = size_at(book, i, s, price)
        set_level(book, i, s, price, shown - found[f, 1])
        k = 0
        while k < venue.head[i, TAKEN]:
            if taken[i, k, TAKEN_PRICE] == price and taken[i, k, TAKEN_SIDE] == s:
                break
            k += 1
        if k == venue.head[i, TAKEN]:
            taken[i, k, TAKEN_SIDE] = s
            taken[i, k, TAKEN_PRICE] = price
            taken[i, k, TAKEN_SIZE] = shown
            venue.head[i, TAKEN] += 1
        taken[i, k, TAKEN_UNTIL] = until_ns


@kernel(void(VENUE, BOOK, i8, i8))
def give_back(venue: VenueArrays, book: Book, i: int, now_ns: int) -> None:
    """Show the levels again whose time has come."""
    taken = venue.taken
    kept = 0
    for k in range(venue.head[i, TAKEN]):
        if taken[i, k, TAKEN_UNTIL] <= now_ns:
            side = taken[i, k, TAKEN_SIDE]
            set_level(book, i, side, taken[i, k, TAKEN_PRICE], taken[i, k, TAKEN_SIZE])
        else:
            for column in range(taken.shape[2]):
                taken[i, kept, column] = taken[i, k, column]
            kept += 1
    venue.head[i, TAKEN] = kept
