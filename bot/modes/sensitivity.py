"""A run again under other lines and queue rules, on as many processes as there are.

A backtest rests on what nobody measured: how fast the line was, and where in the queue we
stood. What changes its sign when those change was never earned.
"""

import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal, localcontext
from typing import Final

from msgspec import Struct, structs

from bot.config.venue import VenueSettings
from bot.model.money import MONEY
from bot.model.units import Currency, InstrumentId
from bot.modes import replay
from bot.modes.assumed import Case, Sensitivity, judged
from bot.modes.result import Result, queue_words
from bot.modes.retold import SessionMarket
from bot.modes.series import Sample
from bot.modes.setup import Setup
from bot.modes.words import split_key
from bot.tape.merge import Source

QUEUES: Final = (("risk_averse", 3), ("power_of_front", 3), ("log", 3))
"""From the strict rule to the kind: their n where they have one."""
SEED: Final = 1


Tape = Sequence[Source] | SessionMarket


Recipe = Callable[[], Setup]
"""Makes the setup of a run. It crosses processes where the setup itself may not: strategies that
are files are read anew there."""


class Variant(Struct, frozen=True):
    """One cell of the grid: a line in words, whether it is the run's own, and the venue."""

    line: str
    as_run: bool
    own: bool
    venue: VenueSettings


def grid(venue: VenueSettings) -> list[Variant]:
    """The line half and twice as slow, as it is, and with a tail; under each queue rule."""
    lines = (
        ("latency × 0.5", venue.line.scaled(1, 2)),
        ("latency as run", venue.line),
        ("latency × 2", venue.line.scaled(2, 1)),
        ("latency with a log-normal tail", venue.line.with_tail(SEED)),
    )
    queues = [(venue.queue, venue.queue_power)]
    queues += [rule for rule in QUEUES if _said(venue, rule) != queue_words(venue)]
    queues.sort(key=lambda rule: rule[0] != "risk_averse")
    found = []
    for line, terms in lines:
        for name, power in queues:
            changed = structs.replace(venue, line=terms, queue=name, queue_power=power)
            as_run = line == "latency as run"
            own = as_run and queue_words(changed) == queue_words(venue)
            found.append(Variant(line, as_run, own, changed))
    return found


def sensitivity(
    make: Recipe, tape: Tape, *, result: Result | None = None, processes: int = 1
) -> Sensitivity:
    """Every case of the grid; the same whatever the processes.

    result: of the run itself, where it was made by a replay of the same tape; else that is made
    as well. Each case costs what the replay costs.
    """
    variants = grid(make().venue)
    todo = [one for one in variants if result is None or not one.own]
    jobs = [(make, one.venue, tape) for one in todo]
    made = dict(zip(map(id, todo), _made(jobs, processes), strict=True))
    return judged([_case(one, made.get(id(one), result)) for one in variants])


_Job = tuple[Recipe, VenueSettings, Tape]


def _made(jobs: Sequence[_Job], processes: int) -> Iterator[Result]:
    if processes <= 1:
        yield from map(_run, jobs)
        return
    # Forked processes would share locks that nobody in them lets go of.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(jobs)), mp_context=spawned) as pool:
        yield from pool.map(_run, jobs)


def _run(job: _Job) -> Result:
    make, venue, tape = job
    return replay.run(structs.replace(make(), venue=venue), tape)


def _case(variant: Variant, result: Result | None) -> Case:
    assert result is not None, "every case was made, or was the run itself"
    makers = sum(trade.maker for trade in result.trades)
    fills = len(result.trades)
    return Case(
        line=variant.line,
        queue=queue_words(variant.venue),
        as_run=variant.as_run,
        own=variant.own,
        equity_change=result.equity_change,
        fills=fills,
        maker_share=makers / fills if fills else None,
        unhedged=unhedged(result),
    )


def unhedged(result: Result) -> Decimal | None:
    """Mean over the samples of what is left of each coin's positions, at mids in quote.

    None when nothing was sampled, or something that was held had no price.
    """
    sizes = [_uncovered(result, one) for one in result.samples]
    known = [size for size in sizes if size is not None]
    if not known or len(known) < len(sizes):
        return None
    with localcontext(MONEY):
        return sum(known, Decimal(0)) / len(known)


def _uncovered(result: Result, sample: Sample) -> Decimal | None:
    listed = {one.id: one for one in result.instruments}
    left: dict[Currency, Decimal] = defaultdict(Decimal)
    for key, lots in sample.positions.items():
        if not lots:
            continue
        instrument = listed[InstrumentId(split_key(key)[1])]
        mid = sample.mids.get(instrument.id)
        if mid is None:
            return None
        with localcontext(MONEY):
            left[instrument.base] += instrument.base_amount(lots, mid) * mid
    return sum((abs(worth) for worth in left.values()), Decimal(0))


def _said(venue: VenueSettings, rule: tuple[str, int]) -> str:
    return queue_words(structs.replace(venue, queue=rule[0], queue_power=rule[1]))
