"""Contracts from exchangeInfo, from a bare symbol, and the grid of a capture."""

import json
from decimal import Decimal

import pytest

from bot.errors import DataError, UsageError
from bot.feeds.binance.instruments import (
    funding_intervals,
    grid_from_snapshot,
    instruments,
    native_symbol,
    stated_instrument,
)
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR

STEPS = {"tick": Decimal("0.1"), "lot": Decimal("0.001")}
DELIVERY_MS = 1_735_286_400_000  # 2024-12-27 08:00 UTC


def listing(symbol="BTCUSDT", *, tick="0.10", lot="0.001", rules=(), **more):
    return {
        "symbol": symbol,
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "status": "TRADING",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "556.80", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": "0.002", "stepSize": lot},
            *rules,
        ],
        **more,
    }


def listed(venue, *symbols, funding=None):
    return instruments(venue, json.dumps({"symbols": symbols, "timezone": "UTC"}).encode(), funding)


def test_a_spot_listing_has_its_steps_and_its_smallest_order():
    rules = [{"filterType": "NOTIONAL", "minNotional": "5.00000000", "maxNotional": "9000000"}]

    one = listed("binance", listing(tick="0.01000000", lot="0.00001000", rules=rules))["BTCUSDT"]

    assert (one.id, one.kind) == ("binance:BTC/USDT", Kind.SPOT)
    assert (one.grid.tick, one.lot) == (Decimal("0.01"), Decimal("0.00001"))
    assert (one.size_min, one.notional_min) == (200, Decimal(5))
    assert one.active


def test_a_perpetual_settles_in_its_margin_asset():
    rules = [{"filterType": "MIN_NOTIONAL", "notional": "100"}]
    contract = listing(contractType="PERPETUAL", marginAsset="USDT", rules=rules)

    one = listed("binanceusdm", contract)["BTCUSDT"]

    assert (one.id, one.kind) == ("binanceusdm:BTC/USDT:USDT", Kind.PERPETUAL)
    assert (one.settle, one.inverse, one.notional_min) == ("USDT", False, Decimal(100))
    assert one.expiry_ns is None


def test_a_coin_margined_contract_is_inverse_and_counts_quote():
    contract = {
        **listing("BTCUSD_PERP", lot="1", contractType="PERPETUAL", marginAsset="BTC"),
        "quoteAsset": "USD",
        "contractSize": 100,
        "contractStatus": "TRADING",
    }
    del contract["status"]

    one = listed("binancecoinm", contract)["BTCUSD_PERP"]

    assert (one.id, one.inverse) == ("binancecoinm:BTC/USD:BTC", True)
    assert (one.contract_size, one.settle, one.active) == (Decimal(100), "BTC", True)


def test_a_quarterly_has_its_delivery():
    contract = listing(
        "BTCUSDT_241227",
        contractType="CURRENT_QUARTER",
        marginAsset="USDT",
        deliveryDate=DELIVERY_MS,
    )

    one = listed("binanceusdm", contract)["BTCUSDT_241227"]

    assert (one.id, one.kind) == ("binanceusdm:BTC/USDT:USDT-241227", Kind.FUTURE)
    assert one.expiry_ns == DELIVERY_MS * 1_000_000
    assert one.funding_interval_ns is None


def test_what_does_not_trade_is_listed_as_inactive():
    one = listed("binance", listing(status="BREAK"))["BTCUSDT"]

    assert not one.active


@pytest.mark.parametrize(
    "incomplete",
    [
        {**listing(contractType="PERPETUAL"), "filters": []},
        listing(contractType="PERPETUAL", tick="0"),
        listing(contractType=""),
        listing(contractType="SOMETHING_NEW"),
    ],
)
def test_a_symbol_without_steps_or_of_an_unknown_kind_is_left_out(incomplete):
    assert listed("binanceusdm", incomplete) == {}


