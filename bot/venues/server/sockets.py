"""WebSocket clients, written to as bytes that were made once for all of them.

A frame from a server is not masked, so the same bytes go to everybody. They are handed to the
transport at once; whoever does not read is cut off when too much waits for it.
"""

import asyncio
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

BACKLOG_BYTES: Final = 4 << 20
TEXT: Final = 0x81
CLOSE: Final = 0x88
PING: Final = 0x89
PONG: Final = 0x8A
SMALL: Final = 126
MIDDLE: Final = 1 << 16


def frame(payload: bytes, kind: int = TEXT) -> bytes:
    """One whole, unmasked frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < SMALL:
        return bytes((kind, size)) + payload
    if size < MIDDLE:
        return bytes((kind, 126)) + size.to_bytes(2) + payload
    return bytes((kind, 127)) + size.to_bytes(8) + payload


class Troubles(Struct):
    """What a test wants to go wrong on a socket. skip: messages of its streams to lose."""

    stalled: bool = False
    mute: bool = False
    skip: int = 0


class Socket:
    """One client. face: which streams it came for; heard_ns: when it last answered a ping."""

    def __init__(self, transport: asyncio.Transport, number: int, face: str, now_ns: int) -> None:
        self.number = number
        self.face = face
        self.troubles = Troubles()
        self.pinged_ns = now_ns
        self.heard_ns = now_ns
        self._transport = transport
        self._held: list[bytes] = []

    @property
    def gone(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport.is_closing()

    def stream(self, data: bytes) -> None:
        """Send a frame that belongs to a stream; a gap loses it."""
        if self.troubles.skip:
            self.troubles.skip -= 1
            return
        self.send(data)

    def send(self, data: bytes) -> None:
        """Send a frame."""
        if self._transport.is_closing():
            return
        if self.troubles.stalled:
            self._held.append(data)
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > BACKLOG_BYTES:
            self._transport.abort()

    def resume(self) -> None:
        """Send what was held back."""
        self.troubles.stalled = False
        held, self._held = self._held, []
        for data in held:
            self.send(data)

    def close(self, code: int, reason: str = "") -> None:
        """Say good-bye; the client is to hang up."""
        self.send(frame(code.to_bytes(2) + reason.encode(), CLOSE))

    def abort(self) -> None:
        """Hang up without a word."""
        self._transport.abort()


class Sockets:
    """Every client that is connected."""

    def __init__(self) -> None:
        self._open: dict[int, Socket] = {}
        self._count = 0

    def __iter__(self) -> Iterator[Socket]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)

    def add(self, transport: asyncio.Transport, face: str, now_ns: int) -> Socket:
        """A client has come."""
        self._count += 1
        made = self._open[self._count] = Socket(transport, self._count, face, now_ns)
        return made

    def remove(self, socket: Socket) -> None:
        """It has gone."""
        self._open.pop(socket.number, None)
