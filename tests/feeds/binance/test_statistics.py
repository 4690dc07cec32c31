"""Binance's answers about positioning and funding, recorded and damaged."""

import gzip
import json
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bot.errors import DataError
from bot.feeds.binance.statistics import (
    funding_history,
    funding_terms,
    long_short_ratios,
    open_interest,
    open_interest_history,
    predicted_funding,
    taker_volumes,
)
from bot.model.units import NS_PER_HOUR, NS_PER_MS
from tests.feeds.binance.captures import stated
from tests.feeds.binance.messages import INVERSE, PERPETUAL

LATER = 1_800_000_000_000_000_000
FIVE_MINUTES_NS = NS_PER_HOUR // 12
LTC = stated("binanceusdm", "LTC/USDT:USDT", "0.01", "0.001")
DATED = stated("binancecoinm", "BTC/USD:BTC-210326", "0.1", "1")


@pytest.fixture(scope="module")
def answers(recordings):
    packed = recordings / "rest-recordings/binance/http.json.gz"
    routes = json.loads(gzip.decompress(packed.read_bytes()))["routes"]

    def asked(path, **query):
        wanted = {f"{name}={value}" for name, value in query.items()}
        found = [
            json.dumps(one["data"]).encode()
            for one in routes[path]["GET"]
            if wanted <= set(one.get("queryString", "").split("&"))
        ]
        assert found, (path, query)
        return found

    return asked


def test_open_interest_is_coins_or_the_quote_of_contracts(answers):
    (linear,) = answers("/fapi/v1/openInterest", symbol="BTCUSDT")
    (inverse,) = answers("/dapi/v1/openInterest", symbol="BTCUSD_PERP")

    coins = open_interest(linear, PERPETUAL, LATER)
    dollars = open_interest(inverse, INVERSE, LATER)

    assert coins.amount == Decimal("83782.317")
    assert dollars.amount == 678_465_700  # 6,784,657 contracts of 100 USD
    assert coins.ts_venue == 1_702_244_985_273 * NS_PER_MS
    assert coins.ts_recv == LATER


def test_a_history_was_not_known_before_it_was_fetched(answers):
    told = [
        event
        for body in answers("/futures/data/openInterestHist", symbol="LTCUSDT")
        for event in open_interest_history(body, LTC, LATER)
    ]

    assert len(told) > 10
    assert {event.ts_recv for event in told} == {LATER}
    assert told[0].amount == Decimal("286060.674")


def test_rows_of_a_dated_contract_are_not_a_perpetuals(answers):
    body = answers("/futures/data/openInterestHist", pair="BTCUSD")[0]

    with pytest.raises(DataError, match="CURRENT_QUARTER"):
        open_interest_history(body, INVERSE, LATER)


@pytest.mark.parametrize(
    ("route", "population", "first"),
    [
        ("globalLongShortAccountRatio", "accounts", "1.3781"),
        ("topLongShortAccountRatio", "top_accounts", "1.0580"),
        ("topLongShortPositionRatio", "top_positions", "1.1246"),
    ],
)
def test_each_ratio_says_whose_it_is(answers, route, population, first):
    told = [
        long_short_ratios(body, PERPETUAL, LATER, population)
        for body in answers(f"/futures/data/{route}", symbol="BTCUSDT")
    ]
    of_a_pair = answers(f"/futures/data/{route}", pair="BTCUSD")[0]

    assert told[0][0].ratio == Decimal(first)
    assert {event.population for events in told for event in events} == {population}
    assert long_short_ratios(of_a_pair, INVERSE, LATER, population)


def test_taker_volume_is_of_a_period_that_is_over(answers):
    (body,) = answers("/futures/data/takerlongshortRatio", symbol="BTCUSDT")
    begins = 1_605_575_400_000 * NS_PER_MS

    told = taker_volumes(body, PERPETUAL, LATER, FIVE_MINUTES_NS)
    early = taker_volumes(body, PERPETUAL, begins + FIVE_MINUTES_NS, FIVE_MINUTES_NS)

    assert (told[0].bought, told[0].sold) == (Decimal("280.8630"), Decimal("216.9500"))
    assert (told[0].unit, told[0].until_ns) == ("BTC", begins + FIVE_MINUTES_NS)
    assert len(told) > 3
    assert early == [replace(told[0], ts_recv=begins + FIVE_MINUTES_NS)]


