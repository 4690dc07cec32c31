"""The ledger as rows: orders, their ways, fills, funding, fees, postings, for spreadsheets and
databases.

Quantities are signed and in the venue's unit of amount; money keeps every digit. Each time is
there twice: as UTC text, and in nanoseconds since the epoch.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct

from bot.journal.port import Record, RecordKind
from bot.ledger.postings import Cause, Heading, Posting
from bot.model.command import Approved
from bot.model.event import (
    Fill,
    FundingPaid,
    IntentDurable,
    OrderAbsent,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderRejected,
    OrderSent,
    OrderUnknown,
    SendAborted,
    decode,
)
from bot.model.instrument import Instrument
from bot.model.order import State
from bot.model.units import InstrumentId
from bot.modes.result import Result
from bot.modes.series import Trade, trade_of
from bot.modes.words import iso

Value = str | int | bool | Decimal | None
Row = tuple[Value, ...]

TIME: Final = (("time", str), ("ts_ns", int))
WHOSE: Final = (("account", str), ("strategy", str), ("instrument", str))
COLUMNS: Final[dict[str, tuple[tuple[str, type], ...]]] = {
    "orders": (
        *TIME,
        *WHOSE,
        ("quantity", Decimal),
        ("price", Decimal),
        ("type", str),
        ("time_in_force", str),
        ("post_only", bool),
        ("reduce_only", bool),
        ("reason", str),
        ("basket", str),
        ("order_id", str),
        ("state", str),
        ("filled", Decimal),
    ),
    "fills": (
        *TIME,
        *WHOSE,
        ("quantity", Decimal),
        ("price", Decimal),
        ("fee", Decimal),
        ("fee_currency", str),
        ("maker", bool),
        ("reason", str),
        ("order_id", str),
        ("trade_id", str),
    ),
    "funding": (
        *TIME,
        ("settles", str),
        ("settles_ns", int),
        ("account", str),
        ("instrument", str),
        ("quantity", Decimal),
        ("mark", Decimal),
        ("rate", Decimal),
        ("amount", Decimal),
        ("currency", str),
    ),
    "fees": (
        *TIME,
        *WHOSE,
        ("cause", str),
        ("reference", str),
        ("amount", Decimal),
        ("currency", str),
    ),
    "postings": (
        *TIME,
        *WHOSE,
        ("cause", str),
        ("reference", str),
        ("heading", str),
        ("amount", Decimal),
        ("currency", str),
    ),
    "latency": (
        *TIME,
        *WHOSE,
        ("order_id", str),
        ("sent_ns", int),
        ("venue_ns", int),
        ("heard_ns", int),
    ),
}
"""The columns of each table and what stands in them."""


class Ledger(Struct):
    """Rows by table, in the order in which they were booked."""

    rows: dict[str, list[Row]]


def of_result(result: Result) -> Ledger:
    """Fills, funding and the fees of fills; a result keeps neither orders nor postings."""
    listed = {one.id: one for one in result.instruments}
    fees: list[Row] = []
    for trade in result.trades:
        if trade.fee:
            fees.append(
                (
                    *_time(trade.ts),
                    trade.account,
                    trade.strategy,
                    trade.instrument,
                    Cause.FILL.value,
                    trade.trade_id,
                    trade.fee,
                    trade.fee_currency,
                )
            )
    return Ledger(
        {
            "fills": [_fill(trade) for trade in result.trades],
            "funding": [_funding(paid, listed) for paid in result.funding],
            "fees": fees,
        }
    )


def of_records(records: Iterable[Record], instruments: Iterable[Instrument]) -> Ledger:
    """All that a journal holds."""
    listed = {one.id: one for one in instruments}
    orders: dict[str, Approved] = {}
    lives: dict[str, _Life] = {}
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for record in records:
        if record.kind is RecordKind.COMMAND:
            approved = placed(record)
            if approved is not None:
                orders[approved.order_id] = approved
                lives[approved.order_id] = _Life()
        elif record.kind is RecordKind.EVENT:
            event = decode(record.payload)
            if isinstance(event, OrderEvent) and event.order_id in lives:
                if way := lives[event.order_id].answered(event):
                    rows["latency"].append(_way(orders[event.order_id], *way))
                lives[event.order_id].take(event)
            if isinstance(event, Fill):
                order = orders.get(event.order_id)
                rows["fills"].append(
                    _fill(
                        trade_of(
                            event,
                            order.proposal if order is not None else None,
                            listed[event.instrument],
                        )
                    )
                )
            elif isinstance(event, FundingPaid):
                rows["funding"].append(_funding(event, listed))
        elif record.kind is RecordKind.POSTING:
            posting = msgspec.json.decode(record.payload, type=Posting)
            rows["postings"] += _entries(posting)
            fee = posting.amount(Heading.FEES)
            if fee:
                rows["fees"].append((*_origin(posting), fee, posting.currency))
    rows["orders"] = [
        _order(order, lives[order_id], listed[order.proposal.instrument])
        for order_id, order in orders.items()
    ]
    return Ledger(rows)


def placed(record: Record) -> Approved | None:
    """The order that a command placed; None when it is another command."""
    what, content = msgspec.json.decode(record.payload, type=tuple[str, msgspec.Raw])
    return msgspec.json.decode(content, type=Approved) if what == "place" else None


class _Life(Struct):
    """Where an order stands, how many lots of it filled, and when it was sent."""

    state: State = State.NEW
    filled: int = 0
    sent_ns: int | None = None

    def answered(self, event: OrderEvent) -> tuple[int, int, int] | None:
        """When it was sent, when the venue had it and when we knew, if this is the first word."""
        if isinstance(event, OrderSent):
            self.sent_ns = event.ts_recv
        elif isinstance(event, OrderAccepted | OrderRejected) and self.sent_ns is not None:
            way, self.sent_ns = (self.sent_ns, event.ts_venue, event.ts_recv), None
            return way
        return None

    def take(self, event: OrderEvent) -> None:
        """Go on with what the venue said."""
        if isinstance(event, Fill):
            self.filled += event.size
        self.state = _STATES.get(type(event), self.state)


_STATES: Final[dict[type[OrderEvent], State]] = {
    IntentDurable: State.INTENT,
    OrderSent: State.SENT,
    SendAborted: State.REFUSED,
    OrderAccepted: State.OPEN,
    OrderRejected: State.REJECTED,
    OrderCanceled: State.CANCELED,
    OrderExpired: State.EXPIRED,
    OrderUnknown: State.UNKNOWN,
    OrderAbsent: State.ABSENT,
}


def _order(order: Approved, life: _Life, listed: Instrument) -> Row:
    proposal = order.proposal
    state = life.state
    if life.filled >= proposal.size:
        state = State.FILLED
    elif life.filled and state is State.OPEN:
        state = State.PART
    return (
        *_time(order.approved_ns),
        proposal.account,
        proposal.strategy,
        proposal.instrument,
        listed.amount(proposal.quantity),
        listed.price(proposal.price),
        proposal.type.value,
        proposal.time_in_force.value,
        proposal.post_only,
        proposal.reduce_only,
        proposal.reason,
        proposal.basket,
        order.order_id,
        state.value,
        listed.amount(life.filled),
    )


def _way(order: Approved, sent_ns: int, venue_ns: int, heard_ns: int) -> Row:
    proposal = order.proposal
    return (
        *_time(heard_ns),
        proposal.account,
        proposal.strategy,
        proposal.instrument,
        order.order_id,
        sent_ns,
        venue_ns,
        heard_ns,
    )


def _fill(trade: Trade) -> Row:
    return (
        *_time(trade.ts),
        trade.account,
        trade.strategy,
        trade.instrument,
        trade.quantity,
        trade.price,
        trade.fee,
        trade.fee_currency,
        trade.maker,
        trade.reason,
        trade.order_id,
        trade.trade_id,
    )


def _funding(event: FundingPaid, listed: Mapping[InstrumentId, Instrument]) -> Row:
    return (
        *_time(event.ts_recv),
        *_time(event.settles_ns),
        event.account,
        event.instrument,
        listed[event.instrument].amount(event.quantity),
        event.mark,
        event.rate,
        event.amount,
        event.currency,
    )


def _entries(posting: Posting) -> Iterator[Row]:
    for entry in posting.entries:
        yield (*_origin(posting), entry.heading.value, entry.amount, posting.currency)


def _origin(posting: Posting) -> Row:
    return (
        *_time(posting.ts_recv),
        posting.account,
        posting.strategy,
        posting.instrument,
        posting.cause.value,
        posting.reference,
    )


def _time(ts: int) -> tuple[str, int]:
    return iso(ts), ts
