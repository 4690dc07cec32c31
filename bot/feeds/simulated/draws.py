"""Where chance comes from: the raw bits of one generator for each thing that is random."""

from typing import Any, Final
from zlib import crc32

import numpy as np

from bot.book.arrays import i8
from bot.kernel import kernel
from bot.tape.rows import Int64s

BELL_DEVIATION: Final = 18_918.6
"""Standard deviation of `bell`: four uniform numbers of 15 bits, 32768 / sqrt(3)."""


class Draws:
    """A stream of random words of 63 bits, fixed by the seed and the name of what it is for.

    Streams do not share anything: how much of one was drawn says nothing about another.
    """

    def __init__(self, seed: int, name: str) -> None:
        self._bits: Any = np.random.default_rng([seed, crc32(name.encode())]).bit_generator

    def take(self, count: int) -> Int64s:
        """The next so many words; raw bits, which no version of numpy may change."""
        words: Int64s = (self._bits.random_raw(count) >> np.uint64(1)).astype(np.int64)
        return words

    def skip(self, count: int) -> None:
        """Go on as if so many words had been taken."""
        self._bits.advance(count)


@kernel(i8(i8))
def bell(word: int) -> int:
    """A whole number around 0, nearly normal, from the bits of a word."""
    chunks = (word & 0x7FFF) + (word >> 15 & 0x7FFF) + (word >> 30 & 0x7FFF) + (word >> 45 & 0x7FFF)
    return chunks - 65_534


@kernel(i8(i8[::1], i8, i8))
def roll(state: Int64s, at: int, below: int) -> int:
    """A whole number in [0, below), below at most 2**31, from the dice that stands in `state[at]`.

    The dice is set from a random word now and then and turns by a linear congruence between.
    """
    state[at] = (state[at] * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
    return int((state[at] >> 8) * below >> 23)


@kernel(i8(i8, i8, i8))
def skewed(number: int, median: int, spread: int) -> int:
    """A positive number that is nearly lognormal: many small ones, a few very large ones.

    number: of `bell`. median: in 1/256. spread: `spread_of` the deviation of the logarithm.
    """
    power = (number * spread) >> 14
    whole = power >> 16
    # Between powers of two a straight line is near enough.
    scaled = median * (65_536 + (power & 0xFFFF)) >> 16
    return int(max(1, (scaled << whole if whole >= 0 else scaled >> -whole) >> 8))


def spread_of(deviation: float) -> int:
    """What `skewed` is told for a standard deviation of the natural logarithm."""
    return round(deviation / 0.693147180559945 * (1 << 30) / BELL_DEVIATION)
