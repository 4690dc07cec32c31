"""Deribit's face: JSON-RPC over WebSocket and HTTP, and ccxt at both."""

import asyncio
import hmac
import http.client
import json
import time
from itertools import pairwise
from typing import Any

import pytest

from tests.venues.server.ears import Ears, listen
from tests.venues.server.served import Served, serve
from tests.venues.server.test_ccxt import exchange

HOST, PATH = "www.deribit.com", "/ws/api/v2"
PERP = "BTC-PERPETUAL"


@pytest.fixture(scope="module")
def venue():
    with serve(secure=True, inverse=True) as served:
        yield served


class Rpc:
    """One connection: replies by their id, whatever else comes is kept."""

    def __init__(self, ears: Ears, venue: Served) -> None:
        self.ears = ears
        self.member = venue.ready.members[0]
        self.heard: list[Any] = []
        self._count = 0

    async def ask(self, method: str, **params: Any) -> Any:
        self._count += 1
        asked = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}
        await self.ears.wire.send_str(json.dumps(asked))
        while True:
            told = await self.ears.next()
            if told.get("id") == self._count:
                return told.get("result", told.get("error"))
            self.heard.append(told)

    async def sign_in(self) -> Any:
        return await self.ask(
            "public/auth",
            grant_type="client_credentials",
            client_id=self.member.key,
            client_secret=self.member.secret,
        )

    async def channel(self, name: str) -> Any:
        while True:
            for told in self.heard:
                if told.get("params", {}).get("channel") == name:
                    self.heard.remove(told)
                    return told["params"]["data"]
            self.heard.append(await self.ears.next())


async def test_an_order_lives_and_is_told(venue: Served):
    async with listen(venue, PATH, HOST) as ears:
        rpc = Rpc(ears, venue)
        refused = await rpc.ask("private/buy", instrument_name=PERP, amount=10, price=1)
        await rpc.sign_in()
        subscribed = await rpc.ask(
            "private/subscribe",
            channels=["user.orders.any.any.raw", f"user.trades.{PERP}.raw", "user.portfolio.btc"],
        )
        bid = (await rpc.ask("public/ticker", instrument_name=PERP))["best_bid_price"]
        placed = await rpc.ask(
            "private/buy",
            instrument_name=PERP,
            amount=100,
            price=bid - 500,
            label="mine",
            post_only=True,
        )
        order = placed["order"]
        edited = await rpc.ask(
            "private/edit", order_id=order["order_id"], amount=200, price=bid - 600
        )
        canceled = await rpc.ask("private/cancel", order_id=order["order_id"])
        again = await rpc.ask("private/cancel", order_id=order["order_id"])
        states = [(await rpc.channel("user.orders.any.any.raw"))["order_state"] for _ in range(3)]
        bought = await rpc.ask("private/buy", instrument_name=PERP, amount=100, type="market")
        trade = await rpc.channel(f"user.trades.{PERP}.raw")
        portfolio = await rpc.channel("user.portfolio.btc")
        (position,) = await rpc.ask("private/get_positions", currency="BTC")
        sold = await rpc.ask(
            "private/sell", instrument_name=PERP, amount=100, type="market", reduce_only=True
        )
        flat = await rpc.ask("private/get_positions", currency="BTC")
        by_label = await rpc.ask("private/get_order_state_by_label", label="mine")

    assert refused["code"] == 13009
    assert subscribed[0] == "user.orders.any.any.raw"
    assert (order["order_state"], order["label"], order["amount"]) == ("open", "mine", 100)
    assert (edited["order"]["amount"], edited["order"]["replaced"]) == (200, True)
    assert (canceled["order_state"], canceled["cancel_reason"]) == ("cancelled", "user_request")
    assert again == {"code": 11044, "message": "not_open_order"}
    assert states == ["open", "open", "cancelled"]
    assert bought["order"]["order_state"] == "filled"
    assert trade[0]["order_id"] == bought["order"]["order_id"]
    assert trade[0]["fee_currency"] == portfolio["currency"] == "BTC"
    assert (position["direction"], position["size"]) == ("buy", 100)
    assert position["average_price"] == pytest.approx(bought["order"]["average_price"], rel=1e-6)
    assert sold["order"]["filled_amount"] == 100
    assert flat == []
    assert [each["order_state"] for each in by_label] == ["cancelled"]


