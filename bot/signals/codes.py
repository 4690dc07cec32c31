"""Numbers under which the compiled loop knows the house's signals."""

from typing import Final

FOREIGN: Final = 0
QUEUE_IMBALANCE: Final = 1
LADDER_IMBALANCE: Final = 2
DEPTH_IMBALANCE: Final = 3
WEIGHTED_MID: Final = 4
SPREAD: Final = 5
IMPACT: Final = 6
ORDER_FLOW: Final = 7
MULTI_LEVEL_FLOW: Final = 8
TRADE_IMBALANCE: Final = 9
VWAP_DEVIATION: Final = 10
PREDICTED_FUNDING: Final = 11
FUNDING_EXCESS: Final = 12
NET_CARRY: Final = 13
PLAIN: Final = 14
"""Computed in Python between two steps of the loop."""
GAUGE: Final = 15
"""Computed in Python from rare events and once a second; the loop knows nothing of it."""
FAMILY: Final = 16
"""From here on: the rest of order book and flow, which is computed apart and last."""
DEPTH_VALUE: Final = 16
EXHAUSTION: Final = 17
MICRO_PRICE: Final = 18
INTEGRATED_FLOW: Final = 19
SETTLED_IMBALANCE: Final = 20
LARGE_TRADES: Final = 21
ABSORPTION: Final = 22
VPIN: Final = 23
KYLE_LAMBDA: Final = 24
ILLIQUIDITY: Final = 25
