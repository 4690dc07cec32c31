"""Binance's two markets before one world: which path goes where, and who listens to what."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import parse_qs

from bot.model.event import Liquidated, Liquidation
from bot.model.units import NS_PER_MS, InstrumentId
from bot.venues.server.accounts import Members
from bot.venues.server.answer import Answer, Ask
from bot.venues.server.binance import errors, limits, stream_requests
from bot.venues.server.binance.gate import Gate, Route
from bot.venues.server.binance.limits import Limits, Terms
from bot.venues.server.binance.listen_keys import ListenKeys
from bot.venues.server.binance.spot_account import SpotAccount
from bot.venues.server.binance.spot_orders import SpotOrders
from bot.venues.server.binance.spot_routes import spot_routes
from bot.venues.server.binance.spot_user import SpotUser
from bot.venues.server.binance.streams import Streams
from bot.venues.server.binance.symbols import Symbols
from bot.venues.server.binance.usdm_account import UsdmAccount
from bot.venues.server.binance.usdm_margin import UsdmMargin
from bot.venues.server.binance.usdm_market import UsdmMarket
from bot.venues.server.binance.usdm_orders import UsdmOrders
from bot.venues.server.binance.usdm_routes import usdm_routes
from bot.venues.server.binance.usdm_user import UsdmUser
from bot.venues.server.binance.ws_api import WsApi
from bot.venues.server.face import Session
from bot.venues.server.hub import Hub, Listener
from bot.venues.server.orders import OrderRecord, Trade
from bot.venues.server.public import PublicTrade
from bot.venues.server.sockets import Socket
from bot.venues.server.world import AccountNews, World
from bot.venues.simulated.reports import OrderReport

HOSTS: Final = ("*.binance.com", "*.binance.vision")
SPOT_WORDS: Final = {
    "ping": ("GET", "/api/v3/ping"),
    "time": ("GET", "/api/v3/time"),
    "exchangeInfo": ("GET", "/api/v3/exchangeInfo"),
    "depth": ("GET", "/api/v3/depth"),
    "trades.recent": ("GET", "/api/v3/trades"),
    "ticker.price": ("GET", "/api/v3/ticker/price"),
    "ticker.book": ("GET", "/api/v3/ticker/bookTicker"),
    "account.status": ("GET", "/api/v3/account"),
    "order.place": ("POST", "/api/v3/order"),
    "order.test": ("POST", "/api/v3/order/test"),
    "order.cancel": ("DELETE", "/api/v3/order"),
    "order.status": ("GET", "/api/v3/order"),
    "openOrders.status": ("GET", "/api/v3/openOrders"),
    "openOrders.cancelAll": ("DELETE", "/api/v3/openOrders"),
    "allOrders": ("GET", "/api/v3/allOrders"),
    "myTrades": ("GET", "/api/v3/myTrades"),
}
USDM_WORDS: Final = {
    "depth": ("GET", "/fapi/v1/depth"),
    "ticker.price": ("GET", "/fapi/v1/ticker/price"),
    "ticker.book": ("GET", "/fapi/v1/ticker/bookTicker"),
    "account.balance": ("GET", "/fapi/v3/balance"),
    "v2/account.balance": ("GET", "/fapi/v3/balance"),
    "account.status": ("GET", "/fapi/v2/account"),
    "v2/account.status": ("GET", "/fapi/v3/account"),
    "account.position": ("GET", "/fapi/v2/positionRisk"),
    "v2/account.position": ("GET", "/fapi/v3/positionRisk"),
    "order.place": ("POST", "/fapi/v1/order"),
    "order.modify": ("PUT", "/fapi/v1/order"),
    "order.cancel": ("DELETE", "/fapi/v1/order"),
    "order.status": ("GET", "/fapi/v1/order"),
}
_PUBLIC: Final = ("@depth", "@bookticker", "@trade")
"""Streams that live under /public since April 2026."""
_PREFIXES: Final = {
    "fapi.": ("/fapi/", "/futures/data/"),
    "dapi.": ("/dapi/", "/futures/data/"),
    "api": ("/api/", "/sapi/"),
}


class BinanceFace:
    """See the module. enforced: whether limits refuse, or are only counted."""

    hosts = HOSTS

    def __init__(
        self,
        world: World,
        members: Members,
        clock: Callable[[], int],
        chance: Callable[[int], bytes],
        *,
        enforced: bool,
    ) -> None:
        self._world = world
        self._members = members
        self._clock = clock
        self._spot = Symbols(world.listings, spot=True)
        self._usdm = Symbols(world.listings, spot=False)
        self._spot_hub, self._usdm_hub = Hub(), Hub()

        def ids() -> str:
            return chance(11).hex()

        def terms(usual: Terms) -> Limits:
            return Limits(Terms(usual.weight, usual.orders, usual.strikes, usual.ban_ms, enforced))

        usdm_limits, spot_limits = terms(limits.USDM), terms(limits.SPOT)
        self.usdm_keys = ListenKeys(chance, spot=False)
        self.spot_keys = ListenKeys(chance, spot=True)
        self.margin = UsdmMargin(world, self._usdm, [each.usdm for each in members.by_key.values()])
        account = UsdmAccount(world, self._usdm, self.margin, usdm_limits)
        orders = UsdmOrders(world, self._usdm, self.margin, usdm_limits, ids)
        market = UsdmMarket(world, self._usdm, usdm_limits.terms, clock)
        self._usdm_gate = Gate(
            usdm_routes(market, orders, account, self.usdm_keys)
            | {("GET", "/dapi/v1/exchangeInfo"): Route(_no_coins)},
            members,
            usdm_limits,
            clock,
            illegal=False,
            weight_headers=("X-MBX-USED-WEIGHT-1M",),
            no_path=errors.bad_path,
        )
        wallet = SpotAccount(world, self._spot, spot_limits)
        self._spot_gate = Gate(
            spot_routes(wallet, SpotOrders(world, self._spot, spot_limits, ids), self.spot_keys),
            members,
            spot_limits,
            clock,
            illegal=True,
            weight_headers=("X-MBX-USED-WEIGHT", "X-MBX-USED-WEIGHT-1M"),
            no_path=lambda method, path: errors.Refused(
                -1000, f"Path {path}, Method {method} is invalid", 404
            ),
        )
        self._spot_streams = Streams(world, self._spot, self._spot_hub)
        self._usdm_streams = Streams(world, self._usdm, self._usdm_hub)
        self._usdm_user = UsdmUser(world, self._usdm, self._usdm_hub, self.usdm_keys, self.margin)
        self._spot_user = SpotUser(world, self._spot, self._spot_hub, self.spot_keys, wallet)
        self._spot_api = WsApi(self._spot_gate, members, clock, SPOT_WORDS, self._spot_user)
        self._usdm_api = WsApi(self._usdm_gate, members, clock, USDM_WORDS, None)
        self._warned_ms = 0

    # --- REST --------------------------------------------------------------------------

    def rest(self, ask: Ask) -> Answer | None:
        """The reply to a request; None: this is no path of Binance's."""
        for start, prefixes in _PREFIXES.items():
            if ask.host.startswith(start) and not ask.path.startswith(prefixes):
                return None
        if ask.path.startswith(("/fapi/", "/futures/data/", "/dapi/")):
            return self._usdm_gate.answer(ask)
        if ask.path.startswith(("/api/", "/sapi/")):
            return self._spot_gate.answer(ask)
        return None

    # --- sockets -----------------------------------------------------------------------

    def socket(self, host: str, path: str, query: str) -> Callable[[Socket, str], Session] | None:
        """What a socket at an address is for; None: nothing."""
        if path in ("/ws-api/v3", "/ws-fapi/v1"):
            api = self._spot_api if path == "/ws-api/v3" else self._usdm_api
            return lambda socket, peer: ApiSession(api, socket, peer)
        foreign = not host.endswith(("binance.com", "binance.vision"))
        spot = host.startswith(("stream.", "data-stream."))
        if foreign and path.startswith(("/spot/", "/usdm/")):
            spot, path = path.startswith("/spot/"), path[5:]
        scope = ""
        for each in ("public", "market", "private"):
            if not spot and path.startswith(f"/{each}/"):
                scope, path = each, path[len(each) + 1 :]
        names = _names(path, query)
        if names is None:
            return None
        combined = path == "/stream"
        hub = self._spot_hub if spot else self._usdm_hub
        takes = self._takes(scope, spot=spot, foreign=foreign)
        return lambda socket, _: StreamSession(
            hub, Listener(socket, combined=combined, takes=takes), names
        )

    def _takes(self, scope: str, *, spot: bool, foreign: bool) -> Callable[[str], bool]:
        """Which streams a path serves.

        USD-M's paths were split in April 2026, and the old ones drop what is not public without
        a word. An address that is not Binance's has no such history: it serves everything.
        """
        if spot or (foreign and not scope):
            return _everything
        if scope == "private":
            return lambda name: self.usdm_keys.known(name)
        if scope == "market":
            return lambda name: not _is_public(name) and not self.usdm_keys.known(name)
        return _is_public

    # --- what happens ------------------------------------------------------------------

    def order_changed(self, record: OrderRecord, report: OrderReport, trade: Trade | None) -> None:
        """An order has changed."""
        member = self._members.by_account.get(record.account)
        if member is not None and record.account == member.spot:
            self._spot_user.order_changed(record, report, trade)
        elif member is not None and record.account == member.usdm:
            self._usdm_user.order_changed(record, report, trade)

    def account_changed(self, event: AccountNews) -> None:
        """Something happened to an account besides its orders."""
        member = self._members.by_account.get(event.account)
        if member is not None and event.account == member.usdm:
            self._usdm_user.account_changed(event)
        elif member is not None and event.account == member.spot:
            self._spot_user.account_changed(event)
        if isinstance(event, Liquidated) and event.instrument in self._usdm.by_id:
            symbol = self._usdm.by_id[event.instrument]
            at_ms = self._world.calendar.shown_ms(event.ts_venue)
            self._usdm_streams.force(symbol, event.side, event.price, event.size, at_ms)

    def traded(self, name: InstrumentId, trades: Sequence[PublicTrade]) -> None:
        """These trades happened together."""
        if name in self._spot.by_id:
            self._spot_streams.traded(self._spot.by_id[name], trades)
        elif name in self._usdm.by_id:
            self._usdm_streams.traded(self._usdm.by_id[name], trades)

    def forced(self, event: Liquidation) -> None:
        """Somebody's position was closed by force."""
        if event.instrument in self._usdm.by_id:
            self._usdm_streams.forced(self._usdm.by_id[event.instrument], event)

    def passed(self) -> None:
        """Time has passed."""
        now_ms = self._clock() // NS_PER_MS
        self._spot_streams.passed()
        self._usdm_streams.passed()
        self._usdm_user.passed(now_ms)
        self._spot_user.passed(now_ms)
        if now_ms - self._warned_ms >= 1_000:
            self._warned_ms = now_ms
            for member in self._members.by_key.values():
                self._usdm_user.warn(member.usdm)

    def expire(self, key: str) -> bool:
        """Let a listenKey expire at once."""
        return self.usdm_keys.drop(key) or self.spot_keys.drop(key)


