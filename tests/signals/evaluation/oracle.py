"""The same statistics, slow and plain: loops over lists, as a textbook writes them."""

import math
from collections.abc import Sequence
from itertools import pairwise

Numbers = Sequence[float]


def correlation(x: Numbers, y: Numbers) -> float:
    n = len(x)
    mx, my = math.fsum(x) / n, math.fsum(y) / n
    sxy = math.fsum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    sxx = math.fsum((a - mx) ** 2 for a in x)
    syy = math.fsum((b - my) ** 2 for b in y)
    return sxy / math.sqrt(sxx * syy)


def ranks(values: Numbers) -> list[float]:
    """One more than how many are below, plus half of the others that are equal."""
    return [
        1 + sum(other < one for other in values) + 0.5 * (sum(other == one for other in values) - 1)
        for one in values
    ]


def r_squared(x: Numbers, y: Numbers) -> float:
    """One less what a least-squares line leaves of the variance."""
    n = len(x)
    mx, my = math.fsum(x) / n, math.fsum(y) / n
    sxx = math.fsum((a - mx) ** 2 for a in x)
    slope = math.fsum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sxx
    left = math.fsum((b - my - slope * (a - mx)) ** 2 for a, b in zip(x, y, strict=True))
    return 1 - left / math.fsum((b - my) ** 2 for b in y)


def redrawn(values: Numbers, begins: Sequence[int], block: int) -> list[float]:
    """A sample of a circular block bootstrap."""
    return [values[(begin + k) % len(values)] for begin in begins for k in range(block)]


def autocorrelation(values: Sequence[float | None], lag: int) -> float:
    known = [value for value in values if value is not None]
    mean = math.fsum(known) / len(known)
    variance = math.fsum((value - mean) ** 2 for value in known) / len(known)
    pairs = [
        (a, b)
        for a, b in zip(values, values[lag:], strict=False)
        if a is not None and b is not None
    ]
    return math.fsum((a - mean) * (b - mean) for a, b in pairs) / len(pairs) / variance


def half_life(values: Sequence[float | None]) -> float | None:
    before = 1.0
    for lag in range(1, len(values) // 4 + 1):
        now = autocorrelation(values, lag)
        if now <= 0.5:
            return lag - 1 + (before - 0.5) / (before - now)
        before = now
    return None


def strong(scores: Sequence[float | None]) -> list[bool]:
    """At least as strong as four fifths of the known ones before, of which there are fifty."""
    found = []
    for k, score in enumerate(scores):
        past = [abs(one) for one in scores[:k] if one is not None]
        enough = score is not None and score != 0 and len(past) >= 50
        below = sum(one < abs(score) for one in past) if score is not None else 0
        found.append(enough and below >= 0.8 * len(past))
    return found


def side_changes(values: Sequence[float | None]) -> float | None:
    sides = [None if v is None else (v > 0) - (v < 0) for v in values]
    steps = [abs(b - a) for a, b in pairwise(sides) if a is not None and b is not None]
    return sum(steps) / len(steps) if steps else None
