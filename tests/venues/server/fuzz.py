"""Requests and frames that nobody in their senses would send, the same for the same seed.

Run: python -m tests.venues.server.fuzz [COUNT] [SEED]
None of them may change anything: whatever could place, change or cancel an order, or a setting,
has at least one part that is spoiled.
"""

import asyncio
import hmac
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from aiohttp import ClientSession, WSMsgType

from tests.venues.server.served import API, FAPI, Served, serve

GETS = [
    "/fapi/v1/depth",
    "/fapi/v1/exchangeInfo",
    "/fapi/v1/trades",
    "/fapi/v1/aggTrades",
    "/fapi/v1/premiumIndex",
    "/fapi/v1/fundingRate",
    "/fapi/v1/ticker/24hr",
    "/fapi/v1/ticker/bookTicker",
    "/fapi/v1/openInterest",
    "/futures/data/openInterestHist",
    "/futures/data/globalLongShortAccountRatio",
    "/fapi/v1/order",
    "/fapi/v1/openOrders",
    "/fapi/v1/openOrder",
    "/fapi/v1/allOrders",
    "/fapi/v1/userTrades",
    "/fapi/v2/account",
    "/fapi/v3/account",
    "/fapi/v2/positionRisk",
    "/fapi/v3/positionRisk",
    "/fapi/v1/income",
    "/fapi/v1/leverageBracket",
    "/fapi/v1/commissionRate",
    "/api/v3/depth",
    "/api/v3/trades",
    "/api/v3/aggTrades",
    "/api/v3/avgPrice",
    "/api/v3/ticker/24hr",
    "/api/v3/account",
    "/api/v3/order",
    "/api/v3/openOrders",
    "/api/v3/allOrders",
    "/api/v3/myTrades",
    "/api/v3/exchangeInfo",
    "/sapi/v1/capital/config/getall",
    "/api/v2/public/ticker",
    "/api/v2/public/get_order_book",
    "/api/v2/public/get_instruments",
    "/api/v2/public/auth",
    "/api/v2/private/buy",
    "/api/v2/private/cancel_all",
    "/api/v2/nothing",
    "/fapi/v1/%00",
    "/fapi/../api",
    "//fapi/v1/ping",
    "/fapi/v1/ping/",
    "/",
]
WRITES = [
    "POST /fapi/v1/order",
    "PUT /fapi/v1/order",
    "DELETE /fapi/v1/order",
    "POST /fapi/v1/batchOrders",
    "DELETE /fapi/v1/batchOrders",
    "DELETE /fapi/v1/allOpenOrders",
    "POST /fapi/v1/leverage",
    "POST /fapi/v1/marginType",
    "POST /fapi/v1/positionSide/dual",
    "POST /fapi/v1/countdownCancelAll",
    "POST /api/v3/order",
    "DELETE /api/v3/order",
    "DELETE /api/v3/openOrders",
    "POST /fapi/v1/order/test",
]
NAMES = [
    "symbol",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "price",
    "newClientOrderId",
    "orderId",
    "origClientOrderId",
    "limit",
    "fromId",
    "startTime",
    "endTime",
    "period",
    "recvWindow",
    "timestamp",
    "signature",
    "reduceOnly",
    "leverage",
    "marginType",
    "countdownTime",
    "goodTillDate",
    "batchOrders",
    "orderIdList",
    "newOrderRespType",
    "positionSide",
]
JUNK = (
    "",
    "0",
    "-1",
    "-0",
    "1e309",
    "1e-400",
    "NaN",
    "Infinity",
    "0x10",
    "١٢٣",
    "9" * 19,
    "9" * 20,
    "9" * 400,
    "18446744073709551616",
    "9223372036854775807",
    "0." + "0" * 30 + "1",
    "null",
    "true",
    "[]",
    "{}",
    "[" * 900,
    '{"a":' * 300,
    "\x00",
    "\ud7ff",
    "'; DROP TABLE orders; --",
    "../../etc/passwd",
    "%s%n%x",
    "BTCUSDT\n",
    " BTCUSDT",
    "btcusdt",
    "😀",
)
VALID = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "50000",
    "leverage": "5",
    "limit": "5",
    "period": "5m",
}
DERIBIT = "www.deribit.com"
PATHS = ("/usdm/ws", "/spot/stream", "/ws-api/v3", "/ws-fapi/v1", "/ws/api/v2")
SPOILED = ("symbol", "timestamp", "signature")
"""Parts without which nothing that writes can go through."""


class Case(NamedTuple):
    """One request as bytes of HTTP."""

    host: str
    method: str
    target: str
    body: bytes
    key: str


