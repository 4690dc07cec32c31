"""Bybit: a counted book, trades, tickers that tell what changed, liquidations."""

from decimal import Decimal

import pytest

from bot.errors import DataError
from bot.feeds.bybit.decoder import BybitDecoder
from bot.model.command import Side
from bot.model.event import FundingRate, FundingTerms, Liquidation, OpenInterest
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_HOUR
from bot.tape.rows import ASK, BID, BUY, GAP, INDEX, LEVEL, MARK, SCALAR, SNAPSHOT, TRADE
from tests.feeds.tape import MS, NOW_MS, Tape

PERPETUAL = Instrument(
    id="bybit:BTC/USDT:USDT",
    kind=Kind.PERPETUAL,
    base="BTC",
    quote="USDT",
    settle="USDT",
    grid=PriceGrid(Decimal("0.5")),
    lot=Decimal("0.001"),
)


def tape():
    return Tape(BybitDecoder, PERPETUAL)


def book(number, bids=(), asks=(), kind="delta", topic="orderbook.500.BTCUSDT", **more):
    data = {"s": "BTCUSDT", "b": list(bids), "a": list(asks), "u": number, "seq": 1}
    return {"topic": topic, "type": kind, "ts": NOW_MS - 2, "data": data, **more}


def start(number=7):
    return book(number, [["27450.00", "0.5"]], [["27451.00", "0.75"]], "snapshot", cts=NOW_MS - 4)


def ticker(**told):
    data = {"symbol": "BTCUSDT", **told}
    return {"topic": "tickers.BTCUSDT", "type": "delta", "ts": NOW_MS - 1, "cs": 1, "data": data}


def test_a_snapshot_and_the_next_delta_are_levels_at_the_time_of_the_match():
    made = tape().take(start(), book(8, [["27450.00", "0"]], cts=NOW_MS - 3))

    assert made.messages() == [
        (
            (NOW_MS - 4) * MS,
            SNAPSHOT,
            [(LEVEL, BID, 54900, 500), (LEVEL, ASK, 54902, 750)],
        ),
        ((NOW_MS - 3) * MS, 0, [(LEVEL, BID, 54900, 0)]),
    ]


def test_a_missing_delta_loses_the_book_until_a_snapshot():
    made = tape().take(start(), book(9), book(10), start(11), book(12))

    assert [flags for _, flags, _ in made.messages()] == [SNAPSHOT, GAP, SNAPSHOT, 0]
    assert made.counters.depth_held == 1


def test_a_delta_that_came_before_is_left_out():
    assert tape().take(start(), book(7)).counted() == {
        "frames": 2,
        "snapshots": 1,
        "duplicates": 1,
    }


def test_a_count_that_begins_again_is_a_snapshot_whatever_it_is_called():
    made = tape().take(start(), book(1, [["27000", "1"]]), book(2))

    assert [flags for _, flags, _ in made.messages()] == [SNAPSHOT, SNAPSHOT, 0]


def test_one_depth_is_followed_since_each_counts_for_itself():
    made = tape().take(start(), book(900, topic="orderbook.50.BTCUSDT"))

    assert (made.counters.second_source, made.counters.gaps) == (1, 0)


def test_a_trade_is_a_row_and_a_block_is_not():
    told = {"T": NOW_MS - 5, "s": "BTCUSDT", "S": "Buy", "v": "0.010", "p": "27451.00", "i": "x"}

    made = tape().take(
        {"topic": "publicTrade.BTCUSDT", "data": [told, {**told, "i": "y", "BT": True}, told]}
    )

    assert made.messages() == [((NOW_MS - 5) * MS, 0, [(TRADE, BUY, 54902, 10)])]
    assert made.counters.off_book_trades == made.counters.duplicates == 1


def test_a_ticker_keeps_what_a_delta_does_not_repeat():
    settles = NOW_MS + 3_600_000

    made = (
        tape()
        .take(
            ticker(
                markPrice="27450.25",
                indexPrice="27440.1",
                openInterest="68744.761",
                fundingRate="-0.000212",
                nextFundingTime=str(settles),
                fundingIntervalHour="4",
                fundingCap="0.005",
            )
        )
        .take(ticker(fundingRate="0.0001"), ts_recv=(NOW_MS + 2000) * MS)
    )

    assert made.messages()[0][2] == [
        (SCALAR, MARK, 2_745_025_000_000, 0),
        (SCALAR, INDEX, 2_744_010_000_000, 0),
    ]
    interest, terms, first, second = made.events
    assert isinstance(interest, OpenInterest)
    assert interest.amount == Decimal("68744.761")
    assert isinstance(terms, FundingTerms)
    assert (terms.floor, terms.cap) == (Decimal("-0.005"), Decimal("0.005"))
    assert [type(one) for one in (first, second)] == [FundingRate] * 2
    assert [one.rate for one in (first, second)] == [Decimal("-0.000212"), Decimal("0.0001")]
    assert {one.settles_ns for one in (first, second)} == {settles * MS}
    assert {one.interval_ns for one in (first, second)} == {4 * NS_PER_HOUR}


@pytest.mark.parametrize(("position", "side"), [("Buy", Side.SELL), ("Sell", Side.BUY)])
def test_a_liquidation_names_the_position_and_the_event_the_order(position, side):
    told = {"T": NOW_MS - 5, "s": "BTCUSDT", "S": position, "v": "0.3", "p": "27000.5"}

    message = {"topic": "allLiquidation.BTCUSDT", "ts": NOW_MS, "data": [told]}

    made = tape().take(message, message)

    (forced,) = made.events
    assert isinstance(forced, Liquidation)
    assert (forced.side, forced.complete, forced.id) == (side, True, None)
    assert made.counters.duplicates == 1


def test_two_liquidations_that_are_alike_in_one_message_are_two():
    told = {"T": NOW_MS - 5, "s": "BTCUSDT", "S": "Buy", "v": "0.3", "p": "27000.5"}

    made = tape().take({"topic": "allLiquidation.BTCUSDT", "ts": NOW_MS, "data": [told, told]})

    assert len(made.events) == 2


def test_acknowledgements_other_symbols_and_unknown_topics_are_counted():
    made = tape().take(
        {"success": True, "op": "subscribe", "conn_id": "x"},
        book(1, topic="orderbook.500.ETHUSDT"),
        {"topic": "kline.1.BTCUSDT", "data": []},
    )

    assert made.counted() == {"frames": 3, "control": 1, "foreign": 1, "unknown": {"kline": 1}}


@pytest.mark.parametrize(
    "broken",
    [
        book(7, [["0", "1"]], kind="snapshot"),
        book(7, [["-27450", "1"]], kind="snapshot"),
        book(7, [["27450", "x"]], kind="snapshot"),
        ticker(nextFundingTime="soon"),
        ticker(fundingIntervalHour="-8"),
        ticker(openInterest="-1"),
    ],
)
def test_what_cannot_be_is_refused(broken):
    with pytest.raises(DataError) as refused:
        tape().take(broken)

    assert PERPETUAL.id in refused.value.where
