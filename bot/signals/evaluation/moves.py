"""Moves of the mid around the moments at which scores were looked at, in bps.

A moment is the state before anything that was received then or later. What is before it is
known; what is after it is a label, and is known only when its own end has come.
"""

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


class Mids(Struct, frozen=True):
    """Mids as 10,000 times their logarithm, NaN where unknown.

    times, mids: at the moments of the scores, multiples of `step_ns`. changed_ns, changes: the
    mid from each moment on at which it became another one, or unknown.
    """

    step_ns: int
    times: Int64s
    mids: Float64s
    changed_ns: Int64s
    changes: Float64s


def ahead(mids: Mids, horizon_ns: int) -> Float64s:
    """From each moment to the one a horizon later; NaN where either is unknown."""
    return _at(mids, horizon_ns) - mids.mids


def behind(mids: Mids, horizon_ns: int) -> Float64s:
    """From the moment a horizon earlier to each moment."""
    return mids.mids - _at(mids, -horizon_ns)


def next_move(mids: Mids) -> Float64s:
    """The first move from each moment on; NaN where the mid becomes unknown before it moves."""
    after = np.searchsorted(mids.changed_ns, mids.times, side="left")
    to = np.append(mids.changes, np.nan)[after]
    return _moved(to - mids.mids)


def last_move(mids: Mids) -> Float64s:
    """The last move before each moment."""
    # A change received at the moment itself is not known there yet.
    last = np.searchsorted(mids.changed_ns, mids.times, side="left") - 1
    padded = np.concatenate(([np.nan, np.nan], mids.changes))
    return _moved(padded[last + 2] - padded[last + 1])


def _moved(moves: Float64s) -> Float64s:
    """A mid that returned where it was after it was unknown has not been seen to move."""
    return np.where(moves == 0.0, np.nan, moves)


def _at(mids: Mids, lag_ns: int) -> Float64s:
    """The mid so much later than each moment; NaN where nobody looked then."""
    if lag_ns % mids.step_ns:
        raise ValueError(f"horizon: got {lag_ns} ns, expected a multiple of {mids.step_ns} ns")
    wanted = mids.times + lag_ns
    place = np.searchsorted(mids.times, wanted)
    found = np.full(len(wanted), np.nan)
    inside = place < len(mids.times)
    inside[inside] &= mids.times[place[inside]] == wanted[inside]
    found[inside] = mids.mids[place[inside]]
    return found
