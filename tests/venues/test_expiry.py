"""Dated contracts at their end: the mean of the index, exercise, fees, and what is left: cash."""

from decimal import Decimal

import pytest
from msgspec import structs

from bot.model.event import OrderExpired, OrderRejected, Settled
from bot.model.instrument import Kind, PriceGrid
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.tape.builder import BlockBuilder
from bot.tape.rows import (
    ASK,
    BID,
    ESTIMATED_SETTLE,
    INDEX,
    LEVEL,
    MARK,
    SCALAR,
    SCALAR_SCALE,
    SNAPSHOT,
)
from bot.venues.simulated.accounts import MARKET, VENUE
from bot.venues.simulated.expiry import payoff
from bot.venues.simulated.fees import FeeSchedule
from bot.venues.simulated.latency import Constant
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.standard_margin import OptionMargin
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import ACCOUNT, BTC, BUY, SELL, TIERS, USDT, contract, order

EXPIRY_NS = 10_000 * NS_PER_SECOND
WINDOW_NS = 1800 * NS_PER_SECOND
FUTURE = InstrumentId("here:BTC/USDT:USDT-240927")
CALL = InstrumentId("here:BTC/USDT:USDT-240927-100-C")
PUT = InstrumentId("here:BTC/USD:BTC-240927-100-P")
NAMES = (CALL, FUTURE, PUT)
DATED = {"expiry_ns": EXPIRY_NS}
FEES = FeeSchedule(Decimal(0), Decimal(0), delivery=Decimal("0.001"))
OPTION_FEES = FeeSchedule(
    Decimal(0), Decimal(0), premium_cap=Decimal("0.125"), delivery=Decimal("0.00015")
)


def listings() -> dict[InstrumentId, Listing]:
    option = DATED | {"kind": Kind.OPTION, "strike": Decimal(100), "lot": Decimal("0.1")}
    coin = {"inverse": True, "settle": BTC, "contract_size": Decimal(1)}
    return {
        FUTURE: Listing(contract(FUTURE, kind=Kind.FUTURE, **DATED), FEES, TIERS),
        CALL: Listing(contract(CALL, call=True, **option), OPTION_FEES, margin=OptionMargin()),
        PUT: Listing(
            contract(PUT, call=False, grid=PriceGrid(Decimal("0.01")), **option, **coin),
            OPTION_FEES,
            margin=OptionMargin(),
        ),
    }


def started(index: list[tuple[int, str]], *, field: int = INDEX, **terms) -> SimulatedVenue:
    """Books of everything at one second, and what is stated of the index at others."""
    builder = BlockBuilder(NAMES)
    for i in range(3):
        builder.begin(NS_PER_SECOND, NS_PER_SECOND, i, SNAPSHOT)
        for side, price in ((BID, 20), (ASK, 22)):
            builder.row(LEVEL, side, price if i != 1 else price * 10, 900)
        builder.end()
    builder.begin(NS_PER_SECOND, NS_PER_SECOND, 1, 0)
    builder.row(SCALAR, MARK, 105 * SCALAR_SCALE, 0)
    builder.end()
    for second, price in index:
        builder.begin(second * NS_PER_SECOND, second * NS_PER_SECOND, 1, 0)
        builder.row(SCALAR, field, int(Decimal(price) * SCALAR_SCALE), 0)
        builder.end()
    listed = {name: structs.replace(one, **terms) for name, one in listings().items()}
    there = SimulatedVenue(
        NAMES,
        (1024,) * 3,
        listed,
        {ACCOUNT: {USDT: Decimal(10_000), BTC: Decimal(100)}},
        Constant(1, 0),
        0,
    )
    there.feed(builder.take())
    there.finish()
    return there


def settled(there: SimulatedVenue, until: int = EXPIRY_NS) -> list[Settled]:
    there.advance(until)
    return [event for event in there.take_events() if isinstance(event, Settled)]


SENT = 2 * NS_PER_SECOND


def test_a_future_is_settled_at_the_mean_of_the_index_over_time():
    # 100 for the first twenty minutes of the last thirty, then 130.
    there = started([(5, "90"), (8200, "100"), (9400, "130")])
    there.submit(order("a", BUY, 10, 220, name=FUTURE), SENT)

    (event,) = settled(there)

    assert (event.price, event.ts_venue) == (Decimal(110), EXPIRY_NS)
    assert event.fee == Decimal("0.11")
    assert there.positions == {}
    # One coin from 110 to 110.
    assert there.wallets[ACCOUNT, USDT] == 10_000 - Decimal("0.11")
    assert there.books.wallet[VENUE, USDT] == Decimal("0.11")
    assert there.books.quantity(MARKET, 1) == 0


