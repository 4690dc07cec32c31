"""Many sources as one tape: blocks of rows and events between them, in the total order.

The order is `(ts_recv, rank, name of the source, place in the source)`. It does not depend on
how a source is cut into blocks, nor on the order in which the sources are named.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Final, Protocol

import numpy as np

from bot.errors import DataError
from bot.model.event import AnyEvent
from bot.model.units import InstrumentId
from bot.tape.order import rank
from bot.tape.rows import CONTINUES, OPEN, Block

_Keyed = tuple[int, int, str, int, AnyEvent]
_FIX: Final = "sort the recording by ts_recv, or import it again"


class Source(Protocol):
    """The market of one instrument as it was received, `ts_recv` never decreasing.

    name: the instrument, or the stream when it carries events only. Each block holds whole
    messages; a merge keeps about one block of each source in memory.
    """

    @property
    def name(self) -> str:
        """What decides ties, and what the merged blocks call its rows."""
        ...

    def blocks(self) -> Iterator[Block]:
        """Its rows."""
        ...

    def events(self) -> Iterator[AnyEvent]:
        """Its events."""
        ...


def merge(sources: Iterable[Source]) -> Iterator[Block | AnyEvent]:
    """Everything that the sources hold, in the total order, blocks cut where an event falls.

    `instruments` of each block are the names of all sources, sorted. DataError when a source
    goes back in time, or when two sources share a name.
    """
    ordered = sorted(sources, key=lambda source: source.name)
    for one, other in pairwise(ordered):
        if one.name == other.name:
            raise DataError(
                one.name,
                "two sources of this name",
                "one",
                "join the recordings of an instrument into one source first",
            )
    events = _merged_events(ordered)
    event = next(events, None)
    for block in _merged_blocks(ordered):
        start = block.start
        while event is not None and event.ts_recv < block.last_ns:
            # A row received at the time of an event goes before it.
            cut = block.before(event.ts_recv + 1)
            if cut > start:
                yield block.part(start, cut)
                start = cut
            yield event
            event = next(events, None)
        yield block.part(start, block.stop) if start > block.start else block
    if event is not None:
        yield event
        yield from events


# --- rows ------------------------------------------------------------------------------


class _Queue:
    """What is read ahead of one source."""

    def __init__(self, source: Source, index: int, instruments: tuple[InstrumentId, ...]) -> None:
        self._name = source.name
        self._index = index
        self._instruments = instruments
        self._blocks = source.blocks()
        self._waiting: deque[Block] = deque()
        self.finished = False
        self.last_ns = 0

    def read(self) -> None:
        """Read one block on; at the end of the source, `finished`."""
        for block in self._blocks:
            if block.messages:
                block = self._renamed(block)
                self._check(block)
                self._waiting.append(block)
                self.last_ns = block.last_ns
                return
        self.finished = True

    def take(self, horizon: int | None) -> Iterator[Block]:
        """Hand over what was received before the horizon; None: everything."""
        while self._waiting:
            block = self._waiting[0]
            if horizon is None or block.last_ns < horizon:
                yield self._waiting.popleft()
                continue
            cut = block.before(horizon)
            if cut > block.start:
                self._waiting[0] = block.part(cut, block.stop)
                yield block.part(block.start, cut)
            return

    def _renamed(self, block: Block) -> Block:
        messages = slice(block.start, block.stop)
        return Block(
            self._instruments,
            block.kind,
            block.side,
            block.price,
            block.size,
            block.ts_recv[messages],
            block.ts_venue[messages],
            np.full(block.messages, self._index, np.int32),
            block.flags[messages],
            block.first[block.start : block.stop + 1],
            0,
            block.messages,
        )

    def _check(self, block: Block) -> None:
        assert not np.any(block.flags & (OPEN | CONTINUES)), f"{self._name}: a message is cut"
        times = block.ts_recv
        if block.first_ns < self.last_ns:
            raise _backwards(self._name, self.last_ns, block.first_ns)
        back = np.flatnonzero(times[1:] < times[:-1])
        if len(back):
            raise _backwards(self._name, int(times[back[0]]), int(times[back[0] + 1]))


def _merged_blocks(sources: list[Source]) -> Iterator[Block]:
    instruments = tuple(InstrumentId(source.name) for source in sources)
    queues = [_Queue(source, index, instruments) for index, source in enumerate(sources)]
    for queue in queues:
        queue.read()
    while True:
        unfinished = [queue.last_ns for queue in queues if not queue.finished]
        # Before this moment nothing can come any more, from any source.
        horizon = min(unfinished) if unfinished else None
        parts = [part for queue in queues for part in queue.take(horizon)]
        if all(before.last_ns <= after.first_ns for before, after in pairwise(parts)):
            yield from parts  # as always with a single source
        else:
            yield _interleaved(instruments, parts)
        if horizon is None:
            return
        for queue in queues:
            if not queue.finished and queue.last_ns == horizon:
                queue.read()


def _interleaved(instruments: tuple[InstrumentId, ...], parts: list[Block]) -> Block:
    """The messages of all parts by time; among equals the earlier part first."""
    spans = [(int(part.first[part.start]), int(part.first[part.stop])) for part in parts]
    shift = np.cumsum([0] + [stop - start for start, stop in spans])
    begins = np.concatenate(
        [
            part.first[part.start : part.stop] + (at - start)
            for part, (start, _), at in zip(parts, spans, shift[:-1], strict=True)
        ]
    )
    counts = np.diff(begins, append=shift[-1])
    ts_recv = np.concatenate([part.ts_recv[part.start : part.stop] for part in parts])
    order = np.argsort(ts_recv, kind="stable")
    counts = counts[order]
    first = np.zeros(len(order) + 1, np.int64)
    np.cumsum(counts, out=first[1:])
    rows = np.repeat(begins[order] - first[:-1], counts)
    rows += np.arange(len(rows))

    def gathered(name: str) -> np.ndarray:
        columns = [getattr(part, name) for part in parts]
        return np.concatenate(
            [column[start:stop] for column, (start, stop) in zip(columns, spans, strict=True)]
        )[rows]

    def sorted_by_time(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name)[part.start : part.stop] for part in parts])[
            order
        ]

    return Block.of(
        instruments,
        kind=gathered("kind"),
        side=gathered("side"),
        price=gathered("price"),
        size=gathered("size"),
        ts_recv=ts_recv[order],
        ts_venue=sorted_by_time("ts_venue"),
        instrument=sorted_by_time("instrument"),
        flags=sorted_by_time("flags"),
        first=first,
    )


# --- events ----------------------------------------------------------------------------


def _merged_events(sources: list[Source]) -> Iterator[AnyEvent]:
    streams = [_keyed_events(source) for source in sources]
    merged = heapq.merge(*streams, key=itemgetter(0))
    for _, together in groupby(merged, key=itemgetter(0)):
        for *_, event in sorted(together, key=itemgetter(0, 1, 2, 3)):
            yield event


def _keyed_events(source: Source) -> Iterator[_Keyed]:
    last_ns = 0
    for place, event in enumerate(source.events()):
        if event.ts_recv < last_ns:
            raise _backwards(source.name, last_ns, event.ts_recv)
        last_ns = event.ts_recv
        yield event.ts_recv, rank(event), source.name, place, event


def _backwards(name: str, before: int, after: int) -> DataError:
    return DataError(
        name,
        f"ts_recv {after} after {before}, {before - after} ns back",
        "times that never decrease",
        _FIX,
    )
