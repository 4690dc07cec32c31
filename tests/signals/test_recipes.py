"""A watch that cannot be computed as it is written is refused by name before anything runs."""

import math

import pytest

from bot.model.units import Base, Bps, Hours
from bot.signals.absorption import Absorption
from bot.signals.base import Watch
from bot.signals.depth import BookExhaustion, DepthValue
from bot.signals.funding import FundingExcess, NetCarry, PredictedFunding
from bot.signals.integrated_flow import IntegratedFlow
from bot.signals.liquidity import Illiquidity, KyleLambda
from bot.signals.micro_price import MicroPrice
from bot.signals.noise import LargeTradeImbalance, SettledImbalance
from bot.signals.order_book import (
    BookImbalance,
    DepthImbalance,
    ImpactCost,
    QueueImbalance,
    Spread,
    WeightedMid,
)
from bot.signals.order_flow import MultiLevelFlow, OrderFlowImbalance
from bot.signals.table import SignalTable
from bot.signals.toxicity import Vpin
from bot.signals.trades import TradeImbalance, VwapDeviation
from tests.signals.family import predicted
from tests.signals.harness import INVERSE, PERP, SPOT, Bench, snapshot

VENUE = {"impact_notional": 1e4, "interest_bps": 1.0, "damp_bps": 5.0, "scaled": True}


