"""A signal that is fitted to its past is fitted between the same two messages, always."""

import math
from random import Random

import pytest

from bot import MicroPrice, Target, Urgency
from bot.model.event import OrderSent
from bot.testing import Tape, run
from tests.engine.world import PERP, Does, quoted


def leaning() -> Does:
    """On the side that the micro-price leans to, once it is fitted."""
    watch = MicroPrice(
        PERP, source="book", refit_h=0.01, moves_min=10, buckets=4, wake=0.01, optional=True
    )

    def decide(view) -> Target:
        score = view.score("fair")
        if not score.outputs["fitted"]:
            return Target(PERP, 0.0, Urgency.URGENT)
        return Target(PERP, math.copysign(1.0, score.value), Urgency.URGENT)

    return Does(does=decide, looks={"fair": watch})


def market() -> Tape:
    """A touch of one tick, whose shorter queue mostly gives way."""
    random, tape, ticks = Random(2), quoted(), 10_000
    around = [(ticks - k) / 100 for k in range(60)], [(ticks + 1 + k) / 100 for k in range(60)]
    tape.book(PERP, *([(price, 5.0) for price in side] for side in around))
    for _ in range(300):
        heavy = random.random() < 0.5
        tape.wait(0.2).level(PERP, "bid", ticks / 100, 9.0 if heavy else 1.0)
        tape.level(PERP, "ask", (ticks + 1) / 100, 1.0 if heavy else 9.0)
        if random.random() < 0.8 and 9_960 < ticks < 10_040:
            gone, come = ("ask", "bid") if heavy else ("bid", "ask")
            price = (ticks + 1 if heavy else ticks) / 100
            tape.level(PERP, gone, price, 0.0).level(PERP, come, price, 5.0)
            ticks += 1 if heavy else -1
    return tape.wait(1)


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_where_the_tape_is_cut_does_not_move_a_fit(rows: int) -> None:
    whole = run(leaning(), market())

    cut = run(leaning(), market(), rows=rows)

    assert len([one for one in whole.events if isinstance(one, OrderSent)]) >= 3
    assert cut.result.outcome_hash == whole.result.outcome_hash
    assert any(one.read for one in cut.asked)
