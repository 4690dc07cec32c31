"""Raw captures: a line a frame, `<receive time> <json>`, plain or gzip, exactly as received."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bot.errors import DataError, UsageError, quoted
from bot.recording.disk import Create, create_new, disk_errors, lines_of, opened

Progress = Callable[[str, float], None]
"""Told the name of the file that is read and how much of it is done, 0 to 1."""

_LINES_PER_REPORT: Final = 8_192
_SCALES: Final = {19: 1, 16: 1_000, 13: 1_000_000}
"""Digits of a time of this century: nanoseconds, microseconds, milliseconds."""


def nanoseconds(stamp: int) -> int:
    """A time since the epoch in ns, µs or ms, told apart by its digits, as nanoseconds."""
    scale = _SCALES.get(len(str(stamp)))
    if scale is None:
        raise ValueError(f"got {stamp}, expected a time in ns, µs or ms since the epoch")
    return stamp * scale


def read_frames(path: Path, progress: Progress | None = None) -> Iterator[tuple[int, int, bytes]]:
    """The frames of a capture: number of the line, receive time in ns, JSON.

    Yields what is good and then raises one DataError at the first damage: a truncated or
    corrupt gzip, a line without a time, a line cut in the middle.
    """
    with opened(path) as stream:
        size = max(1, path.stat().st_size)
        for number, line in lines_of(stream, path):
            if line.isspace():
                continue
            yield number, *_frame(path, number, line)
            if progress is not None and number % _LINES_PER_REPORT == 0:
                progress(path.name, stream.tell() / size)


class RawWriter:
    """Records frames as they come, for the importer to decode later as the live feed would.

    What was flushed survives a crash: the reader takes everything before the torn end.
    """

    def __init__(self, path: Path, create: Create = create_new) -> None:
        """Start a gzip file; UsageError when it exists already."""
        if path.exists():
            raise UsageError(
                str(path), "a file that is already there", "a new name", "name another file"
            )
        self._path = path
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = create(path)
            self._stream = gzip.GzipFile("", "wb", fileobj=self._file)

    def write(self, ts_recv: int, frame: bytes) -> None:
        """Append a frame; line breaks between its values become spaces, which JSON allows."""
        with disk_errors(self._path):
            self._stream.write(b"%d %s\n" % (ts_recv, frame.replace(b"\n", b" ")))

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        with disk_errors(self._path):
            self._stream.flush()
            self._file.flush()

    def close(self) -> None:
        """End the file."""
        with disk_errors(self._path):
            try:
                self._stream.close()
            finally:
                self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _frame(path: Path, number: int, line: bytes) -> tuple[int, bytes]:
    stamp, _, frame = line.partition(b" ")
    frame = frame.strip()
    scale = _SCALES.get(len(stamp)) if stamp.isdigit() else None
    if scale is None:
        raise _damaged(path, number, stamp, "a receive time in ns or µs, a space and JSON")
    if frame[:1] + frame[-1:] not in (b"{}", b"[]"):
        raise _damaged(path, number, frame[-40:], "a whole JSON object to the end of the line")
    return int(stamp) * scale, frame


def _damaged(path: Path, number: int, seen: bytes, expected: str) -> DataError:
    return DataError(
        f"{path} line {number}",
        quoted(seen[:40].decode(errors="replace")),
        expected,
        "copy the file again or remove the line; the lines before it are good",
    )
