"""What is booked, for whom, and how often: postings, wallets, equity, duplicates."""

import time
from decimal import Decimal
from fractions import Fraction
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.ledger.ledger import Ledger
from bot.ledger.postings import Cause, Entry, Heading, Posting
from bot.ledger.statements import Subject
from bot.model.command import Side
from bot.model.event import (
    BalanceReported,
    Deleveraged,
    Liquidated,
    PositionReported,
    Settled,
)
from bot.model.units import EXTERNAL, AccountId
from tests.ledger.market import (
    ALICE,
    BOB,
    CALL,
    EXPIRY_NS,
    FUTURE,
    INSTRUMENTS,
    INVERSE,
    INVERSE_CALL,
    LINEAR,
    NOWHERE,
    SPOT,
    Prices,
    account_of,
    fill,
    funding,
    transfer,
)
from tests.ledger.oracle import CashFlows


def new_ledger(number=Decimal):
    return Ledger(INSTRUMENTS, "USDT", number=number)


def amounts(posting):
    return {entry.heading: entry.amount for entry in posting.entries}


def settled(instrument, price, fee="0", ts_venue=EXPIRY_NS):
    return Settled(
        ts_recv=ts_venue,
        ts_venue=ts_venue,
        account=account_of(instrument),
        instrument=instrument,
        price=Decimal(price),
        fee=Decimal(fee),
        currency=INSTRUMENTS[instrument].settle,
    )


def liquidated(instrument, amount, price, fee="0"):
    terms = INSTRUMENTS[instrument]
    lots = terms.lots(Decimal(amount))
    return Liquidated(
        ts_recv=1,
        ts_venue=1,
        account=account_of(instrument),
        instrument=instrument,
        trade_id="forced",
        side=Side.BUY if lots > 0 else Side.SELL,
        size=abs(lots),
        price=Decimal(price),
        fee=Decimal(fee),
        fee_currency=terms.settle,
    )


# --- what changed ----------------------------------------------------------------------


def test_whoever_counts_exposure_hears_where_a_position_changed():
    ledger = new_ledger()
    place = (account_of(LINEAR), LINEAR)
    heard = [ledger.changes.take(), ledger.changes.take()]

    ledger.apply(fill(LINEAR, "0.5", "60000"), ALICE, NOWHERE, None)
    heard.append(ledger.changes.take())
    ledger.apply(liquidated(LINEAR, "-0.2", "59000"), EXTERNAL, NOWHERE, None)
    heard.append(ledger.changes.take())
    ledger.relist(msgspec.structs.replace(INSTRUMENTS[LINEAR], lot=Decimal("0.01")))
    heard.append(ledger.changes.take())

    assert heard == [None, set(), {place}, {place}, {place}]
    assert ledger.quantity(*place) == 30
    assert ledger.changes.count == 3


# --- postings --------------------------------------------------------------------------


def test_a_spot_purchase_swaps_quote_for_coins_and_pays_its_fee_in_coins():
    ledger = new_ledger()

    money, coins, fee = ledger.apply(
        fill(SPOT, "0.5", "60000", "0.0005", "BTC"), ALICE, NOWHERE, None
    )

    assert money.currency == "USDT"
    assert amounts(money) == {Heading.WALLET: -30000, Heading.POSITION: 30000}
    assert amounts(coins) == {Heading.WALLET: Decimal("0.5"), Heading.EXCHANGE: Decimal("-0.5")}
    assert amounts(fee) == {Heading.WALLET: Decimal("-0.0005"), Heading.FEES: Decimal("0.0005")}
    assert ledger.wallet("spot", "BTC") == Decimal("0.4995")
    assert ledger.wallet("spot", "USDT") == -30000
    assert ledger.position("spot", ALICE, SPOT).quantity == 500


def test_a_spot_sale_realises_against_what_the_coins_cost():
    ledger = new_ledger()
    ledger.apply(fill(SPOT, "0.5", "60000"), ALICE, NOWHERE, None)

    money, _ = ledger.apply(fill(SPOT, "-0.2", "61000"), ALICE, NOWHERE, None)

    assert amounts(money) == {
        Heading.WALLET: 12200,
        Heading.POSITION: -12000,
        Heading.REALISED: -200,
    }


