"""Showing a message to the plain-Python signals of its instrument."""

from bot.book.layout import NEVER, SCALAR, SCALAR_NS
from bot.engine.attempt import attempt
from bot.engine.author import fail
from bot.engine.outcome import Asked
from bot.engine.state import State
from bot.signals.custom import Message
from bot.signals.touch import ASKS_ONLY, BIDS_ONLY, BOTH, FROM_BOOK, read_touch
from bot.tape.rows import CONTINUES, INDEX, MARK, OPEN, SCALAR_SCALE, TRADE, Block


def look_plain(state: State, block: Block, m: int) -> tuple[Asked, ...]:
    """Compute the plain-Python signals that concern message `m`, which was just taken in.

    A message that a block cuts is shown when it is whole. Strategies that watch a signal which
    raises are halted; returns them.
    """
    i, flags = int(block.instrument[m]), int(block.flags[m])
    if not flags & CONTINUES:
        state.open_trades.clear()
    state.open_trades += _trades(state, block, m)
    if flags & OPEN:
        return ()
    message = _message(state, int(block.ts_recv[m]), i)
    table = state.market.table
    failed: list[Asked] = []
    for signal, instrument, watch in table.plain_signals:
        if instrument != i or signal in state.broken:
            continue
        memory = table.memories[signal]
        _, fault = attempt(lambda: table.publish(signal, watch.update(message, memory)))  # noqa: B023 - called at once
        if fault is not None:
            state.broken.add(signal)
            table.publish(signal, None)
            failed += _fail_watchers(state, signal, f"{type(watch).__name__}: {fault}")
    return tuple(failed)


def fail_gauges(state: State) -> tuple[Asked, ...]:
    """Halt everyone who watches a gauge that has raised; returns them."""
    failed: list[Asked] = []
    for signal, fault in state.gauges.faults():
        failed += _fail_watchers(state, signal, fault)
    return tuple(failed)


def _fail_watchers(state: State, signal: int, fault: str) -> list[Asked]:
    """Halt everyone who watches a signal that is broken; it stays unknown."""
    failed = []
    for name, entries in zip(state.names, state.market.table.entries, strict=True):
        if name not in state.failed and any(one.signal == signal for one in entries.values()):
            fail(state, name, fault)
            failed.append(Asked(name, None, (), (), fault))
    return failed


def _trades(state: State, block: Block, m: int) -> list[tuple[int, float, float]]:
    tick, lot = state.terms.units[int(block.instrument[m])]
    return [
        (int(block.side[r]), float(block.price[r]) * tick, float(block.size[r]) * lot)
        for r in range(int(block.first[m]), int(block.first[m + 1]))
        if block.kind[r] == TRADE
    ]


def _message(state: State, t: int, i: int) -> Message:
    tick, lot = state.terms.units[i]
    sides, bid, bid_size, ask, ask_size = read_touch(state.market.book, i, FROM_BOOK)
    return Message(
        t=t,
        trades=tuple(state.open_trades),
        bid=(float(bid) * tick, float(bid_size) * lot) if sides in (BOTH, BIDS_ONLY) else None,
        ask=(float(ask) * tick, float(ask_size) * lot) if sides in (BOTH, ASKS_ONLY) else None,
        mark=_scalar(state, i, MARK),
        index=_scalar(state, i, INDEX),
    )


def _scalar(state: State, i: int, field: int) -> float | None:
    head = state.market.book.head
    if head[i, SCALAR_NS + field] == NEVER:
        return None
    return float(head[i, SCALAR + field]) / SCALAR_SCALE
