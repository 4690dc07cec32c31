"""Captures become a recording through decoders; what is good is kept, what is not is named."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import Struct

from bot.errors import DataError, JournalError, UsageError
from bot.feeds.binance.decoder import BinanceDecoder
from bot.feeds.binance.instruments import stated_instrument
from bot.model.event import Event, FundingRate
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_MS, NS_PER_SECOND
from bot.recording.importers.captures import Capture, import_captures
from bot.recording.importers.stream import BLOCK_ROWS
from bot.recording.inspect import inspect
from bot.recording.reader import Recording
from bot.tape.builder import BlockBuilder
from bot.tape.rows import LEVEL, SNAPSHOT, TRADE
from tests.recording.tapes import BTC_PERP, BTC_SPOT, ETH_PERP, START_NS, messages_of


class Counts(Struct):
    frames: int = 0
    foreign: int = 0
    snapshots: int = 0
    depth_held: int = 0


class PlainDecoder:
    """A venue that sends `{"s":symbol,"T":ms,...}` with whole ticks and lots."""

    def __init__(self, instrument: Instrument, builder: BlockBuilder, events: list[Event]) -> None:
        self.counters = Counts()
        self._instrument = instrument
        self._builder = builder
        self._events = events

    def decode(self, ts_recv: int, frame: bytes) -> None:
        try:
            said = json.loads(frame)
        except ValueError as error:
            raise DataError("frame", str(error), "JSON", "copy the capture again") from error
        self.counters.frames += 1
        ts_venue = said["T"] * NS_PER_MS
        if said["s"] != self._instrument.base:
            self.counters.foreign += 1
        elif "rate" in said:
            self._events.append(
                FundingRate(
                    ts_recv=ts_recv,
                    ts_venue=ts_venue,
                    instrument=self._instrument.id,
                    rate=Decimal(said["rate"]),
                    settles_ns=ts_venue,
                    settled=False,
                )
            )
        elif "book" in said:
            self.counters.snapshots += 1
            self._builder.begin(ts_recv, ts_venue, flags=SNAPSHOT)
            for side, price, size in said["book"]:
                self._builder.row(LEVEL, side, price, size)
            self._builder.end()
        elif "change" in said:
            self.counters.depth_held += 1
        else:
            self._builder.trade(ts_recv, ts_venue, 1, said["p"], said["q"])


def capture(path: Path, *said: tuple[int, dict], instrument: Instrument = BTC_PERP) -> Capture:
    """A gzip of frames received so many ms after the start, a quarter second before their T."""
    lines = [
        b"%d %s\n"
        % (
            START_NS + ms * NS_PER_MS,
            json.dumps(
                {"s": instrument.base, "T": START_NS // NS_PER_MS + ms + 250} | frame
            ).encode(),
        )
        for ms, frame in said
    ]
    path.write_bytes(gzip.compress(b"".join(lines)))
    return Capture(path, instrument)


def sold(price: int) -> dict:
    return {"p": price, "q": 1}


BOOK = {"book": [[1, 100, 5], [-1, 101, 5]]}


def prices_of(folder: Path, instrument: Instrument = BTC_PERP) -> list[int]:
    (source,) = Recording.open(folder).sources([instrument.id])
    return [rows[0][2] for *_, rows in messages_of(source.blocks())]


def test_frames_become_messages_and_events_with_the_offset_added(tmp_path):
    one = capture(tmp_path / "one.gz", (0, BOOK), (10, sold(101)), (20, {"rate": "0.0001"}))

    done = import_captures([one], tmp_path / "out", PlainDecoder)

    (source,) = Recording.open(tmp_path / "out").sources()
    assert done.clock_offset_ns == 251 * NS_PER_MS
    assert messages_of(source.blocks()) == [
        (
            START_NS + 251 * NS_PER_MS,
            START_NS + 250 * NS_PER_MS,
            SNAPSHOT,
            ((LEVEL, 1, 100, 5), (LEVEL, -1, 101, 5)),
        ),
        (START_NS + 261 * NS_PER_MS, START_NS + 260 * NS_PER_MS, 0, ((TRADE, 1, 101, 1),)),
    ]
    assert [event.ts_recv for event in source.events()] == [START_NS + 271 * NS_PER_MS]
    tally = done.instruments[BTC_PERP.id]
    assert (tally.frames, tally.messages, tally.rows, tally.events) == (3, 2, 3, 1)
    assert tally.decoded == {"frames": 3, "foreign": 0, "snapshots": 1, "depth_held": 0}


def test_instruments_imported_together_share_one_offset(tmp_path):
    btc = capture(tmp_path / "btc.gz", (0, BOOK))
    late = {"T": START_NS // NS_PER_MS + 900}
    eth = capture(tmp_path / "eth.gz", (0, BOOK | late), instrument=ETH_PERP)

    done = import_captures([btc, eth], tmp_path / "out", PlainDecoder)

    recording = Recording.open(tmp_path / "out")
    assert recording.clock_offset_ns == done.clock_offset_ns == 901 * NS_PER_MS
    assert [next(source.blocks()).first_ns - START_NS for source in recording.sources()] == [
        901 * NS_PER_MS
    ] * 2


def test_other_files_of_the_recorder_count_for_the_offset_only(tmp_path):
    btc = capture(tmp_path / "btc.gz", (0, BOOK))
    other = capture(tmp_path / "other.gz", (0, {"T": START_NS // NS_PER_MS + 900}))

    alone = import_captures([btc], tmp_path / "alone", PlainDecoder)
    beside = import_captures(
        [btc], tmp_path / "beside", PlainDecoder, others=[btc.path, other.path]
    )

    assert alone.clock_offset_ns == 251 * NS_PER_MS
    assert beside.clock_offset_ns == 901 * NS_PER_MS
    assert beside.instruments[BTC_PERP.id].frames == 1


def test_files_of_one_instrument_follow_each_other_in_time(tmp_path):
    later = capture(tmp_path / "a.gz", (1000, sold(3)))
    earlier = capture(tmp_path / "b.gz", (0, BOOK), (500, sold(2)))

    import_captures([later, earlier], tmp_path / "out", PlainDecoder)

    assert prices_of(tmp_path / "out") == [100, 2, 3]


def test_a_small_step_back_of_the_clock_is_clamped_and_counted(tmp_path):
    one = capture(tmp_path / "one.gz", (0, BOOK), (500, sold(1)), (400, sold(2)), (600, sold(3)))

    done = import_captures([one], tmp_path / "out", PlainDecoder)

    (source,) = Recording.open(tmp_path / "out").sources()
    times = [
        message[0] - done.clock_offset_ns - START_NS for message in messages_of(source.blocks())
    ]
    assert times == [0, 500 * NS_PER_MS, 500 * NS_PER_MS, 600 * NS_PER_MS]
    assert done.instruments[BTC_PERP.id].clamped == 1


def test_lines_in_the_wrong_order_are_named(tmp_path):
    one = capture(tmp_path / "one.gz", (0, BOOK), (5000, sold(1)), (100, sold(2)))

    with pytest.raises(DataError, match=r"one\.gz line 3 receive time: got .*sort the lines"):
        import_captures([one], tmp_path / "out", PlainDecoder)

    assert prices_of(tmp_path / "out") == [100, 1]


def test_damage_keeps_what_came_before_and_the_other_files(tmp_path):
    torn = capture(tmp_path / "torn.gz", (0, BOOK), *((i, sold(i)) for i in range(1, 2000)))
    torn.path.write_bytes(torn.path.read_bytes()[:-300])
    whole = capture(tmp_path / "whole.gz", (0, BOOK), (1, sold(7)), instrument=ETH_PERP)

    with pytest.raises(DataError) as caught:
        import_captures([torn, whole], tmp_path / "out", PlainDecoder)

    kept = prices_of(tmp_path / "out")
    assert kept == [100, *range(1, len(kept))]
    assert len(kept) > 1000
    assert prices_of(tmp_path / "out", ETH_PERP) == [100, 7]
    assert caught.value.exit_code == 3
    assert f"torn.gz line {len(kept) + 1}: got" in str(caught.value)
    assert f"kept in {tmp_path / 'out'}: {BTC_PERP.id} {len(kept)} messages" in str(caught.value)


def test_broken_json_is_named_by_its_line(tmp_path):
    one = capture(tmp_path / "one.gz", (0, BOOK), (1, sold(1)))
    broken = b'%d {"s":"BTC","p":{"s":"BTC"}\n' % (START_NS + NS_PER_SECOND)
    one.path.write_bytes(gzip.compress(gzip.decompress(one.path.read_bytes()) + broken))

    with pytest.raises(
        DataError, match=r"one\.gz line 3 frame: got .*expected JSON; copy.*kept in"
    ):
        import_captures([one], tmp_path / "out", PlainDecoder)

    assert prices_of(tmp_path / "out") == [100, 1]


def test_several_damaged_files_are_counted(tmp_path):
    captures = [
        capture(tmp_path / "a.gz", (0, BOOK)),
        capture(tmp_path / "b.gz", (0, BOOK), instrument=ETH_PERP),
    ]
    for each in captures:
        each.path.write_bytes(each.path.read_bytes()[:-5])

    with pytest.raises(DataError, match=r"a\.gz line 2: .*; 1 more files are damaged; kept in"):
        import_captures(captures, tmp_path / "out", PlainDecoder)


def test_a_file_damaged_at_its_first_line_is_one_fault_and_not_two(tmp_path):
    one = Capture(tmp_path / "one.gz", BTC_SPOT)
    one.path.write_bytes(b"hello world\n")

    with pytest.raises(DataError, match=r"line 1: got \"hello\"") as refused:
        import_captures([one], tmp_path / "out", PlainDecoder)

    assert "more files are damaged" not in str(refused.value)


def test_changes_without_a_snapshot_are_an_error_but_trades_are_kept(tmp_path):
    one = capture(tmp_path / "one.gz", (0, {"change": 1}), (1, sold(5)))

    with pytest.raises(DataError, match="got 1 changes of the book and no snapshot"):
        import_captures([one], tmp_path / "out", PlainDecoder)

    assert prices_of(tmp_path / "out") == [5]


def test_frames_of_another_symbol_are_an_error(tmp_path):
    eth = capture(tmp_path / "eth.gz", (0, BOOK), (1, sold(5)), instrument=ETH_PERP)

    with pytest.raises(DataError, match=r"got 2 of 2 frames of other symbols, expected .*BTC/USDT"):
        import_captures([Capture(eth.path, BTC_SPOT)], tmp_path / "out", PlainDecoder)

    assert list((tmp_path / "out").glob("*")) == []


def test_a_long_capture_is_handed_over_in_blocks(tmp_path):
    count = BLOCK_ROWS + 10
    one = capture(tmp_path / "one.gz", *((0, sold(i)) for i in range(count)))

    import_captures([one], tmp_path / "out", PlainDecoder)

    assert prices_of(tmp_path / "out") == list(range(count))


def test_a_second_import_into_the_same_folder_is_refused(tmp_path):
    one = capture(tmp_path / "one.gz", (0, BOOK))
    import_captures([one], tmp_path / "out", PlainDecoder)

    with pytest.raises(UsageError, match="already there"):
        import_captures([one], tmp_path / "out", PlainDecoder)

    import_captures([one], tmp_path / "out", PlainDecoder, replace=True)


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path):
    one = capture(tmp_path / "one.gz", (0, BOOK))
    (tmp_path / "out").write_text("in the way")

    with pytest.raises(JournalError) as caught:
        import_captures([one], tmp_path / "out", PlainDecoder)

    assert caught.value.exit_code == 11


def test_an_empty_capture_is_an_error(tmp_path):
    empty = capture(tmp_path / "empty.gz")

    with pytest.raises(DataError, match=r"empty\.gz: got no frames"):
        import_captures([empty], tmp_path / "out", PlainDecoder)


def test_recorded_frames_pass_through_the_decoders_of_the_live_feeds(recordings, tmp_path):
    folder = recordings / "binance-l2-2024-08-08"
    cent = Decimal("0.01")
    spot = stated_instrument("binance", "ETH/USDT", tick=cent, lot=Decimal("0.0001"))
    coin = stated_instrument(
        "binancecoinm", "ETH/USD:ETH", tick=cent, lot=Decimal(1), contract_size=Decimal(10)
    )
    captures = [
        Capture(folder / "cm" / "ethusd_perp_20240808.gz", coin),
        Capture(folder / "spot" / "ethusdt_20240808.gz", spot),
    ]

    done = import_captures(captures, tmp_path / "out", BinanceDecoder)

    recording = Recording.open(tmp_path / "out")
    frames = {name: tally.frames for name, tally in done.instruments.items()}
    assert frames == {coin.id: 40_454, spot.id: 33_618}
    assert recording.clock_offset_ns == 1_275_537_754
    report = inspect(recording, silence_ns_max=5 * NS_PER_SECOND)
    for read in report.instruments:
        tally = done.instruments[read.instrument]
        assert (read.messages, sum(read.rows.values())) == (tally.messages, tally.rows)
        assert read.messages > 0.99 * tally.frames
        assert read.snapshots == 1
        assert read.holes == []
    estimated = {read.instrument: read.estimated for read in report.instruments}
    assert estimated[coin.id] == 0
    assert estimated[spot.id] > 24_000  # spot's touch carries no time
