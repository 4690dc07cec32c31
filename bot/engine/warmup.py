"""Before the first decision: history fills the windows, and each score says what it still lacks."""

import math
from collections.abc import Iterable

from msgspec import Struct

from bot.engine.advance import advance
from bot.engine.intake import take_block, take_event
from bot.engine.state import State
from bot.model.event import AnyEvent, Heartbeat, MarketEvent, Timer
from bot.model.units import StrategyName
from bot.signals.arrays import LENGTH, STANDARD, STANDARD_STATE
from bot.signals.entries import Entry
from bot.signals.standard import COUNT, window_ready
from bot.tape.columns import columns
from bot.tape.rows import Block
from bot.tape.venue_order import FOREVER


class Warmup(Struct, frozen=True):
    """How far a score of a strategy is.

    known: whether it has a value. seconds: of samples that its z still needs, in a market that
    goes on; 0: the z is ready, or there is none.
    """

    strategy: StrategyName
    name: str
    known: bool
    seconds: int

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return self.known and self.seconds == 0


def warm(state: State, items: Iterable[Block | AnyEvent]) -> None:
    """Take history in with deciding off: books, scores and windows fill, nothing else moves.

    It has no place on the tape of this run, so it is not counted. Afterwards every strategy is
    woken by the next message of anything that it watches.
    """
    seq = state.seq
    for item in items:
        if isinstance(item, Block):
            left = item
            while left.messages:
                due = state.gauges.due_ns
                if due is not None and due < left.first_ns:
                    state.gauges.look(due, state.chains)
                    continue
                until_ns = FOREVER if due is None else due
                taken = take_block(state, left, columns(left), advance, until_ns)
                left = left.part(left.start + taken.consumed, left.stop)
        elif isinstance(item, MarketEvent | Timer | Heartbeat):
            take_event(state, item)
        else:
            raise TypeError(f"history: got {type(item).__name__}, expected market data only")
    state.seq = seq
    for entries in state.market.table.entries:
        for entry in entries.values():
            state.market.table.force(entry)


def warmup(state: State) -> list[Warmup]:
    """What every score of every strategy still lacks."""
    return [
        Warmup(
            strategy,
            name,
            bool(state.market.table.arrays.known[entry.slot]),
            _seconds(state, entry),
        )
        for strategy, entries in zip(state.names, state.market.table.entries, strict=True)
        for name, entry in entries.items()
    ]


def _seconds(state: State, entry: Entry) -> int:
    signals = state.market.table.arrays
    k = int(signals.spec[entry.signal, STANDARD])
    if k < 0:
        return 0
    length, at = int(signals.standard[k, LENGTH]), int(signals.standard[k, STANDARD_STATE])
    if window_ready(signals.state, at, length):
        return 0
    return math.ceil(max(10.0, length / 3.0)) - int(signals.state[at + COUNT])
