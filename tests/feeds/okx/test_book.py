"""OKX's book: joined by sequence, confirmed by checksum, or lost until a snapshot."""

import pytest

from bot.errors import DataError
from bot.tape.rows import ASK, BID, GAP, LEVEL, SNAPSHOT
from tests.feeds.okx.frames import book, frame, signed_crc, start, tape
from tests.feeds.tape import MS, NOW_MS

VENUE_NS = (NOW_MS - 3) * MS
BOOK = [(LEVEL, BID, 1001, 500), (LEVEL, BID, 1000, 700), (LEVEL, ASK, 1002, 600)]
AS_SENT = "100.1:5:100.2:6:100:7"


def test_a_snapshot_is_the_whole_book():
    made = tape().take(start(checksum=signed_crc(AS_SENT)))

    assert made.messages() == [(VENUE_NS, SNAPSHOT, BOOK)]
    assert made.decoder.synced
    assert made.counters.checksums == 1


def test_a_change_that_adds_up_is_applied_and_a_size_of_nought_removes():
    after = "100.1:4:100.2:6"

    made = tape().take(start(), book([("100.1", "4"), ("100", "0")], checksum=signed_crc(after)))

    assert made.messages()[1] == (VENUE_NS, 0, [(LEVEL, BID, 1001, 400), (LEVEL, BID, 1000, 0)])
    assert made.counters.checksums == 1


def test_the_checksum_covers_the_digits_that_were_sent():
    made = tape().take(
        start(), book([("100.10", "4.0")], checksum=signed_crc("100.10:4.0:100.2:6:100:7"))
    )

    assert made.counters.checksums == 1
    assert made.decoder.synced


def test_the_checksum_covers_twenty_five_levels_of_a_side_and_the_longer_side_alone():
    bids = [(f"{200 - i}", "1") for i in range(30)]
    best = [f"{200 - i}:1" for i in range(25)]
    text = ":".join([best[0], "300:9", *best[1:]])

    made = tape().take(book(bids, [("300", "9")], action="snapshot", checksum=signed_crc(text)))

    assert made.counters.checksums == 1


def test_a_checksum_that_does_not_come_out_loses_the_book_until_a_snapshot():
    made = tape().take(
        start(), book([("100.1", "4")], checksum=12345), book([("100", "1")]), start()
    )

    flags = [flags for _, flags, _ in made.messages()]
    assert flags == [SNAPSHOT, GAP, SNAPSHOT]
    assert (made.counters.checksums_failed, made.counters.gaps) == (1, 1)
    assert made.counters.depth_held == 1
    assert made.decoder.synced


def test_a_snapshot_that_does_not_add_up_is_no_book():
    made = tape().take(start(checksum=1))

    assert [flags for _, flags, _ in made.messages()] == [GAP]
    assert not made.decoder.synced


def test_a_checksum_of_nought_is_none_and_the_sequence_decides_alone():
    made = tape().take(
        start(seqId=10, prevSeqId=-1, checksum=0),
        book([("100.1", "4")], seqId=12, prevSeqId=10, checksum=0),
        book(seqId=12, prevSeqId=12),  # nothing for a minute
        book([("100.1", "3")], seqId=3, prevSeqId=12),  # maintenance: it counts anew
        book([("100.1", "2")], seqId=5, prevSeqId=3),
    )

    assert made.counted() == {"frames": 5, "snapshots": 1, "depth_applied": 4}


def test_a_change_of_a_state_that_never_came_loses_the_book():
    made = tape().take(
        start(seqId=10, prevSeqId=-1), book([("100.1", "4")], seqId=14, prevSeqId=12)
    )

    assert [flags for _, flags, _ in made.messages()] == [SNAPSHOT, GAP]
    assert made.counters.gaps == 1


def test_a_change_that_came_before_is_left_out():
    change = book([("100.1", "4")], seqId=12, prevSeqId=10)

    made = tape().take(start(seqId=10, prevSeqId=-1), change, change)

    assert (made.counters.duplicates, made.counters.gaps) == (1, 0)
    assert made.decoder.synced


def test_a_change_that_nothing_can_check_is_counted_as_such():
    assert tape().take(start(), book([("100.1", "4")])).counters.unchecked == 1


@pytest.mark.parametrize(
    ("levels", "seen"),
    [
        ([("-1", "4")], '"-1"'),
        ([("0", "4")], 'price "0"'),
        ([("100.1", "-4")], '"-4"'),
        ([("1e2", "4")], '"1e2"'),
        ([("100.1", "4"), ("x", "1")], '"x"'),
    ],
)
def test_a_level_that_is_no_level_is_refused_and_the_book_with_it(levels, seen):
    made = tape().take(start())

    with pytest.raises(DataError) as refused:
        made.take(book(levels))

    assert seen in refused.value.seen
    assert [flags for _, flags, _ in made.messages()] == [SNAPSHOT, GAP]
    assert not made.decoder.synced


def test_one_channel_of_changes_is_followed():
    other = book([("100.1", "9")], channel="books50-l2-tbt")

    made = tape().take(start(), other)

    assert (made.counters.second_source, made.counters.depth_applied) == (1, 0)


def test_best_levels_that_are_repeated_are_no_changes():
    made = tape().take(frame("books5", {"bids": [], "asks": [], "ts": "1"}), frame("bbo-tbt"))

    assert made.counters.unknown == {"books5": 1, "bbo-tbt": 1}
