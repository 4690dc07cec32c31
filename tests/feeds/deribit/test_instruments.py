"""Deribit's contracts: USD amounts of inverse futures, coin prices of options, their grids."""

import json
from decimal import Decimal

import pytest

from bot.feeds.deribit.instruments import instruments, native_symbol
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR
from tests.recording.runs import answers


@pytest.fixture(scope="module")
def found(recordings):
    made = {}
    for _, body in answers(recordings, "DERIBIT"):
        listed = instruments(body)
        assert listed.keys() == {one["instrument_name"] for one in json.loads(body)["result"]}
        made |= listed
    return made


def test_every_recorded_listing_becomes_an_instrument_that_knows_its_name(found):
    assert len(found) == 1017
    assert all(native_symbol(one) == symbol for symbol, one in found.items())


def test_recorded_terms_are_exact(found):
    perpetual = found["BTC-PERPETUAL"]
    assert perpetual.id == "deribit:BTC/USD:BTC"
    # An amount is in USD, in steps of a contract of ten: a unit of amount is one USD.
    assert (perpetual.lot, perpetual.contract_size, perpetual.inverse) == (10, 1, True)
    assert perpetual.notional(3, Decimal(50000)) == 30
    assert perpetual.funding_interval_ns == 8 * NS_PER_HOUR
    dated = found["BTC-25MAR22"]
    assert (dated.id, dated.kind) == ("deribit:BTC/USD:BTC-220325", Kind.FUTURE)
    linear = found["UNI_USDC-PERPETUAL"]
    assert (linear.id, linear.inverse) == ("deribit:UNI/USDC:USDC", False)
    option = found["BTC-24SEP21-40000-P"]
    assert option.id == "deribit:BTC/USD:BTC-210924-40000-P"
    assert (option.quote, option.lot, option.grid.tick) == (
        "BTC",
        Decimal("0.1"),
        Decimal("0.0005"),
    )
    assert (option.strike, option.call) == (40000, False)


def test_coarser_ticks_hold_from_their_price_on():
    listing = {
        "instrument_name": "BTC-26DEC25-90000-C",
        "kind": "option",
        "base_currency": "BTC",
        "quote_currency": "BTC",
        "tick_size": 0.0001,
        "min_trade_amount": 0.1,
        "is_active": True,
        "expiration_timestamp": 1766736000000,
        "strike": 90000.0,
        "option_type": "call",
        "settlement_currency": "BTC",
        "counter_currency": "USD",
        "tick_size_steps": [{"above_price": 0.005, "tick_size": 0.0005}],
    }

    (one,) = instruments(json.dumps({"result": [listing]}).encode()).values()

    assert one.grid.steps == ((50, 5),)
    assert [one.grid.down(ticks) for ticks in (49, 50, 54, 55)] == [49, 50, 50, 55]
    assert native_symbol(one) == "BTC-26DEC25-90000-C"


def test_a_linear_option_is_priced_and_settled_in_its_stablecoin():
    listing = {
        "instrument_name": "XRP_USDC-26DEC25-2d5-P",
        "kind": "option",
        "base_currency": "XRP",
        "quote_currency": "USDC",
        "counter_currency": "USDC",
        "settlement_currency": "USDC",
        "tick_size": 0.0002,
        "min_trade_amount": 1000.0,
        "contract_size": 1000.0,
        "is_active": True,
        "expiration_timestamp": 1766736000000,
        "strike": 2.5,
        "option_type": "put",
    }

    (one,) = instruments(json.dumps({"result": [listing]}).encode()).values()

    assert one.id == "deribit:XRP/USDC:USDC-251226-2.5-P"
    assert (one.quote, one.settle, one.inverse) == ("USDC", "USDC", False)
    # Amounts are coins, whatever a contract is: one lot is on a thousand of them.
    assert one.base_amount(1, Decimal(2)) == 1000
    assert one.premium(1, Decimal("0.15")) == 150
    assert native_symbol(one) == "XRP_USDC-26DEC25-2d5-P"


def test_a_smallest_order_may_be_more_than_a_contract():
    listing = {
        "instrument_name": "SOL-PERPETUAL",
        "kind": "future",
        "base_currency": "SOL",
        "quote_currency": "USD",
        "tick_size": 0.01,
        "min_trade_amount": 50.0,
        "contract_size": 10.0,
        "is_active": True,
        "settlement_period": "perpetual",
    }

    (one,) = instruments(json.dumps({"result": [listing]}).encode()).values()

    assert (one.lot, one.size_min) == (10, 5)


def test_combinations_are_left_out(recordings):
    for name in ("future_combo", "option_combo"):
        path = recordings / f"api-fixtures/deribit/http_get_instruments_{name}.json"
        assert instruments(path.read_bytes()) == {}
