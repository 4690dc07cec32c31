"""Talking to a running bot: one line of JSON each way, over a socket in its session's folder.

Who may write to the session may command it: the socket has mode 0600, and the kernel keeps
others out. A command becomes an event on the tape, with who and why, and is answered when that
is on disk.
"""

import hashlib
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import Final

import msgspec
import platformdirs
from msgspec import Struct

from bot.errors import NotFoundError, UsageError, VenueUnreachable
from bot.model.snapshot import Snapshot
from bot.modes.places import latest_session

FILE: Final = "control.sock"
PATH_BYTES_MAX: Final = 100
"""What a socket's path may have: 104 bytes on macOS, 108 on Linux, the last one zero."""
LINE_BYTES_MAX: Final = 64 * 1024
ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
ANSWER_S: Final = 10.0
VERBS: Final = ("pause", "resume", "cancel", "flatten", "halt", "acknowledge")


class Request(Struct, frozen=True):
    """What is asked. strategy: None: everything."""

    verb: str
    who: str = ""
    why: str = ""
    strategy: str | None = None


class Answer(Struct, frozen=True):
    """What came of a command: the engine's own words, and the seq under which it stands."""

    notes: tuple[str, ...] = ()
    seq: int | None = None
    error: str | None = None
    snapshot: Snapshot | None = None

    def __str__(self) -> str:
        return "\n".join(self.notes)


def socket_path(session: Path) -> Path:
    """Where a session's socket is: in its folder, or, if that is too deep, beside it by name."""
    inside = session.resolve() / FILE
    if len(os.fsencode(inside)) <= PATH_BYTES_MAX:
        return inside
    name = hashlib.blake2b(os.fsencode(session.resolve()), digest_size=8).hexdigest()
    return socket_folder() / f"{name}.sock"


def socket_folder() -> Path:
    """A folder of this user's own for sockets; made if it is not there."""
    folder = Path(platformdirs.user_cache_dir("imbalance-bot", appauthor=False)) / "sockets"
    if len(os.fsencode(folder)) > PATH_BYTES_MAX - 24:
        folder = Path(tempfile.gettempdir()) / f"imbalance-bot-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder.lstat()
    if kept.st_uid != os.getuid() or stat.S_IMODE(kept.st_mode) & 0o077:
        raise UsageError(
            str(folder),
            f"mode {stat.S_IMODE(kept.st_mode):o} of user {kept.st_uid}",
            "a folder that only this user may open",
            "remove it, or give the session a shorter path",
        )
    return folder


def status(session: Path | None) -> Snapshot:
    """The state of a running bot; NotFoundError when none runs on the session."""
    answer = ask(session, Request("status"))
    assert answer.snapshot is not None
    return answer.snapshot


def command(session: Path | None, verb: str, *, strategy: str | None, who: str, why: str) -> Answer:
    """Tell a running bot what to do; returns when it is done and on disk."""
    return ask(session, Request(verb, who, why, strategy))


def ask(session: Path | None, request: Request) -> Answer:
    """Send a request and wait for the answer."""
    folder = latest_session() if session is None else session
    path = socket_path(folder)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.settimeout(ANSWER_S)
        try:
            wire.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotFoundError(
                str(folder), "no bot that runs on it", "a running one", "start it with `bot run`"
            ) from error
        except OSError as error:
            raise _silent(folder, str(error)) from error
        try:
            wire.sendall(msgspec.json.encode(request) + b"\n")
            line = _line(wire)
            answer = msgspec.json.decode(line, type=Answer)
        except (OSError, msgspec.MsgspecError) as error:
            raise _silent(folder, str(error) or type(error).__name__) from error
    if answer.error is not None:
        raise UsageError(f"bot {request.verb}", answer.error, _expected(request), "correct it")
    return answer


def _line(wire: socket.socket) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := wire.recv(64 * 1024):
        parts.append(part)
        size += len(part)
        if part.endswith(b"\n"):
            return b"".join(parts)
        if size > ANSWER_BYTES_MAX:
            break
    raise ConnectionError("it ended before its answer did")


def _expected(request: Request) -> str:
    if request.verb not in (*VERBS, "status"):
        return f"one of {', '.join((*VERBS, 'status'))}"
    return "a strategy of this bot, or none for all"


def _silent(folder: Path, seen: str) -> VenueUnreachable:
    return VenueUnreachable(
        str(folder),
        seen,
        f"an answer of the bot within {ANSWER_S:g} s",
        "look whether it is busy; end it with SIGTERM, it will cancel its orders",
    )
