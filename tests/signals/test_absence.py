"""What a signal does not know it does not say: gaps, snapshots, crossings, empty sides, no news."""

import pytest
from hypothesis import given

from bot.signals.order_book import DepthImbalance, QueueImbalance
from bot.signals.order_flow import MultiLevelFlow, OrderFlowImbalance
from bot.tape.cut import cut
from bot.tape.rows import ASK, BID, GAP, LEVEL, SNAPSHOT
from tests.signals import oracle
from tests.signals.family import WATCHES
from tests.signals.harness import NAMES, PERP, SECOND, Bench, message, snapshot, touch, trade
from tests.signals.histories import histories, long_history
from tests.signals.moments import moments_of
from tests.tape.tapes import Message, block_of

BOOK = ([(99, 5), (98, 5)], [(101, 5), (102, 5)])
MORE = ([(99, 50), (98, 50)], [(101, 5), (102, 5)])
FLOWS = {
    "flow": OrderFlowImbalance(PERP, source="book", wake=1.0),
    "window": OrderFlowImbalance(PERP, source="book", window_s=60.0, capacity=64, wake=1.0),
    "levels": MultiLevelFlow(PERP, wake=1.0),
}


def sums(bench: Bench) -> set[float | None]:
    return {
        bench.outputs("flow")["sum"],
        bench.outputs("window")["sum"],
        bench.outputs("levels")["level_1"],
        bench.outputs("levels")["level_2"],
    }


def test_nothing_is_known_of_a_market_that_was_not_heard():
    bench = Bench(WATCHES)

    bench.take(message(0), message(SECOND, flags=GAP))

    known = {name: out for name in WATCHES for out in bench.outputs(name).items() if out[1]}
    assert known == {}
    assert not bench.table.arrays.known.any()


def test_trades_alone_say_nothing_of_the_book():
    bench = Bench(WATCHES)

    bench.take(trade(0, 1, 100, 3), trade(SECOND, -1, 101, 1))

    of_trades = {"trades", "trades 10 s", "trades 5", "rolling"}
    of_trades |= {"vpin", "bulk vpin", "large", "large enough"}
    assert {name for name in WATCHES if any(bench.outputs(name).values())} == of_trades
    assert bench.outputs("rolling")["value"] is None


@pytest.mark.parametrize("between", [[], [message(1, flags=GAP)]])
def test_the_first_state_after_a_snapshot_is_no_flow(between):
    bench = Bench(FLOWS)
    bench.take(snapshot(0, *BOOK), *between)

    bench.take(snapshot(2, *MORE))

    assert sums(bench) == {0.0}


def test_a_flow_from_before_a_gap_goes_on_fading():
    bench = Bench(FLOWS)
    bench.take(snapshot(0, *BOOK), message(0, (LEVEL, BID, 99, 13)))
    bench.take(message(SECOND, flags=GAP))
    assert sums(bench) == {None}

    bench.take(snapshot(10 * SECOND, *MORE))

    assert bench.outputs("flow")["sum"] == pytest.approx(8 * 0.25 / 2)
    assert bench.outputs("levels")["level_1"] == pytest.approx(8 * 0.25 / 2)


def test_a_snapshot_of_the_book_does_not_touch_the_touch_stream():
    bench = Bench({"flow": OrderFlowImbalance(PERP, wake=1.0)})
    bench.take(touch(0, (99, 1), (101, 1)), snapshot(0, *BOOK))

    bench.take(touch(0, (99, 3), (101, 1)))

    assert bench.outputs("flow")["sum"] == 0.5


def test_book_and_touch_stream_are_never_compared():
    watches = {
        "book": OrderFlowImbalance(PERP, source="book", wake=1.0),
        "touch": OrderFlowImbalance(PERP, wake=1.0),
    }
    bench = Bench(watches)
    bench.take(snapshot(0, *BOOK), touch(0, (90, 400), (110, 400)))

    bench.take(message(1, (LEVEL, ASK, 101, 5)), touch(1, (90, 400), (110, 400)))

    assert bench.outputs("book")["sum"] == bench.outputs("touch")["sum"] == 0.0


