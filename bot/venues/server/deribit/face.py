"""Deribit before a world: methods over WebSocket and HTTP, sessions, heartbeats.

Source: Deribit's API documentation, "JSON-RPC over WebSocket" and "over HTTP", "Session
Management": a heartbeat's test_request must be answered with public/test; with
cancel-on-disconnect a connection's orders go when it goes.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from bot.model.command import Side
from bot.model.event import Liquidation
from bot.model.units import NS_PER_MS, NS_PER_SECOND, InstrumentId
from bot.venues.server.accounts import Member, Members
from bot.venues.server.answer import JSON, Answer, Ask
from bot.venues.server.deribit.auth import Auth
from bot.venues.server.deribit.channels import Channels
from bot.venues.server.deribit.market import DeribitMarket
from bot.venues.server.deribit.names import Names
from bot.venues.server.deribit.rpc import (
    Given,
    RpcError,
    decode,
    encode,
    invalid,
    unauthorized,
    unknown_method,
)
from bot.venues.server.deribit.trading import DeribitTrading
from bot.venues.server.face import Session
from bot.venues.server.hub import Listener
from bot.venues.server.orders import OrderRecord, Trade
from bot.venues.server.public import PublicTrade
from bot.venues.server.sockets import Socket, frame
from bot.venues.server.world import AccountNews, World
from bot.venues.simulated.reports import OrderReport

HOSTS: Final = ("*.deribit.com",)
PREFIX: Final = "/api/v2"
HEARTBEAT_S_MIN: Final = 10
CHANNELS_MAX: Final = 500
VERSION: Final = "1.2.26"
Public = Callable[[Given], Any]
Private = Callable[[Any, Given], Any]


class DeribitFace:
    """See the module."""

    hosts = HOSTS

    def __init__(
        self,
        world: World,
        members: Members,
        clock: Callable[[], int],
        chance: Callable[[int], bytes],
    ) -> None:
        self._world = world
        self._clock = clock
        self._names = names = Names(world.listings)
        self._accounts = {each.deribit for each in members.by_key.values()}
        self._market = market = DeribitMarket(world, names)
        self.trading = trading = DeribitTrading(world, names)
        self.auth = Auth(members, chance, clock)
        self.channels = Channels(world, names, market, trading)
        self._sessions: dict[Socket, RpcSession] = {}
        self.public: dict[str, Public] = {
            "public/get_time": self._time,
            "public/test": _version,
            "public/status": _status,
            "public/hello": _version,
            "public/get_currencies": market.currencies,
            "public/get_instruments": market.instruments,
            "public/get_instrument": market.instrument,
            "public/get_order_book": market.order_book,
            "public/ticker": market.ticker,
            "public/get_book_summary_by_instrument": market.summary,
            "public/get_last_trades_by_instrument": market.trades,
            "public/get_funding_rate_history": market.funding,
            "public/get_funding_rate_value": market.funding_value,
            "public/get_index_price": market.index_price,
        }
        self.private: dict[str, Private] = {
            "private/buy": lambda who, given: trading.place(who, given, Side.BUY),
            "private/sell": lambda who, given: trading.place(who, given, Side.SELL),
            "private/edit": trading.edit,
            "private/cancel": trading.cancel,
            "private/cancel_all": trading.cancel_all,
            "private/cancel_all_by_instrument": trading.cancel_all,
            "private/cancel_by_label": trading.cancel_by_label,
            "private/get_open_orders": trading.open_orders,
            "private/get_open_orders_by_instrument": trading.open_orders,
            "private/get_open_orders_by_currency": trading.open_orders,
            "private/get_open_orders_by_label": trading.open_orders,
            "private/get_order_state": trading.order_state,
            "private/get_order_state_by_label": trading.state_by_label,
            "private/get_user_trades_by_instrument": trading.trades,
            "private/get_positions": trading.positions,
            "private/get_position": trading.position,
            "private/get_account_summary": trading.summary,
            "private/get_account_summaries": trading.summaries,
        }

    def _time(self, given: Given) -> int:
        del given
        return self.now_ms()

    def now_ms(self) -> int:
        """The clock on the wall."""
        return self._clock() // NS_PER_MS

    # --- over HTTP ---------------------------------------------------------------------

    def rest(self, ask: Ask) -> Answer | None:
        """The reply to a request; None: this is no path of Deribit's."""
        if not ask.path.startswith(PREFIX) or ask.host.endswith("binance.com"):
            return None
        began_us = self._clock() // 1_000
        id_: Any = None
        status = 200
        try:
            target = ask.path + (f"?{ask.query}" if ask.query else "")
            if ask.method == "POST" and ask.body:
                asked = decode(ask.body)
                id_, method, values = asked.get("id"), asked.get("method"), asked.get("params")
            else:
                method = ask.path.removeprefix(PREFIX).strip("/")
                values = dict(parse_qsl(ask.query, keep_blank_values=True, errors="replace"))
            told: dict[str, Any] = {"result": self._call(method, values, ask, target)}
        except RpcError as error:
            status, told = error.status, {"error": error.body}
        return Answer(encode(self.envelope(id_, told, began_us)), status, {}, JSON)

    def _call(self, method: Any, values: Any, ask: Ask, target: str) -> Any:
        given = _given(values)
        if method == "public/auth":
            return self.auth.begin(given)[1]
        if isinstance(method, str) and method in self.public:
            return self.public[method](given)
        if not isinstance(method, str) or method not in self.private:
            raise unknown_method()
        member = self.auth.of(ask, target)
        if member is None:
            raise unauthorized()
        return self.private[method](member.deribit, given)

    def envelope(self, id_: Any, told: dict[str, Any], began_us: int) -> dict[str, Any]:
        """A reply as it is sent."""
        ended_us = self._clock() // 1_000
        first = {"jsonrpc": "2.0"} if id_ is None else {"jsonrpc": "2.0", "id": id_}
        times = {"usIn": began_us, "usOut": ended_us, "usDiff": ended_us - began_us}
        return first | told | times | {"testnet": False}

    # --- over WebSocket ----------------------------------------------------------------

    def socket(self, host: str, path: str, query: str) -> Callable[[Socket, str], Session] | None:
        """What a socket at an address is for; None: nothing."""
        del host, query
        if path.rstrip("/") != f"/ws{PREFIX}":
            return None
        return self._begin

    def _begin(self, socket: Socket, peer: str) -> "RpcSession":
        del peer
        made = self._sessions[socket] = RpcSession(self, socket, self._clock())
        return made

    def leave(self, socket: Socket) -> None:
        """A client is gone."""
        self._sessions.pop(socket, None)

    # --- what happens ------------------------------------------------------------------

    def order_changed(self, record: OrderRecord, report: OrderReport, trade: Trade | None) -> None:
        """An order has changed."""
        del report
        if record.account in self._accounts:
            self.channels.order_changed(record, trade)

    def account_changed(self, event: AccountNews) -> None:
        """Something happened to an account besides its orders."""
        name = self._names.by_id.get(getattr(event, "instrument", InstrumentId("")))
        if event.account in self._accounts and name is not None:
            self.channels.portfolio_changed(event.account, name)

    def traded(self, name: InstrumentId, trades: Sequence[PublicTrade]) -> None:
        """These trades happened together."""
        if name in self._names.by_id:
            self.channels.traded(name, trades)

    def forced(self, event: Liquidation) -> None:
        """Liquidations are trades here, with a flag that nobody is told of yet."""

    def passed(self) -> None:
        """Time has passed."""
        self.channels.passed(self._world.calendar.shown_ms(self._world.now_ns))
        now_ns = self._clock()
        for session in list(self._sessions.values()):
            session.beat(now_ns)

    def expire(self, key: str) -> bool:
        """Deribit's streams have no keys."""
        del key
        return False


