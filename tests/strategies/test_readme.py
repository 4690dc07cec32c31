"""The README's code is run as it stands there: what authors copy works."""

import importlib.util
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from bot import END, LEVEL, TRADE, Chain, Kind, Message, Target, Universe
from bot.testing import FakeView
from tests.cli.asking import asker
from tests.cli.markets import commands, record, run

README = Path(__file__).resolve().parents[2] / "strategies" / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
COIN = "sim:BTC/USDT"
PERP = "deribit:BTC/USD:BTC"
Load = Callable[[str], ModuleType]


def block(name: str) -> str:
    """The first block that defines a name."""
    return next(text for text in BLOCKS if re.search(rf"^(class|def) {name}\b", text, re.MULTILINE))


def code_lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Imports a block from a file of its own, as an author's would be."""

    def _load(name: str) -> ModuleType:
        path = tmp_path / f"readme_{name.lower()}.py"
        path.write_text(block(name), encoding="utf-8")
        found = importlib.util.spec_from_file_location(path.stem, path)
        assert found is not None
        assert found.loader is not None
        module = importlib.util.module_from_spec(found)
        monkeypatch.setitem(sys.modules, path.stem, module)
        found.loader.exec_module(module)
        return module

    return _load


def test_hello_world_has_at_most_twelve_lines():
    assert code_lines(block("Lean")) <= 12


@pytest.mark.parametrize("name", ["BestPair", "OptionHedge"])
def test_the_acceptance_examples_have_at_most_25_lines(name):
    assert code_lines(block(name)) <= 25


def test_every_block_is_imported_by_a_test():
    tested = ("Lean", "Ratchet", "test_it_stays", "Leaning", "MarkPremium", "TradeBurst")

    assert len(BLOCKS) == len((*tested, "BestPair", "OptionHedge"))


def test_hello_world_holds_coins_while_buyers_queue(load):
    lean = load("Lean").Lean(instrument=COIN, size=2.0)

    assert lean.decide(FakeView(values={"lean": 0.31})) == Target(COIN, 2.0)
    assert lean.decide(FakeView(values={"lean": 0.3})) == Target(COIN, 0.0)
    assert lean.decide(FakeView(values={"lean": None})) == Target(COIN, 0.0)


def test_the_ratchet_remembers_its_highest_price(load):
    ratchet = load("Ratchet").Ratchet(instrument=COIN)
    view = FakeView(ratchet)
    held = []

    for price in (1000.0, 1200.0, 1101.0, 1099.0, 1300.0):
        view = FakeView(memory=view.memory, values={"price": price})
        held.append(ratchet.decide(view).quantity)

    assert held == [1.0, 1.0, 1.0, 0.0, 0.0]


def test_the_test_in_the_readme_passes(load):
    load("test_it_stays_out_while_the_book_is_even").test_it_stays_out_while_the_book_is_even()


def test_the_run_in_the_readme_passes(load):
    module = load("Leaning")

    module.test_it_holds_a_coin_while_buyers_queue_and_sells_it_after_an_outage()


def test_the_plain_signal_averages_the_premium_of_the_mark(load):
    watch = load("MarkPremium").MarkPremium(COIN, messages=2, wake=0.1)
    memory: dict[str, Any] = {}

    def update(mark: float | None, index: float | None) -> float | None:
        return watch.update(Message(0, (), None, None, mark, index), memory)

    assert update(None, 100.0) is None
    assert update(100.1, 100.0) == pytest.approx(10.0)
    assert update(100.3, 100.0) == pytest.approx(20.0)


def test_the_kernel_signal_counts_trades_that_fade(load):
    module = load("TradeBurst")
    watch = module.TradeBurst(COIN, wake=0.5)
    param, state = np.array(watch.param()), np.zeros(watch.states)
    ladder = np.zeros((4, 32), np.int64)

    def show(kind: int, second: int) -> float:
        return module.burst(kind, 1, 100, 1, 0, second * 10**9, ladder, param, state)

    assert math.isnan(show(TRADE, 0))
    assert math.isnan(show(LEVEL, 0))
    assert show(END, 0) == 1.0
    show(TRADE, 10)
    assert show(END, 20) == pytest.approx(math.exp(-1) * (1 + math.exp(-1)))