def test_a_margined_contract_moves_the_wallet_only_by_what_it_realised():
    ledger = new_ledger()

    (opening,) = ledger.apply(fill(LINEAR, "1", "60000"), ALICE, NOWHERE, None)
    (closing,) = ledger.apply(fill(LINEAR, "-1", "59000"), ALICE, NOWHERE, None)

    assert amounts(opening) == {Heading.POSITION: 60000, Heading.OWED: -60000}
    assert amounts(closing) == {
        Heading.WALLET: -1000,
        Heading.POSITION: -60000,
        Heading.OWED: 60000,
        Heading.REALISED: 1000,
    }
    assert ledger.wallet("linear", "USDT") == -1000


def test_an_inverse_contract_realises_coins():
    ledger = new_ledger()
    ledger.apply(fill(INVERSE, "-300", "60000"), ALICE, NOWHERE, None)

    ledger.apply(fill(INVERSE, "300", "50000"), ALICE, NOWHERE, None)

    assert ledger.wallet("inverse", "BTC") == Decimal("0.1")


def test_a_posting_that_makes_money_out_of_nothing_is_refused():
    entries = (Entry(Heading.WALLET, Decimal(1)), Entry(Heading.REALISED, Decimal("-0.99")))

    with pytest.raises(ValueError, match=r"entries in USDT sum to 0\.01, expected 0"):
        Posting(1, "spot", ALICE, None, Cause.TRANSFER, "r", "USDT", entries)


def test_a_number_that_is_none_is_refused_and_leaves_no_trace():
    ledger = new_ledger()
    before = ledger.state()

    with pytest.raises(ValueError, match="got NaN, expected a finite number"):
        ledger.apply(fill(LINEAR, "1", "60000", fee="NaN"), ALICE, NOWHERE, None)

    assert ledger.state() == before


# --- once ------------------------------------------------------------------------------


def test_a_trade_id_is_booked_once():
    ledger = new_ledger()
    event = fill(LINEAR, "1", "60000", "30", trade_id="seven")

    first = ledger.apply(event, ALICE, NOWHERE, None)
    state = ledger.state()
    again = ledger.apply(event, ALICE, NOWHERE, None)

    assert len(first) == 2
    assert again == ()
    assert ledger.state() == state


def test_the_same_trade_id_elsewhere_is_another_trade():
    ledger = new_ledger()

    ledger.apply(fill(LINEAR, "1", "60000", trade_id="seven"), ALICE, NOWHERE, None)
    ledger.apply(fill(FUTURE, "1", "60000", trade_id="seven"), ALICE, NOWHERE, None)
    ledger.apply(fill(LINEAR, "1", "60000", trade_id="seven", account="b"), ALICE, NOWHERE, None)

    assert ledger.quantity("linear", LINEAR) == 1000
    assert ledger.quantity("linear", FUTURE) == 1000
    assert ledger.quantity("b", LINEAR) == 1000


def test_a_settlement_of_funding_and_a_transfer_are_booked_once():
    ledger = new_ledger()
    paid = funding(LINEAR, 1000, "60000", "0.0001", "-6")
    brought = transfer("USDT", "100", "linear")

    for _ in range(2):
        ledger.apply(paid, EXTERNAL, NOWHERE, None)
        ledger.apply(brought, EXTERNAL, NOWHERE, None)

    assert ledger.wallet("linear", "USDT") == 94


@given(st.lists(st.integers(-9, 9).filter(bool), max_size=8), st.data())
def test_a_position_is_the_sum_of_its_fills_whatever_comes_twice(sizes, data):
    events = [
        fill(LINEAR, str(Decimal(size) / 1000), "60000", "1", trade_id=str(i))
        for i, size in enumerate(sizes)
    ]
    repeated = data.draw(st.permutations(events * 2))
    ledger = new_ledger()

    for event in repeated:
        ledger.apply(event, ALICE, NOWHERE, None)

    assert ledger.quantity("linear", LINEAR) == sum(sizes)
    assert ledger.balance("linear", "USDT", Heading.FEES) == len(sizes)


# --- whose -----------------------------------------------------------------------------


