"""Decimals that came as floats back to exact ticks and lots, and the other way."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

from bot.errors import DataError
from bot.tape.rows import Int64s

Floats = npt.NDArray[np.float64]

TOLERANCE: Final = 1e-6
"""How far from a whole tick a price may lie, in ticks, besides the float's own rounding."""
STEPS_MAX: Final = 2**53
"""Beyond this a float no longer tells one step from the next."""


def to_steps(values: Floats, unit: Decimal, where: Callable[[int], str]) -> Int64s:
    """Floats as whole numbers of a tick or lot.

    where: names the value at an index, for the DataError about the first that is NaN,
    infinite, negative or no multiple of the unit.
    """
    step = Fraction(unit)
    with np.errstate(invalid="ignore", over="ignore"):
        exact = values * step.denominator / step.numerator
        whole = np.rint(exact)
        allowed = TOLERANCE + 4 * np.finfo(np.float64).eps * exact
        good = (np.abs(exact - whole) <= allowed) & (exact >= 0) & (exact < STEPS_MAX)
    if not good.all():
        at = int(np.argmin(good))
        raise DataError(
            where(at),
            f"{values[at]:.12g}",
            f"a multiple of {unit.normalize():f}",
            "correct the tick and lot of the instrument, or repair the value",
        )
    return whole.astype(np.int64)


def to_floats(steps: Int64s, unit: Decimal) -> Floats:
    """Ticks or lots as the floats nearest to the true decimals."""
    step = Fraction(unit)
    # One rounding only: the products are exact, and IEEE division rounds correctly.
    floats: Floats = (steps * step.numerator).astype(np.float64) / step.denominator
    return floats
