"""What books and signals cost: ns a row of the book, each score alone, each family, all together.

Run: python -m tests.benchmarks.bench_signals [FOLDER [INSTRUMENT]], FOLDER a recording. Counts are
asserted before times are printed; runs are interleaved, so that a busy machine is fair to all.
"""

import sys
import time
from collections.abc import Mapping
from decimal import Decimal
from random import Random
from statistics import median

from bot.book.arrays import BOOK_LAYOUT, empty, grown
from bot.book.books import WINDOW_MAX
from bot.book.layout import HEARD_FUNDING, LADDER, MESSAGES, SCALAR, SCALAR_NS
from bot.engine.advance import BOOK_AT, CURSOR, GROW, advance, placed
from bot.engine.sentries import nobody
from bot.model.instrument import Instrument
from bot.model.units import Base, Bps, InstrumentId
from bot.recording.reader import Recording
from bot.signals.absorption import Absorption
from bot.signals.arrays import WOKEN
from bot.signals.base import Fees, Watch, base_per_lot
from bot.signals.depth import BookExhaustion, DepthValue
from bot.signals.evaluate import evaluate
from bot.signals.funding import FundingExcess, NetCarry, PredictedFunding
from bot.signals.integrated_flow import IntegratedFlow
from bot.signals.liquidity import Illiquidity, KyleLambda
from bot.signals.micro_price import MicroPrice
from bot.signals.noise import LargeTradeImbalance, SettledImbalance
from bot.signals.order_book import (
    BookImbalance,
    DepthImbalance,
    ImpactCost,
    QueueImbalance,
    Spread,
    WeightedMid,
)
from bot.signals.order_flow import MultiLevelFlow, OrderFlowImbalance
from bot.signals.publish import look
from bot.signals.table import SignalTable
from bot.signals.toxicity import Vpin
from bot.signals.trades import TradeImbalance, VwapDeviation
from bot.tape.builder import BlockBuilder
from bot.tape.columns import columns
from bot.tape.cut import join
from bot.tape.rows import (
    ASK,
    BID,
    INDEX,
    LEVEL,
    SCALAR_SCALE,
    SNAPSHOT,
    TOUCH,
    TRADE,
    Block,
)
from bot.tape.venue_order import FOREVER
from tests.signals.harness import PERP, T0, listed

ROUNDS = 7
EIGHT_HOURS_NS = 8 * 3_600_000_000_000
DAY_NS = 3 * EIGHT_HOURS_NS
ASLEEP = float("inf")


def family(name: InstrumentId) -> dict[str, Watch]:
    """The first family, as it is watched by default; nobody is woken by a move."""
    size = Base(0.5)
    return {
        "queue imbalance": QueueImbalance(name, wake=ASLEEP),
        "book imbalance": BookImbalance(name, wake=ASLEEP),
        "depth imbalance": DepthImbalance(name, wake=ASLEEP),
        "weighted mid": WeightedMid(name, wake=ASLEEP),
        "spread": Spread(name, wake=ASLEEP),
        "impact": ImpactCost(name, size=size, buy=True, wake=ASLEEP),
        "order flow": OrderFlowImbalance(name, wake=ASLEEP),
        "multi-level flow": MultiLevelFlow(name, wake=ASLEEP),
        "trade imbalance": TradeImbalance(name, wake=ASLEEP),
        "vwap deviation": VwapDeviation(name, wake=ASLEEP),
        "predicted funding": PredictedFunding(
            name,
            impact_notional=25_000.0,
            interest_bps=Bps(1.0),
            damp_bps=Bps(5.0),
            floor_bps=Bps(-30.0),
            cap_bps=Bps(30.0),
            scaled=False,
            wake=ASLEEP,
        ),
        "funding excess": FundingExcess(name, Bps(1.0), wake=ASLEEP),
        "net carry": NetCarry(name, against=name, size=size, wake=ASLEEP),
    }


def flow_family(name: InstrumentId, bucket: Base) -> dict[str, Watch]:
    """What the first family lacks of the order book and flow of one instrument.

    Windows are as short as the recordings, so that every score is known at their end.
    """
    return {
        "depth value": DepthValue(name, wake=ASLEEP),
        "exhaustion": BookExhaustion(name, samples_min=60, wake=ASLEEP),
        "micro-price": MicroPrice(name, wake=ASLEEP),
        "integrated flow": IntegratedFlow(name, wake=ASLEEP),
        "settled imbalance": SettledImbalance(name, wake=ASLEEP),
        "large trades": LargeTradeImbalance(name, wake=ASLEEP),
        "absorption": Absorption(name, history_min=6, wake=ASLEEP),
        "vpin": Vpin(name, bucket=bucket, buckets=20, wake=ASLEEP),
        "bulk vpin": Vpin(name, bucket=bucket, buckets=20, sides="student", bar_s=1.0, wake=ASLEEP),
        "kyle's lambda": KyleLambda(name, wake=ASLEEP),
        "illiquidity": Illiquidity(name, bar_s=1.0, bars=20, wake=ASLEEP),
    }


