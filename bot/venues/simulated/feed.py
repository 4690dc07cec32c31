"""The market's rows on their way to the venue: put into its order, handed to the kernel."""

from collections import deque

from bot.model.units import InstrumentId
from bot.tape.builder import BlockBuilder
from bot.tape.rows import Block, Int64s
from bot.tape.venue_order import FOREVER, Ordered, VenueOrder, ordered


class Feed:
    """Blocks as they are received in, rows and a cursor out.

    rows, cursor: what `match_until` takes; the cursor is the next message and their end.
    """

    def __init__(
        self, instruments: tuple[InstrumentId, ...], lateness_ns: int, cursor: Int64s
    ) -> None:
        self.lateness_ns = lateness_ns
        self.rows: Ordered = ordered(BlockBuilder(instruments, rows=1).take())
        self.cursor = cursor
        self._instruments = instruments
        self._order = VenueOrder(lateness_ns)
        self._waiting: deque[Ordered] = deque()

    @property
    def known_ns(self) -> int:
        """Every row up to this venue time stands in `rows`, or has been read."""
        return -FOREVER if self._waiting else self._order.known_ns

    @property
    def settled_ns(self) -> int:
        """Every row up to this venue time has been put into its place, read or not."""
        return self._order.known_ns

    def push(self, block: Block) -> None:
        """Take rows in, as they were received."""
        assert block.instruments == self._instruments, (
            f"the block indexes {block.instruments}, the venue {self._instruments}"
        )
        self._waiting.extend(self._order.push(block))

    def quiet_until(self, ts_recv: int) -> None:
        """No row received before this time is still to come."""
        self._waiting.extend(self._order.quiet_until(ts_recv))

    def finish(self) -> None:
        """No row is still to come."""
        self._waiting.extend(self._order.finish())

    def next_block(self, until_ns: int) -> None:
        """Go on to the rows that wait."""
        assert self._waiting, (
            f"the venue is to go to {until_ns}, but its market is known only to "
            f"{self._order.known_ns}: feed more, or say quiet_until"
        )
        self.rows = self._waiting.popleft()
        self.cursor[0], self.cursor[1] = 0, len(self.rows.key)
