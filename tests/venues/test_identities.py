"""The identities that accounts must keep, by their numbers in the specification.

Where the arithmetic ends they hold exactly, in decimals. `N / p` and a cost released in
proportion do not end: there the ledger is run on fractions, where they hold exactly, and the
venue's decimals, rounded once to 30 places, are within 1e-18 of them.
"""

from collections import defaultdict
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ledger import positions
from bot.ledger.ledger import Ledger
from bot.ledger.positions import Position as Held
from bot.ledger.postings import Heading
from bot.model.command import Side
from bot.model.event import Deleveraged, Fill, FundingPaid, Liquidated, OrderAccepted, Settled
from bot.model.money import MONEY
from bot.signals.options.black76 import greeks
from bot.venues.simulated.accounts import FUND, Accounts, MarginTerms, worth
from bot.venues.simulated.expiry import payoff
from bot.venues.simulated.funding import payment
from tests.ledger.market import NOWHERE
from tests.venues.bank import (
    ACCOUNTS,
    ANN,
    BEN,
    BOOKED,
    BTC,
    CALL,
    COIN,
    COIN_PUT,
    EXPIRY_NS,
    FUTURE,
    NAMES,
    PERP,
    USDT,
    Bank,
    listings,
    live,
)
from tests.venues.market import order

TERMS = {name: one.instrument for name, one in listings().items()}
AT = {name: i for i, name in enumerate(NAMES)}
TINY = Fraction(1, 10**18)

lots = st.integers(-500, 500).filter(bool)
ticks = st.integers(100, 400)
fills = st.lists(st.tuples(lots, ticks), max_size=12)
margined = st.sampled_from([PERP, COIN])


@pytest.fixture(scope="module")
def lives() -> list[Bank]:
    """Whole lives of three accounts, lived once for every test that only looks back."""
    banks = [Bank(seed, fund=fund) for seed, fund in ((0, "0"), (1, "50"), (4, "1000"), (7, "0"))]
    for bank in banks:
        live(bank, 90)
    return banks


def booked(name, history) -> Accounts:
    """Fills of one account against the market, in the venue's books."""
    accounts = Accounts({AT[one]: terms for one, terms in TERMS.items()}, {})
    with localcontext(MONEY):
        for quantity, price in history:
            side = Side.BUY if quantity > 0 else Side.SELL
            paid = TERMS[name].price(price)
            accounts.trade(ANN, AT[name], side, abs(quantity), paid, 0)
    return accounts


def exactly(name, history) -> Held:
    """The same fills as the ledger counts them, in fractions."""
    held = Held(0, Fraction(0), Fraction(0))
    for quantity, price in history:
        held = positions.trade(held, TERMS[name], quantity, Fraction(TERMS[name].price(price)))
    return held


def profit(name, accounts: Accounts, mark: Decimal) -> Decimal:
    """Realised and unrealised of the account together."""
    instrument, key = TERMS[name], (ANN, AT[name])
    with localcontext(MONEY):
        open_profit = (
            worth(instrument, accounts.position[key].quantity, mark) - accounts.position[key].cost
            if key in accounts.position
            else Decimal(0)
        )
        return accounts.wallet.get((ANN, instrument.settle), Decimal(0)) + open_profit


def size_of(name, quantity: int) -> Fraction:
    terms = TERMS[name]
    return quantity * Fraction(terms.lot) * Fraction(terms.contract_size)


# --- E1 --------------------------------------------------------------------------------