class OneInstrument:
    """Terms of a single contract."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument

    def instrument(self, instrument: InstrumentId) -> Instrument:
        return self._instrument

    def index(self, instrument: InstrumentId) -> int:
        return 0

    def fees(self, instrument: InstrumentId) -> Fees:
        return Fees(Decimal("0.0002"), Decimal("0.0005"))


def run(block: Block, instrument: Instrument, watches: Mapping[str, Watch]) -> float:
    """ns of CPU a row."""
    table = SignalTable([watches], OneInstrument(instrument), 1)
    signals = table.arrays
    signals.funding[0] = 1e-4, 8.0, 1.0
    signals.settles[0] = (block.first_ns // EIGHT_HOURS_NS + 1) * EIGHT_HOURS_NS
    book = empty((WINDOW_MAX,))
    # An index for the tapes that have none, so that premiums are looked at.
    paid = int(block.price[block.kind == TRADE][0]) * instrument.grid.tick
    book.head[0, SCALAR + INDEX] = int(paid * SCALAR_SCALE)
    book.head[0, SCALAR_NS + INDEX] = block.first_ns
    evaluate(signals, book, 0, HEARD_FUNDING, LADDER, block.first_ns)
    rows = columns(block)
    posts = nobody(1)
    places = placed(book, signals, posts)
    places[CURSOR] = block.start
    start = time.process_time_ns()
    while places[CURSOR] < block.stop:
        if advance(rows, block.stop, FOREVER, places) == GROW:
            book = grown(book, 2 * book.far.shape[3])
            BOOK_LAYOUT.write(places, BOOK_AT, book)
        table.refit()
        if bits := int(signals.clock[WOKEN]):
            look(signals, bits)
    took = time.process_time_ns() - start
    assert book.head[0, MESSAGES] == block.messages
    # The price can leave what the snapshot reached, on one side: depth there is not known then.
    unknown = [
        name
        for name, each in table.entries[0].items()
        if not signals.known[each.slot : each.slot + len(each.outputs)].any()
    ]
    assert unknown == [], f"not known, so it costs little: {unknown}"
    return took / block.rows


def made_up(messages: int = 100_000) -> Block:
    """A market that walks: six rows a message, a touch stream, a trade in ten messages."""
    random = Random(1)
    builder = BlockBuilder((PERP,))
    mid, t = 120_000, T0
    for k in range(messages):
        t += random.randint(1_000, 20_000_000)
        moved = random.random() < 0.05
        builder.begin(t, t, 0, SNAPSHOT if k == 0 else 0)
        if moved:
            mid += random.choice((-1, 1))
            for side in (BID, ASK):
                for away in range(-1, 1):
                    builder.row(LEVEL, side, mid - side * away, 0)
        if k == 0:
            for away in range(1, 1_000):
                builder.row(LEVEL, BID, mid - away, 40)
                builder.row(LEVEL, ASK, mid + away, 40)
        for _ in range(random.randint(1, 8)):
            side = random.choice((BID, ASK))
            price = mid - side * (1 + int(random.expovariate(1 / 25)))
            builder.row(LEVEL, side, price, random.choice((0, 1, 7, 30)))
        if random.random() < 0.3:
            builder.row(TOUCH, BID, mid - 1, random.randint(1, 90))
            builder.row(TOUCH, ASK, mid + 1, random.randint(1, 90))
        if random.random() < 0.1:
            side = random.choice((BID, ASK))
            builder.row(TRADE, side, mid + side, random.randint(1, 30))
        builder.end()
    return builder.take()


def report(title: str, block: Block, instrument: Instrument) -> None:
    """Print a line for each set of watches."""
    scores = family(instrument.id)
    traded = float(block.size[block.kind == TRADE].sum()) * base_per_lot(instrument)
    more = flow_family(instrument.id, Base(traded / 50))
    sets: dict[str, dict[str, Watch]] = {
        "book only": {},
        "first family": scores,
        "flow family": more,
        "all together": scores | more,
    }
    sets |= {name: {name: watch} for name, watch in (scores | more).items()}
    costs: dict[str, list[float]] = {name: [] for name in sets}
    print(f"{title}: {block.rows:,} rows, {block.messages:,} messages")
    for _ in range(ROUNDS):
        for name, watches in sets.items():
            costs[name].append(run(block, instrument, watches))
    for name, each in costs.items():
        print(f"  {name:18} {min(each):6.1f} ns a row (median {median(each):.1f})")


def main() -> None:
    """Print every figure."""
    report("made up", made_up(), listed(PERP))
    if len(sys.argv) > 1:
        recording = Recording.open(sys.argv[1])
        wanted = [InstrumentId(name) for name in sys.argv[2:]] or None
        for source in recording.sources(wanted):
            block = join(source.blocks())
            # Up to midnight, where sessions and the funding interval end.
            midnight = (block.first_ns // DAY_NS + 1) * DAY_NS
            report(source.name, block.part(0, block.before(midnight)), source.instrument)


if __name__ == "__main__":
    main()
