"""The blotter: each trade once, nothing released early, nothing a venue can do breaks it."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.execution import blotter as module
from bot.execution.blotter import Blotter, BlotterState, Order
from bot.model.command import Approved, OrderType, Proposal, Side, TimeInForce
from bot.model.event import (
    CancelRejected,
    CancelRequested,
    Fill,
    IntentDurable,
    OrderAbsent,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderRejected,
    OrderSent,
    OrderUnknown,
    SendAborted,
)
from bot.model.order import IllegalMove, Note, State
from bot.model.units import AccountId, Currency
from tests.execution.world import ME, PERP, SPOT

VENUE = AccountId("binanceusdm")


def approved(order_id: str = "a", size: int = 10, instrument=PERP) -> Approved:
    proposal = Proposal(
        account=VENUE,
        strategy=ME,
        instrument=instrument,
        side=Side.BUY,
        size=size,
        price=500_000,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        post_only=True,
        reduce_only=False,
        reason="target",
    )
    return Approved(order_id, proposal, 7)


def report(kind: type[OrderEvent], order_id: str = "a", **fields: object):
    return kind(ts_recv=9, ts_venue=8, account=VENUE, order_id=order_id, **fields)


def fill(size: int, trade: str, order_id: str = "a") -> Fill:
    return report(
        Fill,
        order_id,
        trade_id=trade,
        instrument=PERP,
        side=Side.BUY,
        size=size,
        price=500_000,
        fee=Decimal(0),
        fee_currency=Currency("USDT"),
        maker=True,
    )


DURABLE, SENT = report(IntentDurable), report(OrderSent)
ACCEPTED = report(OrderAccepted, venue_order_id="v")
REJECTED = report(OrderRejected, reason="margin")
CANCELED = report(OrderCanceled, reason="asked")
EXPIRED = report(OrderExpired)
UNKNOWN = report(OrderUnknown, reason="timeout")
ABSENT = report(OrderAbsent)


def with_order(*events: OrderEvent, size: int = 10) -> tuple[Blotter, Order]:
    blotter = Blotter()
    order = blotter.add(approved(size=size), Decimal(50_000))
    for event in (DURABLE, *events):
        blotter.apply(event)
    return blotter, order


def test_an_order_counts_as_working_from_the_moment_it_is_added():
    blotter = Blotter()

    order = blotter.add(approved(), None)

    assert order.state is State.NEW
    assert order.remaining == 10
    assert list(blotter.working(ME, PERP).values()) == blotter.live() == [order]
    assert blotter.live(SPOT) == []


def test_whoever_counts_exposure_hears_where_it_changed():
    blotter, order = with_order(SENT)
    place = (VENUE, PERP)
    heard = [blotter.changes.take(), blotter.changes.take()]

    for event in (ACCEPTED, fill(4, "1"), fill(4, "1"), CANCELED):
        blotter.apply(event)
        heard.append(blotter.changes.take())
    blotter.add(approved("b"), None)
    heard.append(blotter.changes.take())
    blotter.apply(report(IntentDurable, "b"))
    blotter.apply(report(OrderSent, "b"))
    blotter.apply(report(OrderAmended, "b", price=1, size=2))
    heard.append(blotter.changes.take())
    blotter.restore(blotter.state())
    heard.append(blotter.changes.take())

    assert order.filled == 4
    everywhere, nowhere, here = None, set(), {place}
    assert heard == [everywhere, nowhere, nowhere, here, nowhere, here, here, here, everywhere]


def test_fills_turn_what_remains_into_what_is_filled():
    blotter, order = with_order(SENT, ACCEPTED)

    first = blotter.apply(fill(4, "1"))
    second = blotter.apply(fill(6, "2"))

    assert (first.note, first.filled, first.released) == (Note.NONE, 4, 0)
    assert (second.note, second.filled, second.released) == (Note.NONE, 6, 0)
    assert (order.state, order.filled, order.remaining) == (State.FILLED, 10, 0)
    assert blotter.live() == []
    assert order.venue_order_id == "v"
    assert order.sent_ns == 9


def test_a_trade_heard_twice_counts_once():
    blotter, order = with_order(SENT)
    blotter.apply(fill(4, "1"))

    again = blotter.apply(fill(4, "1"))

    assert (again.note, again.filled, order.filled) == (Note.DUPLICATE, 0, 4)


def test_the_same_trade_id_at_another_instrument_is_another_trade():
    blotter, _ = with_order(SENT)
    blotter.apply(fill(4, "1"))

    other = blotter.apply(msgspec.structs.replace(fill(3, "1"), instrument=SPOT))

    assert other.filled == 3


@pytest.mark.parametrize("end", [CANCELED, EXPIRED])
def test_only_the_venue_releases_what_remains(end):
    blotter, order = with_order(SENT, ACCEPTED, report(CancelRequested))
    assert order.cancel_pending
    assert order.remaining == 10
    blotter.apply(fill(4, "1"))

    ended = blotter.apply(end)

    assert (ended.released, order.remaining, order.filled) == (6, 0, 4)
    assert not order.cancel_pending


def test_a_fill_after_the_cancel_is_booked_and_said_to_be_late():
    blotter, order = with_order(SENT, CANCELED)

    late = blotter.apply(fill(4, "1"))

    assert (late.note, late.filled, late.released) == (Note.LATE_FILL, 4, 0)
    assert (order.state, order.filled) == (State.CANCELED, 4)


@pytest.mark.parametrize("sizes", [(11,), (6, 5), (10, 1)])
def test_more_than_was_ordered_is_booked_and_said_to_be_too_much(sizes):
    blotter, order = with_order(SENT)

    notes = [blotter.apply(fill(size, str(size))).note for size in sizes]

    assert notes[-1] is Note.OVERFILL
    assert (order.state, order.filled, order.remaining) == (State.FILLED, sum(sizes), 0)


@pytest.mark.parametrize(
    "events",
    [
        (SENT, REJECTED, fill(1, "1")),
        (SENT, UNKNOWN, ABSENT, fill(1, "1")),
        (SENT, UNKNOWN, ABSENT, ACCEPTED),
        (report(SendAborted, reason="stale"), fill(1, "1")),
    ],
)
def test_a_venue_that_contradicts_a_proof_is_a_break(events):
    blotter, _ = with_order(*events[:-1])

    applied = blotter.apply(events[-1])

    assert applied.note is Note.BREAK
    assert applied.filled == (1 if isinstance(events[-1], Fill) else 0)


def test_a_rejected_cancel_leaves_the_order_working():
    blotter, order = with_order(SENT, ACCEPTED, report(CancelRequested))

    blotter.apply(report(CancelRejected, reason="filled"))

    assert not order.cancel_pending
    assert order.remaining == 10


def test_an_amendment_changes_price_and_size_and_releases_the_difference():
    blotter, order = with_order(SENT, ACCEPTED, fill(2, "1"))

    less = blotter.apply(report(OrderAmended, price=499_990, size=5))
    none = blotter.apply(report(OrderAmended, price=499_990, size=2))

    assert (less.released, none.released) == (5, 3)
    assert (order.price, order.state) == (499_990, State.CANCELED)


def test_fills_of_others_are_told_apart_from_fills_of_orders_nobody_knows():
    blotter = Blotter()

    foreign = blotter.apply(fill(3, "1", order_id=""))
    lost = blotter.apply(fill(3, "2", order_id="zz"))

    assert (foreign.order, foreign.note, foreign.filled) == (None, Note.NONE, 3)
    assert (lost.order, lost.note, lost.filled) == (None, Note.BREAK, 3)


def test_a_move_that_cannot_have_happened_is_a_bug_and_says_so():
    blotter, _ = with_order()

    with pytest.raises(IllegalMove, match="order intent: accept"):
        blotter.apply(ACCEPTED)


def test_an_order_that_never_became_durable_can_be_given_up():
    blotter = Blotter()
    order = blotter.add(approved(), None)

    given_up = blotter.apply(report(SendAborted, reason="restart"))

    assert (order.state, given_up.released) == (State.REFUSED, 10)


def test_an_order_id_is_used_once():
    blotter, _ = with_order(SENT, CANCELED)

    with pytest.raises(AssertionError, match="exists already"):
        blotter.add(approved(), None)


def test_closed_orders_and_trades_are_forgotten_beyond_a_stated_number():
    blotter = Blotter()

    for number in range(module.CLOSED_KEPT + 5):
        name = f"o{number}"
        blotter.add(approved(name, size=1), None)
        blotter.apply(report(IntentDurable, name))
        blotter.apply(report(OrderSent, name))
        blotter.apply(fill(1, name, name))

    state = blotter.state()
    assert len(state.closed) == module.CLOSED_KEPT
    assert len(state.trades) == module.TRADES_KEPT
    assert blotter.get("o4") is None
    assert blotter.apply(report(OrderCanceled, "o4", reason="late")).note is Note.DUPLICATE
    assert blotter.apply(fill(1, f"o{number}", f"o{number}")).note is Note.DUPLICATE


def test_a_blotter_survives_encoding_and_shares_nothing_with_its_copy():
    blotter, _ = with_order(SENT, ACCEPTED, fill(4, "1"))
    blotter.add(approved("b"), Decimal("50000.05"), Decimal(49_999))
    wire = msgspec.json.encode(blotter.state())

    twin = Blotter()
    twin.restore(msgspec.json.decode(wire, type=BlotterState))
    blotter.apply(fill(6, "2"))

    assert [one.order_id for one in twin.live()] == ["a", "b"]
    assert twin.get("a").filled == 4
    assert twin.apply(fill(4, "1")).note is Note.DUPLICATE
    assert twin.apply(fill(6, "2")).filled == 6
    assert twin.state() == blotter.state()


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, list[OrderEvent]]:
    """What a venue can do with an order of so many lots, as a bad line may deliver it.

    It answers with a rejection, or takes the order, fills some or all of it, and perhaps takes the
    rest off its book; reports arrive in any order, some twice, and we may lose sight of it.
    """
    size = draw(st.integers(1, 20))
    if draw(st.booleans()) and draw(st.booleans()):
        told: list[OrderEvent] = [REJECTED]
        sizes: list[int] = []
    else:
        sizes, left = [], size
        while left and draw(st.integers(0, 3)):
            sizes.append(draw(st.integers(1, left)))
            left -= sizes[-1]
        told = [ACCEPTED, *(fill(lots, f"t{i}") for i, lots in enumerate(sizes))]
        told += [draw(st.sampled_from([CANCELED, EXPIRED]))] if left else []
    told += [draw(st.sampled_from(told)) for _ in range(draw(st.integers(0, 3)))]
    told += [UNKNOWN] * draw(st.integers(0, 2))
    return size, [SENT, *draw(st.permutations(told))]


@given(histories())
def test_any_history_a_venue_can_produce_keeps_the_sums(history):
    size, events = history
    blotter, order = with_order(size=size)
    seen: set[str] = set()

    for event in events:
        before, filled_before = order.remaining, order.filled
        applied = blotter.apply(event)
        fresh = isinstance(event, Fill) and event.trade_id not in seen
        if isinstance(event, Fill):
            seen.add(event.trade_id)
        late = applied.note is Note.LATE_FILL

        assert applied.filled == (event.size if fresh else 0)
        assert order.filled == filled_before + applied.filled
        assert order.remaining == (0 if order.closed else size - order.filled)
        assert before - order.remaining == applied.released + (0 if late else applied.filled)
        assert applied.note in (Note.NONE, Note.DUPLICATE, Note.LATE_FILL)

    total = sum({e.trade_id: e.size for e in events if isinstance(e, Fill)}.values())
    assert order.filled == total
    assert order.closed
    assert blotter.live() == []


@given(histories())
def test_the_same_history_heard_a_second_time_changes_nothing(history):
    size, events = history
    blotter, _ = with_order(*events, size=size)
    before = msgspec.msgpack.encode(blotter.state())

    for event in events[1:]:
        assert blotter.apply(event).note is Note.DUPLICATE

    assert msgspec.msgpack.encode(blotter.state()) == before
