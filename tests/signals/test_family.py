"""Every signal of the family, followed message by message, says what its whole history says."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings

from bot.signals.depth import DepthValue
from bot.tape.cut import cut
from tests.signals import flow_family
from tests.signals.family import WATCHES, History
from tests.signals.harness import INVERSE, NAMES, PERP, Bench, Funding
from tests.signals.histories import histories, long_history
from tests.signals.oracle_funding import close
from tests.tape.tapes import Message, block_of


def check(items: Sequence[Message | Funding]) -> Counter[tuple[str, str]]:
    """Compare after every item; returns how often each output was known."""
    bench, history = Bench(WATCHES), History(items)
    known: Counter[tuple[str, str]] = Counter()
    for k, item in enumerate(items):
        bench.take(item)
        assert np.isfinite(bench.table.arrays.value).all()
        for name, wanted in history.expected(k + 1).items():
            got = bench.outputs(name)
            assert got.keys() == wanted.keys()
            for output, value in wanted.items():
                assert close(got[output], value), (k, name, output, got[output], value)
                known[name, output] += value is not None
    return known


@settings(max_examples=100)
@given(histories())
def test_a_signal_is_its_whole_history(items):
    check(items)


@settings(max_examples=60)
@given(histories(NAMES))
def test_a_signal_of_several_instruments_is_its_whole_history(items):
    check(items)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_signal_is_its_whole_history_in_a_market_that_walks(seed):
    known = check(long_history(seed))

    assert min(known[name, "value"] for name in ("depth", "rolling", "carry", "sell much")) > 20
    assert known["predicted", "so_far"] > 30
    assert known["spread", "z"] > 30
    for name, watch in flow_family.WATCHES.items():
        assert known[name, "value"] > 100, name
        assert (
            isinstance(watch, DepthValue)
            or min(
                known[name, output]
                for output in Bench({name: watch}).outputs(name)
                if output != "explained"
            )
            > 50
        ), name


def test_a_carry_of_two_perpetuals_is_its_whole_history():
    known = check(long_history(3, instruments=(PERP, INVERSE)))

    assert known["carry of two", "value"] > 30


def seen_at_wakes(items: list[Message], rows: int) -> list[bytes]:
    """What stood in all slots whenever somebody was woken, and at the end."""
    bench = Bench(WATCHES, {"too": WATCHES["queue touch"]})
    seen = []
    for piece in cut(block_of(items, bench.names), rows):
        at = piece
        while at.messages:
            taken, woken = bench.step(at)
            if woken:
                seen.append(bytes([woken]) + bench.digest())
            at = at.part(taken, at.stop)
    return [*seen, bench.digest()]


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_how_the_tape_is_cut_changes_nothing(rows):
    items = [item for item in long_history(4) if isinstance(item, Message)]
    whole = seen_at_wakes(items, 1 << 40)

    assert seen_at_wakes(items, rows) == whole
    assert len(whole) > 20
