"""Strategies without their scores: they starve, may only reduce, and are fed when data returns."""

from bot.engine.allowance import allow
from bot.engine.state import State
from bot.execution.permits import Permit
from bot.signals.entries import Entry


def lacks(state: State, s: int) -> str | None:
    """The first required score that is unknown or stale; notes when to look for stale ones next."""
    for name, entry in state.market.table.required[s]:
        wrong = _wrong(state, entry)
        if wrong is not None:
            return f"{name} is {wrong}"
    if state.check_ns[s] is None and state.market.table.ages[s]:
        state.check_ns[s] = _next_check(state, s)
    return None


def starve(state: State, s: int, why: str) -> None:
    """Let a strategy only reduce until its scores are known and fresh again."""
    name = state.names[s]
    if name not in state.starved:
        state.starved[name] = why
        if state.desk.permit(name).permit is Permit.TRADE:
            state.desk.reduce_only(name, why)
    table = state.market.table
    for entry in table.entries[s].values():
        # Only what is missing: a score that is fresh would wake it with every message.
        if _wrong(state, entry) is not None:
            table.force(entry)


def feed(state: State, s: int) -> None:
    """A starved strategy has all that it needs again."""
    name = state.names[s]
    why = state.starved.pop(name, None)
    if why is not None and state.desk.permit(name).why == why:
        allow(state, name)


def check_age(state: State, s: int) -> None:
    """Starve a strategy whose required scores have become too old; else look again later."""
    state.check_ns[s] = None
    lacking = lacks(state, s)
    if lacking is not None and state.names[s] not in state.failed:
        starve(state, s, lacking)


def put_off(state: State, due_ns: int) -> bool:
    """Move checks that are due at a time on to when what was heard since will be too old.

    False: none was, and whoever wants to be woken then must be.
    """
    moved = False
    for s, check_ns in enumerate(state.check_ns):
        if check_ns is None or check_ns > due_ns:
            continue
        if any(_wrong(state, entry) for _, entry in state.market.table.required[s]):
            continue
        later_ns = _next_check(state, s)
        if later_ns is not None and later_ns > due_ns:
            state.check_ns[s] = later_ns
            moved = True
    return moved


def notice_stale(state: State) -> None:
    """Have those looked at, now, who need a gauge that has just grown stale.

    Gauges are read at every second, and say so then; nobody would be asked for it otherwise.
    """
    table = state.market.table
    if table.grown_stale:
        for s, required in enumerate(table.required):
            if any(entry.gauge and entry.slot in table.grown_stale for _, entry in required):
                state.check_ns[s] = state.now
        table.grown_stale.clear()


def _wrong(state: State, entry: Entry) -> str | None:
    """What is wrong with a required score."""
    market = state.market
    if entry.watch.optional:
        return None
    if not market.table.knows(entry):
        return "unknown"
    return "stale" if market.table.stale(entry, market.book, market.now) else None


def _next_check(state: State, s: int) -> int | None:
    """The first moment at which a required score is stale if nothing comes."""
    market = state.market
    times = [
        market.table.expires_ns(entry, market.book)
        for _, entry in market.table.required[s]
        if not entry.gauge
    ]
    return min((expires + 1 for expires in times if expires is not None), default=None)
