"""Several streams of one instrument woven into one, by receive time."""

from collections.abc import Iterable, Iterator

import numpy as np

from bot.tape.rows import Block


def weave(streams: Iterable[Iterator[Block]]) -> Iterator[Block]:
    """Blocks in the order of `ts_recv`; at the same time the earlier stream goes first.

    No block of a stream may end between messages of the same time.
    """
    pending = [(next(stream, None), stream) for stream in streams]
    heads = [(block, stream) for block, stream in pending if block is not None]
    while heads:
        # What comes later in any stream lies behind the end of its present block.
        until = min(block.last_ns for block, _ in heads)
        cuts = [block.before(until + 1) for block, _ in heads]
        ready = [
            block.part(block.start, cut)
            for (block, _), cut in zip(heads, cuts, strict=True)
            if cut > block.start
        ]
        yield ready[0] if len(ready) == 1 else _sorted(ready)
        pending = [
            (block.part(cut, block.stop) if cut < block.stop else next(stream, None), stream)
            for (block, stream), cut in zip(heads, cuts, strict=True)
        ]
        heads = [(block, stream) for block, stream in pending if block is not None]


def _sorted(blocks: list[Block]) -> Block:
    """The messages of blocks of one instrument as one block, by time, stable."""
    times = np.concatenate([b.ts_recv[b.start : b.stop] for b in blocks])
    order = np.argsort(times, kind="stable")
    counts = np.concatenate([np.diff(b.first[b.start : b.stop + 1]) for b in blocks])
    starts = np.concatenate(([0], np.cumsum(counts)))[:-1]
    sizes = counts[order]
    first = np.concatenate(([0], np.cumsum(sizes)))
    # Row r of the result is row r - first[m] of its message m, which began at starts[order[m]].
    rows = np.arange(int(first[-1])) + np.repeat(starts[order] - first[:-1], sizes)
    lines = [slice(int(b.first[b.start]), int(b.first[b.stop])) for b in blocks]
    return Block.of(
        blocks[0].instruments,
        kind=np.concatenate([b.kind[s] for b, s in zip(blocks, lines, strict=True)])[rows],
        side=np.concatenate([b.side[s] for b, s in zip(blocks, lines, strict=True)])[rows],
        price=np.concatenate([b.price[s] for b, s in zip(blocks, lines, strict=True)])[rows],
        size=np.concatenate([b.size[s] for b, s in zip(blocks, lines, strict=True)])[rows],
        ts_recv=times[order],
        ts_venue=np.concatenate([b.ts_venue[b.start : b.stop] for b in blocks])[order],
        instrument=np.zeros(len(order), np.int32),
        flags=np.concatenate([b.flags[b.start : b.stop] for b in blocks])[order],
        first=first,
    )
