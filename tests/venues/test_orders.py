"""What becomes of an order that arrives: taken, rested, canceled or rejected."""

from decimal import Decimal

import pytest

from bot.model.command import OrderType, TimeInForce
from bot.model.event import Fill
from bot.model.instrument import PriceGrid
from bot.venues.simulated.venue import SimulatedVenue
from tests.venues.market import (
    ACCOUNT,
    BUY,
    IN_NS,
    OUT_NS,
    PERP,
    SELL,
    USDT,
    Market,
    cancel,
    listing,
    order,
    said,
    venue,
)

IOC, FOK = TimeInForce.IOC, TimeInForce.FOK
FOREVER = 10**6


def quoted() -> Market:
    """100 / 101 and more behind: bids 5 each, asks 3 each."""
    return Market().book(10, [(100, 5), (99, 5), (98, 5)], [(101, 3), (102, 3), (103, 3)])


def answers(to: SimulatedVenue, *commands, sent: int = 20) -> list[tuple[object, ...]]:
    for command in commands:
        to.submit(command, sent)
    to.advance(sent + OUT_NS)
    return said(to.take_events())


def test_a_crossing_order_walks_the_book_level_by_level():
    there = venue(quoted())

    heard = answers(there, order("a", BUY, 5, 103))

    assert heard == [("OrderAccepted", "a"), ("Fill", "a", 3, 101), ("Fill", "a", 2, 102)]
    assert there.positions == {(ACCOUNT, PERP): 5}


def test_an_answer_is_heard_after_both_delays():
    there = venue(quoted())

    there.submit(order("a", BUY, 1, 101), 20)
    there.advance(20 + OUT_NS - 1)
    early = there.take_events()
    there.advance(20 + OUT_NS)
    events = there.take_events()

    assert early == []
    assert {(each.ts_venue, each.ts_recv) for each in events} == {(23, 23 + IN_NS)}


def test_what_was_taken_is_gone_for_the_next_order():
    there = venue(quoted())

    heard = answers(there, order("a", BUY, 4, 102), order("b", BUY, 3, 102, time_in_force=IOC))

    assert heard[-2:] == [("Fill", "b", 2, 102), ("OrderCanceled", "b", "immediate-or-cancel")]


def test_a_taken_level_returns_when_the_market_states_it_anew():
    there = venue(quoted().change(30, asks=[(101, 7)]))
    answers(there, order("a", BUY, 3, 101))

    heard = answers(there, order("b", BUY, 9, 101, time_in_force=IOC), sent=30)

    assert heard[1] == ("Fill", "b", 7, 101)


def test_a_taken_level_returns_when_our_impact_has_decayed():
    there = venue(quoted(), decay_ns=1000)
    answers(there, order("a", BUY, 2, 101))

    before = answers(there, order("b", BUY, 9, 101, time_in_force=IOC), sent=900)
    after = answers(there, order("c", BUY, 9, 101, time_in_force=IOC), sent=1900)

    assert before[1] == ("Fill", "b", 1, 101)
    assert after[1] == ("Fill", "c", 3, 101)


def test_a_snapshot_forgets_what_we_took():
    there = venue(quoted().book(30, [(100, 5)], [(101, 4)]), decay_ns=50)
    answers(there, order("a", BUY, 3, 101))

    heard = answers(there, order("b", BUY, 9, 101, time_in_force=IOC), sent=200)

    assert heard[1] == ("Fill", "b", 4, 101)


def test_the_remainder_of_a_limit_order_rests_and_fills_as_maker():
    there = venue(quoted().trade(50, SELL, 101, 4))
    answers(there, order("a", BUY, 5, 101))

    there.advance(50)
    fills = [event for event in there.take_events() if isinstance(event, Fill)]

    assert [(fill.size, fill.price, fill.maker, fill.ts_venue) for fill in fills] == [
        (2, 101, True, 50)
    ]


def test_an_immediate_order_never_rests():
    there = venue(quoted())

    heard = answers(there, order("a", BUY, 5, 101, time_in_force=IOC))

    assert heard[1:] == [("Fill", "a", 3, 101), ("OrderCanceled", "a", "immediate-or-cancel")]


def test_fill_or_kill_takes_all():
    there = venue(quoted())

    heard = answers(there, order("a", BUY, 6, 102, time_in_force=FOK))

    assert heard[1:] == [("Fill", "a", 3, 101), ("Fill", "a", 3, 102)]


