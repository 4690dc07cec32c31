"""The whole flow on one screen: what happened goes in, what to do about it comes out."""

from collections.abc import Callable, Iterable
from functools import partial

from bot.engine.advance import Advance, advance
from bot.engine.ask import ask
from bot.engine.commands import NOTHING, give
from bot.engine.explain import Explanation, explain
from bot.engine.exposure import EngineExposure
from bot.engine.guard import guard
from bot.engine.holdings import EngineHoldings
from bot.engine.hunger import put_off
from bot.engine.intake import next_due, take_block, take_event
from bot.engine.outcome import Asked, Outcome
from bot.engine.settings import Settings
from bot.engine.sight import EngineSight
from bot.engine.state import State
from bot.engine.warmup import Warmup, warm, warmup
from bot.model.command import Approved
from bot.model.event import AnyEvent
from bot.model.units import StrategyName
from bot.risk.headroom import Usage, usage
from bot.risk.recheck import recheck
from bot.tape.columns import Columns
from bot.tape.rows import Block
from bot.tape.venue_order import FOREVER

Ask = Callable[[State, EngineSight, int], tuple[Asked, ...]]
"""Asks one strategy, if it may be asked; whoever explains a decision looks just before."""


class Engine:
    """Deterministic: the same items in the same order give the same outcomes, to the last bit.

    It reads no clock, file, socket or random source; `deciding` is off while it warms up.
    """

    def __init__(self, settings: Settings) -> None:
        """Start knowing nothing but the settings."""
        self.state = State(settings)
        self.advance: Advance = advance
        self.ask: Ask = ask
        self._columns = Columns()
        self._sight = EngineSight(self.state)
        self._holdings = EngineHoldings(self.state)
        self._exposure = EngineExposure(self.state)
        self._posted = self.state.desk.posted
        # Not a method of this object: from a view no row that is still to come may be reached.
        self.state.usage = partial(usage, self._exposure.world, settings.limits, self.state.rates)

    def step(self, item: Block | AnyEvent, until_ns: int = FOREVER) -> Outcome:
        """Take in what happened; say what to do about it. Pure: no clock, no I/O, no randomness.

        Of a block, the messages up to and including the first that makes someone decide are
        taken in, and none received after `until_ns`, when something else is due, or after the
        engine itself is due; `consumed` says how many, and the rest is given again.
        """
        state = self.state
        if isinstance(item, Block):
            rows = self._columns.of(item)
            event, taken = None, take_block(state, item, rows, self.advance, until_ns)  # scores
        else:
            event, taken = item, take_event(state, item)  # orders, money, time
        asked, notes, given = taken.failed, taken.notes, NOTHING
        if state.deciding and (taken.woken or taken.stirred):
            for s in taken.woken:
                asked += self.ask(state, self._sight, s)
            notes += guard(state, self._exposure)  # losses, halts
            plan = state.desk.plan(self._holdings)  # targets to missing orders
            if state.desk.posted is not self._posted:
                self._posted = state.desk.posted
                state.market.watch(self._posted)
            given = give(state, self._exposure, plan)  # the gate
            if given.approved:
                state.approve(given.approved)
        state.due_ns = next_due(state)
        return Outcome(
            taken.consumed,
            state.seq,
            state.now,
            event,
            asked,
            given.approved,
            given.cancels,
            given.refused,
            taken.postings + given.postings,
            notes,
            None if state.due_ns == FOREVER else state.due_ns,
            given.crossed,
        )

    def warm(self, history: Iterable[Block | AnyEvent]) -> list[Warmup]:
        """Take history in with deciding off; returns what each score lacks after it."""
        warm(self.state, history)
        return warmup(self.state)

    def due(self, at_ns: int) -> int:
        """When it wants to be woken, looked at anew as `at_ns` comes; FOREVER: not by itself."""
        state = self.state
        put_off(state, at_ns)
        state.due_ns = next_due(state)
        return state.due_ns

    def recheck(self, approved: Approved) -> str | None:
        """The last look before a durable order's first byte: why not to send it; None: send."""
        state = self.state
        return recheck(
            approved,
            self._exposure.world,
            state.settings.limits,
            state.halts,
            epoch=state.settings.epoch,
            unchanged=state.unchanged_since(approved),
        )

    def usage(self) -> list[Usage]:
        """Every limit that bounds what is held, and what stands against it."""
        return self.state.usage()

    def explain(self, strategy: StrategyName) -> Explanation:
        """What a strategy would decide now, why, and what would have changed it."""
        return explain(self.state, self._sight, self.state.number[strategy])
