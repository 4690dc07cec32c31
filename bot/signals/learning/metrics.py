"""How good probabilities were, against outcomes, and against always saying the base rate."""

import math
from collections.abc import Sequence
from typing import Final

CHANCE_MIN: Final = 1e-15


def brier(said: Sequence[float], rose: Sequence[bool]) -> float | None:
    """The mean squared distance of probabilities from outcomes; None without any."""
    if not said:
        return None
    return math.fsum((p - y) ** 2 for p, y in zip(said, rose, strict=True)) / len(said)


def log_loss(said: Sequence[float], rose: Sequence[bool]) -> float | None:
    """The mean surprise, in nats; None without any."""
    if not said:
        return None
    return math.fsum(surprise(p, y) for p, y in zip(said, rose, strict=True)) / len(said)


def surprise(said: float, rose: bool) -> float:
    """The surprise of one outcome, in nats."""
    p = min(1.0 - CHANCE_MIN, max(CHANCE_MIN, said))
    return -math.log(p if rose else 1.0 - p)


def base_log_loss(rose: Sequence[bool]) -> float | None:
    """The log-loss of always saying how often it rose; None without any."""
    if not rose:
        return None
    return log_loss([sum(rose) / len(rose)] * len(rose), rose)


def auc(said: Sequence[float], rose: Sequence[bool]) -> float | None:
    """The chance that a rise was given more than a fall, ties by half; None with one of them."""
    ups = sum(rose)
    downs = len(rose) - ups
    if ups == 0 or downs == 0:
        return None
    order = sorted(range(len(said)), key=lambda k: said[k])
    ranks, k = 0.0, 0
    while k < len(order):
        last = k
        while last + 1 < len(order) and said[order[last + 1]] == said[order[k]]:
            last += 1
        shared = 0.5 * (k + last) + 1.0
        ranks += shared * sum(rose[order[j]] for j in range(k, last + 1))
        k = last + 1
    return (ranks - 0.5 * ups * (ups + 1)) / (ups * downs)


def calibration_error(said: Sequence[float], rose: Sequence[bool], bins: int = 10) -> float | None:
    """How far probabilities are from how often it rose, by bins of equal width; None without any.

    The mean over bins, weighted by what is in them.
    """
    if not said:
        return None
    sums = [(0, 0.0, 0)] * bins
    for p, y in zip(said, rose, strict=True):
        k = min(bins - 1, int(p * bins))
        count, total, ups = sums[k]
        sums[k] = (count + 1, total + p, ups + bool(y))
    return math.fsum(abs(total - ups) for _, total, ups in sums) / len(said)
