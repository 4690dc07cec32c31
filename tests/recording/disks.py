"""Disks that are full."""

import errno
import io
from pathlib import Path
from typing import BinaryIO

from bot.recording.disk import Create, create_new


class FullDisk(io.RawIOBase):
    """A file on a disk with room for so many bytes."""

    def __init__(self, file: BinaryIO, room: int) -> None:
        self._file = file
        self._room = room

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def full_after(*rooms: int) -> Create:
    """Creates files that have so much room each, in turn."""
    left = iter(rooms)

    def create(path: Path) -> BinaryIO:
        return FullDisk(create_new(path), next(left))

    return create
