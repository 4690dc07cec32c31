"""A session's tape reads back what was written, up to the first frame that is not whole."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import JournalError
from bot.journal import tape
from bot.journal.tape import TapeReader
from bot.journal.tape_writer import TapeWriter
from bot.model.event import FeedLost, Heartbeat
from bot.tape.rows import CONTINUES, GAP, LEVEL, OPEN, Block
from tests.journal.samples import NOW, PERP, SPOT, block, same_block


def write(folder, items, epoch=1, **settings):
    writer = TapeWriter(folder, epoch, **settings)
    for seq, item in items:
        writer.append(seq, item)
    writer.flush()
    writer.close()


def heartbeats(count, first=1):
    return [
        (seq, Heartbeat(ts_recv=NOW + seq, ts_venue=NOW)) for seq in range(first, first + count)
    ]


def same(one, other):
    return len(one) == len(other) and all(
        seq == other_seq and (same_block(item, its) if isinstance(item, Block) else item == its)
        for (seq, item), (other_seq, its) in zip(one, other, strict=True)
    )


def test_blocks_and_events_come_back_in_order_with_their_seq(tmp_path):
    whole = block(messages=10, rows=3)
    lost = FeedLost(ts_recv=NOW, ts_venue=NOW, instrument=PERP, reason="closed")
    items = [(1, whole.part(0, 4)), (5, lost), (6, whole.part(4, 9)), *heartbeats(3, first=11)]

    write(tmp_path, items)

    reader = TapeReader(tmp_path)
    assert same(list(reader), items)
    assert reader.dropped == []


@given(st.data())
def test_any_part_of_any_block_comes_back_as_it_was(tmp_path_factory, data):
    messages = data.draw(st.lists(st.lists(_ROW, max_size=4), min_size=1, max_size=6))
    whole = _block_of(messages, data.draw(st.lists(st.integers(0, 31), min_size=6, max_size=6)))
    start = data.draw(st.integers(0, whole.messages - 1))
    part = whole.part(start, data.draw(st.integers(start + 1, whole.messages)))
    folder = tmp_path_factory.mktemp("tape")

    write(folder, [(1, part)])
    ((seq, read),) = TapeReader(folder)

    assert seq == 1
    assert same_block(part, read)
    assert all(getattr(read, name).flags.writeable for name in ("kind", "price", "first"))


_NUMBER = st.integers(-(2**63), 2**63 - 1)
_ROW = st.tuples(st.sampled_from([LEVEL, 1, 2, 3]), st.sampled_from([1, -1]), _NUMBER, _NUMBER)


def _block_of(messages, flags):
    from bot.tape.builder import BlockBuilder

    builder = BlockBuilder((PERP, SPOT), rows=8)
    for index, rows in enumerate(messages):
        builder.begin(NOW + index, NOW, index % 2, flags[index])
        for row in rows:
            builder.row(*row)
        builder.end()
    return builder.take()


def test_a_message_that_two_blocks_share_may_have_one_seq(tmp_path):
    whole = block(messages=2)
    whole.flags[:] = [OPEN, CONTINUES | GAP]
    items = [(7, whole.part(0, 1)), (7, whole.part(1, 2))]

    write(tmp_path, items)

    assert same(list(TapeReader(tmp_path)), items)


def test_items_must_be_appended_in_order(tmp_path):
    writer = TapeWriter(tmp_path, 1)
    writer.append(2, heartbeats(1)[0][1])

    with pytest.raises(AssertionError, match="seq 1 after 2"):
        writer.append(1, heartbeats(1)[0][1])
    writer.close()


def test_a_new_file_begins_when_one_is_full_and_each_stands_alone(tmp_path):
    items = [(1 + 20 * index, block(20)) for index in range(30)]

    write(tmp_path, items, segment_bytes=4_000)

    files = sorted(tmp_path.iterdir())
    assert len(files) > 5
    assert max(file.stat().st_size for file in files) < 4_000 + 2_000
    assert same(list(TapeReader(tmp_path)), items)


def test_a_tape_cut_at_any_byte_is_read_up_to_the_cut(tmp_path):
    items = [(1, block(3)), *heartbeats(2, first=4), (6, block(2))]
    write(tmp_path, items)
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    ends = [end for end, body in tape.frames(content) if body[0] != tape.INSTRUMENTS]

    for cut in range(len(content) + 1):
        file.write_bytes(content[:cut])
        reader = TapeReader(tmp_path)
        read = list(reader)
        whole = sum(end <= cut for end in ends)
        assert same(read, items[:whole]), f"cut at byte {cut}"
        assert (reader.dropped_bytes == 0) == (cut in _boundaries(content)), f"cut at byte {cut}"


def _boundaries(content):
    return {0, len(tape.MAGIC), *(end for end, _ in tape.frames(content))}


def test_a_flipped_bit_ends_the_tape_before_it_and_says_how_much_is_lost(tmp_path):
    items = [(1, block(3)), *heartbeats(2, first=4), (6, block(2))]
    write(tmp_path, items)
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    ends = [end for end, body in tape.frames(content) if body[0] != tape.INSTRUMENTS]

    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << (at % 8)
        file.write_bytes(damaged)
        reader = TapeReader(tmp_path)
        read = list(reader)
        assert same(read, items[: sum(end <= at for end in ends)]), f"byte {at}"
        assert at - 600 <= len(content) - reader.dropped_bytes <= at


def test_a_tail_of_zeros_is_not_taken_for_frames(tmp_path):
    items = heartbeats(3)
    write(tmp_path, items)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + bytes(4_096))

    reader = TapeReader(tmp_path)

    assert list(reader) == items
    assert reader.dropped_bytes == 4_096


def test_damage_in_the_middle_drops_the_rest_of_its_run_and_later_runs_go_on(tmp_path):
    first = [(1 + 20 * index, block(20)) for index in range(30)]
    later = heartbeats(3, first=700)
    write(tmp_path, first, segment_bytes=4_000)
    sizes = {file: file.stat().st_size for file in sorted(tmp_path.iterdir())}
    write(tmp_path, later, epoch=2)
    second = list(sizes)[1]
    second.write_bytes(second.read_bytes()[:-1])

    reader = TapeReader(tmp_path)
    read = list(reader)

    assert read[-3:] == later
    assert same(read[:-3], first[: len(read) - 3])
    (dropped,) = reader.dropped
    assert dropped.file == second
    assert dropped.bytes == sum(list(sizes.values())[1:]) - 1 - dropped.offset


@pytest.mark.parametrize("missing", [0, 2])
def test_a_missing_file_ends_its_run(tmp_path, missing):
    items = [(1 + 20 * index, block(20)) for index in range(30)]
    write(tmp_path, items, segment_bytes=4_000)
    files = sorted(tmp_path.iterdir())
    size = sum(file.stat().st_size for file in files[missing + 1 :])
    files[missing].unlink()

    reader = TapeReader(tmp_path)
    read = list(reader)

    assert same(read, items[: len(read)])
    assert (len(read) > 0) == (missing > 0)
    assert reader.dropped_bytes == size


def test_the_last_seq_counts_the_messages_of_the_last_block(tmp_path):
    assert tape.last_seq(tmp_path) == 0

    write(tmp_path, [*heartbeats(4), (5, block(20).part(3, 13))])

    assert tape.last_seq(tmp_path) == 14
    write(tmp_path, [], epoch=2)
    assert tape.last_seq(tmp_path) == 14


def test_an_item_of_a_newer_bot_is_one_clear_error(tmp_path):
    body = tape._HEAD.pack(tape.EVENT, 9) + b'{"type":"Eclipse","ts_recv":1,"ts_venue":1}'
    (tmp_path / tape.file_name(1, 1)).write_bytes(tape.MAGIC + tape.sealed(body) + body)

    with pytest.raises(JournalError, match=r"tape seq 9: got .*Eclipse"):
        list(TapeReader(tmp_path))


def test_what_waits_is_written_within_a_moment_without_being_asked(tmp_path):
    writer = TapeWriter(tmp_path, 1)
    items = heartbeats(3)
    for seq, item in items:
        writer.append(seq, item)

    deadline = time.monotonic() + 5
    while list(TapeReader(tmp_path)) != items and time.monotonic() < deadline:
        time.sleep(0.02)

    assert list(TapeReader(tmp_path)) == items
    writer.close()


def test_a_tape_whose_disk_does_not_keep_up_ends_with_a_clear_error(tmp_path):
    writer = TapeWriter(tmp_path, 1, waiting_bytes_max=1_000)
    big = block(100)

    with pytest.raises(JournalError, match="more than 1000 bytes waiting"):
        writer.append(1, big)
    with pytest.raises(JournalError, match="more than 1000 bytes waiting"):
        writer.append(2, heartbeats(1)[0][1])
    writer.close()


DISK_OF_64_KB = """
import resource, sys
from pathlib import Path
from bot.errors import JournalError
from bot.journal.tape_writer import TapeWriter
from tests.journal.samples import block

resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, resource.RLIM_INFINITY))
writer = TapeWriter(Path(sys.argv[1]), 1)
try:
    for seq in range(1, 100_001, 100):
        writer.append(seq, block(100))
        writer.flush()
except JournalError as error:
    print(error.exit_code, error)
writer.close()
"""


def test_a_full_disk_ends_the_tape_and_leaves_what_was_written(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", DISK_OF_64_KB, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    reader = TapeReader(tmp_path)
    read = list(reader)

    assert run.stdout.startswith("11 error[journal]")
    assert len(read) >= 5
    assert same(read, [(1 + 100 * index, block(100)) for index in range(len(read))])


def test_a_thousand_messages_are_taken_in_within_a_hundred_microseconds(tmp_path):
    writer = TapeWriter(tmp_path, 1)
    thousand = block(1_000, rows=6)
    costs = []

    for index in range(30):
        start = time.thread_time_ns()
        writer.append(1 + 1_000 * index, thousand)
        costs.append(time.thread_time_ns() - start)
        writer.flush()
    writer.close()

    assert sorted(costs)[len(costs) // 2] < 100_000
