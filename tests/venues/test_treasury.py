"""Transfers between accounts, and the price of what is borrowed."""

from decimal import Decimal

import pytest

from bot.model.event import InterestPaid, Liquidated, OrderRejected, Transfer
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR, AccountId
from bot.venues.simulated.accounts import FUND, VENUE
from bot.venues.simulated.fees import FeeSchedule
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.standard_margin import OptionMargin
from bot.venues.simulated.terms import Loan
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import (
    ACCOUNT,
    BTC,
    BUY,
    PERP,
    SELL,
    SPOT,
    USDT,
    Market,
    contract,
    order,
    venue,
)

OTHER = AccountId("other")
FREE = FeeSchedule(Decimal(0), Decimal(0))
HOURLY = Decimal("0.0001")


def quoted(name=PERP) -> Market:
    return Market().book(10, [(200, 900)], [(202, 900)], name).mark(11, "100.5", name)


def ready(deposit: str = "100") -> SimulatedVenue:
    there = venue(quoted(), deposit=deposit)
    there.advance(15)
    return there


def test_a_transfer_moves_money_and_both_accounts_hear_of_it():
    there = ready()

    refused = there.treasury.transfer(ACCOUNT, OTHER, USDT, Decimal(30), "rent")

    assert refused is None
    heard = there.take_events()
    assert [(type(e), e.account, e.amount, e.reference) for e in heard] == [
        (Transfer, ACCOUNT, -30, "rent"),
        (Transfer, OTHER, 30, "rent"),
    ]
    assert there.wallets == {(ACCOUNT, BTC): 100, (ACCOUNT, USDT): 70, (OTHER, USDT): 30}


@pytest.mark.parametrize(
    ("payer", "payee", "amount"),
    [
        (ACCOUNT, OTHER, "100.01"),
        (ACCOUNT, OTHER, "0"),
        (ACCOUNT, OTHER, "-5"),
        (ACCOUNT, OTHER, "NaN"),
        (ACCOUNT, ACCOUNT, "1"),
        (FUND, OTHER, "1"),
        (OTHER, ACCOUNT, "1"),
    ],
)
def test_what_an_account_has_not_cannot_be_moved(payer, payee, amount):
    there = ready()
    before = there.wallets

    refused = there.treasury.transfer(payer, payee, USDT, Decimal(amount), "r")

    assert refused is not None
    assert (there.wallets, there.take_events()) == (before, [])


def test_what_stands_behind_a_position_cannot_be_moved():
    there = ready()
    there.submit(order("a", BUY, 100, 202), 20)
    there.advance(30)
    free = there.treasury.withdrawable(ACCOUNT, USDT)

    too_much = there.treasury.transfer(ACCOUNT, OTHER, USDT, free + Decimal("0.01"), "r")
    all_of_it = there.treasury.transfer(ACCOUNT, OTHER, USDT, free, "r")

    # 100 less the fee of 0.505, less 10 lost on 1,005 of worth that need 10.1.
    assert free == 100 - Decimal("0.505") - 5 - Decimal("10.1")
    assert too_much is not None
    assert all_of_it is None
    assert there.treasury.available(ACCOUNT, USDT) == 0


def test_open_profit_cannot_be_moved():
    there = venue(quoted().mark(30, "150"), deposit="100")
    there.submit(order("a", BUY, 10, 202), 20)
    there.advance(40)

    assert there.treasury.available(ACCOUNT, USDT) > 140
    assert there.treasury.withdrawable(ACCOUNT, USDT) == 100 - Decimal("0.0505")


# --- loans -----------------------------------------------------------------------------


def lending(quota: str = "5", deposit: str = "0") -> SimulatedVenue:
    """Whoever sells coins that it has not borrows them."""
    listings = {SPOT: Listing(contract(SPOT), FREE, borrows=True)}
    market = Market().book(10, [(200, 900)], [(202, 900)], SPOT)
    loans = {BTC: Loan(HOURLY, Decimal(quota))}
    return venue(market, deposit=deposit, listings=listings, loans=loans)


