"""The premium of a perpetual over its index: drawn towards a mood, and moods change."""

import math
from typing import Final

import numpy as np

from bot.book.arrays import i8, void
from bot.feeds.simulated.coins import Coin
from bot.feeds.simulated.draws import BELL_DEVIATION, Draws, bell
from bot.feeds.simulated.terms import FundingTerms, Premium
from bot.kernel import kernel
from bot.model.units import NS_PER_SECOND
from bot.tape.rows import Int64s

PER_BPS: Final = 10_000
"""The premium is counted in 1e-8 of the index."""
FINE: Final = 12
"""Bits that its state is finer than that."""
PREMIUM_MAX: Final = 100 * PER_BPS

PREMIUM: Final = 0
MOOD: Final = 1

PULL: Final = 0
"""Part of the way to the mood that is gone in a second, in 2**-28."""
NOISE: Final = 1
"""Of a second, in fine units for each 1024 units of `bell`."""
CHANGE: Final = 2
"""Chance of a new mood in a second, in 2**-30."""


@kernel(void(i8[::1], i8[::1], i8[::1], i8[::1], i8[::1]))
def drift(words: Int64s, state: Int64s, param: Int64s, moods: Int64s, premium: Int64s) -> None:
    """Write the premium at the beginning of each second. words: two a second."""
    bound = PREMIUM_MAX << FINE
    for k in range(len(premium)):
        premium[k] = state[PREMIUM] >> FINE
        chance = words[2 * k + 1]
        if chance & 0x3FFF_FFFF < param[CHANGE]:
            state[MOOD] = (chance >> 30) % len(moods)
        pull = (((moods[state[MOOD]] << FINE) - state[PREMIUM]) * param[PULL]) >> 28
        state[PREMIUM] += pull + ((bell(words[2 * k]) * param[NOISE]) >> 10)
        state[PREMIUM] = min(bound, max(-bound, state[PREMIUM]))


@kernel(i8(i8, i8))
def above(index: int, premium: int) -> int:
    """The index raised by the premium, in 1e-8 quote."""
    return index + index // 10_000 * premium // 10_000


class PremiumPath:
    """The premium of one coin's perpetual, second after second."""

    def __init__(self, coin: Coin, terms: Premium, funding: FundingTerms, seed: int) -> None:
        self._draws = Draws(seed, f"premium {coin.base}")
        interval_s = funding.interval_ns / NS_PER_SECOND
        half_life_s = terms.half_life_intervals * interval_s
        pull = min(1.0, math.log(2) / half_life_s)
        noise = terms.deviation_bps * PER_BPS * math.sqrt(2 * pull)
        self._moods = np.array([round(mood * PER_BPS) for mood in terms.moods_bps], np.int64)
        self._param = np.array(
            [
                round(pull * (1 << 28)),
                round(noise * (1 << FINE + 10) / BELL_DEVIATION),
                round(min(1.0, 1 / (terms.mood_intervals * interval_s)) * (1 << 30)),
            ],
            np.int64,
        )
        mood = int(self._draws.take(1)[0]) % len(self._moods)
        self._state = np.array([int(self._moods[mood]) << FINE, mood], np.int64)

    @property
    def state(self) -> list[int]:
        """Where it stands, for `resume`."""
        return [int(each) for each in self._state]

    def resume(self, state: list[int], seconds: int) -> None:
        """Stand where another path of the same perpetual stood after so many seconds."""
        self._state[:] = state
        self._draws.skip(2 * seconds)

    def seconds(self, count: int) -> Int64s:
        """The premium in 1e-8 of the index, at the beginning of each of the next seconds."""
        premium = np.empty(count, np.int64)
        drift(self._draws.take(2 * count), self._state, self._param, self._moods, premium)
        return premium
