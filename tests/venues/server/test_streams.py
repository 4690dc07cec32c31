"""Streams as clients hear them: complete, continuous, on the paths of 2026, and private ones."""

import asyncio
import json
import time
from decimal import Decimal
from typing import Any

import pytest

from tests.venues.server.ears import listen
from tests.venues.server.served import API, FAPI, Client, Served, serve


@pytest.fixture(scope="module")
def venue():
    with serve() as served:
        yield served


@pytest.fixture
def usdm(venue: Served):
    client = venue.client(FAPI)
    yield client
    client.close()


# --- books -----------------------------------------------------------------------------


@pytest.mark.parametrize("spot", [False, True])
async def test_a_book_kept_from_changes_is_the_one_that_is_shown(venue: Served, spot: bool):
    client = venue.client(API if spot else FAPI)
    path = "/ws/btcusdt@depth@100ms" if spot else "/public/ws/btcusdt@depth@100ms"
    host = "stream.binance.com" if spot else "fstream.binance.com"
    shown = "/api/v3/depth" if spot else "/fapi/v1/depth"
    async with listen(venue, path, host) as ears:
        first = await ears.until("depthUpdate")
        snapshot = await asyncio.to_thread(client.get, shown, symbol="BTCUSDT", limit=1000)
        book = snapshot.json
        sides = {"b": dict(book["bids"]), "a": dict(book["asks"])}
        reached, last = book["lastUpdateId"], first["u"]
        for _ in range(12):
            event = await ears.until("depthUpdate")
            if spot:
                assert event["U"] == last + 1
            else:
                assert event["pu"] == last
            last = event["u"]
            if last <= book["lastUpdateId"]:
                continue
            assert event["U"] <= reached + 1
            reached = last
            for side, levels in sides.items():
                for price, size in event[side]:
                    levels[price] = size
        again = (await asyncio.to_thread(client.get, shown, symbol="BTCUSDT", limit=1000)).json
        while last < again["lastUpdateId"]:
            event = await ears.until("depthUpdate")
            last = event["u"]
            for side, levels in sides.items():
                levels.update(event[side])
        # The event may hold a change that came after the picture: take a picture at its number.
        later = again
        while later["lastUpdateId"] < last:
            later = (await asyncio.to_thread(client.get, shown, symbol="BTCUSDT", limit=1000)).json
            while last < later["lastUpdateId"]:
                event = await ears.until("depthUpdate")
                last = event["u"]
                for side, levels in sides.items():
                    levels.update(event[side])
    client.close()
    kept = [[p, s] for p, s in sides["b"].items() if float(s)]
    assert sorted(kept, key=lambda each: -float(each[0])) == later["bids"]
    kept = [[p, s] for p, s in sides["a"].items() if float(s)]
    assert sorted(kept, key=lambda each: float(each[0])) == later["asks"]


async def test_our_own_order_stands_in_the_book(venue: Served, usdm: Client):
    bid, _ = usdm.touch()
    price = f"{bid - 2_000:.2f}"
    async with listen(venue, "/public/ws/btcusdt@depth@100ms") as ears:
        await ears.until("depthUpdate")
        placed = await asyncio.to_thread(
            usdm.order, type="LIMIT", timeInForce="GTX", quantity="0.123", price=price
        )
        levels = (await ears.until("depthUpdate"))["b"]
        while [price, "0.123"] not in levels:
            levels = (await ears.until("depthUpdate"))["b"]
        await asyncio.to_thread(
            usdm.signed,
            "DELETE",
            "/fapi/v1/order",
            symbol="BTCUSDT",
            orderId=placed.json["orderId"],
        )
        while [price, "0.000"] not in (await ears.until("depthUpdate"))["b"]:
            pass


# --- paths and requests ----------------------------------------------------------------


async def test_each_path_carries_its_own_streams_and_the_old_one_only_the_public(venue: Served):
    names = ["btcusdt@markPrice@1s", "btcusdt@bookTicker"]

    async def heard(path: str, host: str) -> set[str]:
        async with listen(venue, f"{path}?streams={'/'.join(names)}", host) as ears:
            found = set()
            until = time.monotonic() + 2.5
            while time.monotonic() < until:
                found.add((await ears.next())["stream"])
            return found

    real = "fstream.binance.com"
    public, market, old, ours = await asyncio.gather(
        heard("/public/stream", real),
        heard("/market/stream", real),
        heard("/stream", real),
        heard("/usdm/stream", "127.0.0.1"),
    )

    assert public == old == {"btcusdt@bookTicker"}
    assert market == {"btcusdt@markPrice@1s"}
    assert ours == set(names)


