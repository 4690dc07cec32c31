"""What came of every step, as records: for the journal, for counts, and for one hash of it all."""

import hashlib
from collections.abc import Callable
from typing import Any, Final, get_args

from msgspec import Struct

from bot.engine.outcome import Outcome
from bot.journal.port import Record, RecordKind, canonical
from bot.model.event import (
    Event,
    Fill,
    FundingPaid,
    Heartbeat,
    MarketEvent,
    OrderAbsent,
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderRejected,
    SendAborted,
    Timer,
)


class Counts(Struct):
    """How much of everything there was."""

    rows: int = 0
    messages: int = 0
    events: int = 0
    decisions: int = 0
    orders: int = 0
    cancels: int = 0
    fills: int = 0
    partial_fills: int = 0
    funding_payments: int = 0
    refused: int = 0


class Recorder:
    """Turns outcomes into records; the hash is over their content, seq and time.

    Events of the market are in the hash and not among the records: the tape has them.
    """

    def __init__(self, epoch: int) -> None:
        """Record for a run of this epoch."""
        self.counts = Counts()
        self.notes: list[tuple[int, str]] = []
        self._epoch = epoch
        self._hash = hashlib.blake2b(digest_size=32)
        self._update = self._hash.update
        self._open: dict[str, int] = {}

    @property
    def outcome_hash(self) -> str:
        """The hash of all records so far."""
        return self._hash.copy().hexdigest()

    def record(self, outcome: Outcome) -> list[Record]:
        """The records of one step."""
        records: list[Record] = []
        event = outcome.event
        if event is not None:
            self.counts.events += 1
            kind = type(event)
            count = _COUNTERS.get(kind)
            if count is not None:
                count(self, event)
            if kind is not Timer and kind is not Heartbeat:
                self._add(records, outcome, RecordKind.EVENT, event)
        if outcome.postings:
            for posting in outcome.postings:
                self._add(records, outcome, RecordKind.POSTING, posting)
        if outcome.asked or outcome.cancels or outcome.approved or outcome.refused:
            self._record_decisions(records, outcome)
        for crossed in outcome.crossed:
            self._add(records, outcome, RecordKind.COMMAND, ("cross", crossed))
        for refused in outcome.refused:
            self._add(records, outcome, RecordKind.REFUSAL, refused)
        for note in outcome.notes:
            self.notes.append((outcome.now, note))
            self._add(records, outcome, RecordKind.NOTE, note)
        return records

    def _record_decisions(self, records: list[Record], outcome: Outcome) -> None:
        counts = self.counts
        for asked in outcome.asked:
            counts.decisions += 1
            self._add(records, outcome, RecordKind.DECISION, asked)
        for cancel in outcome.cancels:
            counts.cancels += 1
            self._add(records, outcome, RecordKind.COMMAND, ("cancel", cancel))
        for approved in outcome.approved:
            counts.orders += 1
            self._open[approved.order_id] = approved.proposal.size
            self._add(records, outcome, RecordKind.COMMAND, ("place", approved))
        counts.refused += len(outcome.refused)

    def _add(
        self, records: list[Record], outcome: Outcome, kind: RecordKind, value: object
    ) -> None:
        payload = canonical(value)
        self._update(b"%d %d %b " % (outcome.seq, outcome.now, _SPELLED[kind]) + payload)
        if type(value) not in _ON_TAPE:
            records.append(Record(outcome.seq, self._epoch, outcome.now, kind, payload))

    def _count_fill(self, event: Fill) -> None:
        self.counts.fills += 1
        left = self._open.pop(event.order_id, 0) - event.size
        if left > 0:
            self._open[event.order_id] = left
            self.counts.partial_fills += 1

    def _forget(self, event: OrderEvent) -> None:
        """What is over fills no more; a replay's memory must not grow with its length."""
        self._open.pop(event.order_id, None)

    def _count_funding(self, event: FundingPaid) -> None:
        del event
        self.counts.funding_payments += 1


_SPELLED: Final = {kind: kind.value.encode() for kind in RecordKind}
_ON_TAPE: Final = frozenset(get_args(MarketEvent))
"""In the hash and not among the records: the tape has them."""

_COUNTERS: Final[dict[type[Event], Callable[[Recorder, Any], None]]] = {
    Fill: Recorder._count_fill,
    FundingPaid: Recorder._count_funding,
    **dict.fromkeys(
        (OrderRejected, OrderCanceled, OrderExpired, OrderAbsent, SendAborted), Recorder._forget
    ),
}
