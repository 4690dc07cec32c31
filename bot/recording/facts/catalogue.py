"""The facts by name: what is measured, in which unit, and when there is enough to say it.

All are ratios, correlations or basis points, so that a coin of 60,000 and one of 2,500 with other
ticks and lots compare. A fact made of too few observations is unknown, never a number.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from msgspec import Struct

from bot.recording.facts import definitions as of
from bot.recording.facts.sampled import Sampled


class Measured(Struct, frozen=True):
    """A fact of one tape. value: None: too few observations. count: how many there were."""

    value: float | None
    count: int


class Fact(Struct, frozen=True):
    """What is measured. about: its definition. count_min: with fewer observations it is unknown."""

    name: str
    about: str
    unit: str
    count_min: int
    of: Callable[[Sampled], tuple[float, int]]


def measure(sampled: Sampled) -> dict[str, Measured]:
    """Every fact of a tape, by name."""
    found: dict[str, Measured] = {}
    for fact in FACTS:
        value, count = fact.of(sampled)
        known = count >= fact.count_min and bool(np.isfinite(value))
        found[fact.name] = Measured(value if known else None, count)
    return found


FACTS: Final = (
    Fact("spread_bps", "ask less bid over the mid, mean over time", "bps", 100, of.spread_bps),
    Fact("spread_ticks", "ask less bid, mean over time", "ticks", 100, of.spread_ticks),
    Fact(
        "touch_orders", "size at one best price over the mean order", "orders", 100, of.touch_orders
    ),
    Fact(
        "depth_2bps_orders",
        "one side within 2 bps over the mean order",
        "orders",
        60,
        of.depth_orders,
    ),
    Fact("depth_5_to_2", "depth within 5 bps over that within 2", "ratio", 60, of.depth_5_to_2),
    Fact("depth_10_to_5", "depth within 10 bps over that within 5", "ratio", 60, of.depth_10_to_5),
    Fact("size_median", "median order over the mean order", "ratio", 200, of.size_median),
    Fact("size_p99", "99th percentile of orders over the mean order", "ratio", 200, of.size_tail),
    Fact(
        "gap_variation",
        "deviation of times between orders over their mean; 1: Poisson",
        "ratio",
        200,
        of.gap_variation,
    ),
    Fact(
        "gap_median",
        "median time between orders over the mean; 0.69: Poisson",
        "ratio",
        200,
        of.gap_median,
    ),
    Fact(
        "bunching_1s",
        "variance less mean of orders a second, over the mean squared; 0: Poisson",
        "ratio",
        60,
        of.bunching,
    ),
    Fact(
        "sign_next",
        "autocorrelation of the sides of orders, one order on",
        "correlation",
        200,
        of.signs_next,
    ),
    Fact(
        "sign_later",
        "autocorrelation of the sides of orders, ten orders on",
        "correlation",
        200,
        of.signs_later,
    ),
    Fact(
        "impact_1s",
        "move of the mid along an order, within 1 s of it, over the deviation of moves of 1 s",
        "ratio",
        200,
        of.impact,
    ),
    Fact("volatility_1s_bps", "deviation of the mid's moves of 1 s", "bps", 60, of.volatility),
    Fact("kurtosis_1s", "fourth moment of moves of 1 s; 3: normal", "ratio", 60, of.tails),
    Fact(
        "clustering_1s",
        "rank autocorrelation of absolute moves of 1 s, mean of lags 1 to 5",
        "correlation",
        60,
        of.clustering,
    ),
    Fact(
        "variance_ratio_10s",
        "variance of moves of 10 s over ten times that of 1 s; 1: a random walk",
        "ratio",
        20,
        of.variance_ratio,
    ),
    Fact(
        "flow_r2_10s",
        "R² of moves of 10 s on flow at the touch in the same 10 s; - for a negative slope",
        "R²",
        20,
        of.flow_fit,
    ),
    Fact(
        "touch_lean_1s",
        "autocorrelation of the touch's imbalance, 1 s on",
        "correlation",
        60,
        of.touch_persistence,
    ),
    Fact(
        "depth_lean_5s",
        "autocorrelation of the imbalance within 2 bps, 5 s on",
        "correlation",
        60,
        of.depth_persistence,
    ),
    Fact(
        "lean_foresight",
        "correlation of the touch's imbalance with the sign of the mid's next move",
        "correlation",
        60,
        of.foresight,
    ),
)
