"""Bybit's contracts of every category, from the answers in the fixtures."""

from decimal import Decimal

import pytest

from bot.feeds.bybit.instruments import instruments, native_symbol
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR

TEMPLATE = (
    b'{"result":{"list":[{"symbol":"%s","status":"Trading","baseCoin":"BTC","quoteCoin":"%s",'
    b'"settleCoin":"%s","contractType":"%s","optionsType":"%s","deliveryTime":"%s",'
    b'"fundingInterval":%s,"priceFilter":{"tickSize":"0.10"},"lotSizeFilter":{"qtyStep":"1"}}]}}'
)


def listed(symbol, quote, settle, kind="", right="", delivery="0", minutes="480"):
    values = (symbol, quote, settle, kind, right, delivery, minutes)
    return instruments(TEMPLATE % tuple(value.encode() for value in values))


def test_fixtures_of_spot_linear_and_inverse(recordings):
    found = {}
    for name in ("spot", "linear", "inverse"):
        path = recordings / f"api-fixtures/bybit/http_get_instruments_{name}.json"
        found |= {one.id: one for one in instruments(path.read_bytes()).values()}

    assert found["bybit:BTC/USDT"].kind is Kind.SPOT
    assert found["bybit:BTC/USDT"].notional_min == 10
    assert found["bybit:BTC/USDT:USDT"].lot == Decimal("0.001")
    inverse = found["bybit:BTC/USD:BTC"]
    assert (inverse.inverse, inverse.lot, inverse.contract_size) == (True, 1, 1)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (("BTCPERP", "USDC", "USDC", "LinearPerpetual"), "BTC/USDC:USDC"),
        (("BTCUSDH26", "USD", "BTC", "InverseFutures", "", "1774598400000"), "BTC/USD:BTC-260327"),
        (
            ("BTC-27MAR26", "USDC", "USDC", "LinearFutures", "", "1774598400000"),
            "BTC/USDC:USDC-260327",
        ),
        (
            ("BTCUSDT-27MAR26", "USDT", "USDT", "LinearFutures", "", "1774598400000"),
            "BTC/USDT:USDT-260327",
        ),
        (
            ("BTC-27MAR26-90000-P-USDT", "USDT", "USDT", "", "Put", "1774598400000"),
            "BTC/USDT:USDT-260327-90000-P",
        ),
    ],
)
def test_every_way_to_write_a_symbol_is_read_and_written(given, name):
    found = listed(*given)

    assert [one.symbol for one in found.values()] == [name]
    assert [native_symbol(one) for one in found.values()] == [given[0]]


@pytest.mark.parametrize(("minutes", "hours"), [("480", 8), ("60", 1), ("8", None), ("0", None)])
def test_the_interval_is_stated_in_minutes_and_unknown_when_it_can_be_none(minutes, hours):
    (one,) = listed("BTCUSDT", "USDT", "USDT", "LinearPerpetual", minutes=minutes).values()

    assert one.funding_interval_ns == (None if hours is None else hours * NS_PER_HOUR)


def test_a_symbol_that_contradicts_its_delivery_is_left_out():
    assert listed("BTC-28MAR26", "USDC", "USDC", "LinearFutures", "", "1774598400000") == {}
