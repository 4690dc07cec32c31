"""The parts of profit: each against a formula of its own, and their sum against equity."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from bot.ledger.attribution import Part, Parts
from bot.ledger.ledger import Ledger
from bot.ledger.valuation import Decision, reference_legs
from bot.model.command import Side
from bot.model.event import Liquidated, Settled
from bot.model.units import EXTERNAL, AccountId
from tests.ledger.market import (
    ALICE,
    BOB,
    CALL,
    EXPIRY_NS,
    FUTURE,
    INSTRUMENTS,
    INVERSE,
    LINEAR,
    OTHER_SPOT,
    SPOT,
    Prices,
    account_of,
    fill,
    funding,
    transfer,
)
from tests.ledger.oracle import CashFlows

TRADED = [SPOT, OTHER_SPOT, LINEAR, INVERSE, FUTURE, CALL]


def new_ledger(reporting="USDT", number=Decimal):
    return Ledger(INSTRUMENTS, reporting, number=number)


def seen(spot, linear=None):
    """The market of a decision on the perpetual (on the spot when there is none)."""
    return Decision(Decimal(linear or spot), Decimal(spot))


# --- worked by hand --------------------------------------------------------------------


def test_a_bought_coin_moves_with_its_price_and_slips_from_its_decision():
    ledger, prices = new_ledger(), Prices().at(spot="60000")

    ledger.apply(fill(SPOT, "2", "60010", "12"), ALICE, prices, seen("60000"))
    parts = ledger.attribution(prices.at(spot="60500"))

    assert parts == Parts(
        price=1000,
        basis=0,
        slippage=-20,
        funding=0,
        fees=-12,
        transfers=0,
    )


def test_the_move_between_decision_and_fill_is_price_and_not_slippage():
    ledger, prices = new_ledger(), Prices().at(spot="60100")

    ledger.apply(fill(SPOT, "1", "60101"), ALICE, prices, seen("60000"))

    parts = ledger.attribution(prices)
    assert (parts.price, parts.slippage) == (100, -101)


def test_a_hedged_carry_earns_its_basis_and_its_funding_and_no_price():
    ledger, prices = new_ledger(), Prices().at(spot="60000", linear="60060")

    ledger.apply(fill(SPOT, "1", "60001", "6"), ALICE, prices, seen("60000"))
    ledger.apply(fill(LINEAR, "-1", "60058", "3"), ALICE, prices, seen("60000", "60060"))
    prices.at(spot="58000", linear="58010")
    ledger.apply(funding(LINEAR, -1000, "58000", "0.0001", "5.8"), EXTERNAL, prices, None)
    parts = ledger.attribution(prices.at(spot="63000", linear="63020"))

    assert parts == Parts(
        price=0,
        basis=40,
        slippage=-3,
        funding=Decimal("5.8"),
        fees=-9,
        transfers=0,
    )


def test_coins_against_an_inverse_short_of_equal_worth_earn_no_price():
    ledger, prices = new_ledger(), Prices().at(spot="60000", inverse="60000")
    ledger.apply(transfer("BTC", "1", "inverse"), ALICE, prices, None)
    ledger.apply(fill(INVERSE, "-600", "60000"), ALICE, prices, seen("60000"))

    parts = ledger.attribution(prices.at(spot="50000", inverse="50000"))
    apart = ledger.attribution(prices.at(spot="50000", inverse="49900"))

    assert (parts.transfers, parts.change) == (60000, 60000)
    assert (parts.price, parts.basis) == (0, 0)
    assert abs(apart.price) < Decimal("1e-18")
    assert 120 < apart.basis < Decimal("120.3")  # 60,000 (1/49,900 - 1/50,000) coins


def test_coins_bought_off_their_reference_earn_the_difference_as_basis():
    ledger = new_ledger()
    prices = Prices(USDC="1").at(spot="60000", other="59950")

    ledger.apply(fill(OTHER_SPOT, "1", "59955"), ALICE, prices, seen("60000", "59950"))
    parts = ledger.attribution(prices.at(spot="61000", other="61000"))

    assert (parts.price, parts.basis, parts.slippage) == (1000, 50, -5)


def test_an_expiry_ends_the_basis_and_slips_nothing():
    ledger, prices = new_ledger(), Prices().at(spot="60000")
    prices.mids[FUTURE] = Decimal(60500)
    ledger.apply(fill(FUTURE, "-1", "60500"), ALICE, prices, seen("60000", "60500"))
    expiry = Settled(
        ts_recv=EXPIRY_NS,
        ts_venue=EXPIRY_NS,
        account=AccountId("linear"),
        instrument=FUTURE,
        price=Decimal(61010),
        fee=Decimal(0),
        currency="USDT",
    )

    ledger.apply(expiry, EXTERNAL, prices.at(spot="61000"), None)
    parts = ledger.attribution(prices.at(spot="70000"))

    assert (parts.price, parts.basis, parts.slippage) == (-1000, 490, 0)


def test_asking_changes_nothing():
    ledger, prices = new_ledger(), Prices().at(spot="60000", inverse="60010")
    ledger.apply(fill(INVERSE, "-600", "60000"), ALICE, prices, seen("60000"))
    before = ledger.state()

    ledger.attribution(prices.at(spot="50000", inverse="50040"))

    assert ledger.state() == before


def test_an_unknown_price_makes_the_parts_unknown_and_a_later_one_completes_them():
    ledger, prices = new_ledger(), Prices()
    ledger.apply(transfer("BTC", "1", "inverse"), ALICE, prices, None)
    ledger.apply(fill(INVERSE, "10", "60000", "0.0001", "BTC"), ALICE, prices, None)

    unknown = ledger.attribution(prices)
    parts = ledger.attribution(prices.at(spot="60500", inverse="60500"))

    assert unknown is None
    assert parts.transfers == 60500
    assert parts.change == ledger.equity(None, ledger.at_mids(prices))


def test_the_reference_leg_is_spot_in_the_reporting_currency_else_the_first_by_name():
    some = [INSTRUMENTS[name] for name in (LINEAR, INVERSE, CALL)]

    assert reference_legs(INSTRUMENTS.values(), "USDT") == {"BTC": SPOT}
    assert reference_legs(INSTRUMENTS.values(), "USDC") == {"BTC": OTHER_SPOT}
    assert reference_legs(some, "EUR") == {"BTC": INVERSE}
    assert reference_legs([INSTRUMENTS[CALL]], "USDT") == {}


# --- any history -----------------------------------------------------------------------

ticks = st.integers(200_000, 800_000)
gaps = st.integers(-2000, 2000)
rates = st.integers(9_900, 10_100)
looks = st.tuples(st.just("look"), ticks, st.lists(gaps, min_size=5, max_size=5), rates)
lost = st.tuples(st.just("lost"), st.sampled_from(TRADED))
sizes = st.integers(-900, 900).filter(bool)
decisions = st.none() | st.tuples(ticks, ticks)
fee = st.tuples(st.sampled_from(["USDT", "BTC", "BNB", "USDC"]), st.decimals("-2", "9", places=4))
owners = st.sampled_from([ALICE, BOB])
orders = st.tuples(st.just("order"), owners, st.sampled_from(TRADED), sizes, ticks, fee, decisions)
forced = st.tuples(st.just("forced"), st.sampled_from([LINEAR, INVERSE]), sizes, ticks)
flows_in = st.tuples(st.just("flow"), st.sampled_from([LINEAR, INVERSE]), fee)
sessions = st.tuples(st.just("session"), st.sampled_from([LINEAR, INVERSE, FUTURE]), ticks)
steps = looks | looks | orders | orders | forced | flows_in | sessions | lost
histories = st.lists(steps, max_size=16)
last_look = st.tuples(st.just("look"), ticks, st.lists(gaps, min_size=5, max_size=5), rates)


class Run:
    """One history through a ledger, with its cash flows beside it."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.prices = Prices()
        self.flows = CashFlows(INSTRUMENTS)

    def step(self, step):
        getattr(self, step[0])(*step[1:])

    def look(self, spot, apart, rate):
        mids = [spot, *(spot + gap for gap in apart)]
        self.prices.mids = {name: Decimal(t) / 10 for name, t in zip(TRADED, mids, strict=True)}
        usdt = Decimal(rate) / 10_000
        self.prices.conversions = {"USDC": usdt, "BNB": usdt * 500, "USD": usdt, "USDT": usdt}

    def lost(self, instrument):
        self.prices.mids.pop(instrument, None)

    def order(self, owner, instrument, lots, price, paid, decided):
        terms = INSTRUMENTS[instrument]
        (currency, amount), at = paid, terms.price(price)
        decision = None
        if decided:
            own, spot = (Decimal(t) / 10 for t in decided)
            decision = Decision(own, spot)
        size = str(terms.amount(lots))
        event = fill(instrument, size, str(at), str(amount), currency)
        self.ledger.apply(event, owner, self.prices, decision)
        self.flows.trade(instrument, lots, Fraction(at))
        self.flows.fees[currency] += Fraction(amount)

    def forced(self, instrument, lots, price):
        event = Liquidated(
            ts_recv=1,
            ts_venue=1,
            account=account_of(instrument),
            instrument=instrument,
            trade_id=fill(instrument, "1", "1").trade_id,
            side=Side.BUY if lots > 0 else Side.SELL,
            size=abs(lots),
            price=Decimal(price) / 10,
            fee=Decimal("0.003"),
            fee_currency=INSTRUMENTS[instrument].settle,
        )
        self.ledger.apply(event, EXTERNAL, self.prices, None)
        self.flows.trade(instrument, lots, Fraction(price, 10))
        self.flows.fees[event.fee_currency] += Fraction(event.fee)

    def flow(self, instrument, paid):
        currency, amount = paid
        event = funding(instrument, 700, "60000", "0.0001", str(amount))
        self.ledger.apply(event, EXTERNAL, self.prices, None)
        self.flows.funding[event.currency] += Fraction(amount)
        event = transfer(currency, str(amount))
        self.ledger.apply(event, EXTERNAL, self.prices, None)
        self.flows.deposits[currency] += Fraction(amount)

    def session(self, instrument, price):
        event = Settled(
            ts_recv=1,
            ts_venue=int(fill(instrument, "1", "1").trade_id[1:]),
            account=account_of(instrument),
            instrument=instrument,
            price=Decimal(price) / 10,
            fee=Decimal("0.001"),
            currency=INSTRUMENTS[instrument].settle,
        )
        self.ledger.apply(event, EXTERNAL, self.prices, None)
        self.flows.fees[event.currency] += Fraction(event.fee)

    def worth(self, reporting):
        """Equity at mids from bare cash flows, coins at the mid of their reference leg."""
        mids = {name: Fraction(mid) for name, mid in self.prices.mids.items()}
        rates = {name: Fraction(rate) for name, rate in self.prices.conversions.items()}
        if reporting == "EUR":  # no leg is quoted in it: the first spot by name, converted
            rates["BTC"] = mids[OTHER_SPOT] * rates["USDC"]
        else:
            rates["BTC"] = mids[SPOT]
            rates[reporting] = Fraction(1)
        return self.flows.equity(mids, rates)