class StreamSession:
    """A client of streams."""

    def __init__(self, hub: Hub, listener: Listener, names: list[str]) -> None:
        self._hub = hub
        self._listener = listener
        for name in names:
            hub.subscribe(listener, name)

    def take(self, data: str | bytes) -> None:
        """A frame came."""
        stream_requests.take(self._hub, self._listener, data)

    def leave(self) -> None:
        """It has gone."""
        self._hub.leave(self._listener)


class ApiSession:
    """A client of a WebSocket API."""

    def __init__(self, api: WsApi, socket: Socket, peer: str) -> None:
        self._api = api
        self._socket = socket
        self._peer = peer

    def take(self, data: str | bytes) -> None:
        """A frame came."""
        self._api.take(self._socket, self._peer, data)

    def leave(self) -> None:
        """It has gone."""
        self._api.leave(self._socket)


def _names(path: str, query: str) -> list[str] | None:
    """The streams that an address names; None when it is no address of streams."""
    if path == "/stream":
        found = parse_qs(query, errors="replace").get("streams", [""])[0]
        return [name for name in found.split("/") if name]
    if path == "/ws" or path.startswith("/ws/"):
        keys = parse_qs(query, errors="replace").get("listenKey", [])
        return [name for name in path[3:].split("/") if name] + keys
    return None


def _everything(name: str) -> bool:
    del name
    return True


def _is_public(name: str) -> bool:
    low = name.lower()
    return any(part in low for part in _PUBLIC) or low == "!bookticker"


def _no_coins(call: object) -> dict[str, object]:
    """No contract margined in coins is served; clients ask all the same."""
    del call
    return {"timezone": "UTC", "rateLimits": [], "exchangeFilters": [], "symbols": []}
