"""Do the fills mean anything? Passive orders at the recorded touch, beside another engine's.

1,216 orders on five minutes of the BTC perpetual of 2024-08-08, each for 20 seconds, 10 ms away.
"""

import os
from pathlib import Path

import pytest

from bot.recording.reader import Recording
from bot.tape.rows import Block
from tests.recordings import fidelity
from tests.recordings.fidelity import RULES, Schedule

FILLED = {
    "risk_averse": 995,
    "power": 1009,
    "power_of_all": 1020,
    "power_of_front": 995,
    "log": 1012,
    "log_of_all": 1004,
}
"""How many of them fill whole, by rule."""
UNCLAMPED = {"power_of_all": 11}
"""Fills that hftbacktest has later, because of a probability above one.

Below nothing ahead its b^n / (b + f)^n exceeds 1, and a cancel behind us sets us back. With
that reproduced all 1,020 agree; a share above one means nothing, so we do not.
"""
FAR = 1 << 62


@pytest.fixture(scope="module")
def block(evening: Recording) -> Block:
    return fidelity.block_of(evening)


@pytest.fixture(scope="module")
def plan(block: Block) -> Schedule:
    return fidelity.schedule(block)


@pytest.fixture(scope="module")
def filled(evening: Recording, block: Block, plan: Schedule) -> dict[str, list[int]]:
    """When each order was filled, by rule; far away: never."""
    found = {name: fidelity.alone(evening, block, plan, rule) for name, rule in RULES.items()}
    return {name: [at if at > 0 else FAR for at in times] for name, times in found.items()}


def test_the_rules_fill_as_many_as_ever(plan: Schedule, filled: dict[str, list[int]]) -> None:
    assert len(plan.sent) == 1216
    assert {name: sum(at < FAR for at in times) for name, times in filled.items()} == FILLED


@pytest.mark.parametrize("name", [name for name in RULES if name != "risk_averse"])
def test_no_rule_fills_later_than_the_risk_averse_one(
    filled: dict[str, list[int]], name: str
) -> None:
    pairs = list(zip(filled["risk_averse"], filled[name], strict=True))

    assert all(kind <= strict for strict, kind in pairs)
    assert sum(kind < strict for strict, kind in pairs) >= 50


def test_orders_of_ours_that_stand_together_share_what_is_traded(
    evening: Recording, block: Block, plan: Schedule, filled: dict[str, list[int]]
) -> None:
    together = fidelity.ours(evening, block, plan, RULES["risk_averse"])

    pairs = [
        (one, at if at > 0 else FAR)
        for one, at in zip(filled["risk_averse"], together, strict=True)
    ]

    assert all(at >= one for one, at in pairs)
    assert sum(at > one for one, at in pairs) == 61


@pytest.mark.parametrize("name", RULES)
def test_every_fill_is_at_the_nanosecond_at_which_hftbacktest_has_it(
    evening: Recording,
    plan: Schedule,
    filled: dict[str, list[int]],
    name: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    interpreter = os.environ.get("BENCH_HFTBACKTEST_PYTHON")
    if interpreter is None:
        pytest.skip("hftbacktest absent: optional, name its interpreter BENCH_HFTBACKTEST_PYTHON")
    folder = Path(tmp_path_factory.getbasetemp()) / "hftbacktest"
    folder.mkdir(exist_ok=True)
    theirs = fidelity.theirs(interpreter, evening, plan, name, folder)

    pairs = [(one, at if at > 0 else FAR) for one, at in zip(filled[name], theirs, strict=True)]
    apart = [(one, at) for one, at in pairs if one != at]

    assert sum(at < FAR for at in theirs if at > 0) == FILLED[name]
    assert len(apart) == UNCLAMPED.get(name, 0)
    assert all(one < at for one, at in apart)
