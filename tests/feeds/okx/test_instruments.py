"""OKX's contracts: exact steps, sizes and signs, from the answers that were recorded."""

import json
from decimal import Decimal

import pytest

from bot.errors import DataError
from bot.feeds.okx.instruments import instruments, native_symbol
from bot.model.instrument import Kind
from tests.recording.runs import answers


def listing(**more):
    told = {
        **dict.fromkeys(("baseCcy", "quoteCcy", "settleCcy", "uly", "ctType", "ctVal"), ""),
        **dict.fromkeys(("ctMult", "ctValCcy", "expTime", "stk", "optType"), ""),
        "instId": "BTC-USD-SWAP",
        "instType": "SWAP",
        "tickSz": "0.1",
        "lotSz": "1",
        "minSz": "1",
        "state": "live",
    }
    return {**told, **more}


SWAP = {"uly": "BTC-USD", "settleCcy": "BTC", "ctType": "inverse", "ctVal": "100"} | {
    "ctMult": "1",
    "ctValCcy": "USD",
}


def listed(*listings):
    return instruments(json.dumps({"code": "0", "data": list(listings)}).encode())


def test_every_recorded_listing_becomes_an_instrument_that_knows_its_name(recordings):
    kinds = dict.fromkeys(Kind, 0)
    for _, body in answers(recordings, "OKX")[:5]:
        found = instruments(body)
        assert found.keys() == {one["instId"] for one in json.loads(body)["data"]}
        assert all(native_symbol(one) == symbol for symbol, one in found.items())
        for one in found.values():
            kinds[one.kind] += 1

    assert kinds == {"spot": 513, "perpetual": 166, "future": 104, "option": 696}


def test_recorded_terms_are_exact(recordings):
    found = {}
    for _, body in answers(recordings, "OKX")[:5]:
        found |= instruments(body)

    inverse, linear = found["BTC-USD-SWAP"], found["BTC-USDT-SWAP"]
    assert (inverse.inverse, inverse.contract_size, inverse.settle) == (True, 100, "BTC")
    assert (linear.inverse, linear.contract_size) == (False, Decimal("0.01"))
    assert found["BTC-USD-220527"].expiry_ns == 1_653_638_400_000_000_000
    option = found["BTC-USD-220514-22000-C"]
    assert option.id == "okx:BTC/USD:BTC-220514-22000-C"
    # A contract is a tenth of a coin, and its price is in coins.
    assert (option.contract_size, option.quote, option.inverse) == (Decimal("0.1"), "BTC", False)
    assert (option.strike, option.call, option.grid.tick) == (22000, True, Decimal("0.0005"))
    spot = found["BTC-USDT"]
    assert (spot.lot, spot.size_min) == (Decimal("1e-8"), 1000)


@pytest.mark.parametrize(
    "odd",
    [
        {"tickSz": ""},
        {"tickSz": "0"},
        {"lotSz": "-1"},
        {"ctVal": ""},
        {"ctValCcy": "BTC"},  # the worth of an inverse contract in coins: no formula of ours
        {"settleCcy": ""},
        {"instType": "EVENTS"},
    ],
)
def test_a_listing_that_is_not_described_in_full_is_left_out(odd):
    assert listed(listing(**{**SWAP, **odd})) == {}


def test_an_instrument_that_is_suspended_is_listed_and_inactive():
    found = listed(listing(**{**SWAP, "state": "suspend"}))

    assert not found["BTC-USD-SWAP"].active


def test_an_answer_that_is_none_is_refused():
    with pytest.raises(DataError, match="okx instruments"):
        instruments(b'{"code":"50011","msg":"Too Many Requests","data":[{"instId":1}]}')
