"""BitMEX: levels by id, and tables that are told row by row."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bot.errors import DataError
from bot.feeds.bitmex.times import milliseconds, span_ns
from bot.model.command import Side
from bot.model.event import FundingRate, Liquidation, OpenInterest
from bot.model.units import NS_PER_HOUR
from bot.tape.rows import (
    ASK,
    BID,
    ESTIMATED,
    GAP,
    INDEX,
    LEVEL,
    MARK,
    SCALAR,
    SELL,
    SNAPSHOT,
    TOUCH,
    TRADE,
)
from tests.feeds.bitmex.frames import INVERSE, TIME, TIME_NS, act, level, start, tape, trade
from tests.feeds.tape import NOW


def test_levels_are_found_by_id_and_keep_the_price_they_came_with():
    made = tape().take(
        start(),
        act("orderBookL2", "update", level(2, "Buy", 1500)),
        act("orderBookL2", "insert", level(4, "Sell", 700, 90001, timestamp=TIME)),
        act("orderBookL2", "delete", level(1, "Buy")),
    )

    snapshot, update, insert, delete = made.messages()
    assert snapshot[1:] == (
        SNAPSHOT | ESTIMATED,
        [(LEVEL, BID, 180000, 10), (LEVEL, BID, 179999, 2), (LEVEL, ASK, 180001, 5)],
    )
    assert update == (NOW, ESTIMATED, [(LEVEL, BID, 180000, 15)])
    assert insert == (TIME_NS, 0, [(LEVEL, ASK, 180002, 7)])
    assert delete[2] == [(LEVEL, BID, 179999, 0)]


@pytest.mark.parametrize(
    ("action", "row"),
    [
        ("update", level(9, "Buy", 1)),
        ("delete", level(9, "Buy")),
        ("delete", level(2, "Sell")),
        ("insert", level(2, "Buy", 5, 90000)),
    ],
)
def test_a_level_that_should_not_or_should_be_there_proves_a_loss(action, row):
    made = tape().take(start(), act("orderBookL2", action, row), start())

    assert [flags & ~ESTIMATED for _, flags, _ in made.messages()] == [SNAPSHOT, GAP, SNAPSHOT]
    assert made.counters.gaps == 1


def test_changes_before_the_partial_are_left_out():
    made = tape().take(act("orderBookL2", "insert", level(4, "Sell", 700, 90001)))

    assert made.messages() == []
    assert made.counters.depth_held == 1


def test_an_empty_book_is_a_book():
    made = tape().take(act("orderBookL2", "partial", filter={"symbol": "XBTUSD"}))

    assert [(flags, rows) for _, flags, rows in made.messages()] == [(SNAPSHOT | ESTIMATED, [])]
    assert made.decoder.synced


@pytest.mark.parametrize("row", [level(2, "Buy", -5), level(2, "Buy"), level(2, "Buy", "many")])
def test_a_row_that_cannot_be_read_loses_the_book_since_no_number_would_show_it(row):
    made = tape().take(start())

    with pytest.raises(DataError):
        made.take(act("orderBookL2", "update", row))

    assert [flags & ~ESTIMATED for _, flags, _ in made.messages()] == [SNAPSHOT, GAP]


def test_a_trade_is_a_row_and_those_of_the_partial_are_history():
    history = act(
        "trade",
        "partial",
        {"timestamp": TIME, "side": "Buy", "size": 100} | {"price": 1, "trdMatchID": "z"},
    )

    made = tape().take(history, trade(), trade(), trade("b", trdType="Settlement"))

    assert made.messages() == [(TIME_NS, 0, [(TRADE, SELL, 180000, 3)])]
    counters = made.counters
    assert counters.backlog == counters.trades == counters.duplicates == 1
    assert counters.off_book_trades == 1


def test_a_quote_is_the_touch():
    row = {"timestamp": TIME, "bidSize": 1000, "bidPrice": 90000, "askPrice": None, "askSize": None}

    made = tape().take(act("quote", "insert", row))

    assert made.messages() == [(TIME_NS, 0, [(TOUCH, BID, 180000, 10), (TOUCH, ASK, 0, 0)])]


def test_the_state_of_an_instrument_is_told_as_it_changes():
    whole = {
        "timestamp": TIME,
        "fundingRate": 0.000113,
        "fundingTimestamp": "2025-11-24T20:00:00.000Z",
        "fundingInterval": "2000-01-01T08:00:00.000Z",
        "indicativeFundingRate": 0.09,
        "openInterest": 700,
        "markPrice": 90000.26,
        "indicativeSettlePrice": 89990.1,
    }

    made = tape().take(
        act("instrument", "partial", whole),
        act("instrument", "update", {"timestamp": TIME, "markPrice": 90000.3}),
    )

    assert [rows for _, _, rows in made.messages()] == [
        [(SCALAR, MARK, 9_000_026_000_000, 0), (SCALAR, INDEX, 8_999_010_000_000, 0)],
        [(SCALAR, MARK, 9_000_030_000_000, 0)],
    ]
    interest, rate = made.events
    assert isinstance(interest, OpenInterest)
    assert interest.amount == 700
    assert isinstance(rate, FundingRate)
    assert (rate.rate, rate.interval_ns) == (Decimal("0.000113"), 8 * NS_PER_HOUR)
    assert rate.settles_ns == 1_764_014_400_000_000_000


def test_the_interest_of_a_quanto_contract_cannot_be_told_in_its_base():
    quanto = replace(INVERSE, id="bitmex:ETH/USD:BTC", base="ETH", inverse=False)

    made = tape(quanto).take(act("instrument", "partial", {"openInterest": 7}, symbol="ETHUSD"))

    assert made.events == []


def test_a_paid_rate_is_told_once():
    row = {"timestamp": "2025-11-24T12:00:00.000Z", "fundingInterval": "2000-01-01T08:00:00.000Z"}
    row["fundingRate"] = -0.0001

    made = tape().take(act("funding", "partial", row), act("funding", "insert", row))

    (paid,) = made.events
    assert (paid.settled, paid.rate) == (True, Decimal("-0.0001"))


def test_a_liquidation_is_told_when_it_comes_to_the_book():
    row = {"orderID": "x", "side": "Sell", "price": 89000.5, "leavesQty": 400}

    made = tape().take(
        act("liquidation", "insert", row),
        act("liquidation", "update", {"orderID": "x", "leavesQty": 100}),
        act("liquidation", "delete", {"orderID": "x"}),
    )

    (forced,) = made.events
    assert isinstance(forced, Liquidation)
    assert (forced.side, forced.amount, forced.complete) == (Side.SELL, 400, True)


def test_greetings_other_symbols_and_unknown_tables_are_counted():
    made = tape().take(
        {"info": "Welcome", "version": "1"},
        {"success": True, "subscribe": "trade:XBTUSD"},
        b"pong",
        act(
            "trade",
            "insert",
            {"timestamp": TIME, "side": "Buy", "size": 1, "price": 1} | {"trdMatchID": "q"},
            symbol="ETHUSD",
        ),
        act("orderBookL2", "delete", level(1), symbol="ETHUSD"),
        act("chat", "insert", {}),
    )

    assert (made.counters.control, made.counters.foreign) == (3, 2)
    assert made.counters.unknown == {"chat": 1}


@pytest.mark.parametrize(
    "text", ["", "now", "2021-07-22", "2021-07-22T22:36:10", "1900-01-01T00:00Z"]
)
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(DataError, match="time"):
        milliseconds(text, "here")


def test_spans_are_written_as_moments():
    assert span_ns("2000-01-01T01:00:00.000Z", "here") == NS_PER_HOUR
    assert span_ns(None, "here") is None
