"""A block in pieces, and whole again: how the tape is cut must never change what it says."""

from collections.abc import Iterable, Iterator

import numpy as np

from bot.tape.rows import CONTINUES, OPEN, Block


def cut(block: Block, rows: int) -> Iterator[Block]:
    """The block in pieces of at most so many rows; all but the last have exactly that many.

    A message that does not fit is cut too: its first part is flagged `OPEN`, the later ones
    `CONTINUES`. Messages without rows stay whole. Rows are shared, not copied.
    """
    if rows < 1:
        raise ValueError(f"rows: got {rows}, expected 1 or more")
    first = block.first[block.start : block.stop + 1]
    borders = np.arange(first[0] + rows, first[-1], rows)
    if not len(borders):
        yield block
        return
    inside = borders[~np.isin(borders, first)]
    cut_message = np.searchsorted(first, inside, side="right") - 1
    parts = np.bincount(cut_message, minlength=block.messages) + 1
    first = np.insert(first, cut_message + 1, inside)
    begins = np.isin(first[:-1], inside)
    ends = np.isin(first[1:], inside)
    flags = np.repeat(block.flags[block.start : block.stop], parts)
    # What was cut already before keeps its flags at the outer ends only.
    flags = np.where(begins, flags | CONTINUES, flags)
    flags = np.where(ends, flags | OPEN, flags)
    pieces = Block.of(
        block.instruments,
        kind=block.kind,
        side=block.side,
        price=block.price,
        size=block.size,
        ts_recv=np.repeat(block.ts_recv[block.start : block.stop], parts),
        ts_venue=np.repeat(block.ts_venue[block.start : block.stop], parts),
        instrument=np.repeat(block.instrument[block.start : block.stop], parts),
        flags=flags,
        first=first,
    )
    start = 0
    for stop in (*np.searchsorted(first[:-1], borders).tolist(), pieces.stop):
        yield pieces.part(start, stop)
        start = stop


def join(blocks: Iterable[Block]) -> Block:
    """The pieces as one block, messages that were cut put together again; rows are copied.

    The pieces share their instruments and follow one another; there is at least one.
    """
    pieces = list(blocks)
    assert len({piece.instruments for piece in pieces}) == 1, "pieces of different tapes"
    spans = [(int(piece.first[piece.start]), int(piece.first[piece.stop])) for piece in pieces]
    shift = np.cumsum([0] + [stop - start for start, stop in spans])
    flags = _messages("flags", pieces)
    continues = flags & CONTINUES != 0
    continues[:1] = False
    assert np.all(flags[:-1][continues[1:]] & OPEN), "a piece between these is missing"
    begins = np.flatnonzero(~continues)
    ends = np.append(begins[1:], len(flags))[: len(begins)] - 1
    first = np.concatenate(
        [
            piece.first[piece.start : piece.stop] + (at - start)
            for piece, (start, _), at in zip(pieces, spans, shift[:-1], strict=True)
        ]
    )
    return Block.of(
        pieces[0].instruments,
        kind=_rows("kind", pieces, spans),
        side=_rows("side", pieces, spans),
        price=_rows("price", pieces, spans),
        size=_rows("size", pieces, spans),
        ts_recv=_messages("ts_recv", pieces)[begins],
        ts_venue=_messages("ts_venue", pieces)[begins],
        instrument=_messages("instrument", pieces)[begins],
        flags=(flags[begins] & ~OPEN) | (flags[ends] & OPEN),
        first=np.append(first[begins], shift[-1]),
    )


def _messages(column: str, pieces: list[Block]) -> np.ndarray:
    return np.concatenate([getattr(piece, column)[piece.start : piece.stop] for piece in pieces])


def _rows(column: str, pieces: list[Block], spans: list[tuple[int, int]]) -> np.ndarray:
    return np.concatenate(
        [
            getattr(piece, column)[start:stop]
            for piece, (start, stop) in zip(pieces, spans, strict=True)
        ]
    )