async def test_a_client_subscribes_lists_and_unsubscribes(venue: Served):
    async with listen(venue, "/market/ws") as ears:
        begun = await ears.ask(
            {"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade", "ethusdt@markPrice"], "id": 1}
        )
        listed = await ears.ask({"method": "LIST_SUBSCRIPTIONS", "id": 2})
        ended = await ears.ask({"method": "UNSUBSCRIBE", "params": ["btcusdt@aggTrade"], "id": 3})
        left = await ears.ask({"method": "LIST_SUBSCRIPTIONS", "id": 4})
        combined = await ears.ask({"method": "SET_PROPERTY", "params": ["combined", True], "id": 5})
        message = await ears.next()

    assert begun == {"result": None, "id": 1}
    assert listed == {"result": ["btcusdt@aggTrade", "ethusdt@markPrice"], "id": 2}
    assert ended == {"result": None, "id": 3}
    assert left == {"result": ["ethusdt@markPrice"], "id": 4}
    assert combined == {"result": None, "id": 5}
    assert message["stream"] == "ethusdt@markPrice"
    assert message["data"]["e"] == "markPriceUpdate"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("{", 3),
        ("[]", 2),
        ('{"id": 1}', 2),
        ('{"method": "DANCE", "id": 1}', 2),
        ('{"method": "SUBSCRIBE", "params": "btcusdt@trade", "id": 1}', 2),
        ('{"method": "SUBSCRIBE", "params": [], "id": 1.5}', 2),
        ('{"method": "SET_PROPERTY", "params": ["color"], "id": 1}', 0),
        ('{"method": "SET_PROPERTY", "params": ["combined", "yes"], "id": 1}', 1),
    ],
)
async def test_a_frame_that_means_nothing_is_told(venue: Served, sent: str, code: int):
    async with listen(venue, "/public/ws") as ears:
        answer = await ears.ask(sent)

        assert answer["error"]["code"] == code
        assert await ears.ask({"method": "LIST_SUBSCRIPTIONS", "id": 9}) == {"result": [], "id": 9}


async def test_frames_have_the_fields_of_recorded_ones(venue: Served):
    streams = [
        "btcusdt@aggTrade",
        "btcusdt@markPrice@1s",
        "btcusdt@miniTicker",
        "btcusdt@depth@100ms",
        "btcusdt@bookTicker",
        "btcusdt@trade",
    ]
    fields = {
        "aggTrade": "e E a s p q nq f l T m st",
        "markPriceUpdate": "e E s p ap i P r T st",
        "24hrMiniTicker": "e E s ps c o h l v q st",
        "depthUpdate": "e E T s ps st U u pu b a",
        "bookTicker": "e u E T s b B a A st ps",
        "trade": "e E T s t p q X m st",
    }
    found: dict[str, Any] = {}
    async with listen(venue, "/usdm/stream?streams=" + "/".join(streams), "127.0.0.1") as ears:
        while len(found) < len(fields):
            data = (await ears.next())["data"]
            found[data["e"]] = data

    assert {kind: set(data) for kind, data in found.items()} == {
        kind: set(names.split()) for kind, names in fields.items()
    }


# --- private streams -------------------------------------------------------------------


