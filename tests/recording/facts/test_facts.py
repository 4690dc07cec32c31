"""Facts of tapes whose answers can be said beforehand."""

import numpy as np
import pytest

from bot.recording.facts.catalogue import FACTS, measure
from bot.recording.facts.definitions import flow_of
from bot.recording.facts.sampled import sample
from bot.tape.builder import BlockBuilder
from bot.tape.rows import ASK, BID, GAP, LEVEL, SNAPSHOT

SECOND = 10**9
START = 1_000 * SECOND


class Tape:
    """A tape of one instrument, written by hand."""

    def __init__(self):
        self._builder = BlockBuilder(("x:A/B",))
        self._sampled = None

    def touch(self, at, bid, bid_size, ask, ask_size):
        ns = START + round(at * SECOND)
        self._builder.touch(ns, ns, (bid, bid_size), (ask, ask_size), 0)
        return self

    def trades(self, at, side, *sizes):
        ns = START + round(at * SECOND)
        for size in sizes:
            self._builder.trade(ns, ns, side, 100, size)
        return self

    def levels(self, at, rows, flags=0):
        ns = START + round(at * SECOND)
        self._builder.begin(ns, ns, flags=flags)
        for side, price, size in rows:
            self._builder.row(LEVEL, side, price, size)
        self._builder.end()
        return self

    def sampled(self):
        """What was written; nothing is added afterwards."""
        if self._sampled is None:
            self._sampled = sample([self._builder.take()])
        return self._sampled

    def fact(self, name):
        return measure(self.sampled())[name]


def value(tape, name):
    """A fact however few observations it has."""
    return next(fact for fact in FACTS if fact.name == name).of(tape.sampled())[0]


def test_the_spread_is_weighed_by_how_long_it_lasted():
    tape = Tape().touch(0, 9_999, 1, 10_001, 1).touch(3, 9_998, 1, 10_002, 1).touch(4, 1, 1, 2, 1)

    assert value(tape, "spread_ticks") == pytest.approx((3 * 2 + 1 * 4) / 4)
    assert value(tape, "spread_bps") == pytest.approx((3 * 2 + 1 * 4) / 4)


def test_prints_of_one_moment_and_side_are_one_order():
    tape = Tape().trades(1, BID, 2, 3).trades(1, ASK, 4).trades(2, ASK, 1, 1, 1)

    orders = tape.sampled().orders

    assert orders.side.tolist() == [BID, ASK, ASK]
    assert orders.size.tolist() == [5, 4, 3]


def test_sizes_count_against_the_mean_order():
    tape = Tape()
    for at, size in enumerate([1] * 98 + [51, 51]):
        tape.trades(at, BID, size)

    assert value(tape, "size_median") == pytest.approx(1 / 2)
    assert value(tape, "size_p99") == pytest.approx(51 / 2, rel=0.02)


def test_depth_is_what_stands_within_a_distance_of_the_mid():
    book = [(BID, 99_995, 5), (BID, 99_970, 7), (BID, 99_800, 100)]
    book += [(ASK, 100_005, 5), (ASK, 100_030, 9), (ASK, 100_200, 100)]
    tape = Tape().levels(0, book, SNAPSHOT).trades(0.1, BID, 2).touch(0.5, 99_995, 5, 100_005, 5)
    tape.levels(1.5, [(BID, 99_970, 0), (BID, 99_990, 1)]).touch(2.5, 99_995, 5, 100_005, 5)

    lots = tape.sampled().depth.lots

    assert lots[0].tolist() == [[5, 12, 12], [5, 14, 14]]
    assert lots[1].tolist() == [[6, 6, 6], [5, 14, 14]]
    assert value(tape, "depth_2bps_orders") == pytest.approx((5 + 5 + 6 + 5) / 4 / 2)


def test_depth_beyond_the_snapshot_is_unknown_and_after_a_gap_all_of_it():
    book = [(BID, 99_995, 5), (BID, 99_970, 7), (ASK, 100_005, 5), (ASK, 100_080, 9)]
    tape = Tape().levels(0, book, SNAPSHOT).touch(0.5, 99_995, 5, 100_005, 5)
    tape.levels(1.5, [], GAP).touch(2.5, 99_995, 5, 100_005, 5)

    lots = tape.sampled().depth.lots

    assert lots[0, 0, :2].tolist() == [5, pytest.approx(np.nan, nan_ok=True)]
    assert lots[0, 1, :2].tolist() == [5, 5]
    assert np.isnan(lots[1]).all()


def test_flow_counts_sizes_at_the_same_price_and_queues_when_prices_move():
    tape = Tape().touch(0, 10, 4, 11, 39).touch(1, 10, 8, 11, 39).touch(2, 10, 8, 9 + 3, 33)
    tape.touch(3, 11, 2, 12, 33)

    assert flow_of(tape.sampled()).tolist() == [0, 4, 39, 2]


