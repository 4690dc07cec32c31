"""Scores of one's own, and when they ask a strategy."""

import math
from typing import Any

import pytest

from bot import (
    END,
    TRADE,
    BookImbalance,
    KernelWatch,
    LogMid,
    Message,
    PlainWatch,
    Target,
    TradeImbalance,
    Urgency,
    signal_kernel,
)
from bot.model.event import FeedLost, OrderSent
from bot.tape.builder import BlockBuilder
from bot.tape.cut import cut
from bot.tape.rows import ASK, BID, LEVEL, SNAPSHOT
from bot.testing import Tape, run
from bot.testing.tape import START_NS
from tests.engine.world import PERP, SECOND, Does, asked_at, engine_of, feed, items, quoted, records


@signal_kernel
def net_flow(kind, side, price, size, previous, t, ladder, param, state):
    if kind == TRADE:
        state[0] += side * size * param[0]
    return state[0] if kind == END else math.nan


class KernelFlow(KernelWatch, frozen=True):
    """Coins bought less coins sold."""

    update = net_flow
    states = 1

    def param(self) -> tuple[float, ...]:
        return (1e-8,)


class PlainFlow(PlainWatch, frozen=True):
    """The same in plain Python."""

    def update(self, message: Message, memory: dict[str, Any]) -> float | None:
        bought = sum(side * size for side, _, size in message.trades)
        memory["net"] = memory.get("net", 0.0) + bought
        return memory["net"]


class Broken(PlainWatch, frozen=True):
    """Fails at the first trade."""

    says: Any = None

    def update(self, message: Message, memory: dict[str, Any]) -> float | None:
        if message.trades and self.says is None:
            raise RuntimeError("no idea")
        return self.says if message.trades else 0.0


def follow(watch: Any) -> Does:
    """On the side of the flow."""

    def decide(view: Any) -> Target:
        return Target(PERP, 1.0 if view.gate("flow", above=0.5) else -1.0, Urgency.URGENT)

    return Does(does=decide, looks={"flow": watch(PERP, wake=1.0)})


def flow() -> Tape:
    tape = quoted()
    for k, size in enumerate((0.25, 0.5, 1.0, 0.5, 2.0, 0.25, 0.25)):
        tape.wait(0.5).trade(PERP, "buy" if k % 3 else "sell", 100.0, size)
        tape.book(PERP, [(99.9, 5.0), (99.8, 7.0)], [(100.1, 5.0), (100.2, 7.0 + k)])
    return tape.wait(1)


@pytest.mark.parametrize("watch", [KernelFlow, PlainFlow])
def test_a_signal_of_an_author_trades_the_same_however_the_tape_is_cut(watch: Any) -> None:
    whole = run(follow(watch), flow())

    cuts = [run(follow(watch), flow(), rows=rows) for rows in (1, 7, 64)]

    assert len([one for one in whole.events if isinstance(one, OrderSent)]) >= 3
    assert {one.result.outcome_hash for one in cuts} == {whole.result.outcome_hash}


def test_a_kernel_and_plain_python_decide_the_same() -> None:
    kernel, plain = (run(follow(watch), flow()) for watch in (KernelFlow, PlainFlow))

    assert [one.answer for one in kernel.asked] == [one.answer for one in plain.asked]
    assert [one.read for one in kernel.asked] == [one.read for one in plain.asked]
    assert kernel.result.outcome_hash == plain.result.outcome_hash


@pytest.mark.parametrize("rows", [None, 1, 2, 3])
def test_a_plain_signal_sees_a_message_once_and_whole(rows: int | None) -> None:
    seen: list[Message] = []

    class Seeing(PlainWatch, frozen=True):
        def update(self, message: Message, memory: dict[str, Any]) -> float | None:
            seen.append(message)
            return 0.0

    engine = engine_of(
        {"a": Does(does=lambda view: None, looks={"x": Seeing(PERP, wake=1.0)})}, flow()
    )
    builder = BlockBuilder((PERP,))
    for at, flags in ((0, SNAPSHOT), (SECOND, 0)):
        builder.begin(START_NS + at, START_NS + at, flags=flags)
        for row in ((LEVEL, BID, 9_990 - at, 10**8), (LEVEL, ASK, 10_010, 10**8)):
            builder.row(*row)
        for size in (1, 2) if at else ():
            builder.row(TRADE, 1, 10_010, size * 10**8)
        builder.end()
    block = builder.take()

    feed(engine, [block] if rows is None else list(cut(block, rows)))

    assert [len(one.trades) for one in seen] == [0, 2]
    assert seen[1].trades == ((1, 100.10000000000001, 1.0), (1, 100.10000000000001, 2.0))
    assert seen[1].bid == (99.9, 1.0)


@pytest.mark.parametrize("says", [None, "much", (1.0,)])
def test_a_plain_signal_that_fails_halts_those_who_watch_it_and_nobody_else(says: Any) -> None:
    broken = Does(
        does=lambda view: None,
        looks={"bad": Broken(PERP, says=says, wake=1.0)},
    )
    alone = run({"sound": follow(PlainFlow)}, flow())

    both = run({"sound": follow(PlainFlow), "bad": broken, "worse": broken}, flow())

    faults = [(one.strategy, one.fault) for one in both.asked if one.fault]
    assert [name for name, _ in faults] == ["bad", "worse"]
    assert all(fault.startswith("Broken: ") for _, fault in faults)
    assert records(both, "sound") == records(alone, "sound")


