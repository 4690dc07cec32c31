"""A served venue for tests, on a thread of its own, and a client that knows only the wire."""

import asyncio
import concurrent.futures
import hmac
import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.presets import one_of_each
from bot.feeds.simulated.settings import FundingTerms, MarketSettings
from bot.modes.serving import Ready, Serving, ServingOptions, members
from bot.venues.server.accounts import Member

SECOND_NS = 1_000_000_000
DEPOSITS = {
    "spot": {"USDT": Decimal(1_000_000), "BTC": Decimal(10)},
    "usdm": {"USDT": Decimal(1_000_000)},
    "deribit": {"BTC": Decimal(10), "ETH": Decimal(100), "USDT": Decimal(1_000_000)},
}
FAPI, API = "fapi.binance.com", "api.binance.com"


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> int:
        return self.json["code"]

    @property
    def text(self) -> str:
        return self.json["msg"]


class Client:
    """One account's keep-alive connection to one host of the venue."""

    def __init__(self, port: int, host: str, member: Member) -> None:
        self.member = member
        self._host = host
        self._port = port
        self._wire = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def raw(
        self, method: str, target: str, body: bytes | None = None, key: str | None = None
    ) -> Reply:
        headers = {"Host": self._host}
        if key is not None:
            headers["X-MBX-APIKEY"] = key
        try:
            self._wire.request(method, target, body, headers)
            got = self._wire.getresponse()
            return Reply(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        except (OSError, http.client.HTTPException):
            self._wire.close()
            raise

    def get(self, path: str, **params: object) -> Reply:
        return self.raw("GET", f"{path}?{urlencode(params)}")

    def keyed(self, method: str, path: str, **params: object) -> Reply:
        return self.raw(method, f"{path}?{urlencode(params)}", key=self.member.key)

    def signed(self, method: str, path: str, **params: object) -> Reply:
        params.setdefault("timestamp", int(time.time() * 1000))
        query = urlencode(params)
        return self.raw(method, f"{path}?{query}&signature={self.sign(query)}", key=self.member.key)

    def sign(self, payload: str) -> str:
        return hmac.digest(self.member.secret.encode(), payload.encode(), "sha256").hex()

    def order(self, **params: object) -> Reply:
        path = "/fapi/v1/order" if self._host == FAPI else "/api/v3/order"
        given = {"symbol": "BTCUSDT", "side": "BUY"} | params
        return self.signed("POST", path, **given)

    def touch(self, symbol: str = "BTCUSDT") -> tuple[Decimal, Decimal]:
        path = "/fapi/v1/depth" if self._host == FAPI else "/api/v3/depth"
        book = self.get(path, symbol=symbol, limit=5).json
        return Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0])

    def close(self) -> None:
        self._wire.close()


class Served:
    """A venue that is running."""

    def __init__(self, serving: Serving, loop: asyncio.AbstractEventLoop, ready: Ready) -> None:
        self.serving = serving
        self._loop = loop
        self.ready = ready
        self.world = serving.world

    def client(self, host: str = FAPI, member: int = 0) -> Client:
        return Client(self.ready.address.plain, host, self.ready.members[member])

    def at_once(self, look: Callable[[], Any]) -> Any:
        """What there is to see at one moment, while nothing moves."""
        done: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._loop.call_soon_threadsafe(lambda: done.set_result(look()))
        return done.result(20)

    def admin(self, method: str, path: str, value: Any = None) -> Any:
        wire = http.client.HTTPConnection("127.0.0.1", self.ready.address.admin, timeout=20)
        wire.request(method, path, None if value is None else json.dumps(value))
        got = wire.getresponse()
        body = json.loads(got.read())
        wire.close()
        assert got.status == 200, body
        return body


@contextmanager
def serve(
    *,
    secure: bool = False,
    enforced: bool = False,
    speed: float = 1.0,
    accounts: int = 2,
    inverse: bool = False,
) -> Iterator[Served]:
    """Serve a made-up market until the end of the block."""
    start_ns = time.time_ns() // SECOND_NS * SECOND_NS
    market = _market(start_ns, inverse=inverse)
    chance = random.Random(7).randbytes
    keys = [(f"{n}" * 64, f"secret{n}" * 8) for n in range(accounts)]
    options = ServingOptions(
        port=0, secure=secure, speed=speed, deposits=DEPOSITS, enforced=enforced
    )
    known = threading.Event()
    found: list[Any] = []

    def told(ready: Ready) -> None:
        found.append(ready)
        known.set()

    def run() -> None:
        async def main() -> None:
            serving = Serving(
                market.sources(), market.instruments, members(keys, chance), chance, options, told
            )
            found.extend((serving, asyncio.get_running_loop()))
            await serving.run()

        try:
            asyncio.run(main())
        except BaseException as error:
            found.append(error)
            known.set()
            raise

    thread = threading.Thread(target=run, name="venue", daemon=True)
    thread.start()
    assert known.wait(100), "the venue did not start"
    serving, loop, ready = found[:3]
    try:
        yield Served(serving, loop, ready)
    finally:
        loop.call_soon_threadsafe(serving.stop)
        thread.join(20)
        assert not thread.is_alive(), "the venue did not end"
        assert len(found) == 3, found[3:]


def _market(start_ns: int, *, inverse: bool) -> SimulatedMarket:
    """Spot and linear perpetuals that pay every 20 s, or with inverse ones every 8 hours."""
    if inverse:
        return SimulatedMarket(
            MarketSettings(seed=5, start_ns=start_ns, chunk_s=2, contracts=one_of_each("sim"))
        )
    funding = FundingTerms(interval_ns=20 * SECOND_NS)
    return SimulatedMarket(MarketSettings(seed=5, start_ns=start_ns, chunk_s=2, funding=funding))
