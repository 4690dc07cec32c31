"""The depth stream onto the tape: scanned, kept in step with its snapshot, stamped."""

from msgspec import Struct

from bot.feeds.binance.depth import REFUSED, DepthScan, Scanned
from bot.feeds.binance.feed import Feed
from bot.feeds.binance.sync import DepthSync, Verdict
from bot.feeds.binance.wire import DepthSnapshot, DepthUpdate, Level
from bot.model.instrument import Kind
from bot.tape.rows import ASK, BID, GAP, LEVEL, SNAPSHOT, Int8s, Int64s


class Held(Struct, frozen=True):
    """A change that waits for its snapshot: its ids and times, and copies of its rows."""

    scanned: Scanned
    side: Int8s
    price: Int64s
    size: Int64s


class BookFeed:
    """Changes and snapshots of one book in, messages of levels out.

    Rows are written behind the builder's last one first, and counted only when the change
    turns out to belong to the book.
    """

    def __init__(self, feed: Feed, compiled: bool) -> None:
        """Start without a book. compiled: False leaves every frame to the plain decoder."""
        self.sync: DepthSync[Held] = DepthSync(chained=feed.instrument.kind is not Kind.SPOT)
        self._feed = feed
        scan = DepthScan(feed.symbol, feed.price, feed.size, feed.builder)
        self._scan = scan if compiled else None

    def scan(self, ts_recv: int, frame: bytes) -> bool:
        """Take a frame the fast way; False when the scan refuses it and nothing was done."""
        scanned = self._scan.read(frame) if self._scan else REFUSED
        if scanned[0] < 0:
            return False
        self._feed.price.seen += scanned[0]
        self._feed.size.seen += scanned[0]
        self._arrived(ts_recv, scanned)
        return True

    def change(self, ts_recv: int, update: DepthUpdate) -> None:
        """Take a change the plain way."""
        rows = self._write(update.bids, update.asks)
        ids = update.first_id, update.last_id, update.previous_id
        self._arrived(ts_recv, (rows, *ids, update.event_ms, update.match_ms))

    def snapshot(self, ts_recv: int, snapshot: DepthSnapshot) -> None:
        """Take a snapshot: it becomes the book, and the changes held for it follow at once."""
        rows = self._write(snapshot.bids, snapshot.asks)
        if self.sync.snapshot(snapshot.last_id) is not Verdict.APPLY:
            self._feed.counters.snapshots_refused += 1
            return
        self._feed.counters.snapshots += 1
        self._message(ts_recv, snapshot.match_ms or snapshot.event_ms, rows, SNAPSHOT)
        for held in self.sync.release():
            self._restore(held)
            self._judge(ts_recv, held.scanned)

    def _arrived(self, ts_recv: int, scanned: Scanned) -> None:
        _, _, _, _, event_ms, match_ms = scanned
        self._feed.venue_time.observe(ts_recv, match_ms or event_ms)
        self._judge(ts_recv, scanned)

    def _judge(self, ts_recv: int, scanned: Scanned) -> None:
        """Count the rows that were written as a message, keep them for later, or forget them."""
        rows, first_id, last_id, previous_id, event_ms, match_ms = scanned
        counters = self._feed.counters
        verdict = self.sync.change(first_id, last_id, previous_id)
        if verdict is Verdict.APPLY:
            counters.depth_applied += 1
            self._message(ts_recv, match_ms or event_ms, rows, 0)
        elif verdict is Verdict.INCLUDED:
            counters.depth_before_snapshot += 1
        elif verdict is Verdict.OLD:
            counters.duplicates += 1
        else:
            counters.depth_held += 1
            counters.held_lost += self.sync.hold(first_id, self._copied(scanned))
            if verdict is Verdict.GAP:
                counters.gaps += 1
                self._message(ts_recv, match_ms or event_ms, 0, GAP)

    def _message(self, ts_recv: int, venue_ms: int, rows: int, flags: int) -> None:
        ts_venue, estimated = self._feed.venue_time.stamp(ts_recv, venue_ms)
        builder = self._feed.builder
        builder.begin(ts_recv, ts_venue, 0, flags | estimated)
        builder.advance(rows)
        builder.end()

    def _write(self, bids: list[Level], asks: list[Level]) -> int:
        """Write levels where the scan would: behind the last row, not yet counted."""
        builder = self._feed.builder
        start = builder.rows
        builder.reserve(len(bids) + len(asks))
        middle = self._write_side(start, BID, bids)
        end = self._write_side(middle, ASK, asks)
        builder.kind[start:end] = LEVEL
        return end - start

    def _write_side(self, row: int, side: int, levels: list[Level]) -> int:
        feed, builder = self._feed, self._feed.builder
        for price, size in levels:
            ticks, lots = feed.price.ticks(price), feed.size.lots(size)
            if ticks is not None:
                builder.side[row] = side
                builder.price[row] = ticks
                builder.size[row] = lots
                row += 1
        return row

    def _copied(self, scanned: Scanned) -> Held:
        builder = self._feed.builder
        rows = slice(builder.rows, builder.rows + scanned[0])
        side, price, size = builder.side[rows], builder.price[rows], builder.size[rows]
        return Held(scanned, side.copy(), price.copy(), size.copy())

    def _restore(self, held: Held) -> None:
        builder = self._feed.builder
        builder.reserve(len(held.side))
        rows = slice(builder.rows, builder.rows + len(held.side))
        builder.kind[rows] = LEVEL
        builder.side[rows] = held.side
        builder.price[rows] = held.price
        builder.size[rows] = held.size
