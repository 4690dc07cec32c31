"""What is asked wrongly gets the real venue's code and text, and changes nothing."""

import time
from decimal import Decimal

import pytest

from tests.venues.server.served import API, FAPI, Client, Served, serve

LIMIT = {"type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010"}
FAR = Decimal(1_000)


@pytest.fixture(scope="module")
def venue():
    with serve() as served:
        yield served


@pytest.fixture
def usdm(venue: Served):
    client = venue.client(FAPI)
    yield client
    client.signed("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    client.close()


@pytest.fixture
def spot(venue: Served):
    client = venue.client(API)
    yield client
    client.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    client.close()


def refused(reply, status: int, code: int, text: str) -> None:
    assert (reply.status, reply.json) == (status, {"code": code, "msg": text})


# --- who asks, and when ----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/fapi/v3/account", "/api/v3/account"])
def test_a_wrong_signature_is_told(venue: Served, path: str):
    client = venue.client(FAPI if "fapi" in path else API)
    query = f"timestamp={int(time.time() * 1000)}"

    reply = client.raw("GET", f"{path}?{query}&signature={'0' * 64}", key=client.member.key)
    client.close()

    refused(reply, 400, -1022, "Signature for this request is not valid.")


def test_a_signature_of_other_parameters_is_wrong(usdm: Client):
    now = int(time.time() * 1000)
    signature = usdm.sign(f"recvWindow=5000&timestamp={now}")

    reply = usdm.raw(
        "GET",
        f"/fapi/v3/account?recvWindow=6000&timestamp={now}&signature={signature}",
        key=usdm.member.key,
    )

    assert reply.code == -1022


def test_query_and_body_are_signed_together(usdm: Client):
    now = int(time.time() * 1000)
    query, body = "symbol=BTCUSDT&side=BUY", f"type=MARKET&quantity=0.010&timestamp={now}"

    reply = usdm.raw(
        "POST",
        f"/fapi/v1/order/test?{query}",
        f"{body}&signature={usdm.sign(query + body)}".encode(),
        usdm.member.key,
    )

    assert (reply.status, reply.json) == (200, {})


@pytest.mark.parametrize(
    ("key", "status", "code", "text"),
    [
        (None, 401, -2014, "API-key format invalid."),
        ("short", 401, -2014, "API-key format invalid."),
        ("z" * 64, 401, -2015, "Invalid API-key, IP, or permissions for action."),
    ],
)
def test_a_key_that_nobody_has_is_told(usdm: Client, key, status, code, text):
    refused(usdm.raw("POST", "/fapi/v1/listenKey", key=key), status, code, text)


@pytest.mark.parametrize(
    ("age_ms", "window", "code", "text"),
    [
        (5_500, None, -1021, "Timestamp for this request is outside of the recvWindow."),
        (1_500, 1_000, -1021, "Timestamp for this request is outside of the recvWindow."),
        (-2_000, None, -1021, "Timestamp for this request was 1000ms ahead of the server's time."),
        (0, 60_001, -1131, "recvWindow must be less than 60000"),
    ],
)
def test_a_stale_timestamp_is_told(usdm: Client, age_ms, window, code, text):
    params: dict[str, object] = {"timestamp": int(time.time() * 1000) - age_ms}
    if window is not None:
        params["recvWindow"] = window

    refused(usdm.signed("GET", "/fapi/v3/account", **params), 400, code, text)


def test_a_longer_window_lets_an_old_request_in(usdm: Client):
    old = int(time.time() * 1000) - 20_000

    assert usdm.signed("GET", "/fapi/v3/account", timestamp=old, recvWindow=30_000).status == 200


def test_without_a_timestamp_nothing_is_judged(usdm: Client):
    text = "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."

    refused(usdm.keyed("GET", "/fapi/v3/account", signature="0" * 64), 400, -1102, text)
    refused(usdm.keyed("GET", "/fapi/v3/account", timestamp="soon"), 400, -1102, text)


# --- orders of USD-M -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code", "text"),
    [
        ({"symbol": "NOCOIN"}, -1121, "Invalid symbol."),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "LATER"}, -1116, "Invalid orderType."),
        ({"timeInForce": "SOON"}, -1115, "Invalid timeInForce."),
        (
            {"type": "STOP_MARKET", "stopPrice": "1"},
            -4120,
            "Order type not supported for this endpoint. "
            "Please use the Algo Order API endpoints instead.",
        ),
        ({"quantity": "0.0101"}, -1111, "Precision is over the maximum defined for this asset."),
        ({"quantity": "0"}, -4003, "Quantity less than or equal to zero."),
        ({"quantity": "1001"}, -4005, "Quantity greater than max quantity."),
        ({"quantity": "9" * 20}, -4005, "Quantity greater than max quantity."),
        ({"price": "50000.001"}, -1111, "Precision is over the maximum defined for this asset."),
        ({"price": "50000.05"}, -4014, "Price not increased by tick size."),
        ({"price": "0"}, -4001, "Price less than 0."),
        ({"price": "9999999"}, -4002, "Price greater than max price."),
        ({"positionSide": "LONG"}, -4061, "Order's position side does not match user's setting."),
        ({"reduceOnly": "true"}, -2022, "ReduceOnly Order is rejected."),
        (
            {"quantity": "one"},
            -1102,
            "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.",
        ),
        (
            {"quantity": "-1"},
            -1102,
            "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.",
        ),
        (
            {"newClientOrderId": "no spaces"},
            -1100,
            "Illegal characters found in parameter 'newClientOrderId'; "
            "legal range is '^[\\.A-Z\\:/a-z0-9_-]{1,36}$'.",
        ),
        (
            {"newClientOrderId": "x" * 37},
            -4015,
            "Client order id length should be less than 36 chars",
        ),
    ],
)
def test_a_wrong_usdm_order_is_told(usdm: Client, changed, code, text):
    bid, _ = usdm.touch()

    reply = usdm.order(**(LIMIT | {"price": bid - FAR} | changed))

    refused(reply, 400, code, text)
    assert usdm.signed("GET", "/fapi/v1/openOrders").json == []


