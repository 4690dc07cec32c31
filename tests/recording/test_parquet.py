"""A recording gives back what was written, however it was cut, and never anything impossible."""

import io
import itertools
import json
import pickle
import tracemalloc
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DataError, JournalError, NotFoundError, UsageError
from bot.model.event import Event, FeedLost, FundingRate, InstrumentChanged, Liquidation, Side
from bot.model.units import NS_PER_HOUR, NS_PER_MS
from bot.recording.parquet import RecordingWriter
from bot.recording.reader import Recording
from bot.recording.schema import NS_PER_DAY, Period, period_of
from bot.tape.rows import GAP, LEVEL, TRADE
from tests.recording.disks import full_after
from tests.recording.tapes import (
    BTC_PERP,
    BTC_SPOT,
    ETH_PERP,
    START_NS,
    Message,
    block_of,
    messages,
    messages_of,
    random_history,
    snapshot,
    trade,
    writable,
)


def write(folder: Path, *histories: list[Message], group_rows: int = 1000, **more) -> list[Path]:
    """Write histories of the perpetual, a block each."""
    instruments = more.pop("instruments", [BTC_PERP])
    settings = {"clock_offset_ns": 1_275_761_454, "origin": "a test"} | more
    with RecordingWriter(folder, instruments, group_rows=group_rows, **settings) as writer:
        for history in histories:
            writer.write(block_of(history))
    return writer.files


def read(folder: Path) -> list[Message]:
    """The messages of the only source."""
    (source,) = Recording.open(folder).sources()
    return messages_of(source.blocks())


def funding(ts: int, rate: str = "0.0001", settled: bool = True) -> FundingRate:
    return FundingRate(
        ts_recv=ts,
        ts_venue=ts,
        instrument=BTC_PERP.id,
        rate=Decimal(rate),
        settles_ns=ts,
        settled=settled,
    )


@given(history=messages(), group_rows=st.integers(1, 40))
def test_any_messages_come_back_as_they_were_written(tmp_path_factory, history, group_rows):
    folder = tmp_path_factory.mktemp("recording")

    write(folder, history, group_rows=group_rows)

    assert read(folder) == history


@given(history=messages(), cuts=st.lists(st.integers(0, 30), max_size=4))
def test_files_do_not_depend_on_how_the_stream_was_cut(tmp_path_factory, history, cuts):
    folder = tmp_path_factory.mktemp("recording")
    edges = sorted({0, len(history), *(cut for cut in cuts if cut < len(history))})

    whole = write(folder / "whole", history, group_rows=7)
    cut = write(folder / "cut", *(history[a:b] for a, b in itertools.pairwise(edges)), group_rows=7)

    assert [path.read_bytes() for path in sorted(cut)] == [
        path.read_bytes() for path in sorted(whole)
    ]


@pytest.mark.parametrize("group_rows", [1, 7, 100, 10_000])
def test_row_groups_of_any_size_hold_the_same_tape(tmp_path, group_rows):
    history = random_history(800)

    (path,) = write(tmp_path, history, group_rows=group_rows)

    groups = pq.ParquetFile(path).num_row_groups
    assert groups == 1 if group_rows == 10_000 else groups > 30
    assert read(tmp_path) == history


def test_a_block_is_a_row_group_and_fits_the_kernels(tmp_path):
    write(tmp_path, random_history(800), group_rows=100)

    (source,) = Recording.open(tmp_path).sources()
    blocks = list(source.blocks())

    assert len(blocks) > 10
    assert all(block.rows < 120 for block in blocks)  # the group, and the rest of its last message
    assert all(writable(block) for block in blocks)


def test_reading_holds_one_row_group_whatever_the_length(tmp_path):
    def peak(folder: Path, count: int) -> int:
        write(folder, random_history(count), group_rows=500)
        (source,) = Recording.open(folder).sources()
        for _ in source.blocks():  # warm the imports and caches
            break
        tracemalloc.start()
        rows = sum(block.rows for block in source.blocks())
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert rows > count
        return used

    short, long = peak(tmp_path / "short", 1_000), peak(tmp_path / "long", 10_000)

    assert long < 1.5 * short


