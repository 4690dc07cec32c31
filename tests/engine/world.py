"""Tiny strategies, and an engine without a driver, for tests."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot import Decision, InstrumentId, LogMid, Strategy, Target, Urgency, View, Watch
from bot.engine.engine import Engine
from bot.engine.outcome import Outcome
from bot.model.event import AnyEvent, OperatorCommand, Timer
from bot.modes.setup import deposits
from bot.tape.merge import merge
from bot.tape.rows import Block
from bot.testing import Run, Tape
from bot.testing.tape import START_NS
from bot.testing.terms import Terms, setup_of

SPOT = InstrumentId("sim:BTC/USDT")
PERP = InstrumentId("sim:BTC/USDT:USDT")
ETH = InstrumentId("sim:ETH/USDT:USDT")
SECOND = 1_000_000_000


class Does(Strategy):
    """Decides what the test says; looks at the mid of the perpetual unless told otherwise."""

    does: Callable[[View], Any]
    looks: Mapping[str, Watch] | None = None

    def watches(self) -> Mapping[str, Watch]:
        return {"mid": LogMid(PERP, wake=0.5)} if self.looks is None else self.looks

    def decide(self, view: View) -> Decision:
        return self.does(view)


def hold(size: float, instrument: str = PERP, urgency: Urgency = Urgency.URGENT) -> Does:
    """Hold a fixed amount."""
    return Does(does=lambda view: Target(InstrumentId(instrument), size, urgency))


def quoted(*instruments: str, bid: float = 99.9, ask: float = 100.1) -> Tape:
    """Books of 100 coins a side."""
    tape = Tape()
    for one in instruments or (PERP,):
        tape.book(one, bid, ask)
    return tape


def engine_of(strategies: Mapping[str, Strategy], tape: Tape, **terms: Any) -> Engine:
    """An engine with its deposits made."""
    setup = setup_of(strategies, tape.instruments.values(), Terms(**terms))
    engine = Engine(setup.settings)
    for event in deposits(setup, START_NS):
        engine.step(event)
    return engine


def items(tape: Tape) -> list[Block | AnyEvent]:
    return list(merge(tape.sources()))


def feed(engine: Engine, given: Iterable[Block | AnyEvent]) -> list[Outcome]:
    """Step through items and the times between them, as a driver without a venue would."""
    outcomes: list[Outcome] = []

    def wake(until_ns: int) -> None:
        while outcomes and (due := outcomes[-1].due) is not None and due < until_ns:
            due = max(due, engine.state.now)
            outcomes.append(engine.step(Timer(ts_recv=due, ts_venue=due)))

    for item in given:
        if not isinstance(item, Block):
            wake(item.ts_recv)
            outcomes.append(engine.step(item))
            continue
        for m in range(item.start, item.stop):
            wake(int(item.ts_recv[m]))
            outcomes.append(engine.step(item.part(m, m + 1)))
    return outcomes


def command(verb: str, strategy: str | None = None, at: int = START_NS) -> OperatorCommand:
    return OperatorCommand(
        ts_recv=at, ts_venue=at, verb=verb, who="me", why="test", strategy=strategy
    )


def asked_at(run: Run, strategy: str = "strategy") -> list[float]:
    """Seconds after the start at which a strategy was asked."""
    return [
        (outcome.now - START_NS) / SECOND
        for outcome in run.outcomes
        for one in outcome.asked
        if one.strategy == strategy
    ]


def records(run: Run, strategy: str) -> list[object]:
    """All that concerns one strategy: answers, orders, cancels, refusals."""
    return [
        (outcome.now, kind, _unnamed(one))
        for outcome in run.outcomes
        for kind in ("asked", "approved", "cancels", "refused")
        for one in getattr(outcome, kind)
        if getattr(getattr(one, "proposal", one), "strategy", None) == strategy
    ]


def _unnamed(one: Any) -> Any:
    """Without the order id, which counts the orders of everyone."""
    return getattr(one, "proposal", None) or (
        one if not hasattr(one, "order_id") else (one.instrument, one.reason)
    )
