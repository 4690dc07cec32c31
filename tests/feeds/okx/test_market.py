"""OKX's other channels: trades, touches, marks, funding, open interest, liquidations."""

from decimal import Decimal

import pytest

from bot.errors import DataError
from bot.model.command import Side
from bot.model.event import FundingRate, FundingTerms, Liquidation, OpenInterest
from bot.model.units import NS_PER_HOUR, NS_PER_MS
from bot.tape.rows import ASK, BID, BUY, ESTIMATED, INDEX, MARK, SCALAR, SELL, TOUCH, TRADE
from tests.feeds.okx.frames import HOUR_MS, SWAP, frame, funding, tape, trade
from tests.feeds.tape import MS, NOW, NOW_MS


def test_a_trade_is_a_row_by_its_takers_side_and_told_once():
    made = tape().take(trade(), trade(), trade(2, side="sell", px="100", sz="0.01"))

    assert made.messages() == [
        ((NOW_MS - 5) * MS, 0, [(TRADE, BUY, 1001, 200)]),
        ((NOW_MS - 5) * MS, 0, [(TRADE, SELL, 1000, 1)]),
    ]
    assert (made.counters.trades, made.counters.duplicates) == (2, 1)


def test_a_trade_from_before_anybody_listened_is_no_news():
    made = tape().take(trade(ts=str(NOW_MS - 25_000)))

    assert made.messages() == []
    assert made.counters.backlog == 1


def test_a_trade_stamped_later_than_received_is_moved_to_its_receipt():
    made = tape().take(trade(ts=str(NOW_MS + 40)))

    assert made.messages() == [(NOW, ESTIMATED, [(TRADE, BUY, 1001, 200)])]
    assert made.counters.ahead == 1


@pytest.mark.parametrize("broken", [{"px": "-1"}, {"px": "0"}, {"sz": "0"}, {"sz": ""}])
def test_a_trade_without_a_price_or_a_size_is_refused(broken):
    with pytest.raises(DataError) as refused:
        tape().take(trade(**broken))

    assert SWAP.id in refused.value.where


def test_a_ticker_is_the_touch_and_an_empty_side_has_no_size():
    told = {"instId": "BTC-USDT-SWAP", "bidPx": "100.1", "bidSz": "3", "askPx": "", "askSz": ""}

    made = tape().take(frame("tickers", {**told, "ts": str(NOW_MS)}))

    assert made.messages() == [(NOW, 0, [(TOUCH, BID, 1001, 300), (TOUCH, ASK, 0, 0)])]


def test_mark_and_the_index_it_follows_are_scalars():
    made = tape().take(
        frame("mark-price", {"instId": "BTC-USDT-SWAP", "markPx": "100.12", "ts": str(NOW_MS)}),
        frame("index-tickers", {"instId": "BTC-USDT", "idxPx": "99.5", "ts": str(NOW_MS)}),
        frame("index-tickers", {"instId": "ETH-USDT", "idxPx": "9.5", "ts": str(NOW_MS)}),
    )

    rows = [rows for _, _, rows in made.messages()]
    assert rows == [[(SCALAR, MARK, 10_012_000_000, 0)], [(SCALAR, INDEX, 9_950_000_000, 0)]]
    assert made.counters.foreign == 1


def test_funding_tells_terms_the_last_payment_and_the_next_with_its_own_interval():
    made = tape().take(funding())

    terms, paid, next_one = made.events
    assert isinstance(terms, FundingTerms)
    assert (terms.floor, terms.cap) == (Decimal("-0.015"), Decimal("0.015"))
    assert terms.interval_ns == next_one.interval_ns == 4 * NS_PER_HOUR
    assert (paid.settled, paid.rate) == (True, Decimal("-0.0001"))
    assert paid.settles_ns == (NOW_MS - 3 * HOUR_MS) * NS_PER_MS
    # It ended an interval that nobody saw begin: the next one says nothing of it.
    assert paid.interval_ns is None
    assert (next_one.settled, next_one.rate) == (False, Decimal("0.000125"))
    assert next_one.settles_ns == (NOW_MS + HOUR_MS) * NS_PER_MS