def test_the_funding_interval_is_known_only_with_the_funding_terms():
    contract = listing(contractType="PERPETUAL", marginAsset="USDT")
    terms = funding_intervals(b'[{"symbol":"BTCUSDT","fundingIntervalHours":4,"disclaimer":false}]')

    def interval(funding):
        return listed("binanceusdm", contract, funding=funding)["BTCUSDT"].funding_interval_ns

    assert interval(None) is None
    assert interval(terms) == 4 * NS_PER_HOUR
    assert interval({}) == 8 * NS_PER_HOUR


@pytest.mark.parametrize(
    ("venue", "symbol", "native", "kind"),
    [
        ("binance", "BTC/USDT", "BTCUSDT", Kind.SPOT),
        ("binanceusdm", "BTC/USDT:USDT", "BTCUSDT", Kind.PERPETUAL),
        ("binanceusdm", "BTC/USDT:USDT-241227", "BTCUSDT_241227", Kind.FUTURE),
        ("binancecoinm", "BTC/USD:BTC", "BTCUSD_PERP", Kind.PERPETUAL),
        ("binancecoinm", "ETH/USD:ETH-241227", "ETHUSD_241227", Kind.FUTURE),
    ],
)
def test_a_stated_instrument_has_the_venues_own_symbol(venue, symbol, native, kind):
    size = Decimal(10) if venue == "binancecoinm" else None

    one = stated_instrument(venue, symbol, **STEPS, contract_size=size)

    assert (native_symbol(one), one.kind) == (native, kind)
    assert one.id == f"{venue}:{symbol}"
    assert (one.expiry_ns == DELIVERY_MS * 1_000_000) == (kind is Kind.FUTURE)


@pytest.mark.parametrize(
    ("venue", "symbol"),
    [
        ("binance", "BTC/USDT:USDT"),
        ("binance", "BTCUSDT"),
        ("binance", "BTC/USDT:-241227"),
        ("binanceusdm", "BTC/USDT"),
        ("binanceusdm", "BTC/USDT:BTC"),
        ("binanceusdm", "BTC/USDT:USDT-december"),
        ("binancecoinm", "BTC/USD:USD"),
        ("kraken", "BTC/USD"),
    ],
)
def test_a_symbol_the_venue_does_not_have_is_refused(venue, symbol):
    with pytest.raises(UsageError):
        stated_instrument(venue, symbol, **STEPS, contract_size=Decimal(100))


def test_a_coin_margined_contract_needs_its_size_stated():
    with pytest.raises(UsageError, match="contract size"):
        stated_instrument("binancecoinm", "BTC/USD:BTC", **STEPS)


@pytest.mark.parametrize("tick", ["0", "-0.1", "NaN", "Infinity"])
def test_a_step_that_is_no_number_above_zero_is_refused(tick):
    with pytest.raises(UsageError, match="tick"):
        stated_instrument("binance", "BTC/USDT", tick=Decimal(tick), lot=Decimal(1))


@pytest.mark.parametrize(
    ("levels", "tick", "lot"),
    [
        ([["61800.20", "0.014"], ["61799.90", "1.000"]], "0.1", "0.001"),
        ([["61837.63000000", "3.78826000"]], "0.01", "0.00001"),
        ([["61804.7", "35"], ["61801", "8"]], "0.1", "1"),
    ],
)
def test_the_grid_is_the_finest_that_the_snapshot_uses(levels, tick, lot):
    snapshot = json.dumps({"lastUpdateId": 1, "bids": levels, "asks": []}).encode()

    assert grid_from_snapshot(snapshot) == (Decimal(tick), Decimal(lot))


def test_a_few_orders_older_than_the_grid_do_not_make_it_finer():
    bids = [["1.011", "35"]] * 7 + [["0.50579", "35"]]
    asks = [["1.012", "4"]] * 7 + [["7.93148", "0.5"]]
    snapshot = json.dumps({"lastUpdateId": 1, "bids": bids, "asks": asks}).encode()

    assert grid_from_snapshot(snapshot) == (Decimal("0.001"), Decimal(1))


@pytest.mark.parametrize(
    "body", [b"", b'{"lastUpdateId":1,"bids":[],"asks":[]}', b'{"code":-1121}']
)
def test_a_body_without_levels_has_no_grid(body):
    with pytest.raises(DataError):
        grid_from_snapshot(body)
