"""Tardis CSV, in and out again."""

import gzip
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from bot.errors import DataError, JournalError, NotFoundError, UsageError
from bot.model.event import FundingRate
from bot.model.instrument import Instrument, PriceGrid
from bot.model.units import NS_PER_HOUR, NS_PER_US, InstrumentId
from bot.recording.exporters.tardis import export_tardis
from bot.recording.importers.tardis import import_tardis
from bot.recording.importers.tardis_csv import Dataset, dataset_of
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
    BTC_INVERSE,
    BTC_PERP,
    START_NS,
    Message,
    block_of,
    messages_of,
    random_history,
)

START_US = START_NS // NS_PER_US
TRADES = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
BOOK = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
TICKER = (
    "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,"
    "predicted_funding_rate,open_interest,last_price,index_price,mark_price\n"
)


def line(venue_us: int, recv_us: int, *rest: object, symbol: str = "BTCUSDT") -> str:
    """A line; times in µs after the start."""
    cells = ("binance-futures", symbol, START_US + venue_us, START_US + recv_us, *rest)
    return ",".join(str(cell) for cell in cells) + "\n"


def stored(path: Path, *lines: str) -> Path:
    text = "".join(lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def source_in(folder: Path) -> RecordedSource:
    (source,) = Recording.open(folder).sources()
    return source


def imported(folder: Path, *paths: Path, instrument: Instrument = BTC_PERP, **given):
    given = {"clock_offset_ns": 0} | given
    done = import_tardis(paths, instrument, folder / "out", **given)
    source = source_in(folder / "out")
    return done, messages_of(source.blocks()), list(source.events())


def after_start(messages: list[Message]) -> list[Message]:
    return [
        ((recv - START_NS) // 1000, (venue - START_NS) // 1000, flags, rows)
        for recv, venue, flags, rows in messages
    ]


def test_each_trade_is_a_message(tmp_path):
    path = stored(
        tmp_path / "trades.csv",
        TRADES,
        line(0, 5, "a", "buy", "61700.1", "0.5"),
        line(0, 5, "b", "sell", "61700", "1"),
        line(3, 6, "c", "unknown", "61700", "1"),
    )

    done, messages, _ = imported(tmp_path, path)

    assert after_start(messages) == [
        (5, 0, 0, ((TRADE, 1, 617_001, 500),)),
        (5, 0, 0, ((TRADE, -1, 617_000, 1000),)),
    ]
    assert done.instruments[BTC_PERP.id].ignored == {"trades of unknown side": 1}


def test_what_was_received_at_one_time_is_a_change_of_the_book(tmp_path):
    path = stored(
        tmp_path / "book.csv.gz",
        BOOK,
        line(0, 1, "false", "bid", "1", "1"),
        line(2, 3, "true", "bid", "61700", "1"),
        line(2, 3, "true", "ask", "61700.1", "2"),
        line(3, 4, "true", "ask", "61700.2", "3"),
        line(4, 5, "false", "bid", "61700", "0"),
        line(5, 5, "false", "ask", "61700.1", "0.001"),
        line(6, 7, "false", "ask", "61700.1", "0"),
        line(8, 9, "true", "bid", "61699", "1"),
    )

    done, messages, _ = imported(tmp_path, path)

    assert after_start(messages) == [
        (3, 2, SNAPSHOT, ((LEVEL, BID, 617_000, 1000), (LEVEL, ASK, 617_001, 2000))),
        (4, 3, 0, ((LEVEL, ASK, 617_002, 3000),)),
        (5, 5, 0, ((LEVEL, BID, 617_000, 0), (LEVEL, ASK, 617_001, 1))),
        (7, 6, 0, ((LEVEL, ASK, 617_001, 0),)),
        (9, 8, SNAPSHOT, ((LEVEL, BID, 616_990, 1000),)),
    ]
    assert done.instruments[BTC_PERP.id].ignored == {"changes before the first snapshot": 1}


def test_a_row_of_the_ticker_gives_only_what_is_new(tmp_path):
    funding_us = START_US // 1_000_000 * 1_000_000
    perp = msgspec.structs.replace(BTC_PERP, funding_interval_ns=8 * NS_PER_HOUR)
    path = stored(
        tmp_path / "ticker.csv",
        TICKER,
        line(0, 1, funding_us, "0.0001", "0.0002", "1000", "61700", "61699.5", "61700.12345678"),
        line(2, 3, funding_us, "0.0001", "0.0002", "1000", "61701", "61699.5", "61700.2"),
        line(4, 5, funding_us, "-0.0003", "", "1000", "61702", "", "61700.2"),
    )

    done, messages, events = imported(tmp_path, path, instrument=perp)

    assert after_start(messages) == [
        (
            1,
            0,
            0,
            (
                (SCALAR, MARK, 6_170_012_345_678, 0),
                (SCALAR, INDEX, 6_169_950_000_000, 0),
                (SCALAR, OPEN_INTEREST, 100_000_000_000, 0),
            ),
        ),
        (3, 2, 0, ((SCALAR, MARK, 6_170_020_000_000, 0),)),
    ]
    assert [str(event.rate) for event in events] == ["0.0001", "-0.0003"]
    assert events[0] == FundingRate(
        ts_recv=START_NS + 1000,
        ts_venue=START_NS,
        instrument=BTC_PERP.id,
        rate=Decimal("0.0001"),
        settles_ns=funding_us * NS_PER_US,
        settled=False,
        interval_ns=8 * NS_PER_HOUR,
    )
    assert done.instruments[BTC_PERP.id].ignored == {
        "predicted rates of the settlement after next": 2
    }


def test_at_the_same_time_a_trade_goes_before_the_change_it_caused(tmp_path):
    book = stored(
        tmp_path / "book.csv",
        BOOK,
        line(0, 1, "true", "bid", "1", "1"),
        line(4, 5, "false", "bid", "1", "0"),
        line(8, 9, "false", "bid", "1", "3"),
    )
    trades = stored(
        tmp_path / "trades.csv",
        TRADES,
        line(4, 5, "", "sell", "1", "1"),
        line(5, 6, "", "sell", "1", "1"),
    )
    ticker = stored(tmp_path / "ticker.csv", TICKER, line(4, 5, "", "", "", "7", "", "", ""))

    done, messages, _ = imported(tmp_path, ticker, book, trades)

    assert [(m[0], m[3][0][0]) for m in after_start(messages)] == [
        (1, LEVEL),
        (5, TRADE),
        (5, LEVEL),
        (5, SCALAR),
        (6, TRADE),
        (9, LEVEL),
    ]
    assert done.instruments[BTC_PERP.id].frames == 6


def test_files_of_several_days_follow_each_other(tmp_path):
    second = stored(tmp_path / "a.csv", TRADES, line(10, 10, "", "buy", "2", "1"))
    first = stored(tmp_path / "b.csv", TRADES, line(0, 0, "", "buy", "1", "1"))

    _, messages, _ = imported(tmp_path, second, first)

    assert [m[3][0][2] for m in messages] == [10, 20]


def test_a_symbol_is_picked_from_a_file_of_many(tmp_path):
    path = stored(
        tmp_path / "trades.csv",
        TRADES,
        line(0, 1, "", "buy", "61700", "1"),
        line(0, 2, "", "buy", "2600.55", "1", symbol="ETHUSDT"),
        line(0, 3, "", "buy", "61701", "1"),
    )

    _, messages, _ = imported(tmp_path, path, symbol="BTCUSDT")

    assert [m[3][0][2] for m in messages] == [617_000, 617_010]
    with pytest.raises(DataError, match="got BTCUSDT and ETHUSDT, expected one symbol"):
        import_tardis([path], BTC_PERP, tmp_path / "all")
    with pytest.raises(DataError, match="got no rows, expected rows of SOLUSDT"):
        import_tardis([path], BTC_PERP, tmp_path / "none", symbol="SOLUSDT")


def test_the_clock_offset_covers_all_files(tmp_path):
    trades = stored(tmp_path / "trades.csv", TRADES, line(0, 5, "", "buy", "1", "1"))
    book = stored(tmp_path / "book.csv", BOOK, line(9, 2, "true", "bid", "1", "1"))

    done, messages, _ = imported(tmp_path, trades, book, clock_offset_ns=None)

    assert done.clock_offset_ns == 7_000 + 1_000_000
    assert [m[0] for m in after_start(messages)] == [1009, 1012]


def sold(price: str, amount: str = "1", side: str = "sell", venue_us: int = 0) -> str:
    return line(venue_us, 1, "", side, price, amount)


@pytest.mark.parametrize(
    ("lines", "seen"),
    [
        ([sold("61700.05")], "line 2 price: got 61700.05, expected a multiple of 0.1"),
        ([sold("nan")], "line 2 price: got nan"),
        ([sold("")], "line 2 price: got nan"),
        ([sold("1", "0.0001")], "line 2 amount: got 0.0001"),
        ([sold("1", side="both")], 'line 2 side: got "both", expected buy or sell'),
        ([sold("1"), line(0, 0, "", "buy", "1", "1")], "line 3 local_timestamp: got"),
        ([sold("1", venue_us=9)], "line 2 local_timestamp: got .* clock offset 0 ns"),
        ([line(0, 1, "", "buy", "1")], "from line 2 on: got .*Expected 8 columns"),
        ([sold("one")], "from line 2 on: got .*invalid value 'one'"),
        ([sold("1").replace(f"{START_US},", ",", 1)], "timestamp: got"),
    ],
)
def test_a_bad_trade_is_named(tmp_path, lines, seen):
    path = stored(tmp_path / "file.csv", TRADES, *lines)

    with pytest.raises(DataError, match=rf"file\.csv.* ?{seen}"):
        import_tardis([path], BTC_PERP, tmp_path / "out", clock_offset_ns=0)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (BOOK + line(0, 1, "false", "bid", "1", "1"), "is_snapshot: got no row with true"),
        (BOOK + line(0, 1, "true", "buy", "1", "1"), 'line 2 side: got "buy", expected bid or ask'),
        (BOOK + line(0, 1, "perhaps", "bid", "1", "1"), "from line 2 on: got .*'perhaps'"),
        (TICKER + line(0, 1, "", "", "", "", "", "", "x"), 'line 2 mark_price: got "x"'),
        (TICKER + line(0, 1, "soon", "0", "", "", "", "", ""), 'funding_timestamp: got "soon"'),
        ("price,size\n1,2\n", 'line 1: got "price,size", expected the columns of trades, '),
        ("", 'line 1: got ""'),
    ],
)
def test_a_bad_line_of_another_file_is_named(tmp_path, text, seen):
    path = stored(tmp_path / "file.csv", text)

    with pytest.raises(DataError, match=rf"file\.csv.* ?{seen}"):
        import_tardis([path], BTC_PERP, tmp_path / "out", clock_offset_ns=0)