async def test_an_order_is_told_from_its_birth_to_its_end(venue: Served, usdm: Client):
    key = usdm.keyed("POST", "/fapi/v1/listenKey").json["listenKey"]
    async with listen(venue, f"/private/ws?listenKey={key}") as ears:
        bid, _ = usdm.touch()
        await asyncio.to_thread(
            usdm.order,
            type="LIMIT",
            timeInForce="GTX",
            quantity="0.010",
            price=bid - 2_000,
            newClientOrderId="told",
        )
        new = await ears.next()
        await asyncio.to_thread(
            usdm.signed, "DELETE", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="told"
        )
        canceled = await ears.next()
        await asyncio.to_thread(usdm.order, type="MARKET", quantity="0.010")
        filled = [await ears.next() for _ in range(4)]
        await asyncio.to_thread(
            usdm.order, type="MARKET", quantity="0.010", side="SELL", reduceOnly="true"
        )
        closed = [await ears.next() for _ in range(4)]

    assert (new["o"]["c"], new["o"]["x"], new["o"]["X"]) == ("told", "NEW", "NEW")
    assert (canceled["o"]["x"], canceled["o"]["X"]) == ("CANCELED", "CANCELED")
    kinds = ["ORDER_TRADE_UPDATE", "TRADE_LITE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"]
    assert [each["e"] for each in filled] == kinds
    assert filled[2]["a"]["P"][0]["pa"] == "0.010"
    assert (filled[3]["o"]["x"], filled[3]["o"]["X"]) == ("TRADE", "FILLED")
    assert closed[2]["a"]["P"][0]["pa"] == "0.000"
    wallet = usdm.signed("GET", "/fapi/v3/account").json["totalWalletBalance"]
    assert closed[2]["a"]["B"] == [{"a": "USDT", "wb": wallet, "cw": wallet, "bc": "0"}]
    bought, sold = filled[3]["o"], closed[3]["o"]
    profit = (Decimal(sold["L"]) - Decimal(bought["L"])) * Decimal("0.010")
    assert Decimal(sold["rp"]) == profit == Decimal(closed[2]["a"]["P"][0]["cr"])


async def test_a_listen_key_lives_until_it_is_closed_or_expires(venue: Served, usdm: Client):
    keys = [usdm.keyed("POST", "/fapi/v1/listenKey").json["listenKey"] for _ in range(2)]
    async with listen(venue, f"/private/ws?listenKey={keys[0]}") as ears:
        kept = usdm.keyed("PUT", "/fapi/v1/listenKey")
        venue.admin("POST", "/expire", {"key": keys[0]})
        expired = await ears.until("listenKeyExpired")
    gone = usdm.keyed("PUT", "/fapi/v1/listenKey")
    another = usdm.keyed("POST", "/fapi/v1/listenKey").json["listenKey"]
    usdm.keyed("DELETE", "/fapi/v1/listenKey")

    assert keys[0] == keys[1] != another
    assert kept.json == {"listenKey": keys[0]}
    assert expired["listenKey"] == keys[0]
    assert gone.json == {"code": -1125, "msg": "This listenKey does not exist."}
    assert usdm.keyed("PUT", "/fapi/v1/listenKey").code == -1125


async def test_spot_listens_by_a_signature(venue: Served):
    spot = venue.client(API)
    async with listen(venue, "/ws-api/v3", "ws-api.binance.com") as ears:
        now = int(time.time() * 1000)
        params = {"apiKey": spot.member.key, "timestamp": now}
        signature = spot.sign(f"apiKey={spot.member.key}&timestamp={now}")
        wrong = await ears.ask(
            {
                "id": 1,
                "method": "userDataStream.subscribe.signature",
                "params": params | {"signature": "0" * 64},
            }
        )
        right = await ears.ask(
            {
                "id": 2,
                "method": "userDataStream.subscribe.signature",
                "params": params | {"signature": signature},
            }
        )
        await asyncio.to_thread(spot.order, type="MARKET", quantity="0.01")
        events = [await ears.next() for _ in range(4)]
        order = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.00999"}
        signed = order | {"apiKey": spot.member.key, "timestamp": str(int(time.time() * 1000))}
        text = "&".join(f"{name}={signed[name]}" for name in sorted(signed))
        await ears.wire.send_str(
            json.dumps(
                {
                    "id": 3,
                    "method": "order.place",
                    "params": signed | {"signature": spot.sign(text)},
                }
            )
        )
        placed = await ears.next()
        while placed.get("id") != 3:
            placed = await ears.next()
    spot.close()

    assert (wrong["status"], wrong["error"]["code"]) == (400, -1022)
    assert right["result"] == {"subscriptionId": 0}
    assert {each["subscriptionId"] for each in events} == {0}
    told = [each["event"] for each in events]
    assert [each["e"] for each in told] == ["executionReport", "outboundAccountPosition"] * 2
    assert [told[0]["x"], told[2]["x"]] == ["NEW", "TRADE"]
    assert placed["status"] == 200
    assert placed["result"]["status"] == "FILLED"
