"""What became of the frames of one instrument."""

from msgspec import Struct


class Counters(Struct):
    """Frames and messages, by what became of them.

    fallbacks: depth changes that the compiled scan refused and the plain decoder read.
    depth_held: changes that came while there was no book, `held_lost` of them dropped for lack
        of room. depth_before_snapshot: changes that the snapshot already held.
    duplicates: changes, trades and touches that had been seen.
    snapshots_refused: older than the standing book, or than the oldest held change.
    odd_prices: off the tick, left out. odd_sizes: finer than the lot, taken as whole lots.
    off_book_trades: the insurance fund's, deleveragings, retail improvements: they met no
        order of the book. second_source: trades and aggregate trades beside the other kind.
    foreign: messages of other symbols. clock_steps: frames received before the one in front.
    ahead: messages stamped later than they were received: a clock is wrong by more than the
        latency.
    unknown: by event, or by stream where there is none.
    """

    frames: int = 0
    depth_applied: int = 0
    depth_held: int = 0
    held_lost: int = 0
    depth_before_snapshot: int = 0
    gaps: int = 0
    snapshots: int = 0
    snapshots_refused: int = 0
    trades: int = 0
    off_book_trades: int = 0
    second_source: int = 0
    touches: int = 0
    marks: int = 0
    liquidations: int = 0
    duplicates: int = 0
    odd_prices: int = 0
    odd_sizes: int = 0
    foreign: int = 0
    fallbacks: int = 0
    clock_steps: int = 0
    ahead: int = 0
    unknown: dict[str, int] = {}
