"""The venue's books are the ledger's to the last digit, whatever happens, and nothing is made of
nothing: random lives of three accounts in every kind of contract.
"""

from decimal import Decimal, localcontext
from fractions import Fraction
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from bot.model.event import (
    Deleveraged,
    Fill,
    FundingPaid,
    InterestPaid,
    Liquidated,
    OrderRejected,
    Settled,
    Transfer,
)
from bot.model.money import MONEY
from bot.model.units import NS_PER_SECOND
from bot.venues.simulated.accounts import FUND, HOUSE, MARKET, MarginTerms
from bot.venues.simulated.standard_margin import SizeMargin
from bot.venues.simulated.state import VenueState
from tests.venues.bank import (
    ACCOUNTS,
    ANN,
    BEN,
    BTC,
    CAT,
    COIN,
    FUTURE,
    NAMES,
    PERP,
    USDT,
    Bank,
    listings,
    live,
)
from tests.venues.market import BUY, SELL

AT = {name: i for i, name in enumerate(NAMES)}
FUNDS = ("0", "50", "1000")


def test_long_lives_meet_everything_and_every_book_agrees_after_each_event():
    met: set[type] = set()
    reasons: set[str] = set()
    for seed in (0, 1, 4, 7):
        bank = Bank(seed, fund=FUNDS[seed % 3])

        live(bank, 90)  # looks after each thing that is said

        met |= {type(event) for event in bank.events}
        rejected = [event for event in bank.events if isinstance(event, OrderRejected)]
        reasons |= {event.reason.partition(":")[0] for event in rejected}
        assert bank.venue.unsettled == []

    # Everything that a history may hold did happen: a life without it proves nothing.
    everything = {Fill, FundingPaid, Settled, Liquidated, Deleveraged, InterestPaid, Transfer}
    assert everything <= met
    assert {"margin", "quota", "reduce-only"} <= reasons


@settings(max_examples=12)
@given(st.integers(0, 10**9), st.sampled_from(FUNDS))
def test_any_life_keeps_the_books_equal(seed, fund):
    live(Bank(seed, fund=fund), 25)


def test_the_same_seed_says_the_same_to_the_last_bit():
    one, other = Bank(5, fund="50"), Bank(5, fund="50")
    for bank in (one, other):
        live(bank, 40)

    said = [msgspec.json.encode(bank.events) for bank in (one, other)]

    assert said[0] == said[1]
    assert len(one.events) > 100
    assert msgspec.json.encode(one.venue.state()) == msgspec.json.encode(other.venue.state())


@pytest.mark.parametrize("seed", range(3))
def test_a_state_holds_all_of_the_money(seed):
    bank, fresh = Bank(seed, fund="50"), Bank(seed, fund="50")
    live(bank, 40)

    state = msgspec.json.decode(msgspec.json.encode(bank.venue.state()), type=VenueState)
    fresh.venue.restore(state)
    # Where no mark is known yet nothing may be closed: the same state comes back.
    assert fresh.venue.state() == bank.venue.state()
    assert fresh.venue.wallets == bank.venue.wallets
    assert state.money != type(state.money)()


# --- a closed system -------------------------------------------------------------------


def closed(seed: int, fund: str, *, steps: int = 60) -> Bank:
    """Accounts that trade with each other alone: nobody quotes, and only marks come in."""
    bank, dice = Bank(seed, fund=fund, deposit="400"), Random(seed)
    bank.market(Decimal(100), depth=None)
    settles_ns = bank.now + 300 * NS_PER_SECOND
    bank.pass_time(1)
    for account in ACCOUNTS:
        mode = MarginTerms(dice.random() < 0.5, Decimal(10))
        bank.venue.treasury.hold(account, AT[PERP], mode)
    for _ in range(steps):
        one, other = dice.sample(ACCOUNTS, 2)
        name = dice.choice([PERP, COIN, FUTURE])
        side, lots = dice.choice([BUY, SELL]), dice.choice([1, 4, 15, 40])
        price = bank.price + Decimal(dice.randint(-2, 2)) / 2
        trade(bank, one, other, name, side, lots, price)
        bank.rate(dice.choice(["0.001", "-0.003"]), settles_ns)
        move = dice.randint(-12, 12) if dice.random() < 0.3 else dice.randint(-1, 1)
        bank.market(max(Decimal(20), bank.price + Decimal(move) / 2), depth=None)
        bank.pass_time(dice.choice([NS_PER_SECOND, 100 * NS_PER_SECOND]))
        if bank.now > settles_ns:
            settles_ns += 300 * NS_PER_SECOND
    return bank


