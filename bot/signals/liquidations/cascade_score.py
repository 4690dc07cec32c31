"""How far a cascade has gone: shock, map in its path, and vanishing liquidity, as one number."""

import math

from msgspec import Struct

from bot.signals.plain.shape import ramp


class CascadeScore(Struct, frozen=True):
    """The factors, each in [0, 1] and None when unknown, and what they come to.

    core: the geometric mean of those of shock, map and liquidity that are known; None when
    none is. score: that, or the flow of liquidations where it says more. direction: of the
    move, +1 up. quality: the share of the four factors that are known.
    """

    shock: float | None
    map: float | None
    liquidity: float | None
    flow: float | None
    core: float | None
    score: float | None
    direction: int
    quality: float


def cascade_score(
    *,
    moved: float | None,
    sigma: float | None,
    at_risk: float | None,
    depth: float | None,
    drawdown: float | None,
    liquidated: float | None,
    usual: float | None,
) -> CascadeScore:
    """Whether a move is turning into a cascade.

    moved, sigma: return of a minute and its usual size, fractions. at_risk, depth: worth that
    the next 2 % in the direction of the move would liquidate, and that rests in the book up to
    there. drawdown: how much of the usual depth is gone. liquidated, usual: worth of the last
    minute, and of a usual one.
    """
    shock = None if moved is None or not sigma else ramp(abs(moved) / sigma, 2.0, 8.0)
    mapped = None if at_risk is None or not depth else ramp(at_risk / depth, 0.5, 5.0)
    liquidity = None if drawdown is None else ramp(drawdown, 0.2, 0.8)
    flow = None
    if liquidated is not None and usual:
        flow = ramp(math.log10(liquidated / usual), 0.5, 2.0) if liquidated > 0.0 else 0.0
    core = _core([factor for factor in (shock, mapped, liquidity) if factor is not None])
    score = core
    if flow:
        score = max(core or 0.0, 0.5 * flow * (1.0 + (core or 0.0)))
    direction = 0 if not moved else (1 if moved > 0.0 else -1)
    seen = sum(factor is not None for factor in (shock, mapped, liquidity, flow))
    return CascadeScore(shock, mapped, liquidity, flow, core, score, direction, seen / 4)


def _core(factors: list[float]) -> float | None:
    if not factors:
        return None
    return float(math.prod(factors) ** (1.0 / len(factors)))
