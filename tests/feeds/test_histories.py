"""Histories of paid funding, as four venues answer for them."""

from decimal import Decimal

import pytest

from bot.errors import DataError
from bot.feeds.bybit.history import funding_history as bybit_history
from bot.feeds.deribit.history import funding_history as deribit_history
from bot.feeds.hyperliquid.history import funding_history as hyperliquid_history
from bot.feeds.okx.history import funding_history as okx_history
from bot.feeds.settled import settled_rates
from bot.model.units import NS_PER_HOUR, NS_PER_MS, NS_PER_SECOND
from tests.feeds.bybit.test_decoder import PERPETUAL as BYBIT
from tests.feeds.deribit.frames import PERPETUAL as DERIBIT
from tests.feeds.hyperliquid.test_decoder import BTC as HYPERLIQUID
from tests.feeds.okx.frames import SWAP as OKX

LATER = 1_800_000_000_000_000_000


def told(recordings, path, history, instrument):
    return history((recordings / "api-fixtures" / path).read_bytes(), instrument, LATER)


def test_okx_tells_what_was_paid_beside_what_was_predicted(recordings):
    rates = told(recordings, "okx/http_get_funding_rate_history.json", okx_history, OKX)

    assert [one.rate for one in rates] == [Decimal("-0.00002"), Decimal("0.00015")]
    assert [one.settles_ns // NS_PER_MS for one in rates] == [1704038400000, 1704067200000]
    assert [one.interval_ns for one in rates] == [None, 8 * NS_PER_HOUR]


def test_bybits_newest_comes_first_and_the_events_oldest(recordings):
    rates = told(recordings, "bybit/http_get_funding_history.json", bybit_history, BYBIT)

    assert [one.rate for one in rates] == [Decimal("0.00015"), Decimal("0.0001")]
    assert rates[1].interval_ns == 8 * NS_PER_HOUR


def test_hyperliquid_pays_every_hour(recordings):
    rates = told(
        recordings, "hyperliquid/http_funding_history.json", hyperliquid_history, HYPERLIQUID
    )

    assert [one.rate for one in rates] == [
        Decimal("0.0000125"),
        Decimal("-0.0000081"),
        Decimal("0.0000033"),
    ]
    assert {one.interval_ns for one in rates[1:]} == {NS_PER_HOUR}


def test_deribits_hours_are_told_and_its_rolling_eight_hours_are_not():
    body = (
        b'{"jsonrpc":"2.0","result":['
        b'{"timestamp":1700000000000,"index_price":1.0,"interest_8h":7e-05,"interest_1h":1e-06},'
        b'{"timestamp":1700003600000,"interest_8h":0.9,"interest_1h":-2e-07}]}'
    )

    rates = deribit_history(body, DERIBIT, LATER)

    assert [one.rate for one in rates] == [Decimal("0.000001"), Decimal("-0.0000002")]
    assert {one.interval_ns for one in rates} == {NS_PER_HOUR}


OKX_ROW = b'{"data":[{"instId":"X","fundingRate":"","realizedRate":"1","fundingTime":"1"}]}'
BYBIT_ROW = b'{"result":{"list":[{"symbol":"X","fundingRate":"1","fundingRateTimestamp":"1"}]}}'
FUTURE = b'[{"coin":"BTC","fundingRate":"1","time":9000000000000}]'


@pytest.mark.parametrize(
    ("history", "instrument", "body"),
    [
        (okx_history, OKX, OKX_ROW),
        (bybit_history, BYBIT, BYBIT_ROW),
        (hyperliquid_history, HYPERLIQUID, b'[{"coin":"ETH","fundingRate":"1","time":1}]'),
        (hyperliquid_history, HYPERLIQUID, FUTURE),
        (deribit_history, DERIBIT, b'{"result":[{"timestamp":1,"interest_1h":null}]}'),
        (deribit_history, DERIBIT, b'{"error":{"code":1}}'),
    ],
)
def test_an_answer_that_cannot_be_is_refused(history, instrument, body):
    with pytest.raises(DataError) as refused:
        history(body, instrument, LATER)

    assert "funding history" in refused.value.where


def told_at(*hours, received=LATER):
    rows = [(round(hour * 3_600_000), "0.0001") for hour in hours]
    return settled_rates(OKX, rows, received, {})


@pytest.mark.parametrize(
    ("hours", "intervals"),
    [
        ((0, 8, 16, 24), (None, 8, 8, 8)),
        ((0, 8, 24, 32), (None, 8, None, 8)),  # one is missing
        ((0, 16, 24, 32), (None, None, 8, 8)),
        ((0, 8, 16, 32), (None, 8, 8, None)),  # or the first of a longer interval: nobody knows
        ((0, 8, 16, 20, 24), (None, 8, 8, 4, 4)),  # it became shorter
        ((0, 4, 8, 16, 24), (None, 4, 4, 8, 8)),  # and longer
        ((0, 8), (None, 8)),
        ((8,), (None,)),
        ((), ()),
    ],
)
def test_a_hole_is_no_interval(hours, intervals):
    told = told_at(*hours)

    assert (
        tuple(None if one.interval_ns is None else one.interval_ns // NS_PER_HOUR for one in told)
        == intervals
    )


def test_a_clock_that_is_a_little_behind_costs_no_answer():
    paid = 8 * NS_PER_HOUR

    told = told_at(0, 8, received=paid - NS_PER_SECOND)

    assert [one.settles_ns for one in told] == [0, paid]
    assert told[-1].ts_venue == told[-1].ts_recv == paid - NS_PER_SECOND
    with pytest.raises(DataError, match="set the clock right"):
        told_at(0, 8, received=paid - 61 * NS_PER_SECOND)
