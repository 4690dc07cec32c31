"""A run over a tape that is there already, as a plain function."""

from collections.abc import Coroutine, Iterator, Sequence
from decimal import Decimal
from itertools import chain

from msgspec import Struct

from bot.journal.memory import MemoryJournal
from bot.journal.port import Journal
from bot.ledger.money import MONEY
from bot.model.event import AnyEvent
from bot.model.units import NS_PER_MS, NS_PER_US
from bot.modes.clock import CPU
from bot.modes.driver import TapeSink
from bot.modes.recorder import Counts
from bot.modes.series import Sample, Series, Trade, as_parts, sample
from bot.modes.setup import Setup, deposits, driver, priced
from bot.modes.sources import Recorded, time_of
from bot.tape.cut import cut
from bot.tape.merge import Source, merge
from bot.tape.rows import Block


class Result(Struct, frozen=True, kw_only=True):
    """What came of a run.

    equity_change, attribution: in the reporting currency, valued at mids; None and empty while
    a price is unknown. crossed_books: messages that left a book crossed or locked, before any
    rule ignored them. rows_per_second: of processor time, this process.
    """

    counts: Counts
    baskets_closed: int
    baskets_unwound: int
    rows_per_second: int
    equity_change: Decimal | None
    attribution: dict[str, Decimal]
    outcome_hash: str
    crossed_books: int
    sequence_gaps: int
    first_ns: int
    last_ns: int
    notes: list[tuple[int, str]]
    unfunded: list[str]
    dust: list[str]
    samples: list[Sample]
    trades: list[Trade]
    assumptions: dict[str, str]


def run(
    setup: Setup,
    tape: Sequence[Source],
    *,
    journal: Journal | None = None,
    sink: TapeSink | None = None,
    rows: int | None = None,
) -> Result:
    """Replay a tape under a setup; the same arguments give the same result, to the last bit.

    rows: cut the tape into blocks of at most so many rows; that changes nothing.
    """
    items = _cut(merge(tape), rows)
    first = next(items, None)
    if journal is None:
        journal = MemoryJournal(run=b"", seq=0, ts_ns=0, keep=False)
    if isinstance(first, Block):
        setup = priced(setup, first)
    drive = driver(setup, journal, sink)
    state = drive.engine.state
    series = Series(state)
    drive.observer = series.watch
    first_ns = 0 if first is None else time_of(first)
    began = CPU()
    _finish(drive.begin(deposits(setup, first_ns)))
    before = sample(state)
    _finish(drive.run(Recorded(items if first is None else chain([first], items))))
    seconds = max(CPU() - began, 1) / 1e9
    series.sample()
    after = series.samples[-1]
    change = None
    if before.equity is not None and after.equity is not None:
        change = MONEY.subtract(after.equity, before.equity)
    return Result(
        counts=drive.recorder.counts,
        baskets_closed=state.desk.baskets_closed,
        baskets_unwound=state.desk.baskets_unwound,
        rows_per_second=round(drive.recorder.counts.rows / seconds),
        equity_change=change,
        attribution=as_parts(state.ledger.attribution(state.market)),
        outcome_hash=drive.recorder.outcome_hash,
        crossed_books=state.market.crossed,
        sequence_gaps=state.market.gaps,
        first_ns=first_ns,
        last_ns=state.now,
        notes=drive.recorder.notes,
        unfunded=[str(one) for one in drive.venue.unfunded],
        dust=[f"{one.strategy} {one.instrument} {one.quantity}" for one in state.desk.dust()],
        samples=series.samples,
        trades=series.trades,
        assumptions=_assumptions(setup),
    )


def _finish(work: Coroutine[None, None, None]) -> None:
    """Run what never waits: replay needs no event loop."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("replay: got something to wait for, expected a journal in memory")


def _cut(items: Iterator[Block | AnyEvent], rows: int | None) -> Iterator[Block | AnyEvent]:
    for item in items:
        if rows is None or not isinstance(item, Block):
            yield item
        else:
            yield from cut(item, rows)


def _assumptions(setup: Setup) -> dict[str, str]:
    """What the figures rest on, for whoever reads them."""
    venue = setup.venue
    fees = {
        f"fees {name}": f"maker {one.maker}, taker {one.taker}"
        for name, one in sorted(setup.settings.fees.items())
    }
    return {
        "latency out": f"{venue.out_ns / NS_PER_MS:g} ms",
        "latency in": f"{venue.in_ns / NS_PER_MS:g} ms",
        "decision": f"{venue.decision_ns / NS_PER_US:g} us",
        "queue": venue.queue.replace("_", "-"),
        "own impact decays in": f"{venue.impact_decay_ns / NS_PER_MS:g} ms",
        "positions are valued at": f"the {setup.settings.limits.mark}",
        **fees,
    }
