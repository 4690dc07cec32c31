"""The served venue at work: signed orders over keep-alive, and streams to many clients.

Run: python -m tests.benchmarks.bench_served
The venue runs in a process of its own, with its market, over plain HTTP; its processor time is
what the kernel says. Every reply and every message is counted before any time is told.
"""

import asyncio
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from aiohttp import ClientSession, ClientWebSocketResponse

ROOT = Path(__file__).parents[2]
KEY, SECRET = "k" * 64, "s" * 64
ORDERS, CONNECTIONS = 12_000, 4
ORDERS_PER_S = 2_000
CLIENTS, MESSAGES_PER_S, LISTEN_S = 20, 200, 10.0
LATE_S = 0.5
STREAMS = tuple(
    f"{symbol}@{kind}"
    for symbol in ("btcusdt", "ethusdt")
    for kind in ("depth@100ms", "bookTicker", "trade", "aggTrade", "markPrice@1s")
)
SPEED = 10
"""So many times real time, for a market that says 200 messages a second and more."""


class Venue(NamedTuple):
    """A venue that is running."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def venue(*arguments: str) -> Iterator[Venue]:
    """A venue of its own process."""
    given = ["--port", "0", "--no-tls", "--no-limits", "--json", "--key", f"{KEY}:{SECRET}"]
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "--quiet", "venue", *given, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        yield Venue(process.pid, json.loads(process.stdout.readline())["address"]["plain"])
        process.terminate()


# --- orders ----------------------------------------------------------------------------


def signed(method: str, query: str) -> bytes:
    """One request as bytes."""
    query += f"&timestamp={int(time.time() * 1000)}"
    signature = hmac.digest(SECRET.encode(), query.encode(), "sha256").hex()
    return (
        f"{method} /fapi/v1/order?{query}&signature={signature} HTTP/1.1\r\n"
        f"Host: fapi.binance.com\r\nX-MBX-APIKEY: {KEY}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


async def trade(port: int, name: int, pairs: int) -> int:
    """Place and cancel, one after the other, over one connection; how many went well."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(request: bytes) -> bytes:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        return await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))

    order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.010&price=59000.00"
    well = 0
    for n in range(pairs):
        client_id = f"c{name}-{n}"
        placed = json.loads(await ask(signed("POST", f"{order}&newClientOrderId={client_id}")))
        well += placed.get("status") == "NEW"
        cancel = f"symbol=BTCUSDT&origClientOrderId={client_id}"
        well += json.loads(await ask(signed("DELETE", cancel))).get("status") == "CANCELED"
    writer.close()
    return well


async def orders(served: Venue) -> None:
    """Placements and cancels by turns, over a few connections."""
    for _ in range(2):  # The first time is a rehearsal.
        began, cpu = time.perf_counter(), served.cpu_s()
        each = ORDERS // 2 // CONNECTIONS
        well = sum(await asyncio.gather(*(trade(served.port, n, each) for n in range(CONNECTIONS))))
        took, cpu = time.perf_counter() - began, served.cpu_s() - cpu
        assert well == ORDERS, f"{well} of {ORDERS} went well"
    print(
        f"{ORDERS:,} signed orders and cancels: {ORDERS / cpu:,.0f} a second of one core "
        f"({ORDERS / took:,.0f} a second on the wall), gate {ORDERS_PER_S:,}"
    )


# --- streams ---------------------------------------------------------------------------


class Heard(NamedTuple):
    """What one client heard. late_s: of each message, from its venue time to its arrival."""

    messages: list[str]
    late_s: list[float]


async def hear(wire: ClientWebSocketResponse, until: float) -> Heard:
    """Everything that comes up to a time."""
    heard = Heard([], [])
    while (left := until - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(left):
                message = await wire.receive()
        except TimeoutError:
            break
        event = json.loads(message.data)["data"]
        heard.messages.append(message.data)
        heard.late_s.append(time.time() - event["E"] / 1000)
    return heard


async def streams(served: Venue) -> None:
    """Twenty clients of the same streams: each hears everything, and nobody falls behind."""
    url = f"http://127.0.0.1:{served.port}/usdm/stream?streams={'/'.join(STREAMS)}"
    async with ClientSession() as session:
        wires = [await session.ws_connect(url) for _ in range(CLIENTS)]
        cpu, until = served.cpu_s(), time.monotonic() + LISTEN_S
        heard = await asyncio.gather(*(hear(wire, until) for wire in wires))
        cpu = served.cpu_s() - cpu
        for wire in wires:
            await wire.close()
    rate = min(len(each.messages) for each in heard) / LISTEN_S
    assert rate >= MESSAGES_PER_S, f"the market says only {rate:.0f} messages a second"
    common = heard[0].messages
    for each in heard:
        # All began at slightly different moments; from its first message on each missed nothing.
        first = common.index(each.messages[0]) if each.messages[0] in common else 0
        both = min(len(common) - first, len(each.messages)) - 5
        assert each.messages[:both] == common[first : first + both], "a client missed something"
    tails = sorted(late for each in heard for late in each.late_s[-200:])
    worst = tails[int(len(tails) * 0.99)]
    print(
        f"{rate:.0f} messages a second to {CLIENTS} clients: {100 * cpu / LISTEN_S:.0f} % of a "
        f"core, at the end {1000 * worst:.0f} ms behind (p99; a slice is 50), "
        f"gate {MESSAGES_PER_S} and {1000 * LATE_S:.0f} ms"
    )
    assert worst < LATE_S, f"{worst:.2f} s behind"


def main() -> None:
    """Print both figures."""
    with venue() as served:
        asyncio.run(orders(served))
    with venue("--speed", str(SPEED)) as served:
        asyncio.run(streams(served))


if __name__ == "__main__":
    main()
