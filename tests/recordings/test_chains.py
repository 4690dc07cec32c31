"""Recorded option chains, imported and replayed: what a strategy sees, and when it is woken."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from bot import Chain, Currency, InstrumentId, Strategy, View
from bot.model.event import OptionTickers
from bot.modes import checkpoint
from bot.recording.importers.chains import import_chains
from bot.recording.reader import Recording
from bot.signals.options.gamma import GammaExposureAbsolute
from bot.signals.options.volatility import RiskReversal
from bot.tape.merge import merge
from bot.tape.tickers import tickers_of
from bot.testing import run
from tests.engine.test_gauges import fed
from tests.engine.world import engine_of

CHAIN = "deribit:BTC/USD:BTC"
DAY_NS = 86_400 * 1_000_000_000


class Chains(Strategy):
    """Looks at the chain when its skew or its gamma moves."""

    wake_skew: float
    wake_gamma: float = 1e6
    seen: ClassVar[list[tuple[int, float | None, float | None, Chain]]] = []

    def watches(self):
        return {
            "skew": RiskReversal(chain=CHAIN, wake=self.wake_skew, optional=True),
            "gamma": GammaExposureAbsolute(chain=CHAIN, wake=self.wake_gamma, optional=True),
        }

    def decide(self, view: View):
        self.seen.append((view.now, view["skew"], view["gamma"], view.chain(Currency("BTC"))))


@pytest.fixture(scope="module")
def recording(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = recordings / "deribit-options-chain-2026"
    snapshots = sorted(folder.glob("deribit_options_snapshot_202601*.csv.gz"))[:4]
    out = tmp_path_factory.mktemp("chains")
    done = import_chains(snapshots, out)
    assert [tally.events for tally in done.instruments.values()] == [4, 4]
    return Recording.open(out)


def test_a_chain_is_recorded_as_a_whole_and_read_back(recording: Recording) -> None:
    options = recording.instruments
    events = [event for source in recording.sources() for event in source.events()]

    assert len(options) > 1_200
    assert len(events) == 8
    for event in events:
        assert isinstance(event, OptionTickers)
        tickers = tickers_of(event)
        assert tickers.rows == len(event.options) > 500
        assert set(event.options) <= options.keys()


def test_a_strategy_sees_the_chain_and_is_woken_by_what_it_watches(recording: Recording) -> None:
    Chains.seen.clear()
    run(Chains(wake_skew=0.0), recording)
    often = list(Chains.seen)
    Chains.seen.clear()
    run(
        Chains(wake_skew=1e9, wake_gamma=1e15),
        recording,
    )
    seldom = list(Chains.seen)

    # Known when a snapshot comes, stale a minute later, and so on, once for each of four days.
    known = [one for one in often if one[1] is not None and one[2] is not None]
    assert len(known) >= 4
    assert len(seldom) < len(often)
    now, _, gamma, chain = known[-1]
    assert gamma is not None
    assert gamma > 0.0
    priced = np.isfinite(chain.delta)
    assert priced.sum() > 300
    calls, puts = chain.call & priced, ~chain.call & priced
    assert ((chain.delta[calls] >= 0.0) & (chain.delta[calls] <= 1.0)).all()
    assert ((chain.delta[puts] <= 0.0) & (chain.delta[puts] >= -1.0)).all()
    assert chain.at_ns <= now + 1


def test_a_chain_goes_on_from_a_checkpoint(recording: Recording) -> None:
    def engine():
        return engine_of({"one": Chains(wake_skew=0.0)}, recording)

    items = list(merge(recording.sources()))
    whole, half, later = engine(), engine(), engine()
    expected = fed(whole, items)
    cut = len(items) // 2

    before = fed(half, items[:cut])
    kept = checkpoint.decode(checkpoint.encode(checkpoint.take(half.state, 1, market=True)), "here")
    checkpoint.restore(later.state, kept, "here")
    after = fed(later, items[cut:])

    assert [*before, *after] == expected
    one, other = (each.state.chains.of(Currency("BTC"), each.state.now) for each in (whole, later))
    assert one.ids == other.ids
    assert np.array_equal(one.delta, other.delta, equal_nan=True)
    assert InstrumentId(one.ids[0]).startswith("deribit:BTC/USD:BTC-")
