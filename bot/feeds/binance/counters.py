"""What became of the frames of one instrument of Binance."""

from bot.feeds import counters


class Counters(counters.Counters):
    """What every decoder counts, and what only Binance's procedure has.

    fallbacks: depth changes that the compiled scan refused and the plain decoder read.
    held_lost: of the changes that came while there was no book, those dropped for lack of room.
    depth_before_snapshot: changes that the snapshot already held. snapshots_refused: older than
    the standing book, or than the oldest held change.
    off_book_trades: the insurance fund's, deleveragings, retail improvements. second_source:
    trades and aggregate trades beside the other kind.
    """

    held_lost: int = 0
    depth_before_snapshot: int = 0
    snapshots_refused: int = 0
    fallbacks: int = 0
