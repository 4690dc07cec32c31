"""What survives a restart, and that going on from it is as if nothing had happened."""

from typing import Any

import pytest

from bot import Basket, InstrumentId, LogMid, Quote, Strategy, Struct, Target, Urgency
from bot.engine.author import fail
from bot.engine.engine import Engine
from bot.engine.hunger import starve
from bot.modes import checkpoint, replay
from bot.modes.recorder import Recorder
from bot.modes.setup import Setup
from bot.tape.rows import Block
from bot.testing import Tape
from bot.testing.terms import Terms, setup_of
from tests.engine.world import ETH, PERP, Does, quoted


class Counter(Strategy):
    """Turns round at every third move; remembers how many there were."""

    instrument: InstrumentId = PERP

    class Memory(Struct):
        moves: int = 0
        last: float | None = None

    def watches(self):
        return {"mid": LogMid(self.instrument, wake=0.0)}

    def decide(self, view):
        memory = view.memory
        memory.moves += view["mid"] != memory.last
        memory.last = view["mid"]
        view.gate("mid", above=46_060.0)
        urgency = Urgency.PASSIVE if memory.moves % 2 else Urgency.URGENT
        return Target(self.instrument, float(memory.moves // 3 % 3 - 1), urgency)


def pair(view: Any) -> Basket:
    size = 2.0 if round(view.touch(PERP).mid * 10) % 3 else 0.0
    return Basket(Target(ETH, -size), Target(PERP, size), max_unhedged=1.0)


def quotes(view: Any) -> Quote:
    touch = view.touch(PERP)
    return Quote(PERP, (touch.bid - 0.1, 0.5), (touch.ask + 0.1, 0.5))


STRATEGIES = {
    "counter": Counter(),
    "pair": Does(does=pair),
    "quotes": Does(does=quotes, looks={"mid": LogMid(PERP, wake=8.0, quiet_ms=700)}),
}


def market() -> Tape:
    tape = quoted(PERP, ETH)
    for k in range(40):
        move = (k * 7 % 11) / 10
        tape.wait(0.6).book(PERP, 99.9 + move, [(100.1 + move, 0.7), (100.3 + move, 50.0)])
        tape.trade(PERP, "sell" if k % 2 else "buy", 99.9 + move + 0.3 * (k % 2 == 0), 200.0)
        if k % 9 == 4:
            tape.book(ETH, 99.9 + move, 100.1 + move).wait(0.1)
            tape.trade(ETH, "buy", 100.2 + move, 500.0)
        if k == 22:
            tape.silence(4)
        if k == 30:
            tape.operator("pause", "quotes")
    return tape.wait(1)


class Kept:
    """Everything that entered an engine, in order."""

    def __init__(self) -> None:
        self.items: list[tuple[int, Any]] = []

    def append(self, seq: int, item: Any) -> None:
        self.items.append((seq, item))


@pytest.fixture(scope="module")
def entered() -> tuple[Setup, list[Any]]:
    tape = market()
    setup = setup_of(STRATEGIES, tape.instruments.values(), Terms(netting=True))
    kept = Kept()
    result = replay.run(setup, tape.sources(), sink=kept)
    assert result.counts.orders >= 40
    assert result.counts.partial_fills >= 2
    assert result.baskets_closed >= 2
    return setup, [item for _, item in kept.items]


def derive(engine: Engine, items: list[Any]) -> list[Any]:
    """The records of these items, without a venue: the items hold what it said."""
    recorder = Recorder(1)
    found = []
    for item in items:
        left = item
        while not isinstance(item, Block) or left.messages:
            outcome = engine.step(left)
            found += recorder.record(outcome)
            if not isinstance(item, Block):
                break
            left = left.part(left.start + outcome.consumed, left.stop)
    return found


@pytest.mark.parametrize("share", [0.1, 0.33, 0.5, 0.77, 0.9])
def test_going_on_from_a_checkpoint_is_as_if_nothing_had_happened(
    entered: tuple[Setup, list[Any]], share: float
) -> None:
    setup, items = entered
    cut = int(len(items) * share)
    through, before, after = (Engine(setup.settings) for _ in range(3))

    expected = derive(through, items)
    early = derive(before, items[:cut])
    kept = checkpoint.encode(checkpoint.take(before.state, 1, market=True))
    checkpoint.restore(after.state, checkpoint.decode(kept, "here"), "here")
    late = derive(after, items[cut:])

    assert early + late == expected
    assert after.state.durable() == through.state.durable()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_what_is_durable_survives_and_history_brings_the_books_back(
    entered: tuple[Setup, list[Any]], share: float
) -> None:
    setup, items = entered
    cut = int(len(items) * share)
    before, after = (Engine(setup.settings) for _ in range(2))
    derive(before, items[:cut])

    after.state.restore(before.state.durable())
    after.warm([item for item in items[:cut] if isinstance(item, Block)])

    assert after.state.durable() == before.state.durable()
    # Cents of the coin's price, levels, last trade: the whole book.
    assert after.state.market.book.ladder.tolist() == before.state.market.book.ladder.tolist()
    assert after.usage() == before.usage()
    for name in STRATEGIES:
        assert after.explain(name).answer == before.explain(name).answer


def test_a_state_is_the_same_bytes_after_a_round_trip(entered: tuple[Setup, list[Any]]) -> None:
    setup, items = entered
    before, after = (Engine(setup.settings) for _ in range(2))
    derive(before, items[: len(items) // 2])

    after.state.restore(before.state.durable())

    assert after.state.durable() == before.state.durable()
    assert after.state.memories[0].moves > 3


def test_who_failed_and_who_starves_are_remembered(entered: tuple[Setup, list[Any]]) -> None:
    setup, _ = entered
    before, after = (Engine(setup.settings) for _ in range(2))
    fail(before.state, "pair", "RuntimeError: no idea")
    starve(before.state, 0, "mid is unknown")

    after.state.restore(before.state.durable())

    assert after.state.failed == {"pair": "strategy pair failed: RuntimeError: no idea"}
    assert after.state.starved == {"counter": "mid is unknown"}
    assert after.state.halts.state() == before.state.halts.state()
