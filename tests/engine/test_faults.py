"""A strategy that raises or answers nonsense is halted, alone, until a person resumes it."""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bot import Basket, InstrumentId, LogMid, Quote, Strategy, Struct, Target, Urgency
from bot.model.event import SendAborted
from bot.testing import Tape, run
from tests.engine.world import (
    ETH,
    PERP,
    Does,
    asked_at,
    engine_of,
    feed,
    hold,
    items,
    quoted,
    records,
)

NOWHERE = InstrumentId("sim:XRP/USDT:USDT")
LOOKS = {"mid": LogMid(ETH, wake=0.5)}


def moving() -> Tape:
    tape = quoted(PERP, ETH)
    for k in range(1, 6):
        tape.wait(0.4).book(PERP, 99.9 + k / 10, 100.1 + k / 10).book(ETH, 99.9, 100.1 + k / 10)
    return tape.wait(2)


def up_and_down(view: Any) -> Target:
    return Target(PERP, 1.0 if view["mid"] * 10 % 2 < 1 else -1.0, Urgency.URGENT)


def raises(view: Any) -> None:
    raise KeyError("no such score")


NONSENSE: dict[str, Callable[[Any], Any]] = {
    "raises": raises,
    "divides by zero": lambda view: 1 / 0,
    "ends the process": lambda view: sys.exit(3),
    "recurses for ever": lambda view: NONSENSE["recurses for ever"](view),
    "a string": lambda view: "buy",
    "a number": lambda view: 1.0,
    "a list of strings": lambda view: ["buy"],
    "a generator": lambda view: (Target(one, 1.0) for one in (ETH,)),
    "a dict": lambda view: {ETH: 1.0},
    "NaN": lambda view: Target(ETH, math.nan),
    "infinity": lambda view: Target(ETH, math.inf),
    "True": lambda view: Target(ETH, True),
    "text for a size": lambda view: Target(ETH, "1"),
    "text for an urgency": lambda view: Target(ETH, 1.0, "urgent"),
    "text for a unit": lambda view: Target(ETH, 1.0, unit="coins"),
    "a negative band": lambda view: Target(ETH, 1.0, band=-1.0),
    "an unknown instrument": lambda view: Target(NOWHERE, 1.0),
    "an instrument of another type": lambda view: Target([ETH], 1.0),
    "an unknown leg": lambda view: Basket(Target(ETH, 1.0), Target(NOWHERE, 1.0), max_unhedged=1.0),
    "a basket of one": lambda view: Basket(Target(ETH, 1.0), max_unhedged=1.0),
    "a basket that bounds nothing": lambda view: Basket(
        Target(ETH, 1.0), Target(PERP, 1.0), max_unhedged=math.nan
    ),
    "a crossed quote": lambda view: Quote(ETH, (100.0, 1.0), (99.0, 1.0)),
    "a list with a string": lambda view: [Target(ETH, 1.0), "and more"],
    "an instrument twice": lambda view: [Target(ETH, 1.0), Target(ETH, 2.0)],
    "an instrument alone and in a basket": lambda view: [
        Target(ETH, 1.0),
        Basket(Target(ETH, 1.0), Target(PERP, -1.0), max_unhedged=1.0),
    ],
    "an unknown score": lambda view: view["other"],
    "the market of nowhere": lambda view: view.touch(NOWHERE),
    "a gate with a word": lambda view: view.gate("mid", above="high"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_halts_its_author_and_changes_nothing_for_others(what: str) -> None:
    sound = Does(does=up_and_down)
    alone = run({"sound": sound}, moving())

    both = run({"bad": Does(does=NONSENSE[what], looks=LOOKS), "sound": sound}, moving())

    assert len(both.faults) == 1
    assert asked_at(both, "bad") == [0.0]
    assert not any(one.proposal.strategy == "bad" for one in both.orders)
    assert len(records(alone, "sound")) >= 6
    assert records(both, "sound") == records(alone, "sound")


def test_the_message_says_what_was_answered_and_what_was_expected() -> None:
    faults = {
        what: run(Does(does=NONSENSE[what], looks=LOOKS), moving()).faults[0]
        for what in ("a string", "an unknown instrument", "NaN", "raises")
    }

    assert faults == {
        "a string": "TypeError: answer: got 'buy', expected a Target, a Basket, a Quote, "
        "a list of them, or None",
        "an unknown instrument": f"LookupError: instrument: got '{NOWHERE}', expected a listed one",
        "NaN": f"ValueError: strategy: {ETH} quantity: got nan, expected a finite number",
        "raises": "KeyError: 'no such score'",
    }


def test_a_size_beyond_all_bounds_is_refused_and_the_state_can_still_be_written_down() -> None:
    tape = moving()
    engine = engine_of({"greedy": hold(1e300)}, tape, limits={"order_notional_max": 1000})

    outcomes = feed(engine, items(tape))

    assert not any(outcome.approved for outcome in outcomes)
    assert any(outcome.refused for outcome in outcomes)
    assert engine.state.failed == {}
    engine.state.restore(engine.state.durable())


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_numbers_of_numpy_are_numbers(kind: Any) -> None:
    def decide(view: Any) -> Any:
        view.gate("mid", above=kind(3))
        return [Target(PERP, kind(2), Urgency.URGENT, band=kind(0))]

    done = run(Does(does=decide), moving())

    assert done.faults == []
    assert done.position(PERP) == 2.0
    assert type(done.asked[0].answer[0].quantity) is float


class Remembers(Strategy):
    """Puts something into its memory."""

    what: Any

    class Memory(Struct):
        number: float = 0.0
        asked: int = 0

    def watches(self):
        return LOOKS

    def decide(self, view):
        view.memory.asked += 1
        if view.memory.asked == 3:
            view.memory.number = self.what
        if view.memory.number == -1.0:
            raise RuntimeError("too late")


@pytest.mark.parametrize("what", [math.nan, math.inf, "much", object(), [1.0]])
def test_a_memory_that_would_not_survive_a_restart_halts_its_author(what: Any) -> None:
    tape = moving()
    engine = engine_of({"bad": Remembers(what=what)}, tape)

    feed(engine, items(tape))

    assert "memory" in engine.state.failed["bad"]
    assert engine.state.memories[0] == Remembers.Memory(number=0.0, asked=2)
    engine.state.restore(engine.state.durable())
    assert engine.state.memories[0] == Remembers.Memory(number=0.0, asked=2)


def test_a_memory_of_numpy_survives() -> None:
    tape = moving()
    engine = engine_of({"good": Remembers(what=np.float64(7.0))}, tape)

    feed(engine, items(tape))
    engine.state.restore(engine.state.durable())

    assert engine.state.memories[0].number == 7.0


def test_what_a_strategy_remembered_before_it_raised_is_forgotten() -> None:
    tape = moving()
    engine = engine_of({"bad": Remembers(what=-1.0)}, tape)

    feed(engine, items(tape))

    assert engine.state.failed["bad"] == "strategy bad failed: RuntimeError: too late"
    assert engine.state.memories[0] == Remembers.Memory(number=0.0, asked=2)


def test_the_half_filled_basket_of_a_strategy_that_fails_is_taken_back() -> None:
    asked = iter(range(99))
    pair = Basket(Target(PERP, 2.0), Target(ETH, -2.0), max_unhedged=2.0)

    def decide(view: Any) -> Any:
        return pair if next(asked) == 0 else 1 / 0

    # Nobody buys ETH: the first leg fills and its hedge cannot.
    tape = Tape().book(ETH, [(50.0, 100.0)], 100.1).wait(0.1).book(PERP, 99.9, 100.1).wait(0.5)
    tape.trade(PERP, "sell", 99.8, 200.0).wait(10)

    done = run({"bad": Does(does=decide)}, tape)

    assert done.faults == ["ZeroDivisionError: division by zero"]
    assert done.fills[0].instrument == PERP
    assert (done.position(PERP), done.position(ETH)) == (0.0, 0.0)
    assert done.result.baskets_unwound == 1


def test_a_strategy_that_failed_is_resumed_by_two_acts_of_a_person() -> None:
    asked = iter(range(99))

    def decide(view: Any) -> Any:
        return 1 / 0 if next(asked) == 0 else Target(PERP, 1.0, Urgency.URGENT)

    def after(*verbs: str) -> float:
        tape = quoted().wait(1)
        for verb in verbs:
            tape.operator(verb, "bad")
        nonlocal asked
        asked = iter(range(99))
        return run({"bad": Does(does=decide)}, tape.wait(3)).position(PERP)

    assert after() == 0.0
    assert after("resume") == 0.0
    assert after("acknowledge") == 0.0
    assert after("acknowledge", "resume") == 1.0


def test_a_fault_between_the_decision_and_the_first_byte_stops_the_order() -> None:
    asked = iter(range(99))

    def decide(view: Any) -> Any:
        return Target(PERP, 1.0, Urgency.URGENT) if next(asked) == 0 else 1 / 0

    tape = quoted().wait(0.00005).book(PERP, 100.0, 100.2).wait(1)

    done = run({"bad": Does(does=decide)}, tape)

    (aborted,) = (one for one in done.events if isinstance(one, SendAborted))
    assert "ZeroDivisionError" in aborted.reason
    assert done.fills == []


def test_a_strategy_that_fails_keeps_what_the_others_hold() -> None:
    done = run({"bad": Does(does=raises), "sound": hold(1.0)}, moving())

    assert done.position(PERP) == 1.0
