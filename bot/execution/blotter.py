"""All our orders, and what each report of a venue did to them."""

import copy
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.model.changes import Changes
from bot.model.command import Approved, Proposal, Side
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
    ProtocolEvent,
    SendAborted,
)
from bot.model.order import TERMINAL, Move, Note, State, step
from bot.model.units import AccountId, InstrumentId, StrategyName

CLOSED_KEPT: Final = 10_000
"""Closed orders remembered for late reports. A fill of an older one is a `BREAK`."""

TRADES_KEPT: Final = 10_000
"""Trade ids remembered. A repeat from before the last so many fills would be counted again."""

_MOVES: Final[dict[type[OrderEvent], Move]] = {
    IntentDurable: Move.DURABLE,
    OrderSent: Move.SEND,
    SendAborted: Move.ABORT,
    OrderAccepted: Move.ACCEPT,
    OrderRejected: Move.REJECT,
    OrderCanceled: Move.CANCEL,
    OrderExpired: Move.EXPIRE,
    OrderUnknown: Move.LOSE,
    OrderAbsent: Move.PROVE_ABSENT,
}


class Order(Struct, kw_only=True):
    """One order of ours, as far as we know.

    size, price: as the venue has them now, after any amendment; lots and ticks.
    mid, reference_mid: of its own and of the reference leg when it was decided, for the
        attribution of slippage; None when a book was unknown.
    cancel_ns: when a cancel was last asked for.
    """

    order_id: str
    proposal: Proposal
    size: int
    price: int
    decided_ns: int
    mid: Decimal | None
    reference_mid: Decimal | None
    state: State = State.NEW
    filled: int = 0
    cancel_pending: bool = False
    amend_pending: bool = False
    cancel_ns: int | None = None
    sent_ns: int | None = None
    venue_order_id: str | None = None

    @property
    def closed(self) -> bool:
        """Whether nothing of it is outstanding any more."""
        return self.state in TERMINAL

    @property
    def remaining(self) -> int:
        """Lots that may still fill: until the venue says it is over, all that has not."""
        return 0 if self.state in TERMINAL else max(0, self.size - self.filled)

    # What whoever counts exposure asks of it.

    @property
    def account(self) -> AccountId:
        """Whose money it spends."""
        return self.proposal.account

    @property
    def strategy(self) -> StrategyName:
        """Who wanted it."""
        return self.proposal.strategy

    @property
    def instrument(self) -> InstrumentId:
        """What it trades."""
        return self.proposal.instrument

    @property
    def side(self) -> Side:
        """Its side."""
        return self.proposal.side

    @property
    def basket(self) -> str | None:
        """The basket whose leg it works."""
        return self.proposal.basket


class Applied(Struct, frozen=True):
    """What a report did.

    order: None when it is of no order that we know.
    filled: lots counted now; 0 for a repeated trade id. released: lots that are no longer
    outstanding and did not fill.
    """

    order: Order | None
    note: Note
    filled: int = 0
    released: int = 0


class BlotterState(Struct, frozen=True):
    """All that a blotter remembers."""

    live: list[Order]
    closed: list[Order]
    trades: list[str]


