"""Taking one item in: what it changes, and which strategies must look."""

import numpy as np
from msgspec import Struct

from bot.engine import operator, reports
from bot.engine.advance import GROW, PYTHON, Advance
from bot.engine.checks import check_block, check_event
from bot.engine.hunger import check_age
from bot.engine.outcome import Asked
from bot.engine.plain import look_plain
from bot.engine.state import DAY_NS, State
from bot.ledger.postings import Posting
from bot.model.event import (
    AnyEvent,
    CancelRequested,
    FeedLost,
    FeedRestored,
    FundingRate,
    FundingTerms,
    Heartbeat,
    InstrumentChanged,
    IntentDurable,
    Liquidation,
    LiquidationVolume,
    LongShortRatio,
    OpenInterest,
    OpenInterestWorth,
    OperatorCommand,
    OrderSent,
    TakerVolume,
    Timer,
)
from bot.signals.arrays import WOKEN
from bot.signals.publish import look
from bot.tape.columns import columns
from bot.tape.rows import Block


class Taken(Struct, gc=False):
    """What taking an item in came to.

    consumed: messages of a block. woken: numbers of the strategies that must look. stirred:
    whether orders have to be planned even if nobody looks. failed: strategies whose own signals
    raised, as if they had been asked.
    """

    consumed: int = 0
    woken: tuple[int, ...] = ()
    stirred: bool = False
    postings: tuple[Posting, ...] = ()
    notes: tuple[str, ...] = ()
    failed: tuple[Asked, ...] = ()


def take_block(state: State, block: Block, advance: Advance) -> Taken:
    """Take rows in up to the first message that makes someone look.

    advance: the compiled loop. It stops early, too, where a venue that moves along must act.
    """
    check_block(state, block)
    cursor = np.array([block.start], np.int64)
    market = state.market
    failed: tuple[Asked, ...] = ()
    rows = columns(block)
    while True:
        before = int(cursor[0])
        reason = advance(rows, block.stop, market.book, market.table.arrays, cursor)
        taken = int(cursor[0])
        if taken > before:
            state.seq += block.part(before, taken).whole
            market.moved(int(block.ts_recv[taken - 1]))
        if reason == GROW:
            market.grow()
        elif reason == PYTHON:
            failed = look_plain(state, block, taken - 1)
            if failed or market.table.arrays.clock[WOKEN]:
                break
        else:
            break
    stirred = bool(failed)
    return Taken(consumed=taken - block.start, woken=woken(state), stirred=stirred, failed=failed)


def woken(state: State) -> tuple[int, ...]:
    """The strategies that a score has woken; all that they watch counts as seen."""
    bits = int(state.market.table.arrays.clock[WOKEN])
    if not bits:
        return ()
    look(state.market.table.arrays, bits)
    return tuple(s for s in range(len(state.names)) if bits >> s & 1)


def take_event(state: State, event: AnyEvent) -> Taken:
    """Take an event in."""
    check_event(state, event)
    state.seq += 1
    state.market.now = max(state.market.now, event.ts_recv)
    match event:
        case Timer() | Heartbeat():
            return _take_time(state)
        case FeedLost() | FeedRestored() | InstrumentChanged() | FundingRate():
            return _take_market(state, event)
        case (
            OpenInterest()
            | OpenInterestWorth()
            | Liquidation()
            | LiquidationVolume()
            | LongShortRatio()
            | TakerVolume()
            | FundingTerms()
        ):
            return Taken()
        case IntentDurable() | OrderSent() | CancelRequested():
            # Our own acts: what they change was planned when they were.
            told = reports.take_report(state, event)
            return Taken(notes=told.notes)
        case OperatorCommand():
            return Taken(stirred=True, notes=operator.obey(state, event))
        case _:
            told = reports.take_report(state, event)
            return Taken(woken=told.woken, stirred=True, postings=told.postings, notes=told.notes)


def _take_market(
    state: State, event: FeedLost | FeedRestored | InstrumentChanged | FundingRate
) -> Taken:
    """What moves scores and listings; a table with another row is shown to who watches it."""
    state.market.take(event)
    looks = set(woken(state))
    if isinstance(event, InstrumentChanged):
        name = event.instrument.id
        state.ledger.relist(event.instrument)
        state.desk.look(name)
        for s, groups in enumerate(state.groups):
            if any(name == one for group in groups.values() for one, _ in group.rows):
                looks.add(s)
    elif not isinstance(event, FundingRate):
        state.desk.look(event.instrument)
    return Taken(woken=tuple(sorted(looks)), stirred=not isinstance(event, FundingRate))


def _take_time(state: State) -> Taken:
    """A time has come: scores may have become stale, a day may have begun, orders may be due."""
    now = state.now
    if state.started is not None and now // DAY_NS != state.started.day:
        state.begin_day()
    woken_now: list[int] = []
    for s, check in enumerate(state.check_ns):
        if check is not None and now >= check:
            check_age(state, s)
    for s in sorted(state.postponed):
        if now >= state.asked_ns[s] + state.quiet_ns[s]:
            woken_now.append(s)
    state.postponed.difference_update(woken_now)
    return Taken(woken=tuple(woken_now), stirred=True)


def next_due(state: State) -> int | None:
    """When the engine wants to be woken though nothing happens."""
    times = [state.desk.due(), *state.check_ns]
    times += [state.asked_ns[s] + state.quiet_ns[s] for s in state.postponed]
    if state.started is not None:
        times.append((state.started.day + 1) * DAY_NS)
    return min((time for time in times if time is not None), default=None)
