"""Every score of trades, from the whole history at once: slow and clear."""

import math
from fractions import Fraction

from tests.signals.harness import SECOND
from tests.signals.moments import Moment
from tests.signals.oracle import Outputs, fading

DAY = 86_400 * SECOND


def trades_of(moments: list[Moment]) -> list[tuple[int, int, int, int]]:
    """Time, side, price and size of every trade."""
    return [(m.t, *trade) for m in moments for trade in m.trades]


def deltas(moments: list[Moment], base: float) -> Outputs:
    trades = trades_of(moments)
    if not trades:
        return {"cvd": None, "cvd_session": None}
    today = moments[-1].t // DAY
    return {
        "cvd": base * sum(side * size for _, side, _, size in trades),
        "cvd_session": base * sum(s * q for t, s, _, q in trades if t // DAY == today),
    }


def ratio(trades: list[tuple[float, float]]) -> float | None:
    """Of signed volumes with their weights."""
    total = sum(abs(signed) * weight for signed, weight in trades)
    return sum(signed * weight for signed, weight in trades) / total if total else None


def fading_imbalance(moments: list[Moment], half_life_s: float, base: float) -> Outputs:
    trades = trades_of(moments)
    last = trades[-1][0] if trades else 0
    weighed = [(s * q, fading(last - t, half_life_s)) for t, s, _, q in trades]
    # Nobody looks at it again before the next trade.
    until = max((k + 1 for k, m in enumerate(moments) if m.trades), default=0)
    return {"value": ratio(weighed), **deltas(moments[:until], base)}


def windowed_imbalance(moments: list[Moment], window_s: float, base: float, begun: int) -> Outputs:
    now, window = moments[-1].t, round(window_s * SECOND)
    inside = [(s * q, 1.0) for t, s, _, q in trades_of(moments) if t > now - window]
    share = min(1.0, (now - begun) / window)
    quality = share if trades_of(moments) else None
    return {"value": ratio(inside), **deltas(moments, base), "quality": quality}


def last_imbalance(moments: list[Moment], count: int, base: float) -> Outputs:
    trades = [(s * q, 1.0) for _, s, _, q in trades_of(moments)]
    value = ratio(trades[-count:]) if len(trades) >= count else None
    until = max((k + 1 for k, m in enumerate(moments) if m.trades), default=0)
    return {"value": value, **deltas(moments[:until], base)}


def vwap_deviation(moments: list[Moment], source: str, trades_min: int, since: int) -> Outputs:
    """Against the trades received from `since` on."""
    trades = [(p, q) for t, _, p, q in trades_of(moments) if t >= since]
    best = moments[-1].both(source)
    if best is None or len(trades) < trades_min:
        return {"value": None, "deviations": None}
    volume = sum(q for _, q in trades)
    vwap = Fraction(sum(p * q for p, q in trades), volume)
    variance = sum(q * (p - vwap) ** 2 for p, q in trades) / volume
    mid = Fraction(best[0][0] + best[1][0], 2)
    return {
        "value": float((mid - vwap) / mid * 10_000),
        "deviations": float(mid - vwap) / math.sqrt(variance) if variance else None,
    }
