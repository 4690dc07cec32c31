"""The place of a resting order in its queue, and when its turn comes."""

import numpy as np
import pytest
from msgspec import structs

from bot.book.arrays import empty
from bot.model.event import Fill
from bot.tape.venue_order import ordered
from bot.venues.simulated import queue
from bot.venues.simulated.arrays import AHEAD, LEAVES, RESTING
from bot.venues.simulated.matching import EXHAUSTED, FILLED_ORDER, match_until
from bot.venues.simulated.orders import RestingOrders
from bot.venues.simulated.queue import QueueRule, share_behind
from tests.venues.market import BUY, OUT_NS, SELL, Market, order, said, standing, venue

RULES = {
    "risk_adverse": QueueRule(queue.RISK_AVERSE),
    "log_prob": QueueRule(queue.LOG),
    "log_prob2": QueueRule(queue.LOG_OF_ALL),
    "power_prob_2": QueueRule(queue.POWER, 3),
    "power_prob2_2": QueueRule(queue.POWER_OF_ALL, 2),
    "power_prob3_2": QueueRule(queue.POWER_OF_FRONT, 3),
}
LOTS = 10
"""Lots in one unit of the reference cases."""


@pytest.mark.parametrize("name", RULES)
def test_queue_rules_agree_with_the_reference(vectors, name):
    (case,) = (each for each in vectors("queue_models")["cases"] if each["id"] == name)
    path, fills = replayed(case["inputs"], RULES[name])

    expected = case["expected"]
    waiting = [ahead for ahead in expected["queue_ahead_path"] if ahead > 0]

    assert len(waiting) > 5
    assert path[: len(waiting)] == pytest.approx(waiting, abs=1e-9)
    assert fills[:2] == [tuple(fill) for fill in expected["partial_first_two_fills"]]


@pytest.mark.parametrize("name", RULES)
def test_an_order_that_fills_whole_does_so_when_the_reference_says(vectors, name):
    (case,) = (each for each in vectors("queue_models")["cases"] if each["id"] == name)
    whole = structs.replace(RULES[name], whole=True)
    _, fills = replayed(case["inputs"], whole)

    expected = case["expected"]["no_partial_full_fill_time"]

    assert fills == [(int(expected), case["inputs"]["order_qty"])]


def replayed(inputs, rule):
    """What is ahead after each happening until the first fill, and every fill."""
    market = Market()
    size = round(inputs["initial_queue_ahead"] * LOTS)
    price = round(inputs["order_px"] * LOTS)
    market.book(1, [(price, size)], [(price + 20, 50)])
    for event in inputs["events"]:
        at, lots = event["t_s"], round(event["qty"] * LOTS)
        if event["type"] == "depth":
            market.change(at, bids=[(round(event["px"] * LOTS), lots)])
        else:
            market.trade(at, SELL, round(event["px"] * LOTS), lots)
    block = market.take()
    rows, book = ordered(block), empty((1024,) * 3)
    resting = RestingOrders([1 / LOTS] * 3, rule)
    cursor = np.array([0, 1], np.int64)
    match_until(resting.arrays, book, rows, cursor, 10**9)
    ours = standing(1, BUY, round(inputs["order_qty"] * LOTS), price)
    resting.rest(ours, float(size))

    path: list[float] = []
    fills: list[tuple[int, float]] = []
    cursor[1] = block.messages
    while True:
        before = cursor[0]
        cursor[1] = before + 1
        reason = match_until(resting.arrays, book, rows, cursor, 10**9)
        at = int(rows.key[before])
        filled = resting.collect(0)
        assert reason == (FILLED_ORDER if filled else EXHAUSTED)
        fills += [(at, lots / LOTS) for _, lots in filled]
        if not fills:
            path.append(float(resting.arrays.queue[0, 0, AHEAD]) / LOTS)
        if cursor[0] == block.messages or resting.arrays.resting[0, 0, LEAVES] == 0:
            return path, fills


@pytest.mark.parametrize("rule", sorted(set(RULES.values()), key=lambda rule: rule.code))
@pytest.mark.parametrize(("front", "behind"), [(0, 0), (5, 0), (0, 5), (5, 5), (1e9, 1)])
def test_a_share_is_a_probability(rule, front, behind):
    share = share_behind(rule.code, float(rule.power), float(front), float(behind))

    assert 0.0 <= share <= 1.0


