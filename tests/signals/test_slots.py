"""Who is woken, and when: moves, bands, becoming known, and what looking settles."""

import numpy as np
import pytest

from bot.signals.order_book import BookImbalance, QueueImbalance, Spread
from bot.signals.publish import look
from bot.signals.slots import HIGH, LOW
from bot.tape.rows import GAP
from tests.signals.harness import NEVER_WAKE, PERP, SECOND, T0, Bench, message, snapshot, touch
from tests.tape.tapes import block_of


def moves(bench: Bench, *bids: int) -> list[int]:
    """Who is woken by each bid queue in turn, against an ask queue that makes 100 of the two."""
    woken = []
    for k, bid in enumerate(bids):
        item = touch(k, (99, bid), (101, 100 - bid))
        woken.append(sum(bench.take_block(block_of([item], bench.names))))
    return woken


def band(bench: Bench, low: float, high: float, strategy: int = 0) -> None:
    trigger = bench.table.arrays.trigger[bench.table.entries[strategy]["queue"].trigger]
    trigger[LOW], trigger[HIGH] = low, high


def test_becoming_known_wakes_and_then_a_move_of_the_wake():
    bench = Bench({"queue": QueueImbalance(PERP, wake=0.5)})

    # Imbalances 0, 0.4, 0.5, 0.2, 0.04, -0.02.
    assert moves(bench, 50, 70, 75, 60, 52, 49) == [1, 0, 1, 0, 0, 1]


def test_moves_are_measured_from_what_was_seen_not_from_the_last_value():
    bench = Bench({"queue": QueueImbalance(PERP, wake=0.3)})

    assert moves(bench, 50, 55, 60, 64, 65, 66) == [1, 0, 0, 0, 1, 0]


def test_entering_and_leaving_a_band_wakes():
    bench = Bench({"queue": QueueImbalance(PERP, wake=NEVER_WAKE)})
    band(bench, 0.3, 0.5)

    assert moves(bench, 50, 60, 65, 70, 74, 76, 80, 70) == [1, 0, 1, 0, 0, 1, 0, 1]


def test_a_band_open_on_one_side_is_a_threshold():
    bench = Bench({"queue": QueueImbalance(PERP, wake=NEVER_WAKE)})
    band(bench, 0.3, np.inf)

    assert moves(bench, 50, 99, 66, 64, 1) == [1, 1, 0, 1, 0]


def test_becoming_unknown_wakes_once():
    bench = Bench({"queue": QueueImbalance(PERP, source="book", wake=NEVER_WAKE)})
    bench.take(snapshot(0, [(99, 1)], [(101, 1)]))

    gap = bench.take_block(block_of([message(1, flags=GAP)], bench.names))
    again = bench.take_block(block_of([message(2, flags=GAP)], bench.names))

    assert (gap, again) == ([1], [])


def test_an_unwatched_output_never_wakes():
    bench = Bench({"queue": QueueImbalance(PERP, wake=NEVER_WAKE)})
    moves(bench, 50)

    # The mean, a slot of its own, moves as well.
    assert moves(bench, 99, 1, 99, 1) == [0, 0, 0, 0]
    assert bench.outputs("queue")["mean"] != bench.outputs("queue")["value"]


def test_a_signal_that_two_strategies_watch_is_computed_once_and_wakes_each_at_its_own_move():
    bench = Bench(
        {"queue": QueueImbalance(PERP, wake=0.2)},
        {"queue": QueueImbalance(PERP, wake=0.5, optional=True)},
        {"spread": Spread(PERP, wake=NEVER_WAKE)},
    )

    assert moves(bench, 50, 60, 75, 50) == [7, 1, 3, 3]
    first, second = (bench.table.entries[k]["queue"] for k in range(2))
    assert (first.signal, first.slot) == (second.signal, second.slot)
    assert first.trigger != second.trigger
    assert len(bench.table.arrays.spec) == 2


def test_looking_settles_it_only_for_those_who_looked():
    bench = Bench(
        {"queue": QueueImbalance(PERP, wake=0.1)}, {"queue": QueueImbalance(PERP, wake=0.1)}
    )
    moves(bench, 50)
    entry = bench.table.entries[0]["queue"]
    bench.table.publish(entry.signal, 0.9)
    clock = bench.table.arrays.clock
    assert clock[2] == 0b11

    look(bench.table.arrays, 0b01)
    assert clock[2] == 0b10
    bench.table.publish(entry.signal, 0.9)

    assert clock[2] == 0b10
    look(bench.table.arrays, 0b10)
    bench.table.publish(entry.signal, 0.9)
    assert clock[2] == 0


