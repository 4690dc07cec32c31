"""Funding follows the premium, is settled once an interval, and swings."""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest

from bot.feeds.simulated.funding import FundingClock
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.settings import MarketSettings
from bot.feeds.simulated.source import SimulatedSource
from bot.feeds.simulated.terms import FundingTerms, Premium
from bot.model.event import FundingRate
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND, InstrumentId
from bot.tape.cut import join
from bot.tape.rows import MARK, SCALAR
from tests.feeds.simulated.markets import START_NS, settings, source

PERP = InstrumentId("sim:BTC/USDT:USDT")


def rates(premium: float, hours: int) -> list[FundingRate]:
    """What is said over one interval and its settlement, at a premium that stands still."""
    clock = FundingClock(PERP, FundingTerms(interval_ns=hours * NS_PER_HOUR, publish_s=600))
    count = hours * 3600 + 1
    still = np.full(count, round(premium * 1e8), np.int64)
    index = np.full(count, 50_000 * 10**8, np.int64)
    return list(clock.seconds(START_NS // NS_PER_SECOND, still, index, np.arange(count)))


@pytest.mark.parametrize(
    ("premium", "hours", "rate"),
    [
        (0.002, 8, "0.0015"),
        (0.002, 4, "0.00075"),
        (0.0, 8, "0.0001"),
        (0.0006, 8, "0.0001"),  # the ends of the dead zone
        (-0.0004, 8, "0.0001"),
        (0.0, 1, "0.0000125"),
        (-0.002, 8, "-0.0015"),
        (0.03, 8, "0.02"),  # capped
    ],
)
def test_the_rate_is_the_published_formula(premium, hours, rate):
    said = rates(premium, hours)

    assert {event.rate for event in said} == {Decimal(rate)}
    assert said[-2].settled
    assert said[-2].mark == Decimal(50_000) * (1 + Decimal(str(premium)))


def test_later_samples_of_the_premium_weigh_more():
    clock = FundingClock(PERP, FundingTerms(interval_ns=NS_PER_HOUR, publish_s=3600))
    premium = np.zeros(3601, np.int64)
    premium[1800:3600] = 1_000_000

    events = list(clock.seconds(0, premium, np.ones(3601, np.int64), np.arange(3601)))

    # Weights 1801..3600 of 1..3600 are 0.7499 of all: 74.99 bps, less the damper, over 8.
    settled = next(event for event in events if event.settled)
    assert float(settled.rate) == pytest.approx((0.01 * 0.74993 - 0.0005) / 8, rel=1e-4)


def rates_of(source: SimulatedSource) -> list[FundingRate]:
    """What is said of funding, open interest aside."""
    return [event for event in source.events() if isinstance(event, FundingRate)]


@pytest.fixture(scope="module")
def month() -> list[FundingRate]:
    funding = FundingTerms(publish_s=3600)
    given = MarketSettings(
        seed=3, start_ns=START_NS, duration_s=30 * 86_400, chunk_s=3600, funding=funding
    )
    return rates_of(SimulatedMarket(given).sources()[1])


def test_funding_is_settled_once_an_interval(month):
    settled = [event.settles_ns for event in month if event.settled]

    first = START_NS + 8 * NS_PER_HOUR
    assert settled == list(range(first, START_NS + 30 * 86_400 * 10**9, 8 * NS_PER_HOUR))


def test_what_is_predicted_belongs_to_the_next_settlement(month):
    for event in month:
        if event.settled:
            assert event.ts_venue == event.settles_ns
        else:
            assert 0 < event.settles_ns - event.ts_venue <= 8 * NS_PER_HOUR
        assert event.ts_venue < event.ts_recv
        assert event.interval_ns == 8 * NS_PER_HOUR


def test_funding_swings_enough_that_a_carry_pays_and_stops_paying(month):
    bps = np.array([float(event.rate) * 1e4 for event in month if event.settled])

    pays = bps > 15
    assert 5 < pays.sum() < 80
    assert np.count_nonzero(np.diff(pays.astype(int))) >= 4
    assert (bps < 0).any()
    # Moods last: a rate says much about the next.
    assert np.corrcoef(bps[:-1], bps[1:])[0, 1] > 0.5


@pytest.mark.parametrize(("mood", "sign"), [(-40.0, -1), (40.0, 1)])
def test_the_sign_of_funding_is_that_of_the_premium(mood, sign):
    def settled() -> Iterator[int]:
        given = settings(
            duration_s=3601,
            premium=Premium(moods_bps=(mood,)),
            funding=FundingTerms(interval_ns=600 * NS_PER_SECOND, publish_s=600),
        )
        for event in rates_of(SimulatedMarket(given).sources()[1]):
            if event.settled:
                yield int(event.rate.copy_sign(1) / event.rate)

    assert list(settled()) == [sign] * 6


def test_the_settled_mark_is_the_mark_on_the_tape():
    perp = source(PERP, duration_s=121, funding=FundingTerms(interval_ns=60 * NS_PER_SECOND))

    whole = join(perp.blocks())
    marks = whole.price[(whole.kind == SCALAR) & (whole.side == MARK)]
    settled = [event for event in rates_of(perp) if event.settled]
    assert [event.mark for event in settled] == [
        Decimal(int(marks[s])).scaleb(-8) for s in (60, 120)
    ]


def test_a_prediction_is_published_as_often_as_it_should_be():
    perp = source(PERP, duration_s=60, funding=FundingTerms(publish_s=20))

    times = [(event.ts_venue - START_NS) // 10**9 for event in rates_of(perp)]

    assert times == [0, 20, 40]


def test_spot_has_no_funding():
    assert list(source("sim:BTC/USDT").events()) == []
