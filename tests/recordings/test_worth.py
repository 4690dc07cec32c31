"""The published shape of order flow on seven recorded files: it explains, and does not foretell.

Order flow imbalance here is that of Cont, Kukanov & Stoikov: `OrderFlowImbalance(window_s=10)`, the
sum of what was added to and taken from the best prices (of the best-bid-and-ask stream) over each
ten seconds, over the mean queue of them. It is held against the move of the mid, of the same
stream, over the same ten seconds, and over the next. Buckets do not overlap: n is how many there
are. Trade imbalance is signed over total volume of the same seconds, and signed volume alone.
"""

from functools import cache
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from msgspec import Struct

from bot.modes.evaluating import Judged, Question, evaluate
from bot.modes.observing import Terms
from bot.recording.reader import Recording
from bot.signals.evaluation import relation
from bot.signals.evaluation.assess import AtHorizon, Luck
from bot.signals.evaluation.moves import behind
from bot.signals.order_flow import OrderFlowImbalance
from bot.signals.trades import TradeImbalance

BUCKET_S = 10.0
SECOND = 1_000_000_000
LUCK = Luck(seed=1)
TAKER = 0.0005


class Shape(Struct):
    """What one file came to."""

    name: str
    flow: Judged
    trades: Judged
    volume_r2: float

    @property
    def flow_at(self) -> AtHorizon:
        return self.flow.assessment.at[1]

    @property
    def trades_at(self) -> AtHorizon:
        return self.trades.assessment.at[1]


@cache
def shapes(imported: Path, step_s: float = BUCKET_S) -> list[Shape]:
    found = []
    for evening in ("2024", "2023"):
        for source in Recording.open(imported / evening).sources():
            name = source.instrument.id
            questions = [
                Question("flow", OrderFlowImbalance(name, window_s=BUCKET_S, wake=0.0), name),
                Question("trades", TradeImbalance(name, window_s=BUCKET_S, wake=0.0), name),
            ]
            flow, trades = evaluate(
                [source],
                Terms.of([source.instrument]),
                questions,
                step_s=step_s,
                horizons_s=[BUCKET_S],
                taker_fees={name: TAKER},
                luck=LUCK,
            )
            found.append(Shape(f"{name} {evening}", flow, trades, _volume_r2(trades, step_s)))
    return found


def _volume_r2(trades: Judged, step_s: float) -> float:
    """Of the signed volume of each bucket, as the difference of the cumulative one."""
    lag = round(BUCKET_S / step_s)
    cumulative = trades.observed.outputs["cvd"]
    volume = np.full(len(cumulative), np.nan)
    volume[lag:] = cumulative[lag:] - cumulative[:-lag]
    moved = behind(trades.mids, round(BUCKET_S * SECOND))
    both = ~(np.isnan(volume) | np.isnan(moved))
    return relation.signed_square(relation.correlation(volume[both], moved[both]) or 0.0)


def test_order_flow_explains_moves_better_than_trades_do(
    imported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = shapes(imported)
    explained = [one.flow_at.contemporaneous_r2 for one in found]
    others = [max(one.trades_at.contemporaneous_r2.value or 0.0, one.volume_r2) for one in found]
    tell(found, capsys)

    assert len(found) == 7
    assert [one.n for one in explained] == [34, 34, 34, 34, 34, 34, 9]
    assert all(one.value > 0.3 for one in explained)  # with a positive slope
    assert median(one.value for one in explained) >= 0.45
    better = [one.value > other for one, other in zip(explained, others, strict=True)]
    assert sum(better) >= 5


def test_order_flow_does_not_foretell_the_next_ten_seconds(imported: Path) -> None:
    ahead = [one.flow_at.forward_r2 for one in shapes(imported)]

    assert [one.n for one in ahead] == [34, 34, 34, 34, 34, 34, 9]
    assert sum(one.low <= 0 <= one.high for one in ahead) >= 6
    assert median(abs(one.value) for one in ahead) < 0.1


def test_looking_every_second_finds_the_same_shape(imported: Path) -> None:
    """Ten phases of the buckets at once: no figure hangs on where they begin."""
    found = [one.flow_at for one in shapes(imported, 1.0)]

    assert median(one.contemporaneous_r2.value for one in found) >= 0.45
    assert sum(one.forward_r2.low <= 0 <= one.forward_r2.high for one in found) >= 6


def test_nothing_is_left_of_it_after_fees(imported: Path) -> None:
    for one in shapes(imported, 1.0):
        assert "no forward edge after fees" in one.flow.assessment.verdict, one.name


def tell(found: list[Shape], capsys: pytest.CaptureFixture[str]) -> None:
    """Say the figures, n with them, whoever runs this."""
    with capsys.disabled():
        print()
        for one in found:
            now, ahead = one.flow_at.contemporaneous_r2, one.flow_at.forward_r2
            trades = one.trades_at.contemporaneous_r2
            print(
                f"{one.name:<32} n={now.n:<3} R² of the same 10 s: flow {now.value:.2f} "
                f"[{now.low:.2f}, {now.high:.2f}], trade imbalance {trades.value:.2f}, signed "
                f"volume {one.volume_r2:.2f}; of the next (signed, n={ahead.n}): "
                f"{ahead.value:+.3f} [{ahead.low:+.3f}, {ahead.high:+.3f}]"
            )
