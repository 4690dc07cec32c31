"""What clients ask over a stream's socket: SUBSCRIBE and its like, and every way to say it wrong.

Source: "Live Subscribing/Unsubscribing to streams" and "Error Messages" of the Spot API's
WebSocket Streams page; the USD-M page names the same methods.
"""

from typing import Any, Final

import msgspec

from bot.venues.server.answer import text
from bot.venues.server.hub import Hub, Listener
from bot.venues.server.sockets import frame

STREAMS_MAX: Final = 1024
METHODS: Final = (
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "LIST_SUBSCRIPTIONS",
    "SET_PROPERTY",
    "GET_PROPERTY",
)


class Wrong(Exception):
    """A frame that means nothing."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code, self.said = code, said


def take(hub: Hub, listener: Listener, data: str | bytes) -> None:
    """Do what a frame asks, and answer it."""
    id_: Any = None
    try:
        asked = _read(data)
        id_ = asked.get("id")
        if id_ is not None and (
            isinstance(id_, bool) or not isinstance(id_, int | str) or id_ in (-1,)
        ):
            id_ = None
            raise Wrong(2, "Invalid request: request ID must be an unsigned integer")
        reply: dict[str, Any] = {"result": _do(hub, listener, asked), "id": id_}
    except Wrong as wrong:
        reply = {"error": {"code": wrong.code, "msg": wrong.said}, "id": id_}
    listener.socket.send(frame(text(reply)))


def _read(data: str | bytes) -> dict[str, Any]:
    try:
        asked = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Wrong(3, "Invalid JSON: expected value at line 1 column 1") from None
    if not isinstance(asked, dict):
        raise Wrong(2, "Invalid request: expected an object at line 1 column 1")
    return asked


def _do(hub: Hub, listener: Listener, asked: dict[str, Any]) -> Any:
    if "method" not in asked:
        raise Wrong(2, "Invalid request: missing field `method` at line 1 column 1")
    method, params = asked["method"], asked.get("params")
    if not isinstance(method, str) or method not in METHODS:
        expected = ", ".join(f"`{each}`" for each in METHODS)
        raise Wrong(2, f"Invalid request: unknown variant `{method}`, expected one of {expected}")
    if method == "LIST_SUBSCRIPTIONS":
        return list(listener.names)
    if method in ("SET_PROPERTY", "GET_PROPERTY"):
        return _property(listener, method, params)
    names = params if isinstance(params, list) else None
    if names is None or not all(isinstance(each, str) for each in names):
        raise Wrong(2, "Invalid request: params must be an array of stream names")
    if method == "UNSUBSCRIBE":
        for name in names:
            hub.unsubscribe(listener, name)
        return None
    if len(set(names) | set(listener.names)) > STREAMS_MAX:
        raise Wrong(2, "Invalid request: too many parameters")
    for name in names:
        hub.subscribe(listener, name)
    return None


def _property(listener: Listener, method: str, params: Any) -> Any:
    if not isinstance(params, list) or not params or params[0] != "combined":
        raise Wrong(0, "Unknown property")
    if method == "GET_PROPERTY":
        return listener.combined
    if len(params) != 2 or not isinstance(params[1], bool):
        raise Wrong(1, "Invalid value type: expected Boolean")
    listener.combined = params[1]
    return None
