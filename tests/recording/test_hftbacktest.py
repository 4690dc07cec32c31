"""Event arrays of hftbacktest, in and out again."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DataError, UsageError
from bot.model.event import FundingRate
from bot.model.units import NS_PER_MS
from bot.recording.exporters.hftbacktest import export_hftbacktest, in_both_orders
from bot.recording.importers.hftbacktest import (
    AT_EXCHANGE,
    BUYING,
    DEPTH,
    DEPTH_CLEAR,
    DEPTH_SNAPSHOT,
    EVENT,
    LOCAL,
    MARK_PRICE,
    SELLING,
    TRADED,
    import_hftbacktest,
)
from bot.recording.parquet import RecordingWriter
from bot.recording.reader import RecordedSource, Recording
from bot.tape.rows import (
    ASK,
    BID,
    GAP,
    INDEX,
    LEVEL,
    MARK,
    OPEN_INTEREST,
    SCALAR,
    SNAPSHOT,
    TOUCH,
    TRADE,
)
from tests.recording.tapes import (
    BTC_PERP,
    START_NS,
    block_of,
    messages_of,
    random_history,
    snapshot,
    trade,
)

BOTH = AT_EXCHANGE | LOCAL


def events_of(*rows: tuple) -> np.ndarray:
    """Rows of flags, venue time, receive time, price and amount; times in ns after the start."""
    events = np.zeros(len(rows), EVENT)
    for at, (ev, exch, local, px, qty) in enumerate(rows):
        events[at] = (ev, START_NS + exch, START_NS + local, px, qty, 0, 0, 0)
    return events


def stored(path: Path, events: np.ndarray) -> Path:
    np.savez_compressed(path, data=events)
    return path


def imported(folder: Path, events: np.ndarray, **given):
    path = stored(folder / "events.npz", events)
    done = import_hftbacktest(path, BTC_PERP, folder / "out", **given)
    return done, messages_of(source_in(folder / "out").blocks())


def source_in(folder: Path) -> RecordedSource:
    (source,) = Recording.open(folder).sources()
    return source


def recorded(folder: Path, history, *events) -> RecordedSource:
    with RecordingWriter(folder, [BTC_PERP], clock_offset_ns=0, origin="a test") as writer:
        writer.write(block_of(history))
        for event in events:
            writer.write_event(event)
    return source_in(folder)


def test_the_layout_is_hftbacktests():
    assert EVENT.itemsize == 64
    assert EVENT.isalignedstruct
    assert [(name, EVENT[name].str) for name in EVENT.names] == [
        ("ev", "<u8"),
        ("exch_ts", "<i8"),
        ("local_ts", "<i8"),
        ("px", "<f8"),
        ("qty", "<f8"),
        ("order_id", "<u8"),
        ("ival", "<i8"),
        ("fval", "<f8"),
    ]


def test_events_that_arrive_together_are_one_message_and_trades_stand_alone(tmp_path):
    events = events_of(
        (BOTH | DEPTH_CLEAR | BUYING, 0, 5, 61_699.9, 0),
        (BOTH | DEPTH_SNAPSHOT | BUYING, 0, 5, 61_700.0, 1.5),
        (BOTH | DEPTH_CLEAR | SELLING, 0, 5, 61_700.2, 0),
        (BOTH | DEPTH_SNAPSHOT | SELLING, 0, 5, 61_700.1, 0.001),
        (BOTH | TRADED | SELLING, 6, 7, 61_700.0, 0.5),
        (BOTH | TRADED | SELLING, 6, 7, 61_700.0, 0.25),
        (BOTH | DEPTH | BUYING, 6, 7, 61_700.0, 0.75),
        (BOTH | DEPTH | SELLING, 6, 7, 61_700.1, 0),
        (BOTH | DEPTH | SELLING, 8, 9, 61_700.3, 2),
    )

    _, messages = imported(tmp_path, events, clock_offset_ns=0)

    assert [(m[0] - START_NS, m[1] - START_NS, m[2], m[3]) for m in messages] == [
        (5, 0, SNAPSHOT, ((LEVEL, BID, 617_000, 1500), (LEVEL, ASK, 617_001, 1))),
        (7, 6, 0, ((TRADE, -1, 617_000, 500),)),
        (7, 6, 0, ((TRADE, -1, 617_000, 250),)),
        (7, 6, 0, ((LEVEL, BID, 617_000, 750), (LEVEL, ASK, 617_001, 0))),
        (9, 8, 0, ((LEVEL, ASK, 617_003, 2000),)),
    ]


def test_a_clear_alone_is_a_gap(tmp_path):
    events = events_of((BOTH | DEPTH_CLEAR, 0, 1, np.nan, 0), (BOTH | TRADED | BUYING, 2, 3, 1, 1))

    _, messages = imported(tmp_path, events, clock_offset_ns=0)

    assert [message[2:] for message in messages] == [(GAP, ()), (0, ((TRADE, 1, 10, 1000),))]


def test_only_what_was_heard_is_imported(tmp_path):
    events = events_of(
        (AT_EXCHANGE | TRADED | BUYING, 0, 9, 1.0, 1.0),
        (BOTH | TRADED | BUYING, 1, 2, 2.0, 1.0),
        (LOCAL | TRADED | BUYING, 0, 9, 1.0, 1.0),
    )

    done, messages = imported(tmp_path, events, clock_offset_ns=0)

    assert [message[3][0][2] for message in messages] == [20, 10]
    assert done.instruments[BTC_PERP.id].frames == 2


def test_the_clock_offset_is_measured_unless_it_is_given(tmp_path):
    events = events_of((BOTH | TRADED | BUYING, 5_000_000, 0, 1.0, 1.0))

    done, messages = imported(tmp_path, events)

    assert done.clock_offset_ns == 6_000_000
    assert messages[0][:2] == (START_NS + 6_000_000, START_NS + 5_000_000)
    with pytest.raises(DataError, match="got 5000000 ns before exch_ts, expected at most"):
        import_hftbacktest(
            tmp_path / "events.npz", BTC_PERP, tmp_path / "again", clock_offset_ns=7_000
        )


def test_what_the_tape_has_no_place_for_is_counted(tmp_path):
    events = events_of(
        (BOTH | TRADED, 0, 1, 1.0, 1.0),
        (BOTH | 10 | BUYING, 0, 1, 1.0, 1.0),
        (BOTH | MARK_PRICE, 0, 1, 61_700.12345678, 0),
    )

    done, messages = imported(tmp_path, events, clock_offset_ns=0)

    assert messages[0][3] == ((SCALAR, MARK, 6_170_012_345_678, 0),)
    assert done.instruments[BTC_PERP.id].ignored == {
        "events that are not market data of ours": 1,
        "events without a side": 1,
    }


@pytest.mark.parametrize(
    ("px", "qty", "seen"),
    [
        (61_700.05, 1.0, "event 1 px: got 61700.05, expected a multiple of 0.1"),
        (61_700.0, 0.0005, "event 1 qty: got 0.0005, expected a multiple of 0.001"),
        (np.nan, 1.0, "event 1 px: got nan"),
        (61_700.0, np.inf, "event 1 qty: got inf"),
        (-1.0, 1.0, "event 1 px: got -1"),
        (1e300, 1.0, "event 1 px: got 1e"),
    ],
)
def test_a_number_that_no_tick_or_lot_counts_is_named(tmp_path, px, qty, seen):
    events = events_of(
        (BOTH | TRADED | BUYING, 0, 1, 1.0, 1.0), (BOTH | TRADED | BUYING, 0, 1, px, qty)
    )

    with pytest.raises(DataError, match=seen.replace("+", r"\+")):
        imported(tmp_path, events)


def test_large_amounts_of_small_lots_are_exact(tmp_path):
    spot = msgspec.structs.replace(BTC_PERP, lot=Decimal("0.00000001"))
    path = stored(
        tmp_path / "events.npz", events_of((BOTH | TRADED | BUYING, 0, 1, 0.1, 12_345_678.12345679))
    )

    import_hftbacktest(path, spot, tmp_path / "out")

    assert messages_of(source_in(tmp_path / "out").blocks())[0][3][0][3] == 1_234_567_812_345_679


def test_events_out_of_order_are_refused(tmp_path):
    events = events_of((BOTH | DEPTH | BUYING, 0, 5, 1, 1), (BOTH | DEPTH | BUYING, 0, 4, 1, 1))

    with pytest.raises(DataError, match=r"local_ts: got .* expected no earlier"):
        imported(tmp_path, events)


def test_times_in_microseconds_are_refused(tmp_path):
    events = events_of((BOTH | DEPTH | BUYING, 0, 5, 1, 1))
    for name in ("exch_ts", "local_ts"):
        events[name] //= 1000

    with pytest.raises(DataError, match="expected nanoseconds"):
        imported(tmp_path, events)


def test_a_file_that_holds_no_events_is_refused(tmp_path):
    whole = stored(tmp_path / "whole.npz", events_of(*[(BOTH | DEPTH | BUYING, 0, 5, 1, 1)] * 999))
    cut = tmp_path / "cut.npz"
    cut.write_bytes(whole.read_bytes()[:-100])
    other = tmp_path / "other.npz"
    np.savez(other, data=np.zeros(3))
    nameless = tmp_path / "nameless.npz"
    np.savez(nameless, events=np.zeros(3, EVENT))
    text = tmp_path / "text.npz"
    text.write_text("no archive")

    for path in (cut, other, nameless, text):
        with pytest.raises(DataError, match=f"{path.name}: got .* hftbacktest's events as `data`"):
            import_hftbacktest(path, BTC_PERP, tmp_path / "out")


def test_a_history_goes_out_and_comes_back(tmp_path):
    history = random_history(3000)
    history += [
        (START_NS + 10**11, START_NS, 0, ((TOUCH, BID, 617_000, 5), (TOUCH, ASK, 617_001, 6))),
        (START_NS + 10**11, START_NS, 0, ((TOUCH, BID, 617_000, 4), (TOUCH, ASK, 617_001, 6))),
        (
            START_NS + 10**11 + 1,
            START_NS,
            0,
            ((SCALAR, MARK, 6_170_012_345_678, 0), (SCALAR, INDEX, 5, 0)),
        ),
    ]
    source = recorded(tmp_path / "first", history)

    done = export_hftbacktest(source, tmp_path / "events.npz")
    import_hftbacktest(tmp_path / "events.npz", BTC_PERP, tmp_path / "again", clock_offset_ns=0)

    assert done.left_out == 0
    assert messages_of(source_in(tmp_path / "again").blocks()) == history


def test_a_snapshot_clears_the_whole_book_before_its_levels(tmp_path):
    source = recorded(tmp_path / "tape", [snapshot(START_NS), (START_NS + 1, START_NS, GAP, ())])

    export_hftbacktest(source, tmp_path / "events.npz")

    events = np.load(tmp_path / "events.npz")["data"]
    assert events["ev"].tolist() == [
        BOTH | DEPTH_CLEAR,
        BOTH | DEPTH_SNAPSHOT | BUYING,
        BOTH | DEPTH_SNAPSHOT | SELLING,
        BOTH | DEPTH_CLEAR,
    ]
    assert events["px"].tolist()[1:3] == [61_700.0, 61_701.0]
    assert events["qty"].tolist()[1:3] == [0.005, 0.005]


def test_prices_are_the_floats_nearest_to_the_decimals(tmp_path):
    history = [trade(START_NS + ticks, price=ticks) for ticks in range(617_000, 618_000)]

    export_hftbacktest(recorded(tmp_path / "tape", history), tmp_path / "events.npz")

    written = np.load(tmp_path / "events.npz")["data"]["px"].tolist()
    assert written == [float(f"{ticks // 10}.{ticks % 10}") for ticks in range(617_000, 618_000)]


def test_what_the_format_has_no_place_for_is_counted(tmp_path):
    funding = FundingRate(
        ts_recv=START_NS,
        ts_venue=START_NS,
        instrument=BTC_PERP.id,
        rate=Decimal("0.0001"),
        settles_ns=START_NS,
        settled=True,
    )
    interest = (START_NS, START_NS, 0, ((SCALAR, OPEN_INTEREST, 5, 0), (SCALAR, MARK, 6, 0)))

    done = export_hftbacktest(
        recorded(tmp_path / "tape", [interest], funding), tmp_path / "events.npz"
    )

    assert (done.rows, done.left_out) == (1, 2)


def test_an_export_is_never_overwritten(tmp_path):
    source = recorded(tmp_path / "tape", [trade(START_NS)])
    export_hftbacktest(source, tmp_path / "events.npz")

    with pytest.raises(UsageError, match="already there"):
        export_hftbacktest(source, tmp_path / "events.npz")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), max_size=30))
def test_both_orders_hold_and_nothing_is_lost(pairs):
    local = 0
    rows = []
    for step, latency in pairs:
        local += step
        rows.append((TRADED | BUYING, local - latency, local, len(rows), 1))

    ordered = in_both_orders(events_of(*rows))

    at_exchange = ordered[(ordered["ev"] & AT_EXCHANGE) != 0]
    heard = ordered[(ordered["ev"] & LOCAL) != 0]
    assert sorted(at_exchange["px"]) == list(range(len(rows)))
    assert heard["px"].tolist() == list(range(len(rows)))
    assert (np.diff(at_exchange["exch_ts"]) >= 0).all()
    assert (np.diff(heard["local_ts"]) >= 0).all()
    in_order = all(a[1] <= b[1] for a, b in pairwise(rows))
    assert (len(ordered) == len(rows)) == in_order


def test_a_late_event_stands_where_it_happened_and_where_it_was_heard():
    late = events_of(
        (TRADED | BUYING, 5 * NS_PER_MS, 6 * NS_PER_MS, 1, 1),
        (TRADED | BUYING, 1 * NS_PER_MS, 7 * NS_PER_MS, 2, 1),
    )

    ordered = in_both_orders(late)

    flags = [(row["px"], int(row["ev"]) & BOTH) for row in ordered]
    assert flags == [(2, AT_EXCHANGE), (1, BOTH), (2, LOCAL)]