def test_fill_or_kill_takes_nothing_when_a_lot_is_missing():
    there = venue(quoted())

    heard = answers(there, order("a", BUY, 7, 102, time_in_force=FOK))

    assert heard == [("OrderAccepted", "a"), ("OrderCanceled", "a", "fill-or-kill")]
    assert there.positions == {}


def test_a_market_order_stops_at_its_collar():
    there = venue(quoted())

    heard = answers(there, order("a", SELL, 20, 99, type=OrderType.MARKET))

    assert heard[1:] == [
        ("Fill", "a", 5, 100),
        ("Fill", "a", 5, 99),
        ("OrderCanceled", "a", "market"),
    ]


def test_a_deep_walk_takes_more_levels_than_the_ladder_holds():
    market = Market().book(10, [(100, 1)], [(101 + k, 1) for k in range(60)])

    heard = answers(venue(market), order("a", BUY, 60, 200))

    assert len(heard) == 61
    assert heard[-1] == ("Fill", "a", 1, 160)


def test_post_only_rests_when_it_does_not_cross():
    there = venue(quoted())

    heard = answers(there, order("a", BUY, 1, 100, post_only=True))

    assert heard == [("OrderAccepted", "a")]


def test_post_only_is_rejected_when_it_would_cross():
    there = venue(quoted())

    heard = answers(there, order("a", BUY, 1, 101, post_only=True))

    assert heard == [("OrderRejected", "a", "post-only")]


@pytest.mark.parametrize(
    ("size", "price", "rule"),
    [(1, 103, "size 1 lots is below"), (2, 101, "is not on the price grid"), (2, 99, "notional")],
)
def test_tick_lot_and_smallest_order_are_enforced(size, price, rule):
    strict = listing(
        PERP,
        grid=PriceGrid(Decimal("0.5"), steps=((0, 3),)),
        size_min=2,
        notional_min=Decimal(10),
    )
    there = venue(quoted(), listings={PERP: strict})

    there.submit(order("a", BUY, size, price), 20)
    there.advance(FOREVER)
    (event,) = there.take_events()

    assert rule in event.reason


def test_the_smallest_notional_is_allowed_and_a_closing_order_may_be_smaller():
    strict = listing(PERP, notional_min=Decimal("10.1"))
    there = venue(quoted(), listings={PERP: strict})

    heard = answers(
        there,
        order("a", BUY, 2, 101),
        order("b", SELL, 1, 100, reduce_only=True),
        order("c", SELL, 1, 100),
    )

    assert [line[0] for line in heard] == [
        "OrderAccepted",
        "Fill",
        "OrderAccepted",
        "Fill",
        "OrderRejected",
    ]


@pytest.mark.parametrize(
    "market",
    [
        Market(),
        Market().book(10, [(100, 5)], [(101, 5)]).gap(15),
        Market().book(10, [(100, 5)], [(101, 5)]).change(15, bids=[(101, 1)]),
    ],
    ids=["no snapshot", "gap", "crossed"],
)
def test_no_order_is_matched_on_an_unusable_book(market):
    there = venue(market)

    heard = answers(there, order("a", BUY, 1, 100))

    assert heard == [("OrderRejected", "a", "book unusable")]


def test_a_duplicate_id_is_rejected():
    there = venue(quoted())

    heard = answers(there, order("a", BUY, 1, 99), order("a", BUY, 1, 98))

    assert [line[0] for line in heard] == ["OrderAccepted", "OrderRejected"]


def test_a_cancel_takes_a_resting_order_off():
    there = venue(quoted().trade(50, SELL, 98, 100))
    answers(there, order("a", BUY, 1, 99))

    heard = answers(there, cancel("a"), sent=30)
    there.advance(FOREVER)

    assert heard == [("OrderCanceled", "a", "asked for")]
    assert there.take_events() == []


def test_a_cancel_that_arrives_after_the_fill_is_rejected():
    there = venue(quoted().trade(31, SELL, 98, 100))
    answers(there, order("a", BUY, 1, 99))

    heard = answers(there, cancel("a"), cancel("x"), sent=29)

    assert heard == [
        ("Fill", "a", 1, 99),
        ("CancelRejected", "a", "order is already closed"),
        ("CancelRejected", "x", "order is unknown"),
    ]


