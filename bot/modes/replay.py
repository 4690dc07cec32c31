"""A run over a tape that is there already, as a plain function."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import chain

from bot.journal.memory import MemoryJournal
from bot.journal.port import Journal
from bot.model.event import AnyEvent
from bot.modes.clock import CPU
from bot.modes.driver import Driver, TapeSink
from bot.modes.result import Result, conclude
from bot.modes.retold import SessionMarket
from bot.modes.series import Series, sample
from bot.modes.setup import Setup, deposits, driver, priced
from bot.modes.sources import Recorded, time_of
from bot.tape.cut import cut
from bot.tape.merge import Source, merge
from bot.tape.rows import Block

__all__ = ["Result", "run"]

Wire = Callable[[Setup, Journal, TapeSink | None], Driver]


def run(
    setup: Setup,
    tape: Sequence[Source] | SessionMarket,
    *,
    journal: Journal | None = None,
    sink: TapeSink | None = None,
    rows: int | None = None,
    watched: bool = True,
    wire: Wire = driver,
) -> Result:
    """Replay a tape under a setup; the same arguments give the same result, to the last bit.

    tape: sources to be merged, or the market of a session, which is merged already.
    rows: cut the tape into blocks of at most so many rows; that changes nothing.
    watched: sample what a report draws; without, the result's series are empty but for its end.
    wire: makes the driver.
    """
    merged = tape.items() if isinstance(tape, SessionMarket) else merge(tape)
    items = _cut(merged, rows)
    first = next(items, None)
    if journal is None:
        journal = MemoryJournal(run=b"", seq=0, ts_ns=0, keep=False)
    if isinstance(first, Block):
        setup = priced(setup, first)
    drive = wire(setup, journal, sink)
    state = drive.engine.state
    series = Series(state)
    if watched:
        drive.observer = series.watch
    first_ns = 0 if first is None else time_of(first)
    began = CPU()
    _finish(drive.begin(deposits(setup, first_ns)))
    before = sample(state)
    _finish(drive.run(Recorded(items if first is None else chain([first], items))))
    seconds = max(CPU() - began, 1) / 1e9
    return conclude(
        "replay",
        setup,
        state,
        drive.recorder,
        series,
        before=before.equity,
        first_ns=first_ns,
        rows_per_second=round(drive.recorder.counts.rows / seconds),
        unfunded=[str(one) for one in drive.venue.unfunded],
        unsettled=drive.venue.unsettled,
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
