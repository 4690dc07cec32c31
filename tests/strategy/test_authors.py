"""What an author may leave out, and what happens then."""

import msgspec
import pytest

from bot import Strategy, Struct, Target
from bot.strategy.strategy import fresh_memory
from bot.testing import FakeView


class Plain(Strategy):
    """A class as authors write it: no word on freezing, a default before a required field."""

    instrument: str = "sim:BTC/USDT"
    size: float

    class Memory(Struct):
        asked: int = 0

    def decide(self, view):
        view.memory.asked += 1
        return Target(self.instrument, self.size)


class Larger(Plain):
    factor: float = 2.0


class Undecided(Strategy):
    instrument: str


def test_parameters_are_frozen_without_a_word_from_the_author():
    strategy = Plain(size=1.0)

    with pytest.raises(AttributeError, match="immutable"):
        strategy.size = 2.0
    assert hash(strategy) == hash(Plain(size=1.0))


def test_parameters_are_given_by_name():
    with pytest.raises(TypeError, match="positional"):
        Plain("sim:ETH/USDT", 1.0)


def test_a_strategy_may_extend_another():
    assert msgspec.to_builtins(Larger(size=1.0)) == {
        "instrument": "sim:BTC/USDT",
        "size": 1.0,
        "factor": 2.0,
    }


def test_it_trades_the_instruments_that_its_fields_name():
    assert Plain(size=1.0).trades() == ["sim:BTC/USDT"]


def test_memory_is_fresh_for_every_run():
    strategy = Plain(size=1.0)
    first, second = FakeView(strategy), FakeView(strategy)

    strategy.decide(first)

    assert (first.memory.asked, second.memory.asked) == (1, 0)
    assert fresh_memory(Undecided(instrument="sim:BTC/USDT")) is None


def test_a_strategy_that_cannot_decide_says_so():
    with pytest.raises(TypeError, match="Undecided: expected a method decide"):
        Undecided(instrument="x").decide(FakeView())


def test_a_gate_passes_strictly_beyond_its_bounds():
    view = FakeView(values={"x": 1.0})

    assert not view.gate("x", above=1.0)
    assert not view.gate("x", below=1.0)
    assert view.gate("x", above=0.9, below=1.1)


def test_an_unknown_score_passes_no_gate():
    view = FakeView()

    assert not view.gate("x")
    assert not view.gate("x", below=1.0)


def test_several_gates_on_one_score_are_all_watched():
    view = FakeView(values={"x": 0.0})

    view.gate("x", above=2.0)
    view.gate("x", below=-2.0)

    assert view.armed == {"x": (-2.0, 2.0)}


def test_one_gate_is_watched_on_its_own_side():
    view = FakeView(values={"x": 0.0})

    view.gate("x", above=2.0)
    view.gate("y", below=-2.0)

    assert view.armed == {"x": (2.0, None), "y": (None, -2.0)}
