"""Averages, flips and cash flows of one position, against fractions that know no averages."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ReconcileMismatch
from bot.ledger import positions
from bot.ledger.positions import Position
from bot.model.money import MONEY
from tests.ledger.market import CALL, INSTRUMENTS, INVERSE, INVERSE_CALL, LINEAR, SPOT, contract
from tests.ledger.oracle import CashFlows

FLAT = Position(0, Fraction(0), Fraction(0))

lots = st.integers(-5000, 5000).filter(bool)
price = st.integers(200_000, 800_000).map(lambda ticks: Fraction(ticks, 10))
fills = st.lists(st.tuples(lots, price), max_size=12)
margined = st.sampled_from([LINEAR, INVERSE])


def traded(instrument, history, start=FLAT):
    position = start
    with localcontext(MONEY):
        for quantity, paid in history:
            position = positions.trade(position, INSTRUMENTS[instrument], quantity, paid)
    return position


@given(margined, fills, price)
def test_profit_is_the_pure_cash_flow_whatever_rule_averages(instrument, history, mark):
    flows = CashFlows(INSTRUMENTS)
    for quantity, paid in history:
        flows.trade(instrument, quantity, paid)

    held = traded(instrument, history)

    unrealised = positions.unrealised(held, INSTRUMENTS[instrument], mark)
    cash = flows.cash[INSTRUMENTS[instrument].settle]
    assert held.realised + unrealised == cash + flows.fetch(instrument, mark)


@given(margined, fills, price, price)
def test_a_new_mark_moves_only_the_unrealised_part(instrument, history, before, after):
    terms = INSTRUMENTS[instrument]
    held = traded(instrument, history)

    moved = positions.unrealised(held, terms, after) - positions.unrealised(held, terms, before)

    sign = positions.direction(terms)
    now, then = (positions.worth(terms, held.quantity, at) for at in (after, before))
    assert moved == sign * (now - then)


@given(margined, fills, price)
def test_a_session_realises_what_was_unrealised(instrument, history, mark):
    terms = INSTRUMENTS[instrument]
    held = traded(instrument, history)

    settled = positions.settle(held, terms, mark)

    assert settled.realised - held.realised == positions.unrealised(held, terms, mark)
    assert positions.unrealised(settled, terms, mark) == 0
    assert settled.quantity == held.quantity


@given(margined, fills, lots, st.integers(1, 4999), price)
def test_a_fill_in_two_halves_is_the_same_fill(instrument, history, quantity, part, paid):
    part = min(part, abs(quantity)) * (1 if quantity > 0 else -1)

    whole = traded(instrument, [*history, (quantity, paid)])
    halves = [(part, paid), (quantity - part, paid)] if quantity != part else [(part, paid)]
    split = traded(instrument, [*history, *halves])

    assert split == whole


@given(margined, fills, st.lists(st.integers(1, 5000), min_size=2, max_size=4), price)
def test_the_order_of_fills_of_one_side_and_price_does_not_matter(instrument, history, sizes, paid):
    forwards = traded(instrument, [*history, *((size, paid) for size in sizes)])
    backwards = traded(instrument, [*history, *((size, paid) for size in reversed(sizes))])

    assert backwards == forwards


@given(margined, st.lists(st.tuples(st.integers(1, 5000), price), min_size=1, max_size=8))
def test_adding_averages_arithmetically_when_linear_and_harmonically_when_inverse(
    instrument, history
):
    held = traded(instrument, history)

    average = positions.average(held, INSTRUMENTS[instrument])

    sizes = sum(Fraction(size) for size, _ in history)
    if instrument == LINEAR:
        assert average == sum(size * paid for size, paid in history) / sizes
    else:
        assert average == sizes / sum(size / paid for size, paid in history)


@given(margined, st.integers(2, 5000), price, price, st.data())
def test_reducing_keeps_the_average_and_turning_over_starts_anew(
    instrument, size, bought, sold, data
):
    terms = INSTRUMENTS[instrument]
    part = data.draw(st.integers(1, size - 1))
    opened = traded(instrument, [(size, bought)])

    reduced = traded(instrument, [(-part, sold)], opened)
    turned = traded(instrument, [(-size - part, sold)], opened)
    closed = traded(instrument, [(-size, sold)], opened)

    assert positions.average(reduced, terms) == bought
    assert positions.average(turned, terms) == sold
    assert turned.realised == closed.realised
    assert (closed.cost, positions.average(closed, terms)) == (0, None)


@given(margined, fills)
def test_decimals_stay_within_a_billionth_of_a_billionth_of_fractions(instrument, history):
    exact = traded(instrument, history)
    plain = [(size, Decimal(paid.numerator) / paid.denominator) for size, paid in history]

    held = traded(instrument, plain, Position(0, Decimal(0), Decimal(0)))

    assert held.quantity == exact.quantity
    assert abs(Fraction(held.cost) - exact.cost) < Fraction(1, 10**18)
    assert abs(Fraction(held.realised) - exact.realised) < Fraction(1, 10**18)


@given(fills, price)
def test_linear_decimals_lose_nothing_at_all(history, mark):
    plain = [(size, Decimal(paid.numerator) / paid.denominator) for size, paid in history]
    flows = CashFlows(INSTRUMENTS)
    for quantity, paid in history:
        flows.trade(LINEAR, quantity, paid)

    held = traded(LINEAR, plain, Position(0, Decimal(0), Decimal(0)))
    with localcontext(MONEY):
        at = Decimal(mark.numerator) / mark.denominator
        profit = held.realised + positions.unrealised(held, INSTRUMENTS[LINEAR], at)

    assert Fraction(profit) == flows.cash["USDT"] + flows.fetch(LINEAR, mark)


def test_three_linear_fills_turn_over_as_on_paper():
    bought = [(1000, Fraction(60000)), (1000, Fraction(62000))]

    long = traded(LINEAR, bought)
    short = traded(LINEAR, [(-3000, Fraction(63000))], long)
    flat = traded(LINEAR, [(1000, Fraction(61000))], short)

    terms = INSTRUMENTS[LINEAR]
    assert positions.average(long, terms) == 61000
    assert (short.realised, short.quantity, positions.average(short, terms)) == (4000, -1000, 63000)
    assert (flat.realised, flat.quantity, positions.average(flat, terms)) == (6000, 0, None)


def test_two_inverse_fills_average_harmonically_as_on_paper():
    held = traded(INVERSE, [(100, Fraction(50000)), (100, Fraction(60000))])

    average = positions.average(held, INSTRUMENTS[INVERSE])

    assert average == Fraction(600000, 11)
    assert f"{float(average):.4f}" == "54545.4545"


@pytest.mark.parametrize(
    ("instrument", "settlement", "paid"),
    [(CALL, 63000, 3000), (CALL, 59000, 0), (INVERSE_CALL, 80000, Fraction(1, 4))],
)
def test_an_option_pays_its_intrinsic_value(instrument, settlement, paid):
    assert positions.price_at_expiry(INSTRUMENTS[instrument], Fraction(settlement)) == paid


@given(price)
def test_an_inverse_call_pays_in_coins_what_a_call_pays_in_quote(settlement):
    coins = positions.price_at_expiry(INSTRUMENTS[INVERSE_CALL], settlement)

    assert coins * settlement == max(Fraction(0), settlement - 60000)


def test_changed_lots_keep_the_size_and_an_odd_rest_is_refused():
    finer = contract(SPOT, INSTRUMENTS[SPOT].kind, "USDT", lot=Decimal("0.0001"))
    coarser = contract(SPOT, INSTRUMENTS[SPOT].kind, "USDT", lot=Decimal("0.01"))
    held = Position(5, Decimal(300), Decimal(0))

    carried = positions.carry(held, INSTRUMENTS[SPOT], finer)

    assert carried == Position(50, Decimal(300), Decimal(0))
    with pytest.raises(ReconcileMismatch, match=r"whole part of the position 0\.005"):
        positions.carry(held, INSTRUMENTS[SPOT], coarser)