def test_funding_is_shared_by_what_each_strategy_holds_and_the_rest_is_external():
    ledger = new_ledger()
    ledger.apply(fill(LINEAR, "3", "60000"), ALICE, NOWHERE, None)
    ledger.apply(fill(LINEAR, "-1", "60000"), BOB, NOWHERE, None)

    ledger.apply(funding(LINEAR, 4000, "60000", "0.0001", "-24"), EXTERNAL, NOWHERE, None)

    received = [-ledger.balance("linear", "USDT", Heading.FUNDING, s) for s in (ALICE, BOB)]
    assert received == [-18, 6]
    assert ledger.balance("linear", "USDT", Heading.FUNDING, EXTERNAL) == 12
    assert ledger.wallet("linear", "USDT") == -24


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=4), st.decimals(-99, 99, places=8))
def test_shares_of_funding_sum_to_the_amount_exactly(held, amount):
    ledger = new_ledger()
    for i, lots in enumerate(held):
        ledger.apply(fill(LINEAR, str(Decimal(lots) / 1000), "1"), f"s{i}", NOWHERE, None)

    event = funding(LINEAR, sum(held), "1", "0.01", str(amount))
    ledger.apply(event, EXTERNAL, NOWHERE, None)

    assert ledger.wallet("linear", "USDT") == amount


def test_a_liquidation_closes_the_strategies_on_its_side_and_the_rest_is_external():
    ledger = new_ledger()
    ledger.apply(fill(LINEAR, "2", "60000"), ALICE, NOWHERE, None)
    ledger.apply(fill(LINEAR, "-1", "60000"), BOB, NOWHERE, None)

    postings = ledger.apply(liquidated(LINEAR, "-3", "50000", "9"), EXTERNAL, NOWHERE, None)

    held = [ledger.position("linear", s, LINEAR).quantity for s in (ALICE, BOB, EXTERNAL)]
    assert held == [0, -1000, -1000]
    assert ledger.balance("linear", "USDT", Heading.FEES, ALICE) == 6
    assert ledger.balance("linear", "USDT", Heading.FEES, EXTERNAL) == 3
    assert {posting.cause for posting in postings} == {Cause.LIQUIDATION}


def test_a_deleveraging_closes_at_its_price_without_a_fee():
    ledger = new_ledger()
    ledger.apply(fill(LINEAR, "-2", "60000"), ALICE, NOWHERE, None)
    forced = Deleveraged(
        ts_recv=1,
        ts_venue=1,
        account=AccountId("linear"),
        instrument=LINEAR,
        trade_id="adl",
        side=Side.BUY,
        size=500,
        price=Decimal("48000.55"),
    )

    ledger.apply(forced, EXTERNAL, NOWHERE, None)

    assert ledger.position("linear", ALICE, LINEAR).quantity == -1500
    assert ledger.wallet("linear", "USDT") == Decimal("5999.725")


def test_an_expired_future_is_closed_for_everyone_and_its_fee_is_shared():
    ledger = new_ledger()
    ledger.apply(fill(FUTURE, "2", "60000"), ALICE, NOWHERE, None)
    ledger.apply(fill(FUTURE, "-1", "62000"), BOB, NOWHERE, None)

    ledger.apply(settled(FUTURE, "61000", "3"), EXTERNAL, NOWHERE, None)

    assert ledger.quantity("linear", FUTURE) == 0
    assert ledger.balance("linear", "USDT", Heading.WALLET, ALICE) == 1998
    assert ledger.balance("linear", "USDT", Heading.WALLET, BOB) == 999


def test_a_session_before_expiry_moves_unrealised_to_the_wallet_and_keeps_equity():
    ledger = new_ledger()
    ledger.apply(fill(FUTURE, "2", "60000"), ALICE, NOWHERE, None)
    prices = Prices()
    prices.marks[FUTURE] = Decimal(60500)
    equity = ledger.equity("linear", prices)

    ledger.apply(settled(FUTURE, "60500", ts_venue=EXPIRY_NS - 1), EXTERNAL, prices, None)

    assert ledger.wallet("linear", "USDT") == 1000
    assert ledger.unrealised("linear", ALICE, FUTURE, Decimal(60500)) == 0
    assert ledger.quantity("linear", FUTURE) == 2000
    assert ledger.equity("linear", prices) == equity == 1000