def interest(there: SimulatedVenue, until: int) -> list[InterestPaid]:
    there.advance(until)
    return [event for event in there.take_events() if isinstance(event, InterestPaid)]


def test_borrowed_coins_cost_interest_by_the_hour():
    there = lending()
    there.submit(order("a", SELL, 20, 200, name=SPOT), 20)

    first, second = interest(there, 2 * NS_PER_HOUR)

    assert (first.borrowed, first.rate, first.amount) == (2, HOURLY, Decimal("-0.0002"))
    assert second.borrowed == Decimal("2.0002")  # interest is borrowed too
    assert second.amount == Decimal("-0.00020002")
    assert there.wallets[ACCOUNT, BTC] == Decimal("-2.00040002")
    assert there.books.wallet[VENUE, BTC] == Decimal("0.00040002")
    assert first.ts_venue == NS_PER_HOUR


def test_a_loan_of_a_moment_costs_an_hour_and_no_more():
    there = lending(deposit="1")
    there.submit(order("a", SELL, 20, 200, name=SPOT), 20)
    there.submit(order("b", BUY, 15, 202, name=SPOT), 40)

    charges = interest(there, 5 * NS_PER_HOUR)

    assert [charge.borrowed for charge in charges] == [1]
    assert there.idle


def test_a_debtor_is_heard_of_though_nothing_rests():
    there = lending()
    there.submit(order("a", SELL, 20, 200, name=SPOT), 20)
    there.advance(40)

    assert not there.idle


def test_nobody_owes_more_than_the_quota():
    there = lending(quota="2")
    there.submit(order("a", SELL, 15, 200, name=SPOT), 20)
    there.submit(order("b", SELL, 6, 200, name=SPOT), 30)
    there.submit(order("c", SELL, 5, 200, name=SPOT), 40)

    there.advance(50)

    rejected = [e for e in there.take_events() if isinstance(e, OrderRejected)]
    assert [event.order_id for event in rejected] == ["b"]
    assert rejected[0].reason.startswith("quota: 0.5 BTC is free or lent")
    assert there.wallets[ACCOUNT, BTC] == -2


def test_money_that_left_brings_the_liquidation_nearer_at_once():
    # With 100 the kernel need not look before 91.9; with 12 left it must at 99.
    market = quoted().mark(25, "100").change(26, bids=[(200, 0)])
    for k in range(20):
        market.mark(40 + k, str(100 - Decimal(k) / 10))
    there = venue(market.mark(70, "89.5"), deposit="100")
    there.submit(order("a", BUY, 10, 202), 20)
    there.advance(30)
    there.take_events()

    assert there.treasury.transfer(ACCOUNT, OTHER, USDT, Decimal(88), "r") is None
    there.advance(100)

    (closed,) = [event for event in there.take_events() if isinstance(event, Liquidated)]
    assert closed.ts_venue == 70
    assert there.wallets[ACCOUNT, USDT] == 0


def test_whoever_spends_all_on_an_option_keeps_it():
    terms = {"kind": Kind.OPTION, "expiry_ns": 10**18, "strike": Decimal(100), "call": True}
    # The option stands at the perpetual's place in these books.
    listed = Listing(contract(PERP, **terms), FREE, margin=OptionMargin())
    there = venue(quoted().mark(40, "90"), deposit="101", listings={PERP: listed})
    there.submit(order("a", BUY, 10, 202), 20)
    there.submit(order("b", BUY, 1, 202), 30)

    there.advance(60)

    events = there.take_events()
    assert there.wallets[ACCOUNT, USDT] == 0
    assert there.positions == {(ACCOUNT, PERP): 10}
    assert [e.reason.partition(":")[0] for e in events if isinstance(e, OrderRejected)] == [
        "margin"
    ]


def test_interest_is_on_the_most_that_was_owed_in_the_hour():
    there = lending(deposit="1")
    there.submit(order("a", SELL, 20, 200, name=SPOT), 20)
    there.submit(order("b", BUY, 5, 202, name=SPOT), 40)

    charges = interest(there, 2 * NS_PER_HOUR)

    assert [charge.borrowed for charge in charges] == [1, Decimal("0.5001")]
