"""Which side of the chain is held: open interest of calls against puts, and where it hurts most.

Every contract has a long and a short: skew is a positioning proxy and says what kind of option
is held, never that more are long than short.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

WEIGHTS: Final = ("contracts", "delta", "vega")


class InterestSkew(Struct, frozen=True):
    """Calls against puts, (C - P) / (C + P) in [-1, 1], + when calls are held; None: unknown.

    contracts: by open contracts. delta: by |delta| of them, vega: by vega. put_call_ratio:
    open puts over open calls, None without calls. calls, puts: open contracts. strikes: how
    many options count. quality: the share of the open contracts whose delta and vega are known.
    """

    contracts: float | None
    delta: float | None
    vega: float | None
    put_call_ratio: float | None
    calls: float
    puts: float
    strikes: int
    quality: float


def interest_skew(
    call: Bools, open_interest: Float64s, delta: Float64s, vega: Float64s
) -> InterestSkew:
    """The skew of some options, each column one entry an option; NaN counts nowhere."""
    held = np.where(np.isfinite(open_interest) & (open_interest > 0.0), open_interest, 0.0)
    calls, puts = float(held[call].sum()), float(held[~call].sum())
    known = np.isfinite(delta) & np.isfinite(vega)
    total = calls + puts
    return InterestSkew(
        contracts=_skew(call, held),
        delta=_skew(call, held * np.where(known, np.abs(delta), 0.0)),
        vega=_skew(call, held * np.where(known, vega, 0.0)),
        put_call_ratio=puts / calls if calls > 0.0 else None,
        calls=calls,
        puts=puts,
        strikes=int(np.count_nonzero(held)),
        quality=float(held[known].sum()) / total if total > 0.0 else 0.0,
    )


def max_pain(call: Bools, strike: Float64s, open_interest: Float64s) -> float | None:
    """The strike at which the options of one expiry pay out least; for information only.

    None without open interest.
    """
    held = np.isfinite(open_interest) & (open_interest > 0.0)
    if not held.any():
        return None
    strikes = np.unique(strike[held])
    sign = np.where(call[held], 1.0, -1.0)
    # One row a settlement price, one column an option.
    paid = np.maximum(sign * (strikes[:, None] - strike[held]), 0.0) @ open_interest[held]
    return float(strikes[int(np.argmin(paid))])


def _skew(call: Bools, weight: Float64s) -> float | None:
    calls, puts = float(weight[call].sum()), float(weight[~call].sum())
    total = calls + puts
    return (calls - puts) / total if total > 0.0 and math.isfinite(total) else None
