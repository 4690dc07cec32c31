"""What the simulated venue costs a row of the recorded BTC perpetual: reordering and matching.

Run: BOT_RECORDINGS=FOLDER python -m tests.benchmarks.bench_venue
Counts are asserted before times are printed; times are the best of some passes.
"""

import time
from collections.abc import Callable

import numpy as np

from bot.book.arrays import empty
from bot.feeds.binance.decoder import BinanceDecoder
from bot.model.command import Side
from bot.model.event import Event
from bot.tape.builder import BlockBuilder
from bot.tape.rows import Block
from bot.tape.venue_order import Ordered, VenueOrder
from bot.venues.simulated.matching import EXHAUSTED, GROW, match_until
from bot.venues.simulated.orders import RestingOrders
from bot.venues.simulated.queue import RISK_AVERSE, QueueRule
from tests.conftest import recordings_folder
from tests.feeds.binance.captures import CAPTURES
from tests.venues.market import standing

LATENESS_NS = 15_000_000
WINDOW = 1 << 16
FAR_ROOM = 8192
BLOCK_MESSAGES = 8192
PASSES = 5
FOREVER = 1 << 61


def recorded() -> Block:
    """The rows of the capture, as its decoder makes them."""
    capture = CAPTURES[0]
    frames = capture.frames(recordings_folder())
    instrument = capture.instrument(frames)
    builder, events = BlockBuilder((instrument.id,)), list[Event]()
    decoder = BinanceDecoder(instrument, builder, events)
    for ts_recv, frame in frames:
        decoder.decode(ts_recv, frame)
    return builder.take()


def reordered(block: Block) -> list[Ordered]:
    """The block, fed in pieces, in the venue's order."""
    order = VenueOrder(LATENESS_NS)
    pieces = range(block.start, block.stop, BLOCK_MESSAGES)
    out = [order.push(block.part(at, min(at + BLOCK_MESSAGES, block.stop))) for at in pieces]
    return [piece for some in (*out, order.finish()) for piece in some]


def matched(pieces: list[Ordered], orders: int) -> int:
    """Run the kernel over everything with so many bids resting where they never fill."""
    resting = RestingOrders([0.001], QueueRule(RISK_AVERSE))
    for k in range(orders):
        resting.rest(standing(k, Side.BUY, 1, 300_000 - k), 1.0)
    book, messages = empty((WINDOW,), FAR_ROOM), 0
    for piece in pieces:
        cursor = np.array([0, len(piece.key)], np.int64)
        reason = match_until(resting.arrays, book, piece, cursor, FOREVER)
        assert reason != GROW, "give the bench's book more room"
        assert reason == EXHAUSTED
        messages += int(cursor[0])
    return messages


def best_ns(work: Callable[[], object]) -> float:
    """The shortest of some passes."""
    times = []
    for _ in range(PASSES):
        start = time.perf_counter_ns()
        work()
        times.append(time.perf_counter_ns() - start)
    return min(times)


def main() -> None:
    """Print nanoseconds a row."""
    block = recorded()
    blocks = reordered(block)
    assert sum(piece.messages for piece in blocks) == block.messages > 90_000
    assert sum(piece.rows for piece in blocks) == block.rows > 500_000
    assert matched(blocks, 0) == block.messages

    print(f"{block.rows:,} rows in {block.messages:,} messages")
    print(f"reordering          {best_ns(lambda: reordered(block)) / block.rows:6.1f} ns a row")
    for orders in (0, 1, 4, 16):
        spent = best_ns(lambda orders=orders: matched(blocks, orders))  # type: ignore[misc]
        print(f"matching, {orders:>2} resting {spent / block.rows:6.1f} ns a row")


if __name__ == "__main__":
    main()
