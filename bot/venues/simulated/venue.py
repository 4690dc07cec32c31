"""The simulated venue: it hears our commands after their delay, and answers after its own.

It keeps its own book from the market's rows, in the order in which the venue made them, and
its own time: it lags the engine by the shortest way back, so that nothing it says is heard
before it can be known, and no order meets a book older than what its sender had seen.

A driver feeds it every block, and before the engine takes a message received at `t` calls
`advance(t - in_ns - 1)`; after the last message of `t`, before responses, `advance(t - in_ns)`,
`in_ns` being the shortest way back.
A compiled loop may call `match_until` itself on what stands in `places()`, and then `advance`
whenever it says anything but `REACHED`; the places are asked for anew after that.
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import cast

import numpy as np
from msgspec import structs

from bot.book.arrays import BOOK_LAYOUT, Book
from bot.model.command import Command
from bot.model.event import Event, FundingRate, InstrumentChanged, MarketEvent
from bot.model.money import MONEY
from bot.model.units import NS_PER_SECOND, AccountId, Currency, InstrumentId
from bot.tape.rows import TRADE, Block, Int64s
from bot.tape.venue_order import FOREVER, ORDERED_LAYOUT, Ordered
from bot.venues.simulated.accounts import HOUSE, Accounts
from bot.venues.simulated.accrual import Accruals
from bot.venues.simulated.agenda import (
    ARRIVAL,
    NEWS,
    Action,
    Agenda,
    Deadline,
    Expiry,
    Recovery,
    Settlement,
    Task,
    Work,
)
from bot.venues.simulated.arrays import (
    ACTION_NS,
    KNOWN_NS,
    REASON,
    STOPPED_AT,
    STOPPED_NS,
    VENUE_LAYOUT,
    VenueArrays,
)
from bot.venues.simulated.booking import Booking
from bot.venues.simulated.clearing import Clearing
from bot.venues.simulated.collateral import Collateral
from bot.venues.simulated.counter import Counter
from bot.venues.simulated.door import event_of, request_of
from bot.venues.simulated.exchange import Exchange
from bot.venues.simulated.feed import Feed
from bot.venues.simulated.funding import Unfunded
from bot.venues.simulated.latency import Latency
from bot.venues.simulated.line import Line
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.market import Market
from bot.venues.simulated.marks import Marks
from bot.venues.simulated.matching import (
    ACTION,
    BOOK_AT,
    CURSOR,
    EXHAUSTED,
    GROW,
    PLACES,
    REACHED,
    ROWS_AT,
    VENUE_AT,
    match,
)
from bot.venues.simulated.outbox import Outbox
from bot.venues.simulated.queue import RISK_AVERSE, QueueRule
from bot.venues.simulated.remembering import Parts, restore, state_of
from bot.venues.simulated.reports import Said
from bot.venues.simulated.requests import REQUESTS, Request
from bot.venues.simulated.settlement import PUNCTUAL, Jitter
from bot.venues.simulated.state import VenueState
from bot.venues.simulated.terms import Loan
from bot.venues.simulated.treasury import Treasury
from bot.venues.simulated.waiting import Seen


class SimulatedVenue:
    """Matching, fees, funding and margin over the market's own rows.

    instruments: the names that blocks index. windows: ticks of each book's window.
    listings: what can be traded. deposits: the wallets to begin with.
    lateness_ns: how far before its receipt a message may have happened, at most the shortest
        way back unless the tape is fed ahead of the engine.
    ordered: each way is one connection, on which nothing overtakes.
    ids_return: whether the client id of a closed order may be used again, as at most venues;
        our own engine never does, and a second use is a mistake.
    """

    def __init__(
        self,
        instruments: tuple[InstrumentId, ...],
        windows: tuple[int, ...],
        listings: Mapping[InstrumentId, Listing],
        deposits: Mapping[AccountId, Mapping[Currency, Decimal]],
        latency: Latency,
        lateness_ns: int,
        impact_decay_ns: int = NS_PER_SECOND,
        queue: QueueRule | None = None,
        loans: Mapping[Currency, Loan] | None = None,
        jitter: Jitter = PUNCTUAL,
        *,
        ordered: bool = True,
        ids_return: bool = False,
    ) -> None:
        index = {name: i for i, name in enumerate(instruments)}
        self.instruments = instruments
        self._listings = {index[name]: listings[name] for name in instruments if name in listings}
        contracts = {i: listing.instrument for i, listing in self._listings.items()}
        self._index = index
        self._line = Line(latency, ordered=ordered)
        self._places: Int64s = np.zeros(PLACES, np.int64)
        self._placed: tuple[VenueArrays | None, Book | None, Ordered | None] = (None, None, None)
        self._feed = Feed(instruments, lateness_ns, self._places[CURSOR : CURSOR + 2])
        self._agenda = Agenda()
        self._outbox = Outbox(self._line)
        self._accounts = Accounts(contracts, deposits)
        self._market = Market(contracts, windows)
        marks = self._marks = Marks(self._listings, self._market)
        accruals = Accruals(self._listings, self._accounts, marks, self._outbox)
        self._exchange = Exchange(
            index,
            self._listings,
            self._market,
            self._accounts,
            self._outbox,
            self._agenda,
            Booking(self._listings, self._accounts, marks, self._outbox, accruals.book),
            Collateral(self._listings, self._accounts, marks, loans or {}),
            queue or QueueRule(RISK_AVERSE),
            impact_decay_ns,
            ids_return=ids_return,
        )
        self._counter = Counter(self._exchange, self._outbox, self._agenda)
        # The one array that is never replaced; an item of its memory is a plain number.
        self._clock = self.arrays.clock.data
        self._clearing = Clearing(
            self._listings, self._exchange, marks, accruals, self._agenda, loans or {}, jitter
        )
        self._parts = Parts(
            self._line,
            self._outbox,
            self._agenda,
            self._accounts,
            self._exchange,
            self._counter,
            self._clearing,
        )

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
    def rows(self) -> Ordered:
        """The market's rows at hand, in the venue's order."""
        return self._feed.rows

    def places(self) -> Int64s:
        """Where the matching kernel finds orders, book and rows; the vector stays the same."""
        arrays, book, rows = self._exchange.resting.arrays, self._market.book, self._feed.rows
        if arrays is not self._placed[0]:
            VENUE_LAYOUT.write(self._places, VENUE_AT, arrays)
        if book is not self._placed[1]:
            BOOK_LAYOUT.write(self._places, BOOK_AT, book)
        if rows is not self._placed[2]:
            ORDERED_LAYOUT.write(self._places, ROWS_AT, rows)
        self._placed = arrays, book, rows
        return self._places

    @property
    def now_ns(self) -> int:
        """The venue's time."""
        return self._outbox.now_ns

    @property
    def idle(self) -> bool:
        """Whether nothing stands, is on its way, or is held: it only keeps its book."""
        exchange = self._exchange
        waits = self._agenda.arriving or len(exchange.resting) or len(exchange.waiting)
        return not (waits or self._accounts.pools() or self._clearing.lending.owed)

    @property
    def positions(self) -> dict[tuple[AccountId, InstrumentId], int]:
        """Lots held, signed, of every account and instrument that holds any."""
        return {
            (account, self.instruments[i]): position.quantity
            for (account, i), position in sorted(self._accounts.position.items())
            if position.quantity and account not in HOUSE
        }

    @property
    def wallets(self) -> dict[tuple[AccountId, Currency], Decimal]:
        """Balances, without open profit; what is set aside for isolated positions is in them."""
        return {
            (account, currency): self._accounts.total(account, currency)
            for account, currency in self._accounts.wallet
            if account not in HOUSE
        }

    def listing(self, instrument: InstrumentId) -> Listing:
        """The terms of an instrument as they are now."""
        return self._listings[self._index[instrument]]

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """What positions in an instrument are valued at now; None is unknown."""
        return self._clearing.marks.mark(self._index[instrument])

    @property
    def books(self) -> Accounts:
        """Everyone's wallets and positions, the market's and the venue's own with them."""
        return self._accounts

    @property
    def treasury(self) -> Treasury:
        """Transfers, leverage and isolated margin: what accounts ask for besides orders."""
        return self._clearing.treasury

    @property
    def unfunded(self) -> list[Unfunded]:
        """Settlements that could not be booked, with the reason."""
        return self._clearing.unfunded

    @property
    def unsettled(self) -> list[str]:
        """Contracts that expired at a price that nobody knows, with their holders."""
        return list(self._clearing.expiries.unsettled)

    def submit(self, command: Command, sent_ns: int) -> None:
        """Send a command of our engine; it is served when it has arrived."""
        self.send(request_of(command), sent_ns)

    def send(self, request: Request, sent_ns: int) -> None:
        """Send a request; it is served when it has arrived."""
        arrives_ns = self._line.arrives(sent_ns)
        assert arrives_ns >= self.now_ns, f"sent at {sent_ns}, but the venue is at {self.now_ns}"
        self._plan(arrives_ns, ARRIVAL, request)

    def perform(self, request: Request, at_ns: int | None = None) -> list[Said]:
        """Serve a request now, and tell all that it caused, in order.

        at_ns: the venue's time, not before its own; the market is then brought up to it first,
        and what that causes is told by `take_said`. No line lies between: what is caused is
        said to be heard as any other answer is, which whoever calls this need not heed.
        """
        if at_ns is not None:
            assert at_ns >= self.now_ns, f"asked at {at_ns}, but the venue is at {self.now_ns}"
            self.advance(at_ns)
        self._react()
        said, self._outbox.said = self._outbox.said, []
        with localcontext(MONEY):
            self._counter.serve(request)
            self._account()
        self._clock[ACTION_NS] = self._agenda.next_ns
        caused, self._outbox.said = self._outbox.said, said
        return caused

    def market_event(self, event: MarketEvent) -> None:
        """Tell the venue what is rarer than rows: rates of funding, changed listings."""
        key = max(event.ts_venue, event.ts_recv - self._feed.lateness_ns)
        self._plan(max(key, self.now_ns), NEWS, event)

    def feed(self, block: Block) -> None:
        """Give it the market's rows, as they were received."""
        if self.idle and self._feed.settled_ns > self.now_ns:
            # Nothing that is still to be sent can arrive so early; unread rows would pile up.
            self.advance(self._feed.settled_ns)
        if block.messages:
            self._clearing.begin(max(self.now_ns, block.first_ns - self._feed.lateness_ns))
            self._clock[ACTION_NS] = self._agenda.next_ns
        self._feed.push(block)
        self._clock[KNOWN_NS] = self._feed.known_ns

    def quiet_until(self, ts_recv: int) -> None:
        """Say that no row received before this time is still to come."""
        self._feed.quiet_until(ts_recv)
        self._clock[KNOWN_NS] = self._feed.known_ns

    def finish(self) -> None:
        """Say that no row is still to come."""
        self._feed.finish()
        self._clock[KNOWN_NS] = self._feed.known_ns

    def next_action_ns(self) -> int | None:
        """The next venue time at which something other than a row happens."""
        next_ns = self._agenda.next_ns
        return None if next_ns == FOREVER else next_ns

    def advance(self, until_ns: int, *, pausing: bool = False) -> None:
        """Do everything that happens up to a venue time, rows and actions.

        pausing: stop behind the first thing it says. Whoever hears that may answer, and the
        answer must not arrive in the venue's past.
        """
        with localcontext(MONEY):
            self._advance(until_ns, pausing=pausing)

    def _advance(self, until_ns: int, *, pausing: bool) -> None:
        outbox = self._outbox
        self._react()
        while not (pausing and outbox.said):
            reason = match(self.places(), until_ns)
            if reason == REACHED:
                break
            if reason == ACTION:
                self._act()
            elif reason == GROW:
                m, waiting = int(self._places[CURSOR]), self._feed.rows
                rows = int(waiting.end[m] - waiting.begin[m])
                self._market.grow(int(waiting.instrument[m]), rows)
            elif reason == EXHAUSTED:
                self._feed.next_block(until_ns)
                self._clock[KNOWN_NS] = self._feed.known_ns
            else:
                self._react()
        else:
            return
        if until_ns > outbox.now_ns:
            outbox.now_ns = until_ns

    def take_events(self) -> list[Event]:
        """What the venue said since the last call, as events in the order they are heard in."""
        if not self._outbox.said:
            return []
        return [event for said in self.take_said() if (event := event_of(said)) is not None]

    def take_said(self) -> list[Said]:
        """The same in the venue's own words."""
        said, self._outbox.said = self._outbox.said, []
        return said

    def state(self) -> VenueState:
        """All that it must remember; what it has said and nobody took is part of that."""
        return state_of(self._parts)

    def restore(self, state: VenueState) -> None:
        """Go on from a state; to be called on a venue that has just been made."""
        restore(self._parts, state)
        with localcontext(MONEY):
            self._clearing.margin()
        self._clock[ACTION_NS] = self._agenda.next_ns

    # --- what happens there ------------------------------------------------------------

    def _plan(self, at_ns: int, rank: int, action: Action) -> None:
        self._agenda.add(at_ns, rank, action)
        self._clock[ACTION_NS] = self._agenda.next_ns

    def _act(self) -> None:
        """Do everything that is due at the next action's time."""
        at_ns = self._agenda.next_ns
        self._outbox.now_ns = at_ns
        while self._agenda.next_ns == at_ns:
            self._do(self._agenda.pop())
        self._clock[ACTION_NS] = self._agenda.next_ns

    def _do(self, action: Action) -> None:
        if type(action) in REQUESTS:
            self._counter.serve(cast(Request, action))
            self._account()
        elif isinstance(action, Settlement):
            self._clearing.settle(action.i, action.due)
            self._clearing.margin()
        elif isinstance(action, Task):
            self._clearing.do(action)
            if action.work is Work.MARK and len(self._exchange.waiting):
                # A mark that the venue computes is seen by nobody but it.
                self._exchange.trigger(action.i, Seen(self._marks.mark(action.i), None, None))
            self._clearing.see_trades()
            self._clearing.margin()
        elif isinstance(action, Expiry):
            self._exchange.expire(action.number)
        elif isinstance(action, Deadline):
            self._counter.lapse(action)
        elif isinstance(action, Recovery):
            self._market.recover(self.arrays, action.i, self.now_ns)
            if self._market.marked(action.i) is None:
                # A middle that is a mark has moved, and no message said so.
                self._exchange.trigger(action.i, Seen(self._marks.mark(action.i), None, None))
                self._exchange.traded.add(action.i)
                self._account()
        elif isinstance(action, FundingRate):
            if (i := self._index.get(action.instrument)) in self._listings:
                self._clearing.hear(i, action)
        elif isinstance(action, InstrumentChanged):
            self._relist(action)

    def _react(self) -> None:
        """Do what the message behind which the kernel stopped asks for."""
        clock = self._clock
        if clock[REASON] == REACHED:
            return
        clock[REASON] = REACHED
        self._outbox.now_ns = clock[STOPPED_NS]
        i = clock[STOPPED_AT]
        self._exchange.collect(i)
        if len(self._exchange.waiting):
            self._exchange.trigger(i, self._seen(i))
        self._exchange.traded.add(i)
        self._account()
        clock[ACTION_NS] = self._agenda.next_ns

    def _seen(self, i: int) -> Seen:
        """What the message showed behind which the kernel stopped."""
        rows, m = self._feed.rows, int(self._places[CURSOR]) - 1
        at = slice(int(rows.begin[m]), int(rows.end[m]))
        traded = rows.price[at][rows.kind[at] == TRADE]
        low, high = (int(traded.min()), int(traded.max())) if len(traded) else (None, None)
        return Seen(self._marks.mark(i), low, high)

    def _account(self) -> None:
        """Look at the money after somebody's order was served or filled."""
        if self._exchange.traded:
            self._clearing.see_trades()
            self._clearing.margin()
        else:
            self._exchange.bound()

    def _relist(self, event: InstrumentChanged) -> None:
        i = self._index.get(event.instrument.id)
        if i not in self._listings:
            return
        listing = self._listings[i]
        contract = structs.replace(
            listing.instrument,
            active=event.instrument.active,
            funding_interval_ns=event.instrument.funding_interval_ns,
        )
        self._listings[i] = structs.replace(listing, instrument=contract)
        if not contract.active:
            self._exchange.delist(i)
