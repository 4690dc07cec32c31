"""The one door: HTTP and WebSocket on loopback, to the face that a host name or path means."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import WSMsgType, web
from aiohttp.web_request import BaseRequest

from bot.model.units import NS_PER_SECOND
from bot.venues.server.answer import Answer, Ask, Headers
from bot.venues.server.face import Served, Session
from bot.venues.server.faults import Fault, Faults
from bot.venues.server.sockets import PING, PONG, Socket, Sockets, frame

FRAME_BYTES_MAX: Final = 1 << 20
PING_NS: Final = 180 * NS_PER_SECOND
SILENT_NS: Final = 600 * NS_PER_SECOND
"""Source: both API documentations: a ping every 3 minutes, and good-bye after 10 without a pong."""
NOTHING_HERE: Final = Answer(
    b"<html><body><h2>404 Not found</h2></body></html>", 404, {}, "text/html"
)


class Door:
    """Takes every request that comes, and hands it to a face."""

    def __init__(self, faces: Sequence[Served], faults: Faults, clock: Callable[[], int]) -> None:
        self.sockets = Sockets()
        self.faults = faults
        self.faces = tuple(faces)
        self._clock = clock

    async def handle(self, request: BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path, _, query = request.raw_path.partition("?")
        if not path.startswith("/"):
            # Some clients send the whole address, as to a proxy.
            path = "/" + path.partition("://")[2].partition("/")[2]
        host = (request.headers.get("Host") or "").partition(":")[0].lower()
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, host, path, query)
        ask = Ask(
            request.method,
            host,
            path,
            query,
            await request.read() if request.can_read_body else b"",
            Headers(request.headers.get("X-MBX-APIKEY"), request.headers.get("Authorization")),
            request.remote or "",
        )
        fault = self.faults.take(ask)
        if fault is None:
            return _response(self._answer(ask))
        return await self._faulty(request, ask, fault)

    def look_after(self) -> None:
        """Ping whoever is due, and let go of whoever has not answered for long."""
        now_ns = self._clock()
        for socket in self.sockets:
            if now_ns - socket.heard_ns > SILENT_NS:
                socket.close(1008, "Pong timeout")
                socket.abort()
            elif now_ns - socket.pinged_ns > PING_NS:
                socket.pinged_ns = now_ns
                socket.send(frame(str(now_ns // 1_000_000).encode(), PING))

    def _answer(self, ask: Ask) -> Answer:
        for face in self.faces:
            found = face.rest(ask)
            if found is not None:
                return found
        return NOTHING_HERE

    async def _faulty(self, request: BaseRequest, ask: Ask, fault: Fault) -> web.StreamResponse:
        if fault.when == "before":
            await asyncio.sleep(fault.delay_ms / 1_000)
        answer = None
        if fault.when == "after" or fault.act in ("delay", "cut"):
            answer = self._answer(ask)
        if fault.when == "after":
            await asyncio.sleep(fault.delay_ms / 1_000)
        transport = request.transport
        if fault.act == "drop":
            if transport is not None:
                transport.abort()
            return web.Response(status=204)
        if fault.act == "reply":
            return _response(fault.answer())
        assert answer is not None, "the venue was asked"
        if fault.act == "cut":
            response = _response(answer)
            response.body = answer.body[: fault.cut]
            response.headers["Content-Length"] = str(len(answer.body))
            response.force_close()
            return response
        return _response(answer)

    # --- sockets -----------------------------------------------------------------------

    async def _socket(
        self, request: BaseRequest, host: str, path: str, query: str
    ) -> web.StreamResponse:
        begin = next(
            (found for face in self.faces if (found := face.socket(host, path, query))), None
        )
        transport = request.transport
        if begin is None or transport is None:
            return _response(NOTHING_HERE)
        wire = web.WebSocketResponse(
            autoping=False, compress=False, max_msg_size=FRAME_BYTES_MAX, timeout=1.0
        )
        if not wire.can_prepare(request):
            return web.Response(status=400)
        await wire.prepare(request)
        socket = self.sockets.add(transport, path, self._clock())
        session = begin(socket, request.remote or "")
        try:
            await self._listen(wire, socket, session)
        finally:
            session.leave()
            self.sockets.remove(socket)
        return wire

    async def _listen(self, wire: web.WebSocketResponse, socket: Socket, session: Session) -> None:
        async for message in wire:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                session.take(message.data)
            elif message.type is WSMsgType.PING:
                if not socket.troubles.mute:
                    socket.send(frame(bytes(message.data), PONG))
            elif message.type is WSMsgType.PONG:
                socket.heard_ns = self._clock()


def _response(answer: Answer) -> web.Response:
    headers = {"Content-Type": answer.kind, **answer.headers}
    return web.Response(body=answer.body, status=answer.status, headers=headers)
