"""What a recorded row costs, from the tape to the ledger, in CPU time of one core.

Run: BOT_RECORDINGS=FOLDER python -m tests.benchmarks.bench_pipeline
The recorded BTC perpetual is repeated with shifted times to ten million rows and more, from
memory. Counts are asserted before times are printed; each figure is the best and the median of
several runs, beside a pass that only sums a column, because this machine's speed varies.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from msgspec import structs

from bot.book import arrays
from bot.book.books import window_for
from bot.engine.advance import CURSOR, GROW, WOKE, advance, placed
from bot.engine.market import Terms
from bot.engine.sentries import nobody
from bot.model.event import AnyEvent
from bot.model.units import Currency
from bot.modes import replay, setup
from bot.modes.driver import Driver
from bot.recording.reader import Recording
from bot.signals.base import Fees, Watch
from bot.signals.order_book import (
    BookImbalance,
    DepthImbalance,
    QueueImbalance,
    Spread,
    WeightedMid,
)
from bot.signals.order_flow import MultiLevelFlow, OrderFlowImbalance
from bot.signals.publish import look
from bot.signals.table import SignalTable
from bot.signals.trades import TradeImbalance, VwapDeviation
from bot.tape.columns import Rows, columns
from bot.tape.cut import join
from bot.tape.rows import Block, Int64s
from bot.tape.venue_order import FOREVER
from bot.venues.simulated.arrays import RESTING as RESTS
from tests.conftest import recordings_folder
from tests.recordings import tapes
from tests.recordings.configs import config

ROWS_MIN = 10_000_000
RUNS = 5
KERNELS_GATE, PIPELINE_GATE = 25.0, 12.0
NEVER_WAKES = float("inf")


class Repeated:
    """One block again and again, each time a little later."""

    def __init__(self, name: str, block: Block, times: int) -> None:
        self.name = name
        span = block.last_ns - block.first_ns + 1_000_000
        self._blocks = [
            structs.replace(
                block, ts_recv=block.ts_recv + k * span, ts_venue=block.ts_venue + k * span
            )
            for k in range(times)
        ]

    def blocks(self) -> Iterator[Block]:
        """Its rows."""
        return iter(self._blocks)

    def events(self) -> Iterator[AnyEvent]:
        """None."""
        return iter(())


def timed(work: Callable[[], None], rows: int) -> str:
    """Best and median speed of a piece of work over so many rows."""
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return (
        f"best {rows / min(took) / 1e6:6.1f} M rows/s ({min(took) / rows * 1e9:5.1f} ns a row), "
        f"median {rows / median(took) / 1e6:6.1f}"
    )


def first_family() -> dict[str, Watch]:
    """The book's and the flow's signals, none of which ever wakes anybody."""
    one, wake = tapes.BTC, NEVER_WAKES
    return {
        "queue": QueueImbalance(one, wake=wake),
        "levels": BookImbalance(one, wake=wake),
        "decaying": BookImbalance(one, decay=0.5, wake=wake),
        "depth": DepthImbalance(one, wake=wake),
        "fair": WeightedMid(one, wake=wake),
        "flow": OrderFlowImbalance(one, wake=wake),
        "flows": MultiLevelFlow(one, wake=wake),
        "trades": TradeImbalance(one, wake=wake),
        "spread": Spread(one, wake=wake),
        "vwap": VwapDeviation(one, wake=wake),
    }


def kernels(recording: Recording, source: Repeated, rows: int, watches: dict[str, Watch]) -> str:
    """Books and signals alone."""
    instrument = recording.instruments[tapes.BTC]
    fees = {tapes.BTC: Fees(instrument.lot, instrument.lot)}
    terms = Terms([instrument], fees, Currency("USDT"), {})
    blocks = [(columns(block), block.stop) for block in source.blocks()]
    window = window_for(int(np.median(blocks[0][0].price)))

    def work() -> None:
        table = SignalTable([watches], terms, 1)
        book, posts = arrays.empty((window,), 16_384), nobody(1)
        wakes = 0
        for columned, stop in blocks:
            places = placed(book, table.arrays, posts)
            while places[CURSOR] < stop:
                reason = advance(columned, stop, FOREVER, places)
                assert reason != GROW, "the book has no room"
                look(table.arrays, 1)
                wakes += reason == WOKE
        # Only what becomes known, or unknown, wakes: nobody watches the values.
        assert wakes < 100 * len(blocks), wakes

    return timed(work, rows)


def strategies(band: float, wake: float, lean_min: float) -> dict[str, dict[str, Any]]:
    """A hedge of a curved inventory and a taker that leans with the trades."""
    return {
        "hedge": {
            "use": "delta_hedge",
            "perp": tapes.BTC,
            "inventory": 1.0,
            "band": band,
            "gamma": 0.05,
            "gamma_price": 61_700.0,
            "wake_bps": 1.0,
        },
        "taker": {
            "use": str(Path(__file__).parent / "lean.py"),
            "instrument": tapes.BTC,
            "size": 0.01,
            "wake": wake,
            "lean_min": lean_min,
        },
    }


SELDOM = strategies(band=2.0, wake=0.3, lean_min=0.99999999)
"""Asked once in a thousand rows, and ordering once in thirteen thousand."""
OFTEN = strategies(band=0.25, wake=0.75, lean_min=0.9999999)
"""Ordering once in four thousand rows."""
RESTING = {
    "rest": {
        "use": str(Path(__file__).parent / "rest.py"),
        "instrument": tapes.BTC,
        "size": 0.002,
        "away_bps": 4.0,
        "wake_bps": 0.15,
    },
}
"""Asked once in a thousand rows, with an order resting nearly always."""


def pipeline(
    recording: Recording,
    source: Repeated,
    rows: int,
    asked: dict[str, dict[str, Any]],
    resting_least: float,
) -> tuple[str, str]:
    """Both cursors, two strategies, risk, ledger and a journal in memory.

    resting_least: the share of rows during which an order of ours must rest.
    """
    made = setup.of(config(asked, ["binanceusdm"]), [recording.instruments[tapes.BTC]], "t1")
    together = resting = 0

    def wire(*given: Any) -> Driver:
        drive = setup.driver(*given)
        advance = drive.engine.advance

        def counted(rows: Rows, stop: int, until_ns: int, places: Int64s) -> int:
            nonlocal together, resting
            before, busy = int(places[CURSOR]), drive._together.busy
            rests = int(drive.venue.arrays.head[0, RESTS])
            reason = advance(rows, stop, until_ns, places)
            taken = int(rows.first[int(places[CURSOR])] - rows.first[before])
            together += taken if busy else 0
            resting += taken if rests else 0
            return reason

        drive.engine.advance = counted
        return drive

    counts = replay.run(made, [source], watched=False, wire=wire).counts
    assert counts.rows == rows
    assert 500 <= rows / counts.decisions <= 2_000, rows / counts.decisions
    assert counts.fills >= 100, counts.fills
    assert together >= 0.95 * rows, "both cursors are on"
    assert resting >= resting_least * rows, resting / rows
    told = (
        f"one decision in {rows // counts.decisions:,} rows, one order in "
        f"{rows // counts.orders:,}; {counts.orders:,} orders, {counts.fills:,} fills, "
        f"both cursors on for {together / rows:.0%} of the rows, an order resting "
        f"for {resting / rows:.0%}"
    )
    return timed(lambda: _again(made, source), rows), told


def _again(made: setup.Setup, source: Repeated) -> None:
    replay.run(made, [source], watched=False)


def merged(recording: Recording) -> str:
    """All six instruments from disk, with reading and merging."""
    hedge = {"use": "delta_hedge", "perp": tapes.BTC, "inventory": 1.0, "band": 0.5}
    made = setup.of(config({"hedge": hedge}), recording.instruments.values(), "t1")
    rows = replay.run(made, recording.sources(), watched=False).counts.rows
    return timed(lambda: _replay(made, recording), rows)


def _replay(made: setup.Setup, recording: Recording) -> None:
    replay.run(made, recording.sources(), watched=False)


def oracle(block: Block) -> str:
    """Plain Python over the same rows: a dict of levels, nothing else."""
    sides: dict[int, dict[int, int]] = {1: {}, -1: {}}
    rows = min(block.rows, 200_000)
    listed = list(
        zip(
            block.kind[:rows].tolist(),
            block.side[:rows].tolist(),
            block.price[:rows].tolist(),
            block.size[:rows].tolist(),
            strict=True,
        )
    )

    def work() -> None:
        for kind, side, price, size in listed:
            if kind == 0:
                if size:
                    sides[side][price] = size
                else:
                    sides[side].pop(price, None)

    return timed(work, rows)


def hftbacktest(recording: Recording) -> str:
    """The same rows in hftbacktest, when an interpreter that has it is named."""
    interpreter = os.environ.get("BENCH_HFTBACKTEST_PYTHON")
    if interpreter is None:
        return "NOT RUN: BENCH_HFTBACKTEST_PYTHON names no interpreter that has it"
    from bot.recording.exporters.hftbacktest import export_hftbacktest

    with TemporaryDirectory() as folder:
        path = Path(folder) / "btc.npz"
        (source,) = recording.sources([tapes.BTC])
        export_hftbacktest(source, path)
        script = Path(__file__).parent / "hftbacktest_pass.py"
        done = subprocess.run(
            [interpreter, str(script), str(path)], capture_output=True, text=True, check=True
        )
    told = json.loads(done.stdout.splitlines()[-1])
    return f"{told['rows'] / told['seconds'] / 1e6:6.1f} M rows/s over {told['rows']:,} rows"


def main() -> None:
    """Import the captures, then measure."""
    with TemporaryDirectory() as folder:
        tapes.import_2024(recordings_folder(), Path(folder))
        recording = Recording.open(Path(folder))
        (source,) = recording.sources([tapes.BTC])
        block = join(list(source.blocks()))
        times = -(-ROWS_MIN // block.rows)
        rows = block.rows * times
        assert block.rows == 598_753
        repeated = Repeated(tapes.BTC, block, times)
        print(f"BTC perpetual, {rows:,} rows")
        print("sum of a column        ", timed(lambda: _sum(block, times), rows))
        print("book alone             ", kernels(recording, repeated, rows, {}))
        print(
            "book and first family  ",
            kernels(recording, repeated, rows, first_family()),
            f"gate {KERNELS_GATE:g}",
        )
        speed, told = pipeline(recording, repeated, rows, SELDOM, 0.0)
        print("whole pipeline         ", speed, f"gate {PIPELINE_GATE:g}; {told}")
        speed, told = pipeline(recording, repeated, rows, OFTEN, 0.0)
        print("the same, orders often ", speed, told)
        speed, told = pipeline(recording, repeated, rows, RESTING, 0.8)
        print("an order always resting", speed, f"gate {PIPELINE_GATE:g}; {told}")
        print("six instruments, merged", merged(recording))
        print("plain-Python dict book ", oracle(block))
        print("hftbacktest            ", hftbacktest(recording))


def _sum(block: Block, times: int) -> None:
    for _ in range(times):
        assert int(block.size.sum()) > 0


if __name__ == "__main__":
    main()
