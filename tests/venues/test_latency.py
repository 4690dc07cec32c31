"""Delays: drawn by number, spread as stated, kept in order where one connection keeps them."""

import math

import msgspec
import pytest

from bot.venues.simulated.door import request_of
from bot.venues.simulated.latency import (
    Constant,
    Empirical,
    Interrupted,
    LogNormal,
    Outage,
    Spread,
    chance,
)
from bot.venues.simulated.line import Line
from bot.venues.simulated.state import VenueState
from tests.venues.market import BUY, SELL, Market, cancel, order, said, venue
from tests.venues.oracle import Oracle
from tests.venues.test_histories import (
    DECAY_NS,
    END,
    LATENESS_NS,
    as_received,
    example,
    placed,
    plain,
    replayed,
)

MS = 1_000_000
SHORT = Spread(median_ns=8_000, p99_ns=30_000, least_ns=1_000)
MODELS = {
    "constant": Constant(3, 2),
    # Whole microseconds, when these histories last three: all of it arrives behind the market.
    "log-normal": LogNormal(SHORT, SHORT, seed=3),
    "empirical": Empirical((2, 3, 5, 40), (2, 9, 60), seed=3),
    "interrupted": Interrupted(
        Empirical((2, 3, 5, 40), (2, 9, 60), seed=3),
        (Outage(200, 320), Outage(500, 620, answers_only=True), Outage(900, 1000)),
    ),
}


def test_a_spread_has_the_median_and_the_tail_that_were_stated():
    model = LogNormal(Spread(15 * MS, 150 * MS, 0), Spread(10 * MS, 20 * MS, 0), seed=7)

    out = sorted(model.arrives(n, 0) for n in range(20_000))
    back = sorted(model.heard(n, 0) for n in range(20_000))

    # Three standard errors of a quantile: 2.6 % of the chance at the median, 0.2 % at p99.
    for drawn, median, p99 in ((out, 15 * MS, 150 * MS), (back, 10 * MS, 20 * MS)):
        assert sum(each <= median for each in drawn) / 20_000 == pytest.approx(0.5, abs=0.011)
        assert sum(each <= p99 for each in drawn) / 20_000 == pytest.approx(0.99, abs=0.0022)


def test_a_spread_is_the_log_normal_one_in_between():
    spread = Spread(15 * MS, 150 * MS, 0)

    # A standard deviation above: exp(mu + sigma), sigma = ln(10) / z(0.99).
    one_above = 15 * MS * math.exp(math.log(10) / 2.3263478740408408)

    assert spread.at(0.8413447460685429) == pytest.approx(one_above, abs=1_000)
    assert spread.at(0.5) == 15 * MS
    assert spread.at(0.99) == 150 * MS


def test_nothing_is_faster_than_the_least():
    model = LogNormal(Spread(15 * MS, 150 * MS, 14 * MS), Spread(15 * MS, 150 * MS, 9 * MS), 1)

    assert min(model.arrives(n, 0) for n in range(500)) == 14 * MS == model.least_out_ns
    assert min(model.heard(n, 0) for n in range(500)) == 9 * MS == model.least_in_ns


def test_a_draw_depends_on_its_number_its_way_and_the_seed_alone():
    draws = [chance(1, 0, n) for n in range(1000)]

    assert [chance(1, 0, n) for n in reversed(range(1000))] == draws[::-1]
    assert len({*draws, *(chance(1, 1, n) for n in range(1000))}) == 2000
    assert chance(2, 0, 5) != draws[5]
    assert min(draws) > 0
    assert max(draws) < 1
    assert sum(draws) / 1000 == pytest.approx(0.5, abs=0.03)


def test_measured_delays_are_drawn_as_often_as_they_were_measured():
    model = Empirical((1, 1, 1, 9), (5,), seed=1)

    drawn = [model.arrives(n, 100) - 100 for n in range(4000)]

    assert set(drawn) == {1, 9}
    assert drawn.count(9) == pytest.approx(1000, abs=90)
    assert model.heard(0, 100) == 105


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (85, 95),  # through before it begins
        (95, 160),  # would come through in it
        (100, 160),
        (149, 160),
        (150, 160),  # it is over
    ],
)
def test_what_meets_an_outage_goes_its_way_when_it_is_over(sent, arrives):
    model = Interrupted(Constant(10, 10), (Outage(100, 150),))

    assert model.arrives(0, sent) == arrives
    assert model.heard(0, sent) == arrives


def test_an_outage_of_answers_lets_requests_through():
    model = Interrupted(Constant(10, 10), (Outage(100, 150, answers_only=True), Outage(155, 200)))

    assert model.arrives(0, 110) == 120
    # What waited for the end of one outage meets the next.
    assert model.heard(0, 110) == 210


