"""Between the decision and the venue: durable first, looked at once more, sent once, in order."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from bot import Target, Urgency
from bot.errors import DataError
from bot.journal.memory import MemoryJournal
from bot.journal.port import RecordKind
from bot.model.command import Approved, Command
from bot.model.event import (
    CancelRejected,
    CancelRequested,
    Fill,
    IntentDurable,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderSent,
    SendAborted,
    Timer,
)
from bot.modes import replay
from bot.modes.driver import Driver
from bot.modes.setup import deposits, driver
from bot.modes.sources import Recorded
from bot.tape.merge import merge
from bot.tape.rows import ASK, BID, LEVEL, SNAPSHOT
from bot.testing import Run, Tape, run
from bot.testing.tape import START_NS
from bot.testing.terms import Terms, setup_of
from tests.engine.world import PERP, SECOND, Does, hold, quoted
from tests.tape.tapes import Listed, Message

MS = 1_000_000


def busy() -> Run:
    """Targets that turn round, posted and crossed, over a book that moves."""

    def decide(view: Any) -> Target:
        step = round(view.touch(PERP).mid * 10)
        return Target(PERP, float(step % 5 - 2), Urgency.PASSIVE if step % 3 else Urgency.URGENT)

    tape = quoted()
    for k in range(60):
        move = (k * 7 % 11) / 10
        tape.wait(0.15).book(PERP, 99.9 + move, [(100.1 + move, 0.7), (100.3 + move, 50.0)])
        tape.trade(PERP, "sell" if k % 2 else "buy", 99.9 + move + 0.3 * (k % 2 == 0), 90.0)
    return run({"a": Does(does=decide), "b": hold(1.0)}, tape.wait(1))


@pytest.fixture(scope="module")
def traded() -> Run:
    return busy()


def by_order(done: Run) -> dict[str, list[OrderEvent]]:
    found: dict[str, list[OrderEvent]] = defaultdict(list)
    for event in done.events:
        if isinstance(event, OrderEvent):
            found[event.order_id].append(event)
    return found


def test_every_order_is_durable_then_sent_then_answered(traded: Run) -> None:
    orders = by_order(traded)

    assert len(orders) == len(traded.orders) >= 30
    for events in orders.values():
        kinds = [type(one) for one in events]
        assert kinds[0] is IntentDurable
        assert kinds[1] in (OrderSent, SendAborted)
        assert kinds.count(OrderSent) <= 1
        if kinds[1] is SendAborted:
            assert kinds[2:] == []
        elif len(kinds) > 2:
            assert OrderSent not in kinds[2:]


def test_no_answer_comes_before_the_way_there_and_back(traded: Run) -> None:
    for events in by_order(traded).values():
        sent = next((one.ts_recv for one in events if isinstance(one, OrderSent)), None)
        answers = [one for one in events if isinstance(one, OrderAccepted | Fill | OrderCanceled)]
        for answer in answers:
            assert sent is not None
            assert answer.ts_venue >= sent + 10 * MS
            assert answer.ts_recv == answer.ts_venue + 10 * MS


def test_time_and_seq_never_go_back(traded: Run) -> None:
    keys = [(outcome.now, outcome.seq) for outcome in traded.outcomes]

    assert keys == sorted(keys)


def test_the_command_is_in_the_journal_before_its_first_byte_leaves() -> None:
    tape = quoted().wait(1)
    setup = setup_of({"a": hold(1.0)}, tape.instruments.values(), Terms())
    journal = MemoryJournal()

    replay.run(setup, tape.sources(), journal=journal)

    told = [(one.kind, one.payload) for one in journal.load()]
    places = [k for k, (kind, text) in enumerate(told) if kind is RecordKind.COMMAND]
    sent = [k for k, (_, text) in enumerate(told) if b'"OrderSent"' in text]
    assert len(places) == len(sent) == 1
    assert places[0] < sent[0]


class Sending:
    """A driver's venue, and when it was given what."""

    def __init__(self, drive: Driver) -> None:
        self.commands: list[tuple[Command, int, int]] = []
        self._venue = drive.venue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    def submit(self, command: Command, sent_ns: int) -> None:
        self.commands.append((command, sent_ns, self._venue.now_ns))
        self._venue.submit(command, sent_ns)


def driven(tape: Tape, journal: MemoryJournal, **terms: Any) -> tuple[Driver, Sending, Any]:
    setup = setup_of({"a": hold(1.0)}, tape.instruments.values(), Terms(**terms))
    drive = driver(setup, journal)
    drive.venue = sending = Sending(drive)
    return drive, sending, deposits(setup, START_NS)


