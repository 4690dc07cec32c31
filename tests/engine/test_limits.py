"""Limits at work: what fits passes, what does not is refused, and refusals are not a flood."""

from typing import Any

from bot import Basket, LogMid, Target, Urgency
from bot.model.event import OrderSent
from bot.testing import Tape, run
from bot.testing.tape import START_NS
from tests.engine.world import ETH, PERP, SECOND, Does, hold, quoted

LOT = 1e-8


def test_an_order_at_the_limit_passes_and_one_lot_more_is_refused() -> None:
    limits = {"position_max": {PERP: 1.5}}

    at, beyond = (run(hold(size), quoted().wait(1), limits=limits) for size in (1.5, 1.5 + LOT))

    assert (at.position(PERP), at.refused) == (1.5, [])
    assert (beyond.position(PERP), beyond.orders) == (0.0, [])
    assert {(one.limit, one.value, one.allowed) for one in beyond.refused} == {
        ("total.position_max", "1.50000001", "1.5")
    }


def test_a_position_that_is_allowed_is_reached_in_orders_that_are() -> None:
    limits = {"position_max": {PERP: 2.0}, "order_notional_max": 60, "order_size_max": {PERP: 0.5}}

    done = run(hold(1.0), quoted().wait(5), limits=limits)

    assert done.position(PERP) == 1.0
    assert len(done.orders) == 2
    assert done.refused == []


def test_a_position_that_nobody_allowed_is_not_reached_in_pieces() -> None:
    for limits in ({}, {"position_max": {PERP: 0.9}}):
        done = run(hold(1.0), quoted().wait(5), limits={"order_notional_max": 60, **limits})

        assert (done.position(PERP), done.orders) == (0.0, [])
        assert len(done.refused) >= 1


def test_a_refusal_is_not_repeated_at_every_wake() -> None:
    tape = quoted()
    for k in range(200):
        tape.wait(0.01).book(PERP, 99.9 + k % 2 / 10, 100.1 + k % 2 / 10)

    done = run(hold(2.0), tape, limits={"position_max": {PERP: 1.0}})

    assert len(done.asked) >= 200
    assert 3 <= len(done.refused) <= 8  # pauses of 100, 200, 400 ... up to 1000 ms


def test_a_smaller_wish_is_tried_at_once_after_a_refusal() -> None:
    def decide(view: Any) -> Target:
        return Target(PERP, 2.0 if view["mid"] < 46_056.0 else 1.0, Urgency.URGENT)

    tape = quoted().wait(0.35).book(PERP, 100.0, 100.2).wait(0.05)

    done = run(Does(does=decide), tape, limits={"position_max": {PERP: 1.0}})

    assert done.position(PERP) == 1.0
    assert len(done.refused) >= 1


def test_a_daily_loss_halts_and_takes_back_what_rests() -> None:
    def decide(view: Any) -> list[Target]:
        other = Target(ETH, 5.0, Urgency.PASSIVE)
        return [Target(PERP, 1.0, Urgency.URGENT), other]

    tape = Tape().book(ETH, 99.9, 100.1).wait(0.1).book(PERP, 99.9, 100.1).wait(1)
    tape.book(PERP, 89.9, 90.1).wait(5)

    done = run(Does(does=decide), tape, limits={"daily_loss_max": 5})

    assert any("total halted: daily loss" in note for _, note in done.result.notes)
    assert [one.instrument for one in done.cancels] == [ETH]
    assert done.position(PERP) == 1.0


def test_after_a_daily_loss_only_reductions_go() -> None:
    def decide(view: Any) -> Target:
        price = view.touch(PERP).mid
        return Target(PERP, 1.0 if price > 99 else 0.25 if price < 89 else 3.0, Urgency.URGENT)

    tape = quoted().wait(1).book(PERP, 89.9, 90.1).wait(3).book(PERP, 87.9, 88.1).wait(2)

    done = run(Does(does=decide), tape, limits={"daily_loss_max": 5})

    sides = [one.proposal.side for one in done.orders]
    assert sides == [1, -1]
    assert done.orders[1].proposal.reduce_only
    assert done.position(PERP) == 0.25


def test_a_halt_by_loss_needs_two_acts_of_a_person() -> None:
    def decide(view: Any) -> Target:
        return Target(PERP, 1.0 if view.touch(PERP).mid > 99 else 2.0, Urgency.URGENT)

    def held(*verbs: str) -> float:
        tape = quoted().wait(1).book(PERP, 93.9, 94.1).wait(2)
        for verb in verbs:
            tape.operator(verb)
        # Part of it is won back, so that the loss no longer stands against it.
        tape.book(PERP, 97.9, 98.1).wait(3)
        return run(Does(does=decide), tape, limits={"daily_loss_max": 5}).position(PERP)

    assert held() == 1.0
    assert held("resume") == 1.0
    assert held("acknowledge", "resume") == 2.0


def test_nobody_uses_up_the_room_that_a_basket_has_reserved() -> None:
    pair = Basket(Target(PERP, 4.0, Urgency.PASSIVE), Target(ETH, -4.0), max_unhedged=1.0)
    greedy = hold(-3.0, ETH)
    # 800 of 1000 belong to the basket as soon as its first small order has gone.
    tape = Tape().book(ETH, 99.9, 100.1).wait(0.1).book(PERP, 99.9, 100.1)
    for k in range(12):
        tape.wait(0.5).trade(PERP, "sell", 99.8, 500.0).book(PERP, 99.9, 100.1 + k % 2 / 10)

    strategies = {"basket": Does(does=lambda view: pair), "greedy": greedy}
    done = run(strategies, tape.wait(5), limits={"gross_notional_max": 1_000})

    refused = [one.proposal.strategy for one in done.refused]
    assert set(refused) == {"greedy"}
    assert done.result.baskets_closed == 1
    assert done.position(PERP) == 4.0
    assert done.position(ETH) == -4.0


def test_an_order_whose_quote_grew_old_on_the_way_is_not_sent() -> None:
    looks = {"mid": LogMid(PERP, wake=0.5, age_ms_max=60_000)}
    strategy = Does(does=lambda view: Target(PERP, 1.0, Urgency.URGENT), looks=looks)

    done = run(strategy, quoted().silence(7), decision_us=6_000_000)

    assert len(done.orders) >= 1
    assert [one for one in done.events if isinstance(one, OrderSent)] == []


def test_too_many_orders_a_second_are_refused_and_go_later() -> None:
    strategies = {f"s{k}": hold(1.0) for k in range(4)}

    done = run(strategies, quoted().wait(5), limits={"orders_per_second_max": 2})

    first = [one for one in done.orders if one.approved_ns < START_NS + SECOND]
    assert len(first) == 2
    assert {one.limit for one in done.refused} == {"total.orders_per_second_max"}
    assert done.position(PERP) == 4.0
