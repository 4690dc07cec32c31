"""The ledger as files: every digit, every row, for spreadsheets and databases."""

import csv
import gzip
from collections import defaultdict
from decimal import Decimal, localcontext

import pyarrow.parquet as pq
import pytest
from msgspec import structs

from bot.config.samples import read_samples
from bot.errors import JournalError, NotFoundError, UsageError
from bot.journal.port import RecordKind
from bot.journal.session import SessionReader
from bot.model.event import Fill, decode
from bot.model.money import MONEY
from bot.modes import replay
from bot.modes.sensitivity import sensitivity
from bot.modes.words import time_of
from bot.report.export import write
from bot.report.ledger import COLUMNS, Ledger, of_records, of_result
from bot.report.session import export_table, write_report


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ledger(session):
    reader = SessionReader(session)
    return of_records(reader.records(), reader.manifest.instruments)


@pytest.mark.parametrize("table", COLUMNS)
def test_every_table_of_a_session_has_its_columns_and_rows(session, ledger, tmp_path, table):
    written = export_table(session, table, tmp_path / f"{table}.csv")

    rows = rows_of(tmp_path / f"{table}.csv")
    assert written == len(rows) == len(ledger.rows[table])
    if rows:
        assert list(rows[0]) == [name for name, _ in COLUMNS[table]]


def test_fills_are_those_of_the_journal(session, tmp_path):
    export_table(session, "fills", tmp_path / "fills.csv")

    events = [
        decode(record.payload)
        for record in SessionReader(session).records()
        if record.kind is RecordKind.EVENT
    ]
    fills = [event for event in events if isinstance(event, Fill)]
    rows = rows_of(tmp_path / "fills.csv")
    assert [row["trade_id"] for row in rows] == [fill.trade_id for fill in fills]
    assert [Decimal(row["fee"]) for row in rows] == [fill.fee for fill in fills]
    assert {row["maker"] for row in rows} == {"true", "false"}
    assert {row["strategy"] for row in rows} >= {"delta_hedge", "funding_arbitrage"}


def test_both_times_are_the_same_moment(ledger):
    for rows in ledger.rows.values():
        assert all(time_of(row[0]) == row[1] for row in rows)


def named(ledger, table):
    columns = [name for name, _ in COLUMNS[table]]
    return [dict(zip(columns, row, strict=True)) for row in ledger.rows[table]]


def test_fees_are_what_the_postings_say_and_what_the_fills_paid(ledger):
    fees = sum(row["amount"] for row in named(ledger, "fees"))
    posted = sum(row["amount"] for row in named(ledger, "postings") if row["heading"] == "fees")
    paid = sum(row["fee"] for row in named(ledger, "fills"))

    assert fees == posted == paid > 0


def test_each_posting_sums_to_zero(ledger):
    sums = defaultdict(Decimal)
    with localcontext(MONEY):
        for row in named(ledger, "postings"):
            sums[row["account"], row["strategy"], row["reference"], row["currency"]] += row[
                "amount"
            ]

    assert sums
    assert set(sums.values()) == {Decimal(0)}


def test_an_order_filled_as_much_as_its_fills_say(ledger):
    filled = defaultdict(Decimal)
    for row in named(ledger, "fills"):
        filled[row["order_id"]] += abs(row["quantity"])

    orders = named(ledger, "orders")

    assert all(order["filled"] == filled.get(order["order_id"], 0) for order in orders)
    for order in orders:
        whole = order["filled"] == abs(order["quantity"])
        assert (order["state"] == "filled") == whole
    assert {"filled", "canceled"} <= {order["state"] for order in orders}


@pytest.mark.parametrize("table", ["orders", "fills", "postings"])
def test_parquet_says_the_same_as_text_with_decimals_as_decimals(ledger, tmp_path, table):
    write(ledger, table, tmp_path / "t.parquet")
    write(ledger, table, tmp_path / "t.csv")

    read = pq.read_table(tmp_path / "t.parquet").to_pylist()
    texts = rows_of(tmp_path / "t.csv")
    assert len(read) == len(texts) > 0
    for row, text in zip(read, texts, strict=True):
        for name, kind in COLUMNS[table]:
            if kind is Decimal:
                assert isinstance(row[name], Decimal)
                assert row[name] == Decimal(text[name])