def test_a_day_begins_at_midnight_utc(tmp_path):
    midnight = (START_NS // NS_PER_DAY + 1) * NS_PER_DAY
    history = [snapshot(midnight - 1), trade(midnight), trade(midnight + 1)]

    files = write(tmp_path, history)

    assert [path.name for path in sorted(files)] == [
        "binanceusdm%3ABTC%2FUSDT%3AUSDT.2024-08-08.rows.parquet",
        "binanceusdm%3ABTC%2FUSDT%3AUSDT.2024-08-09.rows.parquet",
    ]
    assert read(tmp_path) == history


def test_a_thin_tape_may_have_a_file_a_year(tmp_path):
    history = [snapshot(START_NS + day * NS_PER_DAY) for day in range(200)]

    files = write(tmp_path, history, period=Period.YEAR)

    assert [path.name.split(".")[1] for path in sorted(files)] == ["2024", "2025"]
    assert read(tmp_path) == history


def test_periods_end_where_the_next_begins():
    leap = 1_709_164_800 * 10**9  # 2024-02-29

    assert period_of(leap + 5, Period.DAY) == ("2024-02-29", leap + NS_PER_DAY)
    assert period_of(leap, Period.YEAR) == ("2024", 1_735_689_600 * 10**9)


def test_a_block_of_several_instruments_is_taken_apart(tmp_path):
    history = random_history(40)
    block = block_of(history)
    block.instrument[::3] = 1
    mixed = msgspec.structs.replace(block, instruments=(BTC_PERP.id, ETH_PERP.id))

    with RecordingWriter(
        tmp_path, [BTC_PERP, ETH_PERP], clock_offset_ns=None, origin="a test"
    ) as writer:
        writer.write(mixed)

    btc, eth = Recording.open(tmp_path).sources()
    assert messages_of(eth.blocks()) == history[::3]
    assert messages_of(btc.blocks()) == [m for i, m in enumerate(history) if i % 3]


def test_any_parquet_reader_can_use_the_columns(tmp_path):
    (path,) = write(tmp_path, [snapshot(START_NS), (START_NS + 1, START_NS, GAP, ())])

    table = pq.read_table(path)

    assert (
        table.schema.types == [pa.int64()] * 3 + [pa.int32()] + [pa.int8()] * 2 + [pa.int64()] * 2
    )
    assert table.to_pydict() == {
        "message": [0, 0, 1],
        "ts_recv": [START_NS, START_NS, START_NS + 1],
        "ts_venue": [START_NS - NS_PER_MS, START_NS - NS_PER_MS, START_NS],
        "flags": [1, 1, 2],
        "kind": [LEVEL, LEVEL, -1],
        "side": [1, -1, 0],
        "price": [617_000, 617_010, 0],
        "size": [5, 5, 0],
    }
    metadata = pq.read_schema(path).metadata
    assert metadata[b"bot.schema"] == b"1"
    assert metadata[b"bot.clock_offset_ns"] == b"1275761454"
    assert json.loads(metadata[b"bot.instrument"])["grid"]["tick"] == "0.1"


def test_events_come_back_as_they_were_written(tmp_path):
    events: list[Event] = [
        funding(START_NS, "-0.00012345"),
        FeedLost(ts_recv=START_NS, ts_venue=START_NS, instrument=BTC_PERP.id, reason="closed"),
        Liquidation(
            ts_recv=START_NS + 5,
            ts_venue=START_NS,
            instrument=BTC_PERP.id,
            side=Side.SELL,
            price=Decimal("61700.10"),
            amount=Decimal("0.5"),
            complete=False,
        ),
        InstrumentChanged(ts_recv=START_NS + 9, ts_venue=START_NS, instrument=BTC_PERP),
        funding(START_NS + 3 * NS_PER_DAY),
    ]

    with RecordingWriter(tmp_path, [BTC_PERP], clock_offset_ns=0, origin="a test") as writer:
        for event in events:
            writer.write_event(event)

    (source,) = Recording.open(tmp_path).sources()
    assert list(source.events()) == events
    assert list(source.blocks()) == []
    assert len(writer.files) == 2
    table = pq.read_table(sorted(writer.files)[0])
    assert table.column("type").to_pylist()[:2] == ["FundingRate", "FeedLost"]
    assert json.loads(table.column("event")[0].as_py())["rate"] == "-0.00012345"


def test_a_recording_says_what_it_holds(tmp_path):
    write(tmp_path, [snapshot(START_NS), trade(START_NS + 9)])

    recording = Recording.open(tmp_path)

    assert recording.instruments == {BTC_PERP.id: BTC_PERP}
    assert recording.span == (START_NS, START_NS + 9)
    assert recording.clock_offset_ns == 1_275_761_454


def test_a_source_crosses_to_another_process(tmp_path):
    write(tmp_path, random_history(30))
    (source,) = Recording.open(tmp_path).sources()

    copy = pickle.loads(pickle.dumps(source))

    assert copy.name == BTC_PERP.id
    assert messages_of(copy.blocks()) == messages_of(source.blocks())


def test_recordings_of_one_instrument_join_in_time_whatever_their_order(tmp_path):
    early, late = random_history(20), [trade(START_NS + NS_PER_HOUR)]
    write(tmp_path / "late", late, clock_offset_ns=None)
    write(tmp_path / "early", early)

    recording = Recording.open([tmp_path / "late", tmp_path / "early"])

    (source,) = recording.sources()
    assert messages_of(source.blocks()) == early + late
    assert recording.clock_offset_ns == 1_275_761_454


def test_events_of_two_recordings_merge_the_same_in_either_order(tmp_path):
    for name, events in (
        ("predicted", [funding(START_NS, "0.0003", False), funding(START_NS + 2, "0.0004", False)]),
        ("settled", [funding(START_NS, "0.0001"), funding(START_NS + 1, "0.0002")]),
    ):
        with RecordingWriter(tmp_path / name, [BTC_PERP], clock_offset_ns=None, origin=name) as w:
            for event in events:
                w.write_event(event)

    def rates(*names: str) -> list[str]:
        (source,) = Recording.open([tmp_path / name for name in names]).sources()
        return [str(event.rate) for event in source.events()]

    assert rates("predicted", "settled") == rates("settled", "predicted")
    assert rates("predicted", "settled")[2:] == ["0.0002", "0.0004"]


def test_overlapping_rows_of_one_instrument_are_refused(tmp_path):
    write(tmp_path / "one", random_history(20))
    write(tmp_path / "two", [trade(START_NS + 5)])

    with pytest.raises(DataError, match=r"expected rows after .*one of the two recordings"):
        Recording.open([tmp_path / "one", tmp_path / "two"])


def test_instruments_that_clash_are_refused(tmp_path):
    other = msgspec.structs.replace(BTC_PERP, lot=Decimal("0.01"))
    write(tmp_path / "one", [snapshot(START_NS)])
    write(tmp_path / "two", [snapshot(START_NS + 5)], instruments=[other])

    with pytest.raises(DataError, match=r"got lot 0\.01, expected lot 0\.001 as in .*one"):
        Recording.open([tmp_path / "one", tmp_path / "two"])


def test_only_recorded_instruments_can_be_asked_for(tmp_path):
    write(tmp_path, [snapshot(START_NS)])
    recording = Recording.open(tmp_path)

    assert [source.name for source in recording.sources([BTC_PERP.id])] == [BTC_PERP.id]
    with pytest.raises(NotFoundError, match=r"binance:BTC/USDT.*expected one of binanceusdm:BTC"):
        recording.sources([BTC_SPOT.id])


def test_what_is_no_recording_is_not_found(tmp_path):
    with pytest.raises(NotFoundError, match="got nothing"):
        Recording.open(tmp_path / "absent")
    with pytest.raises(NotFoundError, match="got no recording"):
        Recording.open(tmp_path)


def forged(path: Path, metadata: dict[bytes, bytes] | None = None, **columns: list[int]) -> None:
    """Write a file again with other values, as no writer of ours would."""
    table = pq.read_table(path)
    for name, values in columns.items():
        at = table.schema.names.index(name)
        table = table.set_column(
            at, table.schema.field(at), pa.array(values, table.schema.types[at])
        )
    pq.write_table(table.replace_schema_metadata(metadata or table.schema.metadata), path)


def test_a_tape_received_before_it_happened_is_refused(tmp_path):
    (path,) = write(tmp_path, [trade(START_NS), trade(START_NS + 1)])
    forged(path, ts_venue=[START_NS, START_NS + 2])

    with pytest.raises(
        DataError, match=f"ts_recv: got {START_NS + 1}, expected not before ts_venue"
    ):
        read(tmp_path)


@pytest.mark.parametrize("group_rows", [1, 1000])
def test_a_tape_that_goes_back_in_time_is_refused(tmp_path, group_rows):
    (path,) = write(tmp_path, [trade(START_NS + i) for i in range(3)], group_rows=group_rows)
    forged(path, ts_recv=[START_NS + 7, START_NS + 8, START_NS + 6])

    with pytest.raises(DataError, match="expected not before the message ahead of it"):
        read(tmp_path)


def test_a_tape_with_messages_missing_is_refused(tmp_path):
    (path,) = write(tmp_path, [trade(START_NS + i) for i in range(3)])
    forged(path, message=[0, 1, 3])

    with pytest.raises(DataError, match="expected consecutive numbers from 0"):
        read(tmp_path)


def test_a_schema_of_another_time_is_refused(tmp_path):
    (path,) = write(tmp_path, [trade(START_NS)])
    metadata = pq.read_schema(path).metadata
    forged(path, metadata | {b"bot.schema": b"99"})

    with pytest.raises(DataError, match=r'bot\.schema: got "99", expected 1; import'):
        Recording.open(tmp_path)


def test_a_parquet_file_of_somebody_else_is_refused(tmp_path):
    pq.write_table(pa.table({"price": [1.5]}), tmp_path / "other.parquet")

    with pytest.raises(DataError, match=r"bot\.schema: got nothing"):
        Recording.open(tmp_path)


def test_a_truncated_file_is_refused(tmp_path):
    (path,) = write(tmp_path, random_history(100))
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(DataError, match="expected a whole Parquet file"):
        Recording.open(tmp_path)


def test_a_damaged_page_is_refused_after_what_was_good(tmp_path):
    (path,) = write(tmp_path, random_history(2000), group_rows=1000)
    (source,) = Recording.open(tmp_path).sources()
    spoilt = bytearray(path.read_bytes())
    middle = len(spoilt) // 2
    spoilt[middle : middle + 400] = bytes(400)
    path.write_bytes(spoilt)

    blocks = source.blocks()

    assert next(blocks).rows > 900
    with pytest.raises(DataError, match="expected a whole Parquet file"):
        list(blocks)


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    (path,) = write(tmp_path, [trade(START_NS)])
    before = path.read_bytes()

    with pytest.raises(UsageError, match="already there"):
        write(tmp_path, [trade(START_NS + 5)])

    assert path.read_bytes() == before
    write(tmp_path, [trade(START_NS + 5)], replace=True)
    assert read(tmp_path) == [trade(START_NS + 5)]


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    writer = RecordingWriter(tmp_path, [BTC_PERP], clock_offset_ns=None, origin="a test")

    writer.write(block_of([trade(START_NS)]))
    while_open = [path.suffix for path in tmp_path.iterdir()]
    writer.close()

    assert while_open == [".partial"]
    assert [path.suffix for path in tmp_path.iterdir()] == [".parquet"]


def test_a_crash_leaves_no_file_but_bad_data_keeps_the_good(tmp_path):
    def left_after(folder: Path, error: Exception) -> list[str]:
        with (
            suppress(type(error)),
            RecordingWriter(folder, [BTC_PERP], clock_offset_ns=None, origin="x") as writer,
        ):
            writer.write(block_of([trade(START_NS)]))
            raise error
        return [path.suffix for path in folder.iterdir()]

    assert left_after(tmp_path / "crash", RuntimeError("bug")) == []
    assert left_after(tmp_path / "bad", DataError("a", "b", "c", "d")) == [".parquet"]


@pytest.mark.parametrize("room", [0, 5000])
def test_a_full_disk_is_one_clear_error_and_leaves_no_half_file(tmp_path, room):
    with pytest.raises(JournalError, match=r"No space left on device.*expected a folder") as caught:
        write(tmp_path, random_history(5000), create=full_after(room))

    assert caught.value.exit_code == 11
    assert list(tmp_path.iterdir()) == []


def test_days_finished_before_the_disk_was_full_are_whole(tmp_path):
    days = [[snapshot(START_NS + day * NS_PER_DAY)] for day in range(3)]

    with pytest.raises(JournalError):
        write(tmp_path, *days, create=full_after(10_000, 10_000, 0))

    assert read(tmp_path) == days[0] + days[1]


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(JournalError, match="name another folder"):
        write(tmp_path / "file" / "recording", [trade(START_NS)])


def test_the_writer_refuses_what_the_reader_would():
    blocks = (
        block_of([trade(START_NS + 1), trade(START_NS)]),
        block_of([(START_NS, START_NS + 1, 0, ((TRADE, 1, 1, 1),))]),
    )
    for block in blocks:
        writer = RecordingWriter(
            Path("unused"),
            [BTC_PERP],
            clock_offset_ns=None,
            origin="x",
            create=lambda path: io.BytesIO(),
        )
        with pytest.raises(AssertionError):
            writer.write(block)


def test_numbers_survive_at_the_edges_of_64_bits(tmp_path):
    edge = np.iinfo(np.int64)
    history = [
        (
            START_NS,
            START_NS,
            0,
            ((LEVEL, 1, int(edge.max), int(edge.max)), (LEVEL, -1, int(edge.min), 0)),
        )
    ]

    write(tmp_path, history)

    assert read(tmp_path) == history
