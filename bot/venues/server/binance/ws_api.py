"""Spot's WebSocket API: the REST desks asked over a socket, and user streams on the same one.

Source: "WebSocket API General Information" and "User Data Stream requests" of the Spot API
documentation: parameters are signed in alphabetical order.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from bot.model.units import NS_PER_MS
from bot.venues.server.accounts import Member, Members
from bot.venues.server.answer import text
from bot.venues.server.binance import errors
from bot.venues.server.binance.gate import Gate
from bot.venues.server.binance.params import Params
from bot.venues.server.binance.signing import check_signature, check_time, member_of
from bot.venues.server.binance.spot_user import SpotUser
from bot.venues.server.sockets import Socket, frame

SUBSCRIPTIONS_MAX: Final = 1_000


class WsApi:
    """One interface. paths: the method and path on REST of each method here."""

    def __init__(
        self,
        gate: Gate,
        members: Members,
        clock: Callable[[], int],
        paths: Mapping[str, tuple[str, str]],
        user: SpotUser | None,
    ) -> None:
        self._gate = gate
        self._members = members
        self._clock = clock
        self._paths = paths
        self._user = user
        self._numbers: dict[Socket, int] = {}

    def take(self, socket: Socket, peer: str, data: str | bytes) -> None:
        """Answer a frame."""
        id_: Any = None
        try:
            asked = _read(data)
            id_ = asked.get("id")
            status, body = self._answer(socket, peer, asked)
        except errors.Refused as refused:
            status, body = refused.status, {"error": refused.body}
        socket.send(frame(text({"id": id_, "status": status, **body})))

    def leave(self, socket: Socket) -> None:
        """A client is gone."""
        self._numbers.pop(socket, None)
        if self._user is not None:
            self._user.unsubscribe(socket)

    def _answer(
        self, socket: Socket, peer: str, asked: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        method, params = asked["method"], asked.get("params", {})
        if not isinstance(params, dict):
            raise errors.Refused(-1135, "Invalid JSON Request")
        values = {str(name): _plain(value) for name, value in params.items()}
        limits = self._gate.limits
        if method.startswith("userDataStream.") and self._user is not None:
            limits.weigh(peer, 2, self._now_ms())
            result = self._stream(socket, method, values)
        else:
            path = self._paths.get(method)
            if path is None:
                raise errors.Refused(-1000, f"Unknown method '{method}'.")
            result = self._gate.desk(path, values, signed_text(values), peer)
        return 200, {"result": result, "rateLimits": limits.told(peer, self._now_ms())}

    def _stream(self, socket: Socket, method: str, values: dict[str, str]) -> dict[str, Any]:
        assert self._user is not None, "only spot's users listen here"
        if method == "userDataStream.subscribe.signature":
            member = self._signed(values)
            number = self._numbers.get(socket, 0)
            if number >= SUBSCRIPTIONS_MAX:
                raise errors.bad_value("subscriptionId")
            self._numbers[socket] = number + 1
            self._user.subscribe(member.spot, socket, number)
            return {"subscriptionId": number}
        if method == "userDataStream.unsubscribe":
            chosen = Params.of(values, illegal=True).whole("subscriptionId")
            self._user.unsubscribe(socket, chosen)
            return {}
        raise errors.Refused(-1000, f"Unknown method '{method}'.")

    def _signed(self, values: dict[str, str]) -> Member:
        member = member_of(self._members, values.get("apiKey"))
        params = Params.of(values, illegal=True)
        check_time(params, self._now_ms())
        check_signature(member, params, signed_text(values), "")
        return member

    def _now_ms(self) -> int:
        return self._clock() // NS_PER_MS


def signed_text(values: Mapping[str, str]) -> str:
    """What a request signs: its parameters by name."""
    return "&".join(f"{name}={values[name]}" for name in sorted(values) if name != "signature")


def _read(data: str | bytes) -> dict[str, Any]:
    try:
        asked = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise errors.Refused(-1135, "Invalid JSON Request") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
        raise errors.Refused(-1135, "Invalid JSON Request")
    return asked


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else text(value).decode()