def run(ledger, history, last):
    played = Run(ledger)
    for step in [*history, last]:
        played.step(step)
    return played


@given(histories, last_look, st.sampled_from(["USDT", "BTC", "EUR"]))
def test_the_parts_are_the_change_of_equity_to_the_last_fraction(history, last, reporting):
    ledger = new_ledger(reporting, Fraction)

    played = run(ledger, history, last)

    parts = ledger.attribution(played.prices)
    assert parts.change == played.worth(reporting)
    assert parts.change == ledger.equity(None, ledger.at_mids(played.prices))


@given(histories, last_look)
def test_the_parts_of_accounts_and_of_strategies_are_the_parts_of_all(history, last):
    ledger = new_ledger(number=Fraction)

    played = run(ledger, history, last)

    everything = ledger.attribution(played.prices)
    by_strategy = [ledger.attribution(played.prices, None, s) for s in (ALICE, BOB, EXTERNAL)]
    accounts = [AccountId(name) for name in ("spot", "other", "linear", "inverse", "options")]
    by_account = [ledger.attribution(played.prices, account) for account in accounts]
    for part in Part:
        assert sum(getattr(parts, part) for parts in by_strategy) == getattr(everything, part)
        assert sum(getattr(parts, part) for parts in by_account) == getattr(everything, part)
    at_mids = ledger.at_mids(played.prices)
    for account, parts in zip(accounts, by_account, strict=True):
        assert parts.change == ledger.equity(account, at_mids)


