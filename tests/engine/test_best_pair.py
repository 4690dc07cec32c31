"""Where to be short and where long, in the engine: of venues that can be traded at this moment."""

import pytest

from bot import InstrumentId
from bot.signals.funding_rates.skew import FundingSkew
from bot.testing import Tape
from tests.engine.test_gauges import fed
from tests.engine.world import ETH, PERP, Does, engine_of, items

OTHER = InstrumentId("other:BTC/USDT:USDT")
RATES = {PERP: 0.0003, ETH: 0.0002, OTHER: 0.0001}


def quoted() -> Tape:
    tape = Tape()
    for name, rate in RATES.items():
        tape.book(name, 99.9, 100.1)
        tape.funding(name, rate)
    return tape.wait(3)


@pytest.mark.parametrize(
    ("happens", "best"),
    [
        (lambda tape: tape, (0.0, 2.0, 3.0)),
        (lambda tape: tape.delist(PERP).wait(2), (1.0, 2.0, 2.0)),
        (lambda tape: tape.delist(PERP).wait(2).relist(PERP).wait(2), (0.0, 2.0, 3.0)),
        (lambda tape: tape.gap(PERP).wait(2), (1.0, 2.0, 2.0)),
        (lambda tape: tape.gap(OTHER).wait(2), (0.0, 1.0, 2.0)),
        (lambda tape: tape.gap(OTHER).gap(ETH).wait(2), (None, None, 1.0)),
    ],
    ids=["all", "delisted", "listed again", "gap", "gap of another", "one left"],
)
def test_the_best_pair_is_of_venues_that_can_be_traded(happens, best):
    tape = happens(quoted())
    watch = FundingSkew(PERP, tuple(RATES), age_s_max=3_600.0, wake=0.0)
    engine = engine_of({"one": Does(does=lambda view: None, looks={"skew": watch})}, tape)

    fed(engine, items(tape))

    (place,) = engine.state.market.table.gauges
    said = engine.state.gauges.gauge(place).read(engine.state.now).outputs
    assert (said["dearest"], said["cheapest"], said["tradable"]) == best
    assert said["value"] is not None
    assert said["z"] is not None
