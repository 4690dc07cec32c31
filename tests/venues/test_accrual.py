"""Funding that grows: exact at any time, paid when it is booked and when the position changes."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from msgspec import structs

from bot.model.event import FundingPaid, FundingRate
from bot.model.money import MONEY
from bot.model.units import NS_PER_HOUR
from bot.venues.simulated.accounts import MARKET
from bot.venues.simulated.accrual import accruing_rate
from bot.venues.simulated.terms import Accruing
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import (
    ACCOUNT,
    BTC,
    BUY,
    INVERSE,
    PERP,
    SELL,
    USDT,
    Market,
    listing,
    order,
    venue,
)

RULE = Accruing(booked_ns=NS_PER_HOUR)
PERIOD = RULE.period_ns
"""Eight hours."""
LISTINGS = {name: structs.replace(listing(name), funding=RULE) for name in (PERP, INVERSE)}


def quoted(name=PERP) -> Market:
    return Market().book(10, [(200, 90)], [(202, 90)], name)


def rate(ns: int, value: str, name=PERP) -> FundingRate:
    return FundingRate(
        ts_recv=ns,
        ts_venue=ns,
        instrument=name,
        rate=Decimal(value),
        settles_ns=PERIOD,
        settled=False,
    )


def holding(market: Market, *rates: FundingRate, side=BUY, name=PERP) -> SimulatedVenue:
    there = venue(market, listings=LISTINGS)
    for each in rates:
        there.market_event(each)
    there.submit(order("a", side, 10, 202 if side is BUY else 200, name=name), 20)
    return there


def paid(there: SimulatedVenue, until: int) -> list[FundingPaid]:
    there.advance(until)
    return [event for event in there.take_events() if isinstance(event, FundingPaid)]


def test_it_grows_with_time_mark_and_rate_and_is_booked_by_the_hour():
    # One coin from 23 ns on: 100 at 0.001, then 120 at 0.001, then 120 at −0.002.
    market = quoted().mark(15, "100").mark(1_000_000, "120")
    there = holding(market, rate(16, "0.001"), rate(2_000_000, "-0.002"))

    (payment,) = paid(there, NS_PER_HOUR)

    grown = (
        Fraction(100, 1000) * (1_000_000 - 23)
        + Fraction(120, 1000) * 1_000_000
        - Fraction(240, 1000) * (NS_PER_HOUR - 2_000_000)
    )
    assert abs(Fraction(payment.amount) + grown / PERIOD) < Fraction(3, 10**30)
    assert (payment.settles_ns, payment.quantity, payment.mark) == (NS_PER_HOUR, 10, 120)
    assert payment.rate == pytest.approx(-payment.amount / 120)
    fee = Decimal("0.0505")
    with localcontext(MONEY):
        assert there.wallets[ACCOUNT, USDT] == 1_000_000 - fee + payment.amount
    assert there.books.wallet[MARKET, USDT] == payment.amount.copy_negate()


def test_a_rate_of_another_interval_is_brought_to_the_period_and_a_settled_one_is_past():
    hourly = structs.replace(rate(16, "0.000125"), interval_ns=NS_PER_HOUR)
    past = structs.replace(rate(17, "0.5"), settled=True)
    there, same = (
        holding(quoted().mark(15, "100"), *rates)
        for rates in ((hourly, past), (rate(16, "0.001"),))
    )

    (one,), (other,) = paid(there, NS_PER_HOUR), paid(same, NS_PER_HOUR)

    assert one.amount == other.amount < 0


def test_a_short_of_coins_is_paid_in_coins():
    market = quoted(INVERSE).mark(15, "80", INVERSE)
    there = holding(market, rate(16, "0.001", INVERSE), side=SELL, name=INVERSE)

    (payment,) = paid(there, NS_PER_HOUR)

    expected = Fraction(1000, 80) / 1000 * (NS_PER_HOUR - 23) / PERIOD
    assert payment.currency == BTC
    assert abs(Fraction(payment.amount) - expected) < Fraction(1, 10**29)
    assert payment.rate > 0


def test_a_changed_position_is_paid_first_for_what_it_was():
    there = holding(quoted().mark(15, "100"), rate(16, "0.001"))
    there.submit(order("b", SELL, 4, 200), 1_000_000)

    first, second = paid(there, NS_PER_HOUR)

    assert (first.quantity, first.settles_ns) == (10, 1_000_003)
    assert (second.quantity, second.settles_ns) == (6, NS_PER_HOUR)
    whole, part = 100 * (1_000_003 - 23), 60 * (NS_PER_HOUR - 1_000_003)
    assert float(second.amount / first.amount) == pytest.approx(part / whole)


def test_without_a_stated_rate_it_follows_from_mark_and_index():
    market = quoted().mark(15, "101").index(16, "100").index(1_000_000, "101")
    there = holding(market)

    (payment,) = paid(there, NS_PER_HOUR)

    # A hundredth off, less the dead zone, is capped at half a percent; then there is no premium.
    expected = Fraction(101) * Fraction(5, 1000) * (1_000_000 - 23) / PERIOD
    assert abs(Fraction(-payment.amount) - expected) < Fraction(1, 10**29)


@pytest.mark.parametrize(
    ("mark", "rate"),
    [
        ("100.02", "0"),
        ("100.1", "0.00075"),
        ("99.9", "-0.00075"),
        ("110", "0.005"),
        ("90", "-0.005"),
    ],
)
def test_the_rate_has_a_dead_zone_and_a_cap(mark, rate):
    assert accruing_rate(Decimal(mark), Decimal(100), RULE) == Decimal(rate)


def test_what_could_not_grow_is_shown():
    there = holding(quoted().mark(15, "100"))  # no rate, and no index

    payments = paid(there, NS_PER_HOUR)

    assert payments == []
    assert [(each.quantity, each.settles_ns) for each in there.unfunded] == [(10, NS_PER_HOUR)]


def test_nothing_grows_while_nothing_is_held():
    there = venue(quoted().mark(15, "100"), listings=LISTINGS)
    there.market_event(rate(16, "0.001"))

    assert paid(there, 5 * NS_PER_HOUR) == []
    assert there.unfunded == []
