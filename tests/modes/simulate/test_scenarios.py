"""Each scenario does what it says, and both shipped strategies stand it."""

from itertools import pairwise

import pytest

from bot.model.event import (
    CancelRejected,
    CancelRequested,
    Deleveraged,
    FeedLost,
    FeedRestored,
    Fill,
    FundingPaid,
    FundingRate,
    InstrumentChanged,
    IntentDurable,
    Liquidated,
    OperatorCommand,
    OrderAbsent,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderRejected,
    OrderSent,
    OrderUnknown,
    Settled,
)
from bot.model.units import NS_PER_HOUR, NS_PER_SECOND
from bot.modes.simulate.card import Verdict
from bot.modes.simulate.catalogue import SCENARIOS
from bot.modes.simulate.faulty import BUSY, NO_MORE, STANDS
from tests.modes.simulate.rehearsals import (
    DERIVATIVE,
    OTHER,
    SEEDS,
    STRATEGIES,
    Rehearsal,
    rehearsed,
)

each_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
each_seed = pytest.mark.parametrize("seed", SEEDS)


@pytest.mark.parametrize("name", [one.name for one in SCENARIOS])
@each_strategy
@each_seed
def test_a_shipped_strategy_stands_it(name: str, strategy: str, seed: int):
    card = rehearsed(name, strategy, seed).card

    assert (card.verdict, card.why) == (Verdict.PASSED, [])
    assert card.faults
    assert card.fills_before >= 1


def of_leg(seen: Rehearsal, instrument: str) -> list[list[OrderEvent]]:
    """The orders that filled in an instrument, as their events."""
    return [
        events
        for events in seen.orders().values()
        if any(isinstance(one, Fill) and one.instrument == instrument for one in events)
    ]


def after(kind: type[OrderEvent], before: type[OrderEvent], events: list[OrderEvent]) -> bool:
    """Whether one kind of event was heard at once after another."""
    return any(isinstance(a, before) and isinstance(b, kind) for a, b in pairwise(events))


@each_strategy
@each_seed
def test_orders_are_rejected(strategy: str, seed: int):
    seen = rehearsed("reject", strategy, seed)

    rejected = [one for one in seen.all(OrderRejected) if one.reason == BUSY]

    assert 1 <= len(rejected) <= 4


@each_strategy
@each_seed
def test_all_orders_are_rejected_for_a_while(strategy: str, seed: int):
    seen = rehearsed("reject_all", strategy, seed)

    rejected = [one for one in seen.all(OrderRejected) if one.reason == BUSY]

    assert len(rejected) >= 4
    assert rejected[-1].ts_recv - rejected[0].ts_recv >= 4 * NS_PER_SECOND


@each_strategy
@each_seed
def test_half_an_order_fills_and_then_nothing_is_heard(strategy: str, seed: int):
    seen = rehearsed("partial_then_silence", strategy, seed)

    (cut,) = [
        one
        for one in seen.all(OrderCanceled)
        if one.reason == NO_MORE
        and one.ts_recv - one.ts_venue >= 10 * NS_PER_SECOND
        and one == first_end(seen, one.order_id)
    ]

    order = seen.orders()[cut.order_id]
    filled = next(one for one in order if isinstance(one, Fill))
    legs = of_leg(seen, OTHER[strategy])
    heard = [one.ts_recv for events in legs for one in events if one.ts_recv > one.ts_venue]
    assert cut.ts_recv - filled.ts_recv >= 10 * NS_PER_SECOND
    assert not any(filled.ts_recv < ns < cut.ts_recv for ns in heard)


def first_end(seen: Rehearsal, order_id: str) -> OrderCanceled:
    """The first report that an order was canceled; whoever asks is told again."""
    return next(one for one in seen.orders()[order_id] if isinstance(one, OrderCanceled))


@each_strategy
@each_seed
def test_a_lost_acknowledgement_is_noticed_and_asked_about(strategy: str, seed: int):
    seen = rehearsed("acknowledgement_lost", strategy, seed)

    (lost,) = [
        events
        for events in seen.orders().values()
        if any(isinstance(one, OrderUnknown) and "order" in one.reason for one in events)
    ]

    sent, unknown, accepted = (
        next(one for one in lost if isinstance(one, kind))
        for kind in (OrderSent, OrderUnknown, OrderAccepted)
    )
    assert unknown.ts_recv - sent.ts_recv == 2 * NS_PER_SECOND
    assert accepted.ts_venue < unknown.ts_recv < accepted.ts_recv
    assert not any(isinstance(one, OrderAbsent) for one in lost)


