"""The rest of order book and flow as it is watched in tests, each beside its oracle."""

from collections.abc import Callable

from bot.model.units import Base
from bot.signals.absorption import Absorption
from bot.signals.base import Watch
from bot.signals.depth import BookExhaustion, DepthValue
from bot.signals.integrated_flow import IntegratedFlow
from bot.signals.liquidity import Illiquidity, KyleLambda
from bot.signals.micro_price import MicroPrice
from bot.signals.noise import LargeTradeImbalance, SettledImbalance
from bot.signals.toxicity import Vpin
from tests.signals import oracle_depth, oracle_impact, oracle_levels
from tests.signals.harness import PERP
from tests.signals.moments import Moment
from tests.signals.oracle import Outputs

LOT = 0.25
RING = 512

WATCHES: dict[str, Watch] = {
    "worth": DepthValue(PERP, wake=10.0),
    "worth of bids": DepthValue(PERP, within_bps=(2.5, 12.0), side="bids", wake=10.0),
    "exhaustion": BookExhaustion(
        PERP, median_s=12, samples_min=4, active_above=0.2, active_s=1.0, wake=0.1
    ),
    "settled": SettledImbalance(PERP, wake=0.1),
    "settled 12": SettledImbalance(PERP, levels=12, life_ms=2_000.0, wake=0.1),
    "integrated": IntegratedFlow(PERP, half_life_s=3.0, wake=0.1),
    "integrated 3": IntegratedFlow(PERP, levels=3, wake=0.1),
    "micro": MicroPrice(PERP, refit_h=0.01, moves_min=3, buckets=4, wake=0.1),
    "micro book": MicroPrice(PERP, source="book", refit_h=0.002, moves_min=2, wake=0.1),
    "kyle": KyleLambda(PERP, trades=5, wake=1.0),
    "kyle book": KyleLambda(PERP, source="book", trades=8, wake=1.0),
    "illiquidity": Illiquidity(PERP, bar_s=2.0, bars=3, wake=1.0),
    "absorption": Absorption(
        PERP,
        source="book",
        window_s=3.0,
        history_s=30.0,
        history_min=3,
        trades=4,
        capacity=RING,
        wake=0.1,
    ),
    "vpin": Vpin(PERP, bucket=Base(1.5), buckets=3, ranks=5, ranks_min=2, wake=0.1),
    "bulk vpin": Vpin(
        PERP,
        bucket=Base(2.0),
        buckets=2,
        sides="normal",
        bar_s=2.0,
        bars_min=2,
        ranks=8,
        ranks_min=2,
        wake=0.1,
    ),
    "large": LargeTradeImbalance(PERP, median_share=0.8, median_trades=6, wake=0.1),
    "large enough": LargeTradeImbalance(PERP, half_life_s=2.0, size_min=Base(1.0), wake=0.1),
}

ORACLES: dict[str, Callable[[list[Moment], int], Outputs]] = {
    "worth": lambda m, begun: oracle_depth.depth_value(
        m, (5.0, 10.0, 25.0, 50.0, 100.0, 200.0), "both"
    ),
    "worth of bids": lambda m, begun: oracle_depth.depth_value(m, (2.5, 12.0), "bids"),
    "exhaustion": lambda m, begun: oracle_depth.exhaustion(m, 10.0, 12, 4, 0.2, 1.0),
    "settled": lambda m, begun: oracle_depth.settled_imbalance(m, 5, 50.0),
    "settled 12": lambda m, begun: oracle_depth.settled_imbalance(m, 12, 2_000.0),
    "integrated": lambda m, begun: oracle_levels.integrated_flow(m, 10, 3.0, LOT),
    "integrated 3": lambda m, begun: oracle_levels.integrated_flow(m, 3, 10.0, LOT),
    "micro": lambda m, begun: oracle_levels.micro_price(m, "touch", 36.0, 3, 4),
    "micro book": lambda m, begun: oracle_levels.micro_price(m, "book", 7.2, 2, 10),
    "kyle": lambda m, begun: oracle_impact.kyle_lambda(m, "touch", 5),
    "kyle book": lambda m, begun: oracle_impact.kyle_lambda(m, "book", 8),
    "illiquidity": lambda m, begun: oracle_impact.illiquidity(m, 2.0, 3),
    "absorption": lambda m, begun: oracle_impact.absorption(m, "book", 3.0, (10, 3), 4),
    "vpin": lambda m, begun: oracle_impact.vpin(m, 6, 3, (5, 2)),
    "bulk vpin": lambda m, begun: oracle_impact.bulk_vpin(m, 8, 2, (8, 2), (2.0, 2)),
    "large": lambda m, begun: oracle_impact.large_trades(m, 10.0, 0.8, 0.0, 6),
    "large enough": lambda m, begun: oracle_impact.large_trades(m, 2.0, None, 4.0, 6),
}
