"""How a score and a move go together: correlation, ranks, agreement of their signs."""

import math

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]


def correlation(x: Float64s, y: Float64s) -> float | None:
    """Pearson's correlation; None where one of both does not vary."""
    x, y = x - x.mean(), y - y.mean()
    below = math.sqrt(float(x @ x)) * math.sqrt(float(y @ y))
    if not below > 0.0:
        return None
    return max(-1.0, min(1.0, float(x @ y) / below))


def ranks(values: Float64s) -> Float64s:
    """Ranks from 1 on; equals share the mean of theirs."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.append(begins[1:], len(values))
    shared = np.repeat(0.5 * (begins + ends + 1), ends - begins)
    found = np.empty(len(values))
    found[order] = shared
    return found


def signed_square(r: float) -> float:
    """R² of a straight line through one score, with the sign of its slope.

    The sign is what lets an interval of it include 0: an R² as such is never below.
    """
    return r * abs(r)


def agreements(score: Float64s, moved: Float64s) -> Float64s:
    """1 where score and move have the same sign, else 0; moments without a sign are left out."""
    both = (score != 0.0) & (moved != 0.0)
    return np.where(np.sign(score[both]) == np.sign(moved[both]), 1.0, 0.0)
