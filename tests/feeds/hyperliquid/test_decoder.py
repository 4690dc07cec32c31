"""Hyperliquid: whole books, trades by letters, hourly funding."""

import json
from decimal import Decimal

import pytest

from bot.errors import DataError
from bot.feeds.hyperliquid.decoder import HyperliquidDecoder
from bot.feeds.hyperliquid.instruments import instruments
from bot.model.event import FundingRate, OpenInterest
from bot.model.units import NS_PER_HOUR
from bot.tape.rows import (
    ASK,
    BID,
    BUY,
    ESTIMATED,
    INDEX,
    LEVEL,
    MARK,
    SCALAR,
    SELL,
    SNAPSHOT,
    TRADE,
)
from tests.feeds.tape import MS, NOW, NOW_MS, Tape

META = (
    b'{"universe":[{"name":"BTC","szDecimals":5},{"name":"PURR","szDecimals":0,"isDelisted":true}]}'
)
BTC = instruments(META)["BTC"]


def tape():
    return Tape(HyperliquidDecoder, BTC)


def book(bids, asks, coin="BTC", ms=NOW_MS - 3):
    levels = [[{"px": p, "sz": s, "n": 1} for p, s in side] for side in (bids, asks)]
    return {"channel": "l2Book", "data": {"coin": coin, "time": ms, "levels": levels}}


def trade(number, **more):
    told = {"coin": "BTC", "side": "B", "px": "90000.0", "sz": "0.5", "time": NOW_MS - 4}
    return {"channel": "trades", "data": [{**told, "tid": number, "hash": "0x0", **more}]}


def state(**more):
    ctx = {"markPx": "90000.0", "oraclePx": "90010.0", "openInterest": "27353.17682"}
    ctx |= {"funding": "-0.0000015186", "premium": None, "midPx": None, **more}
    return {"channel": "activeAssetCtx", "data": {"coin": "BTC", "ctx": ctx}}


def test_every_book_is_whole():
    made = tape().take(book([("90000.0", "1.5")], [("90001.0", "2")]), book([("90000", "1")], []))

    assert made.messages() == [
        (
            (NOW_MS - 3) * MS,
            SNAPSHOT,
            [(LEVEL, BID, 900000, 150000), (LEVEL, ASK, 900010, 200000)],
        ),
        ((NOW_MS - 3) * MS, SNAPSHOT, [(LEVEL, BID, 900000, 100000)]),
    ]


def test_an_older_book_is_left_out():
    made = tape().take(book([], []), book([], [], ms=NOW_MS - 500))

    assert (made.counters.snapshots, made.counters.duplicates) == (1, 1)


def test_trades_are_rows_by_their_takers_letter_whether_their_id_is_text_or_not():
    made = tape().take(trade(1), trade("1"), trade(2, side="A"))

    assert [rows for _, _, rows in made.messages()] == [
        [(TRADE, BUY, 900000, 50000)],
        [(TRADE, SELL, 900000, 50000)],
    ]
    assert made.counters.duplicates == 1


def test_a_state_tells_marks_interest_and_the_rate_of_this_hour():
    made = tape().take(state())

    assert made.messages() == [
        (
            NOW,
            ESTIMATED,
            [(SCALAR, MARK, 9_000_000_000_000, 0), (SCALAR, INDEX, 9_001_000_000_000, 0)],
        )
    ]
    interest, rate = made.events
    assert isinstance(interest, OpenInterest)
    assert interest.amount == Decimal("27353.17682")
    assert isinstance(rate, FundingRate)
    assert (rate.rate, rate.interval_ns) == (Decimal("-0.0000015186"), NS_PER_HOUR)
    assert rate.settles_ns == (NOW // NS_PER_HOUR + 1) * NS_PER_HOUR


@pytest.mark.parametrize(
    ("sent", "fixed"),
    [
        ("1.123456785", 112_345_679),
        ("1.1234567849999999999999", 112_345_678),
        ("0.000000004", 0),
        ("2", 200_000_000),
    ],
)
def test_a_price_finer_than_a_scalar_is_rounded(sent, fixed):
    made = tape().take(state(markPx=sent, oraclePx=""))

    assert made.messages()[0][2] == [(SCALAR, MARK, fixed, 0)]


@pytest.mark.parametrize("sent", ["1.123456785x", "1.12345678-1", "-1.123456789", "1e-9"])
def test_a_price_that_is_none_is_refused_however_far_behind_the_damage_is(sent):
    with pytest.raises(DataError):
        tape().take(state(markPx=sent))


def test_other_coins_acknowledgements_and_unknown_channels_are_counted():
    made = tape().take(
        book([], [], coin="ETH"),
        trade(1, coin="ETH"),
        {"channel": "subscriptionResponse", "data": {}},
        {"channel": "candle", "data": {}},
    )

    assert made.counted() == {"frames": 4, "foreign": 2, "control": 1, "unknown": {"candle": 1}}


@pytest.mark.parametrize(
    "broken",
    [
        book([("0", "1")], []),
        book([("-1", "1")], []),
        trade(1, sz="0"),
        trade(1, side="buy"),
        state(openInterest="-5"),
        state(funding="much"),
        {"channel": "l2Book", "data": {"coin": "BTC", "time": -1, "levels": [[], []]}},
    ],
)
def test_what_cannot_be_is_refused(broken):
    with pytest.raises(DataError) as refused:
        tape().take(broken)

    assert BTC.id in refused.value.where


def test_the_grid_follows_figures_and_decimals():
    assert (BTC.grid.tick, BTC.grid.significant_figures) == (Decimal("0.1"), 5)
    assert BTC.lot == Decimal("0.00001")
    assert BTC.grid.down(900_009) == 900_000  # six figures with a decimal are too many
    assert BTC.grid.down(99_999) == 99_999
    assert not instruments(META)["PURR"].active


def test_perpetuals_of_other_margins_and_other_exchanges_are_left_out(recordings):
    path = recordings / "api-fixtures/hyperliquid/http_all_perp_metas_non_usdc_collateral.json"

    found = [list(instruments(json.dumps(meta).encode())) for meta in json.loads(path.read_bytes())]

    assert found == [["BTC"], [], []]
    assert instruments(b'{"collateralToken":360,"universe":[{"name":"X","szDecimals":3}]}') == {}
