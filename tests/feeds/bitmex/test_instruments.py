"""BitMEX's contracts: inverse, linear and quanto, with steps that are sent as 1e-8."""

import json
from decimal import Decimal

import pytest

from bot.feeds.bitmex.instruments import instruments, native_symbol
from bot.model.units import NS_PER_HOUR
from tests.recording.runs import answers


@pytest.fixture(scope="module")
def found(recordings):
    ((_, body),) = answers(recordings, "BITMEX")
    return instruments(body)


def test_every_recorded_listing_becomes_an_instrument_that_knows_its_name(found):
    assert len(found) == 34
    assert all(native_symbol(one) == symbol for symbol, one in found.items())


def test_recorded_terms_are_exact(found):
    inverse = found["XBTUSD"]
    assert (inverse.id, inverse.inverse) == ("bitmex:BTC/USD:BTC", True)
    assert (inverse.lot, inverse.contract_size, inverse.grid.tick) == (100, 1, Decimal("0.5"))
    assert inverse.funding_interval_ns == 8 * NS_PER_HOUR
    linear = found["XRPU21"]
    assert linear.id == "bitmex:XRP/BTC:BTC-210924"
    assert (linear.grid.tick, linear.contract_size, linear.active) == (Decimal("1e-8"), 1, True)
    assert linear.expiry_ns == 1_632_484_800_000_000_000  # noon
    assert found["TRXU21"].grid.tick == Decimal("1e-10")


def test_a_quanto_contract_can_be_read_but_not_traded(found, recordings):
    ((_, body),) = answers(recordings, "BITMEX")
    stated = {one["symbol"] for one in json.loads(body) if one["isQuanto"]}

    quanto = {s for s, one in found.items() if one.settle not in (one.base, one.quote)}

    assert len(quanto) == 22
    assert quanto == stated == {symbol for symbol, one in found.items() if not one.active}
    # 1,000 satoshi for each unit of the price, as its recorded trades say.
    assert found["UNIUSDT"].contract_size == Decimal("0.00001")
