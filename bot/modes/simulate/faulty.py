"""A simulated venue that does something wrong, at the moment that a scenario chose.

What is wrong lies between its door and its counter, or is something that a venue does by itself;
its books always hold what it did, told or untold. It keeps all that it said of each order, so
that whoever asks about one is told everything.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from bot.model.command import Side
from bot.model.event import (
    CancelRejected,
    Deleveraged,
    Event,
    Fill,
    OrderAbsent,
    OrderCanceled,
    OrderEvent,
    OrderUnknown,
    Settled,
)
from bot.model.units import NS_PER_SECOND, AccountId, InstrumentId
from bot.modes.simulate.armed import Armed, One
from bot.modes.simulate.faults import Deleverages, IsDown
from bot.tape.venue_order import FOREVER
from bot.venues.simulated.agenda import ARRIVAL, Action
from bot.venues.simulated.door import event_of
from bot.venues.simulated.outbox import TRADE
from bot.venues.simulated.reports import Reason, Said
from bot.venues.simulated.requests import CancelOrder, PlaceOrder
from bot.venues.simulated.venue import SimulatedVenue

BUSY: Final = "the venue is busy"
NO_MORE: Final = "the venue did not take the rest"
STANDS: Final = "it still stands"


class Inquiry(Struct, frozen=True):
    """What became of an order? A question of ours, on its way there."""

    account: AccountId
    instrument: InstrumentId
    order_id: str


class Answer(Struct, frozen=True):
    """The answer to it, on its way back."""

    inquiry: Inquiry
    at_ns: int
    heard_ns: int
    stands: bool


class Does(Struct, frozen=True):
    """What the venue does by itself when its time has come."""

    one: One


class FaultyVenue(SimulatedVenue):
    """A venue with faults; without any it is the simulated venue, to the last bit.

    It must be `arm`ed before it is used.
    """

    armed: Armed

    def arm(self, armed: Armed, start_ns: int, first_s: int) -> None:
        """Take the faults of a run.

        start_ns: of its market, from which times are counted. first_s: second of the first fill
        where nothing goes wrong.
        """
        self.armed = armed
        self._placed_at: dict[str, InstrumentId] = {}
        self._told: dict[str, list[OrderEvent]] = defaultdict(list)
        self._silence: dict[InstrumentId, tuple[int, int]] = {}
        self._lost: set[str] = set()
        self._halves: dict[str, int] = {}
        self._late: dict[str, int] = {}
        for one in armed.timed():
            if isinstance(one.fault, IsDown):
                at_ns = start_ns + (first_s + one.n["after_s"]) * NS_PER_SECOND
                name, until_ns = armed.legs[one.fault.which], at_ns + one.n["for_s"] * NS_PER_SECOND
                self._silence[name] = (at_ns, until_ns)
                armed.fire(one, name, at_ns, until_ns)
            else:
                at_ns = start_ns + one.n["at_s"] * NS_PER_SECOND
                self._plan(at_ns, ARRIVAL, cast(Action, Does(one)))

    def inquire(self, asked: OrderUnknown) -> None:
        """Ask what became of an order; the answer comes like all that the venue says."""
        name = self._placed_at[asked.order_id]
        inquiry = Inquiry(asked.account, name, asked.order_id)
        self._plan(self._line.arrives(asked.ts_recv), ARRIVAL, cast(Action, inquiry))

    # --- what arrives ------------------------------------------------------------------

    def send(self, request: Any, sent_ns: int) -> None:
        """Send a request, and remember where an order went."""
        if isinstance(request, PlaceOrder):
            self._placed_at[request.client_id] = request.instrument
        super().send(request, sent_ns)

    def _do(self, action: Action) -> None:
        ours = cast(Action | Inquiry | Does, action)  # what `inquire` and `arm` have planned
        if isinstance(ours, Does):
            self._by_itself(ours.one)
        elif isinstance(ours, PlaceOrder | CancelOrder | Inquiry):
            self._arrive(ours)
        else:
            super()._do(action)

    def _arrive(self, request: PlaceOrder | CancelOrder | Inquiry) -> None:
        until_ns = self._silent_until(request.instrument, self.now_ns)
        if until_ns is not None:
            self._plan(until_ns, ARRIVAL, cast(Action, request))
        elif isinstance(request, Inquiry):
            self._answer(request)
        elif isinstance(request, PlaceOrder):
            self._place(request)
        else:
            self._cancel(request)

    def _place(self, request: PlaceOrder) -> None:
        armed, now_ns = self.armed, self.now_ns
        armed.count_order(request.instrument)
        if armed.rejects(request.instrument, now_ns):
            self._outbox.reject(request, Reason.BOOK_UNUSABLE, BUSY)
            return
        if armed.loses_order(request.instrument, now_ns):
            return
        if armed.loses_answers(request.instrument, now_ns):
            self._lost.add(request.client_id)
        elif armed.may_fill_partly(request.instrument) and self._large(request):
            self._halves[request.client_id] = half = request.size // 2
            request = replace(request, size=half)
        super()._do(request)

    def _large(self, request: PlaceOrder) -> bool:
        """Whether half of an order is still one."""
        listed = self.listing(request.instrument).instrument
        half = request.size // 2
        if request.price is None or half < max(1, listed.size_min):
            return False
        least = listed.notional_min
        return least is None or listed.notional(half, listed.price(request.price)) >= least

    def _cancel(self, request: CancelOrder) -> None:
        armed, exchange = self.armed, self._exchange
        armed.count_cancel(request.instrument)
        if armed.loses_cancel(request.instrument, self.now_ns):
            return
        order = exchange.find(request.account, request.number, request.client_id)
        late_ns = None
        if order is not None and order.trigger is None:
            late_ns = armed.fills_late(request.instrument, self.now_ns, order.leaves)
        super()._do(request)
        if order is not None and late_ns is not None:
            self._late[f"{TRADE}{self._outbox.trades + 1}"] = late_ns
            lots, order.leaves = order.leaves, 0
            exchange.fill(order, order.price, lots, maker=True)
            self._account()

    def _answer(self, inquiry: Inquiry) -> None:
        stands = self._exchange.find(inquiry.account, None, inquiry.order_id) is not None
        answer = Answer(inquiry, self.now_ns, self._line.heard(self.now_ns), stands)
        self._outbox.said.append(cast(Said, answer))

    # --- what the venue does by itself -------------------------------------------------

    def _by_itself(self, one: One) -> None:
        fault = one.fault
        name = self.armed.legs[fault.which]
        i, price = self._index[name], self.mark(name)
        if price is None:
            return
        for account, position in self._accounts.holders(i):
            percent = one.n.get("percent", 100)
            lots = -(-abs(position.quantity) * percent // 100)
            if not lots:
                continue
            side = Side.SELL if position.quantity > 0 else Side.BUY
            self._exchange.booking.before(account, i)
            self._accounts.trade(account, i, side, lots, price, self.now_ns, forced=True)
            self.armed.fire(one, name, self.now_ns, self.now_ns, lots)
            if isinstance(fault, Deleverages):
                self._outbox.say(
                    Deleveraged,
                    account=account,
                    instrument=name,
                    trade_id=self._outbox.trade_id(),
                    side=side,
                    size=lots,
                    price=price,
                )
            else:
                self._outbox.say(
                    Settled,
                    account=account,
                    instrument=name,
                    price=price,
                    fee=Decimal(0),
                    currency=self._listings[i].instrument.settle,
                )
        self._exchange.collect(i)
        self._exchange.traded.add(i)
        self._account()

    # --- what is heard -----------------------------------------------------------------

    def take_events(self) -> list[Event]:
        """What the venue said since the last call, as far as it is told, when it is heard."""
        heard: list[Event] = []
        for said in self.take_said():
            answer = cast(Said | Answer, said)
            if isinstance(answer, Answer):
                heard += self._told_again(answer)
            elif (event := event_of(said)) is not None:
                heard += self._told_now(event)
        return heard

    def _told_now(self, event: Event) -> Iterator[Event]:
        if not isinstance(event, OrderEvent):
            yield self._held(event, getattr(event, "instrument", None))
            return
        name, order_id = self._placed_at[event.order_id], event.order_id
        if isinstance(event, Fill):
            self.armed.begin()
            late_ns = self._late.pop(event.trade_id, 0)
            event = replace(event, ts_recv=event.ts_recv + late_ns)
        if not isinstance(event, CancelRejected):  # that is no word on the order itself
            self._told[order_id].append(event)
        if order_id not in self._lost:
            yield self._held(event, name)
        if isinstance(event, Fill) and order_id in self._halves:
            yield from self._rest_of(event, name)

    def _rest_of(self, fill: Fill, name: InstrumentId) -> Iterator[Event]:
        """What follows the first half of an order: silence, and then that it was all."""
        until_ns = self.armed.filled_partly(name, fill.ts_recv)
        if until_ns is not None:
            self._silence[name] = (fill.ts_recv + 1, until_ns)
        self._halves[fill.order_id] -= fill.size
        if self._halves[fill.order_id] == 0:
            canceled = OrderCanceled(
                ts_recv=fill.ts_recv + 1,
                ts_venue=fill.ts_venue,
                account=fill.account,
                order_id=fill.order_id,
                reason=NO_MORE,
            )
            self._told[fill.order_id].append(canceled)
            yield self._held(canceled, name)

    def _told_again(self, answer: Answer) -> Iterator[Event]:
        """All that was ever said of an order; that it was never there, when nothing was."""
        asked = answer.inquiry
        self._lost.discard(asked.order_id)
        told = self._told[asked.order_id]
        for event in told:
            again = replace(event, ts_recv=max(event.ts_recv, answer.heard_ns))
            yield self._held(again, asked.instrument)
        if not told:
            absent = OrderAbsent(
                ts_recv=answer.heard_ns,
                ts_venue=answer.at_ns,
                account=asked.account,
                order_id=asked.order_id,
            )
            yield self._held(absent, asked.instrument)
        elif answer.stands:
            stands = CancelRejected(
                ts_recv=answer.heard_ns,
                ts_venue=answer.at_ns,
                account=asked.account,
                order_id=asked.order_id,
                reason=STANDS,
            )
            yield self._held(stands, asked.instrument)

    def _held(self, event: Any, name: InstrumentId | None) -> Event:
        """The event at the time at which silence lets it through."""
        until_ns = None if name is None else self._silent_until(name, event.ts_recv)
        return cast(Event, event if until_ns is None else replace(event, ts_recv=until_ns))

    def _silent_until(self, name: InstrumentId, at_ns: int) -> int | None:
        start_ns, end_ns = self._silence.get(name, (FOREVER, FOREVER))
        return end_ns if start_ns <= at_ns < end_ns else None

    # --- what is true ------------------------------------------------------------------

    @property
    def open_orders(self) -> set[str]:
        """Our own ids of the orders that stand here."""
        return {order.client_id for order in self._exchange}
