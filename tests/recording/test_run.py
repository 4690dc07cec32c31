"""Whole runs of five venues: every count that their README states, and what damage does."""

import gzip
import json
from decimal import Decimal

import pytest

from bot.errors import DataError, UsageError
from bot.feeds.deribit.instruments import native_symbol
from bot.feeds.venues import VENUES
from bot.model.command import Side
from bot.recording.importers.run import import_run
from bot.recording.inspect import inspect
from bot.recording.reader import Recording
from bot.recording.stamps import STAMPS
from bot.tape.rows import LEVEL, TOUCH
from tests.feeds.tape import books_of, crossed, messages_of
from tests.recording.runs import files, messages

RUNS = {
    "binance": "BINANCE",
    "binanceusdm": "BINANCE_FUTURES",
    "okx": "OKX",
    "deribit": "DERIBIT",
    "bitmex": "BITMEX",
}


def imported(paths, out, venue):
    return import_run(list(paths), out, VENUES[venue], STAMPS[venue])


@pytest.fixture(scope="module")
def runs(recordings, tmp_path_factory):
    """(result, recording) of every venue's run."""
    done = {}
    for venue, name in RUNS.items():
        out = tmp_path_factory.mktemp(venue)
        done[venue] = imported(files(recordings, name), out, venue), Recording.open(out)
    return done


def total(result, field):
    return sum(tally.decoded.get(field, 0) for tally in result.instruments.values())


def test_okx_every_checksum_comes_out(runs):
    result, _ = runs["okx"]

    assert total(result, "checksums") == 290
    assert total(result, "checksums_failed") == total(result, "gaps") == 0
    assert total(result, "snapshots") == 3
    assert total(result, "trades") + total(result, "backlog") == 74
    assert total(result, "touches") == 28


def test_deribit_every_change_joins_the_one_before(runs):
    result, _ = runs["deribit"]

    assert (total(result, "snapshots"), total(result, "depth_applied")) == (10, 36)
    assert total(result, "gaps") == total(result, "duplicates") == 0
    assert total(result, "tickers") == 89


def test_binance_usdm_no_change_is_missing(runs):
    result, _ = runs["binanceusdm"]

    depth = ("depth_applied", "depth_before_snapshot")
    assert sum(total(result, field) for field in depth) == 764
    assert total(result, "gaps") == 0
    assert (total(result, "trades"), total(result, "touches")) == (91, 613)


def test_binance_spot_no_change_is_missing(runs):
    result, _ = runs["binance"]

    depth = ("depth_applied", "depth_before_snapshot")
    assert sum(total(result, field) for field in depth) == 177
    assert (total(result, "gaps"), total(result, "trades"), total(result, "touches")) == (0, 2, 84)


def test_bitmex_every_change_finds_its_level(runs):
    result, _ = runs["bitmex"]

    assert (total(result, "snapshots"), total(result, "depth_applied")) == (10, 1969)
    assert total(result, "gaps") == 0
    assert (total(result, "trades"), total(result, "backlog")) == (17, 10)


@pytest.mark.parametrize("venue", RUNS)
def test_no_recorded_book_is_crossed(runs, venue):
    _, recording = runs[venue]

    told = [crossed(source.blocks()) for source in recording.sources()]

    assert sum(books for books, _ in told) > 40
    assert sum(wrong for _, wrong in told) == 0


@pytest.mark.parametrize("venue", RUNS)
def test_nothing_is_foreign_clamped_or_without_a_place(runs, venue):
    result, recording = runs[venue]

    assert total(result, "foreign") == total(result, "ahead") == 0
    assert all(tally.clamped == 0 for tally in result.instruments.values())
    report = inspect(recording, silence_ns_max=40 * 10**9)
    assert not any(one.holes for one in report.instruments)


