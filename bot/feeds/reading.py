"""Bytes to typed values, with one error for whatever is wrong with them."""

from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from bot.errors import DataError

Read = TypeVar("Read")

MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for text that is no JSON, or not the JSON that was expected."""

SHOWN_MAX: Final = 80
"""So much of a broken frame is shown."""

Milliseconds = Annotated[int, Meta(ge=0, le=9_000_000_000_000)]
"""A time that still fits 64 bits as nanoseconds."""
Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


def read(reader: msgspec.json.Decoder[Read], text: bytes, where: str, venue: str) -> Read:
    """A frame as its typed value; DataError that shows how it begins when it is not one."""
    try:
        return reader.decode(text)
    except MALFORMED as error:
        raise DataError(
            f"{where} frame",
            text[:SHOWN_MAX].decode(errors="replace") or "nothing",
            f"a message as {venue} sends it ({error})",
            "leave the frame out; a gap that opens in the book closes at the next snapshot",
        ) from error


def read_answer(reader: msgspec.json.Decoder[Read], body: bytes, where: str) -> Read:
    """The answer to a REST request as its typed value; DataError when it is not one."""
    try:
        return reader.decode(body)
    except MALFORMED as error:
        raise DataError(
            where,
            body[:SHOWN_MAX].decode(errors="replace") or "nothing",
            f"the answer as the venue sends it ({error})",
            "fetch it again",
        ) from error
