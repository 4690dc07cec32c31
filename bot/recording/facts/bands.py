"""Between which values a simulated market must keep each fact: fixed before it was tuned.

Origin: raw Binance captures of 2023-04-04 and 2024-08-08 (spot, linear and inverse perpetuals of
BTC and ETH, 100 s and 343 s long), sorted by instrument and time and taken alternately: the first,
third, fifth and seventh are the half that ranges are measured on, the others are kept to check
with. A test with the recordings measures the ranges again.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

from msgspec import Struct

T = TypeVar("T")

WIDER: Final = 2.0
"""A band reaches from half the lowest recorded value to twice the highest."""


class Band(Struct, frozen=True):
    """From where to where a value is believed, both included."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies in the band."""
        return self.low <= value <= self.high


def halves(recorded: Sequence[T]) -> tuple[list[T], list[T]]:
    """What ranges are measured on, and what they are checked with.

    recorded: sorted by the id of the instrument, then by the first time.
    """
    return list(recorded[::2]), list(recorded[1::2])


def widened(low: float, high: float) -> Band:
    """The band of a range; below zero it widens to the other side."""
    return Band(low / WIDER if low > 0 else low * WIDER, high * WIDER if high > 0 else high / WIDER)


RANGES: Final[dict[str, tuple[float, float]]] = {
    "spread_bps": (0.005784, 0.03879),
    "spread_ticks": (1.001, 3.569),
    "touch_orders": (7.651, 34.69),
    "depth_2bps_orders": (35.93, 115.4),
    "depth_5_to_2": (3.041, 5.351),
    "depth_10_to_5": (1.881, 2.593),
    "size_median": (0.05304, 0.1287),
    "size_p99": (13.15, 18.1),
    "gap_variation": (1.203, 1.997),
    "gap_median": (0.09561, 0.6386),
    "bunching_1s": (0.5257, 4.611),
    "sign_next": (0.2367, 0.5729),
    "sign_later": (0.09444, 0.1859),
    "impact_1s": (0.3286, 1.243),
    "volatility_1s_bps": (0.3601, 1.174),
    "kurtosis_1s": (7.362, 22.37),
    "clustering_1s": (-0.002932, 0.1135),
    "variance_ratio_10s": (0.8657, 0.9647),
    "flow_r2_10s": (0.3976, 0.5432),
    "touch_lean_1s": (0.1957, 0.7001),
    "depth_lean_5s": (0.05301, 0.3131),
    "lean_foresight": (0.2943, 0.5816),
}
"""Lowest and highest value of the half that is measured on, to four digits."""

BANDS: Final[dict[str, Band]] = {name: widened(*ends) for name, ends in RANGES.items()}
