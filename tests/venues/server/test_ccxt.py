"""ccxt trades on the served venue through a resolver, over TLS, without a changed address."""

import asyncio
import decimal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.venues.server.served import Served, serve

PERP, PAIR = "BTC/USDT:USDT", "BTC/USDT"
PATIENCE_S = 20


@pytest.fixture(scope="module")
def venue():
    with serve(secure=True) as served:
        yield served


class Here(aiohttp.abc.AbstractResolver):
    """Every name is this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> Any:
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": self._port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def exchange(venue: Served, name: str, member: int) -> AsyncIterator[Any]:
    import ccxt.pro

    address = venue.ready.address
    assert address.secure is not None
    trust = ssl.create_default_context(cafile=address.ca)
    wires = aiohttp.TCPConnector(resolver=Here(address.secure), ssl=trust, use_dns_cache=False)
    session = aiohttp.ClientSession(connector=wires)
    session._retry_connection = False
    who = venue.ready.members[member]
    made = getattr(ccxt.pro, name)(
        {
            "session": session,
            "apiKey": who.key,
            "secret": who.secret,
            "enableRateLimit": False,
            "options": {
                "watchPositions": {
                    "fetchPositionsSnapshot": False,
                    "awaitPositionsSnapshot": False,
                }
            },
        }
    )
    # ccxt changes how whoever calls it rounds decimals, and leaves it so.
    decimals = decimal.getcontext()
    before = decimals.copy()
    try:
        async with asyncio.timeout(60):
            yield made
    finally:
        decimals.rounding, decimals.traps = before.rounding, before.traps
        await made.close()
        await session.close()
        await asyncio.sleep(0.05)  # TLS says good-bye.


async def test_perpetuals(venue: Served):
    import ccxt

    async with exchange(venue, "binanceusdm", 0) as ex:
        markets = await ex.load_markets()
        assert (markets[PERP]["precision"]["amount"], markets[PERP]["precision"]["price"]) == (
            0.001,
            0.1,
        )
        assert (await ex.fetch_balance())["USDT"]["total"] == 1_000_000
        tiers = (await ex.fetch_leverage_tiers([PERP]))[PERP]
        assert [tier["maxLeverage"] for tier in tiers[:3]] == [125, 100, 75]
        await ex.set_leverage(10, PERP)
        book = await ex.fetch_order_book(PERP, 5)
        bid, ask = book["bids"][0][0], book["asks"][0][0]

        watching = [
            asyncio.ensure_future(each)
            for each in (ex.watch_orders(), ex.watch_my_trades(), ex.watch_positions([PERP]))
        ]
        await asyncio.sleep(0.5)
        order = await ex.create_order(
            PERP, "limit", "buy", 0.01, bid - 500, {"postOnly": True, "clientOrderId": "first"}
        )
        assert order["status"] == "open"
        assert (await watching[0])[-1]["clientOrderId"] == "first"
        with pytest.raises(ccxt.OrderNotFillable):
            await ex.create_order(PERP, "limit", "buy", 0.01, ask + 50, {"postOnly": True})
        assert [each["id"] for each in await ex.fetch_open_orders(PERP)] == [order["id"]]
        found = await ex.fetch_order(None, PERP, {"clientOrderId": "first"})
        assert (found["id"], found["status"]) == (order["id"], "open")
        edited = await ex.edit_order(order["id"], PERP, "limit", "buy", 0.02, bid - 600)
        assert (edited["amount"], edited["price"]) == (0.02, pytest.approx(bid - 600))
        assert (await ex.cancel_order(order["id"], PERP))["status"] == "canceled"
        with pytest.raises(ccxt.OrderNotFound):
            await ex.cancel_order(order["id"], PERP)

        bought = await ex.create_order(PERP, "market", "buy", 0.01)
        assert (bought["status"], bought["filled"]) == ("closed", 0.01)
        assert (await watching[1])[-1]["order"] == bought["id"]
        assert (await watching[2])[-1]["contracts"] == 0.01
        (position,) = await ex.fetch_positions([PERP])
        assert (position["side"], position["contracts"]) == ("long", 0.01)
        assert position["entryPrice"] == bought["average"]
        await ex.create_order(PERP, "limit", "sell", 0.01, ask + 500)
        await ex.cancel_all_orders(PERP)
        assert await ex.fetch_open_orders(PERP) == []
        sold = await ex.create_order(PERP, "market", "sell", 0.01, None, {"reduceOnly": True})
        assert sold["status"] == "closed"
        with pytest.raises(ccxt.InvalidOrder):
            await ex.create_order(PERP, "market", "sell", 0.01, None, {"reduceOnly": True})
        trades = await ex.fetch_my_trades(PERP)
        assert [each["side"] for each in trades] == ["buy", "sell"]
        assert trades[0]["fee"]["cost"] == pytest.approx(trades[0]["cost"] * 0.0005, abs=1e-8)
        statuses = [each["status"] for each in await ex.fetch_orders(PERP)]
        assert statuses == ["canceled", "closed", "canceled", "closed"]
        assert (await ex.fetch_balance())["USDT"]["total"] < 1_000_000


async def test_perpetuals_public_data(venue: Served):
    async with exchange(venue, "binanceusdm", 1) as ex:
        await ex.load_markets()
        rate = await ex.fetch_funding_rate(PERP)
        assert abs(rate["fundingRate"]) < 0.02
        assert rate["fundingTimestamp"] > ex.milliseconds() - 1_000
        assert rate["markPrice"] == pytest.approx(rate["indexPrice"], rel=0.02)
        assert PERP in await ex.fetch_funding_rates()
        assert isinstance(await ex.fetch_funding_rate_history(PERP), list)
        assert await ex.fetch_funding_history(PERP) == []
        assert (await ex.fetch_open_interest(PERP))["openInterestAmount"] >= 0
        assert await ex.fetch_long_short_ratio_history(PERP, "5m") == []  # nobody counts them
        ticker = await ex.fetch_ticker(PERP)
        assert ticker["low"] <= ticker["last"] <= ticker["high"]
        assert 1 <= len(await ex.fetch_trades(PERP, limit=5)) <= 5
        armed = await ex.fapiPrivatePostCountdownCancelAll(
            {"symbol": "BTCUSDT", "countdownTime": 300}
        )
        assert armed == {"symbol": "BTCUSDT", "countdownTime": "300"}
        bid = (await ex.fetch_order_book(PERP, 5))["bids"][0][0]
        doomed = await ex.create_order(PERP, "limit", "buy", 0.01, bid - 500)
        async with asyncio.timeout(PATIENCE_S):
            while (await ex.fetch_order(doomed["id"], PERP))["status"] == "open":
                await ex.fetch_time()

        books, trades, mark, touch, ticker = await asyncio.gather(
            ex.watch_order_book(PERP),
            ex.watch_trades(PERP),
            ex.watch_mark_price(PERP),
            ex.watch_bids_asks([PERP]),
            ex.watch_ticker(PERP),
        )
        assert books["bids"][0][0] < books["asks"][0][0]
        assert trades[0]["symbol"] == PERP
        assert mark["markPrice"] > 0
        assert touch[PERP]["bid"] < touch[PERP]["ask"]
        assert ticker["last"] > 0
        nonces = [(await ex.watch_order_book(PERP))["nonce"] for _ in range(5)]
        assert nonces == sorted(set(nonces))


async def test_spot(venue: Served):
    import ccxt

    async with exchange(venue, "binance", 0) as ex:
        markets = await ex.load_markets()
        assert {PAIR, PERP} <= markets.keys()
        assert (await ex.fetch_balance())["BTC"]["free"] == 10
        book = await ex.fetch_order_book(PAIR, 5)
        bid, ask = book["bids"][0][0], book["asks"][0][0]
        watching = [
            asyncio.ensure_future(each) for each in (ex.watch_orders(PAIR), ex.watch_balance())
        ]
        await asyncio.sleep(0.5)
        order = await ex.create_order(
            PAIR, "limit", "buy", 0.01, bid - 500, {"postOnly": True, "clientOrderId": "first"}
        )
        assert (await watching[0])[-1]["clientOrderId"] == "first"
        assert (await watching[1])["USDT"]["used"] == pytest.approx(0.01 * (bid - 500))
        with pytest.raises(ccxt.OrderImmediatelyFillable):
            await ex.create_order(PAIR, "limit", "buy", 0.01, ask + 50, {"postOnly": True})
        found = await ex.fetch_order(None, PAIR, {"clientOrderId": "first"})
        assert (found["id"], found["status"]) == (order["id"], "open")
        assert [each["id"] for each in await ex.fetch_open_orders(PAIR)] == [order["id"]]
        assert (await ex.cancel_order(order["id"], PAIR))["status"] == "canceled"
        bought = await ex.create_order(PAIR, "market", "buy", 0.01)
        assert (bought["status"], bought["filled"]) == ("closed", 0.01)
        assert bought["fee"] == {"currency": "BTC", "cost": pytest.approx(0.00001)}
        (trade,) = await ex.fetch_my_trades(PAIR)
        assert trade["order"] == bought["id"]
        await ex.create_order(PAIR, "limit", "sell", 0.01, ask + 500)
        assert len(await ex.cancel_all_orders(PAIR)) == 1
        book, trades = await asyncio.gather(ex.watch_order_book(PAIR), ex.watch_trades(PAIR))
        assert book["bids"][0][0] < book["asks"][0][0]
        assert trades[0]["symbol"] == PAIR
