"""The order flow of many levels as one number, weighted by how they moved together before."""

from typing import Any, ClassVar

import numpy as np

from bot.book.layout import HEARD_BOOK
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals import codes
from bot.signals import integrated_flow_kernels as kernels
from bot.signals.base import Recipe, Terms, Watch, base_per_lot, positive
from bot.signals.order_flow_kernels import MLOFI_LEVELS
from bot.signals.slots import Float64s


class IntegratedFlow(Watch, frozen=True):
    """Order flow of the best ten levels in one number, in mean queues.

    + when bids are added and asks taken away. The flow of each level fades with the half-life
    and is divided by one common mean queue, of all levels over the same span; then the levels
    are summed by weights. These are the first principal component of the levels' flows in
    buckets of `bucket_s`, from the whole buckets of the day before (00:00 UTC), with absolute
    weights that sum to 1 and a positive sum; until a day had `buckets_min` of them each level
    weighs 0.85 of the one before. Also published: `queue`, the mean queue in base coins (quote
    units for inverse contracts), and `explained`, the share of the flows' variance that the
    component holds. A level that a side lacks counts nothing and costs its part of the quality.
    Source: Cont, Cucuringu & Zhang (2023), Cross-impact of order flow imbalance, QF 23(10).
    """

    unit: ClassVar[str] = "mean queues"

    instrument: InstrumentId
    levels: int = MLOFI_LEVELS
    half_life_s: float = 10.0
    bucket_s: float = 10.0
    buckets_min: int = 360

    def recipe(self, terms: Terms) -> Recipe:
        """Recomputed when one of these levels changed."""
        i = terms.index(self.instrument)
        positive(self, "half_life_s", "bucket_s", "buckets_min")
        if not 1 <= self.levels <= MLOFI_LEVELS:
            raise ValueError(
                f"IntegratedFlow.levels: got {self.levels}, expected 1 to {MLOFI_LEVELS}"
            )
        return Recipe(
            code=codes.INTEGRATED_FLOW,
            instrument=i,
            param=(
                float(self.levels),
                self.half_life_s * NS_PER_SECOND,
                base_per_lot(terms.instrument(self.instrument)),
                float(max(1, round(self.bucket_s * NS_PER_SECOND))),
                float(self.buckets_min),
            ),
            states=kernels.INTEGRATED_STATE,
            outputs=("value", "queue", "explained", "quality"),
            hears=HEARD_BOOK,
            within=self.levels,
            sources=((i, HEARD_BOOK),),
            refit=refit,
        )


def refit(param: Float64s, state: Float64s) -> None:
    """Fit the weights to the sums of the day that is over."""
    levels = int(param[kernels.LEVELS])
    day = state[kernels.YESTERDAY : kernels.YESTERDAY + kernels.A_DAY]
    buckets = day[0]
    mean = day[1 : 1 + levels] / buckets
    square = day[kernels.PRODUCTS :].reshape(MLOFI_LEVELS, MLOFI_LEVELS)[:levels, :levels]
    weights, explained = first_component(square / buckets - np.outer(mean, mean))
    if weights is not None:
        state[kernels.WEIGHT : kernels.WEIGHT + levels] = weights
        state[kernels.EXPLAINED] = explained


def first_component(covariance: Any) -> tuple[Any, float]:
    """The first principal component, absolute weights summing to 1, and the share it explains.

    None when nothing varied, or when the weights cancel out and have no sign.
    """
    values, vectors = np.linalg.eigh(covariance)
    first, total = vectors[:, -1], float(values.sum())
    tilt = float(first.sum())
    if not (np.isfinite(values).all() and total > 0.0 and tilt != 0.0):
        return None, 0.0
    return first / (np.abs(first).sum() * np.sign(tilt)), float(values[-1]) / total
