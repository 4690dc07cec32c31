"""A replay is a plain function: the same tape gives the same run, however it is cut or compiled."""

import os
import pickle
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings

from bot.model.event import (
    Fill,
    OrderAbsent,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    SendAborted,
)
from bot.modes import replay
from bot.testing import Run, Tape, run
from bot.testing.terms import Terms, setup_of
from tests.modes import histories
from tests.modes.histories import ETH, PERP, SPOT, STRATEGIES, Step, tape_of

PARTS = ("price", "basis", "slippage", "funding", "fees")
MAXIMA = {PERP: 2.5, SPOT: 1.5, ETH: 2.0}
LIMITS = {"position_max": MAXIMA, "gross_notional_max": 450, "daily_loss_max": 40}
OVER = (OrderCanceled, OrderRejected, OrderExpired, OrderAbsent, SendAborted)


def a_history(seed: int = 7, length: int = 60) -> Sequence[Step]:
    """A fixed market in which everything happens."""
    random = Random(seed)
    found: list[Step] = []
    for _ in range(length):
        name = random.choice(histories.NAMES)
        ticks, size = random.randint(-20, 20), random.randint(1, 40)
        found.append(("book", random.choice([PERP, name]), ticks, size, random.randint(1, 40), 2))
        found.append(("trade", name, random.choice(["buy", "sell"]), ticks, size))
        found.append(("wait", random.choice([0.02, 0.2, 0.7])))
    found[20:20] = [("outage", "other", 4.0), ("funding", 0.003), ("gap", SPOT), ("silence", 3.0)]
    found[90:90] = [("operator", "flatten"), ("wait", 2.0), ("operator", "resume")]
    return found


@pytest.fixture(scope="module")
def whole() -> Run:
    return run(STRATEGIES, tape_of(a_history()), limits=LIMITS)


def test_the_market_of_these_tests_is_one_in_which_much_happens(whole: Run) -> None:
    counts = whole.result.counts

    assert whole.faults == []
    assert counts.orders >= 60
    assert counts.fills >= 40
    assert counts.partial_fills >= 5
    assert counts.cancels >= 15
    assert counts.refused >= 10
    assert whole.result.baskets_closed >= 1


@pytest.mark.parametrize("rows", [1, 7, 64, 4096])
def test_how_the_tape_is_cut_changes_nothing(whole: Run, rows: int) -> None:
    again = run(STRATEGIES, tape_of(a_history()), limits=LIMITS, rows=rows)

    assert again.result.outcome_hash == whole.result.outcome_hash
    assert again.result.counts == whole.result.counts


def test_two_runs_in_one_process_do_not_touch_each_other(whole: Run) -> None:
    run(STRATEGIES, tape_of(a_history(seed=8)), limits=LIMITS)

    again = run(STRATEGIES, tape_of(a_history()), limits=LIMITS)

    assert again.result.outcome_hash == whole.result.outcome_hash


def test_what_goes_in_and_what_comes_out_crosses_process_borders(whole: Run) -> None:
    tape = tape_of(a_history())
    setup = setup_of(STRATEGIES, tape.instruments.values(), Terms(limits=LIMITS))
    carried = pickle.loads(pickle.dumps((setup, tape.sources())))

    result = pickle.loads(pickle.dumps(replay.run(*carried)))

    assert result.outcome_hash == whole.result.outcome_hash
    assert result.attribution == whole.result.attribution


def test_a_tape_that_is_empty_comes_to_nothing() -> None:
    setup = setup_of(STRATEGIES, tape_of([]).instruments.values(), Terms())

    result = replay.run(setup, [])

    assert (result.counts.rows, result.counts.orders) == (0, 0)


@given(histories.histories)
@settings(max_examples=30)
def test_any_history_has_one_outcome_keeps_its_limits_and_adds_up(history: Sequence[Step]) -> None:
    tape = tape_of(history)

    done, *cut = (run(STRATEGIES, tape, limits=LIMITS, rows=rows) for rows in (None, 1, 7, 64))

    assert done.faults == []
    assert {one.result.outcome_hash for one in cut} == {done.result.outcome_hash}
    _check_worst_case(done)
    _check_sums(done)


@given(histories.histories)
@settings(max_examples=25)
def test_any_history_keeps_its_limits_with_netting_and_a_venue_that_rejects(
    history: Sequence[Step],
) -> None:
    done = run(STRATEGIES, tape_of(history), limits=LIMITS, netting=True, rejects=3, latency_ms=45)

    assert done.faults == []
    _check_worst_case(done)
    _check_sums(done)


def _check_worst_case(done: Run) -> None:
    """What may be held once any orders have filled, counted from the records alone."""
    held: dict[str, int] = defaultdict(int)
    live: dict[str, list[int]] = {}
    at: dict[str, tuple[str, int]] = {}
    for outcome in done.outcomes:
        event = outcome.event
        if isinstance(event, Fill):
            held[event.instrument] += event.size * event.side
            live[event.order_id][0] -= event.size
        elif isinstance(event, OVER):
            live[event.order_id][0] = 0
        for approved in outcome.approved:
            order = approved.proposal
            live[approved.order_id] = [order.size]
            at[approved.order_id] = (order.instrument, int(order.side))
        for name, most in MAXIMA.items():
            for side in (1, -1):
                left = sum(lots[0] for key, lots in live.items() if at[key] == (name, side))
                assert (held[name] * side + left) / 1e8 <= most


def _check_sums(done: Run) -> None:
    result = done.result
    if result.equity_change is not None:
        assert sum((result.attribution[part] for part in PARTS), Decimal(0)) == result.equity_change
    fees = sum((fill.fee for fill in done.fills), Decimal(0))
    if result.attribution:
        assert result.attribution["fees"] == -fees
    for name in MAXIMA:
        ours = [key for key in result.samples[-1].positions if key.endswith(name)]
        total = sum(result.samples[-1].positions[key] for key in ours)
        assert total == round(done.position(name) * 1e8)


_WITHOUT_COMPILER = """
from tests.modes.test_replay import LIMITS, a_history
from tests.modes.histories import STRATEGIES, tape_of
from bot.testing import run
done = run(STRATEGIES, tape_of(a_history(length=25)), limits=LIMITS)
print(done.result.outcome_hash, done.result.counts.fills)
"""


def test_the_outcome_is_the_same_without_the_compiler() -> None:
    compiled = run(STRATEGIES, tape_of(a_history(length=25)), limits=LIMITS)

    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_COMPILER],
        capture_output=True,
        text=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[2],
        check=False,
    )

    assert done.returncode == 0, done.stderr
    outcome_hash, fills = done.stdout.split()
    assert outcome_hash == compiled.result.outcome_hash
    assert int(fills) >= 15


def test_one_thing_that_changes_changes_the_hash(whole: Run) -> None:
    changes = [
        {"taker_fee": 0.000501},
        {"latency_ms": 11},
        {"decision_us": 101},
        {"limits": {**LIMITS, "gross_notional_max": 449}},
    ]

    hashes = {
        run(STRATEGIES, tape_of(a_history()), **{"limits": LIMITS, **change}).result.outcome_hash
        for change in changes
    }

    assert len(hashes) == 4
    assert whole.result.outcome_hash not in hashes


def test_names_of_sources_in_any_order_are_the_same_tape(whole: Run) -> None:
    class Backwards(Tape):
        def sources(self):
            return super().sources()[::-1]

    tape = tape_of(a_history())
    tape.__class__ = Backwards

    again = run(STRATEGIES, tape, limits=LIMITS)

    assert again.result.outcome_hash == whole.result.outcome_hash
