"""Any history of requests, under every queue rule: the venue agrees with the oracle."""

import os
import random
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.command import OrderType, TimeInForce
from bot.model.units import AccountId
from bot.tape.builder import BlockBuilder
from bot.tape.rows import GAP, LEVEL, MARK, SCALAR, SNAPSHOT, TRADE, Block
from bot.venues.simulated import queue
from bot.venues.simulated.queue import QueueRule
from bot.venues.simulated.reports import Said
from bot.venues.simulated.requests import (
    AmendOrder,
    Batch,
    CancelAll,
    CancelOrder,
    Countdown,
    PlaceOrder,
    Request,
    SelfTrade,
    Trigger,
    TriggerSource,
)
from bot.venues.simulated.state import VenueState
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import ACCOUNT, BTC, BUY, NAMES, OUT_NS, SELL, USDT, venue
from tests.venues.oracle import Answer, Message, Oracle
from tests.venues.test_histories import plain

DECAY_NS = 40
END = 10**8
TICK = 50_000_000
"""Of 0.5, as marks are counted."""
OTHER = AccountId("there")
DEPOSITS = {name: {USDT: Decimal(10**9), BTC: Decimal(10**9)} for name in (ACCOUNT, OTHER)}
RULES = {
    f"{name} {power} {'whole' if whole else 'partial'}": QueueRule(code, power, whole)
    for name, code, power in (
        ("risk-averse", queue.RISK_AVERSE, 3),
        ("power", queue.POWER, 3),
        ("power of all", queue.POWER_OF_ALL, 2),
        ("power of front", queue.POWER_OF_FRONT, 3),
        ("log", queue.LOG, 3),
        ("log of all", queue.LOG_OF_ALL, 3),
    )
    for whole in (False, True)
}

History = tuple[list[Message], list[tuple[int, Request]]]


class Dice:
    """Draws a history from anything that draws whole numbers."""

    def __init__(self, draw) -> None:
        self.draw = draw

    def up_to(self, most: int) -> int:
        return self.draw(0, most)

    def between(self, low: int, high: int) -> int:
        return self.draw(low, high)

    def of(self, choices: Sequence):
        return choices[self.draw(0, len(choices) - 1)]

    def one_in(self, many: int) -> bool:
        return self.draw(0, many - 1) == many - 1


