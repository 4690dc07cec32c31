"""What a signal says of itself is all there, and comes from nowhere else."""

from pathlib import Path
from textwrap import dedent

import pytest

from bot.plugins.catalogue import signal, signals
from bot.plugins.documents import document
from bot.plugins.house import house
from bot.signals.order_flow import OrderFlowImbalance

HOUSE = [one for one in signals().plugins if one.origin == "bot"]


@pytest.mark.parametrize("plugin", HOUSE, ids=lambda one: one.name)
def test_every_signal_says_what_it_is_its_unit_its_sign_and_its_source(plugin):
    told = document(plugin)

    assert told.about.endswith(".")
    assert told.unit != "1", "neither a unit nor the range of a pure number"
    assert told.sign, "no sentence with `+ when`, `no sign` or `never negative`"
    assert told.source, "no `Source: ...` at the end"
    assert told.outputs


def test_the_list_holds_what_strategies_can_import_and_nothing_that_others_derive_from():
    names = {one.name for one in HOUSE}

    assert {"OrderFlowImbalance", "LogMid", "FlowIndex", "RiskReversal", "Cascade"} <= names
    assert names.isdisjoint({"Watch", "GaugeWatch", "KernelWatch", "PlainWatch", "Index"})
    assert not any(name.startswith("_") for name in names)
    assert house()["OrderFlowImbalance"] is OrderFlowImbalance


def written(folder: Path, doc: str) -> Path:
    path = folder / "mine.py"
    text = f'''
        from bot import PlainWatch


        class Mine(PlainWatch, frozen=True):
            """{doc}"""

            unit = "lots"
            step: float = 0.5
            side: str = "bid"

            def update(self, message, memory):
                return None
        '''
    path.write_text(dedent(text), encoding="utf-8")
    return path


DOC = """How much of it there is, e.g. 3.5 lots.

            It is counted. + when there is more on the bid. Unknown at first.
            step: between counts, in seconds;
                never below it. side: `bid` or `ask`.
            Source: my own head, on a Sunday.
            """


def test_a_docstring_is_taken_apart_by_what_it_says(tmp_path: Path):
    told = document(signal(f"{written(tmp_path, DOC)}:Mine", Path()))

    assert told.name == "Mine"
    assert told.origin == "file"
    assert told.sign == "+ when there is more on the bid."
    assert told.source == "my own head, on a Sunday."
    assert told.unit == "lots"
    assert told.outputs == ("value",)
    assert "step" not in told.text
    about = {one.name: (one.default, one.about) for one in told.parameters}
    assert about["step"] == ("0.5", "between counts, in seconds; never below it.")
    assert about["side"] == ("bid", "`bid` or `ask`.")
    assert about["instrument"][0] is None


def test_a_word_of_the_text_is_no_parameter(tmp_path: Path):
    doc = "One number. At the size of the step: that is all. Source: mine."

    told = document(signal(f"{written(tmp_path, doc)}:Mine", Path()))

    assert told.text == "At the size of the step: that is all."


def test_what_a_docstring_does_not_say_is_told_as_missing(tmp_path: Path):
    told = document(signal(f"{written(tmp_path, 'One number.')}:Mine", Path()))

    assert (told.sign, told.source) == ("", "")


def test_the_outputs_are_those_of_the_recipe():
    outputs = {one.name: document(one).outputs for one in HOUSE}

    assert outputs["OrderFlowImbalance"] == ("value", "sum", "queue")
    assert outputs["Spread"] == ("value", "z")
    assert outputs["AccountImbalance"] == ("value", "z")
    assert len(outputs["MultiLevelFlow"]) == 11