def test_on_one_connection_a_late_message_holds_up_those_behind_it():
    drawn = [Empirical((1, 90), (1, 90), seed=1).arrives(n, n) for n in range(50)]
    one, many = (Line(Empirical((1, 90), (1, 90), seed=1), ordered=kept) for kept in (True, False))

    in_order = [one.arrives(n) for n in range(50)]

    assert [many.arrives(n) for n in range(50)] == drawn
    assert drawn != sorted(drawn)
    assert in_order == [max(drawn[: n + 1]) for n in range(50)]


def test_a_line_that_was_restored_draws_on():
    model = Empirical((1, 90), (1, 90), seed=1)
    whole, first, second = Line(model), Line(model), Line(model)
    expected = [(whole.arrives(n), whole.heard(n)) for n in range(40)]

    before = [(first.arrives(n), first.heard(n)) for n in range(17)]
    second.restore(first.state())

    assert before + [(second.arrives(n), second.heard(n)) for n in range(17, 40)] == expected


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_line_the_venue_agrees_with_the_oracle(name, ordered, seed):
    history, line = example(seed), Line(MODELS[name], ordered=ordered)
    arrivals = [(line.arrives(sent), request_of(each)) for sent, each in history[1]]
    expected = Oracle(venue().instruments, DECAY_NS).run(placed(history), arrivals)

    events = replayed(history, 10**6, MODELS[name], ordered=ordered)

    assert plain(events) == expected
    assert all(each.heard_ns >= each.at_ns + 2 for each in events)


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("name", MODELS)
def test_whatever_the_line_blocks_change_nothing(name, size):
    history = example(3)

    assert replayed(history, size, MODELS[name]) == replayed(history, 10**6, MODELS[name])


@pytest.mark.parametrize("name", MODELS)
def test_whatever_the_line_a_restored_venue_goes_on(name):
    history, block = example(1), as_received(example(1))
    there, again = (
        venue(lateness_ns=LATENESS_NS, decay_ns=1, latency=MODELS[name]) for _ in range(2)
    )
    for each in (there, again):
        each.feed(block)
    half, now = len(history[1]) // 2, 700
    for sent, command in history[1][:half]:
        there.submit(command, max(sent, 0))
    there.advance(now)
    again.advance(now)

    state = msgspec.json.decode(msgspec.json.encode(there.state()), type=VenueState)
    again.restore(state)
    for each in (there, again):
        for sent, command in history[1][half:]:
            each.submit(command, max(sent, now))
        each.finish()
        each.advance(END)

    assert again.take_said() == there.take_said()
    assert again.state() == there.state()


def test_a_cancel_races_with_the_fill_and_who_arrives_first_wins():
    def raced(cancel_way: int) -> list[tuple[object, ...]]:
        market = Market().book(10, [(100, 5)], [(101, 3)]).trade(50, SELL, 99, 9)
        # The order takes the first way, its cancel the second, whichever the draws are.
        model = Interrupted(Constant(3, 2), (Outage(30, 30 + cancel_way),))
        there = venue(market, latency=model)
        there.submit(order("a", BUY, 1, 100), 15)
        there.submit(cancel("a"), 30)
        there.advance(10**6)
        return said(there.take_events())[1:]

    assert raced(10) == [("OrderCanceled", "a", "asked for")]
    assert raced(30) == [("Fill", "a", 1, 100), ("CancelRejected", "a", "order is already closed")]


def test_a_cancel_that_overtakes_its_order_finds_nothing():
    # Two connections: the order takes 40, its cancel 2.
    model = next(
        each
        for each in (Empirical((2, 40), (2,), seed) for seed in range(100))
        if (each.arrives(0, 0), each.arrives(1, 0)) == (40, 2)
    )
    there = venue(Market().book(10, [(100, 5)], [(101, 3)]), latency=model, ordered=False)

    there.submit(order("a", BUY, 1, 100), 20)
    there.submit(cancel("a"), 21)
    there.advance(10**6)

    assert said(there.take_events()) == [
        ("CancelRejected", "a", "order is unknown"),
        ("OrderAccepted", "a"),
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Constant(-1, 0),
        lambda: Spread(0, 10, 0),
        lambda: Spread(10, 9, 0),
        lambda: Spread(10, 20, 11),
        lambda: Empirical((), (1,), 1),
        lambda: Empirical((1,), (-1,), 1),
        lambda: Interrupted(Constant(1, 1), (Outage(5, 5),)),
        lambda: Interrupted(Constant(1, 1), (Outage(5, 9), Outage(8, 12))),
    ],
)
def test_a_line_that_cannot_be_is_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()
