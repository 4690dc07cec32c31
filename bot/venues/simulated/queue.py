"""Queue rules: how many lots are served before a resting order, from what everyone can see.

A book of levels does not say who stands where. The rules differ in where they think that a
canceled lot stood; a trade always takes from the front.

`RISK_AVERSE`: every cancel stood behind us, unless the level shows less than was ahead. It
fills last of all rules, and is the one to trust a result to. The others share a cancel
between the lots ahead (f) and behind (b) by a probability: `POWER` b^n / (b^n + f^n),
`POWER_OF_ALL` b^n / (b + f)^n, `POWER_OF_FRONT` 1 - (f / (f + b))^n, and `LOG`,
`LOG_OF_ALL` with log(1 + x) in place of x^n.

Source: Rigtorp (2013), "Estimating order queue position"; the shares as hftbacktest names them.
"""

import math
from typing import Final

from msgspec import Struct

from bot.book.arrays import BOOK, Book, f8, i8, void
from bot.book.layout import CROSSING, DEPTH, HEARD, HEARD_BOOK, KNOWN, NEVER, REACH, STATUS
from bot.book.levels import size_at
from bot.kernel import kernel
from bot.tape.rows import BID, BUY
from bot.venues.simulated.arrays import (
    AHEAD,
    FILLED,
    LEAVES,
    LOT,
    PRICE,
    RESTING,
    RULE,
    RULE_POWER,
    SIDE,
    TAKEN,
    TAKEN_PRICE,
    TAKEN_SIDE,
    TRADED,
    VENUE,
    WHOLE,
    VenueArrays,
)


class QueueRule(Struct, frozen=True):
    """A rule and, for those that have one, its n.

    whole: a trade that reaches an order fills all of it, instead of what it reaches.
    """

    code: int
    power: int = 3
    whole: bool = False


RISK_AVERSE: Final = 0
POWER: Final = 1
POWER_OF_ALL: Final = 2
POWER_OF_FRONT: Final = 3
LOG: Final = 4
LOG_OF_ALL: Final = 5


@kernel(f8(f8, f8))
def raised(base: float, power: float) -> float:
    """base to a power, for a base that is not negative."""
    return math.exp(power * math.log(base)) if base > 0.0 else 0.0


@kernel(f8(i8, f8, f8, f8))
def share_behind(rule: int, power: float, front: float, behind: float) -> float:
    """The probability that a cancel stood behind us, given the amounts on either side.

    Never above one: with less than nothing ahead hftbacktest's b^n / (b + f)^n is, and takes us
    back for a cancel behind us.
    """
    front = max(front, 0.0)
    behind = max(behind, 0.0)
    if rule in (LOG, LOG_OF_ALL):
        above = math.log(1.0 + behind)
        below = math.log(1.0 + behind + front)
        if rule == LOG:
            below = above + math.log(1.0 + front)
        return above / below if below > 0.0 else 1.0
    if front + behind == 0.0:
        return 1.0
    if rule == POWER_OF_FRONT:
        return 1.0 - raised(front / (front + behind), power)
    above = raised(behind, power)
    below = raised(front + behind, power)
    if rule == POWER:
        below = above + raised(front, power)
    return above / below if below > 0.0 else 1.0


@kernel(f8(i8, f8, f8, f8, f8, f8, f8))
def ahead_after_change(
    rule: int, power: float, lot: float, ahead: float, traded: float, previous: float, size: float
) -> float:
    """Lots ahead of us after our level went from one size to another.

    traded: what was traded there since its size was last stated, already taken from `ahead`.
    lot: the amount that shares are computed in, for one lot.
    """
    canceled = previous - size - traded
    if rule == RISK_AVERSE or canceled < 0.0:
        return min(ahead, size)
    behind = previous - ahead
    share = share_behind(rule, power, ahead * lot, behind * lot)
    # Cancels that cannot all have stood behind us stood ahead.
    beyond = min(behind - share * canceled, 0.0)
    # May fall below nothing: the next trade then fills that much more of us.
    return min(ahead - (1.0 - share) * canceled + beyond, size)


