"""The same messages in the order in which the venue made them, not in which we heard them.

A message's place is its key, `max(ts_venue, ts_recv - lateness_ns)`: when it happened, but
never longer than the lateness before we heard of it. Because of that bound a message is
certain of its place as soon as the tape is the lateness further, so that a stream can be
reordered while it runs and a stamp that is far off cannot hold it up.
"""

from typing import Final

import msgspec
import numpy as np
from numba import types

from bot.kernel import kernel
from bot.tape.columns import ROWS, Rows, columns
from bot.tape.rows import CONTINUES, OPEN, Block, Int64s

FOREVER: Final = 1 << 62
"""A time that never comes."""

_i8: Final = types.int64
_i8s: Final = types.int64[::1]


class VenueOrder:
    """Messages go in as they were received and come out by `(key, order of arrival)`.

    What comes out, one block after the other, does not depend on how the input was cut.
    known_ns: every message with a key up to this time has come out.
    """

    def __init__(self, lateness_ns: int) -> None:
        """Start empty; lateness_ns: how far before its receipt a message may be placed, >= 0."""
        if lateness_ns < 0:
            raise ValueError(f"lateness_ns: got {lateness_ns}, expected >= 0")
        self.lateness_ns = lateness_ns
        self.known_ns = -FOREVER
        self._held: Block | None = None
        self._parts: list[Block] = []

    def push(self, block: Block) -> Block | None:
        """Take messages in; give those whose place is now certain, their `ts_venue` the key."""
        if block.messages == 0:
            return None
        fresh = self._join(block)
        self._pass(block.last_ns)
        return self._release(self._sorted(fresh))

    def quiet_until(self, ts_recv: int) -> Block | None:
        """Say that nothing received before this time is still to come; give what that settles."""
        self._pass(ts_recv)
        return self._release(self._held)

    def finish(self) -> Block | None:
        """Say that nothing more comes, and give the rest.

        A message whose end never came stays out: half of it is not a consistent book.
        """
        self.known_ns = FOREVER
        return self._release(self._held)

    def _pass(self, ts_recv: int) -> None:
        if self._parts:
            ts_recv = min(ts_recv, self._parts[0].first_ns)
        self.known_ns = max(self.known_ns, ts_recv - self.lateness_ns - 1)

    def _join(self, block: Block) -> list[Block]:
        """The whole messages of a block; a cut one waits until it is complete."""
        whole: list[Block] = []
        start, stop = block.start, block.stop
        if self._parts and block.flags[start] & CONTINUES:
            self._parts.append(block.part(start, start + 1))
            if not block.flags[start] & OPEN:
                whole.append(_one(self._parts))
                self._parts = []
            start += 1
        if start < stop and block.flags[stop - 1] & OPEN:
            stop -= 1
            self._parts = [block.part(stop, stop + 1)]
        if start < stop:
            whole.append(block.part(start, stop))
        return whole

    def _sorted(self, fresh: list[Block]) -> Block | None:
        """What was held and what is new as one block in the venue's order."""
        keyed = [_keyed(block, self.lateness_ns) for block in fresh]
        parts = keyed if self._held is None else [self._held, *keyed]
        if not parts:
            return None
        first = parts[0]
        if len(parts) == 1 and _ascends(first.ts_venue[first.start : first.stop]):
            return first
        return _merge(parts)

    def _release(self, waiting: Block | None) -> Block | None:
        if waiting is None:
            return None
        keys = waiting.ts_venue[waiting.start : waiting.stop]
        # A later message may carry the very next nanosecond as its key, and sorts behind.
        cut = waiting.start + int(np.searchsorted(keys, self.known_ns + 1, side="right"))
        self._held = waiting.part(cut, waiting.stop) if cut < waiting.stop else None
        return waiting.part(waiting.start, cut) if cut > waiting.start else None


def _keyed(block: Block, lateness_ns: int) -> Block:
    keys = np.maximum(block.ts_venue, block.ts_recv - lateness_ns)
    return msgspec.structs.replace(block, ts_venue=keys)


def _ascends(keys: Int64s) -> bool:
    return bool(np.all(keys[1:] >= keys[:-1]))


def _merge(parts: list[Block]) -> Block:
    """Blocks, each later than the one before, as one sorted by key; equal keys keep their order."""
    spans = [slice(part.start, part.stop) for part in parts]
    cuts = list(zip(parts, spans, strict=True))
    keys = np.concatenate([part.ts_venue[at] for part, at in cuts])
    order = np.argsort(keys, kind="stable")
    place = np.empty(len(keys), np.int64)
    place[order] = np.arange(len(keys))
    rows = np.concatenate([np.diff(part.first[part.start : part.stop + 1]) for part in parts])
    first = np.zeros(len(keys) + 1, np.int64)
    np.cumsum(rows[order], out=first[1:])
    total = int(first[-1])
    merged = Block.of(
        parts[0].instruments,
        kind=np.empty(total, np.int8),
        side=np.empty(total, np.int8),
        price=np.empty(total, np.int64),
        size=np.empty(total, np.int64),
        ts_recv=np.concatenate([part.ts_recv[at] for part, at in cuts])[order],
        ts_venue=keys[order],
        instrument=np.concatenate([part.instrument[at] for part, at in cuts])[order],
        flags=np.concatenate([part.flags[at] for part, at in cuts])[order],
        first=first,
    )
    at = 0
    for part in parts:
        scatter(
            columns(part), part.start, part.stop, place[at : at + part.messages], columns(merged)
        )
        at += part.messages
    return merged


@kernel(types.void(ROWS, _i8, _i8, _i8s, ROWS))
def scatter(source: Rows, start: int, stop: int, place: Int64s, target: Rows) -> None:
    """Copy the rows of the messages `[start, stop)` to where their messages go.

    Most messages are in order already: what goes to neighbouring places is copied in one go,
    column by column.
    """
    m = start
    while m < stop:
        end = m + 1
        while end < stop and place[end - start] == place[end - 1 - start] + 1:
            end += 1
        away = target.first[place[m - start]] - source.first[m]
        for r in range(source.first[m], source.first[end]):
            target.kind[r + away] = source.kind[r]
        for r in range(source.first[m], source.first[end]):
            target.side[r + away] = source.side[r]
        for r in range(source.first[m], source.first[end]):
            target.price[r + away] = source.price[r]
        for r in range(source.first[m], source.first[end]):
            target.size[r + away] = source.size[r]
        m = end


def _one(parts: list[Block]) -> Block:
    """The parts of a message as the message."""
    slices = [slice(int(p.first[p.start]), int(p.first[p.stop])) for p in parts]
    head = parts[0]
    at = slice(head.start, head.start + 1)
    cuts = list(zip(parts, slices, strict=True))
    return Block.of(
        head.instruments,
        kind=np.concatenate([part.kind[rows] for part, rows in cuts]),
        side=np.concatenate([part.side[rows] for part, rows in cuts]),
        price=np.concatenate([part.price[rows] for part, rows in cuts]),
        size=np.concatenate([part.size[rows] for part, rows in cuts]),
        ts_recv=head.ts_recv[at].copy(),
        ts_venue=head.ts_venue[at].copy(),
        instrument=head.instrument[at].copy(),
        flags=head.flags[at] & ~(OPEN | CONTINUES),
        first=np.array([0, sum(part.rows for part in parts)], np.int64),
    )
