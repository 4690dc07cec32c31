"""Conditions of each second: what a regime does to a coin's price and to an instrument's book.

A regime is columns of numbers, one row a second; a calm market is the row `CALM`. What they mean
stands here; `regimes` says which numbers a trend or a cascade writes.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from bot.tape.rows import Int64s

ColumnsOf = Callable[[int, int], Int64s]
"""Rows of conditions for seconds: from which on since the start, and how many."""

# Of a coin.
VOLATILITY: Final = 0
"""Over the usual one, in 1/1024."""
DRIFT: Final = 1
"""Of the price a step, in 2**-40."""
STILL: Final = (1024, 0)

# Of an instrument.
ACTIVITY: Final = 0
"""How many orders come, over the usual number, in 1/1024."""
DEPTH: Final = 1
"""How much rests, over the usual size, in 1/1024."""
SPREAD: Final = 2
"""Half spread over the usual one, in 1/1024."""
BIAS: Final = 3
"""Of takers' orders to the buying side, in 1/1024 of them all being buys."""
AWAY: Final = 4
"""How far the price here departs from the coin's, in 1e-8 of it."""
SILENT: Final = 5
"""1: nothing is heard."""
RAISED: Final = 6
"""What is added to the premium of a perpetual, in 1e-8 of the index."""
FORCED: Final = 7
"""Size of forced orders over the mean order, in 1/1024; + buys, - sells."""
CALM: Final = (1024, 1024, 1024, 0, 0, 0, 0, 0)


def calm(count: int, row: tuple[int, ...]) -> Int64s:
    """So many seconds in which nothing is the matter."""
    columns: Int64s = np.tile(np.array(row, np.int64), (count, 1))
    return columns
