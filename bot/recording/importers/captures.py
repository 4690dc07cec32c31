"""Raw captures into a recording, through the very decoders that the live feeds use."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from bot.errors import DataError
from bot.model.instrument import Instrument
from bot.model.units import InstrumentId
from bot.recording.clock import FEED_LATENCY_MIN_NS, Stamp, measure, stamp_of
from bot.recording.importers.imported import Imported, Tally
from bot.recording.importers.stream import (
    DecoderFactory,
    Stream,
    at_line,
    misfits,
    with_what_was_kept,
)
from bot.recording.parquet import RecordingWriter
from bot.recording.raw import Progress, read_frames


class Capture(Struct, frozen=True):
    """A file of raw frames, and the one instrument that they are about."""

    path: Path
    instrument: Instrument


def import_captures(
    captures: Sequence[Capture],
    out: Path,
    decoder_of: DecoderFactory,
    *,
    stamp_of: Stamp = stamp_of,
    others: Iterable[Path] = (),
    feed_latency_min_ns: int = FEED_LATENCY_MIN_NS,
    replace: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Decode captures of one recorder into a recording in the folder `out`.

    All of them get one clock offset, for which `others` of the same recorder are read too.
    Files of the same instrument follow each other in time. Raises the first DataError after
    everything that was good is written, the files of other instruments included.
    """
    paths = [capture.path for capture in captures]
    offset = measure(
        [*paths, *(other for other in others if other not in paths)],
        stamp_of=stamp_of,
        feed_latency_min_ns=feed_latency_min_ns,
        progress=progress,
    )
    tallies: dict[InstrumentId, Tally] = {}
    damage: list[DataError] = []
    written: list[Path] = []
    for instrument, files in _by_instrument(captures).items():
        with RecordingWriter(
            out,
            [instrument],
            clock_offset_ns=offset.offset_ns,
            origin="raw captures " + ", ".join(path.name for path in files),
            replace=replace,
        ) as writer:
            stream = _Files(instrument, writer, decoder_of, offset.offset_ns)
            damage.extend(stream.read_all(files, progress))
            written += writer.close()
        tallies[instrument.id] = stream.tally
    if damage:
        raise with_what_was_kept(damage, tallies, out)
    return Imported(written, offset.offset_ns, tallies)


def _by_instrument(captures: Sequence[Capture]) -> dict[Instrument, list[Path]]:
    """The files of each instrument, earliest first; files without a good line come last."""
    starts = {capture.path: _first_ns(capture.path) for capture in captures}
    files: dict[Instrument, list[Path]] = {}
    for capture in sorted(captures, key=lambda c: (starts[c.path], c.path.name)):
        files.setdefault(capture.instrument, []).append(capture.path)
    return files


def _first_ns(path: Path) -> float:
    try:
        return next((ts_recv for _, ts_recv, _ in read_frames(path)), float("inf"))
    except DataError:
        return float("inf")


class _Files(Stream):
    """One instrument's files on their way to the writer."""

    def read_all(self, paths: list[Path], progress: Progress | None) -> Iterator[DataError]:
        """Decode files one after the other; what is wrong with them."""
        damaged = False
        for path in paths:
            try:
                self._read(path, progress)
            except DataError as error:
                damaged = True
                yield error
        self.finish()
        if not damaged:  # or what damage left out would be told as a second fault
            names = ", ".join(path.name for path in paths)
            yield from misfits(self.instrument, names, self.counters)

    def _read(self, path: Path, progress: Progress | None) -> None:
        """Decode a file; what stood before any damage is written."""
        try:
            for number, ts_recv, frame in read_frames(path, progress):
                try:
                    self.take(ts_recv, frame)
                except DataError as error:
                    raise at_line(path, number, error) from error
        finally:
            self.hand_over()
