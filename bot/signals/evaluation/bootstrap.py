"""What luck can do to a correlation or a mean when neighbours resemble each other.

Circular block bootstrap: blocks of neighbours are drawn with replacement, joined into a sample
as long as the original or up to a block longer, and the statistic is computed anew. Sums over a
block are differences of running sums, so a draw costs its blocks and not its samples.
Source: Politis & Romano (1992).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]

DRAWS: Final = 2_000
LEVEL: Final = 0.95
DEFINED_MIN: Final = 0.95
"""An interval needs the statistic in so many of the draws; it has none where nothing varies."""


def starts(n: int, block: int, draws: int, generator: np.random.Generator) -> Int64s:
    """Where each block of each draw begins, (draws, blocks)."""
    return generator.integers(0, n, size=(draws, math.ceil(n / block)))


def correlations(x: Float64s, y: Float64s, begins: Int64s, block: int) -> Float64s:
    """The correlation in each draw; NaN where one of both did not vary."""
    # Centred, so that differences of running sums keep their digits.
    x, y = x - x.mean(), y - y.mean()
    sums = _sums(np.stack((x, y, x * x, y * y, x * y)), begins, block)
    count = begins.shape[1] * block
    sx, sy, sxx, syy, sxy = sums
    of_x, of_y = count * sxx - sx * sx, count * syy - sy * sy
    tiny_x, tiny_y = (_tiny(count, one) for one in (x, y))
    varied = (of_x > tiny_x) & (of_y > tiny_y)
    below = np.sqrt(np.where(varied, of_x * of_y, 1.0))
    found: Float64s = np.where(varied, (count * sxy - sx * sy) / below, np.nan)
    return found


def means(x: Float64s, begins: Int64s, block: int) -> Float64s:
    """The mean in each draw."""
    found: Float64s = _sums(x[None, :], begins, block)[0] / (begins.shape[1] * block)
    return found


def interval(drawn: Float64s) -> tuple[float, float] | None:
    """What the statistic is in 95 of 100 draws; None where it is often undefined."""
    defined = drawn[~np.isnan(drawn)]
    if len(defined) < DEFINED_MIN * len(drawn) or not len(defined):
        return None
    low, high = np.quantile(defined, [0.5 - 0.5 * LEVEL, 0.5 + 0.5 * LEVEL])
    return float(low), float(high)


def _sums(rows: Float64s, begins: Int64s, block: int) -> Float64s:
    n = rows.shape[1]
    around = np.concatenate((rows, rows[:, : block - 1]), axis=1) if block > 1 else rows
    running = np.concatenate((np.zeros((len(rows), 1)), np.cumsum(around, axis=1)), axis=1)
    of_block = running[:, block : block + n] - running[:, :n]
    found: Float64s = of_block[:, begins].sum(axis=2)
    return found


def _tiny(count: int, centred: Float64s) -> float:
    """Below this a spread is what rounding left of none."""
    return 1e-12 * count * count * float(np.mean(centred * centred))
