"""Sums over the last seconds: what they forget, what they could not keep, and what they missed."""

from hypothesis import given
from hypothesis import strategies as st

from bot.signals.order_flow import OrderFlowImbalance
from bot.signals.trades import TradeImbalance, VwapDeviation
from bot.tape.rows import BUY, GAP, SELL
from tests.signals.harness import PERP, SECOND, Bench, message, snapshot, touch, trade


def test_a_window_is_unknown_once_its_last_trade_is_too_old():
    watch = TradeImbalance(PERP, window_s=10.0, wake=1.0)
    bench = Bench({"trades": watch})
    bench.take(trade(0, BUY, 100, 3))

    bench.take(touch(10 * SECOND - 1, (99, 1), (101, 1)))
    before = bench.value("trades")
    bench.take(touch(10 * SECOND, (99, 1), (101, 1)))

    assert before == 1.0
    assert bench.value("trades") is None


def test_a_flow_leaves_the_window_though_the_touch_stands_still():
    bench = Bench({"flow": OrderFlowImbalance(PERP, window_s=10.0, wake=1.0)})
    bench.take(touch(0, (99, 1), (101, 1)), touch(SECOND, (99, 4), (101, 1)))

    bench.take(trade(11 * SECOND, BUY, 101, 1))

    said = bench.outputs("flow")
    assert (said["value"], said["sum"]) == (0.0, 0.0)
    assert said["queue"] == 2.5 * 0.25


def test_the_quality_of_a_window_is_the_share_since_the_last_absence():
    watch = OrderFlowImbalance(PERP, source="book", window_s=10.0, wake=1.0)
    bench = Bench({"flow": watch})
    bench.take(snapshot(0, [(99, 1)], [(101, 1)]), message(20 * SECOND, (0, 1, 99, 2)))
    before = bench.score("flow").quality
    bench.take(message(21 * SECOND, flags=GAP))
    assert bench.score("flow").value is None

    bench.take(snapshot(22 * SECOND, [(99, 5)], [(101, 1)]), trade(24 * SECOND, BUY, 101, 1))

    assert before == 1.0
    assert bench.score("flow").quality == 0.2


def test_a_full_ring_says_how_much_of_the_window_it_covers():
    watch = TradeImbalance(PERP, window_s=10.0, capacity=2, wake=1.0)
    bench = Bench({"trades": watch})
    for second in range(20):
        bench.take(trade(second * SECOND, BUY if second < 19 else SELL, 100, 1))

    # Trades of 18 and 19 s are left; that of 17 s had to go.
    assert bench.value("trades") == 0.0
    assert bench.score("trades").quality == 0.2


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=30))
def test_a_window_that_has_emptied_leaves_no_rounding_behind(sizes):
    watch = VwapDeviation(PERP, window_s=1.0, trades_min=1, capacity=64, wake=1.0)
    bench = Bench({"paid": watch})
    bench.take(touch(0, (9_999, 1), (10_001, 1)), trade(0, BUY, 1, 10**9))
    for k, size in enumerate(sizes):
        bench.take(trade(k, BUY, 10_000 + 7 * k, size))

    bench.take(trade(2 * SECOND, BUY, 10_000, 1))

    assert bench.outputs("paid") == {"value": 0.0, "deviations": None, "quality": 1.0}
