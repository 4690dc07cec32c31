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
FAMILY: Final = 15
"""From here on: the rest of order book and flow, which is computed apart and last."""
DEPTH_VALUE: Final = 15
EXHAUSTION: Final = 16
MICRO_PRICE: Final = 17
INTEGRATED_FLOW: Final = 18
SETTLED_IMBALANCE: Final = 19
LARGE_TRADES: Final = 20
ABSORPTION: Final = 21
VPIN: Final = 22
KYLE_LAMBDA: Final = 23
ILLIQUIDITY: Final = 24
