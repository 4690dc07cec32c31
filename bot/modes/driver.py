"""The one loop between the engine and the world, the same in every mode.

It gives the engine what happened in the total order, hands its commands to the venue after
they are durable and looked at once more, and wakes it when it asked to be woken.
"""

import heapq
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from msgspec import Struct

from bot.engine.engine import Engine
from bot.engine.outcome import Outcome
from bot.errors import DataError
from bot.journal.memory import DURABLE
from bot.journal.port import Journal
from bot.model.command import Approved, Cancel, Command
from bot.model.event import (
    AnyEvent,
    CancelRequested,
    FundingRate,
    InstrumentChanged,
    IntentDurable,
    OrderSent,
    OrderUnknown,
    SendAborted,
    Timer,
)
from bot.model.order import State as OrderState
from bot.model.units import AccountId
from bot.modes.fused import Together
from bot.modes.recorder import Recorder
from bot.modes.sources import Item, Items, Quiet, time_of
from bot.tape.order import Rank, rank
from bot.tape.rows import Block
from bot.tape.venue_order import FOREVER
from bot.venues.simulated.venue import SimulatedVenue

_VENUE_HEARS: Final = (FundingRate, InstrumentChanged)


class TapeSink(Protocol):
    """Where everything that entered is written down, in the order in which it did."""

    def append(self, seq: int, item: Block | AnyEvent) -> None:
        """Take an item; its seq is that of its first message."""
        ...


class Delays(Struct, frozen=True):
    """Our own time: from the message that woke us to the first byte, and the shortest way back.

    decision_ns is stated, never measured: a replay must not depend on the machine. The venue is
    brought along `in_ns` behind us: what it says any later is heard later still.
    """

    decision_ns: int
    in_ns: int


class Doubts(Struct, frozen=True):
    """How long an order or a cancel may stay unanswered, and who asks the venue about it then.

    after_ns: from the first byte; then, and as often again while nothing is known, the order is
    `OrderUnknown`. ask: sends an inquiry by our own id of the order at the time of that event;
    what it answers comes like anything that the venue says.
    """

    after_ns: int
    ask: Callable[[OrderUnknown], None]


class Doubt(Struct, frozen=True):
    """A look at an order that may have been answered by then. cancel_ns: of the cancel that is
    looked after; None: the order itself is.
    """

    order_id: str
    cancel_ns: int | None


