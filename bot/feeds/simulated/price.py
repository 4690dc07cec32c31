"""The fair price of a coin: what its index shows, and the order flow that pushes it.

A random walk in small steps, drawn along a little by a flow of orders that comes and goes within
seconds. Volatility comes and goes within minutes, and in bursts of a second. Every listing of a
coin, on whatever venue, follows the one path.
"""

import math
from typing import Final

import numpy as np

from bot.book.arrays import i8, void
from bot.feeds.simulated.coins import Coin
from bot.feeds.simulated.draws import BELL_DEVIATION, Draws, bell
from bot.feeds.simulated.weather import DRIFT, VOLATILITY, ColumnsOf
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
"""Volatility of these minutes over the usual one, in 2**-20."""
BURST: Final = 3
"""What a burst adds to that, in 2**-20."""
PRICES: Final = 4
USUAL: Final = 1 << 20

WORDS: Final = 4
"""Random words a step."""
BURSTS: Final = 500
"""Chance of a burst in a step, of 65,536."""
AMPLIFIED: Final = 1.66
"""How much larger than its own steps flow, bursts and the changes of volatility make the walk:
measured over sixty simulated days."""


@kernel(void(i8[::1], i8[::1], i8, i8[:, ::1], i8, i8[::1], i8[::1], i8[::1]))
def walk(
    words: Int64s,
    state: Int64s,
    volatility: int,
    currents: Int64s,
    bursts: int,
    index: Int64s,
    flow: Int64s,
    heat: Int64s,
) -> None:
    """Write price, flow and heat at the beginning of each step.

    words: `WORDS` a step. volatility: of a step, in 2**-44 for each unit of `bell`. currents: one
    row a second. bursts: chance of one in a step, of 65,536.
    """
    for k in range(len(index)):
        second = k // STEPS
        index[k] = state[INDEX]
        flow[k] = state[FLOW] >> 10
        heat[k] = ((state[HEAT] + state[BURST]) >> 10) * currents[second, VOLATILITY]
        moved = bell(words[WORDS * k]) + flow[k]
        scale = (volatility * (heat[k] >> 8)) >> 12
        state[INDEX] += ((((state[INDEX] >> 12) * moved) >> 12) * scale) >> 20
        state[INDEX] += (state[INDEX] >> 20) * currents[second, DRIFT] >> 20
        heated = ((state[HEAT] >> 10) * bell(words[WORDS * k + 2])) >> 10
        state[HEAT] += heated + ((USUAL - state[HEAT]) >> 11)
        state[HEAT] = min(4 * USUAL, max(USUAL >> 2, state[HEAT]))
        state[BURST] -= state[BURST] >> 3
        chance = words[WORDS * k + 3]
        if chance & 0xFFFF < bursts:
            # The product of two uniform numbers: a few bursts are large.
            state[BURST] += (chance >> 16 & 0xFFF) * (chance >> 28 & 0xFFF)
        state[FLOW] += ((bell(words[WORDS * k + 1]) * 19) >> 2) - (state[FLOW] >> 5)
        bound = FLOW_MAX << 10
        state[FLOW] = min(bound, max(-bound, state[FLOW]))


class PricePath:
    """The path of one coin, second after second; every reader walks its own copy."""

    def __init__(self, coin: Coin, seed: int, currents: ColumnsOf, *, bursts: bool = True) -> None:
        """Start at the coin's price. currents: drift and volatility of seconds to come."""
        self._draws = Draws(seed, f"price {coin.base}")
        self._currents = currents
        self._second = 0
        self._bursts = BURSTS if bursts else 0
        self._state = np.array([int(coin.price * SCALAR_SCALE), 0, USUAL, 0], np.int64)
        step = coin.volatility / math.sqrt(SECONDS_IN_YEAR * STEPS) / AMPLIFIED
        self._volatility = round(step * (1 << 44) / BELL_DEVIATION)

    @property
    def state(self) -> list[int]:
        """Where it stands, for `resume`."""
        return [int(each) for each in self._state]

    def resume(self, state: list[int], seconds: int) -> None:
        """Stand where another path of the same coin stood after so many seconds."""
        self._state[:] = state
        self._second = seconds
        self._draws.skip(WORDS * seconds * STEPS)

    def seconds(self, count: int) -> tuple[Int64s, Int64s, Int64s]:
        """Index in 1e-8 quote, flow, and heat in 2**-20: `STEPS` of each for each second."""
        index, flow, heat = (np.empty(count * STEPS, np.int64) for _ in range(3))
        words = self._draws.take(WORDS * count * STEPS)
        currents = self._currents(self._second, count)
        walk(words, self._state, self._volatility, currents, self._bursts, index, flow, heat)
        self._second += count
        return index, flow, heat
