"""Kernels that write rows and messages into columns which are large enough."""

from typing import Final

import numpy as np

from bot.book.arrays import i8, void
from bot.kernel import kernel
from bot.model.units import InstrumentId
from bot.tape.columns import ROWS, Rows
from bot.tape.rows import Block, Int64s

ROW: Final = 0
"""Rows written so far."""
MESSAGE: Final = 1
"""Messages ended so far."""


@kernel(void(ROWS, i8[::1], i8, i8, i8, i8))
def put(rows: Rows, cursor: Int64s, kind: int, side: int, price: int, size: int) -> None:
    """Append a row to the message that is open."""
    at = cursor[ROW]
    rows.kind[at] = kind
    rows.side[at] = side
    rows.price[at] = price
    rows.size[at] = size
    cursor[ROW] = at + 1


@kernel(void(ROWS, i8[::1], i8, i8, i8))
def end(rows: Rows, cursor: Int64s, ts_venue: int, ts_recv: int, flags: int) -> None:
    """End the open message, unless nothing was put into it; the next one begins."""
    at = cursor[MESSAGE]
    if cursor[ROW] == rows.first[at]:
        return
    rows.ts_venue[at] = ts_venue
    rows.ts_recv[at] = ts_recv
    rows.flags[at] = flags
    rows.first[at + 1] = cursor[ROW]
    cursor[MESSAGE] = at + 1


class Sheet:
    """Columns to write on, used again and again, and the block that they become."""

    def __init__(self, instrument: InstrumentId, rows: int, messages: int) -> None:
        self._instruments = (instrument,)
        self.cursor = np.zeros(2, np.int64)
        self.rows = Rows(
            np.empty(rows, np.int8),
            np.empty(rows, np.int8),
            np.empty(rows, np.int64),
            np.empty(rows, np.int64),
            np.empty(messages, np.int64),
            np.empty(messages, np.int64),
            np.zeros(messages, np.int32),
            np.empty(messages, np.int32),
            np.zeros(messages + 1, np.int64),
        )

    def take(self) -> Block:
        """What was written, as a block of its own; the sheet is empty again."""
        rows, messages = self.cursor
        self.cursor[:] = 0
        sheet = self.rows
        return Block.of(
            self._instruments,
            kind=sheet.kind[:rows].copy(),
            side=sheet.side[:rows].copy(),
            price=sheet.price[:rows].copy(),
            size=sheet.size[:rows].copy(),
            ts_recv=sheet.ts_recv[:messages].copy(),
            ts_venue=sheet.ts_venue[:messages].copy(),
            instrument=sheet.instrument[:messages].copy(),
            flags=sheet.flags[:messages].copy(),
            first=sheet.first[: messages + 1].copy(),
        )
