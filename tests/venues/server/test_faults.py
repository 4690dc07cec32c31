"""Faults that a test asks for happen as often as asked, and the venue tells what it had done."""

import asyncio
import http.client
import time

import pytest
from aiohttp import ClientError, WSMsgType

from tests.venues.server.ears import listen
from tests.venues.server.served import FAPI, Client, Served, serve


@pytest.fixture(scope="module")
def venue():
    with serve() as served:
        yield served


@pytest.fixture
def usdm(venue: Served):
    client = venue.client(FAPI)
    yield client
    venue.admin("DELETE", "/faults")
    client.signed("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    client.close()


def resting(client: Client, name: str):
    bid, _ = client.touch()
    return client.order(
        type="LIMIT",
        timeInForce="GTC",
        quantity="0.010",
        price=bid - 1_000,
        newClientOrderId=name,
    )


def known(client: Client, name: str) -> bool:
    path = "/fapi/v1/order"
    return client.signed("GET", path, symbol="BTCUSDT", origClientOrderId=name).status == 200


@pytest.mark.parametrize(("when", "placed"), [("before", False), ("after", True)])
def test_a_dropped_request_was_served_or_not(venue: Served, usdm: Client, when, placed):
    fault = {"path": "/fapi/v1/order", "method": "POST", "act": "drop", "when": when}
    venue.admin("POST", "/faults", fault)

    with pytest.raises((OSError, http.client.HTTPException)):
        resting(usdm, f"drop-{when}")

    assert known(usdm, f"drop-{when}") is placed
    assert resting(usdm, f"next-{when}").status == 200


@pytest.mark.parametrize(("when", "placed"), [("before", False), ("after", True)])
def test_a_reply_is_replaced(venue: Served, usdm: Client, when, placed):
    body = '{"code":-1007,"msg":"Timeout waiting for response from backend server."}'
    fault = {"path": "/fapi/v1/order", "act": "reply", "when": when, "status": 503, "body": body}
    venue.admin("POST", "/faults", fault)

    reply = resting(usdm, f"reply-{when}")

    assert (reply.status, reply.body.decode()) == (503, body)
    assert known(usdm, f"reply-{when}") is placed


def test_a_delay_comes_before_or_after_the_order(venue: Served, usdm: Client):
    venue.admin("POST", "/faults", {"path": "/fapi/v1/order", "delay_ms": 300, "when": "after"})

    began = time.monotonic()
    reply = resting(usdm, "late")

    assert time.monotonic() - began >= 0.3
    assert reply.status == 200


def test_a_reply_is_cut_short(venue: Served, usdm: Client):
    venue.admin("POST", "/faults", {"path": "/fapi/v1/order", "act": "cut", "cut": 20})

    with pytest.raises((OSError, http.client.HTTPException)):
        resting(usdm, "cut")

    assert known(usdm, "cut")


def test_faults_count(venue: Served, usdm: Client):
    fault = {"path": "/fapi/v1/t*", "act": "reply", "status": 418, "skip": 1, "times": 2}
    venue.admin("POST", "/faults", [fault])

    statuses = [usdm.get("/fapi/v1/time").status for _ in range(4)]

    assert statuses == [200, 418, 418, 200]
    assert venue.admin("GET", "/faults")[0]["done"] == 2


@pytest.mark.parametrize(
    "body", [b"{", b'{"act": "dance"}', b'{"typo": 1}', b'{"times": 0}', b'{"status": 99}']
)
def test_a_fault_that_cannot_be_is_told(venue: Served, body: bytes):
    wire = http.client.HTTPConnection("127.0.0.1", venue.ready.address.admin, timeout=20)
    wire.request("POST", "/faults", body)
    status = wire.getresponse().status
    wire.close()

    assert status == 400


@pytest.mark.parametrize(
    ("act", "kinds"),
    [
        ("abort", (WSMsgType.CLOSED, WSMsgType.CLOSE, WSMsgType.ERROR)),
        ("close", (WSMsgType.CLOSE,)),
    ],
)
async def test_sockets_are_hung_up(venue: Served, act: str, kinds: tuple[WSMsgType, ...]):
    async with listen(venue, f"/public/ws/{act}") as ears:
        told = venue.admin("POST", "/sockets", {"act": act, "path": f"*/{act}", "code": 1012})
        async with asyncio.timeout(20):
            try:
                message = await ears.wire.receive(timeout=20)
            except ClientError:
                message = None

    assert told == {"sockets": 1}
    assert message is None or message.type in kinds
    if act == "close":
        assert message is not None
        assert message.data == 1012


async def test_a_gap_loses_changes_and_the_next_one_shows_it(venue: Served):
    async with listen(venue, "/public/ws/btcusdt@depth@100ms") as ears:
        before = await ears.until("depthUpdate")
        told = venue.admin("POST", "/sockets", {"act": "gap", "path": "*depth*", "count": 2})
        after = await ears.until("depthUpdate")
        while after["pu"] == before["u"]:
            before, after = after, await ears.until("depthUpdate")

    assert told == {"sockets": 1}
    assert after["pu"] > before["u"]


async def test_a_stalled_socket_says_nothing_until_it_is_let_go(venue: Served):
    async with listen(venue, "/public/ws/ethusdt@depth@100ms") as ears:
        before = await ears.until("depthUpdate")
        venue.admin("POST", "/sockets", {"act": "stall", "path": "*ethusdt*"})
        while True:
            try:
                async with asyncio.timeout(0.6):
                    before = await ears.until("depthUpdate")
            except TimeoutError:
                break
        venue.admin("POST", "/sockets", {"act": "resume", "path": "*ethusdt*"})
        after = await ears.until("depthUpdate")

    assert after["pu"] == before["u"]  # nothing was lost, it was only late


async def test_a_mute_socket_answers_no_ping(venue: Served):
    async with listen(venue, "/public/ws/mute") as ears:
        ears.wire._autoping = False
        await ears.wire.ping(b"one")
        async with asyncio.timeout(20):
            answered = await ears.wire.receive()
        venue.admin("POST", "/sockets", {"act": "mute", "path": "*/mute"})
        await ears.wire.ping(b"two")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await ears.wire.receive()

    assert (answered.type, bytes(answered.data)) == (WSMsgType.PONG, b"one")
