"""The admin's own door, which no venue has: faults, sockets, keys. Tests script it.

POST /faults      one Fault or a list; GET tells, DELETE clears
GET  /sockets     who is connected
POST /sockets     {"path": "*", "act": "abort" | "close" | "gap" | "stall" | "resume" | "mute",
"code": 1001, "count": 1}
POST /expire      {"key": a listenKey}
"""

from fnmatch import fnmatchcase
from typing import Literal

import msgspec
from aiohttp import web
from aiohttp.web_request import BaseRequest
from msgspec import Struct

from bot.venues.server.answer import Answer, answer
from bot.venues.server.door import Door
from bot.venues.server.faults import Fault


class SocketFault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to happen to sockets that are open, by the path that they came to.

    gap: `count` messages of streams are lost. stall: nothing is sent until `resume`.
    mute: pings are not answered. close: with `code`, as a venue says good-bye.
    """

    act: Literal["abort", "close", "gap", "stall", "resume", "mute"]
    path: str = "*"
    code: int = 1001
    count: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot happen."""
        if not 1000 <= self.code <= 4999 or self.count < 1:
            raise ValueError("code: expected 1000 to 4999; count: expected 1 or more")


class Expire(Struct, frozen=True, forbid_unknown_fields=True):
    """Let a key of a user stream expire."""

    key: str


_faults = msgspec.json.Decoder(Fault | list[Fault])
_socket = msgspec.json.Decoder(SocketFault)
_expire = msgspec.json.Decoder(Expire)


class Admin:
    """Answers whoever wants something to go wrong at a door."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def handle(self, request: BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        body = await request.read() if request.can_read_body else b""
        try:
            made = self._answer(request.method, request.raw_path.partition("?")[0], body)
        except msgspec.DecodeError as error:
            made = answer({"error": str(error)}, 400)
        return web.Response(body=made.body, status=made.status, headers={"Content-Type": made.kind})

    def _answer(self, method: str, path: str, body: bytes) -> Answer:
        faults = self._door.faults
        if path == "/faults" and method == "POST":
            asked = _faults.decode(body)
            for fault in asked if isinstance(asked, list) else [asked]:
                faults.add(fault)
        elif path == "/faults" and method == "DELETE":
            faults.clear()
        elif path == "/sockets" and method == "POST":
            return answer({"sockets": self._happen(_socket.decode(body))})
        elif path == "/expire" and method == "POST":
            key = _expire.decode(body).key
            expired = [face for face in self._door.faces if face.expire(key)]
            return answer({"expired": bool(expired)})
        elif path == "/sockets" and method == "GET":
            return answer(
                [{"number": each.number, "path": each.face} for each in self._door.sockets]
            )
        elif path != "/faults" or method != "GET":
            return answer({"error": f"{method} {path} is not here"}, 404)
        return answer(faults.told())

    def _happen(self, asked: SocketFault) -> int:
        count = 0
        for socket in self._door.sockets:
            if not fnmatchcase(socket.face, asked.path):
                continue
            count += 1
            if asked.act == "abort":
                socket.abort()
            elif asked.act == "close":
                socket.close(asked.code)
            elif asked.act == "gap":
                socket.troubles.skip += asked.count
            elif asked.act == "mute":
                socket.troubles.mute = True
            elif asked.act == "stall":
                socket.troubles.stalled = True
            else:
                socket.troubles.mute = False
                socket.resume()
        return count
