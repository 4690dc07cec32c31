"""A model on days that it has never seen, and whether that is enough to let it trade."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from bot.signals.learning.metrics import base_log_loss, log_loss, surprise

COST_MULTIPLES: Final = (1.0, 1.5, 2.0)
SIGNIFICANCE: Final = 0.05


class Sample(Struct, frozen=True):
    """A moment, what was known then, and what came of it `horizon` later. moved_bps: of the mid."""

    t_ns: int
    features: tuple[float, ...]
    rose: bool
    moved_bps: float


class Fold(Struct, frozen=True):
    """Training days and the test days after them, in ns; ends are not included."""

    train_from: int
    train_to: int
    test_from: int
    test_to: int


Model = Callable[[Sequence[float]], float]
Fit = Callable[[Sequence[Sample]], Model]


class WalkForward(Struct, frozen=True):
    """What came of it out of sample.

    net_bps: the mean of a trade after costs, by multiple of the costs; None without a trade.
    may_enter: it beats the base rate by more than luck, and earns more than it costs: else it
    may steer execution and nothing more.
    """

    samples: int
    trades: int
    log_loss: float | None
    base_log_loss: float | None
    p_value: float | None
    net_bps: dict[float, float | None]
    may_enter: bool


def folds(begin: int, end: int, train_ns: int, test_ns: int, embargo_ns: int) -> Iterator[Fold]:
    """Rolling folds; between training and test lies an embargo of at least the horizon."""
    if train_ns <= 0 or test_ns <= 0 or embargo_ns < 0:
        raise ValueError(
            f"folds: got train_ns {train_ns}, test_ns {test_ns}, embargo_ns {embargo_ns}, "
            "expected the first two > 0 and the last >= 0"
        )
    at = begin
    while at + train_ns + embargo_ns + test_ns <= end:
        test = at + train_ns + embargo_ns
        yield Fold(at, at + train_ns, test, test + test_ns)
        at += test_ns


def walk_forward(
    samples: Sequence[Sample],
    fit: Fit,
    over: Sequence[Fold],
    *,
    horizon_ns: int,
    edge: float,
    cost_bps: float,
    generator: np.random.Generator,
    draws: int = 2_000,
) -> WalkForward:
    """Fit on each fold's training days, judge on its test days, and say whether it is enough.

    samples: by time, ascending. edge: a trade is entered where the chance differs by more from
    a half, and held over the horizon; the next one waits for its end. cost_bps: of a round
    trip. generator: for the bootstrap; its seed is the caller's.
    """
    said: list[float] = []
    rose: list[bool] = []
    base: list[float] = []
    gross: list[float] = []
    for fold in over:
        # What had not come true by the end of training was not known then.
        train = [s for s in samples if fold.train_from <= s.t_ns <= fold.train_to - horizon_ns]
        test = [s for s in samples if fold.test_from <= s.t_ns < fold.test_to]
        if not train or not test:
            continue
        model = fit(train)
        rate = (sum(s.rose for s in train) + 1.0) / (len(train) + 2.0)
        busy_until = test[0].t_ns
        for sample in test:
            chance = model(sample.features)
            said.append(chance)
            rose.append(sample.rose)
            base.append(rate)
            if abs(chance - 0.5) > edge and sample.t_ns >= busy_until:
                busy_until = sample.t_ns + horizon_ns
                gross.append(math.copysign(1.0, chance - 0.5) * sample.moved_bps)
    better = [
        surprise(usual, up) - surprise(chance, up)
        for usual, chance, up in zip(base, said, rose, strict=True)
    ]
    block = max(1, round(math.sqrt(len(better))))
    p_value = bootstrap_p(better, block, generator, draws) if better else None
    net = {
        multiple: sum(gross) / len(gross) - multiple * cost_bps if gross else None
        for multiple in COST_MULTIPLES
    }
    expectancy = net[1.0]
    return WalkForward(
        samples=len(said),
        trades=len(gross),
        log_loss=log_loss(said, rose),
        base_log_loss=base_log_loss(rose),
        p_value=p_value,
        net_bps=net,
        may_enter=(
            p_value is not None
            and p_value < SIGNIFICANCE
            and expectancy is not None
            and expectancy > 0.0
        ),
    )


def bootstrap_p(
    better: Sequence[float], block: int, generator: np.random.Generator, draws: int
) -> float:
    """How often a mean like this or higher comes by luck, by redrawing blocks around nothing.

    better: by time, at least one; blocks keep the dependence of neighbours.
    Source: circular block bootstrap, Politis & Romano (1992).
    """
    values = np.asarray(better, np.float64)
    n = values.shape[0]
    mean = float(values.mean())
    centered = values - mean
    rounds = math.ceil(n / block)
    starts = generator.integers(0, n, size=(draws, rounds))
    places = (starts[:, :, None] + np.arange(block)) % n
    means = centered[places.reshape(draws, -1)[:, :n]].mean(axis=1)
    return (1.0 + float((means >= mean).sum())) / (draws + 1.0)
