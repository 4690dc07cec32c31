"""A socket to a served venue, and what is heard on it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.venues.server.served import Served

PATIENCE_S = 20
FSTREAM = "fstream.binance.com"


class Ears:
    """A socket to the venue."""

    def __init__(self, wire: ClientWebSocketResponse) -> None:
        self.wire = wire

    async def next(self) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            message = await self.wire.receive()
        assert message.type is WSMsgType.TEXT, message
        return json.loads(message.data)

    async def until(self, kind: str) -> Any:
        while True:
            message = await self.next()
            if message.get("e") == kind:
                return message

    async def ask(self, value: Any) -> Any:
        await self.wire.send_str(value if isinstance(value, str) else json.dumps(value))
        while True:
            answer = await self.next()
            if "e" not in answer and "stream" not in answer:
                return answer


@asynccontextmanager
async def listen(venue: Served, path: str, host: str = FSTREAM) -> AsyncIterator[Ears]:
    url = f"http://127.0.0.1:{venue.ready.address.plain}{path}"
    async with ClientSession() as session, session.ws_connect(url, headers={"Host": host}) as wire:
        yield Ears(wire)