async def test_nothing_leaves_while_the_disk_is_slow() -> None:
    journal = MemoryJournal()
    tape = quoted().wait(1)
    drive, sending, beginning = driven(tape, journal)
    await drive.begin(beginning)

    journal.hold()
    task = asyncio.ensure_future(drive.run(Recorded(merge(tape.sources()))))
    await asyncio.sleep(0)
    early = list(sending.commands)
    journal.release()
    await task

    assert early == []
    assert [type(command) for command, _, _ in sending.commands] == [Approved]


async def test_what_the_disk_does_not_take_is_not_sent() -> None:
    journal = MemoryJournal()
    tape = quoted().wait(1)
    drive, sending, beginning = driven(tape, journal)
    await drive.begin(beginning)
    journal.room = 0

    with pytest.raises(Exception, match="no room for the record"):
        await drive.run(Recorded(merge(tape.sources())))

    assert sending.commands == []


async def test_commands_come_in_order_and_never_in_the_past_of_the_venue() -> None:
    def decide(view: Any) -> Target:
        return Target(PERP, float(round(view.touch(PERP).mid * 10) % 5 - 2), Urgency.PASSIVE)

    tape = quoted()
    for k in range(40):
        tape.wait(0.02).book(PERP, 99.9 + (k * 7 % 11) / 10, 100.1 + (k * 7 % 11) / 10)
    setup = setup_of({"a": Does(does=decide)}, tape.instruments.values(), Terms())
    drive = driver(setup, MemoryJournal())
    drive.venue = sending = Sending(drive)
    await drive.begin(deposits(setup, START_NS))

    await drive.run(Recorded(merge(tape.wait(1).sources())))

    times = [sent_ns for _, sent_ns, _ in sending.commands]
    assert len(times) >= 10
    assert times == sorted(times)
    for _, sent_ns, venue_ns in sending.commands:
        assert sent_ns + 10 * MS >= venue_ns


def test_a_halt_between_decision_and_first_byte_aborts_it() -> None:
    tape = quoted().silence(0.0005).operator("halt").wait(1)

    done = run(hold(1.0), tape, decision_us=1_000)

    (order_id,) = (one.order_id for one in done.orders)
    kinds = [type(one) for one in by_order(done)[order_id]]
    assert kinds[:2] == [IntentDurable, SendAborted]
    assert done.fills == []


def test_a_cancel_that_a_fill_overtakes_is_rejected_and_the_fill_counts() -> None:
    def decide(view: Any) -> Target:
        return Target(PERP, 1.0 if view.touch(PERP).mid < 100.05 else 0.0, Urgency.PASSIVE)

    tape = quoted().wait(0.5).book(PERP, 99.9, 100.3).silence(0.004)
    # The cancel is on its way when the bid is filled.
    tape.trade(PERP, "sell", 99.8, 500.0).wait(2)

    done = run(Does(does=decide), tape)

    events = by_order(done)[done.orders[0].order_id]
    kinds = [type(one) for one in events]
    assert kinds.index(CancelRequested) < kinds.index(Fill)
    assert CancelRejected in kinds
    assert done.fills[0].side == 1
    assert done.orders[1].proposal.side == -1


def test_a_cancel_of_what_is_over_by_now_is_not_sent() -> None:
    tape = quoted().gap(PERP).wait(1)

    done = run(hold(1.0), tape)

    assert len(done.cancels) == 1
    assert not any(isinstance(one, CancelRequested | CancelRejected) for one in done.events)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("latency_ms", [1, 10])
