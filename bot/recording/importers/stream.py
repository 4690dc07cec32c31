"""Frames of one instrument through its decoder into a recording, and what was wrong with them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import msgspec

from bot.errors import DataError
from bot.model.event import Event
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.recording.importers.imported import Tally
from bot.tape.builder import BlockBuilder
from bot.tape.rows import Block

BLOCK_ROWS: Final = 65_536
STEP_BACK_NS_MAX: Final = NS_PER_SECOND
"""A clock that is set right steps back this far at most; more means that lines are misplaced."""


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


class Writer(Protocol):
    """Where messages and events go: a writer of recordings, or what stands before one."""

    def write(self, block: Block) -> None: ...
    def write_event(self, event: Event) -> None: ...


DecoderFactory = Callable[[Instrument, BlockBuilder, list[Event]], Decoder]
"""Makes the decoder of an instrument; it appends to the builder and the list."""


class Stream:
    """One instrument's frames on their way to the writer."""

    def __init__(
        self,
        instrument: Instrument,
        writer: Writer,
        decoder_of: DecoderFactory,
        offset_ns: int,
    ) -> None:
        """offset_ns: what to add to the recorder's times."""
        self.tally = Tally()
        self.instrument = instrument
        self._writer = writer
        self._offset_ns = offset_ns
        self._builder = BlockBuilder((instrument.id,), BLOCK_ROWS)
        self._events: list[Event] = []
        self._decoder = decoder_of(instrument, self._builder, self._events)
        self._last_ns = 0

    @property
    def counters(self) -> Counters:
        """What the decoder counted."""
        return self._decoder.counters

    def take(self, ts_recv: int, frame: bytes) -> None:
        """Decode a frame, received at this time of the recorder's clock."""
        self.tally.frames += 1
        self._decoder.decode(self._time(ts_recv), frame)
        if self._events or self._builder.rows >= BLOCK_ROWS:
            self.hand_over()

    def hand_over(self) -> None:
        """Give what was decoded to the writer."""
        if self._builder.messages:
            block = self._builder.take()
            self.tally.count(block)
            self._writer.write(block)
        for event in self._events:
            self._writer.write_event(event)
        self.tally.events += len(self._events)
        self._events.clear()

    def finish(self) -> None:
        """Hand over the rest, and note what the decoder counted."""
        self.hand_over()
        self.tally.decoded = msgspec.to_builtins(self.counters)

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


def misfits(instrument: Instrument, names: str, counters: Counters) -> Iterator[DataError]:
    """Why captures of which every line is good may still be of no use."""
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


def at_line(path: Path, number: int, error: DataError) -> DataError:
    """An error with the place in the file where it was met."""
    return DataError(f"{path} line {number} {error.where}", error.seen, error.expected, error.fix)


def with_what_was_kept(
    damage: list[DataError], tallies: dict[InstrumentId, Tally], out: Path
) -> DataError:
    """The first of these errors, with how many there are and what was written before them."""
    first = damage[0]
    kept = ", ".join(f"{name} {tally.messages} messages" for name, tally in tallies.items())
    more = f"; {len(damage) - 1} more files are damaged" if len(damage) > 1 else ""
    return DataError(
        first.where, first.seen, first.expected, f"{first.fix}{more}; kept in {out}: {kept}"
    )
