"""A market that is taken up again in the middle: what was before is lived through, not told."""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from bot.model.event import AnyEvent
from bot.tape.builder import BlockBuilder
from bot.tape.merge import Source
from bot.tape.rows import ASK, BID, LEVEL, SNAPSHOT, Block


class Continued(Struct, frozen=True):
    """A source from a moment on, beginning with its book as it stood.

    Only for sources that say the same each time they are read.
    """

    source: Source
    since_ns: int

    @property
    def name(self) -> str:
        """The same source."""
        return self.source.name

    def blocks(self) -> Iterator[Block]:
        """Its book as a snapshot received at `since_ns`, then what was received after that."""
        before = _Book()
        told = False
        for block in self.source.blocks():
            cut = block.before(self.since_ns + 1)
            if not told:
                before.take(block.part(block.start, cut))
            if cut == block.stop:
                continue
            if not told and before.levels is not None:
                yield before.snapshot(block, self.since_ns)
            told = True
            yield block.part(cut, block.stop)

    def events(self) -> Iterator[AnyEvent]:
        """Its events that were received after that."""
        return (event for event in self.source.events() if event.ts_recv > self.since_ns)


class _Book:
    """Levels by side, as rows leave them; None before the first snapshot."""

    def __init__(self) -> None:
        self.levels: dict[int, dict[int, int]] | None = None
        self._ts_venue = 0

    def take(self, block: Block) -> None:
        """Take rows in."""
        if not block.messages:
            return
        self._ts_venue = int(block.ts_venue[block.start : block.stop].max())
        snapshots = np.flatnonzero(block.flags[block.start : block.stop] & SNAPSHOT)
        start = block.start
        if len(snapshots):
            start += int(snapshots[-1])
            self.levels = {BID: {}, ASK: {}}
        if self.levels is None:
            return
        rows = slice(int(block.first[start]), int(block.first[block.stop]))
        price, size = block.price[rows], block.size[rows]
        for side, levels in self.levels.items():
            of_it = (block.kind[rows] == LEVEL) & (block.side[rows] == side)
            levels.update(zip(price[of_it].tolist(), size[of_it].tolist(), strict=True))

    def snapshot(self, like: Block, ts_recv: int) -> Block:
        """The whole book as one message, happened when the last of its rows did."""
        assert self.levels is not None
        builder = BlockBuilder(like.instruments)
        builder.begin(ts_recv, min(self._ts_venue, ts_recv), flags=SNAPSHOT)
        for side, levels in self.levels.items():
            for price, size in sorted(levels.items()):
                if size:
                    builder.row(LEVEL, side, price, size)
        builder.end()
        return builder.take()
