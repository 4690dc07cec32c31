"""Signals of other people: a kernel called by its address inside the loop, and plain Python."""

import importlib.util
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.kernel import JIT
from bot.signals.arrays import WOKEN
from bot.signals.base import Watch
from bot.signals.custom import Message as Shown
from bot.signals.custom import PlainWatch
from bot.signals.publish import look
from bot.tape.rows import GAP
from tests.conftest import ROOT
from tests.signals.harness import (
    NEVER_WAKE,
    PERP,
    SPOT,
    T0,
    Bench,
    Funding,
    message,
    snapshot,
    touch,
    trade,
)
from tests.signals.histories import long_history
from tests.tape.tapes import Message, block_of

THEIRS = '''
"""Depth near the touch, kept row by row, over the volume that traded, which fades."""

import math

from bot import BID, CLEAR, END, LEVEL, TRADE, InstrumentId, KernelWatch, signal_kernel


@signal_kernel
def pressure(kind, side, price, size, previous, t, ladder, param, state):
    if kind == CLEAR:
        state[0] = 0.0
    elif kind == LEVEL:
        state[0] += (size - previous) * (1.0 if side == BID else -1.0)
    elif kind == TRADE:
        state[1] = state[1] * param[0] + size
    elif kind == END:
        if ladder[1, 0] == 0 or ladder[3, 0] == 0:
            return math.nan
        if state[1] == -1.0:
            return math.inf
        return state[0] / (state[1] + 1.0)
    return 0.0


class Pressure(KernelWatch, frozen=True):
    update = pressure
    states = 2
    keep: float = 0.5

    def param(self):
        return (self.keep,)
'''