def test_more_digits_than_a_decimal_holds_are_written_as_text(tmp_path):
    long = Decimal("123456789012345678901234.000000000000000000001")
    row = ("2024-01-01T00:00:00.000000000Z", 1, "a", "s", "i", "fill", "r", long, "USDT")

    write(Ledger({"fees": [row]}), "fees", tmp_path / "fees.parquet")

    assert pq.read_table(tmp_path / "fees.parquet")["amount"].to_pylist() == [str(long)]


def test_packed_text_is_the_same_text_and_the_same_bytes_each_time(ledger, tmp_path):
    for name in ("a.csv", "a.csv.gz", "b.csv.gz"):
        write(ledger, "fills", tmp_path / name)

    packed = (tmp_path / "a.csv.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "a.csv").read_bytes()
    assert packed == (tmp_path / "b.csv.gz").read_bytes()


def test_a_result_exports_fills_funding_and_fees(result, tmp_path):
    ledger = of_result(result)

    counts = {name: write(ledger, name, tmp_path / f"{name}.csv") for name in ledger.rows}

    assert counts == {
        "fills": len(result.trades),
        "funding": len(result.funding),
        "fees": len(result.trades),
    }
    received = [Decimal(row["amount"]) for row in rows_of(tmp_path / "funding.csv")]
    assert sum(received) == result.attribution["funding"]


def test_an_unknown_ending_or_table_is_refused_and_nothing_is_written(ledger, tmp_path):
    with pytest.raises(UsageError, match=r"\.parquet"):
        write(ledger, "fills", tmp_path / "fills.xlsx")
    with pytest.raises(UsageError, match="postings"):
        write(ledger, "trades", tmp_path / "trades.csv")

    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_does_not_take_the_file_is_told_and_no_draft_is_left(ledger, tmp_path):
    (tmp_path / "fills.csv").mkdir()

    with pytest.raises(JournalError, match=r"fills\.csv: got Is a directory") as refused:
        write(ledger, "fills", tmp_path / "fills.csv")

    assert refused.value.exit_code == 11
    assert [path.name for path in tmp_path.iterdir()] == ["fills.csv"]


def test_the_folder_of_an_export_is_made(ledger, tmp_path):
    write(ledger, "fills", tmp_path / "2024" / "august" / "fills.csv")

    assert (tmp_path / "2024" / "august" / "fills.csv").is_file()


def test_a_session_has_its_report_in_its_own_folder(session, tmp_path):
    written = write_report(session, tmp_path / "report.html")

    assert written == tmp_path / "report.html"
    assert "badge replay" in written.read_text(encoding="utf-8")


def test_a_folder_that_is_no_session_is_said_to_be_none(tmp_path):
    with pytest.raises(NotFoundError, match="the folder of a session"):
        write_report(tmp_path, None)


def test_the_ways_of_orders_are_what_a_measured_line_is_made_of(session, tmp_path):
    written = export_table(session, "latency", tmp_path / "line.csv")

    out_us, in_us = read_samples(tmp_path / "line.csv", "test")

    assert written > 20
    assert (set(out_us), set(in_us)) == ({5_000}, {5_000})


def test_the_market_of_a_session_replays_to_what_the_session_came_to(session, tmp_path):
    found = []

    def sensitive(result, make, market):
        again = replay.run(make(), market)
        found.append((result, again))
        return structs.replace(result, sensitivity=sensitivity(make, market, result=again))

    page = write_report(session, tmp_path / "report.html", sensitive)

    ((result, again),) = found
    assert again.equity_change == result.equity_change
    assert len(again.trades) == len(result.trades) > 10
    assert "Assumption sensitivity" in page.read_text(encoding="utf-8")
