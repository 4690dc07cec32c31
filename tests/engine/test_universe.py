"""Watches over a universe: a table beside the list of its instruments, whatever is listed."""

import math
from typing import Any

import numpy as np
import pytest

from bot import FundingExcess, InstrumentId, Kind, LogMid, Target, Universe, Urgency
from bot.signals.open_interest.change import OpenInterestChange
from bot.testing import Tape, listing, run
from tests.engine.world import ETH, PERP, SPOT, Does, asked_at, quoted

PERPS = Universe(kind=Kind.PERPETUAL)
SOL = InstrumentId("sim:SOL/USDT:USDT")
Seen = list[tuple[list[str], list[float]]]


def watching(seen: Seen, quiet_ms: int = 0, wake: float = 5.0) -> Does:
    def decide(view: Any) -> None:
        column = view.table("mid")
        assert not column.flags.writeable
        names = [one.id for one in view.instruments(PERPS)]
        seen.append((names, np.round((np.exp(column / 1e4)), 6).tolist()))

    return Does(does=decide, looks={"mid": LogMid(PERPS, wake=wake, quiet_ms=quiet_ms)})


def test_the_table_stands_beside_its_instruments_and_unknown_is_nan() -> None:
    seen: Seen = []
    tape = Tape([listing(SOL)]).book(SPOT, 1.0, 1.02).book(ETH, 49.0, 51.0)
    tape.wait(0.1).book(PERP, 99.0, 101.0).wait(0.1)

    run(watching(seen), tape)

    assert seen[0] == ([PERP, ETH, SOL], [UNKNOWN, 50.0, UNKNOWN])
    assert seen[-1] == ([PERP, ETH, SOL], [100.0, 50.0, UNKNOWN])


def test_any_row_wakes_it_by_its_own_step() -> None:
    seen: Seen = []
    tape = quoted(PERP, ETH).wait(1).book(ETH, 99.96, 100.16).wait(1)
    tape.book(ETH, 99.92, 100.12).wait(1)

    done = run(watching(seen), tape)

    assert asked_at(done) == [0.0, 0.0, 1.0]  # each book at first, then 6 bps, and 4 not


def test_moves_of_many_rows_wake_it_once_in_the_quiet_time() -> None:
    seen: Seen = []
    tape = quoted(PERP, ETH).wait(1)
    for k in range(20):
        for one in (PERP, ETH):
            tape.wait(0.01).book(one, 99.9 + k / 10, 100.1 + k / 10)

    done = run(watching(seen, quiet_ms=100), tape.wait(1))

    assert asked_at(done) == [0.0, 0.1, 1.03, 1.13, 1.23, 1.33, 1.43]
    assert seen[-1][1] == [101.9, 101.9]


def test_delisting_and_listing_change_the_table_at_once() -> None:
    seen: Seen = []
    tape = quoted(PERP, ETH).wait(1).delist(PERP).wait(1).relist(PERP).wait(1)

    done = run(watching(seen), tape)

    assert asked_at(done) == [0.0, 0.0, 1.0, 2.0]
    assert [names for names, _ in seen[1:]] == [[PERP, ETH], [ETH], [PERP, ETH]]
    assert [values for _, values in seen[1:]] == [[100.0, 100.0], [100.0], [100.0, 100.0]]


def test_what_is_listed_later_has_its_row_when_it_is() -> None:
    seen: Seen = []
    tape = Tape([listing(SOL, active=False)]).book(ETH, 99.9, 100.1).book(SOL, 9.9, 10.1)

    run(watching(seen), tape.wait(1).relist(SOL).wait(1))

    assert seen[0] == ([ETH], [100.0])
    assert seen[-1] == ([ETH, SOL], [100.0, 10.0])


def test_what_is_delisted_may_be_sold_and_not_bought() -> None:
    goals = {100: 1.0, 101: 2.0, 102: 0.5, 103: 3.0}

    def decide(view: Any) -> Target:
        return Target(PERP, goals[round(view.touch(PERP).mid)], Urgency.URGENT)

    tape = quoted().wait(1).delist(PERP)
    for k in range(1, 4):
        tape.wait(1).book(PERP, 99.9 + k, 100.1 + k)
    looks = {"mid": LogMid(PERP, wake=5.0)}

    done = run(Does(does=decide, looks=looks), tape.wait(1))

    first, *late = [one.proposal for one in done.orders]
    wanted = [one.answer.quantity for one in done.asked if one.answer]
    assert {2.0, 0.5, 3.0} < set(wanted)
    assert (first.side, first.size) == (1, 10**8)
    assert done.refused == []
    assert {(one.side, one.size) for one in late} == {(-1, 10**8 // 2)}


UNKNOWN = pytest.approx(math.nan, nan_ok=True)


VENUES = ("one", "two", "three")
MANY = [InstrumentId(f"{venue}:C{k:02d}/USDT:USDT") for venue in VENUES for k in range(50)]


def crowd() -> Tape:
    """150 perpetuals on three venues, each with a book and a rate."""
    tape = Tape([listing(name) for name in MANY])
    for k, name in enumerate(MANY):
        tape.book(name, 100.0 + k, 100.1 + k).funding(name, 0.0001).open_interest(name, 1000.0)
    return tape.wait(0.5)


def test_a_hundred_and_fifty_perpetuals_wake_only_for_what_is_watched() -> None:
    rates: list[list[float]] = []

    def decide(view: Any) -> None:
        rates.append(view.table("rate").tolist())

    looks = {
        "rate": FundingExcess(PERPS, interest_bps_8h=1.0, wake=0.5),
        "open": OpenInterestChange(instruments=PERPS, wake=10.0),
    }
    tape = crowd()
    for k in range(40):  # nothing that is watched moves
        tape.book(MANY[k], 99.0 + k, 99.1 + k).trade(MANY[k], "buy", 99.1 + k, 1.0)
    tape.wait(0.5).funding(MANY[7], 0.0009).wait(0.5).funding(MANY[8], 0.00011).wait(0.5)

    done = run(Does(does=decide, looks=looks), tape)

    when = asked_at(done)
    assert when[-1] == 1.0  # the one rate that moved by 8 bps, and not the one by a tenth
    assert all(at == 0.0 for at in when[:-1])
    before, after = rates[-2], rates[-1]
    names = sorted(MANY)
    moved = [name for name, one, other in zip(names, before, after, strict=True) if one != other]
    assert moved == [MANY[7]]
    assert after[names.index(MANY[7])] == pytest.approx(8.0)


def test_a_table_of_open_interest_has_a_row_for_each_contract() -> None:
    seen: list[list[float]] = []
    tape = quoted(PERP, ETH).open_interest(PERP, 100.0).open_interest(ETH, 5.0).wait(0.1)
    looks = {
        "open": OpenInterestChange(instruments=PERPS, wake=0.001),
        "mid": LogMid(PERPS, wake=0.5),
    }

    def decide(view: Any) -> None:
        seen.append(view.table("open").tolist())

    for k in range(14):
        tape.wait(300).open_interest(ETH, 5.0).wait(0.1).open_interest(PERP, 100.0 + k)
    run(Does(does=decide, looks=looks), tape.wait(1))

    assert len(seen[-1]) == 2
    assert seen[-1][0] == pytest.approx(12 / 101, rel=0.2)
    assert seen[-1][1] == 0.0
