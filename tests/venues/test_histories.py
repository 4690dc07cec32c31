"""Any history of a market and of orders: the venue, however it is fed, agrees with the oracle."""

import os
import random
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.command import Command, OrderType, Side, TimeInForce
from bot.tape.builder import BlockBuilder
from bot.tape.rows import GAP, LEVEL, SNAPSHOT, TRADE, Block
from bot.venues.simulated.door import request_of
from bot.venues.simulated.latency import Constant, Latency
from bot.venues.simulated.reports import OrderReport, Refusal, Said
from bot.venues.simulated.state import VenueState
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import BUY, IN_NS, NAMES, OUT_NS, SELL, cancel, order, venue
from tests.venues.oracle import Answer, Message, Oracle

DECAY_NS = 40
LATENESS_NS = 2
END = 10**5

History = tuple[list[tuple[Message, int]], list[tuple[int, Command]]]

sides = st.sampled_from([BUY, SELL])
prices = st.integers(95, 105)
depths = st.sampled_from([3, 4, 2, 1, 0])


@st.composite
def books(draw) -> list[tuple[str, Side, int, int]]:
    """A whole book around a mid, seldom crossed."""
    mid = draw(st.integers(98, 102))
    gap = draw(st.sampled_from([1, 1, 1, 2, 2, 0]))
    sizes = st.integers(1, 6)
    bids = [("level", BUY, mid - gap - k, draw(sizes)) for k in range(draw(depths))]
    return bids + [("level", SELL, mid + k, draw(sizes)) for k in range(draw(depths))]


trades = st.tuples(st.just("trade"), sides, prices, st.integers(1, 9))
bids = st.tuples(st.just("level"), st.just(BUY), st.integers(95, 100), st.integers(0, 6))
asks = st.tuples(st.just("level"), st.just(SELL), st.integers(100, 105), st.integers(0, 6))
rows = st.lists(st.one_of(trades, bids, asks), min_size=1, max_size=3)


@st.composite
def histories(draw) -> History:
    """Messages with the time each was under way, and commands with the time each was sent."""
    messages, now = [], 10
    for instrument in (0, 1):
        messages.append((Message(now, instrument, draw(books()), snapshot=True), 0))
    for _ in range(draw(st.integers(5, 25))):
        now += draw(st.integers(0, 15))
        kind = draw(st.sampled_from(["rows"] * 12 + ["snapshot"] * 2 + ["gap"]))
        body = draw(books()) if kind == "snapshot" else draw(rows) if kind == "rows" else []
        message = Message(
            now, draw(st.integers(0, 1)), body, snapshot=kind == "snapshot", gap=kind == "gap"
        )
        messages.append((message, draw(st.integers(0, 4))))
    commands: list[tuple[int, Command]] = []
    sent = 10
    for k in range(draw(st.integers(2, 12))):
        sent += draw(st.integers(0, 40))
        commands.append((sent, draw(command(k))))
    return messages, commands


@st.composite
def command(draw, k: int) -> Command:
    if k and draw(st.integers(0, 3)) == 3:
        return cancel(f"o{draw(st.integers(0, k))}")
    number = draw(st.sampled_from([k] * 9 + [0]))
    return order(
        f"o{number}",
        draw(sides),
        draw(st.integers(1, 9)),
        draw(prices),
        name=NAMES[draw(st.integers(0, 1))],
        type=draw(st.sampled_from([OrderType.LIMIT] * 3 + [OrderType.MARKET])),
        time_in_force=draw(st.sampled_from([TimeInForce.GTC] * 3 + list(TimeInForce))),
        post_only=draw(st.integers(0, 4)) == 4,
        reduce_only=draw(st.integers(0, 4)) == 4,
    )


def as_received(history: History) -> Block:
    """The messages as a block: sorted by receipt, each stamped with when it happened."""
    received = sorted(history[0], key=lambda entry: entry[0].ns + entry[1])
    builder = BlockBuilder(NAMES)
    for message, under_way in received:
        flags = SNAPSHOT * message.snapshot | GAP * message.gap
        heard = message.ns + under_way
        builder.begin(heard, message.ns, message.instrument, flags)
        for kind, side, price, size in message.rows:
            builder.row(LEVEL if kind == "level" else TRADE, int(side), price, size)
        builder.end()
    return builder.take()


def placed(history: History) -> list[Message]:
    """The messages, each at the time at which it has its place in the venue's order."""
    received = sorted(history[0], key=lambda entry: entry[0].ns + entry[1])
    return [
        replace(message, ns=message.ns + max(0, under_way - LATENESS_NS))
        for message, under_way in received
    ]


def expected(history: History) -> list[Answer]:
    arrivals = [(sent + OUT_NS, request_of(each)) for sent, each in history[1]]
    return Oracle(NAMES, DECAY_NS).run(placed(history), arrivals)


def plain(answers: Iterable[Said]) -> list[Answer]:
    found: list[Answer] = []
    for said in answers:
        if isinstance(said, Refusal):
            found.append((said.at_ns, "refused", said.request.client_id))  # type: ignore[union-attr]
            continue
        assert isinstance(said, OrderReport)
        line: Answer = (
            said.at_ns,
            said.change.value,
            said.request.client_id,
            said.executed,
            said.leaves,
        )
        if (done := said.execution) is not None:
            line = (*line, done.size, done.price, done.maker)
        found.append(line)
    return found


def fresh() -> SimulatedVenue:
    return venue(lateness_ns=LATENESS_NS, decay_ns=DECAY_NS)


