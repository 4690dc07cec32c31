"""Depth onto the tape: changes, snapshots, gaps, and when they happened."""

import pytest

from bot.errors import DataError
from bot.tape.rows import ASK, BID, ESTIMATED, GAP, LEVEL, SNAPSHOT
from tests.feeds.binance.captures import stated
from tests.feeds.binance.messages import (
    BOOK_ROWS,
    CHANGED,
    CHANGED_ROWS,
    MS,
    NOW,
    NOW_MS,
    SPOT,
    Tape,
    depth,
    snapshot,
    trade,
)


@pytest.mark.parametrize("compiled", [True, False])
def test_changes_wait_for_the_snapshot_and_follow_it(compiled):
    tape = Tape(compiled=compiled)

    tape.take(depth(first=1, last=10, previous=0), "btcusdt@depth@0ms")
    tape.take(depth(**CHANGED), "btcusdt@depth@0ms")
    assert tape.messages() == []
    assert not tape.decoder.synced
    tape.take(snapshot())

    assert tape.messages() == [
        (NOW - 4 * MS, SNAPSHOT, BOOK_ROWS),
        (NOW - 3 * MS, 0, CHANGED_ROWS),
    ]
    assert tape.decoder.synced
    assert (tape.counters.depth_held, tape.counters.depth_before_snapshot) == (2, 1)


def test_a_held_change_is_known_when_its_snapshot_is():
    tape = Tape().take(depth(**CHANGED), "btcusdt@depth").take(snapshot(), ts_recv=NOW + 900 * MS)

    assert tape.builder.take().ts_recv.tolist() == [NOW + 900 * MS] * 2


def test_a_gap_is_one_message_without_rows_and_the_book_waits():
    tape = Tape().take(snapshot()).take(depth(**CHANGED), "btcusdt@depth")
    tape.messages()

    tape.take(depth(first=31, last=40, previous=30, **CHANGED), "btcusdt@depth")
    tape.take(depth(first=41, last=50, previous=40, **CHANGED), "btcusdt@depth")
    gapped = tape.messages()
    tape.take(snapshot(last=35))

    assert gapped == [(NOW - 3 * MS, GAP, [])]
    assert tape.messages() == [
        (NOW - 4 * MS, SNAPSHOT, BOOK_ROWS),
        (NOW - 3 * MS, 0, CHANGED_ROWS),
        (NOW - 3 * MS, 0, CHANGED_ROWS),
    ]
    assert (tape.counters.gaps, tape.counters.snapshots) == (1, 2)


def test_a_change_that_comes_twice_is_applied_once():
    tape = Tape().take(snapshot()).take(depth(**CHANGED), "btcusdt@depth")

    tape.take(depth(**CHANGED), "btcusdt@depth")

    assert len(tape.messages()) == 2
    assert tape.counters.duplicates == 1


def test_a_snapshot_too_old_for_the_held_changes_is_refused():
    tape = Tape().take(depth(first=31, last=40, previous=30), "btcusdt@depth")

    tape.take(snapshot(last=25))

    assert tape.messages() == []
    assert tape.counters.snapshots_refused == 1
    assert not tape.decoder.synced


def test_a_spot_snapshot_has_no_time_and_is_stamped_by_the_median_latency():
    tape = Tape(SPOT).take(trade(E=NOW_MS - 6, T=NOW_MS - 7), "btcusdt@trade")
    tape.messages()
    bare = snapshot()
    del bare["E"], bare["T"]

    tape.take(bare)

    assert [(when, flags) for when, flags, _ in tape.messages()] == [
        (NOW - 7 * MS, SNAPSHOT | ESTIMATED)
    ]


def test_a_spot_change_is_stamped_with_its_event_time():
    tape = Tape(SPOT).take(snapshot())
    change = depth(first=14, last=16, **CHANGED)
    del change["T"], change["pu"]

    tape.take(change, "btcusdt@depth@100ms")

    assert tape.messages()[1][:2] == (NOW - 2 * MS, 0)


def test_a_change_in_an_unexpected_layout_is_read_by_the_plain_decoder_and_counted():
    tape = Tape().take(snapshot())
    unexpected = dict(reversed(depth(**CHANGED).items()))

    tape.take(unexpected, "btcusdt@depth")

    assert tape.messages()[1][2] == CHANGED_ROWS
    assert tape.counters.fallbacks == 1


def test_a_level_older_than_the_tick_is_left_out_and_a_finer_size_is_whole_lots():
    tape = Tape().take(snapshot())
    tape.messages()
    odd = {"bids": [["505.79", "1.000"], ["61800.10", "3.0009"]], "asks": [["61800.20", "0.0001"]]}

    tape.take(depth(**odd), "btcusdt@depth")

    assert tape.messages() == [
        (NOW - 3 * MS, 0, [(LEVEL, BID, 618001, 3000), (LEVEL, ASK, 618002, 1)])
    ]
    assert (tape.counters.odd_prices, tape.counters.odd_sizes) == (1, 2)


def test_a_wrong_tick_or_lot_is_refused_with_the_first_levels():
    levels = [[f"61800.{digit}", f"0.00{digit}"] for digit in range(1, 10)]

    for tick, lot, field in (("1", "0.001", "price"), ("0.1", "0.01", "size")):
        tape = Tape(stated("binanceusdm", "BTC/USDT:USDT", tick, lot))
        with pytest.raises(DataError, match=f"binanceusdm:BTC/USDT:USDT {field}: got"):
            tape.take(snapshot(bids=levels))