@pytest.mark.parametrize(
    ("instrument", "premium", "settlement", "earned"),
    [(CALL, "1200", "63000", "1800"), (INVERSE_CALL, "0.02", "80000", "0.23")],
)
def test_an_option_earns_its_payoff_less_its_premium(instrument, premium, settlement, earned):
    ledger = new_ledger()
    account, currency = account_of(instrument), INSTRUMENTS[instrument].settle

    ledger.apply(fill(instrument, "1", premium), ALICE, NOWHERE, None)
    after_purchase = ledger.wallet(account, currency)
    ledger.apply(settled(instrument, settlement), EXTERNAL, NOWHERE, None)

    assert after_purchase == -Decimal(premium)
    assert ledger.wallet(account, currency) == Decimal(earned)
    assert -ledger.balance(account, currency, Heading.REALISED) == Decimal(earned)
    assert ledger.balance(account, currency, Heading.POSITION) == 0


# --- equity ----------------------------------------------------------------------------


def test_an_unknown_mark_or_conversion_makes_equity_unknown():
    ledger = new_ledger()
    ledger.apply(transfer("BTC", "1", "inverse"), EXTERNAL, NOWHERE, None)
    ledger.apply(fill(INVERSE, "10", "60000"), ALICE, NOWHERE, None)

    assert ledger.equity(None, Prices(BTC="60000")) is None
    assert ledger.equity(None, Prices().at(inverse="60000")) is None
    assert ledger.equity(None, Prices(BTC="60000").at(inverse="60000")) == 60000


def test_a_currency_that_is_not_held_needs_no_conversion():
    ledger = new_ledger()
    ledger.apply(transfer("BNB", "1"), EXTERNAL, NOWHERE, None)
    ledger.apply(transfer("BNB", "-1"), EXTERNAL, NOWHERE, None)

    assert ledger.equity(None, NOWHERE) == 0


def test_marks_move_equity_and_nothing_that_is_booked():
    ledger = new_ledger()
    ledger.apply(fill(LINEAR, "2", "60000"), ALICE, NOWHERE, None)
    before = ledger.state()

    low, high = (ledger.equity("linear", Prices().at(linear=at)) for at in ("59000", "61500"))

    assert (low, high) == (-2000, 3000)
    assert ledger.state() == before


sizes = st.integers(-900, 900).filter(bool)
ticks = st.integers(200_000, 800_000)
fees = st.decimals("-2", "20", places=6)
trade_steps = st.tuples(st.sampled_from([SPOT, LINEAR, INVERSE]), sizes, ticks, fees)
transfer_steps = st.tuples(st.just("transfer"), st.sampled_from(["USDT", "BTC"]), fees)
funding_steps = st.tuples(st.just("funding"), st.sampled_from([LINEAR, INVERSE]), fees)
histories = st.lists(trade_steps | transfer_steps | funding_steps, max_size=14)


def played(history, ledger):
    """Put a history through a ledger and through bare cash flows, all in one account."""
    flows = CashFlows(INSTRUMENTS)
    for step in history:
        if step[0] == "transfer":
            _, currency, amount = step
            event = transfer(currency, str(amount), "one")
            flows.deposits[currency] += Fraction(amount)
        elif step[0] == "funding":
            _, instrument, amount = step
            event = funding(instrument, 1, "60000", "0.0001", str(amount), account="one")
            flows.funding[event.currency] += Fraction(amount)
        else:
            instrument, lots, price, fee = step
            terms = INSTRUMENTS[instrument]
            event = fill(
                instrument,
                str(terms.amount(lots)),
                str(terms.price(price)),
                str(fee),
                terms.settle,
                "one",
            )
            flows.trade(instrument, lots, Fraction(price, 10))
            flows.fees[terms.settle] += Fraction(fee)
        ledger.apply(event, ALICE, NOWHERE, None)
    return flows


@given(histories, ticks, ticks)
def test_equity_is_what_flowed_and_what_the_holdings_fetch(history, linear, inverse):
    ledger = new_ledger(Fraction)
    flows = played(history, ledger)
    prices = Prices(BTC="60000").at(linear=f"{linear}e-1", inverse=f"{inverse}e-1")

    equity = ledger.equity("one", prices)

    marks = {LINEAR: Fraction(linear, 10), INVERSE: Fraction(inverse, 10)}
    assert equity == flows.equity(marks, {"USDT": 1, "BTC": 60000})


