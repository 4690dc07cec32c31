"""Taking one item in: what it changes, and which strategies must look."""

from collections.abc import Callable
from typing import Any, Final, get_args

from msgspec.structs import replace

from bot.engine import operator, reports
from bot.engine.advance import CURSOR, GROW, PYTHON, REACHED, Advance
from bot.engine.allowance import heed_alarms
from bot.engine.checks import UNREAD, check_block, check_event
from bot.engine.hunger import check_age, notice_stale, put_off
from bot.engine.outcome import Asked
from bot.engine.plain import fail_gauges, look_plain
from bot.engine.state import DAY_NS, State
from bot.engine.taken import NOTHING, Taken
from bot.errors import DataError
from bot.model.event import (
    AnyEvent,
    CancelRequested,
    FeedLost,
    FeedRestored,
    FundingRate,
    Heartbeat,
    InstrumentChanged,
    IntentDurable,
    MarketEvent,
    OperatorCommand,
    OptionTickers,
    OrderSent,
    Timer,
)
from bot.tape.columns import Rows
from bot.tape.rows import OPEN, Block
from bot.tape.venue_order import FOREVER


def take_block(
    state: State, block: Block, rows: Rows, advance: Advance, until_ns: int = FOREVER
) -> Taken:
    """Take rows in up to the first message that makes someone look, none after `until_ns`.

    None either after the engine itself is due, unless that time had passed before the block.
    rows: the block's columns. advance: the compiled loop. It stops early, too, where a venue
    that moves along must act.
    """
    check_block(state, block)
    if not block.messages:
        return NOTHING
    market = state.market
    places = market.places
    taken = places[CURSOR] = block.start
    failed: tuple[Asked, ...] = ()
    first_ns = block.first_ns
    if not state.gauges.none:
        # Nobody else knows yet when the first look after a silence is due.
        state.gauges.listen(first_ns)
    if market.sentries.due_ns < first_ns:
        market.sentries.ring(first_ns)  # Whoever gives rows beyond it did not listen.
    due_ns = state.due_ns if state.gauges.none else next_due(state)
    while True:
        before = taken
        if due_ns < first_ns:
            due_ns = FOREVER
        reason = advance(rows, block.stop, min(until_ns, due_ns), places)
        taken, last_ns, flags = market.stopped
        if taken > before:
            # A message that goes on in the next block is not counted before it is whole.
            state.seq += taken - before - (1 if flags & OPEN else 0)
            state.moves += 1
            market.moved(last_ns)
            if not state.gauges.none:
                state.gauges.listen(market.now)
            if not state.chains.none:
                state.chains.take_trades(block, before, taken)
        if reason == GROW:
            market.grow()
        elif reason == PYTHON:
            market.table.refit()
            failed = look_plain(state, block, taken - 1)
            if failed or market.table.anyone_woken:
                break
        elif reason != REACHED or taken == block.stop:
            break
        elif due_ns >= min(until_ns, market.sentries.due_ns) or not put_off(state, due_ns):
            break  # It stopped for something else, or must be woken.
        due_ns = next_due(state)
    stirred = bool(failed)
    return Taken(consumed=taken - block.start, woken=woken(state), stirred=stirred, failed=failed)


def woken(state: State) -> tuple[int, ...]:
    """The strategies that a score has woken; all that they watch counts as seen."""
    bits = state.market.table.woken()
    if not bits:
        return ()
    return tuple(s for s in range(len(state.names)) if bits >> s & 1)


def take_event(state: State, event: AnyEvent) -> Taken:
    """Take an event in."""
    check_event(state, event)
    state.seq += 1
    market = state.market
    if event.ts_recv > market.now:
        market.now = event.ts_recv
    kind = type(event)
    taker = _TAKERS.get(kind, reports.take_report)
    if taker is not _take_own_act:
        state.moves += 1
    if state.gauges.none:
        return taker(state, event)
    if kind in _MARKET:
        state.gauges.hear(event)  # type: ignore[arg-type]  # of those kinds
    elif kind in _CLOCKS:
        state.gauges.look(event.ts_recv, state.chains)
    notice_stale(state)
    failed = fail_gauges(state)
    heed_alarms(state)
    taken = taker(state, event)
    return replace(taken, failed=failed + taken.failed, stirred=True) if failed else taken


def _take_tickers(state: State, event: OptionTickers) -> Taken:
    """What was quoted of options; a second that passes with it is computed before."""
    try:
        chains = state.chains.take(event)
    except ValueError as error:
        raise DataError(
            f"OptionTickers at {event.ts_recv} ns",
            str(error),
            "columns of a chain's tickers",
            "import the original recording again",
        ) from error
    state.gauges.listen(event.ts_recv)
    for chain in chains:
        state.gauges.take_chain(chain)
    notice_stale(state)
    return Taken(woken=woken(state))


def _take_news(state: State, event: AnyEvent) -> Taken:
    """What only gauges hear, who have heard it."""
    del event
    return Taken(woken=woken(state))


def _take_own_act(state: State, event: AnyEvent) -> Taken:
    """What our own acts change was planned when they were."""
    taken = reports.take_report(state, event)
    return Taken(notes=taken.notes) if taken.notes else NOTHING


def _take_command(state: State, event: OperatorCommand) -> Taken:
    return Taken(stirred=True, notes=operator.obey(state, event))


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


def _take_time(state: State, event: Timer | Heartbeat) -> Taken:
    """A time has come: scores may have become stale, a day may have begun, orders may be due."""
    del event
    now = state.now
    for instrument in state.market.sentries.ring(now):
        state.desk.look(instrument)
    if state.started is not None and now // DAY_NS != state.started.day:
        state.begin_day()
    woken_now: list[int] = []
    for s, check in enumerate(state.check_ns):
        if check is not None and now >= check:
            check_age(state, s)
    if state.postponed:
        for s in sorted(state.postponed):
            if now >= state.asked_ns[s] + state.quiet_ns[s]:
                woken_now.append(s)
        state.postponed.difference_update(woken_now)
    looks = woken(state)
    if looks:
        woken_now = sorted({*woken_now, *looks})
    return Taken(woken=tuple(woken_now), stirred=True)


def next_due(state: State) -> int:
    """When the engine wants to be woken though nothing happens; FOREVER: not by itself."""
    due = state.market.sentries.due_ns
    for time in (state.desk.due(), state.gauges.due_ns, *state.check_ns):
        if time is not None and time < due:
            due = time
    for s in state.postponed:
        due = min(due, state.asked_ns[s] + state.quiet_ns[s])
    if state.started is not None:
        due = min(due, (state.started.day + 1) * DAY_NS)
    return due


_MARKET: Final = frozenset(get_args(MarketEvent))
_CLOCKS: Final = frozenset({Timer, Heartbeat})

_TAKERS: Final[dict[type[AnyEvent], Callable[[State, Any], Taken]]] = {
    Timer: _take_time,
    Heartbeat: _take_time,
    FeedLost: _take_market,
    FeedRestored: _take_market,
    InstrumentChanged: _take_market,
    FundingRate: _take_market,
    **dict.fromkeys(UNREAD, _take_news),
    OptionTickers: _take_tickers,
    IntentDurable: _take_own_act,
    OrderSent: _take_own_act,
    CancelRequested: _take_own_act,
    OperatorCommand: _take_command,
}
"""What else there is are reports of orders and of accounts."""
