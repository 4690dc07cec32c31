"""Deribit: a chain of changes, trades with their forced side, tickers of every kind."""

from decimal import Decimal

import pytest

from bot.errors import DataError
from bot.feeds.deribit.market_feed import session_end_ns
from bot.model.command import Side
from bot.model.event import FundingRate, Liquidation, OpenInterest
from bot.model.units import NS_PER_HOUR
from bot.tape.rows import ASK, BID, BUY, GAP, INDEX, LEVEL, MARK, SCALAR, SNAPSHOT, TOUCH, TRADE
from tests.feeds.deribit.frames import OPTION, PERPETUAL, book, notice, start, tape, ticker, trade
from tests.feeds.tape import MS, NOW, NOW_MS

VENUE_NS = (NOW_MS - 3) * MS


def test_a_snapshot_and_its_changes_are_levels_in_usd():
    change = book(11, 10, [["delete", 89999.5, 0.0], ["change", 90000.0, 30.0]])

    made = tape().take(start(), change)

    assert made.messages() == [
        (
            VENUE_NS,
            SNAPSHOT,
            [(LEVEL, BID, 180000, 100), (LEVEL, BID, 179999, 2), (LEVEL, ASK, 180001, 50)],
        ),
        (VENUE_NS, 0, [(LEVEL, BID, 179999, 0), (LEVEL, BID, 180000, 3)]),
    ]


def test_a_broken_chain_loses_the_book_until_a_snapshot():
    made = tape().take(start(), book(13, 12), book(14, 13), start(20), book(21, 20))

    assert [flags for _, flags, _ in made.messages()] == [SNAPSHOT, GAP, SNAPSHOT, 0]
    assert made.counters.gaps == made.counters.depth_held == made.counters.depth_applied == 1


def test_a_change_that_came_before_is_left_out():
    made = tape().take(start(), book(11, 10), book(11, 10))

    assert (made.counters.duplicates, made.counters.gaps) == (1, 0)


def test_a_change_without_a_predecessor_is_a_break():
    assert tape().take(start(), book(11)).counters.gaps == 1


def test_a_lost_change_shows_as_a_gap_at_the_next():
    made = tape().take(start())

    with pytest.raises(DataError):
        made.take(book(11, 10, [["new", "a price", 1.0]]))
    made.take(book(12, 11))

    assert [flags for _, flags, _ in made.messages()] == [SNAPSHOT, GAP]


def test_grouped_books_are_whole_ones_and_no_changes():
    grouped = notice("book.BTC-PERPETUAL.none.10.100ms", {"bids": [[1.0, 1.0]], "asks": []})

    assert tape().take(grouped).counters.unknown == {"grouped book": 1}


def test_numbers_are_read_as_they_were_sent():
    frame = (
        b'{"method":"subscription","params":{"channel":"book.BTC-26DEC25-90000-C.raw","data":'
        b'{"type":"snapshot","timestamp":1764000000000,"instrument_name":"BTC-26DEC25-90000-C",'
        b'"change_id":1,"bids":[["new",1e-4,2.6],["new",0.0049,0.30000]],"asks":[]}}}'
    )

    made = tape(OPTION).take(frame)

    assert made.messages()[0][2] == [(LEVEL, BID, 1, 26), (LEVEL, BID, 49, 3)]


def test_a_trade_is_a_row_by_its_takers_side():
    assert tape().take(trade()).messages() == [((NOW_MS - 5) * MS, 0, [(TRADE, BUY, 180001, 25)])]


@pytest.mark.parametrize(
    ("letters", "sides"),
    [("T", [Side.BUY]), ("M", [Side.SELL]), ("MT", [Side.SELL, Side.BUY]), ("none", [])],
)
def test_the_flag_of_a_trade_tells_whose_order_was_forced(letters, sides):
    made = tape().take(trade(liquidation=letters), trade(liquidation=letters))

    assert all(isinstance(event, Liquidation) and event.complete for event in made.events)
    assert [event.side for event in made.events] == sides
    assert {event.amount for event in made.events} <= {Decimal(250)}
    assert made.counters.trades == made.counters.duplicates == 1


@pytest.mark.parametrize("field", ["block_trade_id", "combo_id", "combo_trade_id"])
def test_a_trade_that_met_no_order_of_the_book_is_counted(field):
    made = tape().take(trade(**{field: "7"}))

    assert made.messages() == []
    assert made.counters.off_book_trades == 1


def test_a_perpetuals_ticker_tells_marks_interest_and_the_rate_that_accrues():
    made = tape().take(
        ticker(
            mark_price=92281.78,
            index_price=92263.55,
            open_interest=1132329370.0,
            current_funding=1.5e-5,
            funding_8h=0.7,
            estimated_delivery_price=92263.55,
        )
    )

    ((ts, _, rows),) = made.messages()
    assert ts == (NOW_MS - 2) * MS
    assert rows == [(SCALAR, MARK, 9_228_178_000_000, 0), (SCALAR, INDEX, 9_226_355_000_000, 0)]
    interest, rate = made.events
    assert isinstance(interest, OpenInterest)
    assert interest.amount == Decimal("1132329370")  # USD already: a unit of amount is one
    assert isinstance(rate, FundingRate)
    # The rate of this moment for 8 h. The rolling `funding_8h` is read nowhere.
    assert (rate.rate, rate.interval_ns) == (Decimal("0.000015"), 8 * NS_PER_HOUR)
    assert (rate.settled, rate.settles_ns) == (False, session_end_ns(NOW))


@pytest.mark.parametrize(
    ("hour", "end"), [(0, 8), (7.99, 8), (8, 32), (23, 32)], ids=lambda h: f"{h}h"
)
def test_what_accrues_is_booked_at_eight(hour, end):
    day = 1_764_028_800 * 1_000_000_000

    assert session_end_ns(day + int(hour * NS_PER_HOUR)) == day + end * NS_PER_HOUR


def test_a_quote_is_the_touch_and_a_side_without_orders_is_empty():
    quote = {"timestamp": NOW_MS, "instrument_name": "BTC-PERPETUAL", "best_bid_price": 90000.0}
    quote |= {"best_bid_amount": 50.0, "best_ask_price": 0.0, "best_ask_amount": 0.0}

    made = tape().take(notice("quote.BTC-PERPETUAL", quote))

    assert made.messages() == [(NOW, 0, [(TOUCH, BID, 180000, 5), (TOUCH, ASK, 0, 0)])]


def test_answers_and_other_instruments_are_counted():
    made = tape().take(
        {"jsonrpc": "2.0", "id": 1, "result": ["book.BTC-PERPETUAL.raw"]},
        {"jsonrpc": "2.0", "id": 2, "error": {"code": 11050, "message": "bad_request"}},
        {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}},
        book(1, name="ETH-PERPETUAL"),
        notice("chart.trades.BTC-PERPETUAL.1", {}),
        notice("perpetual.BTC-PERPETUAL.100ms", {}),
    )

    assert (made.counters.control, made.counters.foreign) == (3, 2)
    assert made.counters.unknown == {"perpetual": 1}


@pytest.mark.parametrize(
    "levels", [[["new", -1.0, 5.0]], [["new", 0.0, 5.0]], [["new", 1.0, -5.0]], [["gone", 1, 1]]]
)
def test_levels_that_cannot_be_are_refused(levels):
    with pytest.raises(DataError) as refused:
        tape().take(book(10, None, levels, kind="snapshot"))

    assert PERPETUAL.id in refused.value.where
