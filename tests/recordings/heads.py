"""Recorded sources that are not quite as they were recorded."""

from collections.abc import Iterator

import numpy as np
from msgspec import structs

from bot.model.event import AnyEvent
from bot.recording.reader import RecordedSource
from bot.tape.rows import BID, SNAPSHOT, Block


class Head:
    """The first messages of a source, so many rows or a few more."""

    def __init__(self, source: RecordedSource, rows: int) -> None:
        self.name = source.name
        self._source = source
        self._rows = rows

    def blocks(self) -> Iterator[Block]:
        """Its rows, up to the message that makes them enough."""
        left = self._rows
        for block in self._source.blocks():
            if block.rows < left:
                left -= block.rows
                yield block
                continue
            stop = block.start
            while stop < block.stop and block.first[stop] - block.first[block.start] < left:
                stop += 1
            yield block.part(block.start, stop)
            return

    def events(self) -> Iterator[AnyEvent]:
        """All its events."""
        return self._source.events()


class Nudged:
    """A source whose first snapshot shows one lot more at the best bid."""

    def __init__(self, source: RecordedSource) -> None:
        self.name = source.name
        self._source = source

    def blocks(self) -> Iterator[Block]:
        """Its rows, one of them changed."""
        done = False
        for block in self._source.blocks():
            snapshots = np.flatnonzero(block.flags & SNAPSHOT)
            if done or not len(snapshots):
                yield block
                continue
            rows = slice(*block.first[snapshots[0] : snapshots[0] + 2])
            bids = np.flatnonzero(block.side[rows] == BID) + rows.start
            size = block.size.copy()
            size[bids[np.argmax(block.price[bids])]] += 1
            done = True
            yield structs.replace(block, size=size)

    def events(self) -> Iterator[AnyEvent]:
        """All its events."""
        return self._source.events()
