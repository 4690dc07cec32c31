"""The files that cryptofeed's recorder writes: a run of one venue, as it was sent and asked for.

`VENUE.0`: answers to requests for instruments, `<url> -> <seconds>: <body>`; `VENUE.http.N`: the
same of depth snapshots; `VENUE.ws.N`: messages, `<seconds>: <body>`, among notes of connections
(`<url> <-> <seconds>`) and of what the recorder sent (`<url> <- <seconds>: <body>`). Seconds have
a fraction of one to seven digits.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from bot.errors import DataError, quoted
from bot.model.units import NS_PER_SECOND
from bot.recording.disk import lines_of, opened

_MESSAGE: Final = re.compile(rb"(\d{9,10})\.(\d{1,9}): (.+)")
_ANSWER: Final = re.compile(rb"(https?://\S+) -> (\d{9,10})\.(\d{1,9}): (.+)")
_NOTE: Final = re.compile(rb"wss?://\S+ <-[>]? |configuration: ")
PONG: Final = b"pong"
"""The one message that is no JSON: the answer of OKX and BitMEX to a ping."""
_SHOWN_MAX: Final = 80
_CLOSED: Final = (b"{}", b"[]")


class Line(Struct, frozen=True, gc=False):
    """A message or an answer: the line it stands on, when it came, and what asked for it."""

    number: int
    ts_recv: int
    body: bytes
    url: str = ""


class Run(Struct, frozen=True):
    """The files of one run by what they hold."""

    answers: list[Path]
    snapshots: list[Path]
    messages: list[Path]


def sort_files(paths: list[Path]) -> Run:
    """Tell the files of a run apart by their names."""
    run = Run([], [], [])
    for path in paths:
        kinds = path.name.split(".")[1:]
        chosen = (
            run.messages if "ws" in kinds else run.snapshots if "http" in kinds else run.answers
        )
        chosen.append(path)
    return run


def read_lines(path: Path) -> Iterator[Line]:
    """The messages and answers of a file.

    Yields what is good and then raises one DataError at the first damage: a truncated or corrupt
    gzip, a line that is neither of these, JSON cut in the middle.
    """
    with opened(path) as stream:
        for number, line in lines_of(stream, path):
            text = line.strip()
            if not text or _NOTE.match(text):
                continue
            yield _line(path, number, text)


def _line(path: Path, number: int, text: bytes) -> Line:
    message, answer = _MESSAGE.fullmatch(text), _ANSWER.fullmatch(text)
    if message:
        url, (seconds, fraction, body) = b"", message.groups()
    elif answer:
        url, seconds, fraction, body = answer.groups()
    else:
        raise _damaged(path, number, text, "<seconds>: <message>, or <url> -> <seconds>: <answer>")
    if body[:1] + body[-1:] not in _CLOSED and body != PONG:
        raise _damaged(path, number, body[-40:], "whole JSON to the end of the line")
    ts_recv = int(seconds) * NS_PER_SECOND + int(fraction.ljust(9, b"0"))
    return Line(number, ts_recv, body, url.decode(errors="replace"))


def _damaged(path: Path, number: int, seen: bytes, expected: str) -> DataError:
    return DataError(
        f"{path} line {number}",
        quoted(seen[:_SHOWN_MAX].decode(errors="replace")),
        expected,
        "copy the file again or remove the line; the lines before it are good",
    )
