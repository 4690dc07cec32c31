"""Options: what one is worth at its worst, bought and sold, and that no order may open one."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bot.model.command import Side
from bot.model.units import Currency, InstrumentId
from bot.risk.limits import Level, MarkReference, Scope
from bot.risk.margin import INFINITY
from bot.risk.prices import Unknown
from bot.risk.solvency import liquidation_distance
from bot.risk.worst import Reservations
from tests.risk.world import ACCOUNT, INSTRUMENTS, OPTION, PERP, Desk, World, book, limits, order

COIN, USD = Currency("COIN"), Currency("USD")
PUT = InstrumentId("venue:COIN/USD:USD-300101-100-P")
INVERSE_CALL = InstrumentId("venue:COIN/USD:COIN-300101-100-C")
TOTAL = Scope(Level.TOTAL, "")


def world(**given) -> World:
    """A coin at 100 dollars; calls and puts on one coin at 7 dollars; one settled in coin."""
    made = World(**given)
    put = replace(INSTRUMENTS[OPTION], id=PUT, call=False)
    inverse = replace(
        INSTRUMENTS[OPTION],
        id=INVERSE_CALL,
        quote=COIN,
        settle=COIN,
        contract_size=Decimal("0.1"),  # of a tenth of a coin, as OKX has them
    )
    made.instruments |= {PUT: put, INVERSE_CALL: inverse}
    for name in (OPTION, PUT):
        made.marks[name] = made.mids[name] = Decimal(7)
        made.touches[name] = (6, 8)
    made.marks[INVERSE_CALL] = Decimal("0.07")
    made.touches[INVERSE_CALL] = (1, 2)
    made.conversions[COIN] = Decimal(100)
    return made


def worst(of: World):
    return Reservations(of, MarkReference.VENUE).worst(TOTAL)


def test_a_bought_option_risks_its_premium_and_a_sold_one_all_that_it_is_on():
    assert worst(world().hold(5, OPTION)).gross() == 5 * 7
    assert worst(world().hold(-5, OPTION)).gross() == 5 * 100


def test_a_coin_settled_option_is_counted_in_its_contracts_at_the_price_of_its_coin():
    # Premium: 0.1 coins a contract x 0.07 coins a coin x 100 dollars.
    assert worst(world().hold(30, INVERSE_CALL)).gross() == 30 * Decimal("0.7")
    assert worst(world().hold(-30, INVERSE_CALL)).gross() == 30 * 10


def test_a_sold_option_is_never_less_than_buying_it_back():
    deep = world().hold(-1, PUT)
    deep.marks[PUT] = Decimal(250)

    assert worst(deep).gross() == 250


def test_an_order_that_may_fill_counts_at_the_dearer_of_its_limit_and_the_far_touch():
    held = world().hold(-5, OPTION)
    held.place(order(2, Side.BUY, instrument=OPTION, price=9))
    # Sold in full until the order has filled; two bought back would still leave three sold.
    assert worst(held).gross() == 5 * 100
    bought = world().hold(3, OPTION)
    bought.place(order(2, Side.BUY, instrument=OPTION, price=9))
    assert worst(bought).gross() == 5 * 9


@pytest.mark.parametrize(
    ("name", "lots", "long", "short"),
    [(OPTION, 4, 4, 0), (OPTION, -4, 0, -4), (PUT, 4, 0, -4), (PUT, -4, 4, 0)],
)
def test_a_delta_is_anything_up_to_the_coins_and_no_hedge(name, lots, long, short):
    alone = world().hold(lots, name)
    assert worst(alone).delta(COIN) == max(long, -short)

    # A perpetual on the other side is not netted against a delta that may vanish.
    hedged = world().hold(lots, name).hold(-long - short, PERP)
    assert worst(hedged).delta(COIN) == 4


def test_what_an_option_is_worth_may_be_unknown():
    nameless = world().hold(1, OPTION)
    del nameless.marks[OPTION]
    with pytest.raises(Unknown, match="mark"):
        worst(nameless).gross()
    sold = world().hold(-1, OPTION)
    del sold.conversions[COIN]
    with pytest.raises(Unknown, match="conversion of COIN"):
        worst(sold).gross()


def test_nobody_takes_a_bought_option_away_and_a_sold_one_has_no_table_of_margins():
    def distance(of: World) -> Decimal:
        return liquidation_distance(Reservations(of, MarkReference.VENUE), ACCOUNT, USD, {})

    assert distance(world().hold(5, OPTION)) == INFINITY
    with pytest.raises(Unknown, match="tiers"):
        distance(world().hold(-5, OPTION))


@pytest.mark.parametrize("side", list(Side))
def test_an_order_that_opens_an_option_is_refused_in_one_clear_message(side):
    refusal = Desk(world(), book()).refusal(order(1, side, instrument=OPTION, price=7))

    assert (refusal.limit, refusal.value) == ("option", OPTION)
    assert refusal.allowed.startswith("orders that close one: options are read, not traded")


def test_an_option_that_is_held_can_be_closed_and_not_turned_over():
    desk = Desk(world().hold(-2, OPTION), book(total=limits(gross_notional_max=Decimal(300))))

    assert desk.refusal(order(3, Side.BUY, instrument=OPTION, price=8)).limit == "option"
    assert desk.passes(order(2, Side.BUY, instrument=OPTION, price=8))


def test_an_option_that_is_held_does_not_hide_the_rest():
    desk = Desk(
        world().hold(5, OPTION), book(total=limits(gross_notional_max=Decimal(5 * 7 + 303)))
    )

    assert desk.refusal(order(4, instrument=PERP, price=101)).limit == "total.gross_notional_max"
    assert desk.passes(order(3, instrument=PERP, price=101))
