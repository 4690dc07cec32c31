"""Signals as they are stated on a command line and in files."""

from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.plugins.modules import PluginError
from bot.plugins.stated import read_stated
from bot.signals.basis.dated import DatedBasis
from bot.signals.composite.index import FlowIndex
from bot.signals.order_book import Spread
from bot.signals.order_flow import OrderFlowImbalance
from bot.signals.price import LogMid
from bot.signals.trades import TradeImbalance
from bot.strategy.sight import Universe

PERP = "binanceusdm:BTC/USDT:USDT"
HERE = Path()


def test_a_name_an_instrument_and_parameters():
    (one,) = read_stated([f"OrderFlowImbalance:{PERP},half_life_s=5,source=book"], HERE)

    assert one.watch == OrderFlowImbalance(PERP, half_life_s=5.0, source="book", wake=0.0)
    assert (one.name, one.output) == ("OrderFlowImbalance", None)


def test_two_of_a_name_are_told_apart_and_an_output_can_be_meant():
    first, second = read_stated(
        ["TradeImbalance:okx:BTC/USDT,window_s=10,output=cvd", "TradeImbalance:okx:BTC/USDT"], HERE
    )

    assert (first.name, first.output) == ("TradeImbalance", "cvd")
    assert first.watch == TradeImbalance("okx:BTC/USDT", window_s=10.0, wake=0.0)
    assert second.name == "TradeImbalance-2"


def test_a_signal_of_a_file_with_and_without_its_class(tmp_path: Path):
    text = "from bot import PlainWatch\n\nclass Mine(PlainWatch, frozen=True):\n    weight: float\n"
    (tmp_path / "mine.py").write_text(text)

    stated = [f"mine.py:Mine:{PERP},weight=2", f"mine.py:{PERP},weight=2"]
    one, other = read_stated(stated, tmp_path)

    assert one.watch == other.watch
    assert (one.watch.instrument, one.watch.weight) == (PERP, 2.0)


def test_a_signal_within_a_signal(tmp_path: Path):
    (tmp_path / "some.toml").write_text(
        "[signals.basis]\nuse = 'DatedBasis'\ninstrument = 'okx:BTC/USD:BTC-240927'\n"
        "future = 'LogMid:okx:BTC/USD:BTC-240927'\n"
        "spot = { use = 'LogMid', instrument = 'okx:BTC/USDT' }\n"
        "[signals.all]\nuse = 'Spread'\ninstrument = { kind = 'perpetual', venues = ['okx'] }\n"
        "[signals.flow]\nuse = 'FlowIndex'\noutput = 'coverage'\n"
        "components = [{ name = 'ofi', watch = 'OrderFlowImbalance:okx:BTC/USDT', weight = 2 }]\n"
    )

    basis, every, flow = read_stated(["some.toml"], tmp_path)

    assert isinstance(basis.watch, DatedBasis)
    assert basis.watch.spot == LogMid("okx:BTC/USDT", wake=0.0)
    assert isinstance(every.watch, Spread)
    assert isinstance(every.watch.instrument, Universe)
    assert isinstance(flow.watch, FlowIndex)
    assert flow.watch.components[0].watch == OrderFlowImbalance("okx:BTC/USDT", wake=0.0)
    assert (flow.name, flow.output) == ("flow", "coverage")


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (f"Spred:{PERP}", PluginError, "did you mean Spread?"),
        (f"Spread:{PERP},z_windw_s=3", UsageError, "one of instrument, source"),
        (f"Spread:{PERP},z_window_s=soon", UsageError, "expected a whole number"),
        (f"Spread:{PERP},z_window_s", UsageError, "expected name=value"),
        (f"Spread:{PERP},source=!!", UsageError, "put it in quotes"),
        ("Spread", UsageError, "Spread.instrument: got nothing"),
        ("nowhere.toml", UsageError, "a file that can be read"),
        (f"no.py:Mine:{PERP}", PluginError, "a Python file"),
    ],
)
def test_what_cannot_be_a_signal_is_told_in_one_message(text, kind, said):
    with pytest.raises(kind) as told:
        read_stated([text], HERE)

    assert said in str(told.value)


@pytest.mark.parametrize("text", ["x = ", "signals = 3", "[signals.one]\nname = 'Spread'"])
def test_a_file_that_states_no_signals_is_told(text: str, tmp_path: Path):
    (tmp_path / "some.toml").write_text(text)

    with pytest.raises(UsageError) as told:
        read_stated(["some.toml"], tmp_path)

    assert "some.toml" in str(told.value)
