"""Where the parts of the venue meet: closing orders, orders without a price, its own marks."""

from bot.venues.simulated.requests import Trigger, TriggerSource
from tests.venues.market import (
    ACCOUNT,
    BUY,
    PERP,
    SELL,
    Market,
)
from tests.venues.test_native import OTHER, later, open_at, place, quoted, stop, told

MARK, LAST = TriggerSource.MARK, TriggerSource.LAST


# --- orders that may only close --------------------------------------------------------


def test_a_resting_order_that_may_only_close_opens_nothing_when_another_account_meets_it():
    there = open_at(Market().book(10, [(90, 50)], [(95, 10)]))
    there.perform(place("long", BUY, 10, 95))
    there.perform(place("plain", SELL, 10, 100))
    there.perform(place("close", SELL, 10, 101, reduce_only=True))

    said = told(there.perform(place("taker", BUY, 20, 101, account=OTHER)))

    assert there.positions.get((ACCOUNT, PERP), 0) == 0
    assert there.positions[OTHER, PERP] == 10
    assert ("canceled", "close", "reduced") in said


def test_a_stop_closes_what_an_order_to_take_profit_was_to_close():
    there = open_at(quoted().mark(30, "49"))
    there.perform(place("long", BUY, 3, 101))
    there.perform(place("profit", SELL, 3, 110, reduce_only=True))
    there.perform(
        stop("loss", SELL, 0, Trigger(price=98, source=MARK, rising=False), close_position=True)
    )

    said = later(there)

    assert ("trade", "loss", 3, 100) in said
    assert ("canceled", "profit", "reduced") in said
    assert there.positions == {}


# --- orders without a price ------------------------------------------------------------


# --- marks of the venue's own ----------------------------------------------------------