def test_the_samples_that_are_known_are_the_mean():
    there = started([(9998, "120")])
    there.submit(order("a", BUY, 10, 220, name=FUTURE), SENT)

    assert [event.price for event in settled(there)] == [120]


def test_an_in_the_money_call_is_exercised_and_pays_its_fee():
    there = started([(5, "112")])
    there.submit(order("a", BUY, 10, 22, name=CALL), SENT)

    (event,) = settled(there)

    # A premium of 11, a payoff of 12, and 0.015 % of 112.
    assert event.fee == Decimal("0.0168")
    assert there.wallets[ACCOUNT, USDT] == 10_000 - 11 + 12 - Decimal("0.0168")
    assert there.positions == {}


def test_an_out_of_the_money_call_pays_nothing_and_costs_nothing():
    there = started([(5, "100")])
    there.submit(order("a", SELL, 10, 20, name=CALL), SENT)

    (event,) = settled(there)

    assert event.fee == 0
    assert there.wallets[ACCOUNT, USDT] == 10_010
    assert there.positions == {}


def test_a_short_inverse_put_pays_in_coins():
    there = started([(5, "80")])
    there.submit(order("a", SELL, 10, 20, name=PUT), SENT)

    (event,) = settled(there)

    # 20 of 80 is a quarter of a coin, against a premium of 0.2.
    assert event.currency == BTC
    assert event.fee == Decimal("0.00015")
    assert there.wallets[ACCOUNT, BTC] == 100 + Decimal("0.2") - Decimal("0.25") - event.fee


def test_orders_expire_and_nothing_is_traded_any_more():
    there = started([(5, "100")])
    there.submit(order("a", BUY, 10, 190, name=FUTURE), SENT)
    there.submit(order("b", BUY, 1, 220, name=FUTURE), EXPIRY_NS)

    there.advance(EXPIRY_NS + 10)
    events = there.take_events()

    assert [e.order_id for e in events if isinstance(e, OrderExpired)] == ["a"]
    assert [e.reason for e in events if isinstance(e, OrderRejected)] == [
        "instrument is not traded"
    ]


def test_without_an_index_it_is_what_the_venue_estimated():
    there = started([(5, "123")], field=ESTIMATED_SETTLE)
    there.submit(order("a", BUY, 10, 220, name=FUTURE), SENT)

    assert [event.price for event in settled(there)] == [123]


def test_without_either_nothing_is_settled_and_it_is_said():
    there = started([])
    there.submit(order("a", BUY, 10, 220, name=FUTURE), SENT)

    events = settled(there)

    assert events == []
    assert there.unsettled == [f"{ACCOUNT} {FUTURE}: expired, no index was known"]
    assert there.positions == {(ACCOUNT, FUTURE): 10}


def test_a_session_pays_open_profit_and_leaves_equity_as_it_was():
    there = started([(5, "100")], session_ns=1000 * NS_PER_SECOND, session_at_ns=NS_PER_SECOND)
    there.submit(order("a", BUY, 10, 220, name=FUTURE), SENT)

    (event,) = settled(there, 1001 * NS_PER_SECOND)

    assert (event.price, event.fee, event.ts_venue) == (105, 0, 1001 * NS_PER_SECOND)
    assert there.wallets[ACCOUNT, USDT] == 10_000 - 5
    assert there.positions == {(ACCOUNT, FUTURE): 10}
    assert there.books.position[ACCOUNT, 1].cost == 105


def test_payoffs_agree_with_the_reference(vectors):
    cases = vectors("deribit_margin_adl")["expiry_payoff"]
    for case in cases:
        given = case["inputs"]
        terms = {"kind": Kind.OPTION, "expiry_ns": 1, "inverse": True, "settle": BTC}
        option = contract(PUT, strike=Decimal(given["K"]), call=given["flag"] == "c", **terms)

        coins = payoff(option, Decimal(given["delivery"]))

        assert float(coins) == pytest.approx(case["expected"]["payoff_coin"], abs=1e-12)
    assert len(cases) == 4


def test_a_venue_that_was_restored_goes_on_with_its_mean():
    index = [(5, "90"), (8200, "100"), (9400, "130")]
    there, again = started(index), started(index)
    there.submit(order("a", BUY, 10, 220, name=FUTURE), SENT)
    for each in (there, again):
        each.advance(9000 * NS_PER_SECOND)

    there.take_events()
    again.restore(there.state())

    assert again.state() == there.state()
    assert settled(again) == settled(there)
    assert again.wallets == there.wallets
