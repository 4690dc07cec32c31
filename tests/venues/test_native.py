"""What strangers may ask of the venue: waiting orders, changes, filters, countdowns, reports."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from bot.model.command import OrderType, TimeInForce
from bot.model.instrument import PriceGrid
from bot.model.units import AccountId
from bot.tape.rows import TRADE
from bot.venues.simulated.door import event_of
from bot.venues.simulated.latency import Constant
from bot.venues.simulated.reports import Change, OrderReport, Reason, Refusal, Said, Status
from bot.venues.simulated.requests import (
    AmendOrder,
    Batch,
    CancelAll,
    CancelOrder,
    Countdown,
    PlaceOrder,
    SelfTrade,
    Trigger,
    TriggerSource,
)
from bot.venues.simulated.rules import OrderRules
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
    listing,
    venue,
)

IOC = TimeInForce.IOC
MARKET = OrderType.MARKET
MARK, LAST = TriggerSource.MARK, TriggerSource.LAST
OTHER = AccountId("there")
MS = 1_000_000


def quoted(name=PERP) -> Market:
    """100 / 101 and more behind: bids 5 each, asks 3 each."""
    return Market().book(10, [(100, 5), (99, 5), (98, 5)], [(101, 3), (102, 3), (103, 3)], name)


def place(client_id: str, side, size: int, price: int | None, **more: Any) -> PlaceOrder:
    terms = {"account": ACCOUNT, "instrument": PERP, **more}
    return PlaceOrder(client_id=client_id, side=side, size=size, price=price, **terms)


def stop(client_id: str, side, size: int, trigger: Trigger, **more: Any) -> PlaceOrder:
    """A market order that waits."""
    return place(client_id, side, size, None, type=MARKET, trigger=trigger, **more)


def amend(client_id: str, **more: Any) -> AmendOrder:
    return AmendOrder(account=ACCOUNT, instrument=PERP, client_id=client_id, **more)


def open_at(market: Market, ns: int = 20, **more: Any) -> SimulatedVenue:
    """A venue without a line, at a time."""
    rich = {name: {USDT: Decimal(10**6), BTC: Decimal(10**6)} for name in (ACCOUNT, OTHER)}
    there = venue(market, latency=Constant(0, 0), lateness_ns=0, deposits=rich, **more)
    there.advance(ns)
    return there


def told(said: list[Said]) -> list[tuple[object, ...]]:
    """Reports in short: change, order, and of a trade its lots and price, of an end its reason."""
    found: list[tuple[object, ...]] = []
    for each in said:
        if isinstance(each, Refusal):
            found.append(("refused", each.reason.value))
        elif isinstance(each, OrderReport):
            line: tuple[object, ...] = (each.change.value, each.request.client_id)
            if each.execution is not None:
                line = (*line, each.execution.size, each.execution.price)
            found.append(line if each.reason is None else (*line, each.reason.value))
    return found


def later(there: SimulatedVenue, ns: int = 10**6) -> list[tuple[object, ...]]:
    there.advance(ns)
    return told(there.take_said())


# --- asked at once ---------------------------------------------------------------------


def test_what_a_request_caused_is_told_and_what_the_market_did_meanwhile_is_not():
    there = open_at(quoted().trade(30, SELL, 99, 9))
    there.perform(place("a", BUY, 2, 100))

    caused = there.perform(place("b", BUY, 4, 102), at_ns=40)

    assert told(caused) == [("new", "b"), ("trade", "b", 3, 101), ("trade", "b", 1, 102)]
    assert told(there.take_said()) == [("trade", "a", 2, 100)]
    assert there.now_ns == 40


def test_a_report_says_how_the_order_stands():
    there = open_at(quoted())

    new, first, second = there.perform(place("a", BUY, 5, 102))[:3]

    assert isinstance(second, OrderReport)
    assert isinstance(first, OrderReport)
    assert (new.status, first.status, second.status) == (
        Status.NEW,
        Status.PARTIALLY_FILLED,
        Status.FILLED,
    )
    assert (first.executed, first.leaves, first.average_price) == (3, 2, Decimal("50.5"))
    # 3 at 50.5 and 2 at 51.
    assert (second.executed, second.leaves, second.average_price) == (5, 0, Decimal("50.7"))
    assert second.execution.fee == Decimal("0.2") * 51 * Decimal("0.0005")
    assert (second.number, second.placed_ns, second.at_ns, second.size) == (1, 20, 20, 5)


def test_the_average_price_of_an_inverse_contract_is_the_harmonic_one():
    there = open_at(quoted(INVERSE))

    *_, last = there.perform(place("a", BUY, 4, 102, instrument=INVERSE))

    # 300 at 50.5 and 100 at 51: what the coins come to.
    coins = Decimal(300) / Decimal("50.5") + Decimal(100) / 51
    assert last.average_price == pytest.approx(Decimal(400) / coins, abs=Decimal("1e-20"))


def test_orders_are_found_by_the_number_that_the_venue_gave_them():
    there = open_at(quoted())
    (new,) = there.perform(place("", BUY, 1, 99))
    there.perform(place("", BUY, 1, 98))

    other = CancelOrder(account=OTHER, instrument=PERP, number=new.number)
    ours = CancelOrder(account=ACCOUNT, instrument=PERP, number=new.number)

    assert told(there.perform(other)) == [("refused", "unknown_order")]
    assert told(there.perform(ours)) == [("canceled", "", "asked")]
    assert told(there.perform(ours)) == [("refused", "unknown_order")]


def test_a_client_id_is_free_again_when_its_order_is_over_where_a_venue_lets_it_be():
    strict, usual = open_at(quoted()), open_at(quoted(), ids_return=True)
    for there in (strict, usual):
        there.perform(place("a", BUY, 1, 99))
        assert told(there.perform(place("a", BUY, 1, 99))) == [("rejected", "a", "duplicate_id")]
        there.perform(CancelOrder(account=ACCOUNT, instrument=PERP, client_id="a"))

    assert told(strict.perform(place("a", BUY, 1, 99))) == [("rejected", "a", "duplicate_id")]
    assert told(usual.perform(place("a", BUY, 1, 99))) == [("new", "a")]


def test_two_accounts_have_client_ids_of_their_own_and_trade_with_each_other():
    there = open_at(quoted())
    there.perform(place("a", SELL, 2, 101))

    caused = there.perform(place("a", BUY, 5, 101, account=OTHER, time_in_force=IOC))

    # The level stood there before: 3 of it are served first.
    assert told(caused) == [
        ("new", "a"),
        ("trade", "a", 3, 101),
        ("trade", "a", 2, 101),
        ("trade", "a", 2, 101),
    ]
    assert [each.request.account for each in caused[1:]] == [OTHER, OTHER, ACCOUNT]
    assert there.positions == {(ACCOUNT, PERP): -2, (OTHER, PERP): 5}


# --- waiting orders --------------------------------------------------------------------


@pytest.mark.parametrize("rising", [True, False])
def test_a_stop_on_the_mark_fires_when_the_mark_gets_there(rising):
    price, before, at = (104, "51.99", "52") if rising else (97, "48.51", "48.5")
    market = quoted().mark(15, "50").mark(30, before).mark(40, at).mark(50, "50")
    there = open_at(market)
    side = BUY if rising else SELL

    caused = there.perform(stop("a", side, 2, Trigger(price, MARK, rising)))
    there.advance(39)
    early = there.take_said()
    there.advance(40)
    said = there.take_said()

    assert (told(caused), early) == ([("new", "a")], [])
    assert caused[0].status is Status.UNTRIGGERED
    assert told(said) == [("triggered", "a"), ("trade", "a", 2, 101 if rising else 100)]
    assert {each.at_ns for each in said} == {40}


def test_a_stop_between_two_units_of_the_mark_fires_at_the_first_unit_beyond():
    fine = listing(PERP, grid=PriceGrid(Decimal("0.000000003")))
    market = Market().book(10, [(100, 5)], [(101, 3)])
    market.mark(15, "0.0000003").mark(30, "0.00000031").mark(31, "0.00000032")
    there = open_at(market, listings={PERP: fine})

    # 105 ticks are 3.15e-7: between 31 and 32 units of the mark.
    there.perform(stop("a", BUY, 1, Trigger(105, MARK, True)))

    assert later(there, 30) == []
    assert later(there, 31) == [("triggered", "a"), ("trade", "a", 1, 101)]


def test_a_stop_on_the_last_trade_sees_every_trade_of_a_message():
    beyond = Market()
    beyond.builder.begin(30, 30, 0, 0)
    for price in (102, 103, 102):
        beyond.builder.row(TRADE, 1, price, 1)
    beyond.builder.end()
    there = venue(latency=Constant(0, 0), lateness_ns=0)
    there.feed(quoted().trade(15, BUY, 101, 1).take())
    there.feed(beyond.take())
    there.finish()
    there.advance(20)
    there.perform(stop("a", BUY, 1, Trigger(103, LAST, True)))

    assert later(there) == [("triggered", "a"), ("trade", "a", 1, 101)]


def test_a_stop_on_the_mark_of_what_has_none_watches_the_middle_of_the_book():
    market = quoted().change(30, bids=[(101, 2)], asks=[(101, 0)]).change(40, asks=[(102, 0)])
    there = open_at(market)
    # The middle goes from 100.5 to 101.5 and then to 102.
    there.perform(stop("a", BUY, 1, Trigger(102, MARK, True)))

    assert later(there, 30) == []
    assert later(there, 40) == [("triggered", "a"), ("trade", "a", 1, 103)]


def test_the_first_mark_takes_the_place_of_the_middle():
    there = open_at(quoted().mark(30, "52"))

    there.perform(stop("a", BUY, 1, Trigger(104, MARK, True)))

    assert later(there) == [("triggered", "a"), ("trade", "a", 1, 101)]


def test_a_take_profit_rests_at_its_limit_once_its_price_has_come():
    there = open_at(quoted().mark(15, "50").mark(30, "51").trade(40, BUY, 104, 1))
    there.perform(place("a", SELL, 2, 103, trigger=Trigger(102, MARK, True)))

    assert later(there, 30) == [("triggered", "a")]
    assert later(there) == [("trade", "a", 2, 103)]


def test_what_would_trigger_at_once_is_rejected():
    there = open_at(quoted().mark(15, "50"))

    caused = there.perform(stop("a", BUY, 1, Trigger(100, MARK, True)))

    assert told(caused) == [("rejected", "a", "trigger_passed")]


def test_waiting_orders_fire_in_order_of_age_and_a_fill_wakes_nothing_else():
    there = open_at(quoted().mark(15, "50").mark(30, "48"))
    there.perform(stop("old", SELL, 3, Trigger(97, MARK, False)))
    there.perform(stop("young", SELL, 3, Trigger(98, MARK, False)))
    there.perform(stop("far", SELL, 3, Trigger(90, MARK, False)))

    said = later(there)

    assert [line[1] for line in said if line[0] == "triggered"] == ["old", "young"]
    assert said[-2:] == [("trade", "young", 2, 100), ("trade", "young", 1, 99)]


def test_a_stop_that_closes_takes_what_is_held_when_it_fires():
    there = open_at(quoted().mark(15, "50").mark(30, "48"))
    closing = {"close_position": True, "trigger": Trigger(97, MARK, False)}
    there.perform(place("a", SELL, 0, None, type=MARKET, **closing))
    there.perform(place("b", BUY, 4, 103))

    said = later(there)

    assert said == [("triggered", "a"), ("trade", "a", 4, 100)]
    assert there.positions == {}


def test_a_stop_that_closes_nothing_expires():
    there = open_at(quoted().mark(15, "50").mark(30, "48"))
    there.perform(stop("a", SELL, 2, Trigger(97, MARK, False), reduce_only=True))

    assert later(there) == [("triggered", "a"), ("expired", "a", "nothing_to_reduce")]


def test_a_stop_that_fires_on_an_unusable_book_expires():
    there = open_at(quoted().mark(15, "50").gap(25).mark(30, "48"))
    there.perform(stop("a", SELL, 2, Trigger(97, MARK, False)))

    assert later(there) == [("triggered", "a"), ("expired", "a", "book_unusable")]


# --- changes ---------------------------------------------------------------------------


def behind_five() -> Market:
    return quoted().trade(40, SELL, 100, 5).trade(41, SELL, 100, 2).trade(42, SELL, 100, 9)


def test_fewer_lots_keep_the_place():
    there = open_at(behind_five())
    there.perform(place("a", BUY, 3, 100))
    there.perform(place("b", BUY, 3, 100))

    assert told(there.perform(amend("a", size=2), 30)) == [("amended", "a")]
    assert later(there, 41) == [("trade", "a", 2, 100)]


@pytest.mark.parametrize("change", [{"size": 4}, {"price": 99}])
def test_more_lots_or_another_price_cost_the_place(change):
    there = open_at(behind_five().trade(43, SELL, 98, 9))
    there.perform(place("a", BUY, 3, 100))
    there.perform(place("b", BUY, 3, 100))

    there.perform(amend("a", **change), 30)

    # 5 stand ahead of b alone now: the trade at 41 is its own.
    assert later(there, 41) == [("trade", "b", 2, 100)]


def test_a_price_and_back_again_is_a_new_place_too():
    there = open_at(behind_five())
    there.perform(place("a", BUY, 3, 100))
    there.perform(place("b", BUY, 3, 100))

    there.perform(amend("a", price=99), 30)
    there.perform(amend("a", price=100), 31)

    assert later(there, 41) == [("trade", "b", 2, 100)]


def test_an_order_amended_across_the_touch_trades():
    there = open_at(quoted())
    there.perform(place("a", BUY, 4, 100))

    caused = there.perform(amend("a", price=102))

    assert told(caused) == [("amended", "a"), ("trade", "a", 3, 101), ("trade", "a", 1, 102)]
    assert (caused[0].price, caused[0].size) == (102, 4)


def test_a_post_only_order_amended_across_the_touch_is_over():
    there = open_at(quoted())
    there.perform(place("a", BUY, 4, 100, post_only=True))

    assert told(there.perform(amend("a", price=101))) == [("expired", "a", "post_only")]


def test_an_order_amended_to_what_has_been_executed_is_over():
    there = open_at(quoted())
    there.perform(place("a", BUY, 5, 101))

    caused = there.perform(amend("a", size=3))

    assert told(caused) == [("canceled", "a", "executed")]
    assert (caused[0].executed, caused[0].status) == (3, Status.CANCELED)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "no_change"),
        ({"price": 99, "size": 4}, "no_change"),
        ({"price": 0}, "price_grid"),
        ({"trigger_price": 90}, "invalid"),
        ({"size": 0}, "size_min"),
    ],
)
def test_a_change_that_cannot_be_leaves_the_order_as_it_was(change, reason):
    there = open_at(quoted().trade(30, SELL, 98, 9))
    there.perform(place("a", BUY, 4, 99))

    assert told(there.perform(amend("a", **change))) == [("refused", reason)]
    assert told(there.perform(amend("x", size=1))) == [("refused", "unknown_order")]
    assert later(there) == [("trade", "a", 4, 99)]


def test_a_waiting_order_may_wait_for_another_price():
    there = open_at(quoted().mark(15, "50").mark(30, "48").mark(40, "47"))
    there.perform(stop("a", SELL, 2, Trigger(97, MARK, False)))

    caused = there.perform(amend("a", trigger_price=95, size=3))
    passed = there.perform(amend("a", trigger_price=101))

    assert told(caused) == [("amended", "a")]
    assert caused[0].trigger_price == 95
    assert told(passed) == [("refused", "trigger_passed")]
    assert later(there, 30) == []
    assert later(there) == [("triggered", "a"), ("trade", "a", 3, 100)]


def test_an_amended_spot_order_may_not_lock_more_than_there_is():
    poor = {ACCOUNT: {USDT: Decimal(50)}}
    there = venue(quoted(SPOT), latency=Constant(0, 0), lateness_ns=0, deposits=poor)
    there.advance(20)
    there.perform(place("a", BUY, 8, 100, instrument=SPOT))
    change = AmendOrder(account=ACCOUNT, instrument=SPOT, client_id="a", size=12)

    assert told(there.perform(change)) == [("refused", "balance")]
    # Its own lock does not stand in its way.
    assert told(there.perform(structs.replace(change, size=9))) == [("amended", "a")]


# --- one account's own orders ------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (SelfTrade.NEWEST, [("expired_in_match", "b", "self_trade")]),
        (SelfTrade.OLDEST, [("expired_in_match", "a", "self_trade"), ("trade", "b", 3, 102)]),
        (
            SelfTrade.BOTH,
            [("expired_in_match", "a", "self_trade"), ("expired_in_match", "b", "self_trade")],
        ),
        (
            SelfTrade.NONE,
            [("trade", "b", 2, 101), ("trade", "a", 2, 101), ("trade", "b", 1, 102)],
        ),
    ],
)
def test_who_goes_when_an_account_would_trade_with_itself(mode, expected):
    there = open_at(quoted())
    there.perform(place("a", SELL, 2, 101))

    caused = there.perform(place("b", BUY, 6, 102, self_trade=mode))

    assert told(caused) == [("new", "b"), ("trade", "b", 3, 101), *expected]


def test_fill_or_kill_ends_nobody_elses_order_when_it_is_killed():
    there = open_at(quoted())
    there.perform(place("a", SELL, 2, 101))

    kills = {"time_in_force": TimeInForce.FOK, "self_trade": SelfTrade.OLDEST}
    caused = there.perform(place("b", BUY, 12, 103, **kills))

    assert told(caused) == [("new", "b"), ("expired", "b", "killed")]
    assert told(there.perform(amend("a", size=1))) == [("amended", "a")]


# --- rules of the instrument -----------------------------------------------------------


RULES = OrderRules(
    size_max=50,
    size_step=2,
    market_size_min=4,
    market_size_max=10,
    market_size_step=4,
    price_min=10,
    price_max=1000,
    band_up=Decimal("1.05"),
    band_down=Decimal("0.95"),
    market_band=Decimal("0.02"),
    notional_max=Decimal(200),
    orders_max=2,
    triggers_max=1,
    position_max=20,
)


def ruled(market: Market | None = None) -> SimulatedVenue:
    strict = structs.replace(listing(PERP, notional_min=Decimal(5)), rules=RULES)
    return open_at(market or quoted().mark(15, "50"), listings={PERP: strict})


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (place("a", BUY, 3, 100), "size_step"),
        (place("a", BUY, 52, 100), "size_max"),
        (place("a", BUY, 2, None, type=MARKET), "size_min"),
        (place("a", BUY, 6, None, type=MARKET), "size_step"),
        (place("a", BUY, 12, None, type=MARKET), "size_max"),
        (place("a", BUY, 2, 9), "price_range"),
        (place("a", SELL, 2, 1001), "price_range"),
        (place("a", BUY, 2, 106), "price_band"),
        (place("a", SELL, 2, 94), "price_band"),
        (place("a", BUY, 42, 100), "notional_max"),
        (place("a", BUY, 2, 20), "notional_min"),
        (place("a", BUY, 22, 100), "position_max"),
        (stop("a", BUY, 4, Trigger(1001, MARK, True)), "price_range"),
        (place("a", BUY, 2, None), "invalid"),
        (place("a", BUY, 0, 100), "invalid"),
        (place("a", BUY, 2, 100, post_only=True, time_in_force=IOC), "invalid"),
        (place("a", BUY, 2, 100, expires_ns=20), "invalid"),
        (place("a", BUY, 2, 100, instrument=SPOT), "not_listed"),
    ],
)
def test_an_order_that_breaks_a_rule_is_rejected_with_its_code(asked, reason):
    (report,) = ruled().perform(asked)

    assert told([report]) == [("rejected", "a", reason)]
    assert (report.status, report.number, report.leaves) == (Status.REJECTED, 0, 0)
    assert report.text


@pytest.mark.parametrize(
    "asked",
    [
        place("a", BUY, 2, 105),
        place("a", SELL, 2, 95),
        place("a", BUY, 20, 100),
        place("a", BUY, 4, None, type=MARKET),
        # Too far for a bid is not too far for an ask.
        place("a", SELL, 2, 200),
    ],
)
def test_an_order_at_the_edge_of_the_rules_is_taken(asked):
    assert told(ruled().perform(asked))[0] == ("new", "a")


def test_a_price_band_needs_a_mark_and_follows_it():
    there = ruled(quoted().mark(30, "60"))
    # Before the first mark the middle of the book stands in: 50.25.
    assert told(there.perform(place("a", BUY, 2, 106)))[0] == ("rejected", "a", "price_band")

    there.advance(30)

    assert told(there.perform(place("b", BUY, 2, 106)))[0] == ("new", "b")
    assert told(there.perform(place("c", BUY, 2, 99)))[0] == ("new", "c")
    assert told(there.perform(amend("c", price=127))) == [("refused", "price_band")]


def test_a_market_order_goes_no_further_than_its_band():
    market = Market().book(10, [(100, 50)], [(101, 4), (102, 4), (103, 40)]).mark(15, "50")

    # 2 % above 50 is 51: 102 ticks.
    caused = ruled(market).perform(place("a", BUY, 8, None, type=MARKET))
    again = ruled(market_of_three()).perform(place("a", BUY, 8, None, type=MARKET))

    assert told(caused) == [("new", "a"), ("trade", "a", 4, 101), ("trade", "a", 4, 102)]
    assert told(again)[3:] == [("expired", "a", "collar")]


def market_of_three() -> Market:
    return quoted().mark(15, "50")


def test_so_many_orders_may_stand_and_so_many_wait():
    there = ruled()
    for name in "abc":
        last = there.perform(place(name, BUY, 2, 98))
    waits = [there.perform(stop(n, SELL, 4, Trigger(90, MARK, False))) for n in ("x", "y")]

    assert told(last) == [("rejected", "c", "orders_max")]
    assert [told(each) for each in waits] == [[("new", "x")], [("rejected", "y", "triggers_max")]]
    # Another account has room of its own.
    assert told(there.perform(place("d", BUY, 2, 98, account=OTHER))) == [("new", "d")]


def test_what_is_held_and_on_its_way_counts_for_the_largest_position():
    there = ruled()
    there.perform(place("a", BUY, 2, 101))
    there.perform(place("b", BUY, 12, 99))

    assert told(there.perform(place("c", BUY, 8, 98))) == [("rejected", "c", "position_max")]
    assert told(there.perform(amend("b", size=20))) == [("refused", "position_max")]
    assert told(there.perform(place("d", SELL, 20, 103)))[0] == ("new", "d")


@pytest.mark.parametrize(
    "wrong",
    [
        {"size_step": 0},
        {"size_max": -1},
        {"band_up": Decimal("0.05")},
        {"band_down": Decimal(5)},
        {"market_band": Decimal(5)},
    ],
)
def test_rules_that_nothing_can_keep_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        OrderRules(**wrong)


# --- many at once, and time ------------------------------------------------------------


def test_a_batch_is_judged_one_by_one():
    there = open_at(quoted())

    caused = there.perform(
        Batch(
            requests=(
                place("a", BUY, 1, 100),
                place("b", BUY, 1, 0),
                amend("a", price=99),
                CancelOrder(account=ACCOUNT, instrument=PERP, client_id="x"),
            )
        )
    )

    assert told(caused) == [
        ("new", "a"),
        ("rejected", "b", "price_grid"),
        ("amended", "a"),
        ("refused", "unknown_order"),
    ]


def test_cancel_all_takes_back_an_accounts_orders_and_nobody_elses():
    there = open_at(quoted().book(10, [(100, 5)], [(101, 3)], INVERSE).mark(15, "50"))
    there.perform(place("a", BUY, 1, 99))
    there.perform(stop("b", SELL, 1, Trigger(90, MARK, False)))
    there.perform(place("c", BUY, 1, 99, instrument=INVERSE))
    there.perform(place("d", BUY, 1, 99, account=OTHER))

    here = there.perform(CancelAll(account=ACCOUNT, instrument=PERP))
    everywhere = there.perform(CancelAll(account=ACCOUNT))

    assert told(here) == [("canceled", "a", "asked"), ("canceled", "b", "asked")]
    assert told(everywhere) == [("canceled", "c", "asked")]
    assert there.perform(CancelAll(account=ACCOUNT)) == []


def test_a_countdown_takes_everything_back_unless_it_is_heard_of_in_time():
    there = open_at(quoted())
    there.perform(place("a", BUY, 1, 99))
    there.perform(Countdown(account=ACCOUNT, instrument=PERP, ms=10))
    there.perform(Countdown(account=ACCOUNT, instrument=PERP, ms=10), 6 * MS)

    assert later(there, 16 * MS - 1) == []
    there.advance(16 * MS)
    said = there.take_said()

    assert told(said) == [("canceled", "a", "countdown")]
    assert said[0].at_ns == 16 * MS


def test_a_countdown_of_nothing_puts_it_off():
    there = open_at(quoted())
    there.perform(place("a", BUY, 1, 99))
    there.perform(Countdown(account=ACCOUNT, instrument=None, ms=10))
    there.perform(Countdown(account=ACCOUNT, instrument=None, ms=0))

    assert later(there, 100 * MS) == []


def test_a_countdown_watches_its_own_instrument_and_account():
    there = open_at(quoted().book(10, [(100, 5)], [(101, 3)], INVERSE))
    there.perform(place("a", BUY, 1, 99, instrument=INVERSE))
    there.perform(place("b", BUY, 1, 99, account=OTHER))
    there.perform(Countdown(account=ACCOUNT, instrument=PERP, ms=10))

    assert later(there, 100 * MS) == []
    assert told(there.perform(Countdown(account=ACCOUNT, instrument=PERP, ms=-1))) == [
        ("refused", "invalid")
    ]


def test_an_order_good_till_a_time_stands_until_then():
    there = open_at(quoted().trade(50, SELL, 98, 99))
    there.perform(place("a", BUY, 1, 99, expires_ns=50))
    there.perform(place("b", BUY, 1, 99, expires_ns=51))

    # A trade of the same time comes first.
    assert later(there, 50) == [("trade", "a", 1, 99), ("trade", "b", 1, 99)]


def test_an_order_good_till_a_time_is_over_then():
    there = open_at(quoted().trade(51, SELL, 98, 99))
    there.perform(place("a", BUY, 1, 99, expires_ns=50))

    assert later(there) == [("expired", "a", "time")]


# --- the engine's own words ------------------------------------------------------------


def test_every_report_is_an_event_of_ours_or_nothing_at_all():
    there = open_at(quoted().mark(15, "50").mark(30, "48"))
    said = there.perform(stop("a", SELL, 2, Trigger(97, MARK, False)))
    said += there.perform(place("b", BUY, 4, 100, expires_ns=60))
    said += there.perform(amend("b", size=3))
    said += there.perform(amend("x", size=3))
    said += there.perform(CancelOrder(account=ACCOUNT, instrument=PERP, client_id="x"))
    there.advance(100)
    said += there.take_said()

    names = [type(event).__name__ for each in said if (event := event_of(each)) is not None]

    assert names == [
        "OrderAccepted",
        "OrderAccepted",
        "OrderAmended",
        "CancelRejected",
        "Fill",
        "OrderExpired",
    ]
    assert Change.TRIGGERED in {getattr(each, "change", None) for each in said}
    assert Reason.UNKNOWN_ORDER in {getattr(each, "reason", None) for each in said}
