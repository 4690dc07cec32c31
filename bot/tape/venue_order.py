"""The same messages in the order in which the venue made them, not in which we heard them.

A message's place is its key, `max(ts_venue, ts_recv - lateness_ns)`: when it happened, but
never longer than the lateness before we heard of it. Because of that bound a message is
certain of its place as soon as the tape is the lateness further, so that a stream can be
reordered while it runs and a stamp that is far off cannot hold it up.

Only what is said of messages is put in order; their rows stay where they are, but for the few
messages that change places with those of the block before.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numba import types

from bot.kernel.places import Layout
from bot.tape.rows import CONTINUES, OPEN, Block, Int8s, Int32s, Int64s

FOREVER: Final = 1 << 62
"""A time that never comes."""


class Ordered(NamedTuple):
    """Messages by key: message `m` is the rows `[begin[m], end[m])` of the first four columns.

    Those are a block's own columns, with more in them than these messages.
    """

    kind: Int8s
    side: Int8s
    price: Int64s
    size: Int64s
    key: Int64s
    instrument: Int32s
    flags: Int32s
    begin: Int64s
    end: Int64s


ORDERED: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (
        types.int8[::1],
        types.int8[::1],
        types.int64[::1],
        types.int64[::1],
        types.int64[::1],
        types.int32[::1],
        types.int32[::1],
        types.int64[::1],
        types.int64[::1],
    ),
    Ordered,
)

ORDERED_LAYOUT: Final = Layout(ORDERED, Ordered, (("rows",),) * 4 + (("messages",),) * 5)

_ROWS: Final = slice(0, 4)
_MESSAGES: Final = slice(4, 9)


class VenueOrder:
    """Messages go in as they were received and come out by `(key, order of arrival)`.

    What comes out, one piece after the other, does not depend on how the input was cut.
    known_ns: every message with a key up to this time has come out.
    """

    def __init__(self, lateness_ns: int) -> None:
        """Start empty; lateness_ns: how far before its receipt a message may be placed, >= 0."""
        if lateness_ns < 0:
            raise ValueError(f"lateness_ns: got {lateness_ns}, expected >= 0")
        self.lateness_ns = lateness_ns
        self.known_ns = -FOREVER
        self._held: list[Ordered] = []
        self._parts: list[Block] = []

    def push(self, block: Block) -> list[Ordered]:
        """Take messages in; give those whose place is now certain."""
        if block.messages == 0:
            return []
        for whole in self._join(block):
            self._insert(ordered(whole, self.lateness_ns))
        self._pass(block.last_ns)
        return self._release()

    def quiet_until(self, ts_recv: int) -> list[Ordered]:
        """Say that nothing received before this time is still to come; give what that settles."""
        self._pass(ts_recv)
        return self._release()

    def finish(self) -> list[Ordered]:
        """Say that nothing more comes, and give the rest.

        A message whose end never came stays out: half of it is not a consistent book.
        """
        self.known_ns = FOREVER
        return self._release()

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

    def _insert(self, fresh: Ordered) -> None:
        """Put messages among those that wait; of equal keys the older come first."""
        held = self._held
        mixed: list[Ordered] = []
        while held and held[-1].key[-1] > fresh.key[0]:
            mixed.insert(0, held.pop())
        if mixed:
            # Behind the last that waited, nothing changes places.
            early = int(np.searchsorted(fresh.key, mixed[-1].key[-1], side="left"))
            held.append(_merged([*mixed, _part(fresh, 0, early)]))
            fresh = _part(fresh, early, len(fresh.key))
        if len(fresh.key):
            held.append(fresh)

    def _release(self) -> list[Ordered]:
        out: list[Ordered] = []
        # A later message may carry the very next nanosecond as its key, and sorts behind.
        certain = self.known_ns + 1
        for at, piece in enumerate(self._held):
            if piece.key[-1] > certain:
                cut = int(np.searchsorted(piece.key, certain, side="right"))
                if cut:
                    out.append(_part(piece, 0, cut))
                self._held = [_part(piece, cut, len(piece.key)), *self._held[at + 1 :]]
                return out
            out.append(piece)
        self._held = []
        return out


def ordered(block: Block, lateness_ns: int = FOREVER) -> Ordered:
    """The messages of a block by their keys; by `ts_venue` alone when any lateness goes."""
    at = slice(block.start, block.stop)
    key = np.maximum(block.ts_venue[at], block.ts_recv[at] - lateness_ns)
    first = block.first[block.start : block.stop + 1]
    said = (key, block.instrument[at], block.flags[at], first[:-1], first[1:])
    if np.any(key[1:] < key[:-1]):
        said = _permuted(said, np.argsort(key, kind="stable"))
    return Ordered(block.kind, block.side, block.price, block.size, *said)


def _part(piece: Ordered, start: int, stop: int) -> Ordered:
    return Ordered(*piece[_ROWS], *(column[start:stop] for column in piece[_MESSAGES]))


def _permuted(said: Sequence[Any], order: Int64s) -> Any:
    return tuple(column[order] for column in said)


def _merged(pieces: list[Ordered]) -> Ordered:
    """Pieces, each heard after the one before, as one sorted by key, with rows of its own."""
    ends = np.cumsum(np.concatenate([piece.end - piece.begin for piece in pieces]))
    rows = [
        np.concatenate([piece[column][_rows_of(piece)] for piece in pieces]) for column in range(4)
    ]
    begins = np.concatenate([ends[:1] * 0, ends[:-1]])
    said = [np.concatenate([piece[column] for piece in pieces]) for column in range(4, 7)]
    order = np.argsort(said[0], kind="stable")
    return Ordered(*rows, *_permuted((*said, begins, ends), order))


def _rows_of(piece: Ordered) -> Int64s:
    """Where the rows of the messages stand, message after message."""
    counts = piece.end - piece.begin
    before = np.cumsum(counts) - counts
    within: Int64s = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(before, counts)
    return within + np.repeat(piece.begin, counts)


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