@pytest.mark.parametrize(
    ("watch", "complaint"),
    [
        (
            WeightedMid(PERP, source="books", wake=1.0),
            "source: got 'books', expected touch or book",
        ),
        (QueueImbalance(PERP, half_life_s=0.0, wake=1.0), "half_life_s: got 0.0"),
        (QueueImbalance(PERP, wake=math.nan), r"wake: got nan, expected >= 0"),
        (QueueImbalance(PERP, wake=-1.0), r"wake: got -1.0, expected >= 0"),
        (BookImbalance(PERP, levels=21, wake=1.0), "levels: got 21, expected 1 to 20"),
        (BookImbalance(PERP, levels=0, wake=1.0), "levels: got 0"),
        (BookImbalance(PERP, decay=-0.5, wake=1.0), "decay: got -0.5"),
        (DepthImbalance(PERP, half_bps=math.inf, wake=1.0), "half_bps: got inf"),
        (DepthImbalance(PERP, within_bps=0.0, wake=1.0), "within_bps: got 0.0"),
        (Spread(PERP, z_window_s=0, wake=1.0), "z_window_s: got 0"),
        (ImpactCost(PERP, size=Base(0.0), buy=True, wake=1.0), "size: got 0.0"),
        (OrderFlowImbalance(PERP, window_s=-1.0, wake=1.0), "window_s: got -1.0"),
        (OrderFlowImbalance(PERP, window_s=1.0, capacity=0, wake=1.0), "capacity: got 0"),
        (MultiLevelFlow(PERP, half_life_s=math.nan, wake=1.0), "half_life_s: got nan"),
        (TradeImbalance(PERP, trades=0, wake=1.0), "trades: got 0"),
        (TradeImbalance(PERP, trades=5, window_s=5.0, wake=1.0), "expected at most one"),
        (VwapDeviation(PERP, trades_min=0, wake=1.0), "trades_min: got 0"),
        (VwapDeviation(PERP, window_s=5.0, anchor_ns=1, wake=1.0), "expected at most one"),
        (FundingExcess(PERP, Bps(1.0), z_intervals=0, wake=1.0), "z_intervals: got 0"),
        (NetCarry(PERP, against=SPOT, size=Base(math.nan), wake=1.0), "size: got nan"),
        (
            NetCarry(PERP, against=SPOT, size=Base(1.0), hold_hours=Hours(0.0), wake=1.0),
            "hold_hours: got 0.0",
        ),
        (DepthValue(PERP, side="left", wake=1.0), "side: got 'left', expected both, bids, asks"),
        (DepthValue(PERP, within_bps=(), wake=1.0), "within_bps: got "),
        (DepthValue(PERP, within_bps=(10.0, 5.0), wake=1.0), "within_bps: got .*ascending"),
        (DepthValue(PERP, within_bps=(5.0, math.nan), wake=1.0), "within_bps: got "),
        (BookExhaustion(PERP, samples_min=1_801, wake=1.0), "samples_min: got 1801"),
        (BookExhaustion(PERP, within_bps=0.0, wake=1.0), "within_bps: got 0.0"),
        (MicroPrice(PERP, buckets=1, wake=1.0), "buckets: got 1, expected 2 to 40"),
        (MicroPrice(PERP, refit_h=0.0, wake=1.0), "refit_h: got 0.0"),
        (IntegratedFlow(PERP, levels=11, wake=1.0), "levels: got 11, expected 1 to 10"),
        (IntegratedFlow(PERP, bucket_s=-1.0, wake=1.0), "bucket_s: got -1.0"),
        (SettledImbalance(PERP, levels=17, wake=1.0), "levels: got 17, expected 1 to 16"),
        (LargeTradeImbalance(PERP, size_min=Base(0.0), wake=1.0), "size_min: got 0.0"),
        (LargeTradeImbalance(PERP, median_trades=0, wake=1.0), "median_trades: got 0"),
        (Absorption(PERP, z_low=4.0, wake=1.0), "z_low: got 4.0"),
        (Absorption(PERP, history_s=100.0, wake=1.0), "history_min: got 60, .* the 10 windows"),
        (Absorption(PERP, trades=2, wake=1.0), "trades: got 2, expected at least 3"),
        (Vpin(PERP, sides="tick", wake=1.0), "sides: got 'tick', expected aggressor, normal"),
        (Vpin(PERP, bucket=Base(0.2), wake=1.0), "bucket: got 0.2, expected at least a lot, 0.25"),
        (KyleLambda(PERP, trades=2, wake=1.0), "trades: got 2, expected at least 3"),
        (Illiquidity(PERP, bar_trades=0, wake=1.0), "bar_trades: got 0"),
        (
            PredictedFunding(PERP, floor_bps=0.1, cap_bps=-0.1, wake=1.0, **VENUE),
            "floor_bps: got 0.1",
        ),
        (
            PredictedFunding(PERP, floor_bps=0, cap_bps=1, sample_s=0, wake=1.0, **VENUE),
            "sample_s: got 0",
        ),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(watch: Watch, complaint: str):
    with pytest.raises(ValueError, match=f"{type(watch).__name__}.*{complaint}"):
        Bench({"it": watch})


def test_an_instrument_that_nothing_lists_is_refused():
    with pytest.raises((KeyError, ValueError)):
        Bench({"it": QueueImbalance("venue:DOGE/USDT", wake=1.0)})


def test_there_are_not_more_strategies_than_bits():
    with pytest.raises(ValueError, match="strategies: got 63, expected at most 62"):
        SignalTable([{}] * 63, Bench().terms, 3)


def test_every_one_of_so_many_strategies_is_woken_by_its_own_bit():
    watch = QueueImbalance(PERP, source="book", wake=1.0)
    bench = Bench(*[{"queue": watch}] * 62)

    bench.take(snapshot(0, [(99, 1)], [(101, 1)]))

    assert bench.last_woken == (1 << 62) - 1


def test_sizes_of_inverse_contracts_follow_the_price():
    inverse = Bench({"cost": ImpactCost(INVERSE, size=Base(2.0), buy=True, wake=1.0)})
    linear = Bench({"cost": ImpactCost(PERP, size=Base(2.0), buy=True, wake=1.0)})
    asks = [(101, 1), (102, 1_000)]

    # 2 coins at a mid of 50 are 100 in quote, one contract of 100; and 8 lots of 0.25 coins.
    inverse.take(snapshot(0, [(99, 1)], asks, instrument=INVERSE))
    linear.take(snapshot(0, [(99, 1)], asks))

    assert inverse.value("cost") == pytest.approx(100.0)
    assert linear.value("cost") == pytest.approx((101 + 7 * 102) / 8 * 100 - 10_000)


def test_the_age_of_a_prediction_is_that_of_book_and_index():
    bench = Bench({"rate": predicted()})
    bench.take(snapshot(0, [(99, 1)], [(101, 1)]))

    assert bench.score("rate").age_ns is None