@pytest.mark.parametrize("venue", ["binanceusdm", "bitmex"])
def test_the_touch_of_the_book_is_what_the_venue_tells_beside_it(runs, venue):
    """Two streams of one venue: each state that the book passes is one the other may tell."""
    _, recording = runs[venue]
    same = compared = 0
    for source in recording.sources():
        blocks = list(source.blocks())
        states = {
            (max(bids), bids[max(bids)], min(asks), asks[min(asks)])
            for bids, asks in ((dict(b), dict(a)) for b, a in books_of(blocks))
            if bids and asks
        }
        for block in blocks:
            for _, _, rows in messages_of(block):
                if rows and rows[0][0] == TOUCH:
                    compared += 1
                    same += (rows[0][2], rows[0][3], rows[1][2], rows[1][3]) in states

    assert compared > 400
    # Binance sends its book every 100 ms: touches in between are no state of it.
    assert same / compared > (0.95 if venue == "bitmex" else 0.3)


def test_deribit_books_agree_with_the_tickers_beside_them(recordings, runs):
    """A ticker repeats the touch: the last one of each option against the book that stands."""
    _, recording = runs["deribit"]
    last = {}
    for _, frame in messages(recordings, "DERIBIT"):
        told = json.loads(frame).get("params", {})
        if told.get("channel", "").startswith("ticker."):
            last[told["data"]["instrument_name"]] = told["data"]
    found = 0
    for source in recording.sources():
        one = source.instrument
        *_, (bids, asks) = books_of(list(source.blocks()))
        ticker = last[native_symbol(one)]
        best_bid = ticker["best_bid_price"]
        assert (one.price(max(bids)) if bids else 0) == Decimal(str(best_bid))
        assert (one.price(min(asks)) if asks else 0) == Decimal(str(ticker["best_ask_price"]))
        found += 1

    assert found == 10


def test_the_recorders_clock_is_set_by_the_latest_stamp(runs):
    offsets = {venue: result.clock_offset_ns for venue, (result, _) in runs.items()}

    # Binance's spot run was 5.785 ms behind the venue, Deribit's 44.456 ms; each plus 1 ms.
    assert offsets["binance"] == 6_785_000
    assert offsets["deribit"] == 45_456_000
    assert offsets["okx"] == 1_000_000


# --- damage ---------------------------------------------------------------------------

ANSWER = (
    b'https://www.okx.com/x -> 1652459223.5: {"code":"0","data":[{"instId":"BTC-USDT","instType":'
    b'"SPOT","tickSz":"0.1","lotSz":"0.01","minSz":"1","state":"live","baseCcy":"BTC",'
    b'"quoteCcy":"USDT"}]}\n\n'
)
OPENED = b"wss://ws.okx.com:8443/ws/v5/public <-> 1652459224.5300605\n"


def book(action, bids, seconds, **more):
    told = "".join(f',"{name}":{value}' for name, value in more.items())
    levels = ",".join(f'["{price}","{size}","0","1"]' for price, size in bids)
    return (
        f'{seconds}: {{"arg":{{"channel":"books","instId":"BTC-USDT"}},"action":"{action}","data":'
        f'[{{"asks":[],"bids":[{levels}],"ts":"1652459225000"{told}}}]}}\n\n'
    ).encode()


SNAPSHOT = book("snapshot", [("100", "1")], "1652459225.5", seqId=1, prevSeqId=-1)
CHANGE = book("update", [("100", "2")], "1652459225.6", seqId=2, prevSeqId=1)


def run(folder, *lines, answer=ANSWER, cut=None):
    folder.mkdir(exist_ok=True)
    (folder / "OKX.0").write_bytes(answer)
    packed = gzip.compress(OPENED + b"".join(lines), 1)
    (folder / "OKX.ws.1.0.gz").write_bytes(packed[:cut])
    return [folder / "OKX.0", folder / "OKX.ws.1.0.gz"]


def rows_kept(out):
    (source,) = Recording.open(out).sources()
    return [rows for block in source.blocks() for _, _, rows in messages_of(block)]


def test_a_run_in_small(tmp_path):
    result = imported(run(tmp_path, SNAPSHOT, CHANGE), tmp_path / "out", "okx")

    assert list(result.instruments) == ["okx:BTC/USDT"]
    assert rows_kept(tmp_path / "out") == [
        [(LEVEL, Side.BUY, 1000, 100)],
        [(LEVEL, Side.BUY, 1000, 200)],
    ]