@given(histories)
def test_a_wallet_is_what_came_less_fees_plus_what_was_realised(history):
    ledger = new_ledger(Fraction)
    flows = played(history, ledger)

    for currency in ("USDT", "BTC"):
        headings = {h: ledger.balance("one", currency, h) for h in Heading}
        cost = sum(
            position.cost
            for (_, _, name), position in ledger.holdings()
            if (currency == "USDT") == (name != INVERSE)
        )
        assert sum(headings.values()) == 0
        assert headings[Heading.POSITION] == cost
        assert headings[Heading.FEES] == flows.fees[currency]
        assert headings[Heading.FUNDING] == -flows.funding[currency]
        assert headings[Heading.TRANSFER] == -flows.deposits[currency]


@given(histories)
def test_decimal_books_are_the_fractional_books_to_the_eighteenth_place(history):
    exact, ledger = new_ledger(Fraction), new_ledger()
    played(history, exact)

    played(history, ledger)

    for currency in ("USDT", "BTC"):
        total = sum(Fraction(ledger.balance("one", currency, h)) for h in Heading)
        off = Fraction(ledger.wallet("one", currency)) - exact.wallet("one", currency)
        assert total == 0
        assert abs(off) < Fraction(1, 10**18)


@given(st.lists(st.tuples(st.sampled_from([LINEAR, INVERSE]), sizes, ticks), max_size=10), ticks)
def test_two_accounts_that_trade_with_each_other_lose_together_only_the_fees(trades, mark):
    ledger = new_ledger(Fraction)
    terms = INSTRUMENTS
    prices = Prices(BTC="60000").at(linear=f"{mark}e-1", inverse=f"{mark}e-1")

    for name, lots, price in trades:
        for account, sign in (("a", 1), ("b", -1)):
            amount, paid = terms[name].amount(lots * sign), terms[name].price(price)
            event = fill(name, str(amount), str(paid), "0.25", account=account)
            ledger.apply(event, ALICE, prices, None)
        event = funding(LINEAR, 1, "60000", "0.0001", "-6", account="a")
        ledger.apply(event, EXTERNAL, prices, None)
        event = funding(LINEAR, -1, "60000", "0.0001", "6", account="b")
        ledger.apply(event, EXTERNAL, prices, None)

    assert ledger.equity(None, prices) == -Fraction(len(trades), 2)


# --- statements ------------------------------------------------------------------------


def test_a_stated_balance_is_compared_and_never_booked():
    ledger = new_ledger()
    ledger.apply(transfer("USDT", "100"), EXTERNAL, NOWHERE, None)
    stated = {"ts_recv": 2, "ts_venue": 2, "account": AccountId("spot"), "currency": "USDT"}

    postings = ledger.apply(
        BalanceReported(amount=Decimal("99.5"), **stated), EXTERNAL, NOWHERE, None
    )
    (difference,) = ledger.differences()
    ledger.apply(BalanceReported(amount=Decimal(100), **stated), EXTERNAL, NOWHERE, None)

    assert postings == ()
    assert (difference.subject, difference.booked, difference.stated) == (
        Subject.BALANCE,
        100,
        Decimal("99.5"),
    )
    assert ledger.wallet("spot", "USDT") == 100
    assert ledger.differences() == ()


def test_a_stated_position_is_compared_with_all_strategies_together():
    ledger = new_ledger()
    ledger.apply(fill(LINEAR, "2", "60000"), ALICE, NOWHERE, None)
    ledger.apply(fill(LINEAR, "-0.5", "60000"), BOB, NOWHERE, None)
    stated = {"ts_recv": 2, "ts_venue": 2, "account": AccountId("linear"), "instrument": LINEAR}

    ledger.apply(PositionReported(quantity=1500, **stated), EXTERNAL, NOWHERE, None)
    agreed = ledger.differences()
    ledger.apply(PositionReported(quantity=2000, **stated), EXTERNAL, NOWHERE, None)

    assert agreed == ()
    assert [(it.booked, it.stated) for it in ledger.differences()] == [(1500, 2000)]


