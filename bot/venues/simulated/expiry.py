"""What becomes of dated contracts: settled at the mean of the index, positions gone, cash booked.

The mean is over time, of the index as it stood at each sample of the last half hour. Contracts
of one underlying and one expiry share it. Where no index is known it is what the venue last
estimated; where that is unknown too nothing is settled, and it is said.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import structs

from bot.model.command import Side
from bot.model.event import Settled
from bot.model.instrument import Instrument
from bot.model.money import divide
from bot.model.units import AccountId, Currency
from bot.tape.rows import ESTIMATED_SETTLE
from bot.venues.simulated.accounts import VENUE, ZERO, Accounts
from bot.venues.simulated.agenda import SETTLEMENT, Agenda, Task, Work
from bot.venues.simulated.exchange import Exchange
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.marks import Marks, Mean

_STEP = Decimal("1e-8")
Group = tuple[Currency, Currency, int]
"""Base, quote and expiry: what shares one settlement price."""


def payoff(instrument: Instrument, price: Decimal) -> Decimal:
    """What a unit is closed at when the underlying settles at a price.

    A future at the price; an option at what exercising it is worth, in the coin that
    it settles in.
    """
    if instrument.strike is None:
        return price
    ahead = price - instrument.strike if instrument.call else instrument.strike - price
    worth = max(ahead, ZERO)
    return divide(worth, price) if instrument.in_coin else worth


class Expiries:
    """Averages the index and settles what expires.

    unsettled: contracts that expired without a known price. before: called before a position
    changes, with its account and instrument.
    """

    def __init__(
        self,
        listings: dict[int, Listing],
        exchange: Exchange,
        marks: Marks,
        agenda: Agenda,
        before: Callable[[AccountId, int], None],
    ) -> None:
        self.listings = listings
        self.exchange = exchange
        self.marks = marks
        self.agenda = agenda
        self.before = before
        self.accounts: Accounts = exchange.accounts
        self.means: dict[int, Mean] = {}
        self.unsettled: list[str] = []
        self._groups = _grouped(listings)

    def begin(self, now_ns: int) -> None:
        """Plan the averages and expiries that are to come, and those that nobody settled."""
        for first, members in self._groups.items():
            listing = self.listings[first]
            expiry_ns, terms = listing.instrument.expiry_ns, listing.expiry
            assert expiry_ns is not None, f"{listing.instrument.id}: expected to be dated"
            if expiry_ns > now_ns:
                starts_ns = expiry_ns - terms.averaging_ns
                late = max(0, now_ns - starts_ns + terms.sample_ns - 1) // terms.sample_ns
                self._plan_sample(first, starts_ns + late * terms.sample_ns)
                self.agenda.add(expiry_ns, SETTLEMENT, Task(Work.EXPIRY, first))
            elif any(self.accounts.holders(i) for i in members):
                self.agenda.add(now_ns, SETTLEMENT, Task(Work.EXPIRY, first))
            else:
                for i in members:
                    self._close_listing(i)

    def sample(self, first: int) -> None:
        """Add the index as it stands to a mean, and plan the next sample."""
        index = self._known(first, self.marks.index)
        if index is not None:
            mean = self.means.setdefault(first, Mean())
            mean.total += index
            mean.samples += 1
        self._plan_sample(
            first, self.exchange.outbox.now_ns + self.listings[first].expiry.sample_ns
        )

    def settle(self, first: int) -> None:
        """Settle everything of a group in cash, and trade it no more."""
        mean = self.means.pop(first, None)
        if mean is not None:
            price: Decimal | None = divide(mean.total, mean.samples).quantize(
                _STEP, ROUND_HALF_EVEN
            )
        else:
            price = self._known(first, lambda i: self.marks.market.stated(i, ESTIMATED_SETTLE))
        for i in self._groups[first]:
            self.exchange.delist(i)
            self._close_listing(i)
            for account, position in self.accounts.holders(i):
                if position.quantity and price is not None:
                    self._settle(account, i, price)
                elif position.quantity:
                    name = self.listings[i].instrument.id
                    self.unsettled.append(f"{account} {name}: expired, no index was known")

    def _settle(self, account: AccountId, i: int, price: Decimal) -> None:
        self.before(account, i)
        listing, outbox = self.listings[i], self.exchange.outbox
        instrument, lots = listing.instrument, self.accounts.quantity(account, i)
        paid = payoff(instrument, price)
        side = Side.SELL if lots > 0 else Side.BUY
        self.accounts.trade(account, i, side, abs(lots), paid, outbox.now_ns)
        fee = listing.fees.deliver(instrument, lots, paid, price)
        self.accounts.pay(account, VENUE, instrument.settle, fee)
        outbox.say(
            Settled,
            account=account,
            instrument=instrument.id,
            price=price,
            fee=fee,
            currency=instrument.settle,
        )

    def _plan_sample(self, first: int, at_ns: int) -> None:
        expiry_ns = self.listings[first].instrument.expiry_ns
        assert expiry_ns is not None, "a group is dated"
        if at_ns < expiry_ns:
            self.agenda.add(at_ns, SETTLEMENT, Task(Work.AVERAGE, first))

    def _known(self, first: int, value: Callable[[int], Decimal | None]) -> Decimal | None:
        """What the first of a group that states it states."""
        stated = (value(i) for i in self._groups[first])
        return next((each for each in stated if each is not None), None)

    def _close_listing(self, i: int) -> None:
        listing = self.listings[i]
        contract = structs.replace(listing.instrument, active=False)
        self.listings[i] = structs.replace(listing, instrument=contract)


class Sessions:
    """Pays open profit at the end of each session: equity stays, what was unrealised is money."""

    def __init__(
        self, listings: Mapping[int, Listing], accounts: Accounts, marks: Marks, exchange: Exchange
    ) -> None:
        self.listings = listings
        self.accounts = accounts
        self.marks = marks
        self.exchange = exchange

    def settle(self, i: int) -> None:
        """Pay everyone who holds an instrument; while no mark is known profit stays open."""
        mark, instrument = self.marks.mark(i), self.listings[i].instrument
        for account, position in self.accounts.holders(i):
            if position.quantity and mark is not None:
                self.accounts.mark_to_market(account, i, mark)
                self.exchange.outbox.say(
                    Settled,
                    account=account,
                    instrument=instrument.id,
                    price=mark,
                    fee=ZERO,
                    currency=instrument.settle,
                )


def _grouped(listings: Mapping[int, Listing]) -> dict[int, list[int]]:
    """The dated contracts by the first of those that share a settlement price."""
    groups: dict[Group, list[int]] = {}
    for i, listing in sorted(listings.items()):
        contract = listing.instrument
        if contract.expiry_ns is not None:
            groups.setdefault((contract.base, contract.quote, contract.expiry_ns), []).append(i)
    return {members[0]: members for members in groups.values()}