def resting_bid(market: Market, size: int = 3, price: int = 100):
    """A venue where our bid rests behind five lots."""
    there = venue(market)
    there.submit(order("a", BUY, size, price), 20)
    there.advance(20 + OUT_NS)
    there.take_events()
    return there


def quoted() -> Market:
    return Market().book(10, [(100, 5), (99, 5)], [(102, 5)])


def fills(there) -> list[tuple[object, ...]]:
    there.advance(10**6)
    return [(e.ts_venue, e.size, e.price) for e in there.take_events() if isinstance(e, Fill)]


def test_a_trade_must_first_eat_what_is_ahead():
    there = resting_bid(quoted().trade(30, SELL, 100, 5).trade(31, SELL, 100, 2))

    assert fills(there) == [(31, 2, 100)]


def test_the_excess_of_a_trade_fills_in_part():
    there = resting_bid(quoted().trade(30, SELL, 100, 6).trade(31, SELL, 100, 9))

    assert fills(there) == [(30, 1, 100), (31, 2, 100)]


def test_a_smaller_level_shortens_the_queue_and_a_larger_one_does_not():
    market = quoted().change(30, bids=[(100, 9)]).change(31, bids=[(100, 2)])
    there = resting_bid(market.change(32, bids=[(100, 9)]).trade(33, SELL, 100, 3))

    assert fills(there) == [(33, 1, 100)]


def test_trades_of_our_own_side_and_at_better_prices_do_not_reach_us():
    there = resting_bid(quoted().trade(30, BUY, 100, 99).trade(31, SELL, 101, 99))

    assert fills(there) == []


def test_a_trade_through_our_price_fills_us_whole_at_our_price():
    there = resting_bid(quoted().trade(30, SELL, 99, 1))

    assert fills(there) == [(30, 3, 100)]


def test_the_other_side_coming_to_our_price_fills_us_whole():
    there = resting_bid(quoted().change(30, bids=[(100, 0)], asks=[(100, 1)]))

    assert fills(there) == [(30, 3, 100)]


def test_a_book_is_not_judged_inside_a_message():
    # The ask stands at our price only until the next row of the same message.
    there = resting_bid(quoted().change(30, bids=[(100, 0)], asks=[(100, 1), (100, 0)]))

    assert fills(there) == []


def test_a_crossed_book_fills_nobody():
    there = resting_bid(quoted().change(30, asks=[(100, 1)]))

    assert fills(there) == []


def test_a_snapshot_shortens_the_queue_where_it_reaches():
    there = resting_bid(quoted().book(30, [(100, 1), (99, 1)], [(102, 1)]).trade(31, SELL, 100, 2))

    assert fills(there) == [(31, 1, 100)]


def test_a_snapshot_that_ends_before_our_price_leaves_the_queue():
    market = quoted().book(30, [(101, 1)], [(102, 1)]).trade(31, SELL, 100, 7)
    there = resting_bid(market)

    assert fills(there) == [(31, 2, 100)]


def test_two_orders_of_ours_share_a_trade_in_order_of_age():
    there = venue(quoted().trade(30, SELL, 100, 9).trade(40, SELL, 100, 9))
    there.submit(order("old", BUY, 3, 100), 20)
    there.submit(order("young", BUY, 3, 100), 21)

    there.advance(35)
    first = said(there.take_events())[2:]
    there.advance(50)
    second = said(there.take_events())

    assert first == [("Fill", "old", 3, 100), ("Fill", "young", 1, 100)]
    assert second == [("Fill", "young", 2, 100)]


def test_our_ask_mirrors_our_bid():
    market = Market().book(10, [(98, 5)], [(100, 5)]).trade(30, BUY, 100, 6).trade(31, BUY, 101, 1)
    there = venue(market)
    there.submit(order("a", SELL, 3, 100), 20)

    assert fills(there) == [(30, 1, 100), (31, 2, 100)]


def test_nothing_is_left_in_the_arrays_when_all_has_filled():
    there = resting_bid(quoted().trade(30, SELL, 99, 1))
    there.advance(10**6)

    assert there.arrays.head[0, RESTING] == 0
    assert there.arrays.head[:, RESTING].sum() == 0
