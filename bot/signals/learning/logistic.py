"""The chance of a rise, learned by small steps after each outcome."""

import math
from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

MARGIN_MAX: Final = 30.0
"""Beyond it a probability is 0 or 1 to the last digit."""


class Scaler(Struct):
    """Running mean and variance of each feature; scaled, they are 0 on average with spread 1."""

    size: int
    seen: int = 0
    means: list[float] = field(default_factory=list)
    variances: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with nothing seen."""
        if not self.means:
            self.means, self.variances = [0.0] * self.size, [0.0] * self.size

    def learn(self, x: Sequence[float]) -> None:
        """Take in one observation. Source: Welford (1962)."""
        self.seen += 1
        for k, value in enumerate(x):
            before = self.means[k]
            self.means[k] += (value - before) / self.seen
            away = (value - before) * (value - self.means[k])
            self.variances[k] += (away - self.variances[k]) / self.seen

    def scaled(self, x: Sequence[float]) -> list[float]:
        """The features, scaled; a feature that never moved is 0."""
        return [
            (value - mean) / math.sqrt(variance) if variance > 0.0 else 0.0
            for value, mean, variance in zip(x, self.means, self.variances, strict=True)
        ]


class OnlineLogistic(Struct):
    """Logistic regression by stochastic gradient descent with a small pull to nothing.

    rate, intercept_rate: step sizes. pull: the L2 penalty, of the weights only.
    Source: the update is that of river's `LogisticRegression(SGD(rate), l2=pull)`.
    """

    size: int
    rate: float = 0.01
    pull: float = 1e-4
    intercept_rate: float = 0.01
    weights: list[float] = field(default_factory=list)
    intercept: float = 0.0
    seen: int = 0

    def __post_init__(self) -> None:
        """Begin with nothing learned."""
        if not self.weights:
            self.weights = [0.0] * self.size

    def margin(self, x: Sequence[float]) -> float:
        """The log-odds of a rise."""
        products = (weight * value for weight, value in zip(self.weights, x, strict=True))
        return sum(products) + self.intercept

    def predict(self, x: Sequence[float]) -> float:
        """The probability of a rise."""
        return sigmoid(self.margin(x))

    def learn(self, x: Sequence[float], rose: bool) -> None:
        """Take one step towards an outcome."""
        slope = self.predict(x) - float(rose)
        self.intercept -= self.intercept_rate * slope
        self.weights = [
            weight - self.rate * (slope * value + self.pull * weight)
            for weight, value in zip(self.weights, x, strict=True)
        ]
        self.seen += 1


def sigmoid(margin: float) -> float:
    """A probability from its log-odds."""
    margin = min(MARGIN_MAX, max(-MARGIN_MAX, margin))
    return 1.0 / (1.0 + math.exp(-margin))
