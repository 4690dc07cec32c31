"""A scripted market behind the face: liquidation, funding's neighbours, orders that end by time."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from bot.venues.server.accounts import Member, Members
from bot.venues.server.answer import Ask, Headers
from bot.venues.server.binance.face import BinanceFace
from bot.venues.server.binance.signing import signature
from bot.venues.server.calendar import Calendar
from bot.venues.server.sockets import Socket
from bot.venues.server.world import World
from bot.venues.simulated.latency import Constant
from tests.venues.market import BUY, PERP, SELL, SPOT, USDT, Market, listing, venue

MS = 1_000_000
MEMBER = Member("me", "k" * 64, "s" * 64)


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.frames: list[Any] = []

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        short = data[1] < 126
        self.frames.append(json.loads(data[2 if short else 4 :]))

    def get_write_buffer_size(self) -> int:
        return 0


class Stage:
    """A venue whose market is what a test says, and whose clock is its time."""

    def __init__(self, deposit: str = "1000") -> None:
        self.market = Market()
        self.market.book(MS, [(9_990, 50)], [(10_010, 50)])
        self.market.mark(MS, "5000")
        listings = {name: listing(name) for name in (PERP, SPOT)}
        deposits = {MEMBER.usdm: {USDT: Decimal(deposit)}, MEMBER.spot: {USDT: Decimal(deposit)}}
        made = venue(
            listings=listings,
            deposits=deposits,
            latency=Constant(0, 0),
            lateness_ns=0,
            ids_return=True,
        )
        self.world = World(made, listings, deposits, Calendar(0, 0, 1.0))
        self.face = BinanceFace(
            self.world,
            Members((MEMBER,)),
            lambda: self.world.now_ns,
            random.Random(1).randbytes,
            enforced=False,
        )
        self.world.faces.append(self.face)
        self.wire = Transport()
        self.pass_until(2 * MS)

    def pass_until(self, ns: int) -> None:
        self.world.take(self.market.take())
        self.world.quiet_until(ns + 1)

    def ask(self, method: str, path: str, **params: object) -> Any:
        params |= {"timestamp": self.world.now_ns // MS}
        query = "&".join(f"{name}={value}" for name, value in params.items())
        query += f"&signature={signature(MEMBER.secret, query)}"
        found = self.face.rest(Ask(method, "", path, query, b"", Headers(MEMBER.key, None), "me"))
        assert found is not None
        return json.loads(found.body)

    def order(self, **params: object) -> Any:
        given = {"symbol": "BTCUSDT", "side": "BUY"} | params
        return self.ask("POST", "/fapi/v1/order", **given)

    def listen(self, path: str) -> None:
        begin = self.face.socket("fstream.binance.com", path, "")
        assert begin is not None
        begin(Socket(self.wire, 1, path, 0), "me")  # type: ignore[arg-type]

    def told(self, kind: str) -> list[Any]:
        return [each for each in self.wire.frames if each.get("e") == kind]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_position_that_is_called_is_closed_and_everybody_is_told(stage: Stage):
    key = stage.ask("POST", "/fapi/v1/listenKey")["listenKey"]
    stage.listen(f"/private/ws/{key}")
    stage.listen("/market/ws/btcusdt@forceOrder")
    stage.order(type="MARKET", quantity="2")

    stage.market.book(5 * MS, [(9_200, 500)], [(9_210, 50)])
    stage.market.mark(5 * MS, "4580")
    stage.pass_until(6 * MS)

    updates = [each["o"] for each in stage.told("ORDER_TRADE_UPDATE")]
    closings = [each for each in updates if each["x"] == "CALCULATED"]
    assert {(each["S"], each["X"]) for each in closings} == {("SELL", "FILLED")}
    assert all(each["c"].startswith("autoclose-") for each in closings)
    left = Decimal(2) - sum(Decimal(each["q"]) for each in closings)
    assert 0 <= left < 2
    assert Decimal(stage.told("ACCOUNT_UPDATE")[-1]["a"]["P"][0]["pa"]) == left
    forced = [each["o"]["q"] for each in stage.told("forceOrder")]
    assert forced == [each["q"] for each in closings]
    held = stage.ask("GET", "/fapi/v3/positionRisk")
    assert [Decimal(each["positionAmt"]) for each in held] == ([left] if left else [])
    wallet = stage.world.venue.wallets[MEMBER.usdm, USDT]
    stated = Decimal(stage.ask("GET", "/fapi/v3/account")["totalWalletBalance"])
    assert abs(stated - wallet) < Decimal("1e-7")


def test_margin_that_is_nearly_gone_is_called_once(stage: Stage):
    key = stage.ask("POST", "/fapi/v1/listenKey")["listenKey"]
    stage.listen(f"/private/ws/{key}")
    stage.order(type="MARKET", quantity="2")
    second = 1_000 * MS

    for step in range(1, 5):
        stage.market.mark(step * second, "4600")
        stage.pass_until(step * second + 1)

    (called,) = stage.told("MARGIN_CALL")
    assert called["p"][0]["pa"] == "2.0"


def test_a_market_trade_fills_what_rests_in_part(stage: Stage):
    placed = stage.order(type="LIMIT", timeInForce="GTC", quantity="1", price="4995")
    stage.market.trade(3 * MS, SELL, 9_990, 4)
    stage.pass_until(4 * MS)
    before = stage.ask("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=placed["orderId"])

    stage.market.trade(5 * MS, SELL, 9_980, 500)
    stage.pass_until(6 * MS)
    after = stage.ask("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=placed["orderId"])

    assert (before["status"], before["executedQty"]) == ("NEW", "0.0")
    assert (after["status"], after["executedQty"]) == ("FILLED", "1.0")
    assert after["avgPrice"] == "4995.00"
    (trade,) = stage.ask("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert (trade["maker"], trade["commission"]) == (True, "0.99900000")


def test_an_order_ends_when_its_time_has_come(stage: Stage):
    until_ms = 700_000
    placed = stage.order(
        type="LIMIT", timeInForce="GTD", quantity="1", price="4900", goodTillDate=until_ms
    )
    stage.market.mark((until_ms + 1) * MS, "5000")
    stage.pass_until((until_ms + 1) * MS)

    found = stage.ask("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert (placed["status"], found["status"]) == ("NEW", "EXPIRED")
    assert (found["timeInForce"], found["goodTillDate"]) == ("GTD", until_ms)


def test_immediate_orders_take_what_there_is_and_expire():
    stage = Stage("100000")
    taken = stage.order(
        type="LIMIT", timeInForce="IOC", quantity="8", price="5005", newOrderRespType="RESULT"
    )

    assert (taken["status"], taken["executedQty"], taken["avgPrice"]) == (
        "EXPIRED",
        "5.0",
        "5005.00",
    )


def test_orders_of_one_account_meet_as_they_ask_to(stage: Stage):
    resting = stage.order(type="LIMIT", timeInForce="GTX", quantity="1", price="5000")
    against = stage.order(
        side="SELL",
        type="LIMIT",
        timeInForce="GTC",
        quantity="1",
        price="5000",
        selfTradePreventionMode="EXPIRE_MAKER",
    )

    found = stage.ask("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=resting["orderId"])
    assert found["status"] == "EXPIRED_IN_MATCH"
    assert against["status"] == "NEW"


def test_leverage_bounds_what_may_be_held():
    stage = Stage("2000")
    assert stage.ask("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=126) == {
        "code": -4028,
        "msg": "Leverage 126 is not valid",
    }
    stage.ask("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=125)
    order = {"type": "LIMIT", "timeInForce": "GTC", "price": "4990"}
    most, more = stage.order(**order, quantity="10"), stage.order(**order, quantity="0.1")

    assert most["status"] == "NEW"
    assert more["code"] == -2027


def test_a_trade_of_ours_is_a_trade_that_everybody_sees(stage: Stage):
    stage.listen("/public/ws/btcusdt@trade")
    stage.order(type="MARKET", quantity="1", side="SELL")
    stage.market.trade(3 * MS, BUY, 10_010, 3)
    stage.pass_until(4 * MS)

    ours, theirs = stage.told("trade")
    assert (ours["p"], ours["q"], ours["m"]) == ("4995.00", "1.0", True)
    assert (theirs["p"], theirs["q"], theirs["m"]) == ("5005.00", "0.3", False)
