"""Trades, touches, marks and liquidations onto the tape."""

from decimal import Decimal

import pytest

from bot.model.command import Side
from bot.model.event import FundingRate, Liquidation
from bot.tape.rows import (
    ASK,
    BID,
    BUY,
    ESTIMATED,
    ESTIMATED_SETTLE,
    INDEX,
    MARK,
    SCALAR,
    SELL,
    TOUCH,
    TRADE,
)
from tests.feeds.binance.messages import (
    INVERSE,
    MS,
    NOW,
    NOW_MS,
    PERPETUAL,
    SPOT,
    Tape,
    forced,
    mark,
    touch,
    trade,
)


@pytest.mark.parametrize(("buyer_is_maker", "side"), [(True, SELL), (False, BUY)])
def test_the_aggressor_sold_when_the_buyer_was_the_maker(buyer_is_maker, side):
    tape = Tape().take(trade(m=buyer_is_maker), "btcusdt@trade")

    assert tape.messages() == [(NOW - 2 * MS, 0, [(TRADE, side, 618003, 6)])]


@pytest.mark.parametrize("kind", ["INSURANCE_FUND", "ADL", "NA"])
def test_a_trade_that_met_no_order_of_the_book_is_counted_and_left_out(kind):
    tape = Tape().take(trade(X=kind), "btcusdt@trade")

    assert tape.messages() == []
    assert tape.counters.off_book_trades == 1


def test_a_trade_that_comes_twice_is_one_trade():
    tape = Tape().take(trade(7), "btcusdt@trade").take(trade(7), "btcusdt@trade")

    assert len(tape.messages()) == 1
    assert tape.counters.duplicates == 1


def test_an_aggregate_trade_is_one_row_and_never_beside_the_trades_themselves():
    aggregate = {**trade(), "e": "aggTrade", "a": 9, "f": 1, "l": 3, "nq": "0.006", "st": 1}
    alone, beside = Tape(), Tape().take(trade(), "btcusdt@trade")

    alone.take(aggregate, "btcusdt@aggTrade")
    beside.take(aggregate, "btcusdt@aggTrade")

    assert alone.messages() == [(NOW - 2 * MS, 0, [(TRADE, BUY, 618003, 6)])]
    assert len(beside.messages()) == 1
    assert beside.counters.second_source == 1


def test_a_touch_is_a_bid_and_an_ask_and_an_empty_side_has_size_zero():
    tape = Tape().take(touch(e="bookTicker", T=NOW_MS - 3, E=NOW_MS - 2), "btcusdt@bookTicker")

    assert tape.messages() == [
        (NOW - 3 * MS, 0, [(TOUCH, BID, 618001, 1500), (TOUCH, ASK, 618002, 0)])
    ]


def test_a_spot_touch_states_no_time_and_gets_an_estimate():
    tape = Tape(SPOT).take(trade(T=NOW_MS - 8), "btcusdt@trade")

    tape.take(touch(), "btcusdt@bookTicker")

    assert tape.messages()[1][:2] == (NOW - 8 * MS, ESTIMATED)


def test_a_touch_older_than_the_last_is_dropped():
    tape = Tape().take(touch(5), "btcusdt@bookTicker").take(touch(4), "btcusdt@bookTicker")

    assert len(tape.messages()) == 1
    assert tape.counters.duplicates == 1


def test_a_trade_or_a_touch_between_two_ticks_is_counted_and_left_out():
    tape = Tape().take(trade(p="61800.15"), "btcusdt@trade")

    tape.take(touch(b="61800.15"), "btcusdt@bookTicker")

    assert tape.messages() == []
    assert tape.counters.odd_prices == 2


def test_a_mark_price_is_three_scalars_in_fixed_point():
    tape = Tape().take(mark(), "btcusdt@markPrice@1s")

    assert tape.messages() == [
        (
            NOW - 5 * MS,
            0,
            [
                (SCALAR, MARK, 2_814_727_373_413, 0),
                (SCALAR, INDEX, 2_815_975_642_857, 0),
                (SCALAR, ESTIMATED_SETTLE, 2_814_215_563_565, 0),
            ],
        )
    ]


def test_a_funding_rate_is_an_event_when_rate_or_settlement_changed():
    tape = Tape()

    for told in ({}, {}, {"r": "-0.00001000"}, {"r": "-0.00001000", "T": 1_680_681_600_000}):
        tape.take(mark(**told), "btcusdt@markPrice@1s")

    assert [(event.rate, event.settles_ns) for event in tape.events] == [
        (Decimal("0.00002754"), 1_680_652_800_000 * MS),
        (Decimal("-0.00001"), 1_680_652_800_000 * MS),
        (Decimal("-0.00001"), 1_680_681_600_000 * MS),
    ]
    assert all(isinstance(event, FundingRate) and not event.settled for event in tape.events)


def test_an_interval_is_that_between_settlements_and_not_what_a_listing_said():
    """The contract is listed with eight hours; the venue has gone over to four."""
    settles = 1_680_652_800_000
    tape = Tape()

    tape.take(mark(T=settles), "btcusdt@markPrice@1s", ts_recv=(settles - 1000) * MS)
    later = mark(T=settles + 4 * 3_600_000, r="0.0001")
    tape.take(later, "btcusdt@markPrice@1s", ts_recv=(settles + 1000) * MS)

    assert [event.interval_ns for event in tape.events] == [None, 4 * 3_600_000 * MS]


@pytest.mark.parametrize("told", [{"r": "", "T": 0}, {"r": ""}, {"T": 0}])
def test_no_rate_is_invented_where_none_is_told(told):
    tape = Tape().take(mark(**told), "btcusdt@markPrice@1s")

    assert tape.events == []
    assert tape.counters.marks == 1


def test_an_older_mark_price_without_index_has_fewer_scalars():
    message = {**mark(), "s": "BTCUSD_PERP"}
    del message["i"]

    tape = Tape(INVERSE).take(message, "btcusd_perp@markPrice")

    assert [row[1] for row in tape.messages()[0][2]] == [MARK, ESTIMATED_SETTLE]


def test_a_liquidation_is_what_was_filled_and_never_complete():
    tape = Tape().take(forced(), "!forceOrder@arr")

    assert tape.events == [
        Liquidation(
            ts_recv=NOW,
            ts_venue=NOW - 4 * MS,
            instrument=PERPETUAL.id,
            side=Side.SELL,
            price=Decimal("9910.12345678"),
            amount=Decimal("0.010"),
            complete=False,
        )
    ]


def test_a_liquidation_not_yet_filled_is_what_was_asked():
    tape = Tape().take(forced(z="0", ap="0", S="BUY"), "btcusdt@forceOrder")

    (event,) = tape.events
    assert (event.side, event.price, event.amount) == (Side.BUY, Decimal(9910), Decimal("0.014"))
