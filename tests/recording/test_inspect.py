"""What a recording is said to hold is what it holds."""

from decimal import Decimal
from pathlib import Path

from bot.model.event import FundingRate
from bot.model.units import NS_PER_SECOND
from bot.recording.inspect import Hole, find_holes, inspect, list_recordings
from bot.recording.parquet import RecordingWriter
from bot.recording.reader import Recording
from bot.tape.rows import ESTIMATED, GAP, TOUCH
from tests.recording.tapes import (
    BTC_PERP,
    ETH_PERP,
    START_NS,
    block_of,
    random_history,
    snapshot,
    trade,
)

MINUTE_NS = 60 * NS_PER_SECOND


def second(count: float) -> int:
    return START_NS + int(count * NS_PER_SECOND)


HISTORY = [
    snapshot(second(0)),
    trade(second(1)),
    (second(2), second(1), GAP, ()),
    trade(second(3)),
    (second(4), second(4), GAP, ()),
    snapshot(second(70)),
    (second(71), second(71), ESTIMATED, ((TOUCH, 1, 5, 5), (TOUCH, -1, 6, 5))),
    (second(200), second(200), GAP, ()),
]


def write(folder: Path, history=HISTORY, instrument=BTC_PERP, group_rows=1000) -> Recording:
    with RecordingWriter(
        folder, [instrument], clock_offset_ns=7, origin="a test", group_rows=group_rows
    ) as writer:
        writer.write(block_of(history, instrument))
        writer.write_event(
            FundingRate(
                ts_recv=second(300),
                ts_venue=second(300),
                instrument=instrument.id,
                rate=Decimal("0.0001"),
                settles_ns=second(300),
                settled=True,
            )
        )
    return Recording.open(folder)


def test_a_report_counts_everything(tmp_path):
    recording = write(tmp_path)

    report = inspect(recording, silence_ns_max=MINUTE_NS)

    (btc,) = report.instruments
    assert (report.first_ns, report.last_ns) == (second(0), second(300))
    assert report.clock_offset_ns == 7
    assert report.bytes == btc.bytes == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert btc.instrument == BTC_PERP.id
    assert btc.rows == {"level": 4, "trade": 2, "touch": 2}
    assert btc.events == {"FundingRate": 1}
    assert (btc.files, btc.messages, btc.snapshots, btc.estimated) == (2, 8, 2, 1)
    assert (btc.clock_offsets_ns, btc.origins) == ([7], ["a test"])


def test_holes_are_gaps_until_the_next_snapshot_and_silences(tmp_path):
    for group_rows in (1, 3, 1000):
        folder = tmp_path / str(group_rows)
        (source,) = write(folder, group_rows=group_rows).sources()

        holes = find_holes(source, silence_ns_max=MINUTE_NS)

        assert holes == [
            Hole(BTC_PERP.id, "gap", second(1), second(70)),
            Hole(BTC_PERP.id, "silence", second(4), second(70)),
            Hole(BTC_PERP.id, "silence", second(71), second(200)),
            Hole(BTC_PERP.id, "gap", second(71), None),
        ]
        assert (
            inspect(Recording.open(folder), silence_ns_max=MINUTE_NS).instruments[0].holes == holes
        )


def test_a_silence_of_just_the_bound_is_no_hole(tmp_path):
    recording = write(tmp_path, [snapshot(second(0)), trade(second(60)), trade(second(120.1))])

    holes = find_holes(recording.sources()[0], silence_ns_max=MINUTE_NS)

    assert [hole.since_ns for hole in holes] == [second(60)]


def test_a_listing_shows_every_recording_and_names_the_damaged(tmp_path):
    write(tmp_path / "a", random_history(10))
    write(tmp_path / "b" / "c", random_history(10), ETH_PERP)
    write(tmp_path / "d")
    for path in (tmp_path / "d").iterdir():
        path.write_bytes(b"PAR1")

    listing = list_recordings(tmp_path)

    assert [summary.folder.name for summary in listing] == ["a", "c", "d"]
    assert [summary.instruments for summary in listing] == [[BTC_PERP.id], [ETH_PERP.id], []]
    assert listing[0].first_ns == START_NS
    assert [summary.damage is None for summary in listing] == [True, True, False]
    assert "expected a whole Parquet file" in (listing[2].damage or "")
    assert list_recordings(tmp_path / "absent") == []
