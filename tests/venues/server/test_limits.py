"""Weights and order counts: told in headers, refused with 429, and then with 418."""

import pytest

from bot.venues.server.binance import errors
from bot.venues.server.binance.limits import USDM, Limits, OrderLimit, Terms
from tests.venues.server.served import API, FAPI, serve

MINUTE = 60_000


def test_headers_tell_what_is_used():
    with serve(enforced=True) as venue:
        usdm, spot = venue.client(FAPI), venue.client(API)
        shallow = usdm.get("/fapi/v1/depth", symbol="BTCUSDT", limit=5)
        deep = usdm.get("/fapi/v1/depth", symbol="BTCUSDT", limit=1000)
        bid = spot.touch()[0] // 1
        order = usdm.order(type="LIMIT", timeInForce="GTC", quantity="0.010", price=bid - 2_000)
        placed = spot.order(type="LIMIT_MAKER", quantity="0.01", price=bid - 2_000)
        usdm.close()
        spot.close()

    used = [int(each.headers["x-mbx-used-weight-1m"]) for each in (shallow, deep)]
    assert used == [2, 22]
    assert order.headers["x-mbx-order-count-10s"] == "1"
    assert order.headers["x-mbx-order-count-1m"] == "1"
    assert placed.headers["x-mbx-order-count-10s"] == "1"
    assert placed.headers["x-mbx-order-count-1d"] == "1"
    assert int(placed.headers["x-mbx-used-weight-1m"]) == 6


def test_too_much_weight_is_told_and_who_goes_on_is_banned():
    limits = Limits(Terms(10, (), strikes=2))
    limits.weigh("me", 10, now_ms=MINUTE + 1_000)
    codes = []
    for _ in range(3):
        with pytest.raises(errors.Refused) as refused:
            limits.weigh("me", 1, now_ms=MINUTE + 1_000)
        codes.append((refused.value.status, refused.value.code, refused.value.wait_s))

    assert codes == [(429, -1003, 59), (429, -1003, 59), (418, -1003, 120)]
    with pytest.raises(errors.Refused, match="banned until 181000"):
        limits.weigh("me", 1, now_ms=2 * MINUTE)
    assert limits.weigh("you", 10, now_ms=2 * MINUTE) == 10
    assert limits.weigh("me", 1, now_ms=181_000) == 1


def test_too_many_orders_are_told_by_the_interval_that_is_full():
    limits = Limits(Terms(10, (OrderLimit(1_000, 10, 2), OrderLimit(MINUTE, 1, 5))))
    told = limits.order("me", 2, now_ms=3_000)

    with pytest.raises(errors.Refused) as refused:
        limits.order("me", 1, now_ms=3_000)

    assert told == {"X-MBX-ORDER-COUNT-10S": "2", "X-MBX-ORDER-COUNT-1M": "2"}
    assert (refused.value.status, refused.value.code, refused.value.wait_s) == (429, -1015, 7)
    assert refused.value.text == "Too many new orders; current limit is 2 orders per 10 SECONDS."
    assert limits.order("me", 1, now_ms=10_000)["X-MBX-ORDER-COUNT-10S"] == "1"


def test_limits_that_are_not_enforced_only_count():
    limits = Limits(Terms(1, USDM.orders, enforced=False))

    assert [limits.weigh("me", 5, now_ms=0) for _ in range(2)] == [5, 10]