def history_of(dice: Dice, messages: int, requests: int) -> History:
    market, now = [], 10
    mids = [100, 100]
    for k in range(messages):
        i = k if k < 2 else dice.up_to(1)
        whole = k < 2 or dice.one_in(20)
        mids[i] = dice.between(99, 101) if whole else mids[i]
        rows = [
            ("level", side, mids[i] - side * (step + 1), dice.between(int(whole), 9))
            for side in (BUY, SELL)
            for step in range(3)
            if whole or dice.one_in(4)
        ]
        if k < 2 or dice.one_in(6):
            rows.append(("mark", BUY, dice.between(97, 103), 0))
        if not whole and dice.one_in(2):
            count = dice.between(1, 2)
            rows = [
                ("trade", dice.of([BUY, SELL]), mids[i] + dice.between(-2, 2), dice.between(1, 9))
                for _ in range(count)
            ]
        gap = not whole and dice.one_in(40)
        market.append(Message(now, i, [] if gap else rows, snapshot=whole, gap=gap))
        now += dice.between(0, 12)
    asked: list[tuple[int, Request]] = []
    sent = 12
    for k in range(requests):
        asked.append((sent, request_of(dice, k, sent)))
        sent += dice.between(0, 2 * now // (requests + 1))
    return market, asked


def request_of(dice: Dice, k: int, now: int) -> Request:
    account = dice.of([ACCOUNT, ACCOUNT, OTHER])
    kind = dice.up_to(13)
    where = {"account": account, "instrument": dice.of(NAMES[:2])}
    known = f"o{max(0, k - dice.up_to(9))}"
    if kind < 8:
        return place(dice, k, now, where)
    if kind == 8:
        return CancelOrder(**where, client_id=known)
    if kind == 9:
        return CancelAll(account=account, instrument=dice.of([None, *NAMES[:2]]))
    if kind == 10:
        # A countdown counts milliseconds: these histories end before it, unless it is put off.
        watched = dice.of([None, *NAMES[:2]])
        return Countdown(account=account, instrument=watched, ms=dice.up_to(1))
    if kind == 11:
        cancel = CancelOrder(**where, client_id=known)
        return Batch(requests=(place(dice, k, now, where), cancel))
    return AmendOrder(
        **where,
        client_id=known,
        price=dice.of([None, dice.between(97, 103)]),
        size=dice.of([None, None, dice.between(1, 9)]),
        trigger_price=dice.between(97, 103) if dice.one_in(5) else None,
    )


def place(dice: Dice, k: int, now: int, where: dict) -> PlaceOrder:
    market = dice.one_in(5)
    trigger = None
    if dice.one_in(4):
        source = dice.of([TriggerSource.MARK, TriggerSource.LAST])
        trigger = Trigger(dice.between(97, 103), source, bool(dice.up_to(1)))
    closing = trigger is not None and dice.one_in(4)
    return PlaceOrder(
        **where,
        client_id=f"o{k}",
        side=dice.of([BUY, SELL]),
        size=0 if closing else dice.between(1, 9),
        price=dice.of([None, dice.between(97, 103)]) if market else dice.between(97, 103),
        type=OrderType.MARKET if market else OrderType.LIMIT,
        time_in_force=dice.of([TimeInForce.GTC] * 4 + [TimeInForce.IOC, TimeInForce.FOK]),
        post_only=dice.one_in(6),
        reduce_only=dice.one_in(6),
        close_position=closing,
        trigger=trigger,
        self_trade=dice.of(list(SelfTrade)),
        expires_ns=now + dice.between(0, 200) if dice.one_in(6) else None,
    )


def seeded(seed: int, messages: int = 300, requests: int = 160) -> History:
    return history_of(Dice(random.Random(seed).randint), messages, requests)


@st.composite
def histories(draw) -> History:
    dice = Dice(lambda low, high: draw(st.integers(low, high)))
    return history_of(dice, draw(st.integers(4, 25)), draw(st.integers(2, 14)))


def block_of(messages: list[Message]) -> Block:
    builder = BlockBuilder(NAMES)
    for message in messages:
        flags = SNAPSHOT * message.snapshot | GAP * message.gap
        builder.begin(message.ns, message.ns, message.instrument, flags)
        for kind, side, price, size in message.rows:
            if kind == "mark":
                builder.row(SCALAR, MARK, price * TICK, 0)
            else:
                builder.row(LEVEL if kind == "level" else TRADE, int(side), price, size)
        builder.end()
    return builder.take()


def fresh(rule: QueueRule | None = None) -> SimulatedVenue:
    return venue(lateness_ns=0, decay_ns=DECAY_NS, queue=rule, deposits=DEPOSITS)


def served(history: History, size: int, rule: QueueRule | None = None) -> list[Said]:
    """The history as a driver would let it happen, in blocks of so many messages."""
    there, block, said = fresh(rule), block_of(history[0]), []
    asked = list(history[1])
    for start in range(0, block.messages, size):
        part = block.part(start, min(start + size, block.messages))
        there.feed(part)
        while asked and asked[0][0] <= part.last_ns:
            sent, request = asked.pop(0)
            there.send(request, sent)
        there.advance(part.last_ns - 1)
        said += there.take_said()
    there.finish()
    for sent, request in asked:
        there.send(request, sent)
    there.advance(END)
    return said + there.take_said()


def expected(history: History, rule: QueueRule | None = None) -> list[Answer]:
    arrivals = [(sent + OUT_NS, request) for sent, request in history[1]]
    return Oracle(NAMES, DECAY_NS, rule).run(history[0], arrivals)


@given(histories(), st.sampled_from(list(RULES.values())))
def test_every_history_ends_as_the_oracle_says(history, rule):
    assert plain(served(history, 10**6, rule)) == expected(history, rule)


@pytest.mark.parametrize("name", RULES)
def test_long_histories_end_as_the_oracle_says(name):
    for seed in range(8):
        history = seeded(seed)

        assert plain(served(history, 10**6, RULES[name])) == expected(history, RULES[name])


def test_long_histories_meet_every_kind_of_answer():
    said = [each for seed in range(8) for each in served(seeded(seed), 10**6)]

    changes = {answer[1] for answer in plain(said)}
    reasons = {each.reason for each in said if each.reason is not None}
    statuses = {each.status for each in said if hasattr(each, "status")}

    assert changes == {
        *("new", "trade", "amended", "triggered", "canceled", "expired", "expired_in_match"),
        *("rejected", "refused"),
    }
    assert reasons >= {
        *("asked", "closed_order", "collar", "immediate", "killed", "post_only", "reduced"),
        *("self_trade", "time", "trigger_passed", "unknown_order", "no_change", "invalid"),
        *("nothing_to_reduce", "book_unusable", "countdown"),
    }
    assert len(statuses) == 8


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("seed", range(3))
def test_how_the_market_is_cut_into_blocks_changes_nothing(seed, size):
    history = seeded(seed)

    assert served(history, size) == served(history, 10**6)


@pytest.mark.parametrize("seed", range(6))
def test_a_venue_that_was_restored_goes_on_as_if_nothing_had_been(seed):
    # Our impact lasts a nanosecond here: what we took is all that a rebuilt book cannot know.
    messages, asked = seeded(seed)
    block, now = block_of(messages), messages[150].ns
    there, again = (venue(lateness_ns=0, decay_ns=1, deposits=DEPOSITS) for _ in range(2))
    for each in (there, again):
        each.feed(block)
    for sent, request in asked:
        there.send(request, sent)
    there.advance(now)
    again.advance(now)

    state = msgspec.json.decode(msgspec.json.encode(there.state()), type=VenueState)
    again.restore(state)
    for each in (there, again):
        each.finish()
        each.advance(END)

    assert state.resting or state.waiting or state.deadlines
    assert again.take_said() == there.take_said()
    assert again.state() == there.state()


@pytest.mark.parametrize("seed", range(4))
def test_asked_at_once_or_over_a_line_without_length_is_the_same(seed):
    messages, asked = seeded(seed)
    over, at_once = fresh(), fresh()
    for each in (over, at_once):
        each.feed(block_of(messages))
        each.finish()
    for sent, request in asked:
        over.send(request, sent)
    over.advance(END)

    said = []
    for sent, request in asked:
        caused = at_once.perform(request, sent + OUT_NS)
        said += [*at_once.take_said(), *caused]
    at_once.advance(END)
    said += at_once.take_said()

    assert said == over.take_said()
    assert at_once.state() != fresh().state()


PRINT_ANSWERS = """
from tests.venues.test_histories import plain
from tests.venues.test_requests import RULES, seeded, served
from bot.kernel import JIT
rules = [RULES["log 3 whole"], RULES["power 3 partial"]]
print(JIT, [plain(served(seeded(seed), 64, rule)) for seed, rule in enumerate(rules)])
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

    rules = [RULES["log 3 whole"], RULES["power 3 partial"]]
    answers = [plain(served(seeded(seed), 64, rule)) for seed, rule in enumerate(rules)]

    assert run.stdout.strip() == f"False {answers}"
