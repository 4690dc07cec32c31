"""The simulated venue: it hears our commands after their delay, and answers after its own.

It keeps its own book from the market's rows, in the order in which the venue made them, and
its own time: it lags the engine by the way back, so that nothing it says is heard before it
can be known, and no order meets a book older than what its sender had seen.

A driver feeds it every block, and before the engine takes a message received at `t` calls
`advance(t - in_ns - 1)`; after the last message of `t`, before responses, `advance(t - in_ns)`.
A compiled loop may call `match_until` itself on `arrays`, `book`, `rows` and `cursor`, and
then `advance` whenever it says anything but `REACHED`; all four are read anew after that.
"""

import heapq
from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import numpy as np
from msgspec import Struct, structs

from bot.book.arrays import Book
from bot.model.command import Approved, Cancel, Command
from bot.model.event import Event, FundingRate, InstrumentChanged, MarketEvent
from bot.model.instrument import Kind
from bot.model.units import NS_PER_SECOND, AccountId, Currency, InstrumentId
from bot.tape.builder import BlockBuilder
from bot.tape.columns import Rows, columns
from bot.tape.rows import Block, Int64s
from bot.tape.venue_order import FOREVER, VenueOrder
from bot.venues.simulated.accounts import Accounts
from bot.venues.simulated.arrays import (
    ACTION_NS,
    KNOWN_NS,
    REASON,
    STOPPED_AT,
    STOPPED_NS,
    VenueArrays,
)
from bot.venues.simulated.clearing import Clearing
from bot.venues.simulated.exchange import Exchange
from bot.venues.simulated.funding import Due, Unfunded
from bot.venues.simulated.latency import Constant
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.market import Market
from bot.venues.simulated.matching import (
    ACTION,
    EXHAUSTED,
    GROW,
    REACHED,
    match_until,
)
from bot.venues.simulated.outbox import Outbox
from bot.venues.simulated.queue import RISK_AVERSE, QueueRule

# Ranks of actions at one venue time; the market's rows come before them all.
NEWS: Final = 0
RECOVERY: Final = 1
ARRIVAL: Final = 2
SETTLEMENT: Final = 3

Action = tuple[int, int, int, object]


class Settlement(Struct, frozen=True):
    """A settlement of funding falls due."""

    i: int
    due: Due


class Recovery(Struct, frozen=True):
    """Our impact on an instrument has decayed."""

    i: int


