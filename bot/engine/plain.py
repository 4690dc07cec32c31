"""Showing a message to the plain-Python signals of its instrument."""

from bot.book.layout import NEVER, SCALAR, SCALAR_NS
from bot.engine.state import State
from bot.signals.custom import Message
from bot.signals.touch import ASKS_ONLY, BIDS_ONLY, BOTH, FROM_BOOK, read_touch
from bot.tape.rows import INDEX, MARK, SCALAR_SCALE, TRADE, Block


def look_plain(state: State, block: Block, m: int) -> None:
    """Compute the plain-Python signals that concern message `m`, which was just taken in."""
    i = int(block.instrument[m])
    table = state.market.table
    message: Message | None = None
    for signal, instrument, watch in table.plain_signals:
        if instrument == i:
            if message is None:
                message = _message(state, block, m, i)
            table.publish(signal, watch.update(message, table.memories[signal]))


def _message(state: State, block: Block, m: int, i: int) -> Message:
    listed = state.terms.listed[i]
    tick = float(listed.grid.tick)
    lot = float(listed.lot if listed.inverse else listed.lot * listed.contract_size)
    trades = tuple(
        (int(block.side[r]), float(block.price[r]) * tick, float(block.size[r]) * lot)
        for r in range(int(block.first[m]), int(block.first[m + 1]))
        if block.kind[r] == TRADE
    )
    sides, bid, bid_size, ask, ask_size = read_touch(state.market.book, i, FROM_BOOK)
    return Message(
        t=int(block.ts_recv[m]),
        trades=trades,
        bid=(bid * tick, bid_size * lot) if sides in (BOTH, BIDS_ONLY) else None,
        ask=(ask * tick, ask_size * lot) if sides in (BOTH, ASKS_ONLY) else None,
        mark=_scalar(state, i, MARK),
        index=_scalar(state, i, INDEX),
    )


def _scalar(state: State, i: int, field: int) -> float | None:
    head = state.market.book.head
    if head[i, SCALAR_NS + field] == NEVER:
        return None
    return float(head[i, SCALAR + field]) / SCALAR_SCALE
