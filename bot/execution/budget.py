"""What hedging a basket may cost and how long it may take."""

from typing import Final

from bot.execution.draft import Draft
from bot.execution.matching import Look
from bot.execution.stages import BasketWork, Budget, Leg
from bot.model.event import Fill

_BPS: Final = 10_000.0


def naked_ms(basket: BasketWork, budget: Budget) -> int:
    """How long it may stand unhedged."""
    stated = basket.terms.naked_ms_max
    return budget.naked_ms_max if stated is None else stated


def loss_max(basket: BasketWork, budget: Budget) -> float:
    """What hedging may cost, in bps of the basket's notional."""
    stated = basket.terms.loss_bps_max
    return budget.loss_bps_max if stated is None else stated


def loss_bps(draft: Draft, basket: BasketWork, look: Look) -> float:
    """What hedging has cost and would cost now at the touch, in bps of the basket's notional."""
    lost = basket.spent_bps
    for leg, missing in zip(basket.legs, look.missing, strict=True):
        touch = draft.holdings.touch(leg.work.instrument)
        if missing and touch is not None and leg.twice_mid and leg.full:
            side, price = (1, touch[2]) if missing > 0 else (-1, touch[0])
            away = side * (2 * price - leg.twice_mid) / leg.twice_mid
            lost += away * _BPS * abs(missing) / abs(leg.full)
    return lost


def price_limit(basket: BasketWork, leg: Leg, missing: int, budget: Budget) -> int | None:
    """The price in ticks at which the loss budget is used up; None without a mid to measure by."""
    if not (leg.twice_mid and leg.full and missing):
        return None
    spare = max(0.0, loss_max(basket, budget) - basket.spent_bps) * abs(leg.full) / abs(missing)
    side = 1 if missing > 0 else -1
    return int(leg.twice_mid / 2 * (1 + side * spare / _BPS))


def crossing_cost(draft: Draft, basket: BasketWork, gaps: list[int]) -> float:
    """Half the spread of what would be ordered, in base coins; infinite when a touch is unknown."""
    cost = 0.0
    for leg, gap in zip(basket.legs, gaps, strict=True):
        if not gap:
            continue
        touch = draft.holdings.touch(leg.work.instrument)
        if touch is None:
            return float("inf")
        half = (touch[2] - touch[0]) / (touch[2] + touch[0])
        cost += half * abs(gap) * float(leg.base)
    return cost


def spend(basket: BasketWork, fill: Fill) -> None:
    """Count what a hedge or an unwinding order paid away from the mid."""
    leg = next(leg for leg in basket.legs if leg.work.instrument == fill.instrument)
    if leg.twice_mid and leg.full:
        paid = fill.side * (2 * fill.price - leg.twice_mid) / leg.twice_mid
        basket.spent_bps += paid * _BPS * fill.size / abs(leg.full)
