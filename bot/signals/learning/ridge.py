"""Least squares that learns as it goes and forgets a little at every step."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct, field

Floats = npt.NDArray[np.float64]

CONDITION_MAX: Final = 1e12
TRACE_MAX: Final = 1e6


class OnlineRidge(Struct):
    """Recursive least squares with forgetting: an exponentially weighted ridge regression.

    forgetting: the weight that is left after one observation. ridge: of the first.
    covariance: in rows. resets: how often it had become singular and was begun anew.
    Source: Haykin, "Adaptive Filter Theory", the recursive least-squares algorithm.
    """

    size: int
    forgetting: float
    ridge: float
    theta: list[float] = field(default_factory=list)
    covariance: list[list[float]] = field(default_factory=list)
    seen: int = 0
    resets: int = 0

    def __post_init__(self) -> None:
        """Begin with nothing learned."""
        if not (self.size > 0 and 0.0 < self.forgetting <= 1.0 and self.ridge > 0.0):
            raise ValueError(
                f"OnlineRidge: got size {self.size}, forgetting {self.forgetting}, ridge "
                f"{self.ridge}, expected size > 0, forgetting in (0, 1], ridge > 0"
            )
        if not self.theta:
            self.theta = [0.0] * self.size
            self.covariance = (np.eye(self.size) / self.ridge).tolist()

    def predict(self, x: Sequence[float]) -> float:
        """What is expected of y."""
        return float(np.dot(np.asarray(self.theta), np.asarray(x, np.float64)))

    def learn(self, x: Sequence[float], y: float) -> None:
        """Take in one observation."""
        features = np.asarray(x, np.float64)
        covariance: Floats = np.array(self.covariance)
        theta: Floats = np.array(self.theta)
        spread = covariance @ features
        gain = spread / (self.forgetting + features @ spread)
        theta = theta + gain * (y - features @ theta)
        covariance = (covariance - np.outer(gain, spread)) / self.forgetting
        # Rounding makes it lopsided, and a lopsided one blows up.
        covariance = 0.5 * (covariance + covariance.T)
        self.seen += 1
        if not np.isfinite(theta).all() or not _sound(covariance):
            self.resets += 1
            covariance = np.eye(self.size) / self.ridge
            if not np.isfinite(theta).all():
                theta = np.zeros(self.size)
        self.theta, self.covariance = theta.tolist(), covariance.tolist()


def _sound(covariance: Floats) -> bool:
    if not np.isfinite(covariance).all() or float(np.trace(covariance)) > TRACE_MAX:
        return False
    return float(np.linalg.cond(covariance)) <= CONDITION_MAX
