"""Archives that a venue publishes itself: its frames, one a line, without any time of receipt.

Bybit's order books are such (`DATE_SYMBOL_ob500.data`, zipped). What the venue sent is taken to
have arrived the least latency later: nothing better is known, and nothing earlier is possible.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from bot.errors import DataError, quoted
from bot.model.instrument import Instrument
from bot.recording.clock import FEED_LATENCY_MIN_NS, Stamp
from bot.recording.disk import DAMAGE, opened, unpacked
from bot.recording.importers.imported import Imported
from bot.recording.importers.stream import (
    DecoderFactory,
    Stream,
    at_line,
    misfits,
    with_what_was_kept,
)
from bot.recording.parquet import RecordingWriter

_DAMAGE: Final = (*DAMAGE, zipfile.BadZipFile, NotImplementedError)


def import_archive(
    paths: list[Path],
    instrument: Instrument,
    out: Path,
    decoder_of: DecoderFactory,
    stamp_of: Stamp,
    *,
    feed_latency_min_ns: int = FEED_LATENCY_MIN_NS,
    replace: bool = False,
) -> Imported:
    """Decode archives of one instrument, in the order given, into the folder `out`.

    Raises the first DataError after everything that was good before it is written.
    """
    damage: list[DataError] = []
    with RecordingWriter(
        out,
        [instrument],
        clock_offset_ns=None,
        origin="archive " + ", ".join(path.name for path in paths),
        replace=replace,
    ) as writer:
        stream = Stream(instrument, writer, decoder_of, feed_latency_min_ns)
        for path in paths:
            try:
                _read(path, stream, stamp_of)
            except DataError as error:
                damage.append(error)
                break
        stream.finish()
        if not damage:
            damage += misfits(instrument, ", ".join(p.name for p in paths), stream.counters)
        files = writer.close()
    if damage:
        raise with_what_was_kept(damage, {instrument.id: stream.tally}, out)
    return Imported(files, None, {instrument.id: stream.tally})


def _read(path: Path, stream: Stream, stamp_of: Stamp) -> None:
    for number, line in enumerate(_lines(path), 1):
        frame = line.strip()
        if not frame:
            continue
        sent_ns = stamp_of(frame)
        if sent_ns is None:
            raise DataError(
                f"{path} line {number}",
                quoted(frame[:80].decode(errors="replace")),
                "a frame that says when it was sent",
                "name an archive of the venue",
            )
        try:
            stream.take(sent_ns, frame)
        except DataError as error:
            raise at_line(path, number, error) from error


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, of a gzip, or of everything in a zip; DataError at damage."""
    number = 0
    with opened(path) as file:
        try:
            for line in _unzipped(file) if zipfile.is_zipfile(file) else _plain(file):
                number += 1
                yield line
        except _DAMAGE as error:
            raise DataError(
                f"{path} line {number + 1}",
                quoted(str(error)),
                "a whole archive",
                "copy it again; the lines before are good",
            ) from error


def _unzipped(file: BinaryIO) -> Iterator[bytes]:
    with zipfile.ZipFile(file) as archive:
        for name in sorted(archive.namelist()):
            with archive.open(name) as member:
                yield from member


def _plain(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    yield from unpacked(file)
