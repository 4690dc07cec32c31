"""Captures are read line by line; what is good is yielded before any damage is named."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DataError, JournalError, NotFoundError, UsageError
from bot.recording.raw import RawWriter, nanoseconds, read_frames
from tests.recording.disks import full_after
from tests.recording.tapes import START_NS

FRAMES = [(START_NS + i, b'{"e":"trade","t":%d}' % i) for i in range(50)]


def lines_of(frames: list[tuple[int, bytes]]) -> bytes:
    return b"".join(b"%d %s\n" % frame for frame in frames)


def read_until_damage(path: Path) -> tuple[list[tuple[int, bytes]], DataError]:
    good = []
    with pytest.raises(DataError) as caught:  # noqa: PT012 - what came before is the point
        for _, ts_recv, frame in read_frames(path):
            good.append((ts_recv, frame))
    return good, caught.value


@pytest.mark.parametrize("name", ["capture.gz", "capture.dat", "capture"])
@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_gzip_and_plain_are_told_apart_by_what_is_in_them(tmp_path, name, pack):
    path = tmp_path / name
    path.write_bytes(pack(lines_of(FRAMES)))

    read = list(read_frames(path))

    assert read == [(i + 1, ts, frame) for i, (ts, frame) in enumerate(FRAMES)]


@pytest.mark.parametrize("unit_ns", [1, 1_000, 1_000_000])
def test_times_are_told_apart_by_their_digits(tmp_path, unit_ns):
    whole = START_NS // 10**9 * 10**9
    path = tmp_path / "capture"
    path.write_bytes(b"%d {}\n" % (whole // unit_ns))

    assert [ts for _, ts, _ in read_frames(path)] == [whole]


def test_a_time_in_seconds_is_no_receive_time():
    with pytest.raises(ValueError, match="expected a time in ns"):
        nanoseconds(1_723_161_256)


def test_a_truncated_gzip_gives_its_whole_lines_and_one_error(tmp_path):
    path = tmp_path / "capture.gz"
    path.write_bytes(gzip.compress(lines_of(FRAMES * 100))[:-50])

    good, error = read_until_damage(path)

    assert len(good) > 1000
    assert good == (FRAMES * 100)[: len(good)]
    assert f"capture.gz line {len(good) + 1}: got" in str(error)
    assert "expected a whole gzip file" in str(error)


def test_a_corrupt_gzip_is_one_error_after_the_lines_before_it(tmp_path):
    path = tmp_path / "capture.gz"
    packed = bytearray(gzip.compress(lines_of(FRAMES * 1000)))
    packed[-2000:-1900] = bytes(100)
    path.write_bytes(packed)

    good, error = read_until_damage(path)

    assert good[:30_000] == (FRAMES * 1000)[:30_000]
    assert len(good) < 50_000
    assert error.exit_code == 3


def test_a_line_cut_in_the_middle_is_named_after_the_good_ones(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(lines_of(FRAMES)[:-8])

    good, error = read_until_damage(path)

    assert good == FRAMES[:-1]
    assert f'{path} line 50: got "{{\\"e\\":\\"trade\\"' in str(error)
    assert "the lines before it are good" in str(error)


@pytest.mark.parametrize(
    "line",
    [b"{}", b"abc {}", b"1723161256 {}", b"%d" % START_NS, b"%d {" % START_NS, b"%d {]" % START_NS],
)
def test_a_line_that_is_no_frame_is_named(tmp_path, line):
    path = tmp_path / "capture"
    path.write_bytes(lines_of(FRAMES[:3]) + line + b"\n" + lines_of(FRAMES[3:]))

    good, error = read_until_damage(path)

    assert good == FRAMES[:3]
    assert error.where == f"{path} line 4"


def test_blank_lines_are_passed_over(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(b"\n" + lines_of(FRAMES[:1]) + b"\r\n\n" + lines_of(FRAMES[1:2]))

    assert [number for number, _, _ in read_frames(path)] == [2, 5]


def test_a_capture_that_is_absent_is_not_found(tmp_path):
    with pytest.raises(NotFoundError, match="No such file"):
        next(read_frames(tmp_path / "absent"))


def test_progress_names_the_file_and_grows(tmp_path):
    path = tmp_path / "capture.gz"
    path.write_bytes(gzip.compress(lines_of(FRAMES * 1000)))
    seen = []

    list(read_frames(path, lambda name, done: seen.append((name, done))))

    assert len(seen) == 50_000 // 8_192
    assert {name for name, _ in seen} == {"capture.gz"}
    assert [done for _, done in seen] == sorted(done for _, done in seen)
    assert 0 < seen[0][1] < seen[-1][1] <= 1


@given(
    frames=st.lists(
        st.tuples(
            st.integers(10**18, 2**63 - 1),
            st.dictionaries(st.text(), st.text(), max_size=3),
        ),
        max_size=8,
    )
)
def test_recorded_frames_come_back(tmp_path_factory, frames):
    path = tmp_path_factory.mktemp("raw") / "capture.gz"
    recorded = [(ts, json.dumps(frame).encode()) for ts, frame in frames]

    with RawWriter(path) as writer:
        for ts, frame in recorded:
            writer.write(ts, frame)

    assert [(ts, frame) for _, ts, frame in read_frames(path)] == recorded


def test_a_pretty_printed_answer_becomes_one_line(tmp_path):
    path = tmp_path / "capture.gz"

    with RawWriter(path) as writer:
        writer.write(START_NS, b'{\n  "lastUpdateId": 1\n}')

    assert [frame for _, _, frame in read_frames(path)] == [b'{   "lastUpdateId": 1 }']


def test_what_was_flushed_survives_a_crash(tmp_path):
    path = tmp_path / "capture.gz"
    writer = RawWriter(path)
    for ts, frame in FRAMES:
        writer.write(ts, frame)

    writer.flush()
    torn = tmp_path / "torn.gz"
    torn.write_bytes(path.read_bytes())
    writer.close()

    good, _ = read_until_damage(torn)
    assert good == FRAMES


def test_a_capture_is_never_overwritten(tmp_path):
    path = tmp_path / "capture.gz"
    RawWriter(path).close()

    with pytest.raises(UsageError, match="already there"):
        RawWriter(path)


def test_a_full_disk_is_one_clear_error(tmp_path):
    writer = RawWriter(tmp_path / "capture.gz", create=full_after(20))
    writer.write(START_NS, b'{"e":"trade"}')

    with pytest.raises(JournalError, match=r"capture\.gz: got \"No space left on device\""):
        writer.flush()
    with pytest.raises(JournalError):
        writer.close()
