"""When scheduled passive orders fill in hftbacktest; run by `tests.recordings.fidelity`.

Run with an interpreter that has hftbacktest: SCRIPT EVENTS.npz SCHEDULE.npz RULE POWER PARTIAL.
The schedule holds, an order a row, when it is sent, its side (1, -1), price in ticks, size in
lots, and when its cancel is sent; times ascend, and an order's number is its row. Prints one
JSON line: the exchange's time at which each was filled whole, 0 for those that were not, and -1
for those that were rejected.
"""

import json
import sys

import numpy as np
from hftbacktest import GTX, LIMIT, BacktestAsset, HashMapMarketDepthBacktest
from hftbacktest.order import EXPIRED, FILLED, REJECTED
from numba import njit

TICK, LOT = 0.1, 0.001


@njit
def follow(backtest, sent, side, price, size, cancel, found):
    """Send every order and every cancel at its time."""
    count = len(sent)
    placed = 0
    canceled = 0
    while canceled < count:
        places = placed < count and sent[placed] <= cancel[canceled]
        at = sent[placed] if places else cancel[canceled]
        wait = at - backtest.current_timestamp
        if wait > 0 and backtest.elapse(wait) != 0:
            break
        if places:
            k = placed
            if side[k] > 0:
                backtest.submit_buy_order(0, k, price[k] * TICK, size[k] * LOT, GTX, LIMIT, False)
            else:
                backtest.submit_sell_order(0, k, price[k] * TICK, size[k] * LOT, GTX, LIMIT, False)
            placed += 1
        else:
            order = backtest.orders(0).get(canceled)
            if order is not None:
                if order.status == FILLED:
                    found[canceled] = order.exch_timestamp
                elif order.status in (REJECTED, EXPIRED):
                    found[canceled] = -1
                elif order.cancellable:
                    backtest.cancel(0, canceled, False)
            canceled += 1
    return placed


def main():
    """Run the schedule."""
    events, schedule, rule, power, partial = sys.argv[1:]
    asset = (
        BacktestAsset()
        .data([events])
        .linear_asset(1.0)
        .constant_order_latency(10_000_000, 10_000_000)
        .trading_value_fee_model(0.0002, 0.0005)
        .tick_size(TICK)
        .lot_size(LOT)
    )
    models = {
        "risk_averse": lambda: asset.risk_adverse_queue_model(),
        "power": lambda: asset.power_prob_queue_model(float(power)),
        "power_of_all": lambda: asset.power_prob_queue_model2(float(power)),
        "power_of_front": lambda: asset.power_prob_queue_model3(float(power)),
        "log": lambda: asset.log_prob_queue_model(),
        "log_of_all": lambda: asset.log_prob_queue_model2(),
    }
    models[rule]()
    if partial == "partial":
        asset.partial_fill_exchange()
    else:
        asset.no_partial_fill_exchange()
    backtest = HashMapMarketDepthBacktest([asset])
    rows = np.load(schedule)
    columns = [rows[name] for name in ("sent", "side", "price", "size", "cancel")]
    found = np.zeros(len(columns[0]), np.int64)
    backtest.elapse(0)
    placed = follow(backtest, *columns, found)
    print(json.dumps({"placed": int(placed), "filled": found.tolist()}))


if __name__ == "__main__":
    main()
