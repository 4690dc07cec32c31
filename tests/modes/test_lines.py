"""A run over every kind of line: one outcome however the tape is cut, and no way against time."""

from typing import Any

import pytest
from msgspec import structs

from bot.config.latency import (
    ConstantTerms,
    EmpiricalTerms,
    LineTerms,
    LogNormalTerms,
    OutageTerms,
)
from bot.config.rules import VenueRules, rule_terms
from bot.journal.memory import MemoryJournal
from bot.model.command import Command
from bot.model.event import Fill, OrderAccepted, OrderCanceled, OrderEvent, OrderSent
from bot.modes import replay
from bot.modes.driver import Driver
from bot.modes.result import Result, assumptions
from bot.modes.setup import Setup, driver
from bot.testing.tape import START_NS
from bot.testing.terms import Terms, setup_of
from tests.modes.histories import STRATEGIES, tape_of
from tests.modes.test_replay import a_history

MS = 1_000_000
SPREAD = (15 * MS, 150 * MS, 5 * MS)
LINES = {
    "log-normal": LineTerms(LogNormalTerms(SPREAD, SPREAD, seed=1)),
    "log-normal, many connections": LineTerms(
        LogNormalTerms(SPREAD, SPREAD, seed=1), ordered=False
    ),
    "empirical": LineTerms(
        EmpiricalTerms((3 * MS, 9 * MS, 80 * MS), (2 * MS, 4 * MS, 250 * MS), seed=2)
    ),
    "outages": LineTerms(
        ConstantTerms(10 * MS, 10 * MS),
        outages=tuple(
            OutageTerms(START_NS + k * 1500 * MS, START_NS + (k * 1500 + 600) * MS, k % 2 == 1)
            for k in range(8)
        ),
    ),
}


def setup_on(line: LineTerms) -> Setup:
    tape = tape_of(a_history())
    setup = setup_of(STRATEGIES, tape.instruments.values(), Terms())
    return structs.replace(setup, venue=structs.replace(setup.venue, line=line))


class Watching(Driver):
    """A driver that keeps what it heard, and when the venue was where as it was told something."""

    heard: list[Any]
    sent: list[tuple[int, int]]

    def _submit(self, command: Command, sent_ns: int) -> None:
        self.sent.append((sent_ns, self.venue.now_ns))
        super()._submit(command, sent_ns)


def run_on(line: LineTerms, rows: int | None = None) -> tuple[Result, Watching]:
    made: list[Watching] = []

    def wire(setup: Setup, journal: Any, sink: Any) -> Driver:
        drive = driver(setup, journal, sink)
        drive.__class__ = Watching
        assert isinstance(drive, Watching)
        drive.heard, drive.sent = [], []
        made.append(drive)
        return drive

    journal = MemoryJournal()
    tape = tape_of(a_history()).sources()
    result = replay.run(setup_on(line), tape, rows=rows, wire=wire, journal=journal)
    return result, made[0]


def events_on(line: LineTerms) -> list[OrderEvent]:
    """Every event of an order, in the order in which the engine heard them."""
    found: list[OrderEvent] = []

    def wire(setup: Setup, journal: Any, sink: Any) -> Driver:
        drive = driver(setup, journal, sink)
        step = drive.engine.step

        def listening(item: Any, *more: Any) -> Any:
            if isinstance(item, OrderEvent):
                found.append(item)
            return step(item, *more)

        drive.engine.step = listening  # type: ignore[method-assign]
        return drive

    replay.run(setup_on(line), tape_of(a_history()).sources(), wire=wire)
    return found


@pytest.mark.parametrize("name", LINES)
def test_how_the_tape_is_cut_changes_nothing(name: str) -> None:
    whole, _ = run_on(LINES[name])

    assert whole.counts.orders >= 60
    assert whole.counts.fills >= 20
    for rows in (1, 7, 64):
        again, _ = run_on(LINES[name], rows)
        assert again.outcome_hash == whole.outcome_hash
        assert again.counts == whole.counts


@pytest.mark.parametrize("name", LINES)
def test_the_venue_is_never_ahead_of_what_it_is_told(name: str) -> None:
    _, drive = run_on(LINES[name])

    assert len(drive.sent) > 60
    # What is sent arrives no sooner than the shortest way there; the venue lags even us.
    assert all(venue_ns <= sent_ns for sent_ns, venue_ns in drive.sent)


@pytest.mark.parametrize("name", LINES)
def test_no_answer_is_heard_before_it_can_be(name: str) -> None:
    line = LINES[name]
    answers = [
        one for one in events_on(line) if isinstance(one, OrderAccepted | Fill | OrderCanceled)
    ]

    ways = [one.ts_recv - one.ts_venue for one in answers]

    assert min(ways) >= line.least_in_ns
    assert max(ways) > 2 * line.least_in_ns


def test_on_one_connection_nothing_is_overtaken_and_on_many_it_is() -> None:
    def happened(name: str) -> list[int]:
        return [
            one.ts_venue
            for one in events_on(LINES[name])
            if isinstance(one, OrderAccepted | Fill | OrderCanceled)
        ]

    one, many = happened("log-normal"), happened("log-normal, many connections")

    assert one == sorted(one)
    assert many != sorted(many)


def test_seeds_differ_and_a_report_says_what_was_assumed() -> None:
    line = LINES["log-normal"]
    other = structs.replace(line, delays=LogNormalTerms(SPREAD, SPREAD, seed=2))

    first, _ = run_on(line)
    second, _ = run_on(other)

    assert first.outcome_hash != second.outcome_hash
    said = assumptions(setup_on(line))
    assert said["latency out"] == "log-normal, median 15 ms, p99 150 ms, least 5 ms"
    assert said["latency seed"] == "1"


def test_an_order_sent_into_an_outage_arrives_behind_it() -> None:
    events = events_on(LINES["outages"])
    sent = {one.order_id: one.ts_recv for one in events if isinstance(one, OrderSent)}
    arrived = {one.order_id: one.ts_venue for one in events if isinstance(one, OrderAccepted)}
    down = [each for each in LINES["outages"].outages if not each.answers_only]

    late = [
        (at_ns, each)
        for name, at_ns in arrived.items()
        for each in down
        if each.start_ns <= sent[name] < each.end_ns
    ]

    assert len(late) >= 3
    assert all(at_ns >= each.end_ns + 10 * MS for at_ns, each in late)


def test_rules_of_the_configuration_hold_at_the_venue() -> None:
    setup = setup_on(LINES["empirical"])
    rules = rule_terms(VenueRules(size_max="0.00001"), setup.settings.instruments[0])
    ruled = structs.replace(
        setup, venue=structs.replace(setup.venue, rules={setup.settings.instruments[0].id: rules})
    )

    free, strict = (replay.run(one, tape_of(a_history()).sources()) for one in (setup, ruled))

    name = setup.settings.instruments[0].id
    assert any(one.instrument == name for one in free.trades)
    assert not any(one.instrument == name for one in strict.trades)
    assert any("is above the largest" in reason for reason in strict.reports)
