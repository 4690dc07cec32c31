"""A pass over the same rows in hftbacktest, with its own compiled loop.

Run by `bench_pipeline` with an interpreter that has hftbacktest: it reads the 5-level imbalance
at every feed event, as the bot's own strategy would, and places nothing. Prints one JSON line.
"""

import json
import sys
import time

import numpy as np
from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest
from numba import njit


@njit
def walk(backtest):
    """Go from event to event, reading the best five levels at each."""
    seen = 0
    total = 0.0
    while backtest.wait_next_feed(False, 10**18) in (0, 2):
        depth = backtest.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        bids = asks = 0.0
        for k in range(5):
            bids += depth.bid_qty_at_tick(bid - k)
            asks += depth.ask_qty_at_tick(ask + k)
        if bids + asks > 0.0:
            total += (bids - asks) / (bids + asks)
        seen += 1
    return seen, total


def main() -> None:
    """Once to compile, once to measure."""
    path = sys.argv[1]
    rows = len(np.load(path)["data"])
    seconds = 0.0
    for _ in range(2):
        asset = (
            BacktestAsset()
            .data([path])
            .linear_asset(1.0)
            .constant_order_latency(15_000_000, 15_000_000)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.0002, 0.0005)
            .tick_size(0.1)
            .lot_size(0.001)
        )
        backtest = HashMapMarketDepthBacktest([asset])
        began = time.process_time()
        walk(backtest)
        seconds = time.process_time() - began
        backtest.close()
    print(json.dumps({"rows": rows, "seconds": seconds}))


if __name__ == "__main__":
    main()
