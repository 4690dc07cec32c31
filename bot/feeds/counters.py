"""What became of the frames of one instrument: what every venue's decoder counts."""

from msgspec import Struct


class Counters(Struct):
    """Frames and messages, by what became of them.

    depth_held: changes of the book that came while there was none. gaps: changes that are
    missing, found by the venue's own rule; the book is lost there until a snapshot.
    checksums: states of the book that the venue's checksum confirmed; checksums_failed: that it
    did not, each a gap too. unchecked: changes that the venue gave no means to check.
    trades: on the tape. backlog: older than the first frame, sent for a start; off_book_trades:
    block trades, legs of combinations, the insurance fund's: they met no order of the book.
    touches, marks, liquidations, tickers: messages of those kinds that were taken.
    duplicates: changes, trades and touches that had been seen. second_source: messages that
    tell what another stream tells already.
    odd_prices: off the tick, left out. odd_sizes: finer than the lot, taken as whole lots.
    foreign: messages of other symbols. control: acknowledgements and greetings.
    clock_steps: frames received before the one in front. ahead: messages stamped later than
    they were received: a clock is wrong by more than the latency.
    unknown: by event, or by stream where there is none.
    """

    frames: int = 0
    depth_applied: int = 0
    depth_held: int = 0
    gaps: int = 0
    snapshots: int = 0
    checksums: int = 0
    checksums_failed: int = 0
    unchecked: int = 0
    trades: int = 0
    backlog: int = 0
    off_book_trades: int = 0
    second_source: int = 0
    touches: int = 0
    marks: int = 0
    liquidations: int = 0
    tickers: int = 0
    duplicates: int = 0
    odd_prices: int = 0
    odd_sizes: int = 0
    foreign: int = 0
    control: int = 0
    clock_steps: int = 0
    ahead: int = 0
    unknown: dict[str, int] = {}

    def unknown_one(self, name: str) -> None:
        """Count something new to us."""
        self.unknown[name] = self.unknown.get(name, 0) + 1
