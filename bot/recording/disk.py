"""Files that appear only when they are whole, and one clear error when the disk says no."""

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, cast

from bot.errors import DataError, JournalError, NotFoundError, UsageError, quoted

PARTIAL: Final = ".partial"

DAMAGE: Final = (EOFError, zlib.error, OSError)
"""What reading a file raises that is cut short or corrupt."""

_GZIP: Final = b"\x1f\x8b"

Create = Callable[[Path], BinaryIO]
"""Opens a new file for writing; the seam for a disk that is full."""


def create_new(path: Path) -> BinaryIO:
    """A new file on the disk, in place of what an interrupted run left there."""
    return path.open("wb")


def opened(path: Path) -> BinaryIO:
    """A file to read; NotFoundError when it cannot be."""
    try:
        return path.open("rb")
    except OSError as error:
        raise NotFoundError(
            str(path), quoted(error.strerror), "a file that can be read", "correct the name"
        ) from error


def unpacked(stream: BinaryIO) -> BinaryIO:
    """What is in the file, whether it is gzip or plain; its name does not matter."""
    packed = stream.read(len(_GZIP)) == _GZIP
    stream.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if packed else stream


def lines_of(stream: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that is gzip or plain, each with its number from 1.

    Yields what is good and then raises a DataError where the gzip is truncated or corrupt.
    """
    number = 0
    lines = iter(unpacked(stream))
    while True:
        try:
            line = next(lines, None)
        except DAMAGE as error:
            raise DataError(
                f"{path} line {number + 1}",
                quoted(str(error)),
                "a whole gzip file",
                "copy it again; the lines before are good",
            ) from error
        if line is None:
            return
        number += 1
        yield number, line


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns an error of the disk into one message that names the file."""
    try:
        yield
    except OSError as error:
        raise JournalError(
            str(path),
            quoted(error.strerror or str(error)),
            "a folder that can be written, with room in it",
            "free some space or name another folder; files finished before are whole",
        ) from error


class WholeFile:
    """A file under a temporary name, renamed by `commit` once everything is in it."""

    def __init__(self, path: Path, *, replace: bool = False, create: Create = create_new) -> None:
        """Start the file; UsageError when it exists already, unless it may be replaced."""
        if path.exists() and not replace:
            raise UsageError(
                str(path),
                "a file that is already there",
                "a name that is free",
                "name another folder, or remove the file first",
            )
        self.path = path
        self._partial = path.with_name(path.name + PARTIAL)
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self.stream = create(self._partial)

    def commit(self) -> None:
        """Give the file its name."""
        with disk_errors(self.path):
            self.stream.close()
            os.replace(self._partial, self.path)

    def abandon(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            self.stream.close()
        with suppress(OSError):
            self._partial.unlink()


@contextmanager
def whole_file(
    path: Path, *, replace: bool = False, create: Create = create_new
) -> Iterator[BinaryIO]:
    """A stream into a file that appears when the block ends well, and not at all otherwise."""
    file = WholeFile(path, replace=replace, create=create)
    try:
        with disk_errors(path):
            yield file.stream
    except BaseException:
        file.abandon()
        raise
    file.commit()
