"""A run over a made-up market: what went wrong with the market shows in what came of it."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from bot import Basket, BookImbalance, InstrumentId, LogMid, NetCarry, Strategy, Target, Urgency
from bot.model.event import FundingPaid, OrderCanceled, OrderExpired, OrderRejected, SendAborted
from bot.testing import Run, Tape, run

SPOT = InstrumentId("sim:BTC/USDT")
PERP = InstrumentId("sim:BTC/USDT:USDT")


class Hold(Strategy):
    """Hold a fixed amount, at once."""

    instrument: InstrumentId = PERP
    size: float = 1.0

    def watches(self):
        return {"mid": LogMid(self.instrument, wake=0.5)}

    def decide(self, view):
        return Target(self.instrument, self.size, Urgency.URGENT)


class Lean(Strategy):
    """Hold a coin while buyers queue."""

    def watches(self):
        return {"lean": BookImbalance(PERP, levels=5, wake=0.1)}

    def decide(self, view):
        return Target(PERP, 1.0 if view.gate("lean", above=0.3) else 0.0, Urgency.URGENT)


class Carry(Strategy):
    """Hold the pair while it pays."""

    def watches(self):
        return {"carry": NetCarry(PERP, against=SPOT, size=1.0, hold_hours=8.0, wake=0.1)}

    def decide(self, view):
        size = 1.0 if view.gate("carry", above=0.0) else 0.0
        return Basket(Target(PERP, -size), Target(SPOT, size), max_unhedged=1.0)


def quoted(instrument: str = PERP) -> Tape:
    return Tape().book(instrument, 99.9, 100.1)


def test_a_target_becomes_an_order_and_a_fill() -> None:
    done = run(Hold(), quoted().wait(1))

    assert done.intents[0] == Target(PERP, 1.0, Urgency.URGENT)
    assert [one.proposal.size for one in done.orders] == [10**8]
    assert [(fill.price, fill.maker) for fill in done.fills] == [(10_010, False)]
    assert done.position(PERP) == 1.0
    assert done.result.attribution["fees"] == Decimal("-0.05005")  # 5 bps of 100.1
    assert done.faults == []


def test_the_same_run_twice_and_in_blocks_of_one_row_has_the_same_outcome() -> None:
    tape = quoted().wait(2).trade(PERP, "buy", 100.1, 0.5).book(PERP, 99.8, 100.0).wait(2)

    hashes = {run(Hold(), tape, rows=rows).result.outcome_hash for rows in (None, None, 1)}

    assert len(hashes) == 1


def test_a_strategy_with_two_names_is_two_strategies() -> None:
    done = run({"one": Hold(), "two": Hold(size=2.0)}, quoted().wait(1))

    assert {one.proposal.strategy for one in done.orders} == {"one", "two"}
    assert done.position(PERP) == 3.0


def test_a_thin_book_fills_in_part() -> None:
    tape = Tape().book(PERP, 99.9, [(100.1, 0.3)]).wait(0.2)

    done = run(Hold(), tape)

    assert done.result.counts.partial_fills >= 1
    assert done.position(PERP) == 0.3


def test_an_order_that_the_venue_rejects_is_sent_again_later() -> None:
    done = run(Hold(), quoted().wait(2), rejects=2)

    rejected = [one for one in done.events if isinstance(one, OrderRejected)]
    assert len(rejected) == 2
    assert len(done.orders) == 3
    assert done.position(PERP) == 1.0


def test_an_order_decided_on_a_book_that_then_has_a_gap_is_not_sent() -> None:
    done = run(Hold(), quoted().gap(PERP).wait(1))

    (aborted,) = (one for one in done.events if isinstance(one, SendAborted))
    assert aborted.reason == "reduce only: mid is unknown"
    assert done.position(PERP) == 0.0


def test_a_gap_ends_with_the_next_whole_book() -> None:
    done = run(Hold(), quoted().gap(PERP).wait(1).book(PERP, 99.9, 100.1).wait(1))

    assert done.position(PERP) == 1.0


def test_an_order_waits_through_a_silence_for_the_feed() -> None:
    class Late(Hold):
        def decide(self, view):
            return super().decide(view) if view["mid"] > 46_060.0 else None

    tape = quoted().silence(5).book(PERP, 100.1, 100.3).wait(1)

    done = run(Late(), tape)

    assert done.position(PERP) == 1.0
    assert min(one.approved_ns for one in done.orders) >= tape.now_ns - 10**9


def test_a_venue_outage_takes_the_orders_back_and_its_end_brings_them_again() -> None:
    class Patient(Hold):
        def decide(self, view):
            return Target(PERP, 1.0, Urgency.PASSIVE)

    done = run(Patient(), quoted().wait(2).outage("sim", 30).wait(2))

    canceled = [one for one in done.events if isinstance(one, OrderCanceled)]
    assert len(canceled) == 1
    assert len(done.orders) == 2
    assert done.position(PERP) == 0.0


def test_an_outage_breaks_off_only_the_venue_that_it_names() -> None:
    other = "other:BTC/USDT:USDT"
    tape = Tape().book(PERP, 99.9, 100.1).book(other, 99.9, 100.1).outage("sim", 1)
    tape.book(other, 99.9, 100.1).wait(1)

    done = run(Hold(instrument=other), tape)

    assert done.position(other) == 1.0


def test_funding_that_flips_ends_the_carry_that_it_paid() -> None:
    tape = Tape().book(SPOT, 99.99, 100.01).book(PERP, 99.99, 100.01)
    tape.mark(PERP, 100.0).funding(PERP, 0.01).wait(5)
    tape.settle(PERP).wait(1).funding(PERP, -0.01).wait(5)

    done = run(Carry(), tape)

    paid = [one for one in done.events if isinstance(one, FundingPaid)]
    assert [one.amount for one in paid] == [Decimal(1)]  # a coin of 100 at 1 %
    assert done.result.baskets_closed == 2
    assert (done.position(PERP), done.position(SPOT)) == (0.0, 0.0)


def test_a_delisted_contract_is_not_bought_and_its_orders_expire() -> None:
    class Patient(Hold):
        def decide(self, view):
            return Target(PERP, 1.0, Urgency.PASSIVE)

    done = run(Patient(), quoted().wait(1).delist(PERP).wait(3))

    assert [type(one) for one in done.events].count(OrderExpired) == 1
    assert len(done.orders) == 1


def test_a_person_can_be_on_the_tape() -> None:
    done = run(Lean(), Tape().book(PERP, [(99.9, 9.0)], 100.1).operator("pause").wait(2))

    assert done.orders == []


@pytest.mark.parametrize(
    ("terms", "limit"),
    [
        ({"limits": {"gross_notional_max": 100}}, "total.gross_notional_max"),
        ({"limits": {"position_max": {PERP: 0.5}}}, "total.position_max"),
        ({"limits": {"price_collar_bps": {"index": 5}}}, "total.price_collar_bps"),
    ],
)
def test_limits_are_said_in_plain_numbers(terms: dict[str, object], limit: str) -> None:
    done = run(Hold(), quoted().wait(0.5), **terms)

    assert {one.limit for one in done.refused} <= {limit}
    assert done.position(PERP) == 0.0


def test_a_spot_order_that_the_wallet_does_not_cover_is_rejected() -> None:
    done = run(Hold(instrument=SPOT), quoted(SPOT).wait(0.2), deposits={"USDT": 50.0})

    assert any(isinstance(one, OrderRejected) and "balance" in one.reason for one in done.events)
    assert done.position(SPOT) == 0.0


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda: run(Hold(), quoted(), fee=1), "unexpected keyword argument 'fee'|fee"),
        (lambda: run(Hold(), quoted(), limits={"notional": 1}), "limits: got 'notional'"),
        (lambda: Tape().book(PERP, 99.901, 100.1), "99.901: expected a multiple of 0.01"),
        (lambda: Tape().trade(PERP, "long", 1.0, 1.0), "long"),
    ],
)
def test_a_mistake_in_a_test_is_named(broken: Callable[[], Run], message: str) -> None:
    with pytest.raises((TypeError, ValueError, KeyError), match=message):
        broken()