def cases(count: int, seed: int, key: str, secret: str) -> Iterator[Case]:
    """So many requests, some of them signed as they should be."""
    dice = random.Random(seed)
    for _ in range(count):
        writes = dice.random() < 0.5
        if writes:
            method, path = dice.choice(WRITES).split()
        else:
            method, path = dice.choice(("GET", "GET", "GET", "PATCH", "OPTIONS")), dice.choice(GETS)
        params: dict[str, str] = {
            name: VALID.get(name, "1") if dice.random() < 0.7 else _junk(dice)
            for name in dice.sample(
                NAMES[:15] if dice.random() < 0.8 else NAMES, dice.randint(0, 8)
            )
        }
        params["timestamp"] = str(int(time.time() * 1000))
        spoiled = dice.choice(SPOILED) if writes else dice.choice((*SPOILED, "", "", ""))
        if spoiled == "symbol":
            # Settings name no symbol, but have one value that works: none of those is junk.
            params["symbol"] = dice.choice(("NOCOIN", "\x00", "BTC/USDT", "１"))
            params["batchOrders"] = dice.choice(JUNK)
            params["dualSidePosition"] = "false"
        if spoiled == "timestamp":
            params["timestamp"] = dice.choice(("0", "soon", "9" * 30, "-5", ""))
        params.pop("signature", None)
        query = urlencode(params, quote_via=quote, errors="replace")
        given = hmac.digest(secret.encode(), query.encode(), "sha256").hex()
        if spoiled == "signature":
            given = dice.choice(("", "0", "é", given[:-1], given[::-1] + "0", "\x00" * 64))
        text = f"{query}&signature={quote(given)}"
        in_body = method != "GET" and dice.random() < 0.3
        target = f"{path}?{'' if in_body else text}"
        body = text.encode() if in_body else _noise(dice) if dice.random() < 0.05 else b""
        if not writes and dice.random() < 0.05:
            target = quote(_junk(dice), safe="/?&=%") or "/"
        if not target.startswith("/"):
            target = "/" + target
        host = FAPI if path.startswith(("/fapi", "/futures")) else API
        if path.startswith("/api/v2"):
            host = DERIBIT
        if dice.random() < 0.2:
            host = dice.choice((FAPI, API, "127.0.0.1", "dapi.binance.com", "nowhere"))
        yield Case(host, method, target, body, key if dice.random() < 0.95 else _ascii(dice))


def frames(count: int, seed: int) -> Iterator[str | bytes]:
    """So many frames for a socket."""
    dice = random.Random(seed)
    words = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
    methods = (
        "public/ticker",
        "public/subscribe",
        "private/buy",
        "order.place",
        "order.cancel",
        "userDataStream.subscribe.signature",
        "ping",
        "x",
    )
    for _ in range(count):
        asked: Any = {
            "method": dice.choice((*words, *methods, 5, None, [], _junk(dice))),
            "params": dice.choice(
                (
                    ["btcusdt@depth"],
                    [_junk(dice)],
                    [1, None],
                    None,
                    {},
                    {"channels": [_junk(dice)], "instrument_name": _junk(dice)},
                    {"symbol": _junk(dice), "timestamp": dice.choice((0, "0", -1, 1e300))},
                    ["combined", dice.choice((True, 1, "x"))],
                    _junk(dice),
                )
            ),
            "id": dice.choice((1, -1, 1.5, None, "a", [], {}, 2**70)),
        }
        for name in list(asked):
            if dice.random() < 0.1:
                del asked[name]
        text = json.dumps(asked)
        fate = dice.random()
        if fate < 0.1:
            yield text[: dice.randint(0, len(text))]
        elif fate < 0.2:
            yield _noise(dice)
        elif fate < 0.3:
            yield dice.choice(("[" * 5_000, "", "null", "[]", "1", '"x"', "\x00", "{" * 2_000))
        else:
            yield text


def state(served: Served) -> str:
    """Everything that a request might have changed."""
    world, face = served.world, served.serving.face
    return repr(
        (
            world.holdings.wallet,
            sorted(world.holdings.position.items()),
            {
                member.name: [
                    each
                    for account in (member.spot, member.usdm, member.deribit)
                    for each in world.orders.open(account)
                ]
                for member in served.ready.members
            },
            world.venue.state().orders,
            world.venue.state().deadlines,
            face.margin.chosen,
        )
    )


async def attack(served: Served, count: int, seed: int) -> Counter[int]:
    """Send so many requests, and a tenth as many frames; statuses that came back."""
    found: Counter[int] = Counter()
    member = served.ready.members[0]
    wire = Wire(served.ready.address.plain)
    for case in cases(count, seed, member.key, member.secret):
        status = await wire.ask(case)
        assert status < 500, case
        found[status] += 1
    await wire.close()
    base = f"http://127.0.0.1:{served.ready.address.plain}"
    async with ClientSession() as session:
        for number, path in enumerate(PATHS):
            ws = await session.ws_connect(base + path)
            for frame in frames(count // 50, seed + number):
                await (ws.send_bytes(frame) if isinstance(frame, bytes) else ws.send_str(frame))
                found[-1] += 1
            await ws.ping(b"still there")
            await ws.send_str('{"method":"LIST_SUBSCRIPTIONS","id":987654}')
            async with asyncio.timeout(20):
                while '"id":987654' not in (message := await ws.receive()).data:
                    assert message.type is WSMsgType.TEXT, message
            await ws.close()
    return found


class Wire:
    """A connection that is made anew whenever the venue has hung up."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, case: Case) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = (
            f"{case.method} {case.target} HTTP/1.1\r\nHost: {case.host}\r\n"
            f"X-MBX-APIKEY: {case.key}\r\nContent-Length: {len(case.body)}\r\n\r\n"
        )
        writer.write(head.encode("latin-1", errors="replace") + case.body)
        async with asyncio.timeout(20):
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(answer.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(size)
        if b"connection: close" in answer or answer.startswith(b"http/1.0"):
            await self.close()
        return int(answer.split()[1])

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _junk(dice: random.Random) -> str:
    return dice.choice(JUNK)


def _ascii(dice: random.Random) -> str:
    return "".join(dice.choices("abc019 -_", k=dice.randint(1, 70))).strip() or "x"


def _noise(dice: random.Random) -> bytes:
    return dice.randbytes(dice.randint(1, 200))


def main() -> None:
    """Attack a venue of our own and say what it answered."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 90_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with serve() as served:
        before = state(served)
        began = time.perf_counter()
        found = asyncio.run(attack(served, count, seed))
        assert state(served) == before, "something has changed"
        took = time.perf_counter() - began
    print(f"seed {seed}: {found.pop(-1):,} frames and {found.total():,} requests in {took:.0f} s")
    print(", ".join(f"{status}: {times:,}" for status, times in sorted(found.items())))


if __name__ == "__main__":
    main()