class SimulatedVenue:
    """Matching, fees, funding and margin over the market's own rows.

    instruments: the names that blocks index. windows: ticks of each book's window.
    listings: what can be traded. deposits: the wallets to begin with.
    lateness_ns: how far before its receipt a message may have happened, at most `in_ns`
        unless the tape is fed ahead of the engine.
    """

    def __init__(
        self,
        instruments: tuple[InstrumentId, ...],
        windows: tuple[int, ...],
        listings: Mapping[InstrumentId, Listing],
        deposits: Mapping[AccountId, Mapping[Currency, Decimal]],
        latency: Constant,
        lateness_ns: int,
        impact_decay_ns: int = NS_PER_SECOND,
        queue: QueueRule | None = None,
    ) -> None:
        index = {name: i for i, name in enumerate(instruments)}
        self.instruments = instruments
        self._listings = {index[name]: listings[name] for name in instruments if name in listings}
        contracts = {i: listing.instrument for i, listing in self._listings.items()}
        self._index = index
        self._latency = latency
        self._impact_decay_ns = impact_decay_ns
        self._order = VenueOrder(lateness_ns)
        self._outbox = Outbox(latency)
        self._accounts = Accounts(contracts, deposits)
        self._market = Market(contracts, windows)
        self._exchange = Exchange(
            index,
            self._listings,
            self._market,
            self._accounts,
            self._outbox,
            queue or QueueRule(RISK_AVERSE),
            impact_decay_ns,
        )
        self._clearing = Clearing(self._listings, self._market, self._accounts, self._outbox)
        self._actions: list[Action] = []
        self._numbered = 0
        self._in_flight = 0
        self._waiting: deque[Block] = deque()
        self.rows: Rows = columns(_nothing(instruments))
        self.cursor: Int64s = np.zeros(2, np.int64)

    # --- what a driver sees ------------------------------------------------------------

    @property
    def arrays(self) -> VenueArrays:
        """What the matching kernel works on."""
        return self._exchange.resting.arrays

    @property
    def book(self) -> Book:
        """The venue's own book, less what we took from it."""
        return self._market.book

    @property
    def now_ns(self) -> int:
        """The venue's time."""
        return self._outbox.now_ns

    @property
    def idle(self) -> bool:
        """Whether nothing rests, is on its way, or is held: it only keeps its book."""
        return not (self._in_flight or len(self._exchange.resting) or self._accounts.pools())

    @property
    def positions(self) -> dict[tuple[AccountId, InstrumentId], int]:
        """Lots held, signed, of every account and instrument that holds any."""
        return {
            (account, self.instruments[i]): position.quantity
            for (account, i), position in sorted(self._accounts.position.items())
            if position.quantity
        }

    @property
    def wallets(self) -> dict[tuple[AccountId, Currency], Decimal]:
        """Balances, without open profit."""
        return dict(self._accounts.wallet)

    @property
    def unfunded(self) -> list[Unfunded]:
        """Settlements that could not be booked, with the reason."""
        return list(self._clearing.unfunded)

    def submit(self, command: Command, sent_ns: int) -> None:
        """Send a command; it is matched when it has arrived."""
        arrives_ns = self._latency.arrives(sent_ns)
        assert arrives_ns >= self.now_ns, f"sent at {sent_ns}, but the venue is at {self.now_ns}"
        self._in_flight += 1
        self._schedule(arrives_ns, ARRIVAL, command)

    def market_event(self, event: MarketEvent) -> None:
        """Tell the venue what is rarer than rows: rates of funding, changed listings."""
        key = max(event.ts_venue, event.ts_recv - self._order.lateness_ns)
        self._schedule(max(key, self.now_ns), NEWS, event)

    def feed(self, block: Block) -> None:
        """Give it the market's rows, as they were received."""
        assert block.instruments == self.instruments, "a block of other instruments"
        self._queue(self._order.push(block))

    def quiet_until(self, ts_recv: int) -> None:
        """Say that no row received before this time is still to come."""
        self._queue(self._order.quiet_until(ts_recv))

    def finish(self) -> None:
        """Say that no row is still to come."""
        self._queue(self._order.finish())

    def next_action_ns(self) -> int | None:
        """The next venue time at which something other than a row happens."""
        return self._actions[0][0] if self._actions else None

    def advance(self, until_ns: int) -> None:
        """Do everything that happens up to a venue time, rows and actions."""
        self._react()
        while True:
            reason = match_until(self.arrays, self.book, self.rows, self.cursor, until_ns)
            if reason == REACHED:
                break
            if reason == ACTION:
                self._act()
            elif reason == GROW:
                m = int(self.cursor[0])
                rows = int(self.rows.first[m + 1] - self.rows.first[m])
                self._market.grow(int(self.rows.instrument[m]), rows)
            elif reason == EXHAUSTED:
                self._next_block(until_ns)
            else:
                self._react()
        self._outbox.now_ns = max(self.now_ns, until_ns)

    def take_events(self) -> list[Event]:
        """What the venue said since the last call, in the order in which it is heard."""
        events, self._outbox.events = self._outbox.events, []
        return events

    # --- time --------------------------------------------------------------------------

    def _queue(self, block: Block | None) -> None:
        if block is not None:
            self._waiting.append(block)
        self._set_known()

    def _set_known(self) -> None:
        known = -FOREVER if self._waiting else self._order.known_ns
        self.arrays.clock[KNOWN_NS] = known

    def _next_block(self, until_ns: int) -> None:
        assert self._waiting, (
            f"venue asked to go to {until_ns}, but the market is fed only to "
            f"{self._order.known_ns}: feed more, or say quiet_until"
        )
        block = self._waiting.popleft()
        self.rows = columns(block)
        self.cursor = np.array([block.start, block.stop], np.int64)
        self._set_known()

    def _schedule(self, at_ns: int, rank: int, what: object) -> None:
        self._numbered += 1
        heapq.heappush(self._actions, (at_ns, rank, self._numbered, what))
        self.arrays.clock[ACTION_NS] = self._actions[0][0]

    def _act(self) -> None:
        """Do everything that is due at the next action's time."""
        at_ns = self._actions[0][0]
        self._outbox.now_ns = at_ns
        while self._actions and self._actions[0][0] == at_ns:
            self._do(heapq.heappop(self._actions)[3])
        self.arrays.clock[ACTION_NS] = self._actions[0][0] if self._actions else FOREVER

    def _do(self, what: object) -> None:
        if isinstance(what, Approved):
            self._in_flight -= 1
            self._arrive(what)
        elif isinstance(what, Cancel):
            self._in_flight -= 1
            self._exchange.cancel(what)
        elif isinstance(what, Settlement):
            self._settle(what)
        elif isinstance(what, Recovery):
            self._market.recover(self.arrays, what.i, self.now_ns)
        elif isinstance(what, FundingRate):
            self._hear(what)
        elif isinstance(what, InstrumentChanged):
            self._relist(what)

    def _react(self) -> None:
        """Do what the message behind which the kernel stopped asks for."""
        clock = self.arrays.clock
        if clock[REASON] == REACHED:
            return
        clock[REASON] = REACHED
        self._outbox.now_ns = int(clock[STOPPED_NS])
        i = int(clock[STOPPED_AT])
        self._exchange.collect(i)
        self._expect_settlement(i)
        self._margin()

    def _arrive(self, approved: Approved) -> None:
        i = self._exchange.arrive(approved)
        if i is not None:
            self._schedule(self.now_ns + self._impact_decay_ns, RECOVERY, Recovery(i))
            self._expect_settlement(i)
            self._margin()

    def _margin(self) -> None:
        """Close what is called, and tell the kernel when to look again."""
        for account, currency in self._clearing.called():
            for order in self._exchange.resting:
                contract = self._listings[order.instrument].instrument
                pooled = contract.kind is not Kind.SPOT and contract.settle == currency
                if order.account == account and pooled:
                    self._exchange.remove(order, "liquidation")
            self._clearing.close((account, currency))
        self._clearing.bound(self.arrays)

    def _hear(self, event: FundingRate) -> None:
        i = self._index.get(event.instrument)
        if i in self._listings:
            self._schedule_settlement(i, self._clearing.hear(i, event))

    def _settle(self, settlement: Settlement) -> None:
        settlement.due.scheduled = False
        self._clearing.settle(settlement.i, settlement.due)
        self._expect_settlement(settlement.i)
        self._margin()

    def _expect_settlement(self, i: int) -> None:
        """While something is held a settlement is looked for, announced or not."""
        if any(j == i and each.quantity for (_, j), each in self._accounts.position.items()):
            self._schedule_settlement(i, self._clearing.next_settlement(i))

    def _schedule_settlement(self, i: int, due: Due | None) -> None:
        if due is not None and not due.scheduled:
            due.scheduled = True
            at_ns = max(due.settles_ns, self.now_ns)
            self._schedule(at_ns, SETTLEMENT, Settlement(i, due))

    def _relist(self, event: InstrumentChanged) -> None:
        i = self._index.get(event.instrument.id)
        if i not in self._listings:
            return
        listing = self._listings[i]
        contract = structs.replace(listing.instrument, active=event.instrument.active)
        self._listings[i] = structs.replace(listing, instrument=contract)
        if not contract.active:
            self._exchange.delist(i)


def _nothing(instruments: tuple[InstrumentId, ...]) -> Block:
    return BlockBuilder(instruments, rows=1).take()
