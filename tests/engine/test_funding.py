"""The funding in force: whose word on its interval counts."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bot.engine.market import Market
from bot.model.event import FundingRate, InstrumentChanged
from bot.testing import Tape
from bot.testing.tape import START_NS
from tests.engine.world import PERP, Does, engine_of

HOUR = 3_600_000_000_000


@pytest.fixture
def market() -> Market:
    """A perpetual that was listed with eight hours."""
    tape = Tape().book(PERP, 99.9, 100.1)
    assert tape.instruments[PERP].funding_interval_ns == 8 * HOUR
    return engine_of({"one": Does(does=lambda view: None)}, tape).state.market


def told(market: Market, interval_ns: int | None, at_ns: int = START_NS) -> int | None:
    """The interval in force after a rate that says this one."""
    rate = FundingRate(
        ts_recv=at_ns,
        ts_venue=at_ns,
        instrument=PERP,
        rate=Decimal("0.0001"),
        settles_ns=START_NS + HOUR,
        settled=False,
        interval_ns=interval_ns,
    )
    market.take(rate)
    return market.funding_in_force(PERP).interval_ns


def test_a_rate_that_says_no_interval_has_the_listed_one_until_another_said_one(market):
    assert told(market, None) == 8 * HOUR
    assert told(market, 4 * HOUR) == 4 * HOUR
    # The stream was interrupted, and does not know any more: the listing knows it no better.
    assert told(market, None) == 4 * HOUR


def test_a_listing_that_changes_the_interval_counts_from_then_on(market):
    told(market, 4 * HOUR)
    listed = market.terms.instrument(PERP)
    same, other = listed, replace(listed, funding_interval_ns=HOUR)

    for changed, expected in ((same, 4 * HOUR), (other, HOUR)):
        market.take(InstrumentChanged(ts_recv=START_NS, ts_venue=START_NS, instrument=changed))
        assert market.funding_in_force(PERP).interval_ns == expected
    assert told(market, None) == HOUR
