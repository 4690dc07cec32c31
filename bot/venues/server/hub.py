"""Streams by name and who hears them: one message is encoded once, whoever listens."""

from collections.abc import Callable
from typing import Any

from bot.venues.server.answer import text
from bot.venues.server.sockets import Socket, frame


class Listener:
    """A client's place at the streams. combined: each message tells which stream it is of.

    takes: which names it hears here; others it may ask for, and never hears.
    """

    def __init__(self, socket: Socket, *, combined: bool, takes: Callable[[str], bool]) -> None:
        self.socket = socket
        self.combined = combined
        self.takes = takes
        self.names: dict[str, None] = {}


class Hub:
    """The streams of one market."""

    def __init__(self, encode: Callable[[Any], bytes] = text) -> None:
        """encode: how a venue writes its messages."""
        self._encode = encode
        self._heard: dict[str, list[Listener]] = {}

    def wanted(self, name: str) -> bool:
        """Whether anybody hears a stream."""
        return name in self._heard

    def subscribe(self, listener: Listener, name: str) -> None:
        """From now on a client hears a stream; twice is once."""
        if name in listener.names:
            return
        listener.names[name] = None
        if listener.takes(name):
            self._heard.setdefault(name, []).append(listener)

    def unsubscribe(self, listener: Listener, name: str) -> None:
        """No more."""
        listener.names.pop(name, None)
        heard = self._heard.get(name)
        if heard is not None and listener in heard:
            heard.remove(listener)
            if not heard:
                del self._heard[name]

    def leave(self, listener: Listener) -> None:
        """A client is gone."""
        for name in list(listener.names):
            self.unsubscribe(listener, name)

    def publish(self, name: str, message: Any) -> None:
        """Tell everybody who hears a stream."""
        heard = self._heard.get(name)
        if not heard:
            return
        payload = self._encode(message)
        plain = combined = None
        for listener in list(heard):
            if listener.combined:
                if combined is None:
                    combined = frame(b'{"stream":' + text(name) + b',"data":' + payload + b"}")
                listener.socket.stream(combined)
            else:
                if plain is None:
                    plain = frame(payload)
                listener.socket.stream(plain)
