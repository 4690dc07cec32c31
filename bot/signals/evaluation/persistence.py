"""How long a score says the same thing, and how much trading it would ask for."""

from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]

LAGS_MAX: Final = 3_600


def decay_half_life(values: Float64s) -> float | None:
    """Steps until the autocorrelation falls to a half, between lags on a straight line.

    values: one a step, NaN where unknown. None where it does not fall so far within a quarter
    of the series, or where the score does not vary.
    """
    known = ~np.isnan(values)
    if known.sum() < 8:
        return None
    centred = np.where(known, values - values[known].mean(), 0.0)
    variance = float(centred @ centred) / int(known.sum())
    if not variance > 0.0:
        return None
    before = 1.0
    for lag in range(1, min(LAGS_MAX, len(values) // 4) + 1):
        pairs = int((known[lag:] & known[:-lag]).sum())
        if pairs < 2:
            return None
        now = float(centred[lag:] @ centred[:-lag]) / pairs / variance
        if now <= 0.5:
            return lag - 1 + (before - 0.5) / (before - now)
        before = now
    return None


def changes_of_side(values: Float64s) -> float | None:
    """Units that change hands a step by holding one unit on the side of the score.

    From one side to the other counts 2; an unknown score is not traded on, and steps from or
    to one do not count. None without two known scores in a row.
    """
    side = np.sign(values)
    moved = np.abs(np.diff(side))
    known = ~np.isnan(moved)
    return float(moved[known].mean()) if known.any() else None


def on_grid(times: Int64s, step_ns: int, values: Float64s) -> Float64s:
    """Values at every step from the first time to the last, NaN where nobody looked."""
    if not len(times):
        return np.empty(0)
    place = (times - times[0]) // step_ns
    found = np.full(int(place[-1]) + 1, np.nan)
    found[place] = values
    return found
