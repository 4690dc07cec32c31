"""What came of every step, as records: for the journal, for counts, and for one hash of it all."""

import hashlib

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
    OrderExpired,
    OrderRejected,
    SendAborted,
    Timer,
)

_OVER = (OrderRejected, OrderCanceled, OrderExpired, OrderAbsent, SendAborted)


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
        self._open: dict[str, int] = {}

    @property
    def outcome_hash(self) -> str:
        """The hash of all records so far."""
        return self._hash.copy().hexdigest()

    def record(self, outcome: Outcome) -> list[Record]:
        """The records of one step."""
        counts = self.counts
        records: list[Record] = []
        if outcome.event is not None:
            counts.events += 1
            self._count_event(outcome.event)
            if not isinstance(outcome.event, Timer | Heartbeat):
                self._add(records, outcome, RecordKind.EVENT, outcome.event)
        for posting in outcome.postings:
            self._add(records, outcome, RecordKind.POSTING, posting)
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
        for crossed in outcome.crossed:
            self._add(records, outcome, RecordKind.COMMAND, ("cross", crossed))
        for refused in outcome.refused:
            counts.refused += 1
            self._add(records, outcome, RecordKind.REFUSAL, refused)
        for note in outcome.notes:
            self.notes.append((outcome.now, note))
            self._add(records, outcome, RecordKind.NOTE, note)
        return records

    def _add(
        self, records: list[Record], outcome: Outcome, kind: RecordKind, value: object
    ) -> None:
        payload = canonical(value)
        self._hash.update(f"{outcome.seq} {outcome.now} {kind} ".encode())
        self._hash.update(payload)
        if isinstance(value, MarketEvent):
            return
        records.append(Record(outcome.seq, self._epoch, outcome.now, kind, payload))

    def _count_event(self, event: Event) -> None:
        if isinstance(event, Fill):
            self.counts.fills += 1
            left = self._open.pop(event.order_id, 0) - event.size
            if left > 0:
                self._open[event.order_id] = left
                self.counts.partial_fills += 1
        elif isinstance(event, _OVER):
            # What is over fills no more; a replay's memory must not grow with its length.
            self._open.pop(event.order_id, None)
        elif isinstance(event, FundingPaid):
            self.counts.funding_payments += 1