def test_e1_equity_is_what_was_brought_earned_and_paid(lives):
    """Per currency, in fractions: equity = transfers + profit − fees + funding + interest."""
    for bank in lives:
        ledger = Ledger(TERMS, USDT, number=Fraction)
        parts: dict[tuple, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        for event in bank.events:
            if not isinstance(event, BOOKED):
                continue
            ledger.apply(event, event.account, NOWHERE, None)
            where = parts[event.account, getattr(event, "fee_currency", USDT)]
            if isinstance(event, Fill | Liquidated):
                where["fees"] += Fraction(event.fee)
            elif isinstance(event, Settled):
                parts[event.account, event.currency]["fees"] += Fraction(event.fee)
            elif isinstance(event, FundingPaid):
                parts[event.account, event.currency]["funding"] += Fraction(event.amount)
            elif type(event).__name__ == "InterestPaid":
                parts[event.account, event.currency]["interest"] += Fraction(event.amount)
            elif type(event).__name__ == "Transfer":
                parts[event.account, event.currency]["transfers"] += Fraction(event.amount)

        for account in ACCOUNTS:
            for currency in (USDT, BTC):
                mine = parts[account, currency]
                realised = unrealised = premiums = Fraction(0)
                for (owner, _, name), held in ledger.holdings():
                    if owner == account and positions.currency_of(TERMS[name]) == currency:
                        realised += held.realised
                        mark = Fraction(bank.price)
                        unrealised += positions.unrealised(held, TERMS[name], mark)
                        if positions.is_paid_up(TERMS[name]):
                            premiums += held.cost
                equity = ledger.wallet(account, currency) + unrealised + premiums
                swapped = -ledger.balance(account, currency, Heading.EXCHANGE)
                assert equity == (
                    mine["transfers"]
                    + realised
                    + unrealised
                    - mine["fees"]
                    + mine["funding"]
                    + mine["interest"]
                    + swapped
                )


# --- E2 to E4 --------------------------------------------------------------------------


@given(fills, ticks)
def test_e2_linear_profit_is_the_pure_cash_flow(history, mark):
    flows = sum(-size_of(PERP, q) * Fraction(TERMS[PERP].price(p)) for q, p in history)
    stands = size_of(PERP, sum(q for q, _ in history)) * Fraction(TERMS[PERP].price(mark))

    held = exactly(PERP, history)
    exact = held.realised + positions.unrealised(
        held, TERMS[PERP], Fraction(TERMS[PERP].price(mark))
    )
    at_the_venue = profit(PERP, booked(PERP, history), TERMS[PERP].price(mark))

    assert exact == flows + stands
    assert Fraction(at_the_venue) == flows + stands  # to the last digit in decimals, too


@given(fills, ticks)
def test_e3_inverse_profit_is_the_pure_cash_flow_in_coins(history, mark):
    at = Fraction(TERMS[COIN].price(mark))
    flows = sum(size_of(COIN, q) / Fraction(TERMS[COIN].price(p)) for q, p in history)
    stands = size_of(COIN, sum(q for q, _ in history)) / at

    held = exactly(COIN, history)
    exact = held.realised + positions.unrealised(held, TERMS[COIN], at)
    at_the_venue = profit(COIN, booked(COIN, history), TERMS[COIN].price(mark))

    assert exact == flows - stands
    assert abs(Fraction(at_the_venue) - exact) < TINY


@given(margined, fills, lots, ticks)
def test_e4_adding_averages_reducing_keeps_turning_starts_anew(name, history, quantity, price):
    before = booked(name, history).position.get((ANN, AT[name]))
    held = 0 if before is None else before.quantity
    after = booked(name, [*history, (quantity, price)]).position[ANN, AT[name]]

    with localcontext(MONEY):
        added = worth(TERMS[name], quantity, TERMS[name].price(price))
        if held * quantity >= 0:
            cost = added if before is None else before.cost + added
        elif abs(quantity) < abs(held):
            assert before is not None
            cost = before.cost * after.quantity / held
        else:
            cost = worth(TERMS[name], after.quantity, TERMS[name].price(price))
        assert abs(after.cost - cost) < Decimal("1e-18")
        assert (after.quantity == 0) <= (after.cost == 0)


@given(margined, fills, st.integers(2, 500), st.data())
def test_e4_a_fill_in_two_is_the_same_fill(name, history, quantity, data):
    price, part = data.draw(ticks), data.draw(st.integers(1, quantity - 1))

    whole = exactly(name, [*history, (quantity, price)])
    halves = exactly(name, [*history, (part, price), (quantity - part, price)])
    turned = exactly(name, [*history, (quantity - part, price), (part, price)])

    assert whole == halves == turned


def test_e4_the_examples_of_the_specification():
    linear = [(10, 120_000), (10, 124_000), (-30, 126_000)]
    after, closed = exactly(PERP, linear), exactly(PERP, [*linear, (10, 122_000)])
    inverse = exactly(COIN, [(1000, 100_000), (1000, 120_000)])

    assert (after.realised, positions.average(after, TERMS[PERP])) == (4000, 63_000)
    assert (closed.realised, closed.quantity) == (6000, 0)
    assert positions.average(closed, TERMS[PERP]) is None
    assert f"{float(positions.average(inverse, TERMS[COIN])):.4f}" == "54545.4545"


# --- E5, E6 ----------------------------------------------------------------------------


@given(st.lists(st.tuples(margined, lots, ticks), max_size=12), ticks)
def test_e5_two_accounts_that_trade_with_each_other_mirror_each_other(trades, mark):
    accounts = Accounts({AT[one]: terms for one, terms in TERMS.items()}, {})
    with localcontext(MONEY):
        for name, quantity, price in trades:
            side, paid = Side(1 if quantity > 0 else -1), TERMS[name].price(price)
            accounts.trade(ANN, AT[name], side, abs(quantity), paid, 0, against=BEN)
        for name in (PERP, COIN):
            currency, at = TERMS[name].settle, TERMS[name].price(mark)
            equity = [
                accounts.wallet.get((account, currency), Decimal(0))
                + worth(TERMS[name], accounts.quantity(account, AT[name]), at)
                - getattr(accounts.position.get((account, AT[name])), "cost", Decimal(0))
                for account in (ANN, BEN)
            ]
            assert sum(equity) == 0


def test_e5_the_sum_of_all_accounts_is_what_was_brought(lives):
    for bank in lives:
        for currency in (USDT, BTC):
            brought = sum(each[currency] for each in bank.deposits.values())
            assert bank.circulating(currency) == brought


@given(
    margined,
    st.integers(-500, 500),
    ticks,
    st.decimals("-0.01", "0.01", places=6),
)
def test_e6_funding_is_worth_times_rate_and_longs_pay_a_positive_one(name, quantity, mark, rate):
    terms, price = TERMS[name], TERMS[name].price(mark)
    with localcontext(MONEY):
        amount = payment(terms, quantity, price, rate)

    size, at = size_of(name, quantity), Fraction(price)
    exact = -(size / at if terms.inverse else size * at) * Fraction(rate)
    if terms.inverse:
        assert abs(Fraction(amount) - exact) < TINY
    else:
        assert Fraction(amount) == exact
    assert amount * quantity * rate <= 0


def test_e6_nobody_is_paid_for_what_he_does_not_hold(lives):
    paid = [event for bank in lives for event in bank.events if isinstance(event, FundingPaid)]

    assert len(paid) > 20
    assert all(event.quantity for event in paid)
    stamped = [event for event in paid if event.instrument == PERP]
    assert all(event.amount * event.quantity * event.rate <= 0 for event in stamped)


# --- E7, E8 ----------------------------------------------------------------------------


@given(st.sampled_from([CALL, COIN_PUT]), lots, st.integers(1, 400), st.integers(2000, 40_000))
def test_e7_an_option_earns_its_payoff_less_its_premium(name, quantity, premium, cents):
    terms, settlement = TERMS[name], Decimal(cents) / 100
    held = exactly(name, [(quantity, premium)])
    price = positions.price_at_expiry(terms, Fraction(settlement))
    closed = positions.trade(held, terms, -quantity, price)
    accounts = booked(name, [(quantity, premium)])
    with localcontext(MONEY):
        side = Side.SELL if quantity > 0 else Side.BUY
        paid = payoff(terms, settlement)
        accounts.trade(ANN, AT[name], side, abs(quantity), paid, 1)

    cost = size_of(name, quantity) * Fraction(terms.price(premium))
    assert closed.realised == size_of(name, quantity) * price - cost
    wallet = Fraction(accounts.wallet[ANN, terms.settle])
    assert abs(wallet - closed.realised) < TINY
    assert accounts.position[ANN, AT[name]].cost == 0


@given(st.integers(1, 10**7), st.integers(1, 10**5))
def test_e7_an_inverse_payoff_in_coins_is_the_payoff_in_quote(cents, strike):
    settlement = Fraction(cents, 100)
    for call in (True, False):
        terms = type(TERMS[COIN_PUT])(
            **{
                **{f: getattr(TERMS[COIN_PUT], f) for f in TERMS[COIN_PUT].__struct_fields__},
                "strike": Decimal(strike),
                "call": call,
            }
        )
        ahead = settlement - strike if call else strike - settlement
        with localcontext(MONEY):
            coins = payoff(terms, Decimal(cents) / 100)

        assert positions.price_at_expiry(terms, settlement) * settlement == max(0, ahead)
        assert abs(Fraction(coins) * settlement - max(0, ahead)) < TINY


@given(margined, fills, ticks, ticks)
def test_e8_marks_move_open_profit_alone(name, history, before, after):
    held, terms = exactly(name, history), TERMS[name]
    marks = [Fraction(terms.price(each)) for each in (before, after)]
    moved = [positions.unrealised(held, terms, mark) for mark in marks]
    worths = [positions.worth(terms, held.quantity, mark) for mark in marks]

    assert moved[1] - moved[0] == positions.direction(terms) * (worths[1] - worths[0])


@given(fills, ticks)
def test_e8_a_session_moves_open_profit_to_the_wallet_and_equity_stays(history, mark):
    accounts, price = booked(PERP, [*history, (1, 200)]), TERMS[PERP].price(mark)
    before = profit(PERP, accounts, price)
    with localcontext(MONEY):
        accounts.mark_to_market(ANN, AT[PERP], price)

    assert profit(PERP, accounts, price) == before
    assert accounts.wallet[ANN, USDT] == before
    with localcontext(MONEY):
        costs = [position.cost for position in accounts.position.values()]
        assert sum(accounts.wallet.values()) == sum(costs)


# --- E9 --------------------------------------------------------------------------------


@given(
    st.integers(-40, 40),
    st.lists(st.tuples(st.sampled_from(list(Side)), st.integers(1, 30)), max_size=6),
    st.integers(180, 220),
    st.booleans(),
)
def test_e9_available_is_equity_less_initial_margin_of_positions_and_orders(
    held, wanted, mark, isolated
):
    bank = Bank(1, deposit="5000")
    venue, i, at = bank.venue, AT[PERP], TERMS[PERP].price(mark)
    bank.market(Decimal(100))
    bank.pass_time(1)
    assert venue.treasury.hold(ANN, i, MarginTerms(isolated, Decimal(4))) is None
    if held:
        with localcontext(MONEY):
            side = Side(1 if held > 0 else -1)
            venue.books.trade(ANN, i, side, abs(held), Decimal(100), bank.now)
    bank.market(at)
    for k, (side, size) in enumerate(wanted):
        # Bids under the book and asks above it: all of them rest.
        made = order(f"r{k}", side, size, mark - 20 * int(side), name=PERP, account=ANN)
        venue.submit(made, bank.now)
    venue.quiet_until(bank.now + 10)
    venue.advance(bank.now + 5)
    resting = [one.order for one in venue.state().resting]

    free = Fraction(venue.treasury.available(ANN, USDT))

    lot, price = Fraction(1, 10), Fraction(at)

    def needed(orders) -> Fraction:
        sides = [
            held * lot * price
            + sum(
                int(side) * each.leaves * lot * Fraction(TERMS[PERP].price(each.price))
                for each in orders
                if each.side is side
            )
            for side in Side
        ]
        return max(abs(side) / 4 for side in sides)

    assert len(resting) == len(wanted)
    if isolated:
        # What was set aside covers the position; only the orders ask for more.
        aside = abs(held) * lot * 100 / 4
        assert free == 5000 - aside - (needed(resting) - needed([]))
    else:
        assert free == 5000 + held * lot * (price - 100) - needed(resting)


def test_e9_no_pool_is_left_without_its_margin_and_no_closed_one_below_nothing(lives):
    """`Bank.look` asks every pool after each event; here the closed ones, and who paid."""
    for bank in lives:
        assert bank.looks > 200
    closed = [event for bank in lives for event in bank.events if isinstance(event, Liquidated)]
    holes = [event for event in closed if event.fee < 0]
    assert len(closed) > 10
    # A negative fee is a hole that the fund filled: no more than a price could not express,
    # unless a gap went past every price.
    assert all(event.fee > -Decimal("1e-20") for event in holes)


def test_e9_what_a_bankrupt_lacks_is_what_the_fund_loses():
    # Short of six coins from 100 with 100: a gap to 180 costs 480. The other one has not moved.
    bank = Bank(1, fund="1000", deposit="100")
    bank.market(Decimal(100), depth=None)
    bank.pass_time(1)
    with localcontext(MONEY):
        for name, size in ((PERP, 60), (FUTURE, 1)):
            bank.venue.books.trade(ANN, AT[name], Side.SELL, size, Decimal(100), bank.now)
        bank.venue._clearing.margin()
    before = bank.circulating(USDT)

    bank.market(Decimal(180), depth=None)
    bank.venue.quiet_until(bank.now + 2)
    bank.venue.advance(bank.now + 1)

    closed = [e for e in bank.venue.take_events() if isinstance(e, Liquidated)]
    assert len(closed) == 2
    assert bank.venue.wallets[ANN, USDT] == 0
    assert bank.venue.books.wallet[FUND, USDT] == 1000 - (480 - 100)
    assert bank.circulating(USDT) == before


# --- E10 -------------------------------------------------------------------------------


def test_e10_a_position_is_the_sum_of_what_was_filled(lives):
    for bank in lives:
        held: dict[tuple, int] = defaultdict(int)
        for event in bank.events:
            if isinstance(event, Fill | Liquidated | Deleveraged):
                held[event.account, event.instrument] += event.size * int(event.side)
            elif isinstance(event, Settled) and event.ts_venue >= EXPIRY_NS:
                held[event.account, event.instrument] = 0

        stands = {key: lots for key, lots in held.items() if lots}
        assert stands == bank.venue.positions


def test_e10_what_is_open_is_what_was_sent_less_filled_and_canceled(lives):
    for bank in lives:
        filled: dict[str, int] = defaultdict(int)
        for event in bank.events:
            if isinstance(event, Fill):
                filled[event.order_id] += event.size
        accepted = {e.order_id for e in bank.events if isinstance(e, OrderAccepted)}
        for each in bank.venue.state().resting:
            rests = each.order
            assert rests.client_id in accepted
            sent = bank.sent[rests.client_id]
            assert rests.leaves + rests.cut + filled[rests.client_id] == sent


def test_e10_everything_twice_is_everything_once(lives):
    bank = lives[0]
    once, twice = Ledger(TERMS, USDT), Ledger(TERMS, USDT)
    for event in bank.events:
        if isinstance(event, BOOKED):
            once.apply(event, event.account, NOWHERE, None)
            for _ in range(2):
                twice.apply(event, event.account, NOWHERE, None)

    assert twice.state() == once.state()


# --- E11, E12 --------------------------------------------------------------------------

strikes = st.integers(50, 200).map(float)
forwards = st.integers(50, 200).map(float)
years = st.integers(1, 730).map(lambda days: days / 365)
volatilities = st.integers(10, 200).map(lambda percent: percent / 100)


@given(forwards, strikes, years, volatilities)
def test_e11_puts_and_calls_are_at_par_and_so_are_their_net_deltas(forward, strike, t, iv):
    both = greeks([True, False], forward, strike, t, iv)
    call, put = both.value
    net_call, net_put = both.net_delta

    assert call - put == pytest.approx(forward - strike, abs=1e-9 * forward)
    assert net_call - net_put == pytest.approx(1 - (call - put) / forward, abs=1e-9)
    assert net_call - net_put == pytest.approx(strike / forward, abs=1e-9)


@given(forwards, strikes, years, volatilities)
def test_e11_a_coins_net_delta_is_its_deltas_less_what_it_is_worth(forward, strike, t, iv):
    """The numeraire rule: in coins, V/F moves by (delta − V/F) for a relative move of F."""
    both = greeks([True, False], forward, strike, t, iv)
    step = forward * 1e-5
    up, down = (greeks([True, False], forward + e, strike, t, iv) for e in (step, -step))

    coins = (up.value / (forward + step) - down.value / (forward - step)) / (2 * step) * forward

    assert both.net_delta == pytest.approx(both.delta - both.value / forward, abs=1e-12)
    assert both.net_delta == pytest.approx(coins, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_e12_the_greeks_explain_what_an_option_earned(seed):
    """Of minutes of a coin that moves by 80 % a year: a twentieth of the move and 1 bp is left."""
    dice = np.random.default_rng(seed)
    minutes = 600
    steps = dice.normal(0, 0.8 / np.sqrt(365 * 1440), minutes)
    forward = 100 * np.exp(np.concatenate([[0], np.cumsum(steps)]))
    iv = 0.8 + np.concatenate([[0], np.cumsum(dice.normal(0, 0.0003, minutes))])
    left = (30 * 1440 - np.arange(minutes + 1)) / (365 * 1440)
    strike = float(dice.choice([90, 100, 115]))

    at = greeks(True, forward, strike, left, iv)

    moved = at.value[1:] - at.value[:-1]
    ds, div, days = np.diff(forward), np.diff(iv), 1 / 1440
    explained = (
        at.delta[:-1] * ds
        + at.gamma[:-1] * ds * ds / 2
        + at.vega[:-1] * div * 100
        + at.theta[:-1] * days
    )
    left_over = np.abs(moved - explained)
    assert np.all(left_over < 0.05 * np.abs(moved) + 1e-4 * forward[:-1])
    # A bound that a wrong greek would break: without gamma, vega or theta far more is left.
    assert left_over.sum() < 0.02 * np.abs(moved).sum()
