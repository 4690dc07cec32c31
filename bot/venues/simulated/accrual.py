"""Funding that grows all the time, paid when it is booked and when the position changes.

Between two changes of mark, index, rate or position nothing changes, so that what grew is
`payment × time / period`, summed exactly; the kernel stops at each of these changes while
anyone holds such a contract.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from bot.model.event import FundingPaid
from bot.model.money import divide
from bot.model.units import AccountId
from bot.venues.simulated.accounts import MARKET, ZERO, Accounts, Key, worth
from bot.venues.simulated.funding import Unfunded, payment
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.marks import Marks
from bot.venues.simulated.outbox import Outbox
from bot.venues.simulated.terms import Accruing


class Standing(Struct, frozen=True):
    """What has held since a time; None is unknown."""

    since_ns: int
    mark: Decimal | None
    rate: Decimal | None


class Accruals:
    """What has grown and was not paid yet.

    announced: the rate that the tape stated last. unknown: whose funding could not grow
    because something was unknown, since it was booked last.
    """

    def __init__(
        self, listings: Mapping[int, Listing], accounts: Accounts, marks: Marks, outbox: Outbox
    ) -> None:
        self.listings = listings
        self.accounts = accounts
        self.marks = marks
        self.outbox = outbox
        self.announced: dict[int, Decimal] = {}
        self.standing: dict[int, Standing] = {}
        self.grown: dict[Key, Decimal] = {}
        self.unfunded: list[Unfunded] = []
        self.unknown: set[Key] = set()

    def watched(self) -> list[int]:
        """The instruments whose every mark and index must be seen."""
        return [
            i
            for i in self.contracts()
            if any(position.quantity for _, position in self.accounts.holders(i))
        ]

    def contracts(self) -> list[int]:
        """The instruments whose funding grows."""
        return [i for i, one in sorted(self.listings.items()) if isinstance(one.funding, Accruing)]

    def announce(self, i: int, rate: Decimal, interval_ns: int | None) -> None:
        """A rate holds from now on; interval_ns: what it is for, the rule's period unless said."""
        rule = self.listings[i].funding
        assert isinstance(rule, Accruing), "only what grows is announced so"
        if interval_ns is not None and interval_ns != rule.period_ns:
            rate = divide(rate * rule.period_ns, interval_ns)
        self.announced[i] = rate
        self.grow(i)

    def grow(self, i: int) -> None:
        """Count what has grown up to now, and note what holds from now on."""
        rule, now_ns = self.listings[i].funding, self.outbox.now_ns
        if not isinstance(rule, Accruing):
            return
        stood = self.standing.get(i)
        mark = self.marks.mark(i)
        self.standing[i] = Standing(now_ns, mark, self._rate(i, rule, mark))
        if stood is None or stood.since_ns == now_ns:
            return
        for account, position in self.accounts.holders(i):
            key, lots = (account, i), position.quantity
            if lots and (stood.mark is None or stood.rate is None):
                self.unknown.add(key)
            elif lots and stood.mark is not None and stood.rate is not None:
                whole = payment(self.listings[i].instrument, lots, stood.mark, stood.rate)
                part = divide(whole * (now_ns - stood.since_ns), rule.period_ns)
                self.grown[key] = self.grown.get(key, ZERO) + part

    def book(self, account: AccountId, i: int) -> None:
        """Pay what has grown for an account up to now."""
        self.grow(i)
        instrument, lots = self.listings[i].instrument, self.accounts.quantity(account, i)
        if (account, i) in self.unknown:
            self.unknown.discard((account, i))
            reason = "no mark or rate was known for a while before it"
            self.unfunded.append(Unfunded(account, instrument.id, self.outbox.now_ns, lots, reason))
        amount, stands = self.grown.pop((account, i), ZERO), self.standing.get(i)
        if not amount:
            return
        mark = self.marks.mark(i)
        if mark is None and stands is not None:
            mark = stands.mark
        assert mark is not None, f"{instrument.id}: funding grew at a mark"
        self.accounts.put(self.accounts.pool_of(account, i), amount)
        self.accounts.receive(MARKET, instrument.settle, -amount)
        self.outbox.say(
            FundingPaid,
            account=account,
            instrument=instrument.id,
            settles_ns=self.outbox.now_ns,
            quantity=lots,
            mark=mark,
            # What it came to on this worth: rate and mark moved while it grew.
            rate=divide(-amount if lots > 0 else amount, abs(worth(instrument, lots, mark))),
            amount=amount,
            currency=instrument.settle,
        )

    def book_all(self, i: int) -> None:
        """Pay everyone who holds an instrument."""
        for account, _ in self.accounts.holders(i):
            self.book(account, i)

    def _rate(self, i: int, rule: Accruing, mark: Decimal | None) -> Decimal | None:
        """As announced, else from how far the mark is off the index."""
        if i in self.announced:
            return self.announced[i]
        index = self.marks.index(i)
        if mark is None or index is None:
            return None
        return accruing_rate(mark, index, rule)


def accruing_rate(mark: Decimal, index: Decimal, rule: Accruing) -> Decimal:
    """The rate of a period: how far the mark is off the index, less a dead zone, capped."""
    off = divide(mark - index, index)
    rate = max(rule.damping, off) + min(-rule.damping, off)
    return min(max(rate, -rule.cap), rule.cap)
