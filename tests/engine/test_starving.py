"""A strategy whose scores are unknown or stale may only reduce, until they are back."""

from typing import Any

from bot import Basket, BookImbalance, FundingExcess, LogMid, Target, Urgency
from bot.execution.permits import Permit
from bot.model.event import OrderSent
from bot.tape.rows import Block
from bot.testing import Tape, run
from bot.testing.tape import START_NS
from tests.engine.world import ETH, PERP, SECOND, Does, asked_at, engine_of, feed, items, quoted

BOTH: dict[str, Any] = {"btc": LogMid(PERP, wake=50.0), "eth": LogMid(ETH, wake=50.0)}


def passive(size: float = 1.0) -> Target:
    return Target(PERP, size, Urgency.PASSIVE)


def test_it_starves_at_the_moment_its_score_expires_and_its_order_is_taken_back() -> None:
    done = run(Does(does=lambda view: passive()), quoted().wait(1).silence(5))

    assert len(done.cancels) == 1
    at_ns = next(outcome.now for outcome in done.outcomes if outcome.cancels)
    assert at_ns == START_NS + 3 * SECOND + 1  # the last book was heard at 1 s and is good for 2


def test_it_is_fed_when_data_returns_though_nothing_has_changed() -> None:
    tape = quoted().silence(5).book(PERP, 99.9, 100.1).wait(1)

    done = run(Does(does=lambda view: passive()), tape)

    assert asked_at(done) == [0.0, 5.0]
    assert len(done.orders) == 2
    assert len(done.cancels) == 1


def test_it_is_fed_when_one_feed_returns_after_the_other_and_nothing_has_changed() -> None:
    strategy = Does(does=lambda view: passive(), looks=BOTH)
    tape = quoted(PERP, ETH).silence(5)
    # Each returns while the other is still, or again, too old.
    tape.book(PERP, 99.9, 100.1).silence(3)
    tape.book(ETH, 99.9, 100.1).silence(1).book(PERP, 99.9, 100.1).silence(1)

    done = run(strategy, tape)

    assert asked_at(done) == [0.0, 9.0]


def test_while_one_feed_is_dead_the_living_one_does_not_wake_it_with_every_message() -> None:
    tape = quoted(PERP, ETH).silence(3)
    for k in range(50):
        tape.silence(0.01).book(PERP, 99.9, [(100.1, 1.0 + k)])
    engine = engine_of({"a": Does(does=lambda view: None, looks=BOTH)}, tape)
    blocks = [one for one in items(tape) if isinstance(one, Block)]
    block = max(blocks, key=lambda one: one.messages)
    early = [one for one in blocks if one.first_ns < block.first_ns]

    feed(engine, [*early, block.part(block.start, block.start + 3)])
    outcome = engine.step(block.part(block.start + 3, block.stop))

    assert engine.state.starved == {"a": "btc is stale"}
    assert outcome.consumed == block.messages - 3
    assert outcome.consumed >= 40


def test_what_it_holds_it_may_still_bring_back() -> None:
    def decide(view: Any) -> list[Target]:
        return [Target(PERP, 1.0 if view["lean"] > 0 else 0.0, Urgency.PASSIVE)]

    looks = {
        "lean": BookImbalance(PERP, levels=1, wake=0.1),
        "rate": FundingExcess(PERP, 0.0, wake=0.1),
    }
    tape = Tape().funding(PERP, 0.0001).book(PERP, [(99.9, 9.0)], [(100.1, 1.0)]).wait(1)
    tape.trade(PERP, "sell", 99.8, 50.0).wait(1)  # fills our bid
    tape.book(PERP, [(99.9, 1.0)], [(100.1, 9.0)]).wait(0.5)  # an ask that reduces is posted
    tape._rates.clear()
    tape.wait(200)  # the rate is stale now, and the books live
    tape.trade(PERP, "buy", 100.2, 50.0).wait(1)

    done = run(Does(does=decide, looks=looks), tape)

    assert [fill.side for fill in done.fills] == [1, -1]
    assert done.position(PERP) == 0.0


def test_a_starved_strategy_sends_nothing_that_adds_risk() -> None:
    tape = quoted(PERP, ETH).silence(3).book(PERP, 99.9, 100.1).wait(3)

    done = run(Does(does=lambda view: Target(PERP, 1.0), looks=BOTH), tape)

    sent = [one.ts_recv for one in done.events if isinstance(one, OrderSent)]
    assert len(sent) >= 1
    assert max(sent) <= START_NS + 2 * SECOND


def test_a_halt_outlasts_the_end_of_the_hunger() -> None:
    tape = quoted().silence(5).operator("pause").silence(1).book(PERP, 99.9, 100.1).silence(1)
    engine = engine_of({"a": Does(does=lambda view: passive())}, tape)
    given = items(tape)

    feed(engine, given[:-2])
    starving = dict(engine.state.starved)
    feed(engine, given[-2:])

    assert starving == {"a": "mid is stale"}
    assert engine.state.starved == {}
    assert engine.state.desk.permit("a").permit is Permit.REDUCE
    assert "paused by test" in engine.state.desk.permit("a").why


def test_hunger_outlasts_the_end_of_a_halt() -> None:
    tape = quoted(PERP, ETH).silence(3).book(PERP, 99.9, 100.1)
    tape.operator("pause").operator("resume").silence(1)
    engine = engine_of({"a": Does(does=lambda view: passive(), looks=BOTH)}, tape)

    feed(engine, items(tape))

    assert engine.state.desk.permit("a").permit is Permit.REDUCE
    assert engine.state.desk.permit("a").why == "btc is stale"


def test_the_legs_of_a_basket_stay_in_step_while_it_starves() -> None:
    looks = {**BOTH, "rate": FundingExcess(PERP, 0.0, wake=0.1)}
    pair = Basket(Target(PERP, -2.0), Target(ETH, 2.0), max_unhedged=2.0)
    tape = quoted(PERP, ETH).funding(PERP, 0.0001).wait(5)
    tape._rates.clear()
    tape.wait(150)

    done = run(Does(does=lambda view: pair, looks=looks), tape)

    assert (done.position(PERP), done.position(ETH)) == (-2.0, 2.0)
