"""The venue's clearing house: everything that moves money besides an order's own fills.

It puts the parts together and says when they work: funding at its stamps or growing, marks
that are computed, margin calls, expiries and sessions, interest. What falls due at a time of
its own is a `Task` of the agenda; what a price sets off comes through the kernel's bounds.
"""

from collections.abc import Mapping

from msgspec import structs

from bot.model.event import FundingRate
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR, Currency
from bot.venues.simulated.accounts import Accounts
from bot.venues.simulated.accrual import Accruals
from bot.venues.simulated.agenda import SETTLEMENT, Agenda, Task, Work
from bot.venues.simulated.booking import Booking
from bot.venues.simulated.borrowing import Lending
from bot.venues.simulated.exchange import Exchange
from bot.venues.simulated.expiry import Expiries, Sessions
from bot.venues.simulated.funding import Due, Unfunded
from bot.venues.simulated.liquidation import Liquidator
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.marks import SAMPLE_NS, Marks, Mean
from bot.venues.simulated.money import MoneyState
from bot.venues.simulated.settlement import FundingDesk, Jitter
from bot.venues.simulated.solvency import Solvency
from bot.venues.simulated.terms import Accruing, Loan
from bot.venues.simulated.treasury import Treasury


class Clearing:
    """The parts of the clearing house, and their times."""

    def __init__(
        self,
        listings: dict[int, Listing],
        exchange: Exchange,
        marks: Marks,
        accruals: Accruals,
        agenda: Agenda,
        loans: Mapping[Currency, Loan],
        jitter: Jitter,
    ) -> None:
        self.listings = listings
        self.exchange = exchange
        self.marks = marks
        self.accruals = accruals
        self.agenda = agenda
        self.accounts: Accounts = exchange.accounts
        self.booking: Booking = exchange.booking
        outbox = exchange.outbox
        self.funding = FundingDesk(listings, marks, self.accounts, outbox, agenda, jitter)
        self.solvency = Solvency(listings, self.accounts, exchange.market, marks)
        self.liquidator = Liquidator(exchange, self.solvency, agenda, accruals.book)
        self.expiries = Expiries(listings, exchange, marks, agenda, accruals.book)
        self.sessions = Sessions(listings, self.accounts, marks, exchange)
        self.lending = Lending(loans, self.accounts, outbox)
        self.treasury = Treasury(exchange, exchange.collateral, self.margin)
        self._begun = False

    @property
    def unfunded(self) -> list[Unfunded]:
        """Funding that could not be booked, with the reason."""
        return [*self.funding.unfunded, *self.accruals.unfunded]

    # --- times of its own --------------------------------------------------------------

    def begin(self, now_ns: int) -> None:
        """Plan what falls due, from the first time that is known; later calls do nothing."""
        if self._begun:
            return
        self._begun = True
        for i in self.marks.computed():
            self._plan_next(now_ns, SAMPLE_NS, 0, Task(Work.MARK, i))
        for i in self.accruals.contracts():
            self._plan_accrual(now_ns, i)
        for i in sorted(self.listings):
            self._plan_session(now_ns, i)
        if self.lending.loans:
            self._plan_next(now_ns, NS_PER_HOUR, 0, Task(Work.INTEREST, -1))
        self.expiries.begin(now_ns)

    def do(self, task: Task) -> None:
        """Do what has fallen due, and plan its next time."""
        now_ns, i = self.exchange.outbox.now_ns, task.i
        match task.work:
            case Work.MARK:
                self.marks.sample(i, now_ns, self.funding.coming(i))
                self.accruals.grow(i)
                self._plan_next(now_ns, SAMPLE_NS, 0, task)
            case Work.ACCRUAL:
                self.accruals.book_all(i)
                self._plan_accrual(now_ns, i)
            case Work.SESSION:
                self.accruals.book_all(i)
                self.sessions.settle(i)
                self._plan_session(now_ns, i)
            case Work.INTEREST:
                self.lending.charge()
                self._plan_next(now_ns, NS_PER_HOUR, 0, task)
            case Work.AVERAGE:
                self.expiries.sample(i)
            case Work.EXPIRY:
                self.expiries.settle(i)

    # --- what a price or a message sets off --------------------------------------------

    def hear(self, i: int, event: FundingRate) -> None:
        """Take a rate of funding in."""
        listing = self.listings[i]
        if listing.instrument.kind is not Kind.PERPETUAL:
            return
        if isinstance(listing.funding, Accruing):
            if not event.settled:  # what an hour came to is no rate that holds from now on
                self.accruals.announce(i, event.rate, event.interval_ns)
        else:
            self.funding.hear(i, event)

    def settle(self, i: int, due: Due) -> None:
        """Pay a settlement, and look for the next."""
        self.funding.settle(i, due)
        self.funding.expect(i)

    def looked_at(self, i: int) -> None:
        """A message concerned something in an instrument, or its position changed."""
        self.accruals.grow(i)
        self.funding.expect(i)

    def see_trades(self) -> None:
        """Somebody's position has changed since the last look."""
        for i in sorted(self.exchange.traded):
            self.looked_at(i)
        self.exchange.traded.clear()

    def margin(self) -> None:
        """Close what is called, and tell the kernel when to look again."""
        pools = self.solvency.judge_all()
        while called := [each.pool for each in pools if each.called]:
            for pool in called:
                self.liquidator.liquidate(pool)
            pools = self.solvency.judge_all()
        self.solvency.bound(self.exchange.resting.arrays, pools, self.accruals.watched())
        self.exchange.bound()

    # --- to remember -------------------------------------------------------------------

    def state(self) -> MoneyState:
        """All that it must remember, besides wallets and positions."""
        accounts, accruals = self.accounts, self.accruals
        return MoneyState(
            isolated=[(*key, amount) for key, amount in sorted(accounts.isolated.items())],
            terms=[(*key, terms) for key, terms in sorted(accounts.terms.items())],
            debts=[(*key, most) for key, most in sorted(accounts.debt.items())],
            volumes=[
                (*key, day, amount)
                for key, days in sorted(self.booking.volumes.days.items())
                for day, amount in sorted(days.items())
            ],
            fee_assets=sorted(self.booking.fee_assets),
            intervals=sorted(self.funding.calendar.interval.items()),
            marks=[(i, structs.replace(each)) for i, each in sorted(self.marks.remembered.items())],
            means=[
                (i, Mean(each.total, each.samples))
                for i, each in sorted(self.expiries.means.items())
            ],
            announced=sorted(accruals.announced.items()),
            standing=sorted(accruals.standing.items(), key=lambda each: each[0]),
            grown=[(*key, amount) for key, amount in sorted(accruals.grown.items())],
            unknown=sorted(accruals.unknown),
        )

    def restore(self, state: MoneyState) -> None:
        """Go on from a state; wallets and positions have been restored."""
        accounts, accruals = self.accounts, self.accruals
        accounts.isolated = {(account, i): amount for account, i, amount in state.isolated}
        accounts.terms = accounts.terms | {(account, i): one for account, i, one in state.terms}
        accounts.debt = {(account, currency): most for account, currency, most in state.debts}
        for account, currency, day, amount in state.volumes:
            self.booking.volumes.days.setdefault((account, currency), {})[day] = amount
        self.booking.fee_assets |= set(state.fee_assets)
        self.funding.calendar.interval = dict(state.intervals)
        self.marks.remembered = {i: structs.replace(each) for i, each in state.marks}
        self.expiries.means = {i: Mean(each.total, each.samples) for i, each in state.means}
        accruals.announced = dict(state.announced)
        accruals.standing = dict(state.standing)
        accruals.unknown = set(state.unknown)
        accruals.grown = {(account, i): amount for account, i, amount in state.grown}
        accounts.set_aside()

    # --- plans -------------------------------------------------------------------------

    def _plan_next(self, now_ns: int, every_ns: int, offset_ns: int, task: Task) -> None:
        """Plan a task for the next multiple of an interval, shifted by an offset."""
        at_ns = ((now_ns - offset_ns) // every_ns + 1) * every_ns + offset_ns
        self.agenda.add(at_ns, SETTLEMENT, task)

    def _plan_accrual(self, now_ns: int, i: int) -> None:
        rule = self.listings[i].funding
        assert isinstance(rule, Accruing), "only what grows is booked so"
        self._plan_next(now_ns, rule.booked_ns, 0, Task(Work.ACCRUAL, i))

    def _plan_session(self, now_ns: int, i: int) -> None:
        listing = self.listings[i]
        expiry_ns = listing.instrument.expiry_ns
        if listing.session_ns is None or (expiry_ns is not None and expiry_ns <= now_ns):
            return
        self._plan_next(now_ns, listing.session_ns, listing.session_at_ns, Task(Work.SESSION, i))