@pytest.mark.parametrize(
    ("instrument", "lots", "right", "wrong"),
    [(LINEAR, 500, "-3.005", "3.005"), (INVERSE, -300, "0.00004992", "-0.00004992")],
)
def test_funding_of_the_wrong_sign_is_booked_as_paid_and_shown(instrument, lots, right, wrong):
    ledger = new_ledger()
    currency = INSTRUMENTS[instrument].settle

    ledger.apply(funding(instrument, lots, "60100", "0.0001", right), EXTERNAL, NOWHERE, None)
    agreed = ledger.differences()
    ledger.apply(funding(instrument, lots, "60100", "0.0001", wrong), EXTERNAL, NOWHERE, None)

    assert agreed == ()
    assert [it.subject for it in ledger.differences()] == [Subject.FUNDING]
    assert ledger.wallet(account_of(instrument), currency) == 0


@given(
    st.sampled_from([LINEAR, INVERSE]),
    st.integers(-5000, 5000),
    ticks,
    st.decimals("-0.01", "0.01", places=6),
)
def test_funding_is_lots_times_mark_times_rate_and_longs_pay_a_positive_one(
    instrument, lots, mark, rate
):
    terms = INSTRUMENTS[instrument]
    size = lots * Fraction(terms.lot) * Fraction(terms.contract_size)
    price = Fraction(mark, 10)
    worth = size / price if terms.inverse else size * price
    amount = Decimal(str(round(float(-worth * Fraction(rate)), 9)))
    ledger = new_ledger()

    event = funding(instrument, lots, str(terms.price(mark)), str(rate), str(amount))
    postings = ledger.apply(event, EXTERNAL, NOWHERE, None)

    assert ledger.differences() == ()
    assert len(postings) == (amount != 0)
    assert ledger.wallet(account_of(instrument), terms.settle) == amount
    assert amount * lots * rate <= 0


# --- terms and drift -------------------------------------------------------------------


def test_changed_terms_carry_the_position_and_its_value():
    ledger = new_ledger()
    prices = Prices().at(linear="61000", spot="61000")
    ledger.apply(fill(LINEAR, "2", "60000"), ALICE, prices, None)
    terms = INSTRUMENTS[LINEAR]
    finer = terms.__class__(
        **{
            **{f: getattr(terms, f) for f in terms.__struct_fields__},
            "lot": Decimal("0.0001"),
        }
    )

    ledger.relist(finer)

    assert ledger.quantity("linear", LINEAR) == 20000
    assert ledger.equity(None, prices) == 2000
    assert ledger.attribution(prices.at(linear="61500")).profit == 3000


def test_a_hundred_thousand_fills_leave_no_drift():
    random = Random(7)
    ledger = new_ledger()
    prices = Prices().at(linear="60000", spot="60000")
    lots, cash = 0, 0
    size_of_step = Decimal("0.001") * Decimal("0.1")
    template = fill(LINEAR, "0.001", "60000")
    fields = {f: getattr(template, f) for f in template.__struct_fields__}

    started = time.process_time()
    for number in range(100_000):
        side, size, price = (
            random.choice(list(Side)),
            random.randint(1, 50),
            random.randint(1, 10**6),
        )
        fields |= {"trade_id": str(number), "side": side, "size": size, "price": price}
        ledger.apply(template.__class__(**fields), ALICE, prices, None)
        lots += side * size
        cash -= side * size * price
    took = time.process_time() - started

    print(f"100,000 fills in {took:.2f} s")
    assert ledger.quantity("linear", LINEAR) == lots
    assert ledger.equity(None, prices) == (cash + lots * 600_000) * size_of_step
    assert ledger.attribution(prices).change == ledger.equity(None, prices)


def test_a_perpetual_that_is_delisted_is_closed_by_its_settlement():
    ledger = new_ledger()
    prices = Prices().at(spot="100", linear="100")
    ledger.apply(fill(LINEAR, "2", "100"), ALICE, prices, None)
    ledger.apply(settled(LINEAR, "110", ts_venue=5), EXTERNAL, prices, None)
    before = ledger.quantity(account_of(LINEAR), LINEAR)

    ledger.relist(replace(INSTRUMENTS[LINEAR], active=False))
    ledger.apply(settled(LINEAR, "120", ts_venue=6), EXTERNAL, prices, None)

    assert before != 0  # while it trades, a settlement pays a session's profit
    assert ledger.quantity(account_of(LINEAR), LINEAR) == 0
    gained = INSTRUMENTS[LINEAR].base_amount(before, Decimal(100)) * 20
    assert ledger.wallet(account_of(LINEAR), "USDT") == gained
