"""Funding at the simulated venue: each settlement once, on what was held before it."""

from decimal import Decimal

import pytest
from msgspec import structs

from bot.model.command import Side
from bot.model.event import FundingPaid, FundingRate, InstrumentChanged
from bot.venues.simulated.funding import SAME_NS, payment
from bot.venues.simulated.settlement import PUNCTUAL, Jitter
from bot.venues.simulated.terms import AtStamp
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import (
    ACCOUNT,
    BTC,
    BUY,
    INVERSE,
    PERP,
    SELL,
    SPOT,
    USDT,
    Market,
    contract,
    listing,
    order,
    venue,
)

T = 100 * SAME_NS
EIGHT_HOURS = 10 * SAME_NS
"""An interval that is long against the minute within which stamps are one settlement."""


def rate(
    ns: int,
    value: str,
    settles: int = T,
    *,
    settled: bool = False,
    mark: str | None = None,
    name=PERP,
) -> FundingRate:
    return FundingRate(
        ts_recv=ns,
        ts_venue=ns,
        instrument=name,
        rate=Decimal(value),
        settles_ns=settles,
        settled=settled,
        mark=None if mark is None else Decimal(mark),
    )


def quoted(*marks: tuple[int, str], name=PERP) -> Market:
    market = Market().book(10, [(200, 90)], [(202, 90)], name)
    for ns, price in marks:
        market.mark(ns, price, name)
    return market


def paid(there: SimulatedVenue, until: int = 2 * T) -> list[FundingPaid]:
    there.advance(until)
    return [event for event in there.take_events() if isinstance(event, FundingPaid)]


def holding(there: SimulatedVenue, side: Side = BUY, at: int = 20, name=PERP) -> SimulatedVenue:
    there.submit(order(f"{side}{at}", side, 10, 202 if side is BUY else 200, name=name), at)
    return there


def test_a_long_pays_a_positive_rate_at_the_mark():
    there = holding(venue(quoted((30, "100.25"))))
    there.market_event(rate(40, "0.001"))

    (payment,) = paid(there)

    # One coin at 100.25.
    assert payment.amount == Decimal("-0.10025")
    assert (payment.quantity, payment.mark, payment.currency) == (10, Decimal("100.25"), USDT)
    assert payment.ts_venue == payment.settles_ns == T


def test_a_short_receives_it_and_the_wallet_moves():
    there = holding(venue(quoted((30, "100")), deposit="1000"), SELL)
    there.market_event(rate(40, "0.001"))

    (payment,) = paid(there)

    assert payment.amount == Decimal("0.1")
    assert there.wallets[ACCOUNT, USDT] == 1000 - Decimal("0.05") + Decimal("0.1")


def test_an_inverse_contract_pays_in_coin():
    there = holding(venue(quoted((30, "80"), name=INVERSE)), name=INVERSE)
    there.market_event(rate(40, "0.001", name=INVERSE))

    (payment,) = paid(there)

    # A thousand dollars at 80.
    assert (payment.amount, payment.currency) == (Decimal("-0.0125"), BTC)


def test_the_last_rate_that_was_published_for_it_counts():
    there = holding(venue(quoted((30, "100"))))
    for each in (rate(40, "0.001"), rate(50, "0.002"), rate(60, "0.5", settles=2 * T)):
        there.market_event(each)

    assert [each.rate for each in paid(there, T)] == [Decimal("0.002")]


def test_the_settled_rate_wins_over_a_later_prediction():
    there = holding(venue(quoted((30, "100"))))
    there.market_event(rate(T, "0.003", settled=True, mark="90"))
    there.market_event(rate(T, "0.001"))

    assert [(each.rate, each.mark) for each in paid(there)] == [(Decimal("0.003"), Decimal(90))]


@pytest.mark.parametrize("late", [0, 1, 5_000_000_000])
def test_a_second_message_for_the_same_settlement_books_nothing(late):
    there = holding(venue(quoted((30, "100"))))
    there.market_event(rate(40, "0.001"))
    there.market_event(rate(T + late + 1, "0.002"))
    there.market_event(rate(T + late + 2, "0.002", settles=T + late, settled=True))

    assert [each.rate for each in paid(there)] == [Decimal("0.001")]


def test_a_fill_in_the_moment_of_the_settlement_does_not_count():
    there = holding(venue(quoted((30, "100"))), at=T - 3)
    there.market_event(rate(40, "0.001"))

    payments = paid(there)

    assert there.positions == {(ACCOUNT, PERP): 10}
    assert payments == []


def test_a_fill_just_before_the_settlement_counts():
    there = holding(venue(quoted((30, "100"))), at=T - 4)
    there.market_event(rate(40, "0.001"))

    assert len(paid(there)) == 1


def test_a_position_closed_just_before_pays_nothing():
    there = holding(venue(quoted((30, "100"))))
    there.submit(order("close", SELL, 10, 200), T - 4)
    there.market_event(rate(40, "0.001"))

    assert paid(there) == []


def test_a_mark_of_that_moment_counts():
    there = holding(venue(quoted((30, "100"), (T, "120"), (T + 1, "150"))))
    there.market_event(rate(40, "0.001"))

    assert [each.mark for each in paid(there)] == [Decimal(120)]


def test_settlements_follow_each_other():
    there = holding(venue(quoted((30, "100"))))
    for k in range(1, 4):
        there.market_event(rate(40, f"0.00{k}", settles=k * T))

    assert [each.rate * 1000 for each in paid(there, 3 * T)] == [1, 2, 3]


def test_spot_has_no_funding():
    there = holding(venue(quoted((30, "100"), name=SPOT)), name=SPOT)
    there.market_event(rate(40, "0.001", name=SPOT))

    assert paid(there) == []
    assert there.unfunded == []