class Driver:
    """Runs an engine against a simulated venue over one stream of items."""

    def __init__(
        self,
        engine: Engine,
        venue: SimulatedVenue,
        delays: Delays,
        recorder: Recorder,
        journal: Journal,
        tape: TapeSink | None = None,
        doubts: Doubts | None = None,
    ) -> None:
        """Wire them together; `tape` keeps what entered, for a session.

        doubts: None: the venue loses no answer, however late it comes.
        """
        self.engine = engine
        self.venue = venue
        self.recorder = recorder
        self._delays = delays
        self._journal = journal
        self._tape = tape
        self._doubts = doubts
        self.observer: Callable[[Outcome], None] | None = None
        self._coming: list[tuple[int, int, int, AnyEvent, Command | Doubt | None]] = []
        self._count = 0
        self._due = FOREVER
        self._together = Together(venue, delays.in_ns)
        engine.advance = self._together

    async def run(self, items: Items) -> None:
        """Drive until the items end, and through all that is due by the time of the last.

        DataError when an item is older than the one before it.
        """
        last = 0
        self._together.busy = not self.venue.idle
        while (item := await items.next(self._next_ns())) is not None:
            _check_order(item, last)
            if isinstance(item, Block):
                self.venue.feed(item)
                last = item.last_ns
                await self._take_rows(item)
            elif isinstance(item, Quiet):
                self.venue.quiet_until(item.until_ns)
                last = item.until_ns - 1
                await self._let_come(last)
            else:
                last = item.ts_recv
                self.venue.quiet_until(last)
                await self._let_come(last - 1)
                self._enqueue(item, None)
        self.venue.finish()
        await self._let_come(last)

    async def begin(self, events: Sequence[AnyEvent]) -> None:
        """Take in what stands before the first item, such as deposits."""
        for event in events:
            await self._step(event, None)

    async def enter(self, event: AnyEvent) -> None:
        """Take in an event that came from outside the tape, such as a person's command."""
        self._enqueue(event, None)
        await self._let_come(event.ts_recv)

    async def _take_rows(self, block: Block) -> None:
        """Give a block to the engine, with what is due between its messages."""
        self.recorder.counts.rows += block.rows
        while block.messages:
            first_ns = block.first_ns
            if self._together.stopped or self._next_ns() < first_ns:
                await self._let_come(first_ns - 1)
            limit = self._coming[0][0] if self._coming else FOREVER
            seq = self.engine.state.seq + 1
            # Rows come before anything else of the same time.
            outcome = self.engine.step(block, limit)
            if outcome.consumed:
                cut = block.start + outcome.consumed
                self.recorder.counts.messages += outcome.seq + 1 - seq
                if self._tape is not None:
                    self._tape.append(seq, block.part(block.start, cut))
                block = block.part(cut, block.stop)
            await self._carry_out(outcome)

    async def _let_come(self, until_ns: int) -> None:
        """Let everything happen that is due up to a time, rows aside."""
        coming = self._coming
        while True:
            # The venue is brought along no further than the next thing we might send from.
            self._hear(min(until_ns, self._next_ns()))
            due = self._due
            if coming and coming[0][:2] <= (due, Rank.TIMER):
                if coming[0][0] > until_ns:
                    return
                _, _, _, event, command = heapq.heappop(coming)
                await self._step(event, command)
            elif due > until_ns:
                return
            elif (later := self.engine.due(due)) > due:
                self._due = later
            else:
                self._due = FOREVER
                await self._step(_timer(max(due, self.engine.state.now)), None)

    def _hear(self, until_ns: int) -> None:
        """Bring the venue to a time at our ears, and put what it says in line."""
        together = self._together
        together.stopped = False
        if not together.busy:
            return
        self.venue.advance(until_ns - self._delays.in_ns, pausing=True)
        if events := self.venue.take_events():
            for event in events:
                self._enqueue(event, None)  # type: ignore[arg-type]  # it says only such
            together.busy = not self.venue.idle

    async def _step(self, event: AnyEvent, command: Command | Doubt | None) -> None:
        if isinstance(command, Cancel) and self._is_over(command):
            return  # It filled, or was never sent, while the cancel was on its way.
        if isinstance(command, Doubt) and not self._stands(command):
            return  # It was answered.
        seq = self.engine.state.seq + 1
        if self._tape is not None:
            self._tape.append(seq, event)
        outcome = self.engine.step(event)
        if isinstance(event, _VENUE_HEARS):
            self.venue.market_event(event)
        await self._carry_out(outcome)
        if command is None:
            return
        if isinstance(command, Approved):
            await self._send(command, event.ts_recv)
        elif isinstance(command, Doubt):
            self._inquire(event, command)
        else:
            self._submit(command, event.ts_recv)

    def _is_over(self, cancel: Cancel) -> bool:
        order = self.engine.state.desk.blotter.get(cancel.order_id)
        return order is None or order.closed

    async def _send(self, approved: Approved, now: int) -> None:
        """Look at a durable order once more; then its first byte may leave."""
        why = self.engine.recheck(approved)
        account = approved.proposal.account
        if why is None:
            sent = OrderSent(ts_recv=now, ts_venue=now, account=account, order_id=approved.order_id)
            await self._step(sent, None)
            self._submit(approved, now)
        else:
            aborted = SendAborted(
                ts_recv=now,
                ts_venue=now,
                account=account,
                order_id=approved.order_id,
                reason=why,
            )
            await self._step(aborted, None)

    def _submit(self, command: Command, sent_ns: int) -> None:
        self.venue.submit(command, sent_ns)
        self._together.busy = True
        if self._doubts is not None:
            order = self.engine.state.desk.blotter.get(command.order_id)
            assert order is not None, f"order {command.order_id}: sent, and nobody knows it"
            cancel_ns = order.cancel_ns if isinstance(command, Cancel) else None
            self._doubt(order.account, Doubt(command.order_id, cancel_ns), sent_ns)

    # --- what nobody answers -----------------------------------------------------------

    def _doubt(self, account: AccountId, doubt: Doubt, since_ns: int) -> None:
        """Look again when an answer is overdue."""
        assert self._doubts is not None
        at_ns, what = since_ns + self._doubts.after_ns, "order"
        if doubt.cancel_ns is not None:
            what = "cancel"
        unknown = OrderUnknown(
            ts_recv=at_ns,
            ts_venue=at_ns,
            account=account,
            order_id=doubt.order_id,
            reason=f"no answer to the {what}",
        )
        self._enqueue(unknown, doubt)

    def _stands(self, doubt: Doubt) -> bool:
        """Whether what is looked after has still not been answered."""
        order = self.engine.state.desk.blotter.get(doubt.order_id)
        if order is None or order.closed:
            return False
        if doubt.cancel_ns is None:
            return order.state in (OrderState.SENT, OrderState.UNKNOWN)
        return order.cancel_pending and order.cancel_ns == doubt.cancel_ns

    def _inquire(self, event: AnyEvent, doubt: Doubt) -> None:
        """Ask the venue, and look again later: an inquiry may be lost as well."""
        assert self._doubts is not None
        assert isinstance(event, OrderUnknown)
        self._doubts.ask(event)
        self._together.busy = True
        self._doubt(event.account, doubt, event.ts_recv)

    async def _carry_out(self, outcome: Outcome) -> None:
        """Write down what came of a step, and put its commands on their way."""
        self._due = FOREVER if outcome.due is None else outcome.due
        records = self.recorder.record(outcome)
        if self.observer is not None:
            self.observer(outcome)
        if records:
            durable = self._journal.append(records)
            if outcome.approved and durable is not DURABLE:
                await durable
        if not outcome.approved and not outcome.cancels:
            return
        at_ns = outcome.now + self._delays.decision_ns
        for cancel in outcome.cancels:
            asked = CancelRequested(
                ts_recv=at_ns, ts_venue=at_ns, account=cancel.account, order_id=cancel.order_id
            )
            self._enqueue(asked, cancel)
        for approved in outcome.approved:
            intent = IntentDurable(
                ts_recv=at_ns,
                ts_venue=at_ns,
                account=approved.proposal.account,
                order_id=approved.order_id,
            )
            self._enqueue(intent, approved)

    def _enqueue(self, event: AnyEvent, command: Command | Doubt | None) -> None:
        self._count += 1
        heapq.heappush(self._coming, (event.ts_recv, rank(event), self._count, event, command))

    def _next_ns(self) -> int:
        """When something other than a row is due; FOREVER: nothing is."""
        coming = self._coming[0][0] if self._coming else FOREVER
        return coming if coming < self._due else self._due


def _check_order(item: Item, last_ns: int) -> None:
    if isinstance(item, Quiet):
        return
    at_ns = time_of(item)
    if at_ns < last_ns:
        raise DataError(
            f"tape at {at_ns} ns",
            f"a {type(item).__name__} received {last_ns - at_ns} ns before what it follows",
            "times that never decrease",
            "merge the sources by ts_recv",
        )


def _timer(due_ns: int) -> Timer:
    return Timer(ts_recv=due_ns, ts_venue=due_ns)
