"""The last look before the first byte."""

from collections.abc import Sequence
from decimal import Decimal
from typing import get_type_hints

import pytest

from bot.model.command import Approved, Proposal, Side
from bot.risk.kill import Mode
from bot.risk.limits import TOTAL, Reference
from bot.risk.recheck import recheck
from bot.risk.review import review
from tests.risk.world import PERP, SECOND, Desk, World, book, limits, order


def approved_then(desk: Desk, proposal=None) -> Approved:
    """An order that was approved, counted, and is now about to leave."""
    approved, _ = desk.review(proposal or order(1))
    desk.world.place(approved[0].proposal, approved[0].order_id)
    return approved[0]


def look(desk: Desk, approved: Approved, epoch: str = "e1-") -> str | None:
    return recheck(approved, desk.reservations, desk.limits, desk.halts, epoch=epoch)


def test_an_order_that_still_fits_may_leave():
    stated = limits(
        position_max={PERP: Decimal(1)},
        order_notional_max=Decimal(101),
        gross_notional_max=Decimal(101),
        quote_age_ms_max=250,
        orders_per_second_max=1,
        orders_per_ten_seconds_max=1,
    )
    desk = Desk(World(), book(total=stated))

    assert look(desk, approved_then(desk)) is None


@pytest.mark.parametrize(
    ("mode", "told"), [(Mode.REDUCE_ONLY, "reduce only"), (Mode.HALTED, "halted")]
)
def test_a_halt_after_the_approval_stops_the_order(mode, told):
    desk = Desk(World(), book())
    approved = approved_then(desk)

    desk.halts.halt(TOTAL, mode, "operator", 1)

    assert look(desk, approved) == f"{told}: total: operator"


def test_a_reduction_leaves_even_so():
    desk = Desk(World().hold(5), book())
    approved = approved_then(desk, order(5, Side.SELL))

    desk.halts.halt(TOTAL, Mode.REDUCE_ONLY, "operator", 1)

    assert look(desk, approved) is None


def test_a_position_that_closed_meanwhile_leaves_nothing_to_reduce():
    desk = Desk(World(reducing="stale").hold(5), book())
    approved = approved_then(desk, order(5, Side.SELL))

    desk.world.hold(4)

    assert look(desk, approved) == "reduce only: stale"


def test_a_book_that_fell_silent_stops_the_order():
    desk = Desk(World(), book(total=limits(quote_age_ms_max=250)))
    approved = approved_then(desk)

    desk.world.ages[PERP] = SECOND

    assert look(desk, approved) == "total.quote_age_ms_max: 1000, allowed 250"


def test_a_market_that_moved_away_stops_the_order():
    desk = Desk(World(), book(total=limits(price_collar_bps={Reference.MARK: Decimal(100)})))
    approved = approved_then(desk)

    desk.world.marks[PERP] = Decimal(110)

    assert "price_collar_bps: 100, allowed within 100 bps of mark 110" in str(look(desk, approved))


def test_a_late_fill_that_used_up_the_limit_stops_the_order():
    desk = Desk(World(), book(total=limits(position_max={PERP: Decimal(5)})))
    approved = approved_then(desk, order(5))

    desk.world.hold(1)

    assert look(desk, approved) == "total.position_max: 6, allowed 5"


def test_a_reference_that_was_lost_stops_the_order():
    desk = Desk(World(), book(total=limits(order_notional_max=Decimal(1000))))
    approved = approved_then(desk)

    desk.world.marks.clear()

    assert look(desk, approved) == (
        f"total.order_notional_max: unknown, allowed 1000 with mark of {PERP} known"
    )


def test_an_order_of_another_run_is_never_sent():
    desk = Desk(World(), book())

    assert "epoch" in str(look(desk, approved_then(desk), epoch="e2-"))


def test_an_approved_order_that_is_not_counted_is_a_bug_of_ours():
    desk = Desk(World(), book())
    approved, _ = desk.review(order(1))

    with pytest.raises(AssertionError, match="expected among the live orders"):
        look(desk, approved[0])


def test_the_gate_takes_proposals_only_so_that_no_cancel_can_be_refused():
    asked = get_type_hints(review)["proposals"]

    assert asked == Sequence[Proposal]
    assert get_type_hints(recheck)["approved"] is Approved
