"""The guard that keeps tests on this machine does refuse, and lets loopback through."""

import asyncio
import contextlib
import socket

import pytest

from tests.network import LoopbackOnly, OutsideConnection, is_outside

ELSEWHERE = ("192.0.2.1", 443)  # RFC 5737: reserved for documentation, nobody is there


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: socket.create_connection(ELSEWHERE, timeout=1),
        lambda: socket.getaddrinfo("example.com", 443),
        lambda: asyncio.run(open_and_close("example.com", 443)),
        lambda: asyncio.run(open_and_close(*ELSEWHERE)),
        lambda: with_socket(lambda wire: wire.connect(ELSEWHERE)),
        lambda: with_socket(lambda wire: wire.connect_ex(ELSEWHERE)),
        lambda: with_socket(lambda wire: wire.sendto(b"", ELSEWHERE), socket.SOCK_DGRAM),
    ],
    ids=["create", "name", "async name", "async address", "connect", "connect_ex", "sendto"],
)
def test_another_machine_is_refused_and_the_test_named(attempt, loopback_only, request):
    with pytest.raises(OutsideConnection, match=r"test_another_machine_is_refused"):
        attempt()

    assert all(request.node.nodeid in tried for tried in loopback_only.attempts)
    loopback_only.attempts.clear()


def test_a_swallowed_refusal_is_remembered(loopback_only):
    with contextlib.suppress(AssertionError):
        socket.create_connection(ELSEWHERE)

    assert len(loopback_only.attempts) == 1
    loopback_only.attempts.clear()


async def test_loopback_is_let_through(loopback_only: LoopbackOnly):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"hello\n")
        received = await reader.readline()
        writer.close()
        await writer.wait_closed()

    assert received == b"hello\n"
    assert loopback_only.attempts == []


async def test_a_unix_socket_is_let_through(tmp_path):
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_unix_server(hang_up, tmp_path / "control"):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
        received = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert received == b""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", b"localhost", None])
def test_loopback_in_every_spelling_is_inside(host):
    assert not is_outside(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "0.0.0.0", "2001:db8::1", "localhost.example", "a"])
def test_everything_else_is_outside(host):
    assert is_outside(host)


async def open_and_close(host: str, port: int) -> None:
    _, writer = await asyncio.open_connection(host, port)
    writer.close()


def with_socket(act, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as wire:
        act(wire)