def test_a_queue_alone_is_all_of_the_imbalance():
    bench = Bench({"queue": QueueImbalance(PERP, wake=1.0)})

    bench.take(touch(0, (99, 4), (0, 0)))
    assert bench.value("queue") == 1.0
    bench.take(touch(0, (0, 0), (101, 4)))
    assert bench.value("queue") == -1.0
    bench.take(touch(0, (0, 0), (0, 0)))

    assert bench.value("queue") is None


@given(histories(NAMES))
def test_nothing_but_finite_numbers_is_ever_published_however_the_tape_is_cut(items):
    messages = [item for item in items if isinstance(item, Message)]
    digests = set()
    for rows in (1, 7, 64, 1 << 40):
        bench = Bench(WATCHES)
        for piece in cut(block_of(messages, NAMES), rows) if messages else ():
            bench.take_block(piece)
        values = bench.table.arrays.value
        assert ((values - values) == 0).all()
        digests.add(bench.digest())

    assert len(digests) == 1


class TestDepth:
    """The depth imbalance between two exact sums."""

    def walk(self, seed: int) -> list[tuple[float, float | None, bool]]:
        """What it says, what a sum from scratch would say, and whether it has just summed."""
        bench = Bench({"depth": DepthImbalance(PERP, wake=1.0)})
        items = [each for each in long_history(seed, 600, (PERP,)) if isinstance(each, Message)]
        said = []
        for item, moment in zip(items, moments_of(items, PERP), strict=True):
            before = bench.table.arrays.state[2]
            bench.take(item)
            if "book" in moment.heard and moment.both("book"):
                summed = bench.table.arrays.state[2] != before
                direct = oracle.depth_direct(moment, 5.0, 50.0)
                said.append((bench.outputs("depth")["value"], direct, summed))
        return said

    def test_it_is_exact_when_it_sums_anew(self):
        summed = [(value, direct) for value, direct, anew in self.walk(1) if anew]

        assert len(summed) > 50
        assert all(abs(value - direct) < 1e-9 for value, direct in summed)

    def test_it_is_within_a_thousandth_between(self):
        between = [(value, direct) for value, direct, anew in self.walk(1) if not anew]

        assert len(between) > 50
        assert 0 < max(abs(value - direct) for value, direct in between) < 1e-3

    def test_a_side_without_near_levels_counts_nothing_whatever_was_there_before(self):
        bench = Bench({"depth": DepthImbalance(PERP, within_bps=1.2, wake=1.0)})
        bench.take(snapshot(0, [(10_000, 7), (5_000, 1)], [(10_001, 10**12 + 3), (10_002, 1)]))

        # The mid moves by half a basis point, and what was summed stays.
        for size in (10**11 + 7, 333, 0):
            bench.take(message(1, (LEVEL, ASK, 10_001, size)))

        assert bench.table.arrays.state[1] != 0.0
        assert bench.value("depth") == 1.0

    def test_it_is_unknown_when_both_sides_are_far_away(self):
        bench = Bench({"depth": DepthImbalance(PERP, within_bps=10.0, wake=1.0)})

        bench.take(snapshot(0, [(9_000, 7)], [(11_000, 7)]))

        assert bench.value("depth") is None

    def test_rows_between_a_crossing_and_the_next_sum_do_not_count(self):
        bench = Bench({"depth": DepthImbalance(PERP, wake=1.0)})
        bench.take(message(0, *[(LEVEL, BID, 9_999, 5), (LEVEL, ASK, 10_001, 5)], flags=SNAPSHOT))
        bench.take(message(1, (LEVEL, ASK, 9_999, 1)))
        assert bench.value("depth") is None

        bench.take(message(2, (LEVEL, BID, 9_999, 15)), message(3, (LEVEL, ASK, 9_999, 0)))

        assert bench.value("depth") == pytest.approx(0.5)
