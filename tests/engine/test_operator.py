"""What a person tells the engine, it does; what halted stays so until two acts of a person."""

from decimal import Decimal
from itertools import accumulate
from typing import Any

import pytest

from bot import Basket, Target, Urgency
from bot.execution.permits import Permit
from bot.model.event import OrderSent
from bot.risk.kill import Mode
from bot.risk.limits import Level, Scope
from bot.testing import Run, Tape, run
from bot.testing.tape import START_NS
from tests.engine.world import (
    PERP,
    SECOND,
    SPOT,
    Does,
    command,
    engine_of,
    feed,
    hold,
    items,
    quoted,
)


def patient(size: float = 1.0) -> Does:
    return hold(size, urgency=Urgency.PASSIVE)


def sent_after(done: Run, seconds: float) -> list[OrderSent]:
    at_ns = START_NS + round(seconds * SECOND)
    return [one for one in done.events if isinstance(one, OrderSent) and one.ts_recv > at_ns]


@pytest.mark.parametrize("verb", ["pause", "halt", "cancel", "flatten"])
@pytest.mark.parametrize("strategy", [None, "strategy"])
def test_whatever_stops_it_takes_back_the_order_that_adds_risk(
    verb: str, strategy: str | None
) -> None:
    done = run(patient(), quoted().wait(1).operator(verb, strategy).wait(5))

    assert len(done.orders) == len(done.cancels) == 1
    assert sent_after(done, 1) == []


def test_a_command_for_one_strategy_leaves_the_others_alone() -> None:
    tape = quoted().operator("pause", "one").wait(1)

    done = run({"one": hold(1.0), "two": hold(2.0)}, tape)

    assert done.position(PERP) == 2.0


def test_what_was_paused_is_resumed_by_one_act_and_asked_soon() -> None:
    tape = quoted().operator("pause").wait(1).operator("resume").wait(1.5)

    done = run(hold(1.0), tape)

    assert done.position(PERP) == 1.0
    assert len(done.asked) >= 2


@pytest.mark.parametrize(
    ("verbs", "held"),
    [
        (("halt",), 0.0),
        (("halt", "resume"), 0.0),
        (("halt", "acknowledge"), 0.0),
        (("halt", "acknowledge", "resume"), 1.0),
        (("halt", "acknowledge", "halt", "resume"), 0.0),
    ],
)
def test_a_halt_needs_two_acts(verbs: tuple[str, ...], held: float) -> None:
    tape = quoted().wait(0.00005)
    for verb in verbs:
        tape.operator(verb)

    done = run(hold(1.0), tape.wait(3))

    assert done.position(PERP) == held


def test_a_wrong_order_is_answered_with_what_is_wrong() -> None:
    engine = engine_of({"a": hold(1.0)}, quoted())

    notes = [engine.step(command(verb)).notes for verb in ("resume", "acknowledge", "dance")]
    engine.step(command("halt"))
    early = engine.step(command("resume")).notes

    assert notes == [
        ("total: nothing to resume, expected a halt or a pause",),
        ("total: nothing to acknowledge, expected a halt",),
        ("dance: expected one of pause, resume, cancel, flatten, halt",),
    ]
    assert early == ("total: halted by me: test: expected to be acknowledged first",)


def test_a_halt_of_an_account_is_lifted_by_the_same_two_acts() -> None:
    """A venue halts an account by liquidating it; no command could name the account."""
    engine = engine_of({"a": hold(1.0)}, quoted())
    account = Scope(Level.ACCOUNT, "sim")
    engine.state.halts.halt(account, Mode.REDUCE_ONLY, "liquidated", 1)
    engine.state.halts.halt(Scope(Level.STRATEGY, "a"), Mode.REDUCE_ONLY, "lost", 1)

    early = engine.step(command("resume")).notes
    engine.step(command("acknowledge"))
    engine.step(command("resume"))

    assert early == ("account sim: liquidated: expected to be acknowledged first",)
    assert [halt.scope.level for halt in engine.state.halts.state()] == [Level.STRATEGY]


def test_resuming_a_strategy_does_not_lift_a_halt_of_everything() -> None:
    tape = quoted().operator("halt").operator("pause", "strategy")
    tape.operator("resume", "strategy").wait(3)

    done = run(hold(1.0), tape)

    assert sent_after(done, -1) == []


def test_a_halt_outlives_a_restart() -> None:
    tape = quoted().wait(2)
    before, after = (engine_of({"a": hold(1.0)}, tape) for _ in range(2))

    before.step(command("halt", "a"))
    after.state.restore(before.state.durable())
    outcomes = feed(after, items(tape))

    assert not any(outcome.approved for outcome in outcomes)
    assert after.state.desk.permit("a").permit is Permit.REDUCE
    assert after.state.halts.resume(*[one.scope for one in after.state.halts.state()]) is not None


def test_cancel_takes_back_even_what_reduces() -> None:
    def decide(view: Any) -> Target:
        held = view.position(PERP) > 0
        return Target(PERP, 0.0 if held else 1.0, Urgency.PASSIVE if held else Urgency.URGENT)

    done = run(Does(does=decide), quoted().wait(1).operator("cancel").wait(5))

    assert [one.proposal.side for one in done.orders] == [1, -1]
    assert len(done.cancels) == 1
    assert done.position(PERP) == 1.0


def test_a_pause_lets_what_reduces_go_on() -> None:
    def decide(view: Any) -> Target:
        held = view.position(PERP) > 0
        return Target(PERP, 0.0 if held else 1.0, Urgency.PASSIVE if held else Urgency.URGENT)

    tape = quoted().wait(1).operator("pause").wait(1).trade(PERP, "buy", 100.2, 500.0).wait(1)

    done = run(Does(does=decide), tape)

    assert done.cancels == []
    assert done.position(PERP) == 0.0


def test_flatten_closes_the_legs_of_a_basket_in_step() -> None:
    pair = Basket(Target(PERP, -4.0), Target(SPOT, 4.0), max_unhedged=1.0)
    tape = quoted(PERP, SPOT)
    for _ in range(10):
        tape.wait(1.5)
    tape.operator("flatten").wait(20)

    done = run(Does(does=lambda view: pair), tape)

    naked = list(accumulate(Decimal(fill.size * fill.side) / 10**8 for fill in done.fills))
    assert max(abs(sum_) for sum_ in naked) <= 1
    assert min(_held(done, PERP)) == -4.0
    assert (done.position(PERP), done.position(SPOT)) == (0.0, 0.0)


def _held(done: Run, instrument: str) -> list[float]:
    sizes = [fill.size * fill.side for fill in done.fills if fill.instrument == instrument]
    return [total / 1e8 for total in accumulate(sizes)]


def test_flatten_closes_single_positions_and_what_the_strategy_says_then_does_not_open() -> None:
    def decide(view: Any) -> Target:
        return Target(PERP, 2.0, Urgency.URGENT)

    tape = quoted().wait(1).operator("flatten")
    for k in range(5):
        tape.wait(1).book(PERP, 99.9 + k / 10, 100.1 + k / 10)

    done = run(Does(does=decide), tape.wait(2))

    assert max(_held(done, PERP)) == 2.0
    assert done.position(PERP) in (0.0, 2.0)
    assert sum(fill.side > 0 for fill in done.fills) == 1


def test_a_halt_between_the_decision_and_the_first_byte_stops_the_order() -> None:
    tape = Tape().book(PERP, 99.9, 100.1).silence(0.0005).operator("halt").wait(1)

    done = run(hold(1.0), tape, decision_us=1_000)

    assert len(done.orders) == 1
    assert sent_after(done, -1) == []
