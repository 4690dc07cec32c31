"""Posted orders left behind by the touch, and stale scores, wake the engine at the right time."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import LogMid, Target, Urgency
from bot.engine.engine import Engine
from bot.engine.outcome import Outcome
from bot.model.command import Side
from bot.model.event import Timer
from bot.tape.rows import Block
from bot.testing import Tape, run
from bot.testing.tape import START_NS
from bot.testing.terms import PATIENCE
from tests.engine.world import ETH, PERP, SECOND, Does, engine_of, feed, items, quoted

WAIT_NS = PATIENCE.repeg_ms * 1_000_000
PASSIVE = Target(PERP, 1.0, Urgency.PASSIVE)


def posted() -> Does:
    """A bid of one coin, posted at the touch and left there."""
    return Does(does=lambda view: PASSIVE, looks={"mid": LogMid(PERP, wake=1e9)})


def repegs(done: Any) -> list[float]:
    """Seconds after the start at which a posted order was taken back to follow the touch."""
    return [
        (outcome.now - START_NS) / SECOND
        for outcome in done.outcomes
        for cancel in outcome.cancels
        if cancel.reason == "repeg"
    ]


def timers(done: Any) -> list[float]:
    return [(one.ts_recv - START_NS) / SECOND for one in done.events if isinstance(one, Timer)]


def test_an_order_follows_once_the_touch_has_been_away_for_as_long_as_was_asked() -> None:
    tape = quoted().silence(1).book(PERP, 100.3, 100.5).wait(1)

    assert repegs(run(posted(), tape)) == [1 + WAIT_NS / SECOND]


def test_a_touch_that_comes_back_in_time_starts_the_wait_anew() -> None:
    tape = quoted().silence(1).book(PERP, 100.3, 100.5).silence(0.15).book(PERP, 99.9, 100.1)
    tape.silence(0.15).book(PERP, 100.3, 100.5).silence(0.15).book(PERP, 99.9, 100.1).wait(1)

    assert repegs(run(posted(), tape)) == []


def test_it_comes_back_at_the_last_moment_when_a_row_of_that_time_says_so() -> None:
    tape = quoted().silence(1).book(PERP, 100.3, 100.5).silence(WAIT_NS / SECOND)
    tape.book(PERP, 99.9, 100.1).wait(1)

    assert repegs(run(posted(), tape)) == []


def test_while_the_touch_stays_nothing_wakes_the_engine() -> None:
    tape = quoted()
    for _ in range(40):
        tape.silence(0.5).book(PERP, 99.9, 100.1)

    done = run(posted(), tape)

    assert len(done.orders) == 1
    assert timers(done) == []


def test_a_check_that_was_put_off_comes_at_the_moment_at_which_the_score_is_stale() -> None:
    tape = quoted().silence(1.5).book(PERP, 99.9, 100.1).silence(1.5).book(PERP, 99.9, 100.1)

    done = run(posted(), tape.silence(5))

    assert timers(done) == [5 + 1e-9]
    assert [cancel.reason for cancel in done.cancels] == ["opposite"]


@given(
    st.lists(
        st.tuples(st.sampled_from([0.05, 0.1, 0.2, 0.3, 1.2]), st.integers(-3, 3)),
        min_size=1,
        max_size=25,
    ),
    st.integers(1, 4),
)
def test_it_wakes_when_a_slow_watcher_would_however_the_tape_is_cut(
    moves: list[tuple[float, int]], at_once: int
) -> None:
    tape, mid, expected = quoted(PERP, ETH), 0, list[float]()
    times = [(0.0, 0)]
    for seconds, ticks in moves:
        mid = ticks
        tape.silence(seconds).book(PERP, round(99.9 + mid / 10, 1), round(100.1 + mid / 10, 1))
        times.append((times[-1][0] + seconds, mid))
    tape.silence(1)
    engine, blocks = watching(tape)

    found = [due for block in blocks for due in cut(engine, block, at_once)]

    since: float | None = None  # Until a book is known, the touch is elsewhere.
    for (at, ticks), (until, _) in zip(times, [*times[1:], (times[-1][0], 0)], strict=True):
        away = abs(ticks) >= PATIENCE.repeg_ticks
        since = (at if since is None else since) if away else None
        due = None if since is None else since + WAIT_NS / SECOND
        if due is not None and at <= due < until and due not in expected:
            expected.append(due)
    assert found == pytest.approx(expected)


def watching(tape: Tape) -> tuple[Engine, list[Block]]:
    """An engine that watches one bid at 99.9, which was posted before the tape begins."""
    strategy = Does(does=lambda view: None, looks={"mid": LogMid(PERP, wake=1e9, optional=True)})
    engine = engine_of({"a": strategy}, tape)
    order = _Bid(int(Decimal("99.9") / tape.instruments[PERP].grid.tick))
    engine.state.market.watch([order])  # type: ignore[list-item]  # all that is asked of one
    return engine, [one for one in items(tape) if isinstance(one, Block)]


class _Bid:
    """As much of an order as is watched."""

    order_id = "a"
    proposal = SimpleNamespace(reason="target")
    instrument = PERP

    def __init__(self, ticks: int) -> None:
        self.price, self.side = ticks, Side.BUY


def cut(engine: Engine, block: Block, at_once: int) -> list[float]:
    """When it asked to be woken for the order, given so many messages at once."""
    found: list[float] = []
    outcomes: list[Outcome] = []
    for start in range(block.start, block.stop, at_once):
        left = block.part(start, min(start + at_once, block.stop))
        while left.messages:
            due = engine.state.market.sentries.due_ns
            if due < left.first_ns:
                found.append((due - START_NS) / SECOND)
                outcomes += feed(engine, [Timer(ts_recv=due, ts_venue=due)])
            outcomes.append(engine.step(left))
            left = left.part(left.start + outcomes[-1].consumed, left.stop)
    return found
