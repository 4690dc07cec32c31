"""No test talks to anything but this machine: a guard on every way out that Python offers."""

import ipaddress
import socket
from typing import Any

import pytest


class OutsideConnection(AssertionError):
    """A test tried to reach another machine."""


class LoopbackOnly:
    """Refuses every address but loopback; remembers attempts, should a refusal be swallowed."""

    def __init__(self, test: str) -> None:
        self.test = test
        self.attempts: list[str] = []

    def review(self, act: str, address: object) -> None:
        host = address[0] if isinstance(address, tuple) and address else address
        if not is_outside(host):
            return
        attempt = f"{self.test}: {act} {address!r}"
        self.attempts.append(attempt)
        raise OutsideConnection(f"tests use loopback only; {attempt}")

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        review = self.review
        connect, connect_ex, sendto = (
            socket.socket.connect,
            socket.socket.connect_ex,
            socket.socket.sendto,
        )
        create_connection, getaddrinfo = socket.create_connection, socket.getaddrinfo

        def guarded_connect(self: socket.socket, address: Any) -> None:
            if self.family != socket.AF_UNIX:
                review("connect to", address)
            connect(self, address)

        def guarded_connect_ex(self: socket.socket, address: Any) -> int:
            if self.family != socket.AF_UNIX:
                review("connect to", address)
            return connect_ex(self, address)

        def guarded_sendto(self: socket.socket, *arguments: Any) -> int:
            if self.family != socket.AF_UNIX:
                review("send to", arguments[-1])
            return sendto(self, *arguments)

        def guarded_create_connection(address: Any, *rest: Any, **options: Any) -> socket.socket:
            review("connect to", address)
            return create_connection(address, *rest, **options)

        def guarded_getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
            review("look up", host)
            return getaddrinfo(host, *rest, **options)

        monkeypatch.setattr(socket.socket, "connect", guarded_connect)
        monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        monkeypatch.setattr(socket.socket, "sendto", guarded_sendto)
        monkeypatch.setattr(socket, "create_connection", guarded_create_connection)
        monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


def is_outside(host: object) -> bool:
    """Whether a host is, or could be, another machine: any name but localhost counts."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost"):
        return False
    try:
        return not ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return True