@each_strategy
@each_seed
def test_a_lost_order_is_proved_absent(strategy: str, seed: int):
    seen = rehearsed("order_lost", strategy, seed)

    (absent,) = seen.all(OrderAbsent)

    kinds = [type(one) for one in seen.orders()[absent.order_id]]
    assert [kind for kind in kinds if kind not in (CancelRequested, CancelRejected)] == [
        IntentDurable,
        OrderSent,
        OrderUnknown,
        OrderAbsent,
    ]


@each_strategy
@each_seed
def test_a_lost_cancel_is_noticed(strategy: str, seed: int):
    seen = rehearsed("cancel_lost", strategy, seed)

    doubted = [
        events for events in seen.orders().values() if after(OrderUnknown, CancelRequested, events)
    ]
    stands = [one for one in seen.all(CancelRejected) if one.reason == STANDS]
    lost = [fault for fault in seen.card.faults if "LosesCancels" in fault]

    # An order may fill before anybody doubts that its cancel arrived.
    filled = [
        events
        for events in seen.orders().values()
        if after(Fill, CancelRequested, events)
        and not any(isinstance(e, CancelRejected) for e in events)
    ]
    assert len(lost) >= 1
    assert doubted or filled
    assert len(stands) <= len(doubted) * len(lost)


@each_strategy
@each_seed
def test_a_fill_is_heard_after_its_cancel(strategy: str, seed: int):
    seen = rehearsed("fill_after_cancel", strategy, seed)

    late = [events for events in seen.orders().values() if after(Fill, OrderCanceled, events)]

    assert len(late) == 1


@pytest.mark.parametrize(("name", "legs"), [("outage", OTHER), ("outage_of_margin", DERIVATIVE)])
@each_strategy
@each_seed
def test_a_venue_is_gone_for_a_while(name: str, legs: dict[str, str], strategy: str, seed: int):
    seen = rehearsed(name, strategy, seed)

    (lost,), (back,) = seen.all(FeedLost), seen.all(FeedRestored)

    assert lost.instrument == back.instrument == legs[strategy]
    assert back.ts_recv - lost.ts_recv >= 20 * NS_PER_SECOND
    heard = [
        one.ts_recv
        for events in of_leg(seen, legs[strategy])
        for one in events
        if one.ts_recv > one.ts_venue
    ]
    assert not any(lost.ts_recv < ns < back.ts_recv for ns in heard)


@each_strategy
@each_seed
def test_a_leg_is_liquidated_and_a_person_lets_it_go_on(strategy: str, seed: int):
    seen = rehearsed("liquidation", strategy, seed)

    forced = seen.all(Liquidated)

    assert {one.instrument for one in forced} == {DERIVATIVE[strategy]}
    assert [one.verb for one in seen.all(OperatorCommand)] == ["acknowledge", "resume"]
    assert seen.card.halts == []
    assert any(one.ts_recv > seen.all(OperatorCommand)[-1].ts_recv for one in seen.all(Fill))


@each_strategy
@each_seed
def test_a_leg_is_deleveraged(strategy: str, seed: int):
    seen = rehearsed("deleveraging", strategy, seed)

    (taken,) = seen.all(Deleveraged)

    assert taken.instrument == DERIVATIVE[strategy]
    assert seen.card.open_worst > 0


@each_strategy
@each_seed
def test_funding_is_paid_after_the_old_interval_and_the_new(strategy: str, seed: int):
    seen = rehearsed("funding_interval", strategy, seed)

    perp = DERIVATIVE[strategy]
    paid = sorted({one.settles_ns for one in seen.all(FundingPaid)})
    told = [one.interval_ns for one in seen.all(FundingRate) if one.instrument == perp]
    assert [second - first for first, second in pairwise(paid)] == [NS_PER_HOUR]
    assert (told[0], told[-1]) == (8 * NS_PER_HOUR, NS_PER_HOUR)


@each_strategy
@each_seed
def test_a_leg_is_delisted_and_settled(strategy: str, seed: int):
    seen = rehearsed("delisting", strategy, seed)

    (told,) = seen.all(InstrumentChanged)
    (settled,) = seen.all(Settled)

    assert not told.instrument.active
    assert told.instrument.id == settled.instrument == DERIVATIVE[strategy]
    assert 29 < (settled.ts_venue - told.ts_venue) / NS_PER_SECOND <= 31
    assert seen.card.ended == ("flat" if strategy == "funding_arbitrage" else "open")


@each_strategy
@each_seed
def test_one_venue_is_dislocated(strategy: str, seed: int):
    prices = rehearsed("dislocation", strategy, seed).kept.prices

    moved = {name: max(of) / min(of) - 1 for name, of in prices.items()}

    assert moved[DERIVATIVE[strategy]] > 0.028
    if strategy == "funding_arbitrage":
        assert moved[OTHER[strategy]] < 0.015