def test_a_trade_of_the_same_time_comes_before_the_cancel():
    there = venue(quoted().trade(33, SELL, 98, 100))
    answers(there, order("a", BUY, 1, 99))

    heard = answers(there, cancel("a"), sent=30)

    assert [line[0] for line in heard] == ["Fill", "CancelRejected"]


def test_reduce_only_without_a_position_is_rejected():
    there = venue(quoted())

    heard = answers(there, order("a", SELL, 1, 100, reduce_only=True))

    assert heard == [("OrderRejected", "a", "reduce-only")]


def test_reduce_only_is_cut_to_the_position():
    there = venue(quoted())

    heard = answers(there, order("a", BUY, 2, 101), order("b", SELL, 4, 100, reduce_only=True))

    assert heard[-2:] == [("Fill", "b", 2, 100), ("OrderCanceled", "b", "reduce-only")]
    assert there.positions == {}


def test_a_resting_reduce_only_order_shrinks_with_the_position():
    there = venue(quoted().trade(50, BUY, 104, 9))
    answers(there, order("a", BUY, 3, 101), order("b", SELL, 3, 103, reduce_only=True))

    answers(there, order("c", SELL, 2, 100), sent=30)
    there.advance(FOREVER)

    assert said(there.take_events()) == [
        ("Fill", "b", 1, 103),
        ("OrderCanceled", "b", "reduce-only"),
    ]
    assert there.positions == {}


def test_a_resting_reduce_only_order_shrinks_when_another_order_is_filled_by_the_market():
    there = venue(quoted().trade(50, BUY, 102, 5))
    answers(there, order("a", BUY, 2, 101), order("b", SELL, 2, 103, reduce_only=True))

    answers(there, order("c", SELL, 2, 102), sent=30)
    there.advance(FOREVER)

    assert said(there.take_events()) == [
        ("Fill", "c", 2, 102),
        ("OrderCanceled", "b", "reduce-only"),
    ]


def test_a_level_that_returns_into_the_other_side_leaves_the_book_unusable():
    there = venue(quoted().change(30, bids=[(101, 2)]), decay_ns=100)
    answers(there, order("a", BUY, 3, 101))

    before = answers(there, order("b", BUY, 1, 99), sent=50)
    after = answers(there, order("c", BUY, 1, 99), sent=200)

    assert before == [("OrderAccepted", "b")]
    assert after == [("OrderRejected", "c", "book unusable")]


def test_an_order_never_meets_our_own_order():
    there = venue(quoted())

    heard = answers(
        there, order("a", SELL, 4, 102), order("b", BUY, 9, 103), order("c", BUY, 1, 101)
    )

    assert heard[2:] == [
        ("Fill", "b", 3, 101),
        ("Fill", "b", 3, 102),
        ("OrderCanceled", "b", "self-trade"),
        ("OrderAccepted", "c"),
    ]


def test_fees_leave_the_wallet_exactly():
    there = venue(quoted(), deposit="100")

    there.submit(order("a", BUY, 3, 101), 20)
    there.advance(FOREVER)
    fill = there.take_events()[1]

    # 0.3 coins at 50.5, half a permille.
    assert (fill.fee, fill.fee_currency) == (Decimal("0.007575"), USDT)
    assert there.wallets[ACCOUNT, USDT] == Decimal("99.992425")


def test_the_venue_refuses_to_run_ahead_of_what_it_was_fed():
    there = venue()
    there.feed(quoted().take())

    with pytest.raises(AssertionError, match="feed more"):
        there.advance(100)


def test_an_idle_venue_reads_what_it_is_fed():
    there = venue()

    for k in range(50):
        there.feed(Market().book(10 * k + 10, [(100, 5)], [(101 + k, 5)]).take())

    # All but what the last blocks leave open, without anyone asking it to go on.
    assert there.now_ns == 490 - IN_NS - 1
    assert there.book.ladder[0, 2, 0] >= 101 + 47


def test_an_order_sent_inside_a_block_meets_the_book_of_its_arrival():
    there = venue()
    there.feed(quoted().take())
    there.feed(quoted_later().take())

    there.submit(order("a", BUY, 1, 110), 20)
    there.finish()
    there.advance(FOREVER)

    assert said(there.take_events())[1] == ("Fill", "a", 1, 101)


def quoted_later() -> Market:
    return Market().change(15, bids=[(97, 1)]).book(40, [(104, 5)], [(105, 5)])
