"""Look for damage in SQLite's write-ahead log before SQLite does.

A frame whose checksum fails ends the log for SQLite, silently, with all commits behind it.
That is right for the last commit, which a power loss may have torn before anyone was told
that it was durable. But each commit is synced before the next is written: when more than one
stands behind the first bad frame, acknowledged ones are about to be dropped.

Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

import struct
from pathlib import Path

from bot.errors import JournalError

PAGE_BYTES = 4096
_HEADER = struct.Struct(">8I")  # magic, version, page, checkpoint, 2 salts, 2 checksums
_FRAME = struct.Struct(">6I")  # page number, pages after a commit or 0, 2 salts, 2 checksums
_STEP = _FRAME.size + PAGE_BYTES
_BIG_ENDIAN_MAGIC = 0x377F0683
_WORD = 0xFFFFFFFF


def check(database: Path) -> None:
    """Raise JournalError when opening the database would lose acknowledged commits."""
    path = database.with_name(database.name + "-wal")
    log = path.read_bytes() if path.exists() else b""
    if len(log) < _HEADER.size:
        return
    good = _good_frames(log)
    lost = _commits_from(log, good)
    with path.open("rb") as file:
        started_over = file.read(_HEADER.size) != log[: _HEADER.size]
    if started_over:  # by the bot that writes it, while we read
        check(database)
    elif lost > 1:
        raise JournalError(
            where=f"{path} at byte {_HEADER.size + good * _STEP}",
            seen=f"a damaged frame with {lost} commits in or behind it",
            expected="the checksum that was written",
            fix="restore the session's folder from a copy; moving this file away gives up "
            "those commits, which may hold orders that the venue has",
        )


def _good_frames(log: bytes) -> int:
    """How many frames from the start SQLite will accept."""
    magic, *_, salt_1, salt_2, sum_1, sum_2 = _HEADER.unpack_from(log)
    order = ">" if magic == _BIG_ENDIAN_MAGIC else "<"
    state = _checksum(log[: _HEADER.size - 8], (0, 0), order)
    if state != (sum_1, sum_2):
        return 0
    frames = 0
    for at in range(_HEADER.size, len(log) - _STEP + 1, _STEP):
        _, _, frame_salt_1, frame_salt_2, sum_1, sum_2 = _FRAME.unpack_from(log, at)
        if (frame_salt_1, frame_salt_2) != (salt_1, salt_2):
            break
        state = _checksum(log[at : at + 8], state, order)
        state = _checksum(log[at + _FRAME.size : at + _STEP], state, order)
        if state != (sum_1, sum_2):
            break
        frames += 1
    return frames


def _commits_from(log: bytes, frame: int) -> int:
    """How many commits of this log, not of one before it, stand at or behind a frame.

    Both salts change when the log starts over, so one that fits is enough: the other, or
    the header's, may be what was damaged.
    """
    salts = _HEADER.unpack_from(log)[4:6]
    commits = 0
    for at in range(_HEADER.size + frame * _STEP, len(log) - _STEP + 1, _STEP):
        _, pages, salt_1, salt_2, _, _ = _FRAME.unpack_from(log, at)
        commits += pages > 0 and (salt_1 == salts[0] or salt_2 == salts[1])
    return commits


def _checksum(chunk: bytes, state: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = state
    words = struct.unpack(f"{order}{len(chunk) // 4}I", chunk)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _WORD
        second = (second + odd + first) & _WORD
    return first, second
