"""Signals over a recording, with nobody deciding: what each said, and when.

The engine's own loop takes the tape in, so a score here is to the last bit what a strategy would
have read. A look at a time is of what had been received before it; nothing that is received
then or later has a part in it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from bot.config.configuration import Config
from bot.config.venue import tradable
from bot.engine.advance import advance
from bot.engine.intake import take_block, take_event
from bot.engine.settings import Settings
from bot.engine.state import State
from bot.errors import ConfigError, StrategyFailed, UsageError
from bot.execution.desk import DeskConfig
from bot.execution.stages import Budget
from bot.execution.working import Patience
from bot.model.event import AnyEvent
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_SECOND, AccountId, Currency, InstrumentId, StrategyName
from bot.modes.observed import Changes, Clock, Every, Growing, Messages, Observed
from bot.modes.setup import about
from bot.risk.limits import LimitBook, Limits, MarkReference
from bot.signals.base import Fees, Watch
from bot.signals.entries import Entry
from bot.signals.table import STRATEGIES_MAX
from bot.strategy.strategy import Strategy
from bot.tape.columns import Rows, columns
from bot.tape.cut import cut
from bot.tape.merge import Source, merge
from bot.tape.rows import OPEN, Block

SILENCE_NS_MAX: Final = 600 * NS_PER_SECOND
"""After so much silence, or one step, nobody looks until something is heard again."""

NEVER: Final = (1 << 63) - 1


class Onlooker(Strategy):
    """Watches one signal, and wants nothing."""

    watched: Watch
    wake: float

    def watches(self) -> Mapping[str, Watch]:
        """The signal; unknown is a word of it, too."""
        return {"score": replace(self.watched, wake=self.wake, optional=True, quiet_ms=0)}

    def trades(self) -> Sequence[str]:
        """Nothing."""
        return ()


class Plan(Struct, frozen=True):
    """A signal to observe, by a name of its own, and when to look at it."""

    name: str
    watch: Watch
    clock: Clock


class Terms(Struct, frozen=True):
    """What signals may ask besides the tape: contracts as they are configured, and fees."""

    instruments: tuple[Instrument, ...]
    fees: Mapping[InstrumentId, Fees] = {}
    pegs: Mapping[Currency, Decimal] = {}

    @classmethod
    def of(cls, instruments: Iterable[Instrument], config: Config | None = None) -> "Terms":
        """The terms of recorded instruments, with what a configuration adds to them."""
        if config is None:
            return cls(tuple(instruments))
        listed = config.instruments(instruments)
        fees = {one.id: each for one in listed if (each := tradable(config.file, one))}
        pegs = {Currency(code): value for code, value in config.file.money.pegs.items()}
        return cls(listed, {name: Fees(one.maker, one.taker) for name, one in fees.items()}, pegs)


def observe(
    sources: Iterable[Source], terms: Terms, plans: Sequence[Plan], *, rows: int | None = None
) -> list[Observed]:
    """What every signal said, in the order of the plans; tables have a series for each row.

    rows: cut the tape into blocks of at most so many rows; that changes nothing.
    UsageError when there are too many or one cannot be computed as it is written, ConfigError
    when one asks for fees that nobody stated, StrategyFailed when one raised.
    """
    if len(plans) > STRATEGIES_MAX:
        raise UsageError("signals", str(len(plans)), f"at most {STRATEGIES_MAX}", "leave some out")
    items = iter(merge(sources))
    first = next(items, None)
    prices = about(first, {}) if isinstance(first, Block) else {}
    observing = Observing(_state(terms, plans, prices), plans)
    for item in chain([] if first is None else [first], items):
        for piece in cut(item, rows) if rows and isinstance(item, Block) else (item,):
            observing.take(piece)
    return observing.done()


class Observing:
    """An engine that takes a tape in, and what was seen of it so far."""

    def __init__(self, state: State, plans: Sequence[Plan]) -> None:
        """Begin with a state that knows nothing."""
        self._state = state
        self._series: list[list[tuple[Growing, Entry]]] = []
        table = state.market.table
        for plan, entries in zip(plans, table.entries, strict=True):
            named = [
                (Growing(_named(plan.name, key), entry.watch, entry.outputs, plan.clock), entry)
                for key, entry in entries.items()
            ]
            self._series.append(named)
        steps = {plan.clock.step_ns for plan in plans if isinstance(plan.clock, Every)}
        self._due: dict[int, int | None] = dict.fromkeys(sorted(steps))
        self._messages = {
            state.terms.index(plan.clock.instrument)
            for plan in plans
            if isinstance(plan.clock, Messages)
        }
        self._heard_ns = 0

    def take(self, item: Block | AnyEvent) -> None:
        """Take an item in, and look whenever it is time."""
        if isinstance(item, Block):
            rows, left = columns(item), item
            while left.messages:
                left = self._some(left, rows)
            return
        self._pass(item.ts_recv)
        self._heard(item.ts_recv)
        self._changed(take_event(self._state, item).woken, self._state.market.now)

    def done(self) -> list[Observed]:
        """What was seen; StrategyFailed when a signal raised."""
        for fault in self._state.failed.values():
            raise StrategyFailed(
                "signal", fault.partition(" failed: ")[2], "a number or None", "correct the signal"
            )
        market = self._state.market
        return [
            series.done(market.table.score(entry, market.book, market.now), market.now)
            for named in self._series
            for series, entry in named
        ]

    def _some(self, left: Block, rows: Rows) -> Block:
        """Take messages in up to the next look; returns the rest."""
        self._pass(left.first_ns)
        self._heard(left.first_ns)
        until = min((due for due in self._due.values() if due is not None), default=NEVER) - 1
        part = left
        if self._messages:
            mine = np.isin(left.instrument[left.start : left.stop], list(self._messages))
            if mine.any():
                part = left.part(left.start, left.start + int(np.argmax(mine)) + 1)
        taken = take_block(self._state, part, rows, advance, until)
        self._changed(taken.woken, self._state.market.now)
        stop = left.start + taken.consumed
        if taken.consumed:
            self._heard_ns = int(left.ts_recv[stop - 1])
            if self._messages and stop == part.stop:
                self._spoken(left, stop - 1)
        return left.part(stop, left.stop)

    def _heard(self, t_ns: int) -> None:
        """Something is about to be taken in: from here on every step has its look."""
        for step, due in self._due.items():
            if due is None:
                self._due[step] = (t_ns // step + 1) * step
        self._heard_ns = t_ns

    def _pass(self, t_ns: int) -> None:
        """Let time pass up to what is received at `t_ns`, which is not taken in yet."""
        gauges, table = self._state.gauges, self._state.market.table
        while True:
            step, due = min(
                ((step, NEVER if due is None else due) for step, due in self._due.items()),
                key=lambda one: one[1],
                default=(0, NEVER),
            )
            second = gauges.due_ns
            if second is not None and second < min(t_ns, due):
                gauges.look(second, self._state.chains)
                self._changed(_bits(table.woken()), second)
            elif due <= t_ns:
                self._look(step, due)
            else:
                return

    def _look(self, step: int, due: int) -> None:
        for named in self._series:
            for series, entry in named:
                if isinstance(series.clock, Every) and series.clock.step_ns == step:
                    self._note(series, entry, due)
        later = due + step
        self._due[step] = None if later - self._heard_ns > max(SILENCE_NS_MAX, step) else later

    def _changed(self, woken: Iterable[int], t_ns: int) -> None:
        for s in woken:
            for series, entry in self._series[s]:
                if isinstance(series.clock, Changes):
                    self._note(series, entry, t_ns, if_new=True)

    def _spoken(self, block: Block, m: int) -> None:
        """A message of an instrument that somebody looks after is taken in."""
        i = int(block.instrument[m])
        if i not in self._messages or block.flags[m] & OPEN:
            return
        for named in self._series:
            for series, entry in named:
                clock = series.clock
                if isinstance(clock, Messages) and self._state.terms.index(clock.instrument) == i:
                    self._note(series, entry, self._state.market.now)

    def _note(self, series: Growing, entry: Entry, t_ns: int, *, if_new: bool = False) -> None:
        market = self._state.market
        series.look(t_ns, market.table.score(entry, market.book, t_ns), if_new=if_new)


def _state(terms: Terms, plans: Sequence[Plan], prices: dict[InstrumentId, int]) -> State:
    unlimited = Limits(**dict.fromkeys(Limits.__struct_fields__))
    settings = Settings(
        instruments=terms.instruments,
        strategies=tuple(
            (StrategyName(plan.name), Onlooker(watched=plan.watch, wake=_wake(plan.clock)))
            for plan in plans
        ),
        accounts={one.venue: AccountId(one.venue) for one in terms.instruments},
        fees=dict(terms.fees),
        reporting_currency=Currency("USDT"),
        pegs=dict(terms.pegs),
        limits=LimitBook(
            strategies={}, accounts={}, total=unlimited, mark=MarkReference.MID, tiers={}
        ),
        desk=DeskConfig(_PATIENCE, Budget(loss_bps_max=0.0, naked_ms_max=0), False),
        epoch="signals",
        cascades={},
        prices=prices,
    )
    try:
        state = State(settings)
    except ValueError as error:
        raise _misfit(error) from error
    except LookupError as error:
        raise _missing(error, terms) from error
    state.deciding = False
    return state


def _wake(clock: Clock) -> float:
    """What stops the compiled loop: nothing, where looks come with time or with messages."""
    return clock.least if isinstance(clock, Changes) else math.inf


def _misfit(error: ValueError) -> UsageError:
    where, _, rest = str(error).partition(": got ")
    seen, _, expected = rest.partition(", expected ")
    return UsageError(where, seen or "nothing", expected or "another value", "correct it")


def _missing(error: LookupError, terms: Terms) -> UsageError | ConfigError:
    name = str(error.args[0] if error.args else error)
    known = [one.id for one in terms.instruments]
    if name in known:
        return ConfigError(
            f"fees of {name}", "nothing", "its fees", "name a --config that states them"
        )
    return UsageError(
        "--signal", f'"{name}"', "one of " + ", ".join(known), "name a recorded instrument"
    )


def _bits(woken: int) -> list[int]:
    return [s for s in range(woken.bit_length()) if woken >> s & 1]


def _named(plan: str, key: str) -> str:
    """A series' name: the plan's, and the instrument where the plan is of a universe."""
    return plan if key == "score" else f"{plan} {key.partition(' ')[2]}"


_PATIENCE: Final = Patience(
    repeg_ticks=1,
    repeg_ms=1,
    patience_ms=1,
    retry_ms=1,
    retry_ms_max=1,
    hedge_ms=0,
    hedge_attempts=1,
    rest_ms=1,
)
"""Of a desk that nobody asks for anything."""