def trade(bank: Bank, one, other, name, side, lots, price) -> None:
    """A fill between two accounts, as the venue books one and as both ledgers hear it."""
    clearing = bank.venue._clearing
    for account in (one, other):
        clearing.accruals.book(account, AT[name])
    bank.hear()
    with localcontext(MONEY):
        bank.venue.books.trade(one, AT[name], side, lots, price, bank.now, against=other)
        clearing.looked_at(AT[name])
    for account, whose in ((one, side), (other, side.opposite)):
        bank.orders += 1
        fill = Fill(
            ts_recv=bank.now,
            ts_venue=bank.now,
            account=account,
            order_id="",
            trade_id=f"c{bank.orders}",
            instrument=name,
            side=whose,
            size=lots,
            price=bank.listings[name].instrument.ticks(price),
            fee=Decimal(0),
            fee_currency=bank.listings[name].instrument.settle,
            maker=False,
        )
        bank.events.append(fill)
        bank.book(fill)
    with localcontext(MONEY):
        clearing.margin()
    bank.hear()


def test_accounts_that_trade_with_each_other_keep_all_of_their_money_between_them():
    met: set[type] = set()
    for seed in range(12):
        bank = closed(seed, FUNDS[seed % 3])  # every look counts it, to the last digit

        met |= {type(event) for event in bank.events}
        deposits = sum((held[USDT] for held in bank.deposits.values()), Decimal(0))
        assert bank.circulating(USDT) == deposits
    assert {Fill, FundingPaid, Liquidated, Deleveraged, Settled} <= met


def test_without_a_fund_the_market_has_no_part_in_a_gap():
    # Ann has eight coins from 100 with 400: bankrupt at 50. The mark falls to 40, nobody quotes.
    bank = Bank(1, fund="0", deposit="400")
    bank.market(Decimal(100), depth=None)
    bank.pass_time(1)
    trade(bank, ANN, BEN, PERP, BUY, 50, Decimal(100))
    trade(bank, ANN, CAT, PERP, BUY, 30, Decimal(100))

    bank.market(Decimal(40), depth=None)
    bank.pass_time(NS_PER_SECOND)

    wallets = bank.venue.wallets
    assert wallets[ANN, USDT] == 0
    assert (wallets[BEN, USDT], wallets[CAT, USDT]) == (650, 550)
    books = bank.venue.books
    assert [books.wallet.get((name, USDT), 0) for name in sorted(HOUSE)] == [0, 0, 0]
    assert books.quantity(MARKET, AT[PERP]) == 0
    assert bank.venue.positions == {}


@pytest.mark.parametrize("fund", ["0", "50", "1000"])
def test_a_hole_past_every_price_is_the_funds_and_beyond_it_the_markets(fund):
    # A short future that must keep half of its worth shares a hole that is more than all of it.
    usual = listings()[FUTURE]
    dear = structs.replace(
        usual, margin=SizeMargin(Decimal("0.6"), Decimal("0.5"), Decimal(0)), session_ns=None
    )
    bank = Bank(1, fund=fund, deposit="100", future=dear)
    bank.market(Decimal(100), depth=None)
    bank.pass_time(1)
    with localcontext(MONEY):
        for name, size in ((PERP, 60), (FUTURE, 1)):
            bank.venue.books.trade(ANN, AT[name], SELL, size, Decimal(100), bank.now)
        bank.venue._clearing.margin()

    bank.market(Decimal(180), depth=None)
    bank.venue.quiet_until(bank.now + 2)
    bank.venue.advance(bank.now + 1)

    closed = [event for event in bank.venue.take_events() if isinstance(event, Liquidated)]
    assert {event.instrument for event in closed} == {PERP, FUTURE}
    assert closed[-1].instrument == FUTURE
    assert closed[-1].price == 100  # its mark has not moved yet
    assert closed[-1].fee < -100
    assert bank.venue.wallets[ANN, USDT] == 0
    assert bank.venue.books.wallet[FUND, USDT] >= 0
    assert bank.circulating(USDT) == sum(each[USDT] for each in bank.deposits.values())


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([PERP, COIN, FUTURE]),
            st.sampled_from([(ANN, BEN), (BEN, CAT), (CAT, ANN)]),
            st.sampled_from([BUY, SELL]),
            st.integers(1, 500),
            st.integers(150, 260),
        ),
        max_size=20,
    ),
    st.integers(1500, 2600),
)
def test_equity_of_all_together_is_what_was_brought_at_any_mark(trades, tenths):
    """E5, in fractions: the sum over accounts of wallet and open profit, fees and funding none."""
    bank = Bank(1)
    with localcontext(MONEY):
        for name, (one, other), side, lots, ticks in trades:
            price = Decimal(ticks) / 2
            bank.venue.books.trade(one, AT[name], side, lots, price, 1, against=other)
    mark, books = Fraction(tenths, 20), bank.venue.books

    for currency in (USDT, BTC):
        total = sum(Fraction(books.total(account, currency)) for account in ACCOUNTS)
        for (_, i), position in books.position.items():
            terms = books.instruments[i]
            if terms.settle == currency:
                size = position.quantity * Fraction(terms.lot) * Fraction(terms.contract_size)
                total += (-size / mark if terms.inverse else size * mark) - Fraction(position.cost)

        assert total == sum(Fraction(bank.deposits[account][currency]) for account in ACCOUNTS)