def test_an_unknown_mark_is_shown_and_not_taken_for_zero():
    there = holding(venue(quoted()))
    there.market_event(rate(40, "0.001"))

    payments = paid(there)

    assert payments == []
    assert [(each.quantity, each.reason) for each in there.unfunded] == [
        (10, "no mark is known at it")
    ]


def test_a_settlement_nobody_announced_is_shown():
    timed = {PERP: listing(PERP, funding_interval_ns=EIGHT_HOURS)}
    there = holding(venue(quoted((30, "100")), listings=timed))

    payments = paid(there, 2 * EIGHT_HOURS)

    assert payments == []
    assert [(each.settles_ns, each.reason) for each in there.unfunded] == [
        (EIGHT_HOURS, "no rate was published for it"),
        (2 * EIGHT_HOURS, "no rate was published for it"),
    ]


def test_a_rate_that_comes_late_pays_what_was_held_then():
    timed = {PERP: listing(PERP, funding_interval_ns=EIGHT_HOURS)}
    there = holding(venue(quoted((30, "100")), listings=timed))
    there.submit(order("close", SELL, 10, 200), EIGHT_HOURS + 100)
    late = EIGHT_HOURS + 5_000_000_000
    there.market_event(rate(late, "0.001", settles=EIGHT_HOURS, settled=True))

    (payment,) = paid(there, EIGHT_HOURS + SAME_NS)

    assert (payment.quantity, payment.settles_ns, payment.ts_venue) == (10, EIGHT_HOURS, late)
    assert there.unfunded == []


def test_nothing_is_due_while_nothing_is_held():
    timed = {PERP: listing(PERP, funding_interval_ns=EIGHT_HOURS)}
    there = venue(quoted((30, "100")), listings=timed)

    payments = paid(there, 3 * EIGHT_HOURS)

    assert payments == []
    assert there.unfunded == []


def test_payments_agree_with_the_reference(vectors):
    held, compared = {}, 0
    received = {"BTCUSDT": Decimal(0), "BTCUSD_INV": Decimal(0)}
    contracts = {
        "BTCUSDT": contract(PERP, lot=Decimal("0.01")),
        "BTCUSD_INV": contract(INVERSE, contract_size=Decimal(1)),
    }
    for case in vectors("ledger_funding")["cases"]:
        kind, name, *numbers = case["event"]
        if kind == "fill":
            held[name] = contracts[name].lots(Decimal(str(case["position"])))
        if kind == "funding":
            value, mark = map(Decimal, numbers)
            received[name] += payment(contracts[name], held[name], mark, value)
            compared += 1
            assert float(received[name]) == pytest.approx(case["funding_received"], abs=1e-12)

    assert compared == 4


# --- other ways to be paid -------------------------------------------------------------


def test_an_oracle_price_counts_where_the_contract_says_so():
    by_index = {PERP: structs.replace(listing(PERP), funding=AtStamp(by_index=True))}
    market = quoted((30, "100")).index(31, "90")
    there = holding(venue(market, listings=by_index))
    there.market_event(rate(40, "0.001", mark="100"))

    assert [(each.mark, each.amount) for each in paid(there)] == [(90, Decimal("-0.09"))]


def test_an_interval_that_was_changed_is_the_one_that_is_expected():
    timed = {PERP: listing(PERP, funding_interval_ns=EIGHT_HOURS)}
    there = holding(venue(quoted((30, "100")), listings=timed))
    for event in (rate(40, "0.001", settles=EIGHT_HOURS), rate(41, "0.001", settles=EIGHT_HOURS)):
        there.market_event(structs.replace(event, interval_ns=EIGHT_HOURS // 2))

    payments = paid(there, 2 * EIGHT_HOURS)

    assert [each.settles_ns for each in payments] == [EIGHT_HOURS]
    # Half as far as it used to be, and nobody has said at which rate.
    expected = [each.settles_ns / EIGHT_HOURS for each in there.unfunded]
    assert expected == [1.5, 2.0]


def test_a_changed_listing_changes_the_interval():
    timed = {PERP: listing(PERP, funding_interval_ns=EIGHT_HOURS)}
    there = venue(quoted((30, "100")), listings=timed)
    half = contract(PERP, funding_interval_ns=EIGHT_HOURS // 2)
    there.market_event(InstrumentChanged(ts_recv=12, ts_venue=12, instrument=half))
    holding(there)

    there.advance(EIGHT_HOURS)

    assert [each.settles_ns / EIGHT_HOURS for each in there.unfunded] == [0.5, 1.0]


def test_a_charge_that_comes_late_is_for_those_who_hold_then():
    late = Jitter(most_ns=15_000_000_000, seed=7)
    delay = late.delay_ns(0, T)
    assert delay > 10_000
    there = holding(venue(quoted((30, "100")), jitter=late), at=T + delay - 100)
    there.market_event(rate(40, "0.001"))

    (payment,) = paid(there)

    assert (payment.settles_ns, payment.ts_venue) == (T, T + delay)


def test_the_delay_of_a_charge_is_the_same_for_the_same_seed():
    late, other = Jitter(15_000, 1), Jitter(15_000, 2)
    times = range(0, 10**6, 1000)

    delays = [late.delay_ns(0, ns) for ns in times]

    assert delays == [late.delay_ns(0, ns) for ns in times]
    assert delays != [other.delay_ns(0, ns) for ns in times]
    assert delays != [late.delay_ns(1, ns) for ns in times]
    assert min(delays) >= 0
    assert 14_000 < max(delays) <= 15_000
    assert PUNCTUAL.delay_ns(3, T) == 0
