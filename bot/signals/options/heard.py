"""The memory of a chain: the last word of each option, as arrays."""

import math
from typing import Final, NamedTuple

import numpy as np

from bot.model.units import NS_PER_SECOND
from bot.tape.rows import Int64s
from bot.tape.tickers import Float64s

UNHEARD: Final = -1
FLOW_HALF_NS: Final = 7 * 86_400 * NS_PER_SECOND
"""After which a trade of takers counts half."""

# Words of `Heard.clock`.
DUE_NS: Final = 0
"""The whole second that what was heard is computed at; UNHEARD: nothing new."""
FLOW_NS: Final = 1
"""When the first trade of takers was heard."""


class Heard(NamedTuple):
    """All that a chain remembers: one entry an option, times UNHEARD before the first word.

    bid, ask in ticks, 0: that side is empty. forward, forward_ns: one entry a series.
    flow: contracts that takers bought less sold, as of flow_ns.
    """

    bid: Int64s
    ask: Int64s
    quote_ns: Int64s
    mark: Float64s
    mark_ns: Int64s
    mark_iv: Float64s
    mark_iv_ns: Int64s
    underlying: Float64s
    underlying_ns: Int64s
    open_interest: Float64s
    interest_ns: Int64s
    flow: Float64s
    flow_ns: Int64s
    forward: Float64s
    forward_ns: Int64s
    clock: Int64s


def unheard(options: int, series: int) -> Heard:
    """Nothing heard yet of so many options in so many expiries."""

    def never(n: int) -> Int64s:
        return np.full(n, UNHEARD, np.int64)

    def unknown(n: int) -> Float64s:
        return np.full(n, math.nan)

    return Heard(
        bid=np.zeros(options, np.int64),
        ask=np.zeros(options, np.int64),
        quote_ns=never(options),
        mark=unknown(options),
        mark_ns=never(options),
        mark_iv=unknown(options),
        mark_iv_ns=never(options),
        underlying=unknown(options),
        underlying_ns=never(options),
        open_interest=unknown(options),
        interest_ns=never(options),
        flow=np.zeros(options),
        flow_ns=never(options),
        forward=unknown(series),
        forward_ns=never(series),
        clock=never(2),
    )
