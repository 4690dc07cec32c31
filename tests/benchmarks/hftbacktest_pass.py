"""The same rows in hftbacktest, with its own compiled loop and the job of `rest.py`.

Run by `bench_pipeline` with an interpreter that has hftbacktest. Quotes rest some way from the
mid, or the one that brings the position back, and are placed anew when the mid has moved for
half as far; the queue rule, the fees and the ways there and back are those of our own run.
Prints one JSON line.
"""

import json
import sys
import time

import numpy as np
from hftbacktest import GTX, LIMIT, BacktestAsset, HashMapMarketDepthBacktest
from numba import njit

TICK, LOT, SIZE, AWAY_BPS = 0.1, 0.001, 0.002, 4.0
BID, ASK = 0, 1


@njit
def walk(backtest):
    """Go from event to event, keeping the quotes where they should be."""
    seen = orders = rested = 0
    quoted = 0.0
    held_before = 0.0
    number = 0
    while backtest.wait_next_feed(False, 10**18) in (0, 2):
        seen += 1
        depth = backtest.depth(0)
        mid = (depth.best_bid_tick + depth.best_ask_tick) / 2.0 * TICK
        if not mid > 0.0:
            continue
        live = 0
        values = backtest.orders(0).values()
        while values.has_next():
            if values.get().status == 1:
                live += 1
        rested += live > 0
        held = backtest.position(0)
        away = mid * AWAY_BPS / 1e4
        if abs(mid - quoted) <= away / 2.0 and held == held_before:
            continue
        quoted, held_before = mid, held
        values = backtest.orders(0).values()
        while values.has_next():
            order = values.get()
            if order.cancellable:
                backtest.cancel(0, order.order_id, False)
        backtest.clear_inactive_orders(0)
        for side in (BID, ASK):
            if (held > 0.0 and side == BID) or (held < 0.0 and side == ASK):
                continue
            number += 1
            orders += 1
            if side == BID:
                price = np.floor((mid - away) / TICK) * TICK
                backtest.submit_buy_order(0, number, price, SIZE, GTX, LIMIT, False)
            else:
                price = np.ceil((mid + away) / TICK) * TICK
                backtest.submit_sell_order(0, number, price, SIZE, GTX, LIMIT, False)
    return seen, orders, rested


def main() -> None:
    """Once to compile, then the best of some."""
    path = sys.argv[1]
    rows = len(np.load(path)["data"])
    took = []
    for _ in range(4):
        asset = (
            BacktestAsset()
            .data([path])
            .linear_asset(1.0)
            .constant_order_latency(15_000_000, 15_000_000)
            .risk_adverse_queue_model()
            .partial_fill_exchange()
            .trading_value_fee_model(0.0002, 0.0005)
            .tick_size(TICK)
            .lot_size(LOT)
        )
        backtest = HashMapMarketDepthBacktest([asset])
        began = time.process_time()
        seen, orders, rested = walk(backtest)
        took.append(time.process_time() - began)
        backtest.close()
    told = {"rows": rows, "seconds": min(took[1:]), "orders": orders, "resting": rested / seen}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