def test_a_truncated_gzip_keeps_what_came_before(tmp_path):
    lines = [line(i, i, "", "buy", str(1 + i % 97), "1") for i in range(200_000)]
    path = stored(tmp_path / "trades.csv.gz", TRADES, *lines)
    path.write_bytes(path.read_bytes()[:-1000])

    with pytest.raises(DataError, match=r"trades\.csv\.gz from line \d+ on: .* copy the file"):
        import_tardis([path], BTC_PERP, tmp_path / "out")

    kept = messages_of(source_in(tmp_path / "out").blocks())
    assert len(kept) > 50_000
    assert [m[3][0][2] for m in kept] == [10 * (1 + i % 97) for i in range(len(kept))]


def test_files_must_be_named_and_be_there(tmp_path):
    with pytest.raises(UsageError, match="no file"):
        import_tardis([], BTC_PERP, tmp_path / "out")
    with pytest.raises(NotFoundError):
        import_tardis([tmp_path / "absent.csv"], BTC_PERP, tmp_path / "out")


def microseconds(history: list[Message]) -> list[Message]:
    return [(r // 1000 * 1000, v // 1000 * 1000, f, rows) for r, v, f, rows in history]


def recorded(folder: Path, history: list[Message], *events: FundingRate) -> RecordedSource:
    with RecordingWriter(folder, [BTC_PERP], clock_offset_ns=0, origin="a test") as writer:
        writer.write(block_of(history))
        for event in events:
            writer.write_event(event)
    return source_in(folder)


def rate(ts: int, text: str) -> FundingRate:
    return FundingRate(
        ts_recv=ts,
        ts_venue=ts,
        instrument=BTC_PERP.id,
        rate=Decimal(text),
        settles_ns=START_NS + NS_PER_HOUR,
        settled=False,
    )


def joined_snapshots(history: list[Message]) -> list[Message]:
    """Snapshots with no change between them are one to Tardis: only the first discards."""
    joined = []
    before = 0
    for recv, venue, flags, rows in history:
        book = rows[0][0] == LEVEL
        joined.append((recv, venue, flags & ~before if book else flags, rows))
        before = flags if book else before
    return joined


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_history_goes_out_and_comes_back(tmp_path, suffix):
    ts = START_NS + 10**11
    history = [
        m for m in microseconds(random_history(2000)) if m[2] != GAP
    ]  # the format has no word for a gap
    # One change a microsecond: more would come back as one.
    history = [m for i, m in enumerate(history) if i == 0 or m[0] != history[i - 1][0]]
    history.append((ts, ts, 0, ((SCALAR, MARK, 5, 0), (SCALAR, INDEX, 7, 0))))
    history.append((ts + 1000, ts, 0, ((SCALAR, MARK, 6, 0),)))
    events = [rate(ts, "0.0001"), rate(ts + 2000, "-0.00000001")]
    source = recorded(tmp_path / "tape", history, *events)

    paths = [tmp_path / f"{dataset}{suffix}" for dataset in Dataset]
    written = [
        export_tardis(source, dataset, path, exchange="binance-futures", symbol="BTCUSDT")
        for dataset, path in zip(Dataset, paths, strict=True)
    ]
    _, messages, again = imported(tmp_path, *paths)

    assert [dataset_of(path) for path in paths] == list(Dataset)
    assert written[2] == 4
    assert again == events
    assert messages == joined_snapshots(history)


def test_an_export_reads_as_tardis_writes(tmp_path):
    history = [
        (START_NS, START_NS, SNAPSHOT, ((LEVEL, BID, 617_000, 1500), (LEVEL, ASK, 617_001, 2))),
        (START_NS + 1500, START_NS, 0, ((TRADE, -1, 617_000, 1000),)),
        (START_NS + 2000, START_NS, 0, ((TOUCH, BID, 1, 1),)),
        (START_NS + 3000, START_NS, 0, ((SCALAR, MARK, 6_170_012_345_678, 0),)),
        (START_NS + 4000, START_NS, 0, ((SCALAR, OPEN_INTEREST, 100_000_000, 0),)),
    ]
    source = recorded(tmp_path / "tape", history, rate(START_NS + 3500, "0.0001"))

    def exported(dataset: Dataset) -> list[str]:
        path = tmp_path / f"{dataset}.csv"
        export_tardis(source, dataset, path, exchange="binance-futures", symbol="BTCUSDT")
        return path.read_text().splitlines(keepends=True)

    settles = START_US + 3_600_000_000
    assert exported(Dataset.TRADES) == [TRADES, line(0, 1, "", "sell", "61700", "1")]
    assert exported(Dataset.BOOK) == [
        BOOK,
        line(0, 0, "true", "bid", "61700", "1.5"),
        line(0, 0, "true", "ask", "61700.1", "0.002"),
    ]
    assert exported(Dataset.TICKER) == [
        TICKER,
        line(0, 3, "", "", "", "", "", "", "61700.12345678"),
        line(3, 3, settles, "0.0001", "", "", "", "", "61700.12345678"),
        line(0, 4, settles, "0.0001", "", "1", "", "", "61700.12345678"),
    ]


def test_the_same_recording_gives_the_same_bytes(tmp_path):
    source = recorded(tmp_path / "tape", random_history(50))

    for name in ("one.csv.gz", "two.csv.gz"):
        export_tardis(source, Dataset.BOOK, tmp_path / name, exchange="x", symbol="y")

    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()


def test_an_export_that_cannot_be_written_is_one_clear_error(tmp_path):
    source = recorded(tmp_path / "tape", random_history(5))
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(JournalError):
        export_tardis(source, Dataset.BOOK, tmp_path / "file" / "x.csv", exchange="x", symbol="y")


BITMEX, DERIBIT = (
    msgspec.structs.replace(
        BTC_INVERSE, id=InstrumentId(f"{venue}:BTC/USD:BTC"), grid=PriceGrid(Decimal("0.5"))
    )
    for venue in ("bitmex", "deribit")
)


@pytest.mark.parametrize(
    ("file", "instrument", "holds"),
    [
        ("csv-samples/bitmex_trades_XBTUSD.csv", BITMEX, Dataset.TRADES),
        ("csv-samples/deribit_incremental_book_L2_BTC-PERPETUAL.csv", DERIBIT, Dataset.BOOK),
        ("csv/trades_1.csv", BITMEX, Dataset.TRADES),
        ("csv/deltas_with_snapshot.csv", BTC_PERP, Dataset.BOOK),
        ("csv/derivative_ticker_1.csv", BTC_INVERSE, Dataset.TICKER),
    ],
)
def test_published_samples_are_read(recordings, tmp_path, file, instrument, holds):
    path = recordings / "api-fixtures" / "tardis" / file
    lines = len(path.read_text().splitlines()) - 1

    done, messages, events = imported(tmp_path, path, instrument=instrument)

    rows = [row for message in messages for row in message[3]]
    if holds is Dataset.TICKER:
        assert (len(messages), len(rows), len(events)) == (2, 6, 2)
    else:
        assert len(rows) == lines
        assert {row[0] for row in rows} == {LEVEL if holds is Dataset.BOOK else TRADE}
    assert done.instruments[instrument.id].frames == lines
    if holds is Dataset.BOOK:
        assert messages[0][2] == SNAPSHOT


def test_quotes_and_ready_made_snapshots_are_not_what_we_read(recordings):
    samples = recordings / "api-fixtures" / "tardis" / "csv-samples"

    for name in ("huobi-dm-swap_quotes_BTC-USD.csv", "binance-futures_book_snapshot_5_BTCUSDT.csv"):
        with pytest.raises(DataError, match="name a Tardis CSV file of one of these"):
            dataset_of(samples / name)
