"""A run under other assumptions: a strategy that lives only under kind ones is marked so."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from msgspec import structs

from bot import BookImbalance, InstrumentId, LogMid, Strategy, Target, Urgency, View
from bot.modes import replay
from bot.modes.assumed import Case, Verdict, judged
from bot.modes.sensitivity import grid, sensitivity, unhedged
from bot.modes.setup import Setup
from bot.testing import Tape
from bot.testing.terms import Terms, setup_of
from tests.engine.world import PERP, SPOT


class Joins(Strategy):
    """Joins the bid and waits."""

    instrument: InstrumentId
    urgency: Urgency = Urgency.PASSIVE

    def watches(self) -> dict[str, Any]:
        return {"mid": LogMid(self.instrument, wake=0.5)}

    def decide(self, view: View) -> Target:
        return Target(self.instrument, 1.0, self.urgency)


class Leans(Strategy):
    """Buys at once when bids outweigh asks, for as long as they do."""

    instrument: InstrumentId

    def watches(self) -> dict[str, Any]:
        return {"lean": BookImbalance(self.instrument, levels=1, wake=0.1)}

    def decide(self, view: View) -> Target:
        held = 1.0 if (view["lean"] or 0.0) > 0.5 else 0.0
        return Target(self.instrument, held, Urgency.URGENT)


def kind_market() -> Tape:
    """Half of the bid is canceled, nobody knows where; then just enough trades for an optimist."""
    tape = Tape().book(PERP, [(99.9, 10.0), (99.8, 90.0)], [(100.1, 50.0)])
    for _ in range(20):
        tape.silence(0.05).level(PERP, "bid", 99.9, 10.0)
    for size in (20.0, 10.0):
        tape.silence(0.05).level(PERP, "bid", 99.9, size)
    tape.silence(0.05).trade(PERP, "sell", 99.9, 9.5)
    tape.silence(0.05).book(PERP, [(109.9, 10.0)], [(110.1, 50.0)])
    return tape.silence(0.05).book(PERP, [(109.9, 10.0)], [(110.1, 50.0)])


def fast_market() -> Tape:
    """The book leans for 30 ms before it jumps: who is 25 ms away is late."""
    tape = Tape().book(PERP, [(99.9, 10.0)], [(100.1, 10.0)]).wait(0.5)
    tape.level(PERP, "bid", 99.9, 90.0)
    tape.silence(0.015).book(PERP, [(101.9, 90.0)], [(102.1, 10.0)])
    tape.silence(0.5).book(PERP, [(101.9, 10.0)], [(102.1, 10.0)])
    return tape.silence(0.5).book(PERP, [(101.9, 10.0)], [(102.1, 10.0)])


def recipe(strategy: Strategy, tape: Tape, **terms: Any) -> partial[Setup]:
    return partial(setup_of, {"a": strategy}, tuple(tape.instruments.values()), Terms(**terms))


KIND = recipe(Joins(instrument=PERP), kind_market())
"""Crosses processes, as a module's own strategies do."""


def test_a_strategy_that_lives_only_under_the_kind_model_is_marked_so() -> None:
    found = sensitivity(KIND, kind_market().sources())

    earned = {(case.line, case.queue): case.equity_change for case in found.cases}
    own = {queue: change for (line, queue), change in earned.items() if line == "latency as run"}
    assert own["risk-averse"] == 0
    assert own["log"] is not None
    assert own["log"] > 9
    assert found.kind_only
    assert Verdict.KIND in found.verdicts


def test_what_the_strict_rule_earns_too_is_not_marked() -> None:
    tape = kind_market().silence(0.01)
    make = recipe(Joins(instrument=PERP, urgency=Urgency.URGENT), tape)

    found = sensitivity(make, tape.sources())

    assert found.verdicts == (Verdict.HOLDS,)
    assert not found.kind_only


def test_a_run_under_a_kind_rule_is_held_against_the_strict_one() -> None:
    def make() -> Setup:
        setup = KIND()
        return structs.replace(setup, venue=structs.replace(setup.venue, queue="log"))

    result = replay.run(make(), kind_market().sources())
    found = sensitivity(make, kind_market().sources(), result=result)

    (own,) = (case for case in found.cases if case.own)
    assert (own.queue, own.equity_change) == ("log", result.equity_change)
    assert found.kind_only


def test_a_result_that_a_slower_line_takes_away_is_told() -> None:
    tape = fast_market()
    make = recipe(Leans(instrument=PERP), tape, latency_ms=10)

    found = sensitivity(make, tape.sources())

    assert Verdict.LINE in found.verdicts
    assert not found.kind_only


def test_the_grid_has_every_line_under_every_rule_and_the_run_itself_once() -> None:
    venue = KIND().venue
    cells = grid(venue)

    assert len(cells) == 12
    assert [one.own for one in cells].count(True) == 1
    assert {one.venue.line.medians[0] / 1e6 for one in cells} == {5, 10, 20}
    other = structs.replace(venue, queue="power", queue_power=2)
    assert len(grid(other)) == 16
    assert [one.own for one in grid(other)].count(True) == 1


def test_processes_change_nothing_and_the_run_that_is_there_is_not_made_again() -> None:
    tape = kind_market().sources()
    result = replay.run(KIND(), tape)

    alone = sensitivity(KIND, tape, result=result)
    apart = sensitivity(KIND, tape, processes=2)

    assert apart == alone


def test_what_is_left_uncovered_is_a_mean_over_time_by_coin() -> None:
    tape = Tape().book(PERP, 99.9, 100.1).book(SPOT, 99.9, 100.1).wait(5)
    both = {"a": Joins(instrument=PERP, urgency=Urgency.URGENT)}
    setup = setup_of(both, tape.instruments.values(), Terms())

    result = replay.run(setup, tape.sources())
    found = unhedged(result)

    # One coin at 100 from soon after the beginning on: samples before it hold nothing.
    held = [bool(one.positions) and any(one.positions.values()) for one in result.samples]
    assert found == pytest.approx(Decimal(100) * sum(held) / len(held))
    assert 0 < sum(held) < len(held)


def case(line: str, queue: str, change: str | None, **more: Any) -> Case:
    return Case(
        line=line,
        queue=queue,
        as_run=line == "run",
        own=False,
        equity_change=None if change is None else Decimal(change),
        fills=1,
        maker_share=1.0,
        unhedged=None,
        **more,
    )


@pytest.mark.parametrize(
    ("changes", "verdicts"),
    [
        (("1", "1", "1", "1"), (Verdict.HOLDS,)),
        (("0", "0", "-1", "0"), (Verdict.LOSES,)),
        (("-1", "1", "-1", "1"), (Verdict.KIND,)),
        (("0", "1", "-1", "-1"), (Verdict.KIND,)),
        (("1", "1", "-1", "1"), (Verdict.LINE,)),
        (("1", "1", "-1", "-1"), (Verdict.LINE,)),
        (("1", "-1", "1", "1"), (Verdict.MIXED,)),
        (("-1", "-1", "1", "1"), (Verdict.MIXED,)),
        (("1", None, "1", "1"), (Verdict.UNKNOWN,)),
    ],
)
def test_the_verdict_is_read_off_the_signs(
    changes: tuple[str | None, ...], verdicts: tuple[Verdict, ...]
) -> None:
    cells = [("run", "risk-averse"), ("run", "log"), ("slow", "risk-averse"), ("slow", "log")]

    cases = [case(*cell, change) for cell, change in zip(cells, changes, strict=True)]

    assert judged(cases).verdicts == verdicts