def test_a_truncated_gzip_keeps_what_stood_before(tmp_path):
    noise = book("update", [(str(i * 7919 % 9973 + 1), i) for i in range(1, 4000)], "1652459226.1")
    paths = run(tmp_path, SNAPSHOT, CHANGE, noise, cut=-2000)

    with pytest.raises(DataError, match=r"OKX\.ws\.1\.0\.gz line") as refused:
        imported(paths, tmp_path / "out", "okx")

    assert "okx:BTC/USDT 2 messages" in refused.value.fix
    assert len(rows_kept(tmp_path / "out")) == 2


@pytest.mark.parametrize("length", [40, 60, 100], ids=["in a name", "behind a brace", "later"])
def test_json_cut_in_the_middle_is_one_clear_error(tmp_path, length):
    paths = run(tmp_path, SNAPSHOT, CHANGE[:length] + b"\n", CHANGE)

    with pytest.raises(DataError, match="whole JSON") as refused:
        imported(paths, tmp_path / "out", "okx")

    assert "line 4" in refused.value.where
    assert len(rows_kept(tmp_path / "out")) == 1


def test_changes_without_a_snapshot_are_told(tmp_path):
    with pytest.raises(DataError, match="1 changes of the book and no snapshot"):
        imported(run(tmp_path, CHANGE), tmp_path / "out", "okx")


def test_a_checksum_that_does_not_come_out_is_a_gap_and_counted(tmp_path):
    wrong = book("update", [("100", "3")], "1652459225.7", seqId=2, prevSeqId=1, checksum=77)

    result = imported(run(tmp_path, SNAPSHOT, wrong, CHANGE), tmp_path / "out", "okx")

    assert total(result, "checksums_failed") == total(result, "gaps") == 1
    (hole,) = inspect(Recording.open(tmp_path / "out"), silence_ns_max=10**12).instruments[0].holes
    assert (hole.reason, hole.until_ns) == ("gap", None)


def test_messages_of_a_symbol_that_no_answer_describes_are_told_and_the_rest_is_kept(tmp_path):
    other = SNAPSHOT.replace(b"BTC-USDT", b"XYZ-USDT")

    with pytest.raises(DataError, match=r"XYZ-USDT \(1\)"):
        imported(run(tmp_path, SNAPSHOT, other), tmp_path / "out", "okx")

    assert len(rows_kept(tmp_path / "out")) == 1


def test_a_clock_that_steps_back_a_little_is_clamped(tmp_path):
    early = CHANGE.replace(b"1652459225.6", b"1652459225.2")

    result = imported(run(tmp_path, SNAPSHOT, early), tmp_path / "out", "okx")

    assert total(result, "depth_applied") == 1
    block = next(Recording.open(tmp_path / "out").sources()[0].blocks())
    assert block.ts_recv[0] == block.ts_recv[1]


def test_lines_that_are_misplaced_are_refused(tmp_path):
    early = CHANGE.replace(b"1652459225.6", b"1652459215.2")

    with pytest.raises(DataError, match="sort the lines by their time"):
        imported(run(tmp_path, SNAPSHOT, early), tmp_path / "out", "okx")


@pytest.mark.parametrize("missing", ["OKX.0", "OKX.ws.1.0.gz"])
def test_a_run_needs_its_answers_and_its_messages(tmp_path, missing):
    paths = [path for path in run(tmp_path, SNAPSHOT) if path.name != missing]

    with pytest.raises(UsageError, match="name all files of the run"):
        imported(paths, tmp_path / "out", "okx")


def test_answers_that_are_none_are_refused_with_their_place(tmp_path):
    answer = b'https://www.okx.com/x -> 1652459223.5: {"code":"50011","data":7}\n'

    with pytest.raises(DataError, match=r"OKX\.0 line 1 okx instruments"):
        imported(run(tmp_path, SNAPSHOT, answer=answer), tmp_path / "out", "okx")


def test_a_line_of_another_kind_is_refused(tmp_path):
    with pytest.raises(DataError, match="<seconds>: <message>"):
        imported(run(tmp_path, SNAPSHOT, b"hello\n"), tmp_path / "out", "okx")