def walk(rng, seconds, *, flow_of_move):
    """A touch whose size tells of the move to come, or not."""
    tape, price = Tape(), 100_000
    for at in range(seconds):
        move = int(rng.integers(-5, 6))
        sizes = (10 + move, 10 - move) if flow_of_move else tuple(rng.integers(5, 16, 2))
        tape.touch(at, price, int(sizes[0]), price + 1, int(sizes[1]))
        price += move
    return tape


def test_what_leans_before_every_move_has_foresight_and_what_leans_by_chance_has_none():
    rng = np.random.default_rng(1)

    seeing = walk(rng, 400, flow_of_move=True).fact("lean_foresight")
    blind = walk(rng, 400, flow_of_move=False).fact("lean_foresight")

    assert seeing.value > 0.8
    assert abs(blind.value) < 0.15


def test_flow_that_made_the_moves_explains_them():
    tape = walk(np.random.default_rng(2), 600, flow_of_move=False)

    assert tape.fact("flow_r2_10s").value > 0.5


def poisson(rng, orders):
    tape = Tape()
    for at in np.cumsum(rng.exponential(0.1, orders)):
        tape.trades(at, int(rng.choice([BID, ASK])), int(rng.integers(1, 9)))
    return tape


def test_independent_arrivals_are_told_from_clusters():
    rng = np.random.default_rng(3)
    apart = poisson(rng, 4_000)
    together = Tape()
    for at in np.cumsum(rng.exponential(1.0, 400)):
        for k in range(10):
            together.trades(at + k * 0.001, BID, 1)

    assert value(apart, "gap_variation") == pytest.approx(1, abs=0.05)
    assert value(apart, "gap_median") == pytest.approx(np.log(2), abs=0.03)
    assert value(apart, "bunching_1s") == pytest.approx(0, abs=0.03)
    assert value(apart, "sign_next") == pytest.approx(0, abs=0.05)
    assert value(together, "gap_variation") > 2
    assert value(together, "bunching_1s") > 0.5


def test_orders_that_are_split_keep_their_side():
    tape = Tape()
    for at in range(600):
        tape.trades(at, BID if at // 20 % 2 else ASK, 1)

    assert value(tape, "sign_next") == pytest.approx(0.9, abs=0.01)
    assert value(tape, "sign_later") == pytest.approx(0.0, abs=0.03)


def test_an_order_that_moves_the_price_has_impact():
    rng = np.random.default_rng(4)
    tape, price = Tape(), 100_000
    for at in range(300):
        side = int(rng.choice([BID, ASK]))
        tape.touch(at, price, 5, price + 1, 5).trades(at + 0.5, side, 1)
        price += 3 * side
        tape.touch(at + 0.6, price, 5, price + 1, 5)

    assert tape.fact("impact_1s").value == pytest.approx(1, abs=0.05)


def test_volatility_in_stretches_is_clustered_and_a_normal_walk_is_not():
    rng = np.random.default_rng(5)
    calm, turns = Tape(), Tape()
    prices = [1_000_000, 1_000_000]
    for at in range(800):
        prices[0] += int(rng.normal(0, 100))
        prices[1] += int(rng.normal(0, 300 if at // 50 % 2 else 20))
        calm.touch(at, prices[0], 5, prices[0] + 1, 5)
        turns.touch(at, prices[1], 5, prices[1] + 1, 5)

    assert calm.fact("clustering_1s").value == pytest.approx(0, abs=0.06)
    assert turns.fact("clustering_1s").value > 0.3
    assert calm.fact("kurtosis_1s").value == pytest.approx(3, abs=0.6)
    assert turns.fact("kurtosis_1s").value > 4
    assert calm.fact("volatility_1s_bps").value == pytest.approx(1.0, rel=0.1)
    assert calm.fact("variance_ratio_10s").value == pytest.approx(1.0, abs=0.3)


def test_a_fact_of_too_few_observations_is_unknown():
    found = measure(Tape().touch(0, 10, 1, 11, 1).trades(1, BID, 1).sampled())

    assert {one.value for one in found.values()} == {None}


def test_a_tape_without_a_touch_still_tells_of_its_orders():
    found = measure(poisson(np.random.default_rng(6), 400).sampled())

    assert found["size_median"].value is not None
    assert found["spread_bps"].value is None


def test_every_fact_has_a_name_of_its_own_and_says_what_it_is():
    assert len({fact.name for fact in FACTS}) == len(FACTS)
    assert all(fact.about and fact.unit for fact in FACTS)
