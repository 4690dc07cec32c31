"""What a Binance frame costs from its bytes to the tape's columns, in CPU time.

Run: BOT_RECORDINGS=FOLDER python -m tests.benchmarks.bench_decoder
Frames are recorded ones, renumbered so that each follows the one before. Counts are asserted
before times are printed; times are medians of batches.
"""

import re
import time
from collections.abc import Iterator
from itertools import islice
from statistics import median

from bot.feeds.binance.decoder import BinanceDecoder
from bot.model.instrument import Instrument
from bot.tape.builder import BlockBuilder
from tests.conftest import recordings_folder
from tests.feeds.binance.captures import CAPTURES, SNAPSHOT_FRAME

CHANGES = 50
DEPTH_US_MAX, DEPTH_US_GOAL = 6.0, 3.5
BATCH, BATCHES = 500, 60
_IDS = re.compile(rb'"U":\d+,"u":\d+,"pu":\d+')
_LAST_ID = re.compile(rb'"lastUpdateId": ?\d+')
_TICKER_ID = re.compile(rb'"u":\d+')
_TRADE_ID = re.compile(rb'"t":\d+')


def renumbered(frames: list[bytes], stream: str) -> Iterator[bytes]:
    """These frames again and again, as an endless stream without gaps or repetitions."""
    number = 1
    while True:
        for frame in frames:
            number += 1
            if stream == "depth":
                ids = b'"U":%d,"u":%d,"pu":%d' % (number, number, number - 1)
                yield _IDS.sub(ids, frame)
            elif stream == "bookTicker":
                yield _TICKER_ID.sub(b'"u":%d' % number, frame)
            else:
                yield _TRADE_ID.sub(b'"t":%d' % number, frame)


def cost_us(
    instrument: Instrument, snapshot: bytes, frames: list[bytes], stream: str, ts_recv: int
) -> float:
    """Microseconds of CPU that a frame takes, from its bytes to rows in the builder."""
    builder = BlockBuilder((instrument.id,), 1 << 17)
    decoder = BinanceDecoder(instrument, builder, [])
    decoder.decode(ts_recv, _LAST_ID.sub(b'"lastUpdateId":2', snapshot))
    source = renumbered(frames, stream)
    costs = []
    for _ in range(BATCHES):
        batch = list(islice(source, BATCH))
        builder.take()
        start = time.process_time_ns()
        for frame in batch:
            decoder.decode(ts_recv, frame)
        costs.append((time.process_time_ns() - start) / BATCH / 1000)
        assert builder.messages == BATCH, decoder.counters
    assert decoder.counters.fallbacks == decoder.counters.gaps == 0
    return median(costs)


def main() -> None:
    """Print the cost of a depth change, a touch, a trade and a mark price."""
    linear, early = CAPTURES[0], CAPTURES[-1]
    frames = linear.frames(recordings_folder())
    instrument = linear.instrument(frames)
    ts_recv = frames[-1][0]
    snapshot = next(frame for _, frame in frames if frame.startswith(SNAPSHOT_FRAME))
    marks = [frame for _, frame in early.frames(recordings_folder()) if b"@markPrice" in frame]
    depth = [f for _, f in frames if b"@depth" in f and f.count(b'["') == CHANGES]
    touches = [f for _, f in frames if b"@bookTicker" in f][:10_000]
    trades = [f for _, f in frames if b"@trade" in f][:10_000]

    size = sum(map(len, depth)) / len(depth)
    cost = cost_us(instrument, snapshot, depth, "depth", ts_recv)
    verdict = f"gate {DEPTH_US_MAX}, goal {DEPTH_US_GOAL}"
    print(f"depth, {CHANGES} changes, {size:,.0f} bytes  {cost:5.2f} us  {verdict}")
    for name, some in (("bookTicker", touches), ("trade", trades), ("markPrice", marks)):
        print(f"{name:32}{cost_us(instrument, snapshot, some, name, ts_recv):5.2f} us")
    assert cost <= DEPTH_US_MAX


if __name__ == "__main__":
    main()
