"""Settlements of funding that come at a stamp: paid once, by whoever held before them."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from bot.model.event import FundingPaid, FundingRate
from bot.model.instrument import Kind
from bot.model.units import AccountId, InstrumentId
from bot.venues.simulated.accounts import MARKET, Accounts
from bot.venues.simulated.agenda import SETTLEMENT, Agenda, Settlement
from bot.venues.simulated.funding import Due, FundingCalendar, Unfunded, payment
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.marks import Coming, Marks
from bot.venues.simulated.outbox import Outbox
from bot.venues.simulated.terms import AtStamp


class Jitter(Struct, frozen=True):
    """How late a venue may charge, for runs that are to be harder than life.

    Each settlement has a delay of its own between 0 and `most_ns`, the same for the same seed.
    Binance states that charging may take up to 15 s.
    """

    most_ns: int
    seed: int

    def delay_ns(self, i: int, settles_ns: int) -> int:
        """The delay of one settlement of one instrument."""
        mixed = (self.seed * 0x9E3779B97F4A7C15 + i * 0xBF58476D1CE4E5B9 + settles_ns) & _WORD
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = ((mixed ^ (mixed >> shift)) * factor) & _WORD
        return (mixed ^ (mixed >> 31)) % (self.most_ns + 1)


_WORD = (1 << 64) - 1
PUNCTUAL = Jitter(0, 0)


class FundingDesk:
    """Pays funding at its stamps.

    unfunded: settlements that could not be booked, with the reason.
    """

    def __init__(
        self,
        listings: Mapping[int, Listing],
        marks: Marks,
        accounts: Accounts,
        outbox: Outbox,
        agenda: Agenda,
        jitter: Jitter,
    ) -> None:
        self.listings = listings
        self.marks = marks
        self.accounts = accounts
        self.outbox = outbox
        self.agenda = agenda
        self.jitter = jitter
        self.calendar = FundingCalendar()
        self.unfunded: list[Unfunded] = []

    def hear(self, i: int, event: FundingRate) -> None:
        """Keep a rate, and plan its settlement."""
        self._plan(i, self.calendar.hear(i, event))

    def expect(self, i: int) -> None:
        """While something is held, look for a settlement, announced or at the usual time."""
        listing = self.listings[i]
        if (
            not isinstance(listing.funding, AtStamp)
            or listing.instrument.kind is not Kind.PERPETUAL
        ):
            return
        held = any(position.quantity for _, position in self.accounts.holders(i))
        interval, now_ns = self.interval_ns(i), self.outbox.now_ns
        if held and interval is not None and not self.calendar.awaits(i, now_ns):
            self._plan(i, self.calendar.expect(i, (now_ns // interval + 1) * interval))

    def resume(self) -> None:
        """Plan again what was planned when the calendar was restored."""
        for i, due in self.calendar.expected():
            if due.scheduled:
                due.scheduled = False
                self._plan(i, due)

    def interval_ns(self, i: int) -> int | None:
        """Time between settlements, as last announced, else as listed."""
        return self.calendar.interval.get(i, self.listings[i].instrument.funding_interval_ns)

    def coming(self, i: int) -> Coming | None:
        """The next settlement whose rate has been heard."""
        interval = self.interval_ns(i)
        due = self.calendar.next(i, self.outbox.now_ns)
        if due is None or due.rate is None or interval is None:
            return None
        return Coming(due.rate.rate, due.settles_ns, interval)

    def settle(self, i: int, due: Due) -> None:
        """Pay a settlement to everyone who held before it, or say why it cannot be paid."""
        due.scheduled = False
        charged_ns = due.settles_ns + self.jitter.delay_ns(i, due.settles_ns)
        holders = [
            (account, position.before(charged_ns))
            for account, position in self.accounts.holders(i)
            if position.before(charged_ns)
        ]
        price, rate = self._price(i, due, charged_ns), due.rate
        self.unfunded = [
            each
            for each in self.unfunded
            if (each.instrument, each.settles_ns) != (self._id(i), due.settles_ns)
        ]
        if rate is None and self.calendar.awaits(i, self.outbox.now_ns):
            return  # We only supposed that it was due; the venue has announced another time.
        if holders and (rate is None or price is None):
            reason = "no rate was published for it" if rate is None else "no mark is known at it"
            self.unfunded += [
                Unfunded(account, self._id(i), due.settles_ns, lots, reason)
                for account, lots in holders
            ]
            return
        self.calendar.close(i, due)
        if rate is not None and price is not None:
            for account, lots in holders:
                self._pay(account, i, due, lots, price, rate.rate)

    def _price(self, i: int, due: Due, charged_ns: int) -> Decimal | None:
        """The price that a settlement is counted at: as the venue stated it, else as it stands."""
        rule = self.listings[i].funding
        by_index = isinstance(rule, AtStamp) and rule.by_index
        if due.mark is None and self.outbox.now_ns == charged_ns:
            due.mark = self.marks.index(i) if by_index else self.marks.stated(i)
        if due.rate is not None and due.rate.mark is not None and not by_index:
            return due.rate.mark
        return due.mark

    def _pay(
        self, account: AccountId, i: int, due: Due, lots: int, price: Decimal, rate: Decimal
    ) -> None:
        instrument = self.listings[i].instrument
        amount = payment(instrument, lots, price, rate)
        self.accounts.put(self.accounts.pool_of(account, i), amount)
        self.accounts.receive(MARKET, instrument.settle, -amount)
        self.outbox.say(
            FundingPaid,
            account=account,
            instrument=instrument.id,
            settles_ns=due.settles_ns,
            quantity=lots,
            mark=price,
            rate=rate,
            amount=amount,
            currency=instrument.settle,
        )

    def _plan(self, i: int, due: Due | None) -> None:
        if due is not None and not due.scheduled:
            due.scheduled = True
            charged_ns = due.settles_ns + self.jitter.delay_ns(i, due.settles_ns)
            self.agenda.add(max(charged_ns, self.outbox.now_ns), SETTLEMENT, Settlement(i, due))

    def _id(self, i: int) -> InstrumentId:
        return self.listings[i].instrument.id