def test_an_order_that_is_worth_too_little_is_told(usdm: Client):
    info = usdm.get("/fapi/v1/exchangeInfo").json["symbols"]
    ether = next(each for each in info if each["symbol"] == "ETHUSDT")
    smallest = next(
        each["notional"] for each in ether["filters"] if each["filterType"] == "MIN_NOTIONAL"
    )
    bid, _ = usdm.touch("ETHUSDT")
    order = LIMIT | {"symbol": "ETHUSDT", "quantity": "0.001", "price": bid - 10}

    refused(
        usdm.order(**order),
        400,
        -4164,
        f"Order's notional must be no smaller than {smallest} (unless you choose reduce only).",
    )


def test_a_price_beyond_the_band_names_the_bound(usdm: Client):
    bid, _ = usdm.touch()

    reply = usdm.order(**LIMIT, price=bid * 2 // 1)

    assert reply.code == -4016
    assert reply.text.startswith("Limit price can't be higher than ")


def test_post_only_that_would_cross_leaves_no_trace(usdm: Client):
    _, ask = usdm.touch()
    text = (
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history"
    )

    reply = usdm.order(**(LIMIT | {"timeInForce": "GTX"}), price=ask + 50, newClientOrderId="x1")

    refused(reply, 400, -5022, text)
    seen = usdm.signed("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="x1")
    refused(seen, 400, -2013, "Order does not exist.")


def test_fill_or_kill_that_cannot_fill_leaves_no_trace(usdm: Client):
    bid, _ = usdm.touch()

    reply = usdm.order(**(LIMIT | {"timeInForce": "FOK"}), price=bid - FAR, newClientOrderId="k1")

    assert reply.code == -5021
    seen = usdm.signed("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="k1")
    assert seen.code == -2013


def test_more_than_the_margin_carries_is_refused(usdm: Client):
    bid, _ = usdm.touch()

    reply = usdm.order(**(LIMIT | {"quantity": "400"}), price=bid - FAR)

    refused(reply, 400, -2019, "Margin is insufficient.")


def test_an_open_client_id_is_taken_and_a_closed_one_is_free(usdm: Client):
    bid, _ = usdm.touch()
    order = LIMIT | {"price": bid - FAR, "newClientOrderId": "mine"}

    first, second = usdm.order(**order), usdm.order(**order)
    usdm.signed("DELETE", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="mine")
    third = usdm.order(**order)

    assert (first.status, third.status) == (200, 200)
    refused(second, 400, -4116, "ClientOrderId is duplicated.")


def test_what_has_filled_cannot_be_canceled(usdm: Client):
    bought = usdm.order(type="MARKET", quantity="0.010", newOrderRespType="RESULT").json
    canceled = usdm.signed("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=bought["orderId"])
    usdm.order(type="MARKET", quantity="0.010", side="SELL", reduceOnly="true")

    assert bought["status"] == "FILLED"
    refused(canceled, 400, -2011, "Unknown order sent.")


def test_a_path_that_is_not_there_is_told(usdm: Client):
    refused(
        usdm.get("/fapi/v1/nothing"), 404, -5000, "Path /fapi/v1/nothing, Method GET is invalid"
    )
    assert usdm.get("/api/v3/ping").status == 404


@pytest.mark.parametrize("body", ["[", "{}", "[1]", '[{"symbol": 1}]', "[" * 5_000])
def test_malformed_json_in_a_batch_is_told(usdm: Client, body: str):
    reply = usdm.signed("POST", "/fapi/v1/batchOrders", batchOrders=body)

    found = reply.json if reply.status == 400 else reply.json[0]
    assert found["code"] in (-1130, -1121, -1102)


def test_a_parameter_twice_is_told(usdm: Client):
    reply = usdm.raw("GET", "/fapi/v1/depth?symbol=BTCUSDT&symbol=ETHUSDT")

    refused(reply, 400, -1101, "Duplicate values for a parameter detected.")


# --- orders of spot --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code", "text"),
    [
        ({"symbol": "NOCOIN"}, -1121, "Invalid symbol."),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "LATER"}, -1116, "Invalid orderType."),
        ({"quantity": "0.0000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.000000001"}, -1111, "Parameter 'quantity' has too much precision."),
        ({"quantity": "99999"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
        ({"price": "50000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "1000000000"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "500000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        (
            {"quantity": "one"},
            -1100,
            "Illegal characters found in parameter 'quantity'; "
            "legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
        ),
        (
            {"quantity": "90"},
            -2010,
            "Account has insufficient balance for requested action.",
        ),
        (
            {"type": "MARKET"},
            -1106,
            "Parameter 'timeInForce' sent when not required.",
        ),
    ],
)
def test_a_wrong_spot_order_is_told(spot: Client, changed, code, text):
    bid, _ = spot.touch()

    reply = spot.order(**(LIMIT | {"price": bid - FAR} | changed))

    refused(reply, 400, code, text)
    assert spot.signed("GET", "/api/v3/openOrders").json == []


def test_a_maker_order_that_would_take_is_refused(spot: Client):
    _, ask = spot.touch()

    reply = spot.order(type="LIMIT_MAKER", quantity="0.01", price=ask + 50)

    refused(reply, 400, -2010, "Order would immediately match and take.")


def test_an_open_client_id_is_taken(spot: Client):
    bid, _ = spot.touch()
    order = LIMIT | {"price": bid - FAR, "newClientOrderId": "mine"}

    first, second = spot.order(**order), spot.order(**order)

    assert first.status == 200
    refused(second, 400, -2010, "Duplicate order sent.")


def test_nothing_open_cannot_be_canceled(spot: Client):
    canceled = spot.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")

    refused(canceled, 400, -2011, "Unknown order sent.")
