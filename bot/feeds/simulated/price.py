"""The fair price of a coin: what its index shows, and the order flow that pushes it.

A random walk in small steps, drawn along by a flow of orders that comes and goes within
seconds; volatility comes and goes within minutes. Both listings of a coin follow one path.
"""

import math
from typing import Final

import numpy as np

from bot.book.arrays import i8, void
from bot.feeds.simulated.draws import BELL_DEVIATION, Draws, bell
from bot.feeds.simulated.settings import Coin
from bot.kernel import kernel
from bot.tape.rows import SCALAR_SCALE, Int64s

STEPS: Final = 8
"""Steps of the price in a second."""
FLOW_MAX: Final = 1000
"""Flow is counted in 1/1024 of all orders being on one side."""
SECONDS_IN_YEAR: Final = 31_557_600

INDEX: Final = 0
"""In 1e-8 of the quote currency."""
FLOW: Final = 1
"""In 1/1024 of its unit."""
HEAT: Final = 2
"""Present volatility over the usual one, in 2**-20."""
USUAL: Final = 1 << 20

WORDS: Final = 3
"""Random words a step."""
AMPLIFIED: Final = 1.36
"""How much larger than its own steps flow and the changes of volatility make the walk: measured
over a hundred simulated days."""


@kernel(void(i8[::1], i8[::1], i8, i8[::1], i8[::1]))
def walk(words: Int64s, state: Int64s, volatility: int, index: Int64s, flow: Int64s) -> None:
    """Write the price and the flow at the beginning of each step.

    words: `WORDS` a step. volatility: of a step, in 2**-44 for each unit of `bell`.
    """
    for k in range(len(index)):
        index[k] = state[INDEX]
        flow[k] = state[FLOW] >> 10
        moved = bell(words[WORDS * k]) + 5 * flow[k]
        scale = (volatility * (state[HEAT] >> 8)) >> 12
        state[INDEX] += ((((state[INDEX] >> 12) * moved) >> 12) * scale) >> 20
        heated = ((state[HEAT] >> 10) * bell(words[WORDS * k + 2])) >> 10
        state[HEAT] += heated + ((USUAL - state[HEAT]) >> 11)
        state[HEAT] = min(4 * USUAL, max(USUAL >> 2, state[HEAT]))
        state[FLOW] += ((bell(words[WORDS * k + 1]) * 19) >> 2) - (state[FLOW] >> 5)
        bound = FLOW_MAX << 10
        state[FLOW] = min(bound, max(-bound, state[FLOW]))


class PricePath:
    """The path of one coin, second after second; every reader walks its own copy."""

    def __init__(self, coin: Coin, seed: int) -> None:
        self._draws = Draws(seed, f"price {coin.base}")
        self._state = np.array([int(coin.price * SCALAR_SCALE), 0, USUAL], np.int64)
        step = coin.volatility / math.sqrt(SECONDS_IN_YEAR * STEPS) / AMPLIFIED
        self._volatility = round(step * (1 << 44) / BELL_DEVIATION)

    @property
    def state(self) -> list[int]:
        """Where it stands, for `resume`."""
        return [int(each) for each in self._state]

    def resume(self, state: list[int], seconds: int) -> None:
        """Stand where another path of the same coin stood after so many seconds."""
        self._state[:] = state
        self._draws.skip(WORDS * seconds * STEPS)

    def seconds(self, count: int) -> tuple[Int64s, Int64s]:
        """Index in 1e-8 quote and flow, `STEPS` of each for each of the next seconds."""
        index = np.empty(count * STEPS, np.int64)
        flow = np.empty(count * STEPS, np.int64)
        words = self._draws.take(WORDS * count * STEPS)
        walk(words, self._state, self._volatility, index, flow)
        return index, flow