def driven(history: History, size: int) -> list[Said]:
    """What the venue says over the line that all tests here have."""
    return replayed(history, size, Constant(OUT_NS, IN_NS))


def replayed(history: History, size: int, latency: Latency, **more: bool) -> list[Said]:
    """The venue as a driver would use it: fed block by block, never asked for what is not known."""
    there = venue(lateness_ns=LATENESS_NS, decay_ns=DECAY_NS, latency=latency, **more)
    block, events = as_received(history), []
    commands = list(history[1])
    for start in range(0, block.messages, size):
        part = block.part(start, min(start + size, block.messages))
        there.feed(part)
        # Whoever sends does so before the venue gets there, for it lags by the way back.
        while commands and commands[0][0] <= part.last_ns:
            sent, each = commands.pop(0)
            there.submit(each, sent)
        there.advance(part.last_ns - LATENESS_NS - 1)
        events += there.take_said()
    there.finish()
    for sent, each in commands:
        there.submit(each, sent)
    there.advance(END)
    return events + there.take_said()


def example(seed: int) -> History:
    """A history of its own, longer than hypothesis likes them, the same for the same seed."""
    dice = random.Random(seed)
    messages: list[tuple[Message, int]] = []
    commands: list[tuple[int, Command]] = []
    mids = [100, 100]
    for k in range(300):
        i = k if k < 2 else dice.randrange(2)
        whole = k < 2 or dice.random() < 0.05
        mids[i] = dice.randint(99, 101) if whole else mids[i]
        body = [
            ("level", side, mids[i] - side * (step + 1), dice.randint(whole, 5))
            for side in (BUY, SELL)
            for step in range(4)
            if whole or dice.random() < 0.2
        ]
        if not whole and dice.random() < 0.4:
            price = mids[i] + dice.randint(-2, 2)
            body = [("trade", dice.choice([BUY, SELL]), price, dice.randint(1, 9))]
        messages.append((Message(10 + 5 * k, i, body, whole), dice.randint(0, 4)))
        if dice.random() < 0.5:
            made = order(
                f"o{k}",
                dice.choice([BUY, SELL]),
                dice.randint(1, 6),
                dice.randint(97, 103),
                name=NAMES[i],
                time_in_force=dice.choice([TimeInForce.GTC, TimeInForce.IOC]),
            )
            commands.append((10 + 5 * k, made))
        elif dice.random() < 0.5:
            commands.append((10 + 5 * k, cancel(f"o{dice.randint(0, k)}")))
    return messages, commands


@given(histories())
def test_every_history_ends_as_the_oracle_says(history):
    events = driven(history, 10**6)

    assert plain(events) == expected(history)


@given(histories(), st.sampled_from([1, 2, 3, 7]))
def test_how_the_market_is_cut_into_blocks_changes_nothing(history, size):
    whole = driven(history, 10**6)

    assert driven(history, size) == whole


@pytest.mark.parametrize("seed", range(12))
def test_a_long_history_meets_every_kind_of_answer(seed):
    history = example(seed)

    answers = plain(driven(history, 10**6))

    assert answers == expected(history)
    assert {answer[1] for answer in answers} == {
        "new",
        "trade",
        "canceled",
        "expired",
        "expired_in_match",
        "refused",
    }
    assert {answer[-1] for answer in answers if answer[1] == "trade"} == {True, False}


@pytest.mark.parametrize("size", [1, 7, 64])
def test_a_long_history_in_other_blocks_is_the_same(size):
    history = example(2)

    assert driven(history, size) == driven(history, 10**6)


@pytest.mark.parametrize("seed", range(4))
def test_a_venue_that_was_restored_goes_on_as_if_nothing_had_been(seed):
    # Our impact lasts a nanosecond here: what we took is all that a rebuilt book cannot know.
    history, block = example(seed), as_received(example(seed))
    now = int(block.ts_recv[block.messages // 2]) + 1
    there, again = (venue(lateness_ns=LATENESS_NS, decay_ns=1) for _ in range(2))
    for each in (there, again):
        each.feed(block)
    for sent, command in history[1]:
        there.submit(command, sent)
    there.advance(now)
    again.advance(now)

    state = msgspec.json.decode(msgspec.json.encode(there.state()), type=VenueState)
    again.restore(state)
    for each in (there, again):
        each.finish()
        each.advance(END)

    events = there.take_said()
    assert len(events) > len(state.unheard) > 20
    assert again.take_said() == events
    assert again.state() == there.state()


def test_a_state_is_the_same_value_when_it_is_taken_again():
    there = fresh()
    there.feed(as_received(example(4)))
    for sent, each in example(4)[1]:
        there.submit(each, sent)
    there.advance(900)

    state = there.state()
    other = fresh()
    other.restore(state)

    assert other.state() == state
    assert msgspec.json.encode(other.state()) == msgspec.json.encode(state)


PRINT_ANSWERS = """
from tests.venues.test_histories import driven, example, plain
from bot.kernel import JIT
print(JIT, [plain(driven(example(seed), 64)) for seed in (1, 2)])
"""


def test_plain_python_gives_the_same_answers_as_compiled_kernels():
    root = Path(__file__).resolve().parent.parent.parent
    run = subprocess.run(
        [sys.executable, "-c", PRINT_ANSWERS],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )

    answers = [plain(driven(example(seed), 64)) for seed in (1, 2)]

    assert run.stdout.strip() == f"False {answers}"
