"""The compiled signals as they are watched in tests, each beside its oracle."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from bot.model.units import Base, Bps, Hours, InstrumentId
from bot.signals.base import Watch
from bot.signals.funding import FundingExcess, NetCarry, PredictedFunding
from bot.signals.order_book import (
    BookImbalance,
    DepthImbalance,
    ImpactCost,
    QueueImbalance,
    Spread,
    WeightedMid,
)
from bot.signals.order_flow import MultiLevelFlow, OrderFlowImbalance
from bot.signals.trades import TradeImbalance, VwapDeviation
from tests.signals import flow_family, oracle, oracle_funding, oracle_trades
from tests.signals.harness import INVERSE, NAMES, NEVER_WAKE, PERP, SECOND, SPOT, T0, Funding
from tests.signals.moments import Moment, moments_of
from tests.signals.oracle import Outputs
from tests.tape.tapes import Message

LOT = 0.25
RING = 512
PREDICTION = oracle_funding.PredictionTerms(
    Fraction(60_000),
    0.5,
    scaled=True,
    equal_hours=0.01,
    interest=1e-4,
    damp=5e-4,
    floor=-0.02,
    cap=0.02,
)

EQUAL = oracle_funding.PredictionTerms(**{**vars(PREDICTION), "equal_hours": 8.0})

Oracle = Callable[[list[Moment], int], Outputs]
"""From the moments, and the second in which the first message was received."""


def predicted(**changed: float) -> PredictedFunding:
    return PredictedFunding(
        PERP,
        impact_notional=float(PREDICTION.notional) * LOT * PREDICTION.tick,
        interest_bps=Bps(PREDICTION.interest * 1e4),
        damp_bps=Bps(PREDICTION.damp * 1e4),
        floor_bps=Bps(PREDICTION.floor * 1e4),
        cap_bps=Bps(PREDICTION.cap * 1e4),
        scaled=PREDICTION.scaled,
        equal_hours=Hours(changed.get("equal_hours", PREDICTION.equal_hours)),
        wake=NEVER_WAKE,
    )


WATCHES: dict[str, Watch] = {
    "queue touch": QueueImbalance(PERP, wake=0.1),
    "queue book": QueueImbalance(PERP, source="book", half_life_s=0.5, wake=0.1),
    "book 1": BookImbalance(PERP, levels=1, wake=0.1),
    "book 10": BookImbalance(PERP, levels=10, wake=0.1),
    "book halves": BookImbalance(PERP, levels=20, decay=0.5, wake=0.1),
    "depth": DepthImbalance(PERP, wake=0.1),
    "weighted touch": WeightedMid(PERP, wake=0.1),
    "weighted book": WeightedMid(PERP, source="book", wake=0.1),
    "flow touch": OrderFlowImbalance(PERP, wake=0.1),
    "flow book": OrderFlowImbalance(PERP, source="book", half_life_s=2.0, wake=0.1),
    "flow 10 s": OrderFlowImbalance(PERP, source="book", window_s=10.0, capacity=RING, wake=1.0),
    "flow touch 3 s": OrderFlowImbalance(PERP, window_s=3.0, capacity=RING, wake=1.0),
    "levels": MultiLevelFlow(PERP, half_life_s=3.0, wake=1.0),
    "trades": TradeImbalance(PERP, half_life_s=2.0, wake=0.1),
    "trades 10 s": TradeImbalance(PERP, window_s=10.0, capacity=RING, wake=0.1),
    "trades 5": TradeImbalance(PERP, trades=5, wake=0.1),
    "session": VwapDeviation(PERP, source="book", trades_min=3, wake=1.0),
    "anchored": VwapDeviation(PERP, trades_min=2, anchor_ns=T0 + 2 * SECOND + 1, wake=1.0),
    "rolling": VwapDeviation(PERP, trades_min=2, window_s=20.0, capacity=RING, wake=1.0),
    "buy little": ImpactCost(PERP, size=Base(0.25), buy=True, wake=1.0),
    "sell much": ImpactCost(PERP, size=Base(20.0), buy=False, wake=1.0),
    "predicted": predicted(),
    "equal": predicted(equal_hours=8.0),
    "excess": FundingExcess(PERP, Bps(0.7), z_intervals=12, wake=1.0),
    "spread": Spread(PERP, z_window_s=15, source="book", wake=0.1),
    "carry": NetCarry(PERP, against=SPOT, size=Base(2.5), wake=1.0),
    "carry of two": NetCarry(
        PERP,
        against=INVERSE,
        size=Base(1.5),
        hold_hours=Hours(1.0),
        short=False,
        charge_bps_8h=Bps(0.3),
        wake=1.0,
    ),
}

WATCHES |= flow_family.WATCHES

ORACLES: dict[str, Oracle] = {
    **flow_family.ORACLES,
    "queue touch": lambda m, begun: oracle.queue_imbalance(m, "touch", 1.0),
    "queue book": lambda m, begun: oracle.queue_imbalance(m, "book", 0.5),
    "book 1": lambda m, begun: oracle.book_imbalance(m, 1, 1.0),
    "book 10": lambda m, begun: oracle.book_imbalance(m, 10, 1.0),
    "book halves": lambda m, begun: oracle.book_imbalance(m, 20, 0.5),
    "depth": lambda m, begun: oracle.depth_imbalance(m, 5.0, 50.0, 2.0),
    "weighted touch": lambda m, begun: oracle.weighted_mid(m, "touch"),
    "weighted book": lambda m, begun: oracle.weighted_mid(m, "book"),
    "flow touch": lambda m, begun: oracle.order_flow(m, "touch", 10.0, LOT),
    "flow book": lambda m, begun: oracle.order_flow(m, "book", 2.0, LOT),
    "flow 10 s": lambda m, begun: oracle.windowed_flow(m, "book", 10.0, LOT),
    "flow touch 3 s": lambda m, begun: oracle.windowed_flow(m, "touch", 3.0, LOT),
    "levels": lambda m, begun: oracle.multi_level_flow(m, 3.0, LOT),
    "trades": lambda m, begun: oracle_trades.fading_imbalance(m, 2.0, LOT),
    "trades 10 s": lambda m, begun: oracle_trades.windowed_imbalance(m, 10.0, LOT, begun),
    "trades 5": lambda m, begun: oracle_trades.last_imbalance(m, 5, LOT),
    "session": lambda m, begun: oracle_trades.vwap_deviation(m, "book", 3, m[-1].t // DAY * DAY),
    "anchored": lambda m, begun: oracle_trades.vwap_deviation(m, "touch", 2, T0 + 2 * SECOND + 1),
    "rolling": lambda m, begun: _rolling(m, begun),
    "buy little": lambda m, begun: oracle_funding.impact_cost(m, Fraction(1), False, True),
    "sell much": lambda m, begun: oracle_funding.impact_cost(m, Fraction(80), False, False),
}
DAY = oracle_trades.DAY


def _rolling(moments: list[Moment], begun: int) -> Outputs:
    now = moments[-1].t
    share = min(1.0, (now - begun) / (20 * SECOND))
    since = now - 20 * SECOND + 1
    quality = share if oracle_trades.trades_of(moments) else None
    return {**oracle_trades.vwap_deviation(moments, "touch", 2, since), "quality": quality}


class History:
    """What was heard so far, and what every watch must say of it."""

    def __init__(self, items: Sequence[Message | Funding]) -> None:
        self.items = items
        self.moments = {name: moments_of(items, name) for name in NAMES}

    def expected(self, count: int) -> dict[str, Outputs]:
        """After so many items; a carry only where the passing of time alone cannot matter."""
        items = self.items[:count]
        heard = {
            name: moments[: sum(item.instrument == name for item in items)]
            for name, moments in self.moments.items()
        }
        perp = heard[PERP]
        spoken = [m for m in perp if m.heard & {"book", "touch", "trade", "scalar"}]
        times = [item.ts_recv for item in items if not isinstance(item, Funding)]
        begun = times[0] // SECOND * SECOND if times else 0
        said = {name: ask(spoken, begun) for name, ask in ORACLES.items() if spoken}
        said["spread"] = oracle.spread(spoken, times, "book", 15)
        said["predicted"] = oracle_funding.predicted_funding(perp, PREDICTION, 5.0, 30.0)
        said["equal"] = oracle_funding.predicted_funding(perp, EQUAL, 5.0, 30.0)
        rates = [item for item in items if isinstance(item, Funding) and item.instrument == PERP]
        said["excess"] = oracle_funding.funding_excess(rates, 0.7, 12, 0.5)
        for name, other, lots, hold_hours, short, charge in CARRIES:
            carried = _carry(heard[PERP], heard[other], lots, (hold_hours, short, charge))
            if carried is not None:
                said[name] = carried
        return said


CARRIES: tuple[tuple[str, InstrumentId, tuple[Fraction, Fraction], float, bool, float], ...] = (
    ("carry", SPOT, (Fraction(10), Fraction(10)), 168.0, True, 0.0),
    # A contract is worth 100 and a tick 0.5: so many contracts a tick of the mid.
    ("carry of two", INVERSE, (Fraction(6), Fraction(3, 400)), 1.0, False, 0.3),
)


def _carry(
    perp: list[Moment],
    other: list[Moment],
    lots: tuple[Fraction, Fraction],
    terms: tuple[float, bool, float],
) -> Outputs | None:
    inverse = lots[1].denominator > 1
    if not perp or not other:
        return None
    last = max(perp[-1], other[-1], key=lambda moment: moment.t)
    moved = last.top < 1 or "funding" in last.heard
    fundings = [perp[-1].funding, other[-1].funding]
    if not moved and any(each and each.settles < last.t for each in fundings):
        return None
    trips = [
        oracle_funding.round_trip_bps(perp[-1], lots[0], times_mid=False),
        oracle_funding.round_trip_bps(other[-1], lots[1], times_mid=inverse),
    ]
    fees = [10.0, 10.0 if inverse else 20.0]
    costs = [None if trip is None else trip + fee for trip, fee in zip(trips, fees, strict=True)]
    paid = [oracle_funding.paid_bps(each, last.t, terms[0]) for each in fundings]
    if not inverse:
        paid[1] = (0.0, 0.0)
    return oracle_funding.net_carry(costs, paid, *terms)