def test_the_loop_stops_at_the_message_that_wakes():
    bench = Bench({"queue": QueueImbalance(PERP, wake=0.5)})
    items = [touch(k, (99, bid), (101, 100 - bid)) for k, bid in enumerate([50, 60, 90, 91])]
    block = block_of(items, bench.names)

    stops = []
    while block.messages:
        at, woken = bench.step(block)
        stops.append((at, woken, bench.now - T0))
        block = block.part(at, block.stop)

    assert stops == [(1, 1, 0), (3, 1, 2), (4, 0, 3)]


# --- stale ------------------------------------------------------------------------------------


class TestStale:
    def bench(self, **changed: object) -> Bench:
        bench = Bench(
            {
                "queue": QueueImbalance(PERP, wake=NEVER_WAKE, **changed),
                "book": BookImbalance(PERP, wake=NEVER_WAKE),
            }
        )
        bench.take(touch(0, (99, 3), (101, 1)), snapshot(0, [(99, 3)], [(101, 1)]))
        return bench

    @pytest.mark.parametrize(("age_ms_max", "limit"), [(None, 2 * SECOND), (500, SECOND // 2)])
    def test_a_score_is_none_once_its_input_is_too_old(self, age_ms_max, limit):
        bench = self.bench(age_ms_max=age_ms_max)
        entry = bench.table.entries[0]["queue"]

        bench.now = T0 + limit
        assert bench.value("queue") == 0.5
        assert bench.score("queue").stale is False
        bench.now = T0 + limit + 1

        assert bench.value("queue") is None
        score = bench.score("queue")
        assert (score.value, score.ready, score.stale) == (None, True, True)
        assert score.age_ns == limit + 1
        # It is frozen, to be looked at.
        assert score.outputs["value"] == 0.5
        assert bench.table.expires_ns(entry, bench.book) == T0 + limit

    def test_the_news_of_another_input_does_not_make_it_younger(self):
        bench = self.bench()

        bench.take(message(3 * SECOND, (0, 1, 98, 1)))

        assert bench.value("queue") is None
        assert bench.value("book") is not None

    def test_what_was_never_heard_has_no_age(self):
        bench = Bench({"queue": QueueImbalance(PERP, wake=1.0)})

        score = bench.score("queue")

        assert (score.value, score.age_ns, score.ready, score.stale) == (None, None, False, False)

    def test_a_book_that_grew_is_read_all_the_same(self):
        bench = self.bench()
        levels = [(0, 1, 90 - k, 1) for k in range(80)]

        bench.take(message(5 * SECOND, *levels))

        assert bench.book.far.shape[3] > 64
        assert bench.value("book") is not None

    def test_a_forced_watch_wakes_at_the_next_word_of_its_input_though_nothing_moved(self):
        bench = self.bench()
        entry = bench.table.entries[0]["book"]
        deep = message(3 * SECOND, (0, 1, 98, 1))
        bench.table.force(entry)

        elsewhere = bench.take_block(block_of([touch(2 * SECOND, (99, 3), (101, 1))], bench.names))
        word = bench.take_block(block_of([deep], bench.names))
        after = bench.take_block(block_of([deep], bench.names))

        assert (elsewhere, word, after) == ([], [1], [])

    def test_forcing_one_strategy_does_not_change_what_another_reads(self):
        watch = QueueImbalance(PERP, source="book", half_life_s=5.0, wake=NEVER_WAKE)
        benches = Bench({"queue": watch}), Bench({"queue": watch})
        for bench in benches:
            bench.take(snapshot(0, [(99, 3), (90, 1)], [(101, 1)]))
            bench.take(message(SECOND, (0, 1, 99, 9)))
        benches[0].table.force(benches[0].table.entries[0]["queue"])

        for bench in benches:
            bench.take(message(2 * SECOND, (0, 1, 90, 7)), message(3 * SECOND, (0, 1, 99, 1)))

        assert benches[0].outputs("queue") == benches[1].outputs("queue")
