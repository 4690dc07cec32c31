"""What following a score at the touch would have brought, before and after what it costs."""

from bisect import bisect_left, insort
from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STRONG_SHARE: Final = 0.8
PAST_MIN: Final = 50


def strong(scores: Float64s) -> Bools:
    """Where a score is at least as strong as four fifths of those before it.

    Only what was known at each moment counts; before 50 known scores nothing is strong.
    """
    found = np.zeros(len(scores), np.bool_)
    past: list[float] = []
    for k, size in enumerate(np.abs(scores).tolist()):
        if size != size:
            continue
        if len(past) >= PAST_MIN and size > 0.0:
            found[k] = bisect_left(past, size) >= STRONG_SHARE * len(past)
        insort(past, size)
    return found


def gains(scores: Float64s, moved_bps: Float64s) -> Float64s:
    """What a unit on the side of each score gained, in bps of the mid."""
    return np.sign(scores) * moved_bps


def costs(spread_bps: Float64s, taker_fee: float) -> Float64s:
    """Of taking in and out again: the fee twice and half of the spread twice, in bps.

    The spread is that of the entry, and is taken for that of the exit, too.
    """
    return spread_bps + 2e4 * taker_fee