class Blotter:
    """All our orders: each trade counted once, nothing released before the venue says so.

    changes: where what may still fill is not what it was.
    """

    def __init__(self) -> None:
        self.changes = Changes()
        self._live: dict[str, Order] = {}
        self._working: dict[tuple[StrategyName, InstrumentId], dict[str, Order]] = {}
        self._closed: dict[str, Order] = {}
        self._trades: dict[str, None] = {}

    def add(
        self, approved: Approved, mid: Decimal | None, reference_mid: Decimal | None = None
    ) -> Order:
        """Take in an order that risk approved; it counts as working from now on."""
        proposal = approved.proposal
        assert self.get(approved.order_id) is None, f"order {approved.order_id} exists already"
        order = Order(
            order_id=approved.order_id,
            proposal=proposal,
            size=proposal.size,
            price=proposal.price,
            decided_ns=approved.approved_ns,
            mid=mid,
            reference_mid=reference_mid,
        )
        self._enter(order)
        return order

    def apply(self, event: ProtocolEvent) -> Applied:
        """Change the order that a report is about; IllegalMove when it cannot have happened."""
        order = self._live.get(event.order_id) or self._closed.get(event.order_id)
        if isinstance(event, Fill):
            return self._fill(order, event)
        if order is None:
            return Applied(None, Note.DUPLICATE)  # of an order closed long ago
        move = _MOVES.get(type(event))
        if move is None:
            return self._flag(order, event)  # type: ignore[arg-type]  # what else there is
        if move is Move.ABORT and order.state is State.NEW:
            move = Move.REFUSE  # a restart found nothing of it on disk
        taken = step(order.state, move)
        if move is Move.SEND:
            order.sent_ns = event.ts_recv
        elif isinstance(event, OrderAccepted) and order.venue_order_id is None:
            order.venue_order_id = event.venue_order_id
        return self._move(order, taken.to, taken.note)

    def get(self, order_id: str) -> Order | None:
        """An order by its id, live or lately closed."""
        return self._live.get(order_id) or self._closed.get(order_id)

    def live(self, instrument: InstrumentId | None = None) -> list[Order]:
        """Orders that are not over, of one instrument or all, in the order they were made."""
        orders = self._live.values()
        if instrument is None:
            return list(orders)
        return [one for one in orders if one.proposal.instrument == instrument]

    def working(self, strategy: StrategyName, instrument: InstrumentId) -> Mapping[str, Order]:
        """A strategy's live orders in one instrument by id, in the order they were made."""
        return self._working.get((strategy, instrument), _NONE)

    def state(self) -> BlotterState:
        """A copy of all that is remembered."""
        return BlotterState(_copies(self._live), _copies(self._closed), list(self._trades))

    def restore(self, state: BlotterState) -> None:
        """Become what `state` says, keeping nothing of before."""
        self.changes.everywhere()
        self._live.clear()
        self._working.clear()
        for order in state.live:
            self._enter(copy.copy(order))
        self._closed = {order.order_id: copy.copy(order) for order in state.closed}
        self._trades = dict.fromkeys(state.trades)

    def _fill(self, order: Order | None, event: Fill) -> Applied:
        trade = f"{event.account} {event.instrument} {event.trade_id}"
        if trade in self._trades:
            return Applied(order, Note.DUPLICATE)
        self._trades[trade] = None
        _forget(self._trades, TRADES_KEPT)
        if order is None:
            # Without an id it is of somebody else; with one it is ours and should be known.
            return Applied(None, Note.BREAK if event.order_id else Note.NONE, event.size)
        excess = order.filled + event.size - order.size
        taken = step(order.state, Move.FILL_PART if excess < 0 else Move.FILL_ALL)
        order.filled += event.size
        self.changes.at(order.account, order.instrument)
        note = taken.note
        if note is Note.NONE and excess > 0:
            note = Note.OVERFILL
        self._move(order, taken.to, note)
        return Applied(order, note, event.size)

    def _flag(
        self, order: Order, event: CancelRequested | CancelRejected | OrderAmended
    ) -> Applied:
        if order.closed:
            return Applied(order, Note.DUPLICATE)
        if not isinstance(event, OrderAmended):
            order.cancel_pending = isinstance(event, CancelRequested)
            return Applied(order, Note.NONE)
        before = order.remaining
        order.price, order.size, order.amend_pending = event.price, event.size, False
        self.changes.at(order.account, order.instrument)
        if order.size <= order.filled:
            self._move(order, step(order.state, Move.CANCEL).to, Note.NONE)
        return Applied(order, Note.NONE, released=max(0, before - order.remaining))

    def _move(self, order: Order, to: State, note: Note) -> Applied:
        before = order.remaining
        order.state = to
        if to in TERMINAL and self._live.pop(order.order_id, None) is not None:
            order.cancel_pending = order.amend_pending = False
            self.changes.at(order.account, order.instrument)
            key = (order.proposal.strategy, order.proposal.instrument)
            working = self._working[key]
            del working[order.order_id]
            if not working:
                del self._working[key]
            self._closed[order.order_id] = order
            _forget(self._closed, CLOSED_KEPT)
        return Applied(order, note, released=before - order.remaining)

    def _enter(self, order: Order) -> None:
        key = (order.proposal.strategy, order.proposal.instrument)
        self.changes.at(order.account, order.instrument)
        self._live[order.order_id] = order
        self._working.setdefault(key, {})[order.order_id] = order


_NONE: Final[Mapping[str, Order]] = {}


def _copies(orders: Mapping[str, Order]) -> list[Order]:
    return [copy.copy(order) for order in orders.values()]


def _forget(kept: dict[str, Order] | dict[str, None], most: int) -> None:
    if len(kept) > most:
        oldest: Iterable[str] = kept
        del kept[next(iter(oldest))]