def test_a_signal_of_a_file_is_listed_computed_and_measured_as_it_says(
    tmp_path, monkeypatch, capsys
):
    (shown,) = re.findall(r"^```\n(bot signals.*?)^```", README.read_text("utf-8"), re.S | re.M)
    record(tmp_path / "recordings" / "evening", "binanceusdm:BTC/USDT:USDT")
    (tmp_path / "burst.py").write_text(block("TradeBurst"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    listed, computed, measured = (run(asker(capsys), line) for line in commands(shown))

    assert listed.out.startswith("TradeBurst: Trades of late: each counts 1 when it happens")
    assert "TradeBurst" in computed.out
    assert "no forward edge after fees at any measured horizon" in measured.out
    assert (tmp_path / "looked" / "TradeBurst.parquet").is_file()


VENUES = ("binanceusdm", "bybit", "okx")
PERPS = sorted(f"{venue}:C{coin}/USDT:USDT" for venue in VENUES for coin in range(50))


def best_pair(load: Load) -> Any:
    universe = Universe(kind=Kind.PERPETUAL, venues=VENUES)
    coins = {f"C{coin}": 10.0 for coin in range(50)}
    return load("BestPair").BestPair(perps=universe, coins=coins, enter_bps=3.0, exit_bps=1.0)


def market(rates: dict[str, float], memory: Any, held: dict[str, float] | None = None) -> FakeView:
    table = [rates.get(one, 0.0) for one in PERPS]
    touches = dict.fromkeys((*PERPS, "kraken:C7/USDT:USDT"), (99.0, 101.0))
    return FakeView(memory=memory, tables={"bps": table}, touches=touches, positions=held)


def test_the_best_pair_is_found_among_fifty_symbols_on_three_venues(load):
    strategy = best_pair(load)
    # C7 has the widest gap within one coin; the extremes of all stand at different coins.
    rates = {"okx:C7/USDT:USDT": -2.0, "bybit:C7/USDT:USDT": 6.0, "okx:C9/USDT:USDT": -5.0}

    basket = strategy.decide(market(rates, FakeView(strategy).memory))

    long, short = Target("okx:C7/USDT:USDT", 10.0), Target("bybit:C7/USDT:USDT", -10.0)
    assert basket.legs == (long, short)
    assert basket.max_unhedged == 1.0


def test_the_best_pair_is_left_alone_while_it_does_not_pay_or_is_unknown(load):
    strategy = best_pair(load)
    memory = FakeView(strategy).memory

    assert strategy.decide(market({"okx:C7/USDT:USDT": 3.0}, memory)) is None
    assert strategy.decide(market({"okx:C7/USDT:USDT": math.nan}, memory)) is None


def test_the_pair_that_is_held_stays_until_its_own_gain_has_faded(load):
    strategy = best_pair(load)
    memory = FakeView(strategy).memory
    low, high = "okx:C7/USDT:USDT", "bybit:C7/USDT:USDT"
    held = {low: 10.0, high: -10.0}

    def asked(rate: float, held: dict[str, float] | None = None) -> Any:
        rates = {low: -0.5, high: rate, "okx:C9/USDT:USDT": 3.6}
        return strategy.decide(market(rates, memory, held))

    opens = asked(4.0)
    stays, unknown, leaves = asked(0.5, held), asked(math.nan, held), asked(0.4, held)
    turns = asked(30.0, held)

    assert opens.legs == (Target(low, 10.0), Target(high, -10.0))
    assert (stays, unknown) == (None, None)
    assert leaves.legs == (Target(low, 0.0), Target(high, 0.0))
    assert turns.legs[1] == Target("okx:C9/USDT:USDT", -10.0)


def chain_of(net_delta: list[float], age_s: float = 1.0) -> Chain:
    ids = tuple(f"deribit:BTC/USD:BTC-261225-{strike}-C" for strike in (90_000, 100_000, 110_000))
    column = np.zeros(3)
    return Chain(
        ids=ids,
        expiry_ns=np.zeros(3, np.int64),
        strike=np.array([9e4, 1e5, 1.1e5]),
        call=np.ones(3, bool),
        bid=column,
        ask=column,
        iv=column,
        delta=column,
        net_delta=np.array(net_delta),
        gamma=column,
        vega=column,
        age_ns=np.full(3, int(age_s * 1e9)),
    )


@pytest.mark.parametrize(
    ("net_delta", "age_s", "hedge", "wanted"),
    [
        ([0.7, 0.5, math.nan], 1.0, 0.0, Target(PERP, -1.9)),  # 2 of 0.7 and 1 of 0.5
        ([0.7, 0.5, math.nan], 1.0, -1.85, None),  # inside the band
        ([0.7, math.nan, 0.3], 1.0, 0.0, None),  # an option that is held has no delta
        ([0.7, 0.5, 0.3], 61.0, 0.0, None),  # too old
    ],
)
def test_the_option_hedge_follows_the_chain(load, net_delta, age_s, hedge, wanted):
    strategy = load("OptionHedge").OptionHedge(coin="BTC", perp=PERP, band=0.1)
    chain = chain_of(net_delta, age_s)
    positions = {chain.ids[0]: 2.0, chain.ids[1]: 1.0, PERP: hedge}

    target = strategy.decide(FakeView(chains={"BTC": chain}, positions=positions))

    assert target == (wanted and Target(PERP, pytest.approx(wanted.quantity)))