def imported(path: Path) -> ModuleType:
    """A module from a file outside the package."""
    made = importlib.util.spec_from_file_location(path.stem, path)
    assert made is not None
    assert made.loader is not None
    module = importlib.util.module_from_spec(made)
    sys.modules[path.stem] = module
    made.loader.exec_module(module)
    return module


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Their file, compiled into a cache of its own."""
    monkeypatch.setenv("BOT_KERNEL_CACHE", str(tmp_path / "kernels"))
    path = tmp_path / "their_signals.py"
    path.write_text(THEIRS)
    return imported(path)


class Plainly:
    """The same in plain Python, from rows."""

    def __init__(self, keep: float) -> None:
        self.keep = keep
        self.levels: dict[tuple[int, int], int] = {}
        self.traded = 0.0

    def take(self, item: Message) -> None:
        if item.flags & 1:
            self.levels = {}
        for kind, side, price, size in item.rows:
            if kind == 0:
                self.levels[side, price] = size
            elif kind == 1:
                self.traded = self.traded * self.keep + size

    @property
    def value(self) -> float:
        return sum(side * size for (side, _), size in self.levels.items()) / (self.traded + 1.0)


def test_a_kernel_from_another_file_says_what_it_says_in_plain_python(theirs, tmp_path):
    bench = Bench({"theirs": theirs.Pressure(PERP, keep=0.9, wake=NEVER_WAKE)})
    plainly = Plainly(0.9)
    compared = 0
    for item in long_history(6, 300, (PERP,)):
        bench.take(item)
        if isinstance(item, Funding):
            continue
        plainly.take(item)
        said = bench.outputs("theirs")["value"]
        if said is not None:
            assert said == pytest.approx(plainly.value, rel=1e-12)
            compared += 1

    assert compared > 100
    if JIT:
        assert list((tmp_path / "kernels").rglob("their_signals*.nbi"))


def test_its_parameters_are_its_own(theirs):
    bench = Bench(
        {
            "one": theirs.Pressure(PERP, keep=1.0, wake=1.0),
            "other": theirs.Pressure(PERP, keep=0.0, wake=1.0),
            "elsewhere": theirs.Pressure(SPOT, wake=1.0),
        }
    )
    bench.take(snapshot(0, [(99, 12)], [(101, 2)]))

    bench.take(trade(1, 1, 101, 3), trade(2, 1, 101, 1))

    assert bench.value("one") == 10 / 5
    assert bench.value("other") == 10 / 2
    assert bench.value("elsewhere") is None


def test_a_book_that_is_no_price_source_is_shown_without_levels(theirs):
    bench = Bench({"theirs": theirs.Pressure(PERP, wake=1.0)})
    bench.take(snapshot(0, [(99, 12)], [(101, 2)]))
    assert bench.value("theirs") == 10.0

    bench.take(message(1, flags=GAP))

    assert bench.value("theirs") is None


def test_a_kernel_that_says_nan_is_unknown_and_infinity_is_nothing_better(theirs):
    bench = Bench({"theirs": theirs.Pressure(PERP, keep=-1.0, wake=NEVER_WAKE)})
    known = snapshot(0, [(99, 12)], [(101, 2)])
    bench.take(known)

    woken = bench.take_block(block_of([snapshot(1, [(99, 12)], [])], bench.names))
    unknown = bench.outputs("theirs")["value"]
    # One lot traded, times -1, and none.
    bench.take(snapshot(2, [(99, 12)], [(101, 2)]), trade(3, 1, 101, 1), trade(3, 1, 101, 0))

    assert (woken, unknown) == ([1], None)
    assert bench.outputs("theirs")["value"] is None


def test_two_strategies_share_a_kernel_signal_and_its_memory(theirs):
    watch = theirs.Pressure(PERP, wake=1.0)
    bench = Bench({"mine": watch}, {"yours": theirs.Pressure(PERP, wake=3.0)})

    bench.take(snapshot(0, [(99, 12)], [(101, 2)]))

    assert len(bench.table.arrays.spec) == 1
    assert bench.value("mine") == bench.value("yours", strategy=1) == 10.0


def test_a_kernel_that_does_not_fit_is_refused_where_it_is_written():
    program = (
        "from bot import signal_kernel\n"
        "try:\n"
        "    signal_kernel(lambda kind, side: 1.0)\n"
        "except TypeError as error:\n"
        "    print('9 arguments' in str(error) and 'takes 2' in str(error))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("True\n", "")


# --- plain Python -----------------------------------------------------------------------------


class Buying(PlainWatch, frozen=True):
    """Volume bought less volume sold, while the book is a price source."""

    scale: float = 1.0

    def update(self, message: Shown, memory: dict[str, Any]) -> float | None:
        memory["net"] = memory.get("net", 0.0) + sum(s * size for s, _, size in message.trades)
        if message.bid is None or message.ask is None:
            return None
        return float(memory["net"] * self.scale)


class Odd(PlainWatch, frozen=True):
    """Says what it is told to, or breaks."""

    says: float | None

    def update(self, message: Shown, memory: dict[str, Any]) -> float | None:
        if self.says == 0:
            raise ArithmeticError("broken")
        return self.says


def shown(trades: tuple[tuple[int, float, float], ...] = ()) -> Shown:
    return Shown(T0, trades, (99.0, 1.0), (101.0, 1.0), None, None)


def ask_plain(bench: Bench, what: Shown) -> None:
    """What the engine does between two steps of the loop."""
    for signal, _, watch in bench.table.plain_signals:
        bench.table.publish(signal, watch.update(what, bench.table.memories[signal]))


def test_a_plain_signal_stops_the_loop_at_every_message_of_its_instrument():
    bench = Bench({"buying": Buying(PERP, wake=1.0)})
    items = [trade(0, 1, 100, 1), trade(1, 1, 100, 1), snapshot(2, [], [], instrument=SPOT)]
    block = block_of([items[2], *items[:2]], bench.names)

    stops = []
    while block.messages:
        at, _ = bench.step(block)
        stops.append(at)
        block = block.part(at, block.stop)

    assert stops == [2, 3]
    assert bench.table.arrays.plain.tolist() == [1, 0, 0]


def test_a_plain_signal_is_published_like_any_other():
    bench = Bench({"buying": Buying(PERP, scale=2.0, wake=4.0)})
    bench.take(touch(0, (99, 1), (101, 1)))
    entry = bench.table.entries[0]["buying"]

    seen = []
    for size in (1.0, 1.0, 3.0):
        ask_plain(bench, shown(trades=((1, 100.0, size),)))
        woken = int(bench.table.arrays.clock[WOKEN])
        look(bench.table.arrays, woken)
        seen.append((bench.outputs("buying")["value"], woken))

    assert seen == [(2.0, 1), (4.0, 0), (10.0, 1)]
    assert [(g, i) for g, i, _ in bench.table.plain_signals] == [(entry.signal, 0)]


def test_strategies_that_differ_in_their_wake_share_a_plain_signal():
    bench = Bench(
        {"mine": Buying(PERP, wake=1.0)},
        {"yours": Buying(PERP, wake=5.0, optional=True, age_ms_max=7)},
        {"other": Buying(PERP, scale=3.0, wake=1.0)},
    )

    ask_plain(bench, shown(trades=((1, 100.0, 2.0),)))

    assert len(bench.table.plain_signals) == 2
    signals = [
        bench.table.entries[k][name].signal for k, name in enumerate(("mine", "yours", "other"))
    ]
    assert signals == [0, 0, 1]
    assert [bench.table.arrays.value[k] for k in range(2)] == [2.0, 6.0]


@pytest.mark.parametrize("says", [None, math.inf, math.nan])
def test_a_plain_signal_that_knows_nothing_is_unknown(says):
    bench = Bench({"odd": Odd(PERP, says=says, wake=1.0)})

    ask_plain(bench, shown())

    assert bench.outputs("odd")["value"] is None


def test_what_a_plain_signal_raises_is_not_swallowed():
    bench = Bench({"odd": Odd(PERP, says=0, wake=1.0)})

    with pytest.raises(ArithmeticError, match="broken"):
        ask_plain(bench, shown())


def test_a_plain_watch_without_an_update_says_what_is_missing():
    with pytest.raises(TypeError, match=r"PlainWatch: expected a method update"):
        PlainWatch(PERP, wake=1.0).update(shown(), {})


def test_a_watch_without_a_recipe_says_what_is_missing():
    with pytest.raises(TypeError, match=r"Watch: expected a subclass that defines recipe"):
        Bench({"bare": Watch(wake=1.0)})
