"""A block as kernels take it: its columns, without the names of its instruments."""

from typing import Any, Final, NamedTuple

from numba import types

from bot.kernel.places import Layout
from bot.tape.rows import Block, Int8s, Int32s, Int64s


class Rows(NamedTuple):
    """The columns of a block; `bot.tape.rows.Block` says what stands in them."""

    kind: Int8s
    side: Int8s
    price: Int64s
    size: Int64s
    ts_recv: Int64s
    ts_venue: Int64s
    instrument: Int32s
    flags: Int32s
    first: Int64s


ROWS: Final[Any] = types.NamedTuple(  # type: ignore[no-untyped-call]
    (
        types.int8[::1],
        types.int8[::1],
        types.int64[::1],
        types.int64[::1],
        types.int64[::1],
        types.int64[::1],
        types.int32[::1],
        types.int32[::1],
        types.int64[::1],
    ),
    Rows,
)

ROWS_LAYOUT: Final = Layout(
    ROWS, Rows, (("rows",),) * 4 + (("messages",),) * 4 + (("messages_and_one",),)
)


def columns(block: Block) -> Rows:
    """The whole arrays of a block; the messages that count are `[block.start, block.stop)`."""
    return Rows(
        block.kind,
        block.side,
        block.price,
        block.size,
        block.ts_recv,
        block.ts_venue,
        block.instrument,
        block.flags,
        block.first,
    )


class Columns:
    """The columns of the last block asked about: its parts have the same, and follow it."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._block: Block | None = None
        self._rows: Rows

    def of(self, block: Block) -> Rows:
        """The whole arrays of a block."""
        before = self._block
        if (
            before is None
            or before.first is not block.first
            or before.kind is not block.kind
            or before.ts_recv is not block.ts_recv
            or before.ts_venue is not block.ts_venue
            or before.instrument is not block.instrument
            or before.flags is not block.flags
        ):
            self._block, self._rows = block, columns(block)
        return self._rows
