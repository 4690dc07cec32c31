"""Where decoders put rows: columns that grow, handed on as a block."""

import numpy as np

from bot.model.units import InstrumentId
from bot.tape.rows import ASK, BID, SCALAR, TOUCH, TRADE, Block, Int8s, Int32s, Int64s


class BlockBuilder:
    """Columns that messages are appended to, in the order of `ts_recv`.

    A message is begun, given rows and ended; `take` hands over what was ended. A compiled
    decoder may write straight into `kind`, `side`, `price` and `size` from `rows` on, after
    `reserve`, and then say with `advance` how many rows it wrote.
    """

    def __init__(self, instruments: tuple[InstrumentId, ...], rows: int = 4096) -> None:
        """Start empty, with room for so many rows."""
        self.instruments = instruments
        self.kind: Int8s = np.empty(rows, np.int8)
        self.side: Int8s = np.empty(rows, np.int8)
        self.price: Int64s = np.empty(rows, np.int64)
        self.size: Int64s = np.empty(rows, np.int64)
        self.rows = 0
        self.messages = 0
        self._ts_recv: Int64s = np.empty(rows, np.int64)
        self._ts_venue: Int64s = np.empty(rows, np.int64)
        self._instrument: Int32s = np.empty(rows, np.int32)
        self._flags: Int32s = np.empty(rows, np.int32)
        self._first: Int64s = np.empty(rows + 1, np.int64)

    def reserve(self, rows: int) -> None:
        """Make room for so many more rows."""
        if self.rows + rows > len(self.kind):
            room = max(2 * len(self.kind), self.rows + rows)
            self.kind = _grown(self.kind, room)
            self.side = _grown(self.side, room)
            self.price = _grown(self.price, room)
            self.size = _grown(self.size, room)

    def advance(self, rows: int) -> None:
        """Count rows that were written into the columns from `rows` on."""
        self.rows += rows

    def row(self, kind: int, side: int, price: int, size: int) -> None:
        """Append one row to the message that is open."""
        self.reserve(1)
        at = self.rows
        self.kind[at] = kind
        self.side[at] = side
        self.price[at] = price
        self.size[at] = size
        self.rows = at + 1

    def begin(self, ts_recv: int, ts_venue: int, instrument: int = 0, flags: int = 0) -> None:
        """Open a message; its rows follow, then `end`."""
        if self.messages + 1 >= len(self._first):
            room = 2 * len(self._ts_recv)
            self._ts_recv = _grown(self._ts_recv, room)
            self._ts_venue = _grown(self._ts_venue, room)
            self._instrument = _grown(self._instrument, room)
            self._flags = _grown(self._flags, room)
            self._first = _grown(self._first, room + 1)
        at = self.messages
        self._ts_recv[at] = ts_recv
        self._ts_venue[at] = ts_venue
        self._instrument[at] = instrument
        self._flags[at] = flags
        self._first[at] = self.rows

    def end(self) -> None:
        """Close the open message."""
        self.messages += 1

    def abandon(self) -> None:
        """Forget the open message and its rows, as when its text turned out to be broken."""
        self.rows = int(self._first[self.messages])

    def trade(
        self, ts_recv: int, ts_venue: int, side: int, price: int, size: int, flags: int = 0
    ) -> None:
        """Append a message of one trade; `side` is the aggressor's."""
        self.begin(ts_recv, ts_venue, flags=flags)
        self.row(TRADE, side, price, size)
        self.end()

    def touch(
        self, ts_recv: int, ts_venue: int, bid: tuple[int, int], ask: tuple[int, int], flags: int
    ) -> None:
        """Append a message of best bid and ask, each `(price, size)`."""
        self.begin(ts_recv, ts_venue, flags=flags)
        self.reserve(2)
        at = self.rows
        kind, side, price, size = self.kind, self.side, self.price, self.size
        kind[at] = kind[at + 1] = TOUCH
        side[at], side[at + 1] = BID, ASK
        price[at], size[at] = bid
        price[at + 1], size[at + 1] = ask
        self.rows = at + 2
        self.end()

    def scalars(self, ts_recv: int, ts_venue: int, values: dict[int, int], flags: int = 0) -> None:
        """Append a message of scalars: field code to fixed-point value."""
        self.begin(ts_recv, ts_venue, flags=flags)
        for field, value in values.items():
            self.row(SCALAR, field, value, 0)
        self.end()

    def take(self) -> Block:
        """The messages so far as a block of its own; the builder starts over."""
        messages, rows = self.messages, self.rows
        self._first[messages] = rows
        # The columns are of the right kind already: nothing has to be made to fit.
        block = Block(
            self.instruments,
            self.kind[:rows].copy(),
            self.side[:rows].copy(),
            self.price[:rows].copy(),
            self.size[:rows].copy(),
            self._ts_recv[:messages].copy(),
            self._ts_venue[:messages].copy(),
            self._instrument[:messages].copy(),
            self._flags[:messages].copy(),
            self._first[: messages + 1].copy(),
            0,
            messages,
        )
        self.rows = self.messages = 0
        return block


def _grown(column: np.ndarray, room: int) -> np.ndarray:
    larger = np.empty(room, column.dtype)
    larger[: len(column)] = column
    return larger
