"""Snapshots of the engine's state: each a file of its own, put in place whole and synced."""

import struct
import zlib
from pathlib import Path

from msgspec import Struct

from bot.errors import JournalError
from bot.journal.durable import unusable, write_whole

KEPT = 3
SUFFIX = ".snapshot"
_HEAD = struct.Struct("<qII")  # seq, bytes, crc32 of seq, bytes and payload


class Snapshot(Struct, frozen=True):
    """The state after the item `seq`.

    passed_over: newer files that could not be read, so that who restores can say so.
    """

    seq: int
    payload: bytes
    passed_over: tuple[Path, ...] = ()


def save(folder: Path, seq: int, payload: bytes) -> None:
    """Make a snapshot durable, then delete all but the newest three."""
    crc = _crc(seq, payload)
    write_whole(folder / f"{seq:020d}{SUFFIX}", _HEAD.pack(seq, len(payload), crc) + payload)
    try:
        for path in _newest_first(folder)[KEPT:]:
            path.unlink()
    except OSError as error:
        raise unusable(folder, error) from error


def latest(folder: Path) -> Snapshot | None:
    """The newest snapshot that can be read; None when none was ever taken.

    JournalError when there are some and all are damaged.
    """
    damaged: list[Path] = []
    for path in _newest_first(folder):
        content = path.read_bytes()
        payload = content[_HEAD.size :]
        if len(content) >= _HEAD.size:
            seq, length, crc = _HEAD.unpack_from(content)
            if length == len(payload) and crc == _crc(seq, payload):
                return Snapshot(seq, payload, tuple(damaged))
        damaged.append(path)
    if damaged:
        raise JournalError(
            where=str(folder),
            seen=f"{len(damaged)} snapshots, all damaged",
            expected="at least one as it was written",
            fix="delete them: the state is then built again from the whole tape and journal",
        )
    return None


def last_seq(folder: Path) -> int:
    """The item that the newest snapshot followed, readable or not; 0 when there is none."""
    return next((int(path.stem) for path in _newest_first(folder)), 0)


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"), reverse=True)


def _crc(seq: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(struct.pack("<qI", seq, len(payload))))
