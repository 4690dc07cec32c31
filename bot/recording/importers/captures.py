"""Raw captures into a recording, through the very decoders that the live feeds use."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from bot.errors import DataError
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.recording.clock import FEED_LATENCY_MIN_NS, measure
from bot.recording.importers.imported import Imported, Tally
from bot.recording.parquet import RecordingWriter
from bot.recording.raw import Progress, read_frames
from bot.tape.builder import BlockBuilder

BLOCK_ROWS: Final = 65_536
STEP_BACK_NS_MAX: Final = NS_PER_SECOND
"""A clock that is set right steps back this far at most; more means that lines are misplaced."""


class Capture(Struct, frozen=True):
    """A file of raw frames, and the one instrument that they are about."""

    path: Path
    instrument: Instrument


class Counters(Protocol):
    """What became of the frames; a decoder may count more than the import asks for.

    foreign: of other instruments. depth_held: changes of the book that came while there was none.
    """

    @property
    def frames(self) -> int: ...
    @property
    def foreign(self) -> int: ...
    @property
    def snapshots(self) -> int: ...
    @property
    def depth_held(self) -> int: ...


class Decoder(Protocol):
    """What turns a venue's frames into messages and events; it keeps its state between frames."""

    @property
    def counters(self) -> Counters: ...

    def decode(self, ts_recv: int, frame: bytes) -> object:
        """Take in a frame; DataError when it is broken or does not fit the instrument."""


DecoderFactory = Callable[[Instrument, BlockBuilder, list[Event]], Decoder]
"""Makes the decoder of an instrument; it appends to the builder and the list."""


def import_captures(
    captures: Sequence[Capture],
    out: Path,
    decoder_of: DecoderFactory,
    *,
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
            stream = _Stream(instrument, writer, decoder_of, offset.offset_ns)
            damage.extend(stream.read_all(files, progress))
            written += writer.close()
        tallies[instrument.id] = stream.tally
    if damage:
        raise _with_what_was_kept(damage, tallies, out)
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


class _Stream:
    """One instrument's frames on their way to the writer."""

    def __init__(
        self,
        instrument: Instrument,
        writer: RecordingWriter,
        decoder_of: DecoderFactory,
        offset_ns: int,
    ) -> None:
        self.tally = Tally()
        self._instrument = instrument
        self._writer = writer
        self._offset_ns = offset_ns
        self._builder = BlockBuilder((instrument.id,), BLOCK_ROWS)
        self._events: list[Event] = []
        self._decoder = decoder_of(instrument, self._builder, self._events)
        self._last_ns = 0

    def read_all(self, paths: list[Path], progress: Progress | None) -> Iterator[DataError]:
        """Decode files one after the other; what is wrong with them."""
        damaged = False
        for path in paths:
            try:
                self._read(path, progress)
            except DataError as error:
                damaged = True
                yield error
        counters = self._decoder.counters
        self.tally.decoded = msgspec.to_builtins(counters)
        if not damaged:  # or what damage left out would be told as a second fault
            yield from _misfits(self._instrument, paths, counters)

    def _read(self, path: Path, progress: Progress | None) -> None:
        """Decode a file; what stood before any damage is written."""
        try:
            for number, ts_recv, frame in read_frames(path, progress):
                self.tally.frames += 1
                try:
                    self._decoder.decode(self._time(ts_recv), frame)
                except DataError as error:
                    raise _at(path, number, error) from error
                if self._events or self._builder.rows >= BLOCK_ROWS:
                    self._hand_over()
        finally:
            self._hand_over()

    def _time(self, ts_recv: int) -> int:
        ts_recv += self._offset_ns
        if ts_recv < self._last_ns:
            if self._last_ns - ts_recv > STEP_BACK_NS_MAX:
                raise DataError(
                    "receive time",
                    f"{ts_recv - self._offset_ns}",
                    f"no earlier than the line before, {self._last_ns - self._offset_ns}",
                    "sort the lines by their time, or leave the file out",
                )
            self.tally.clamped += 1
        self._last_ns = max(self._last_ns, ts_recv)
        return self._last_ns

    def _hand_over(self) -> None:
        if self._builder.messages:
            block = self._builder.take()
            self.tally.count(block)
            self._writer.write(block)
        for event in self._events:
            self._writer.write_event(event)
        self.tally.events += len(self._events)
        self._events.clear()


def _misfits(instrument: Instrument, files: list[Path], counters: Counters) -> Iterator[DataError]:
    """Why captures of which every line is good may still be of no use."""
    names = ", ".join(path.name for path in files)
    if not counters.frames:
        yield DataError(names, "no frames", f"frames of {instrument.id}", "name another capture")
    elif 2 * counters.foreign > counters.frames:
        yield DataError(
            f"{names} symbol",
            f"{counters.foreign} of {counters.frames} frames of other symbols",
            f"frames of {instrument.id}",
            "name the venue and symbol that was captured",
        )
    elif counters.depth_held and not counters.snapshots:
        yield DataError(
            f"{names} {instrument.id}",
            f"{counters.depth_held} changes of the book and no snapshot",
            "a depth snapshot for them to start from",
            "import a capture that holds one; trades and the touch are imported",
        )


def _at(path: Path, number: int, error: DataError) -> DataError:
    return DataError(f"{path} line {number} {error.where}", error.seen, error.expected, error.fix)


def _with_what_was_kept(
    damage: list[DataError], tallies: dict[InstrumentId, Tally], out: Path
) -> DataError:
    first = damage[0]
    kept = ", ".join(f"{name} {tally.messages} messages" for name, tally in tallies.items())
    more = f"; {len(damage) - 1} more files are damaged" if len(damage) > 1 else ""
    return DataError(
        first.where, first.seen, first.expected, f"{first.fix}{more}; kept in {out}: {kept}"
    )
