"""Probabilities that mean what they say: fitted to what came of scores like these."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bot.signals.learning.logistic import sigmoid
from bot.signals.plain.shape import clamp

ISOTONIC_MIN: Final = 500
PLATT_MIN: Final = 50
CERTAINTY_MAX: Final = 0.99


class Isotonic(Struct, frozen=True):
    """A rising step function of the score, straight between its steps' ends.

    Source: pool adjacent violators, Barlow et al. (1972).
    """

    scores: tuple[float, ...]
    chances: tuple[float, ...]

    def at(self, score: float) -> float:
        """The probability of a score; beyond the ends, that of the end."""
        k = bisect_left(self.scores, score)
        if k == 0:
            return self.chances[0]
        if k == len(self.scores):
            return self.chances[-1]
        low, high = self.scores[k - 1], self.scores[k]
        share = (score - low) / (high - low)
        return self.chances[k - 1] + share * (self.chances[k] - self.chances[k - 1])


class Platt(Struct, frozen=True):
    """A logistic curve of the score. Source: Platt (1999), with his smoothed targets."""

    slope: float
    intercept: float

    def at(self, score: float) -> float:
        """The probability of a score."""
        return sigmoid(self.slope * score + self.intercept)


class Calibration(Struct, frozen=True):
    """One of the two, or neither: then a score stands for itself."""

    isotonic: Isotonic | None = None
    platt: Platt | None = None

    def at(self, score: float) -> float:
        """The calibrated probability of a score that is a probability itself."""
        if self.isotonic is not None:
            # A step of a few outcomes that were all alike is no certainty.
            return clamp(self.isotonic.at(score), 1.0 - CERTAINTY_MAX, CERTAINTY_MAX)
        return score if self.platt is None else self.platt.at(score)


def calibrate(scores: Sequence[float], rose: Sequence[bool]) -> Calibration:
    """The best calibration that the outcomes support: isotonic from 500 on, Platt from 50.

    With outcomes of one kind only, none.
    """
    if len(set(rose)) < 2 or len(scores) < PLATT_MIN:
        return Calibration()
    if len(scores) >= ISOTONIC_MIN:
        return Calibration(isotonic=fit_isotonic(scores, rose))
    return Calibration(platt=fit_platt(scores, rose))


def fit_isotonic(scores: Sequence[float], rose: Sequence[bool]) -> Isotonic:
    """The rising function nearest to the outcomes, of at least one score.

    Scores that are equal share a step.
    """
    ties: dict[float, tuple[int, int]] = {}
    for score, up in zip(scores, rose, strict=True):
        total, count = ties.get(score, (0, 0))
        ties[score] = (total + bool(up), count + 1)
    # Blocks of (outcomes that rose, outcomes, first score, last score).
    blocks: list[tuple[int, int, float, float]] = []
    for score in sorted(ties):
        block = (*ties[score], score, score)
        while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
            block = _joined(blocks.pop(), block)
        blocks.append(block)
    ends: list[tuple[float, float]] = []
    for total, count, first, last in blocks:
        ends.append((first, total / count))
        if last > first:
            ends.append((last, total / count))
    return Isotonic(tuple(score for score, _ in ends), tuple(chance for _, chance in ends))


def fit_platt(scores: Sequence[float], rose: Sequence[bool]) -> Platt:
    """The logistic curve nearest to the outcomes, by Newton's steps, each halved until better."""
    ups = sum(rose)
    downs = len(rose) - ups
    up, down = (ups + 1.0) / (ups + 2.0), 1.0 / (downs + 2.0)
    targets = [up if y else down for y in rose]
    slope, intercept = 0.0, math.log((ups + 1.0) / (downs + 1.0))
    loss = _loss(scores, targets, slope, intercept)
    for _ in range(100):
        g0 = g1 = 0.0
        # A little on the diagonal, for scores that are all alike.
        h00, h01, h11 = 1e-12, 0.0, 1e-12
        for score, target in zip(scores, targets, strict=True):
            p = sigmoid(slope * score + intercept)
            away, weight = p - target, p * (1.0 - p)
            g0, g1 = g0 + away * score, g1 + away
            h00 += weight * score * score
            h01 += weight * score
            h11 += weight
        if abs(g0) < 1e-9 and abs(g1) < 1e-9:
            break
        area = h00 * h11 - h01 * h01
        if area <= 0.0:
            break
        step_slope = (h11 * g0 - h01 * g1) / area
        step_intercept = (h00 * g1 - h01 * g0) / area
        share = 1.0
        while share > 1e-10:
            tried = (slope - share * step_slope, intercept - share * step_intercept)
            if (lower := _loss(scores, targets, *tried)) < loss:
                (slope, intercept), loss = tried, lower
                break
            share *= 0.5
        else:
            break
    return Platt(slope, intercept)


def _joined(
    before: tuple[int, int, float, float], after: tuple[int, int, float, float]
) -> tuple[int, int, float, float]:
    return before[0] + after[0], before[1] + after[1], before[2], after[3]


def _loss(
    scores: Sequence[float], targets: Sequence[float], slope: float, intercept: float
) -> float:
    total = 0.0
    for score, target in zip(scores, targets, strict=True):
        margin = slope * score + intercept
        # log(1 + exp(margin)) without overflow.
        total += max(margin, 0.0) + math.log1p(math.exp(-abs(margin))) - target * margin
    return total