@kernel(void(VENUE, i8, i8, i8, i8))
def trade(venue: VenueArrays, i: int, side: int, price: int, size: int) -> None:
    """Serve the queues that a trade reaches; `side` is the aggressor's.

    Through our price it fills us whole; at our price it must first eat what is ahead.
    """
    resting = venue.resting
    queue = venue.queue
    ours = 0
    for k in range(venue.head[i, RESTING]):
        if resting[i, k, SIDE] == side:
            continue
        leaves = resting[i, k, LEAVES]
        through = resting[i, k, PRICE] - price if side != BUY else price - resting[i, k, PRICE]
        if through > 0:
            resting[i, k, FILLED] += leaves
            resting[i, k, LEAVES] = 0
        elif through == 0 and leaves > 0:
            # Older orders of ours at this price stand ahead as well: the lots they got are gone.
            excess = math.floor(size - ours - queue[i, k, AHEAD] + 0.5)
            got = min(leaves, max(0, int(excess)))
            if got > 0 and venue.clock[WHOLE]:
                got = leaves
            ours += got
            resting[i, k, FILLED] += got
            resting[i, k, LEAVES] = leaves - got
            queue[i, k, AHEAD] = max(0.0, queue[i, k, AHEAD] - size)
            queue[i, k, TRADED] += size


@kernel(void(VENUE, i8, i8, i8, i8, i8))
def change(venue: VenueArrays, i: int, side: int, price: int, previous: int, size: int) -> None:
    """Move the queues at a level that the market states anew, and forget what we took there."""
    resting = venue.resting
    queue = venue.queue
    for k in range(venue.head[i, RESTING]):
        if resting[i, k, PRICE] == price and resting[i, k, SIDE] == side:
            queue[i, k, AHEAD] = ahead_after_change(
                venue.clock[RULE],
                venue.clock[RULE_POWER],
                queue[i, k, LOT],
                queue[i, k, AHEAD],
                queue[i, k, TRADED],
                previous,
                size,
            )
            queue[i, k, TRADED] = 0.0
    taken = venue.taken
    s = 0 if side == BID else 1
    for k in range(venue.head[i, TAKEN]):
        if taken[i, k, TAKEN_PRICE] == price and taken[i, k, TAKEN_SIDE] == s:
            last = venue.head[i, TAKEN] - 1
            for column in range(taken.shape[2]):
                taken[i, k, column] = taken[i, last, column]
            venue.head[i, TAKEN] = last
            break


@kernel(void(VENUE, BOOK, i8))
def restate(venue: VenueArrays, book: Book, i: int) -> None:
    """Move every queue that a snapshot reaches to what it shows."""
    resting = venue.resting
    queue = venue.queue
    for k in range(venue.head[i, RESTING]):
        s = 0 if resting[i, k, SIDE] == BUY else 1
        price = resting[i, k, PRICE]
        reach = book.head[i, REACH + s]
        if reach != NEVER and (price >= reach if s == 0 else price <= reach):
            queue[i, k, AHEAD] = min(queue[i, k, AHEAD], size_at(book, i, s, price))
        queue[i, k, TRADED] = 0.0


@kernel(i8(VENUE, BOOK, i8))
def filled(venue: VenueArrays, book: Book, i: int) -> int:
    """Fill the orders that the other side has come to; 1 when this message filled anything."""
    head = book.head
    resting = venue.resting
    status = head[i, STATUS]
    sound = (status & KNOWN) != 0 and (status & CROSSING) == 0
    judged = sound and (head[i, HEARD] & HEARD_BOOK) != 0
    bids = head[i, DEPTH] if judged else 0
    asks = head[i, DEPTH + 1] if judged else 0
    any_filled = 0
    for k in range(venue.head[i, RESTING]):
        price = resting[i, k, PRICE]
        if resting[i, k, SIDE] == BUY:
            met = asks > 0 and book.ladder[i, 2, 0] <= price
        else:
            met = bids > 0 and book.ladder[i, 0, 0] >= price
        if met:
            resting[i, k, FILLED] += resting[i, k, LEAVES]
            resting[i, k, LEAVES] = 0
        if resting[i, k, FILLED] > 0:
            any_filled = 1
    return any_filled