def test_no_order_meets_a_book_older_than_the_last_row_its_strategy_had_seen(
    seed: int, latency_ms: int
) -> None:
    random = Random(seed)
    at, venue_at, k = START_NS, START_NS, 0
    messages: list[Message] = []
    while k < 300:
        # Each book stands a tick higher than the one before it: a fill's price is its number.
        at += random.choice([0, 1, MS // 3, 2 * MS, 7 * MS])
        venue_at = max(venue_at, at - random.randrange(latency_ms * MS + 1))
        k += 1
        levels = ((LEVEL, BID, 10_000 + k, 10**12), (LEVEL, ASK, 10_001 + k, 10**12))
        messages.append(Message(at, min(venue_at, at), PERP, SNAPSHOT, levels))
    turns = iter(range(10_000))

    def decide(view: Any) -> Target:
        return Target(PERP, float(next(turns) % 40), Urgency.URGENT)

    tape = Tape([quoted().instruments[PERP]])
    setup = setup_of(
        {"a": Does(does=decide)}, tape.instruments.values(), Terms(latency_ms=latency_ms)
    )
    met = []
    seen = {one.ts_recv: number for number, one in enumerate(messages, 1)}

    def wire(*given: Any) -> Driver:
        made = driver(*given)
        record = made.recorder.record

        def watched(outcome: Any) -> Any:
            met.append(outcome)
            return record(outcome)

        made.recorder.record = watched
        return made

    replay.run(setup, [Listed(PERP, messages)], wire=wire)

    orders = {one.order_id: one for outcome in met for one in outcome.approved}
    fills = [outcome.event for outcome in met if isinstance(outcome.event, Fill)]
    buys = [one for one in fills if one.side == 1]
    assert len(buys) >= 10
    for fill in buys:
        decided_ns = orders[fill.order_id].approved_ns
        last_seen = max(number for ns, number in seen.items() if ns <= decided_ns)
        book = fill.price - 10_001
        assert book >= last_seen
        # And none that the venue had not yet made.
        assert messages[book - 1].ts_venue <= fill.ts_venue


@pytest.mark.parametrize("netting", [False, True])
def test_opposite_strategies_never_trade_with_each_other_at_the_venue(netting: bool) -> None:
    one, two = hold(2.0, urgency=Urgency.NORMAL), hold(-2.0, urgency=Urgency.NORMAL)

    done = run({"long": one, "short": two}, quoted().wait(8), netting=netting)

    live: dict[str, Approved] = {}
    for outcome in done.outcomes:
        if isinstance(outcome.event, OrderCanceled | Fill):
            live.pop(outcome.event.order_id, None)
        for order in outcome.approved:
            for other in live.values():
                opposite = other.proposal.side is not order.proposal.side
                ahead = (order.proposal.price - other.proposal.price) * order.proposal.side
                assert not (opposite and ahead >= 0)
            live[order.order_id] = order
    assert done.position(PERP) == 0.0
    assert set(done.result.by_strategy) >= {"long", "short"}
    parts = ("price", "basis", "slippage", "funding", "fees")
    assert sum(done.result.attribution[part] for part in parts) == done.result.equity_change


def test_with_netting_they_meet_inside_at_the_mid_and_pay_no_fee() -> None:
    strategies = {"long": hold(2.0), "short": hold(-2.0)}

    inside = run(strategies, quoted().wait(3), netting=True)
    outside = run(strategies, quoted().wait(3), netting=False)

    assert [(fill.side, fill.price, fill.fee) for fill in inside.fills] == [
        (1, 10_000, Decimal(0)),
        (-1, 10_000, Decimal(0)),
    ]
    assert inside.orders == []
    assert inside.result.attribution["fees"] == 0
    assert len(outside.fills) == 2
    assert outside.result.attribution["fees"] < 0


def test_what_is_due_at_the_time_of_a_row_comes_after_it() -> None:
    done = run(hold(1.0, urgency=Urgency.NORMAL), quoted().wait(4))

    timers = [one.ts_recv for one in done.events if isinstance(one, Timer)]
    assert timers == sorted(timers)
    assert len(timers) == len(set(timers))


class Backwards:
    """Items that go back in time."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = list(items)[::-1]

    async def next(self, due_ns: int | None) -> Any:
        return self._items.pop(0) if self._items else None


async def test_items_that_go_back_in_time_are_refused() -> None:
    tape = quoted().wait(1).funding(PERP, 0.0001).wait(1)
    drive, _, beginning = driven(tape, MemoryJournal())
    await drive.begin(beginning)

    with pytest.raises(DataError, match=r"tape at \d+ ns: got a .* before what it follows"):
        await drive.run(Backwards(merge(tape.sources())))


async def test_a_command_from_outside_is_taken_in_at_its_time() -> None:
    from tests.engine.world import command

    tape = quoted().wait(1)
    drive, _, beginning = driven(tape, MemoryJournal())
    await drive.begin(beginning)

    await drive.enter(command("pause", at=START_NS))
    await drive.run(Recorded(merge(tape.sources())))

    assert drive.engine.state.halts.state()
    assert drive.recorder.counts.orders == 0
    assert drive.engine.state.now == START_NS + SECOND