class RpcSession:
    """One connection: who it is, what it hears, and whether it still lives."""

    def __init__(self, face: DeribitFace, socket: Socket, now_ns: int) -> None:
        self._face = face
        self._socket = socket
        self._listener = Listener(socket, combined=False, takes=_everything)
        self._member: Member | None = None
        self._cancels = False
        self._mine: set[int] = set()
        self._heartbeat_ns: int | None = None
        self._beat_ns = now_ns
        self._asked = False
        self._own: dict[str, Public] = {
            "public/subscribe": lambda given: self._subscribe(given, private=False),
            "public/unsubscribe": self._unsubscribe,
            "private/unsubscribe": self._unsubscribe,
            "public/unsubscribe_all": self._leave_all,
            "private/unsubscribe_all": self._leave_all,
            "public/set_heartbeat": self._set_heartbeat,
            "public/disable_heartbeat": self._disable_heartbeat,
        }
        self._own_private: dict[str, Public] = {
            "private/subscribe": lambda given: self._subscribe(given, private=True),
            "private/enable_cancel_on_disconnect": lambda given: self._cancel_on(given, on=True),
            "private/disable_cancel_on_disconnect": lambda given: self._cancel_on(given, on=False),
            "private/get_cancel_on_disconnect": self._cancels_on,
        }

    def take(self, data: str | bytes) -> None:
        """A frame came."""
        began_us = self._face.now_ms() * 1_000
        id_: Any = None
        try:
            asked = decode(data)
            id_ = asked.get("id")
            told: dict[str, Any] = {"result": self._call(asked.get("method"), asked)}
        except RpcError as error:
            told = {"error": error.body}
        self._socket.send(frame(encode(self._face.envelope(id_, told, began_us))))

    def leave(self) -> None:
        """It has gone."""
        self._face.channels.hub.leave(self._listener)
        self._face.leave(self._socket)
        if self._cancels and self._member is not None:
            self._face.trading.cancel_numbers(self._member.deribit, self._mine)

    def beat(self, now_ns: int) -> None:
        """Send a heartbeat when one is due; whoever left the last one unanswered is hung up on."""
        if self._heartbeat_ns is None or now_ns - self._beat_ns < self._heartbeat_ns:
            return
        self._beat_ns = now_ns
        if self._asked:
            self._socket.close(1000)
            self._socket.abort()
            return
        self._asked = True
        for kind in ("heartbeat", "test_request"):
            message = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": kind}}
            self._socket.send(frame(encode(message)))

    def _call(self, method: Any, asked: dict[str, Any]) -> Any:
        given = _given(asked.get("params"))
        if not isinstance(method, str):
            raise RpcError(-32600, "Request is not valid JSON-RPC")
        if method == "public/auth":
            self._member, told = self._face.auth.begin(given)
            return told
        if method == "public/test":
            self._asked = False
        if method in self._own:
            return self._own[method](given)
        if method in self._face.public:
            return self._face.public[method](given)
        if method not in self._face.private and method not in self._own_private:
            raise unknown_method()
        member = self._member
        if "access_token" in given.values:
            member = self._face.auth.known(given.text("access_token"))
        if member is None:
            raise unauthorized()
        if method in self._own_private:
            return self._own_private[method](given)
        told = self._face.private[method](member.deribit, given)
        if method in ("private/buy", "private/sell"):
            number = told["order"]["order_id"].rpartition("-")[2]
            self._mine.add(int(number))
        return told

    def _subscribe(self, given: Given, *, private: bool) -> list[str]:
        account = self._member.deribit if private and self._member is not None else None
        found = []
        for channel in _channels(given):
            if len(self._listener.names) >= CHANNELS_MAX:
                break
            heard = self._face.channels.subscribe(self._listener, channel, account)
            if heard is not None:
                found.append(heard)
        return found

    def _unsubscribe(self, given: Given) -> list[str]:
        account = None if self._member is None else self._member.deribit
        channels = self._face.channels
        found = [channels.unsubscribe(self._listener, each, account) for each in _channels(given)]
        return [each for each in found if each is not None]

    def _leave_all(self, given: Given) -> str:
        del given
        self._face.channels.hub.leave(self._listener)
        return "ok"

    def _set_heartbeat(self, given: Given) -> str:
        interval = given.whole("interval", 0, 10**6)
        if interval < HEARTBEAT_S_MIN:
            raise invalid("interval", f"must be at least {HEARTBEAT_S_MIN}")
        self._heartbeat_ns = interval * NS_PER_SECOND
        return "ok"

    def _disable_heartbeat(self, given: Given) -> str:
        del given
        self._heartbeat_ns, self._asked = None, False
        return "ok"

    def _cancels_on(self, given: Given) -> dict[str, Any]:
        del given
        return {"enabled": self._cancels, "scope": "connection"}

    def _cancel_on(self, given: Given, *, on: bool) -> str:
        given.one_of("scope", ("connection", "account"), "connection")
        self._cancels = on
        return "ok"


def _given(values: Any) -> Given:
    if values is None:
        return Given({})
    if not isinstance(values, dict):
        raise RpcError(-32602, "Invalid params")
    return Given(values)


def _channels(given: Given) -> list[str]:
    channels = given.values.get("channels")
    if not isinstance(channels, list) or not all(isinstance(each, str) for each in channels):
        raise invalid("channels", "wrong format")
    return channels


def _version(given: Given) -> dict[str, Any]:
    del given
    return {"version": VERSION}


def _status(given: Given) -> dict[str, Any]:
    del given
    return {"locked": "false", "locked_indices": []}


def _everything(name: str) -> bool:
    del name
    return True
