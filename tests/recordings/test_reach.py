"""Why a book that is heard of all the time may be unknown: the market left what was snapshotted.

The recorder of 2024-08-08 took one snapshot of a thousand levels, 24 bps deep on the bids of the
BTC perpetual. After 216 seconds the price fell below it, up to 10 bps. From there on nobody knows
which orders stand where none was ever reported. It is no matter of a gap or of a silence: a change
comes every 53 ms, and none is missing.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bot.modes.observed import Every
from bot.modes.observing import Plan, Terms, observe
from bot.recording.reader import Recording
from bot.signals.depth import DepthValue
from bot.signals.order_flow import MultiLevelFlow
from bot.tape.rows import BID, LEVEL, SNAPSHOT
from tests.recordings import tapes

SECOND = 1_000_000_000


class Plain:
    """A plain reading of the rows: all that was reported, and the worst prices of the snapshot."""

    def __init__(self) -> None:
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.reach: tuple[int, int] | None = None
        self.changed_ns: list[int] = []

    @property
    def touch(self) -> tuple[int, int]:
        return max(self.bids), min(self.asks)

    @property
    def left(self) -> bool:
        """Whether a best price lies beyond what was snapshotted."""
        assert self.reach is not None
        bid, ask = self.touch
        return bid < self.reach[0] or ask > self.reach[1]

    def seconds(self, source) -> Iterator[int]:
        """Each whole second, as the book stood before the first message at or after it."""
        due: int | None = None
        for block in source.blocks():
            for m in range(block.start, block.stop):
                now = int(block.ts_recv[m])
                due = (now // SECOND + 1) * SECOND if due is None else due
                while now >= due:
                    yield due
                    due += SECOND
                self.take(block, m, now)
        assert due is not None
        yield due

    def take(self, block, m: int, now: int) -> None:
        rows = slice(int(block.first[m]), int(block.first[m + 1]))
        whole = bool(block.flags[m] & SNAPSHOT)
        if whole:
            self.bids, self.asks = {}, {}
        levels = block.kind[rows] == LEVEL
        columns = (block.side[rows], block.price[rows], block.size[rows])
        for side, price, size in zip(*(c[levels].tolist() for c in columns), strict=True):
            book = self.bids if side == BID else self.asks
            if size:
                book[price] = size
            else:
                book.pop(price, None)
        if whole:
            self.reach = min(self.bids), max(self.asks)
        if levels.any():
            self.changed_ns.append(now)


def test_a_look_is_unknown_exactly_while_a_best_price_lies_beyond_the_snapshot(
    imported: Path,
) -> None:
    recording = Recording.open(imported / "2024")
    (source,) = recording.sources([tapes.BTC])
    plain = Plain()
    beyond = {}
    for second in plain.seconds(source):
        beyond[second] = plain.reach is not None and plain.left
    watches = {
        "flow": MultiLevelFlow(tapes.BTC, wake=0.0),
        "depth": DepthValue(tapes.BTC, within_bps=(5.0, 25.0), wake=0.0),
    }
    terms = Terms.of(recording.instruments[name] for name in (tapes.BTC,))

    flow, depth = observe(
        [source], terms, [Plan(name, watch, Every(SECOND)) for name, watch in watches.items()]
    )

    looks = dict(zip(flow.times.tolist(), np.isnan(flow.value).tolist(), strict=True))
    shared = looks.keys() & beyond.keys()
    assert len(shared) >= 344
    assert {second for second in shared if looks[second]} == {s for s in shared if beyond[s]}
    # A figure of five basis points is unknown a little earlier, as its own distance is left.
    assert 30 <= sum(looks.values()) < np.isnan(depth.value).sum()
    # The feed lived all the time: nothing of this is age.
    assert np.diff(plain.changed_ns).max() < SECOND
