"""What the families of signals add to a live depth frame of about fifty changes, in CPU time.

Run: BOT_RECORDINGS=FOLDER python -m tests.benchmarks.bench_live_signals
Engines that differ only in what is watched step through the same blocks, frame by frame in turn, so
that a busy machine is fair to all. Nobody is woken. Counts are asserted before times are printed.
"""

import math
import sys
import time
from collections.abc import Mapping
from statistics import median

from bot import InstrumentId, Strategy, Watch
from bot.engine.engine import Engine
from bot.engine.intake import next_due
from bot.feeds.binance.decoder import BinanceDecoder
from bot.model.event import Timer
from bot.model.instrument import Instrument
from bot.model.units import Base
from bot.signals.composite.components import flow_components
from bot.signals.composite.index import FlowIndex
from bot.signals.depth import DepthValue
from bot.signals.funding_rates.crowding import FundingCrowding
from bot.signals.funding_rates.persistence import FundingPersistence
from bot.signals.liquidations.cascade import Cascade
from bot.signals.liquidations.flow import LiquidationFlow
from bot.signals.order_book import DepthImbalance
from bot.signals.price import LogMid
from bot.signals.volatility_cluster import VolatilityCluster
from bot.tape.builder import BlockBuilder
from bot.tape.rows import Block
from bot.testing.terms import Terms, setup_of
from tests.benchmarks.bench_decoder import CHANGES
from tests.benchmarks.bench_signals import family, flow_family
from tests.conftest import recordings_folder
from tests.feeds.binance.captures import CAPTURES

GATE_US = 5.0
FRAMES_MIN = 200
ASLEEP = math.inf
CLOCK_NS = 1_300_000_000  # The recorder's clock ran behind.


class Watches(Strategy):
    """Watches, and never wants anything."""

    looks: Mapping[str, Watch]

    def watches(self) -> Mapping[str, Watch]:
        return self.looks

    def decide(self, view: object) -> None:
        return None


def gauges(name: InstrumentId) -> dict[str, Watch]:
    """Signals of rare events, with what they look at once a second."""
    mid = LogMid(name, wake=ASLEEP)
    bids, asks = (
        DepthValue(name, within_bps=(200.0,), side=side, wake=ASLEEP) for side in ("bids", "asks")
    )
    return {
        "FLOW": FlowIndex(components=flow_components(name), wake=ASLEEP),
        "cascade": Cascade(name, mid, bids, asks, 0.005, False, wake=ASLEEP),
        "liquidations": LiquidationFlow((name,), False, wake=ASLEEP),
        "crowding": FundingCrowding(name, 1.0, wake=ASLEEP),
        "persistence": FundingPersistence(name, wake=ASLEEP),
        "volatility": VolatilityCluster(mid, wake=ASLEEP),
    }


def blocks_of(instrument: Instrument, frames: list[tuple[int, bytes]]) -> list[tuple[Block, int]]:
    """The blocks of the frames, and how many changes of the book each came from."""
    builder = BlockBuilder((instrument.id,), 1 << 14)
    decoder = BinanceDecoder(instrument, builder, [])
    found = []
    for received, frame in frames:
        decoder.decode(received + CLOCK_NS, frame)
        if builder.messages:
            depth = b"@depth" in frame
            found.append((builder.take(), frame.count(b'["') if depth else 0))
    return found


def step(engine: Engine, block: Block) -> float:
    """Microseconds of the step; what is due before it is done outside the measured time."""
    while (due := next_due(engine.state)) is not None and due < block.first_ns:
        due = max(due, engine.state.now)
        engine.step(Timer(ts_recv=due, ts_venue=due))
    began = time.process_time_ns()
    outcome = engine.step(block)
    ended = time.process_time_ns()
    while outcome.consumed < block.messages:
        block = block.part(block.start + outcome.consumed, block.stop)
        outcome = engine.step(block)
    return (ended - began) / 1000


def main() -> None:
    """Print the step of a frame, and what each family adds to it."""
    linear = CAPTURES[0]
    frames = linear.frames(recordings_folder())
    instrument = linear.instrument(frames)
    name = instrument.id
    plain: dict[str, Watch] = {"book": DepthImbalance(name, wake=ASLEEP)}
    sets: dict[str, dict[str, Watch]] = {
        "nothing but a depth imbalance": plain,
        "book and flow before": {**plain, **family(name)},
        "the flow family": {**plain, **flow_family(name, Base(20.0))},
        "gauges": {**plain, **gauges(name)},
        "flow family and gauges": {**plain, **flow_family(name, Base(20.0)), **gauges(name)},
    }
    engines = {
        title: Engine(setup_of({"one": Watches(looks=looks)}, [instrument], Terms()).settings)
        for title, looks in sets.items()
    }
    times: dict[str, list[float]] = {title: [] for title in engines}
    order = list(engines)
    for block, changes in blocks_of(instrument, frames):
        # Whoever comes first fetches the block into the cache: each does in its turn.
        order.append(order.pop(0))
        for title in order:
            took = step(engines[title], block)
            if CHANGES - 15 <= changes <= CHANGES + 15:
                times[title].append(took)
    assert all(len(each) >= FRAMES_MIN for each in times.values())
    assert len({len(each) for each in times.values()}) == 1
    base, *others = times
    known = {
        title: sum(
            engine.state.market.table.knows(entry)
            for entry in engine.state.market.table.entries[0].values()
        )
        for title, engine in engines.items()
    }
    assert all(count >= 1 for count in known.values()), known
    print(f"{len(times[base]):,} frames of about {CHANGES} changes")
    print(f"{base}: {median(times[base]):.1f} us a step")
    failed = False
    for title in others:
        # Frame by frame against the same frame of the other engine, a moment before.
        added = median([b - a for a, b in zip(times[base], times[title], strict=True)])
        ratio = median([b / a for a, b in zip(times[base], times[title], strict=True)])
        watched = f"{known[title]} of {len(sets[title])} known"
        verdict = "" if added <= GATE_US else f", more than the {GATE_US:g} us of the gate"
        failed |= added > GATE_US and title != "book and flow before"
        print(f"{title} ({watched}): {added:+.1f} us, {ratio:.2f} times{verdict}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
