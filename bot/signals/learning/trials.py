"""Every configuration that was tried, so that the best of many is not taken for a good one."""

import math
from statistics import NormalDist
from typing import Final

from msgspec import Struct, field

EULER: Final = 0.5772156649015329
NORMAL: Final = NormalDist()


class Trial(Struct, frozen=True):
    """One configuration and what it earned. sharpe: per observation, not per year.

    key: names the configuration; kurtosis: 3 for a normal distribution.
    """

    key: str
    sharpe: float
    observations: int
    skewness: float = 0.0
    kurtosis: float = 3.0


class TrialLedger(Struct):
    """All trials, in order; trying the same configuration again replaces what it earned."""

    trials: list[Trial] = field(default_factory=list)

    def add(self, trial: Trial) -> None:
        """Write a trial down; ValueError when its figures are none."""
        if not math.isfinite(trial.sharpe) or trial.observations < 2:
            raise ValueError(
                f"trial {trial.key}: got sharpe {trial.sharpe} of {trial.observations} "
                "observations, expected a finite number of at least 2"
            )
        self.trials = [one for one in self.trials if one.key != trial.key]
        self.trials.append(trial)

    def luck(self) -> float:
        """The Sharpe ratio that the best of so many worthless trials would show."""
        n = len(self.trials)
        if n < 2:
            return 0.0
        mean = math.fsum(one.sharpe for one in self.trials) / n
        variance = math.fsum((one.sharpe - mean) ** 2 for one in self.trials) / (n - 1)
        return luckiest(n, variance)

    def deflated(self, key: str) -> float:
        """The chance that a trial is better than luck, given all others; KeyError if unknown."""
        for one in self.trials:
            if one.key == key:
                return deflated_sharpe(one, self.luck())
        raise KeyError(key)


def luckiest(trials: int, variance: float) -> float:
    """The expected maximum of so many Sharpe ratios around nothing.

    Source: Bailey & Lopez de Prado (2014), "The Deflated Sharpe Ratio".
    """
    if trials < 2 or variance <= 0.0:
        return 0.0
    first = NORMAL.inv_cdf(1.0 - 1.0 / trials)
    second = NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * ((1.0 - EULER) * first + EULER * second)


def deflated_sharpe(trial: Trial, against: float) -> float:
    """The chance that the true Sharpe ratio exceeds `against`, for returns that are not normal.

    Source: Bailey & Lopez de Prado (2014).
    """
    spread = (
        1.0
        - trial.skewness * trial.sharpe
        + 0.25 * (trial.kurtosis - 1.0) * trial.sharpe * trial.sharpe
    )
    # Sample moments of few observations can contradict each other.
    spread = max(spread, 1e-12)
    away = (trial.sharpe - against) * math.sqrt(trial.observations - 1.0) / math.sqrt(spread)
    return NORMAL.cdf(away)