def test_paid_rates_are_a_history_with_its_intervals(answers):
    bodies = answers("/dapi/v1/fundingRate", symbol="BTCUSD_PERP")

    told = funding_history(bodies[0], INVERSE, LATER)

    assert [event.rate for event in told[:2]] == [Decimal("0.0001"), Decimal("0.00025141")]
    assert told[0].settles_ns == 1_605_513_600_010 * NS_PER_MS
    assert told[0].interval_ns is None
    assert {event.interval_ns for event in told[1:]} == {8 * NS_PER_HOUR}


def test_terms_of_funding_are_those_of_the_symbol(answers):
    (body,) = answers("/fapi/v1/fundingInfo")
    lpt = stated("binanceusdm", "LPT/USDT:USDT", "0.001", "0.1")

    terms = funding_terms(body, lpt, LATER)

    assert terms is not None
    assert (terms.floor, terms.cap) == (Decimal("-0.02"), Decimal("0.02"))
    assert terms.interval_ns == 4 * NS_PER_HOUR
    assert funding_terms(body, PERPETUAL, LATER) is None
    assert funding_terms(b"null", INVERSE, LATER) is None


def test_what_is_called_last_is_the_estimate_of_the_next_payment(answers):
    body = answers("/fapi/v1/premiumIndex", symbol="BTCUSDT")[0]
    of_all = answers("/dapi/v1/premiumIndex", pair="BTCUSD")[0]

    rate = predicted_funding(body, PERPETUAL, LATER)

    assert rate is not None
    assert (rate.rate, rate.settled) == (Decimal("0.00001226"), False)
    assert rate.settles_ns == 1_687_248_000_000 * NS_PER_MS
    assert predicted_funding(of_all, DATED, LATER) is None


@pytest.mark.parametrize(
    "answer",
    [
        lambda: open_interest(b'{"symbol":"ETHUSDT","openInterest":"1","time":1}', PERPETUAL, 9),
        lambda: open_interest(b'{"symbol":"BTCUSDT","openInterest":"-1","time":1}', PERPETUAL, 9),
        lambda: open_interest(b'{"code":-1121,"msg":"Invalid symbol."}', PERPETUAL, 9),
        lambda: long_short_ratios(
            b'[{"longShortRatio":"-1","timestamp":1,"symbol":"BTCUSDT"}]', PERPETUAL, 9, "accounts"
        ),
        lambda: long_short_ratios(
            b'[{"longShortRatio":"1","timestamp":1,"pair":"ETHUSD"}]', INVERSE, 9, "accounts"
        ),
        lambda: taker_volumes(
            b'[{"buyVol":"-1","sellVol":"1","timestamp":1}]', PERPETUAL, LATER, FIVE_MINUTES_NS
        ),
        lambda: funding_history(
            b'[{"symbol":"BTCUSDT","fundingRate":"0.1","fundingTime":60007}]', PERPETUAL, 9
        ),
        lambda: funding_history(
            b'[{"symbol":"BTCUSDT","fundingRate":"0.1","fundingTime":7},'
            b'{"symbol":"BTCUSDT","fundingRate":"0.1","fundingTime":7}]',
            PERPETUAL,
            LATER,
        ),
        lambda: funding_history(
            b'[{"symbol":"BTCUSDT","fundingRate":"ten","fundingTime":7}]', PERPETUAL, LATER
        ),
        lambda: open_interest_history(b'[{"sumOpen', PERPETUAL, 9),
    ],
)
def test_an_answer_that_cannot_be_is_refused(answer):
    with pytest.raises(DataError) as refused:
        answer()

    assert "binance" in refused.value.where
