"""How much liquidations set off each other: a self-exciting process with an exponential kernel.

Intensity mu + alpha * sum of exp(-beta * age) over the events before. The branching ratio
alpha/beta is how many events one event sets off on average. It is for watching, not a gate:
measured in real cascades it stayed far below 1 and fell at their climax.
"""

import math
from typing import Final

import numpy as np
from msgspec import Struct
from numba import types

from bot.book.arrays import f8
from bot.kernel import kernel
from bot.signals.plain.simplex import lowest
from bot.signals.slots import Float64s

BRANCHING_MAX: Final = 0.99
BETA_MAX: Final = 10.0
"""1/s. Orders of one frame bear one time of receipt, and venues send a frame each half second:
what happened within cannot be told apart, and would be fitted by a decay in no time at all."""
F1: Final = types.float64[::1]


class Hawkes(Struct, frozen=True):
    """A self-exciting process. mu: events a second without excitement; beta: its decay, 1/s."""

    mu: float
    branching: float
    beta: float

    @property
    def alpha(self) -> float:
        """How much an event raises the intensity."""
        return self.branching * self.beta


class Excitement(Struct):
    """What past events add to the intensity, kept up event by event."""

    excited: float = 0.0
    t_s: float | None = None

    def add(self, t_s: float, process: Hawkes) -> float:
        """Take in an event; returns the intensity just before it."""
        if self.t_s is not None:
            self.excited = math.exp(-process.beta * (t_s - self.t_s)) * (1.0 + self.excited)
        self.t_s = t_s
        return process.mu + process.alpha * self.excited

    def at(self, t_s: float, process: Hawkes) -> float:
        """The intensity at a time at or after the last event."""
        if self.t_s is None:
            return process.mu
        fading = math.exp(-process.beta * max(0.0, t_s - self.t_s))
        return process.mu + process.alpha * fading * (1.0 + self.excited)


@kernel(f8(F1, f8, f8, f8, f8))
def log_likelihood(times: Float64s, until: float, mu: float, alpha: float, beta: float) -> float:
    """The log-likelihood of ascending event times in [0, until], in one pass."""
    total = -mu * until
    excited = 0.0
    for i in range(times.shape[0]):
        if i > 0:
            excited = math.exp(-beta * (times[i] - times[i - 1])) * (1.0 + excited)
        total += math.log(mu + alpha * excited)
        total -= alpha / beta * (1.0 - math.exp(-beta * (until - times[i])))
    return total


def fit(times: Float64s, until: float) -> Hawkes | None:
    """The most likely process behind event times in [0, until], in seconds; None below two.

    Searched over log mu, the logit of the branching ratio and log beta, the ratio held at or
    below 0.99 and beta at 10.
    """
    if times.shape[0] < 2 or not until > 0.0:
        return None
    rate = times.shape[0] / until
    # Where nothing is known: half of the events are set off, each within a few gaps.
    start = (math.log(0.5 * rate), 0.0, math.log(min(rate, 0.5 * BETA_MAX)))
    found = lowest(lambda x: _unlikelihood(times, until, x), start, step=0.5)
    return _process(found)


def branching_of_counts(times: Float64s, bin_s: float) -> float | None:
    """A cheap check: 1 - sqrt(mean/variance) of counts in bins long against the decay.

    None when there are fewer than two bins or nothing in them; 0 where counts vary less than
    chance would let them.
    Source: Hardiman & Bouchaud (2014).
    """
    if times.shape[0] == 0:
        return None
    bins = math.ceil(float(times[-1]) / bin_s)
    if bins < 2:
        return None
    places = np.minimum(times / bin_s, bins - 1).astype(np.int64)
    counts = np.bincount(places, minlength=bins)
    mean, variance = float(counts.mean()), float(counts.var(ddof=1))
    if mean <= 0.0 or variance <= 0.0:
        return None
    return max(0.0, 1.0 - math.sqrt(mean / variance))


def _process(x: tuple[float, ...]) -> Hawkes:
    branching = 1.0 / (1.0 + math.exp(-x[1]))
    return Hawkes(math.exp(x[0]), min(BRANCHING_MAX, branching), math.exp(x[2]))


def _unlikelihood(times: Float64s, until: float, x: tuple[float, ...]) -> float:
    if max(abs(each) for each in x) > 50.0 or x[2] > math.log(BETA_MAX):
        return math.inf
    process = _process(x)
    found = -log_likelihood(times, until, process.mu, process.alpha, process.beta)
    return found if math.isfinite(found) else math.inf