@given(histories, last_look)
def test_decimal_parts_are_the_change_of_equity_to_the_eighteenth_place(history, last):
    ledger = new_ledger()

    played = run(ledger, history, last)

    parts = ledger.attribution(played.prices)
    assert abs(Fraction(parts.change) - played.worth("USDT")) < Fraction(1, 10**18)


linear_orders = st.tuples(
    st.sampled_from([SPOT, LINEAR, FUTURE]), sizes, ticks, st.tuples(ticks, ticks)
)


@given(st.lists(linear_orders | looks | lost, max_size=14), last_look)
@example([], ("look", 600_000, [0, 0, 0, 0, 0], 10_000))
def test_each_part_of_linear_legs_is_its_own_sum_over_fills_in_plain_decimals(history, last):
    ledger = new_ledger()
    played = Run(ledger)
    held = []
    for step in [*history, last]:
        if step[0] in ("look", "lost"):
            played.step(step)
        else:
            name, lots, price, (own, spot) = step
            own = spot if name == SPOT else own
            played.order(ALICE, name, lots, price, ("USDT", Decimal(1)), (own, spot))
            held.append((name, lots * Fraction(1, 1000), price, own, spot))

    parts = ledger.attribution(played.prices)

    mids = {name: Fraction(mid) * 10 for name, mid in played.prices.mids.items()}
    price = sum(base * (mids[SPOT] - spot) for _, base, _, _, spot in held)
    basis = sum(
        base * ((mids[name] - mids[SPOT]) - (own - spot)) for name, base, _, own, spot in held
    )
    slippage = sum(base * (own - paid) for _, base, paid, own, _ in held)
    assert Fraction(parts.price) == price / 10
    assert Fraction(parts.basis) == basis / 10
    assert Fraction(parts.slippage) == slippage / 10
    assert parts.fees == -len(held)