async def test_a_book_is_one_chain_of_changes(venue: Served):
    async with listen(venue, PATH, HOST) as early, listen(venue, PATH, HOST) as late:
        first, second = Rpc(early, venue), Rpc(late, venue)
        channel = f"book.{PERP}.100ms"
        await first.ask("public/subscribe", channels=[channel])
        kept: list[Any] = [await first.channel(channel) for _ in range(3)]
        await second.ask("public/subscribe", channels=[channel])
        newcomer = [await second.channel(channel) for _ in range(4)]
        while kept[-1]["change_id"] < newcomer[-1]["change_id"]:
            kept.append(await first.channel(channel))

    assert kept[0]["type"] == newcomer[0]["type"] == "snapshot"
    for chain in (kept, newcomer):
        for before, after in pairwise(chain):
            assert after["prev_change_id"] == before["change_id"]
    books = [_book(chain, newcomer[-1]["change_id"]) for chain in (kept, newcomer)]
    assert books[0] == books[1]


async def test_orders_go_with_the_connection_that_placed_them(venue: Served):
    async with listen(venue, PATH, HOST) as ears:
        rpc = Rpc(ears, venue)
        await rpc.sign_in()
        bid = (await rpc.ask("public/ticker", instrument_name=PERP))["best_bid_price"]
        order = {"instrument_name": PERP, "amount": 10, "price": bid - 500}
        kept = await rpc.ask("private/buy", **order)
        assert await rpc.ask("private/enable_cancel_on_disconnect", scope="connection") == "ok"
        async with listen(venue, PATH, HOST) as others:
            other = Rpc(others, venue)
            await other.sign_in()
            await other.ask("private/enable_cancel_on_disconnect")
            doomed = await other.ask("private/buy", **order)
        async with asyncio.timeout(20):
            while True:
                state = await rpc.ask(
                    "private/get_order_state", order_id=doomed["order"]["order_id"]
                )
                if state["order_state"] == "cancelled":
                    break
        standing = await rpc.ask("private/get_open_orders")
        assert await rpc.ask("private/cancel_all") == 1

    assert [each["order_id"] for each in standing] == [kept["order"]["order_id"]]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("public/nothing", {}, -32601),
        ("public/ticker", {}, -32602),
        ("public/ticker", {"instrument_name": "NO-COIN"}, 13020),
        ("private/buy", {"instrument_name": PERP, "amount": 15, "price": 1000}, -32602),
        ("private/buy", {"instrument_name": PERP, "amount": 10, "price": 1000.3}, -32602),
        ("private/buy", {"instrument_name": PERP, "amount": -10, "price": 1000}, -32602),
        ("private/buy", {"instrument_name": PERP, "amount": "ten", "price": 1000}, -32602),
        ("private/buy", {"instrument_name": PERP, "amount": 10}, -32602),
        ("private/buy", {"instrument_name": PERP, "amount": 10**10, "price": 1000}, 10009),
        ("private/cancel", {"order_id": "999999"}, 10004),
        ("private/cancel", {"order_id": "nothing"}, 10004),
        ("public/set_heartbeat", {"interval": 9}, -32602),
    ],
)
async def test_what_is_asked_wrongly_is_told(venue: Served, method, params, code):
    async with listen(venue, PATH, HOST) as ears:
        rpc = Rpc(ears, venue)
        await rpc.sign_in()

        assert (await rpc.ask(method, **params))["code"] == code


async def test_post_only_is_moved_or_refused(venue: Served):
    async with listen(venue, PATH, HOST) as ears:
        rpc = Rpc(ears, venue)
        await rpc.sign_in()
        ask = (await rpc.ask("public/ticker", instrument_name=PERP))["best_ask_price"]
        order = {"instrument_name": PERP, "amount": 10, "price": ask + 100, "post_only": True}
        moved = await rpc.ask("private/buy", **order)
        refused = await rpc.ask("private/buy", **order, reject_post_only=True)
        await rpc.ask("private/cancel_all")

    assert moved["order"]["order_state"] == "open"
    assert moved["order"]["price"] < ask + 100
    assert refused == {"code": 11054, "message": "post_only_reject"}


