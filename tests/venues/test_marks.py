"""Marks that the venue computes: their rules, their second, and that margin looks at them."""

from decimal import Decimal

import pytest
from msgspec import structs

from bot.model.event import FundingRate, Liquidated
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.venues.simulated.marks import Coming, fair_mark, median_mark
from bot.venues.simulated.matching import CURSOR, MARGIN, match
from bot.venues.simulated.terms import FairMark, MedianMark
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import ACCOUNT, BUY, PERP, SELL, Market, listing, order, venue

SECOND = NS_PER_SECOND
HUNDRED = Decimal(100)
IN_FOUR_HOURS = Coming(Decimal("0.01"), 4 * NS_PER_HOUR, 8 * NS_PER_HOUR)


def with_rule(market: Market, rule, deposit: str = "1000") -> SimulatedVenue:
    there = venue(
        market, deposit=deposit, listings={PERP: structs.replace(listing(PERP), mark=rule)}
    )
    there.advance(10)
    return there


def mark_of(there: SimulatedVenue) -> Decimal | None:
    return there.mark(PERP)


@pytest.mark.parametrize(
    ("gaps", "last", "expected"),
    [
        # Price 1 is 100 (1 + 0.01 × half of the interval) = 100.5; price 2 the mean of the gaps.
        (["0.2", "0.4"], "101", "100.5"),
        (["0.8", "1.0"], "101", "100.9"),
        (["0.8", "1.0"], "100.7", "100.7"),
    ],
)
def test_the_middle_of_three_prices(gaps, last, expected):
    values = [Decimal(gap) for gap in gaps]

    assert median_mark(HUNDRED, values, Decimal(last), IN_FOUR_HOURS, 0) == Decimal(expected)


def test_what_is_unknown_does_not_count():
    gaps = [Decimal("0.2")]

    assert median_mark(HUNDRED, gaps, None, None, 0) == Decimal("100.2")
    assert median_mark(HUNDRED, gaps, Decimal(99), None, 0) == 99
    assert median_mark(HUNDRED, gaps, Decimal(101), None, 0) == Decimal("100.2")


@pytest.mark.parametrize(
    ("average", "expected"), [("0.3", "100.3"), ("2", "100.5"), ("-3", "99.5")]
)
def test_a_fair_mark_stays_within_its_band_of_the_index(average, expected):
    assert fair_mark(HUNDRED, Decimal(average), Decimal("0.005")) == Decimal(expected)


def test_a_median_mark_is_sampled_once_a_second():
    market = Market().book(1, [(200, 9)], [(202, 9)]).index(2, "100")
    market.book(SECOND // 2, [(202, 9)], [(204, 9)])
    there = with_rule(market, MedianMark())

    before = mark_of(there)
    there.advance(SECOND - 1)
    still = mark_of(there)
    there.advance(SECOND)

    assert (before, still) == (None, None)
    assert mark_of(there) == Decimal("101.5")


def test_a_median_mark_takes_the_mean_of_its_window():
    market = Market().book(1, [(200, 9)], [(202, 9)]).index(2, "100")
    market.book(SECOND + 1, [(202, 9)], [(204, 9)]).book(2 * SECOND + 1, [(206, 9)], [(208, 9)])
    there = with_rule(market, MedianMark(window_s=2))

    marks = []
    for second in range(1, 4):
        there.advance(second * SECOND)
        marks.append(mark_of(there))

    # Gaps of 0.5, 1.5 and 3.5; no more than the last two.
    assert marks == [Decimal("100.5"), Decimal(101), Decimal("102.5")]


def test_a_rate_that_was_heard_makes_the_first_price():
    market = Market().book(1, [(220, 9)], [(222, 9)]).index(2, "100")
    market.trade(3, SELL, 180, 1)
    there = with_rule(market, MedianMark())
    there.market_event(
        FundingRate(
            ts_recv=11,
            ts_venue=11,
            instrument=PERP,
            rate=Decimal("0.01"),
            settles_ns=8 * NS_PER_HOUR,
            settled=False,
            interval_ns=8 * NS_PER_HOUR,
        )
    )

    there.advance(SECOND)

    # 90 was traded last, the book says 110.5, and a percent is due in almost eight hours.
    left = Decimal(8 * NS_PER_HOUR - SECOND) / (8 * NS_PER_HOUR)
    assert mark_of(there) == (100 * (1 + Decimal("0.01") * left)).quantize(Decimal("1e-8"))


def test_a_fair_mark_averages_exponentially():
    market = Market().book(1, [(200, 9)], [(200 + 2, 9)]).index(2, "101")
    market.book(SECOND + 1, [(202, 9)], [(204, 9)])
    there = with_rule(market, FairMark(window_s=3, band=Decimal("0.1")))

    there.advance(SECOND)
    first = mark_of(there)
    there.advance(2 * SECOND)

    # −0.5, then half way to +0.5.
    assert (first, mark_of(there)) == (Decimal("100.5"), Decimal(101))


def test_what_the_mark_needs_being_unknown_leaves_it_where_it_was():
    market = Market().book(1, [(200, 9)], [(202, 9)]).index(2, "100")
    market.gap(SECOND + 1)
    there = with_rule(market, MedianMark())

    there.advance(3 * SECOND)

    assert mark_of(there) == Decimal("100.5")


def test_margin_is_called_at_the_sample_and_at_no_row_before():
    market = Market().book(1, [(200, 90)], [(202, 90)]).index(2, "100.5")
    for k in range(50):
        market.change(3 * SECOND // 2 + k, bids=[(200 - k % 3, 5 + k)])
    late = 3 * SECOND // 2 + 100
    market.book(late, [(160, 9)], [(162, 9)]).index(late + 1, "80.5")
    there = with_rule(market, MedianMark(window_s=1), deposit="10")
    there.submit(order("a", BUY, 10, 202), SECOND)
    there.advance(SECOND + 2000)
    there.take_events()

    reason = match(there.places(), 2 * SECOND - 1)
    at, end = there.places()[CURSOR : CURSOR + 2]
    there.advance(2 * SECOND)
    (event,) = [e for e in there.take_events() if isinstance(e, Liquidated)]

    assert reason != MARGIN
    assert event.ts_venue == 2 * SECOND
    assert at == end >= 50
    assert there.wallets[ACCOUNT, "USDT"] == 0
