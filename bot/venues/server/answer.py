"""What is asked and what is answered, before and after HTTP."""

from typing import Any, Final

import msgspec
from msgspec import Struct, field

JSON: Final = "application/json;charset=UTF-8"
_encode = msgspec.json.Encoder().encode


class Ask(Struct, frozen=True):
    """One request. path, query: as sent, the query without `?`. peer: who asks."""

    method: str
    host: str
    path: str
    query: str
    body: bytes
    headers: "Headers"
    peer: str


class Headers(Struct, frozen=True):
    """The headers that any face looks at."""

    key: str | None
    authorization: str | None


class Answer(Struct):
    """One reply."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = JSON


def answer(value: Any, status: int = 200) -> Answer:
    """A value as JSON."""
    return Answer(_encode(value), status)


def text(value: Any) -> bytes:
    """A value as JSON, to be sent over a socket."""
    return _encode(value)
