"""Kernels of the micro-price: which states of the touch follow which, counted; and looked up.

A state is the share of the queue on the bid side and the spread in ticks. Transitions are
counted on a grid that is finer than the states, by quarters of the memory, so that the states
can be chosen anew at each fit, which runs outside of the compiled loop.
"""

import math
from typing import Final

from bot.book.arrays import BOOK, Book, i8, void
from bot.kernel import kernel
from bot.signals.arrays import DUE, PARAM, REFIT, SIGNALS, SLOT, STATE, Signals
from bot.signals.order_flow_kernels import touch_heard
from bot.signals.publish import publish, withdraw
from bot.signals.touch import BOTH, read_touch

FINE: Final = 40
"""Steps of the imbalance. They are even in its arc sine, so that they are narrow at the ends,
where queues mostly are."""
SPREADS: Final = 3
"""One tick, two, three and more."""
CELLS: Final = FINE * SPREADS
MOVES: Final = 4
"""Moves of the mid, in ticks: -1 or less, -1/2, 1/2, 1 or more."""
QUARTERS: Final = 4
FROM_STILL: Final = 0
"""In a quarter: pairs of cells without a move of the mid, pairs with one, cells by move."""
FROM_MOVED: Final = CELLS * CELLS
FROM_MOVES: Final = 2 * CELLS * CELLS
QUARTER: Final = 2 * CELLS * CELLS + CELLS * MOVES

# param of micro_price
SOURCE: Final = 0
REFIT_NS: Final = 1
MOVES_MIN: Final = 2
BUCKETS: Final = 3
# state of micro_price, after DUE
SEEN: Final = 1
"""Whether there is a state before: its cell, and the mid in half ticks."""
CELL: Final = 2
HALF_TICKS: Final = 3
PERIOD: Final = 4
FITTED: Final = 5
MOVES_SEEN: Final = 6
"""Moves of the mid that the last fit was made of."""
ADJUST: Final = 7
"""Of each cell: what the mid is expected to move, in ticks."""
COUNTED: Final = ADJUST + CELLS
"""The quarters; the running one is PERIOD modulo their number."""
MICRO_STATE: Final = COUNTED + (QUARTERS + 1) * QUARTER


@kernel(i8(i8, i8, i8))
def cell_of(bid_size: int, ask_size: int, spread: int) -> int:
    """The cell of a touch with queues on both sides; the spread is in ticks."""
    imbalance = (bid_size - ask_size) / float(bid_size + ask_size)
    share = 0.5 + math.asin(imbalance) / math.pi
    step = min(FINE - 1, max(0, int(share * FINE)))
    return (min(spread, SPREADS) - 1) * FINE + step


@kernel(void(SIGNALS, i8, i8, i8))
def count_move(signals: Signals, at: int, cell: int, half_ticks: int) -> None:
    """Count the transition from the state before to this one."""
    state = signals.state
    before = int(state[at + CELL])
    quarter = at + COUNTED + (int(state[at + PERIOD]) % (QUARTERS + 1)) * QUARTER
    moved = half_ticks - int(state[at + HALF_TICKS])
    if moved == 0:
        state[quarter + FROM_STILL + before * CELLS + cell] += 1.0
        return
    state[quarter + FROM_MOVED + before * CELLS + cell] += 1.0
    kind = (0 if moved < -1 else 1) if moved < 0 else (2 if moved == 1 else 3)
    state[quarter + FROM_MOVES + before * MOVES + kind] += 1.0


@kernel(void(SIGNALS, i8, i8))
def begin_period(signals: Signals, at: int, period: int) -> None:
    """A part of the memory is over: ask for a fit, and forget the oldest part."""
    state = signals.state
    before = int(state[at + PERIOD])
    state[at + PERIOD] = period
    if before != 0:
        state[at + DUE] = 1.0
        signals.clock[REFIT] = 1
    for k in range(min(period - before, QUARTERS + 1)):
        quarter = at + COUNTED + ((period - k) % (QUARTERS + 1)) * QUARTER
        for j in range(quarter, quarter + QUARTER):
            state[j] = 0.0


@kernel(void(SIGNALS, BOOK, i8, i8, i8))
def micro_price(signals: Signals, book: Book, g: int, i: int, t: int) -> None:
    """The micro-price against the mid. slots: value in bps, in ticks, whether it is fitted."""
    spec = signals.spec[g]
    at = spec[STATE]
    slot = spec[SLOT]
    state = signals.state
    source = int(signals.param[spec[PARAM] + SOURCE])
    sides, bid, bid_size, ask, ask_size = read_touch(book, i, source)
    if sides != BOTH:
        state[at + SEEN] = 0.0
        for k in range(3):
            withdraw(signals, slot + k)
        return
    period = t // int(signals.param[spec[PARAM] + REFIT_NS])
    if period != int(state[at + PERIOD]):
        begin_period(signals, at, period)
    cell = cell_of(bid_size, ask_size, ask - bid)
    if touch_heard(book, i, source):
        if state[at + SEEN] != 0.0:
            count_move(signals, at, cell, bid + ask)
        state[at + SEEN] = 1.0
        state[at + CELL] = cell
        state[at + HALF_TICKS] = bid + ask
    mid = 0.5 * (bid + ask)
    if state[at + FITTED] != 0.0:
        ticks = state[at + ADJUST + cell]
        if ask - bid == 1:
            # A price between the two cannot be there.
            ticks = min(0.5, max(-0.5, ticks))
    else:
        fair = (float(bid) * ask_size + float(ask) * bid_size) / float(bid_size + ask_size)
        ticks = fair - mid
    publish(signals, slot, ticks / mid * 1e4)
    publish(signals, slot + 1, ticks)
    publish(signals, slot + 2, state[at + FITTED])


@kernel(void(SIGNALS, i8))
def forget_state(signals: Signals, g: int) -> None:
    """The book is replaced: the next state follows none."""
    signals.state[signals.spec[g, STATE] + SEEN] = 0.0