@pytest.mark.parametrize("sent", ["{", "[]", "5", '{"method": 5}', "[" * 9_000])
async def test_a_frame_that_means_nothing_is_told(venue: Served, sent: str):
    async with listen(venue, PATH, HOST) as ears:
        await ears.wire.send_str(sent)
        told = await ears.next()

    assert told["error"]["code"] in (-32700, -32600)


def test_http_takes_tokens_and_signatures(venue: Served):
    member = venue.ready.members[0]
    wire = http.client.HTTPConnection("127.0.0.1", venue.ready.address.plain, timeout=20)

    def ask(target: str, authorization: str = "") -> Any:
        wire.request("GET", target, headers={"Host": HOST, "Authorization": authorization})
        got = wire.getresponse()
        return got.status, json.loads(got.read())

    target = "/api/v2/private/get_account_summary?currency=BTC"
    now, nonce = str(int(time.time() * 1000)), "abc"
    text = f"{now}\n{nonce}\nGET\n{target}\n\n"
    signature = hmac.digest(member.secret.encode(), text.encode(), "sha256").hex()
    header = f"deri-hmac-sha256 id={member.key},ts={now},sig={signature},nonce={nonce}"
    credentials = f"client_id={member.key}&client_secret={member.secret}"
    token = ask(f"/api/v2/public/auth?grant_type=client_credentials&{credentials}")[1]["result"]
    by_token = ask(target, f"Bearer {token['access_token']}")
    by_signature = ask(target, header)
    wrong = ask(target, header.replace(signature, "0" * 64))
    nobody = ask(target)
    wire.close()

    assert by_token[0] == by_signature[0] == 200
    assert by_token[1]["result"]["equity"] == by_signature[1]["result"]["equity"]
    assert (wrong[0], wrong[1]["error"]["message"]) == (401, "invalid_credentials")
    assert (nobody[0], nobody[1]["error"]["code"]) == (401, 13009)


async def test_ccxt_trades_on_deribit(venue: Served):
    import ccxt

    symbol = "BTC/USD:BTC"
    async with exchange(venue, "deribit", 1) as ex:
        markets = await ex.load_markets()
        assert markets[symbol]["contractSize"] == 10
        assert (await ex.fetch_balance())["BTC"]["total"] == 10
        book = await ex.fetch_order_book(symbol, 5)
        bid = book["bids"][0][0]
        order = await ex.create_order(symbol, "limit", "buy", 100, bid - 500, {"postOnly": True})
        assert order["status"] == "open"
        assert [each["id"] for each in await ex.fetch_open_orders(symbol)] == [order["id"]]
        assert (await ex.cancel_order(order["id"], symbol))["status"] == "canceled"
        with pytest.raises(ccxt.InvalidOrder):
            await ex.cancel_order(order["id"], symbol)
        bought = await ex.create_order(symbol, "market", "buy", 100)
        assert bought["status"] == "closed"
        (position,) = await ex.fetch_positions([symbol])
        assert (position["side"], position["contracts"]) == ("long", 100)
        await ex.create_order(symbol, "market", "sell", 100, None, {"reduceOnly": True})
        assert len(await ex.fetch_my_trades(symbol)) == 2
        watched, trades, ticker = await asyncio.gather(
            ex.watch_order_book(symbol), ex.watch_trades(symbol), ex.watch_ticker(symbol)
        )
        assert watched["bids"][0][0] < watched["asks"][0][0]
        assert trades[0]["symbol"] == symbol
        assert ticker["bid"] < ticker["ask"]


def _book(chain: list[Any], up_to: int) -> dict[str, dict[float, float]]:
    sides: dict[str, dict[float, float]] = {"bids": {}, "asks": {}}
    for change in chain:
        if change["change_id"] > up_to:
            break
        for side, levels in sides.items():
            for kind, price, amount in change[side]:
                if kind == "delete":
                    del levels[price]
                else:
                    assert (kind == "change") is (price in levels)
                    levels[price] = amount
    return sides