def test_a_signal_that_two_strategies_watch_is_computed_once() -> None:
    engine = engine_of({"a": follow(KernelFlow), "b": follow(KernelFlow)}, flow())

    assert engine.state.market.table.arrays.spec.shape[0] == 1


def test_two_strategies_that_share_a_signal_are_asked_at_their_own_steps() -> None:
    fine, coarse = (
        Does(does=lambda view: None, looks={"mid": LogMid(PERP, wake=wake)}) for wake in (4.0, 25.0)
    )
    tape = quoted()
    for k in range(1, 11):
        tape.wait(1).book(PERP, 99.9 + k / 10, 100.1 + k / 10)  # 10 bps each second

    done = run({"fine": fine, "coarse": coarse}, tape)

    assert asked_at(done, "fine") == [float(k) for k in range(11)]
    assert asked_at(done, "coarse") == [0.0, 3.0, 6.0, 9.0]


def test_a_gate_asks_when_it_is_crossed_however_small_the_step() -> None:
    def decide(view: Any) -> None:
        view.gate("lean", above=0.3, below=0.5)

    sizes = (1.0, 1.8, 1.9, 2.9, 3.1, 1.0)  # lean: 0, 0.29, 0.31, 0.49, 0.51, 0
    tape = Tape()
    for size in sizes:
        tape.book(PERP, [(99.9, size)], [(100.1, 1.0)]).wait(1)
    looks = {"lean": BookImbalance(PERP, levels=1, wake=9.0)}

    done = run(Does(does=decide, looks=looks), tape)

    assert asked_at(done) == [0.0, 2.0, 4.0, 5.0]
    assert [one.gates[0].passed for one in done.asked] == [False, True, False, False]


def test_a_gate_asks_after_a_jump_across_both_bounds_and_a_step_off_a_bound() -> None:
    def decide(view: Any) -> None:
        view.gate("lean", above=0.5)
        view.gate("lean", below=-0.5)

    tape = Tape()
    for bid, ask in ((4.0, 1.0), (1.0, 4.0), (1.0, 3.0), (1.0, 3.01), (3.0, 1.0), (3.01, 1.0)):
        tape.book(PERP, [(99.9, bid)], [(100.1, ask)]).wait(1)  # 0.6, -0.6, -0.5, less, 0.5, more
    looks = {"lean": BookImbalance(PERP, levels=1, wake=9.0)}

    done = run(Does(does=decide, looks=looks), tape)

    assert asked_at(done) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    answers = [tuple(gate.passed for gate in one.gates) for one in done.asked]
    none, above, below = (False, False), (True, False), (False, True)
    assert answers == [above, below, none, below, none, above]


def test_moves_ask_at_most_once_in_the_quiet_time_and_none_is_lost() -> None:
    tape = quoted()
    for k in range(1, 8):
        tape.wait(0.1).book(PERP, 99.9 + k / 10, 100.1 + k / 10)
    looks = {"mid": LogMid(PERP, wake=1.0, quiet_ms=300)}
    read: list[float | None] = []

    done = run(Does(does=lambda view: read.append(view["mid"]), looks=looks), tape.wait(1))

    assert asked_at(done) == [0.0, 0.3, 0.6, 0.9]
    assert read[-1] == pytest.approx(1e4 * math.log(100.7))


def test_an_optional_score_reads_none_and_a_required_one_keeps_the_strategy_waiting() -> None:
    def looks(optional: bool) -> dict[str, Any]:
        flow = TradeImbalance(PERP, wake=0.1, optional=optional)
        return {"mid": LogMid(PERP, wake=1.0), "flow": flow}

    read: list[float | None] = []
    strategy = Does(does=lambda view: read.append(view["flow"]), looks=looks(True))
    waiting = Does(does=lambda view: None, looks=looks(False))

    done = run({"strategy": strategy, "waiting": waiting}, quoted().wait(3))

    assert read == [None]
    assert asked_at(done, "strategy") == [0.0]
    assert asked_at(done, "waiting") == []


def test_a_plain_signal_of_a_lost_feed_is_unknown() -> None:
    tape = quoted().wait(1).outage("sim", 0.5)
    engine = engine_of({"a": follow(PlainFlow)}, tape)
    given = items(tape)

    feed(engine, given[: 1 + next(k for k, one in enumerate(given) if isinstance(one, FeedLost))])

    assert engine.state.starved == {"a": "flow is unknown"}


def test_a_gate_that_moves_with_the_position_is_watched_from_where_the_score_stood() -> None:
    def decide(view: Any) -> Target:
        held = view.position(PERP) > 0
        return Target(PERP, 1.0 if view.gate("lean", above=0.5 if held else 0.3) else 0.0)

    tape = Tape()
    # lean: 0, then 0.4: posted; 0.6 when the bid fills, which nobody is asked about; then 0.45.
    for bid, seconds in ((1.0, 0.2), (2.34, 0.2), (4.0, 0.1)):
        tape.book(PERP, [(99.9, bid)], [(100.1, 1.0)]).wait(seconds)
    tape.trade(PERP, "sell", 99.9, 9.0).wait(0.3)
    tape.book(PERP, [(99.9, 2.64)], [(100.1, 1.0)]).wait(5)
    looks = {"lean": BookImbalance(PERP, levels=1, wake=9.0)}

    done = run(Does(does=decide, looks=looks), tape)

    assert [fill.side for fill in done.fills][:2] == [1, -1]
