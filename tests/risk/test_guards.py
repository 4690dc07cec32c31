"""Prices, oracles and rates that must not be trusted."""

from decimal import Decimal

import msgspec
import pytest

from bot.risk.guards import (
    MINUTE_NS,
    SECOND_NS,
    TEN_SECONDS_NS,
    OracleBounds,
    OrderRates,
    RejectRate,
    oracle_fault,
    outside_collar,
    stale,
    usable_price,
    usable_touch,
)
from bot.risk.limits import TOTAL, Scope

BOUNDS = OracleBounds(
    index_deviation_bps_max=Decimal(50), index_age_ms_max=5_000, mark_deviation_bps_max=Decimal(300)
)


@pytest.mark.parametrize(
    ("touch", "usable"),
    [((99, 100), True), ((100, 100), False), ((101, 100), False), ((0, 100), False), (None, False)],
)
def test_a_touch_prices_nothing_when_one_sided_locked_or_crossed(touch, usable):
    assert usable_touch(touch) is usable


@pytest.mark.parametrize("price", [None, Decimal("NaN"), Decimal("Infinity"), Decimal(0)])
def test_what_is_no_price_is_not_usable(price):
    assert not usable_price(price)
    assert usable_price(Decimal("0.1"))


@pytest.mark.parametrize(
    ("age_ns", "is_stale"),
    [(0, False), (250_000_000, False), (250_000_001, True), (None, True), (-1, True)],
)
def test_a_quote_is_stale_past_its_age_unknown_or_from_the_future(age_ns, is_stale):
    assert stale(age_ns, 250) is is_stale


def test_a_collar_bounds_both_sides_exactly():
    around, bps = Decimal(200), Decimal(50)

    assert not outside_collar(Decimal(201), around, bps)
    assert not outside_collar(Decimal(199), around, bps)
    assert outside_collar(Decimal("201.0001"), around, bps)
    assert outside_collar(Decimal("198.9999"), around, bps)
    assert outside_collar(Decimal(2000), around, bps)
    assert outside_collar(Decimal(0), around, bps)


@pytest.mark.parametrize(
    ("index", "age_ns", "others", "mark", "fault"),
    [
        ("100", 0, ["100", "100.1", "99.9"], "100", None),
        ("100.5", 0, ["100"], "100.5", None),
        ("100.51", 0, ["100"], "100.5", "50 bps of 100"),
        ("100", 0, ["99", "100", "100.2", "101"], "100", None),
        ("65", 0, ["100", "100", "100"], "65", "50 bps of 100"),
        ("100", 5_000_000_001, ["100"], "100", "older than 5000 ms"),
        ("100", None, ["100"], "100", "older than 5000 ms"),
        (None, 0, ["100"], "100", "index unknown"),
        ("100", 0, ["100"], None, "mark unknown"),
        ("100", 0, [], "103", None),
        ("100", 0, [], "103.01", "mark 103.01 beyond 300 bps"),
        ("100", 0, ["NaN"], "100", None),
    ],
)
def test_an_oracle_is_doubted(index, age_ns, others, mark, fault):
    found = oracle_fault(
        None if index is None else Decimal(index),
        age_ns,
        map(Decimal, others),
        None if mark is None else Decimal(mark),
        BOUNDS,
    )

    assert (found is None) if fault is None else (fault in str(found))


def test_orders_are_counted_in_windows_open_at_their_start():
    rates = OrderRates()
    for now in (0, SECOND_NS, SECOND_NS + 1):
        rates.record(TOTAL, now)

    assert rates.count(TOTAL, SECOND_NS + 1, SECOND_NS) == 2
    assert rates.count(TOTAL, SECOND_NS + 1, TEN_SECONDS_NS) == 3
    assert rates.count(TOTAL, 2 * SECOND_NS, SECOND_NS) == 1
    assert rates.count(TOTAL, 100 * SECOND_NS, TEN_SECONDS_NS) == 0


def test_old_orders_are_let_go_of():
    rates = OrderRates()

    for second in range(1_000):
        rates.record(TOTAL, second * SECOND_NS)

    assert len(rates.state()[0][1]) == 10


def test_counted_orders_survive_a_restart_through_text():
    rates = OrderRates()
    rates.record(TOTAL, 1)
    rates.record(TOTAL, 2)

    stored = msgspec.json.encode(rates.state())
    restored = OrderRates()
    restored.restore(msgspec.json.decode(stored, type=tuple[tuple[Scope, tuple[int, ...]], ...]))

    assert restored.state() == rates.state() == ((TOTAL, (1, 2)),)


def test_too_many_rejects_of_a_minute_are_a_fault():
    answers = RejectRate()
    ratio = Decimal("0.2")
    for second in range(8):
        answers.answer(second * SECOND_NS, rejected=False)
    answers.answer(8 * SECOND_NS, rejected=True)
    answers.answer(9 * SECOND_NS, rejected=True)

    assert answers.fault(9 * SECOND_NS, ratio, 10) is None
    answers.answer(10 * SECOND_NS, rejected=True)
    assert "0.2" in str(answers.fault(10 * SECOND_NS, ratio, 10))
    assert answers.fault(10 * SECOND_NS, ratio, 12) is None
    assert answers.fault(MINUTE_NS + 10 * SECOND_NS, ratio, 1) is None


def test_counted_rejects_survive_a_restart_through_text():
    answers = RejectRate()
    answers.answer(1, rejected=True)
    answers.answer(2, rejected=False)

    stored = msgspec.json.encode(answers.state())
    restored = RejectRate()
    restored.restore(msgspec.json.decode(stored, type=tuple[tuple[int, bool], ...]))

    assert restored.state() == answers.state()
    assert restored.fault(2, Decimal("0.4"), 1) == answers.fault(2, Decimal("0.4"), 1)
    assert restored.fault(2, Decimal("0.4"), 1) is not None
