"""One clock offset for all that one recorder wrote, so that nothing is known before it happened."""

import pytest

from bot.model.units import NS_PER_MS
from bot.recording.clock import measure, offset_for, stamp_of
from bot.recording.raw import read_frames
from tests.recording.tapes import START_NS

START_MS = START_NS // NS_PER_MS


@pytest.mark.parametrize(
    ("frame", "milliseconds"),
    [
        (
            b'{"stream":"x@trade","data":{"e":"trade","E":1723161257687,"T":1723161257679}}',
            1723161257679,
        ),
        (
            b'{"stream":"x@depth","data":{"e":"depthUpdate","E":1723161255208,"s":"X"}}',
            1723161255208,
        ),
        (b'{"lastUpdateId": 1, "E": 1680652700590, "T": 1680652700580, "bids": []}', 1680652700580),
        (b'{"e":"forceOrder","E":1723161255208,"o":{"s":"X","T":1723161255201}}', 1723161255201),
        # The next settlement and the end of a candle lie in the future.
        (b'{"e":"markPriceUpdate","E":1680652701000,"T":1680652800000}', 1680652701000),
        (
            b'{"e":"kline","E":1680652701000,"k":{"t":1680652700000,"T":1680652800000}}',
            1680652701000,
        ),
    ],
)
def test_a_frame_is_stamped_by_its_match_else_by_its_sending(frame, milliseconds):
    assert stamp_of(frame) == milliseconds * NS_PER_MS


@pytest.mark.parametrize(
    "frame",
    [b'{"stream":"x@bookTicker","data":{"u":5,"s":"X"}}', b'{"lastUpdateId":5}', b'{"E":7}'],
)
def test_a_frame_without_a_time_says_nothing(frame):
    assert stamp_of(frame) is None


def test_microseconds_are_understood():
    assert (
        stamp_of(b'{"e":"trade","E":1723161257687123,"T":1723161257679456}') == 1723161257679456000
    )


@pytest.mark.parametrize(
    ("lead_ns", "offset_ns"),
    [(1_274_000_000, 1_275_000_000), (-5_000_000, 1_000_000), (None, 1_000_000)],
)
def test_the_offset_covers_the_largest_lead_and_the_least_latency(lead_ns, offset_ns):
    assert offset_for(lead_ns) == offset_ns


def test_all_files_of_a_recorder_share_the_largest_lead(tmp_path):
    for name, lead_ms in (("one", 3), ("two", 1_270), ("three", -40)):
        line = b'%d {"e":"trade","E":%d}\n' % (START_NS, START_MS + lead_ms)
        (tmp_path / name).write_bytes(line)

    offset = measure(sorted(tmp_path.iterdir()))

    assert offset.lead_ns == 1_270 * NS_PER_MS
    assert offset.offset_ns == 1_271 * NS_PER_MS
    assert (offset.frames, offset.stamped) == (3, 3)


def test_what_comes_before_damage_counts(tmp_path):
    path = tmp_path / "torn"
    path.write_bytes(b'%d {"E":%d}\n%d {"E"' % (START_NS, START_MS + 7, START_NS))

    assert measure([path]).lead_ns == 7 * NS_PER_MS


def test_the_recorded_files_of_august_2024_share_one_offset(recordings):
    paths = sorted((recordings / "binance-l2-2024-08-08").glob("*/*.gz"))

    together = measure(paths)
    alone = [measure([path]).offset_ns for path in paths]

    assert len(paths) == 6
    assert together.frames == 332_200
    assert together.offset_ns == max(alone)
    assert all(1_250_000_000 < offset < 1_280_000_000 for offset in alone)
    assert together.offset_ns == 1_275_761_454


def test_no_recorded_frame_is_known_before_it_happened_once_the_offset_is_added(recordings):
    path = recordings / "binance-l2-2023-04-04" / "usdm" / "btcusdt_20230404.dat.gz"
    offset = measure([path])

    latencies = [
        ts_recv + offset.offset_ns - stamp
        for _, ts_recv, frame in read_frames(path)
        if (stamp := stamp_of(frame)) is not None
    ]

    assert len(latencies) == 13_384
    assert min(latencies) == NS_PER_MS