def test_a_payment_keeps_the_interval_that_it_ended_when_the_next_is_another():
    """8 hours up to now, 4 from now on: each settlement with its own."""
    hours = [NOW_MS + k * HOUR_MS for k in range(-8, 13)]
    made = tape().take(
        funding(prevFundingTime=str(hours[0]), fundingTime=str(hours[8]), settState="processing"),
        ts_recv=(NOW_MS - 1000) * NS_PER_MS,
    )

    made.take(
        funding(
            prevFundingTime=str(hours[8]),
            fundingTime=str(hours[12]),
            nextFundingTime=str(hours[16]),
        ),
        ts_recv=(NOW_MS + 1000) * NS_PER_MS,
    )

    told = [one for one in made.events if isinstance(one, FundingRate)]
    assert [(one.settled, one.settles_ns // NS_PER_MS, one.interval_ns) for one in told] == [
        (False, hours[8], 8 * NS_PER_HOUR),
        (True, hours[8], 8 * NS_PER_HOUR),
        (False, hours[12], 4 * NS_PER_HOUR),
    ]


def test_older_frames_name_only_the_settlement_after():
    made = tape().take(funding(prevFundingTime="", settState=""))

    assert made.events[-1].interval_ns == 4 * NS_PER_HOUR


def test_funding_without_another_settlement_has_no_interval():
    made = tape().take(
        funding(
            nextFundingTime="",
            prevFundingTime="",
            settState="",
            minFundingRate="",
            maxFundingRate="",
        )
    )

    assert [(type(event), event.interval_ns) for event in made.events] == [(FundingRate, None)]


def test_funding_is_told_again_when_it_changes_or_after_half_a_minute():
    made = tape()
    at = [0, 100, 1200, 20_000, 32_000]

    for ms, rate in zip(at, ["1", "2", "2", "2", "2"], strict=True):
        made.take(funding(fundingRate=f"0.000{rate}"), ts_recv=NOW + ms * MS)

    told = [e for e in made.events if isinstance(e, FundingRate) and not e.settled]
    # At 100 ms it is too soon after the first; at 32 s nothing changed, but age is news too.
    assert [(e.ts_recv - NOW) // MS for e in told] == [0, 1200, 32_000]
    assert [e.rate for e in told] == [Decimal("0.0001"), Decimal("0.0002"), Decimal("0.0002")]


def test_open_interest_in_contracts_becomes_coins():
    told = {"instId": "BTC-USDT-SWAP", "oi": "1500", "oiCcy": "15", "ts": str(NOW_MS)}

    made = tape().take(frame("open-interest", told))

    assert [type(event) for event in made.events] == [OpenInterest]
    assert made.events[0].amount == Decimal(15)


def test_a_liquidation_is_an_order_by_its_own_side_and_only_a_sample():
    order = {"side": "sell", "posSide": "long", "bkPx": "99.5", "sz": "12", "ts": str(NOW_MS)}
    told = {"instId": "BTC-USDT-SWAP", "instFamily": "BTC-USDT", "details": [order]}
    other = {"instId": "ETH-USDT-SWAP", "instFamily": "ETH-USDT", "details": [order]}

    made = tape().take(frame("liquidation-orders", told, other, inst=""))

    (forced,) = made.events
    assert isinstance(forced, Liquidation)
    assert (forced.side, forced.complete) == (Side.SELL, False)
    assert (forced.price, forced.amount) == (Decimal("99.5"), Decimal(12))
    # A channel of a type of contract is sent once for all of them: that is no wrong address.
    assert made.counters.foreign == 0


def test_two_orders_that_are_alike_in_one_message_are_two_and_a_repetition_is_none():
    order = {"side": "sell", "bkPx": "99.5", "sz": "12", "ts": str(NOW_MS)}
    message = frame(
        "liquidation-orders", {"instId": "BTC-USDT-SWAP", "details": [order, order]}, inst=""
    )

    made = tape().take(message, message)

    assert len(made.events) == 2
    assert made.counters.duplicates == 2


def test_acknowledgements_unknown_channels_and_unknown_fields_are_tolerated():
    made = tape().take(
        {"event": "subscribe", "arg": {"channel": "books", "instId": "BTC-USDT-SWAP"}},
        b"pong",
        frame("brand-new", {"x": 1}),
        trade(something={"new": [1]}),
    )

    assert made.counters.control == 2
    assert made.counters.unknown == {"brand-new": 1}
    assert made.counters.trades == 1


@pytest.mark.parametrize(
    "cut", [b"", b"{", b'{"arg":{"channel":"trades"},"data":[{"instId":"BTC-', b"\xff\xfe", b"[]"]
)
def test_a_frame_cut_in_the_middle_is_one_clear_error(cut):
    with pytest.raises(DataError) as refused:
        tape().take(cut)

    assert f"{SWAP.id} frame" in str(refused.value)
    assert "OKX" in refused.value.expected


def test_a_frame_from_an_earlier_time_is_moved_behind_the_one_before():
    made = tape().take(trade(1)).take(trade(2), ts_recv=NOW - 3 * MS)

    assert made.counters.clock_steps == 1
    block = made.builder.take()
    assert list(block.ts_recv) == [NOW, NOW]
