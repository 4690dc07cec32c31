"""Kernels of the book's state: queue and ladder imbalance, weighted mid, spread.

Every kernel takes the signals, the books, its own row in `spec`, the instrument and the time
of the message, and publishes its slots. Its `param` and `state` entries are named below it
in the order in which they stand.
"""

from bot.book.arrays import BOOK, Book, i8, void
from bot.book.layout import DEPTH, KNOWN, STATUS
from bot.kernel import kernel
from bot.signals.arrays import ORIGIN_NS, PARAM, SIGNALS, SLOT, STATE, Signals
from bot.signals.publish import publish, withdraw
from bot.signals.standard import follow_mean
from bot.signals.touch import BIDS_ONLY, BOTH, NEITHER, read_touch


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def queue_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Bid against ask queue. param: source, half-life ns. state: a mean. slots: value, mean."""
    spec = signals.spec[g]
    slot = spec[SLOT]
    sides, _, bid_size, _, ask_size = read_touch(book, i, int(signals.param[spec[PARAM]]))
    if sides == NEITHER:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    if sides == BOTH:
        value = (bid_size - ask_size) / float(bid_size + ask_size)
    else:
        value = 1.0 if sides == BIDS_ONLY else -1.0
    now = float(t - signals.clock[ORIGIN_NS])
    mean = follow_mean(signals.state, spec[STATE], value, now, signals.param[spec[PARAM] + 1])
    publish(signals, slot, value)
    publish(signals, slot + 1, mean)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def ladder_imbalance(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Depth of the best levels. param: levels, weight of a level over the one before.

    slots: value, quality.
    """
    spec = signals.spec[g]
    slot = spec[SLOT]
    head = book.head
    if head[i, STATUS] != KNOWN:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    levels = int(signals.param[spec[PARAM]])
    ratio = signals.param[spec[PARAM] + 1]
    bids = 0.0
    asks = 0.0
    weight = 1.0
    # Rungs that do not exist are zero.
    for k in range(levels):
        bids += weight * book.ladder[i, 1, k]
        asks += weight * book.ladder[i, 3, k]
        weight *= ratio
    if bids + asks <= 0.0:
        withdraw(signals, slot)
        withdraw(signals, slot + 1)
        return
    publish(signals, slot, (bids - asks) / (bids + asks))
    thin = min(head[i, DEPTH], head[i, DEPTH + 1]) < min(3, levels)
    publish(signals, slot + 1, 0.5 if thin else 1.0)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def weighted_mid(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Weighted mid, in bps of the mid. param: source. slots: value."""
    spec = signals.spec[g]
    sides, bid, bid_size, ask, ask_size = read_touch(book, i, int(signals.param[spec[PARAM]]))
    if sides != BOTH:
        withdraw(signals, spec[SLOT])
        return
    mid = 0.5 * (bid + ask)
    fair = (float(bid) * ask_size + float(ask) * bid_size) / float(bid_size + ask_size)
    publish(signals, spec[SLOT], (fair - mid) / mid * 1e4)


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def spread(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """Spread, in bps of the mid. param: source. slots: value."""
    spec = signals.spec[g]
    sides, bid, _, ask, _ = read_touch(book, i, int(signals.param[spec[PARAM]]))
    if sides != BOTH:
        withdraw(signals, spec[SLOT])
        return
    publish(signals, spec[SLOT], (ask - bid) / (0.5 * (bid + ask)) * 1e4)
