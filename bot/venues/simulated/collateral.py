"""What an account has free, and what an order lacks when it arrives.

    available = margin balance − initial margin of positions and open orders − what spot locks

An instrument's positions and orders are looked at together, at the worse of two sides: every
buy filled and no sell, or the other way round. Reduce-only orders need nothing. Where no mark
is known, a position counts at its cost: the venue itself would know.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.model.command import OrderType, Proposal, Side
from bot.model.instrument import Kind
from bot.model.money import divide
from bot.model.units import AccountId, Currency
from bot.venues.simulated.accounts import ZERO, Accounts, Position, worth
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Load
from bot.venues.simulated.marks import Marks
from bot.venues.simulated.orders import Order
from bot.venues.simulated.terms import Loan

Wanted = tuple[Side, int, int]
"""Side, lots and price in ticks of an order."""


class Collateral:
    """Judges what stands behind orders.

    loans: what the venue lends of a currency, to whoever trades a listing that borrows; it lends
    no other.
    """

    def __init__(
        self,
        listings: Mapping[int, Listing],
        accounts: Accounts,
        marks: Marks,
        loans: Mapping[Currency, Loan],
    ) -> None:
        self.listings = listings
        self.accounts = accounts
        self.marks = marks
        self.loans = loans

    def shortage(
        self, i: int, proposal: Proposal, price: int, orders: Iterable[Order]
    ) -> str | None:
        """Why an account cannot carry an order, if it cannot; price: ticks that it is judged at."""
        instrument, account = self.listings[i].instrument, proposal.account
        standing = [order for order in orders if order.account == account]
        if instrument.kind is Kind.SPOT:
            return self._spot_shortage(i, proposal, standing)
        if proposal.reduce_only:
            return None
        if proposal.type is OrderType.LIMIT:
            price = proposal.price
        before = _wanted(i, standing)
        wanted = [*before, (proposal.side, proposal.size, price)]
        terms = self.accounts.margin_terms(account, i)
        allowed = self._leverage_max(account, i, wanted)
        if terms.leverage is not None and allowed is not None and terms.leverage > allowed:
            return f"leverage: {terms.leverage} is chosen, {allowed} is allowed at this size"
        more = self._required(account, i, wanted) - self._required(account, i, before)
        if more <= 0:
            return None  # It brings the account no further than it may already be.
        needed = more + self._lost_at_once(i, proposal.side, proposal.size, price)
        needed += self._fee(i, proposal.side, proposal.size, price)
        free = self.available(account, instrument.settle, standing)
        if free < needed:
            return f"margin: {free:f} {instrument.settle} is available, the order needs {needed:f}"
        return None

    def available(self, account: AccountId, currency: Currency, orders: Iterable[Order]) -> Decimal:
        """What an account could open with, in a currency; orders: its own that rest."""
        standing = list(orders)
        free = self.accounts.wallet.get((account, currency), ZERO)
        for i in self._busy(account, currency, standing):
            held = self.accounts.position.get((account, i))
            required = self._required(account, i, _wanted(i, standing))
            if self.accounts.margin_terms(account, i).isolated:
                free -= required - self.initial(account, i)  # that lies in a wallet of its own
            else:
                free += self._profit(i, held) - required
        return free - self._locked(standing, currency)

    def initial(self, account: AccountId, i: int) -> Decimal:
        """Initial margin of a position as it stands."""
        return self._required(account, i, [])

    def leverage_max(self, account: AccountId, i: int, orders: Iterable[Order]) -> Decimal | None:
        """The most that an instrument may be held with, orders filled; None: none is stated."""
        return self._leverage_max(account, i, _wanted(i, orders))

    def _spot_shortage(self, i: int, proposal: Proposal, standing: list[Order]) -> str | None:
        listing, account = self.listings[i], proposal.account
        currency, needed = listing.locks(proposal.side, proposal.size, proposal.price)
        wallet = self.accounts.wallet.get((account, currency), ZERO)
        # Open profit of contracts buys no coins, but what they need is not free.
        free = min(
            self.available(account, currency, standing), wallet - self._locked(standing, currency)
        )
        # What carries contracts is not lent: a debt would stand where their margin should.
        carries = any(
            self.accounts.quantity(account, j) or _wanted(j, standing)
            for j in self._busy(account, currency, standing)
        )
        loan = self.loans.get(currency)
        if listing.borrows and loan is not None and not carries:
            lent = free + loan.quota
            if lent < needed:
                return f"quota: {lent:f} {currency} is free or lent, the order needs {needed:f}"
            return None
        if free < needed:
            return f"balance: {free:f} {currency} is free, the order needs {needed:f}"
        return None

    def _locked(self, standing: list[Order], currency: Currency) -> Decimal:
        """What resting spot orders have set aside."""
        total = ZERO
        for order in standing:
            listing = self.listings[order.instrument]
            if listing.instrument.kind is Kind.SPOT:
                locked, amount = listing.locks(order.side, order.leaves, order.price)
                total += amount if locked == currency else ZERO
        return total

    def _busy(self, account: AccountId, currency: Currency, standing: list[Order]) -> list[int]:
        """The contracts of a currency in which an account holds or wants anything."""
        found = {order.instrument for order in standing}
        found |= {i for (owner, i), held in self.accounts.position.items() if owner == account}
        return [
            i
            for i in sorted(found)
            if self.listings[i].instrument.kind is not Kind.SPOT
            and self.listings[i].instrument.settle == currency
        ]

    def _required(self, account: AccountId, i: int, wanted: list[Wanted]) -> Decimal:
        """Initial margin at the worse side, premiums paid."""
        leverage = self.accounts.margin_terms(account, i).leverage
        needs = [ZERO]
        for side in Side:
            load, premium = self._filled(account, i, wanted, side)
            if load is not None:
                needs.append(self.listings[i].rule.initial(load, leverage) + premium)
        return max(needs)

    def _leverage_max(self, account: AccountId, i: int, wanted: list[Wanted]) -> Decimal | None:
        """The highest leverage that both sides may have; None: the contract states none."""
        loads = [self._filled(account, i, wanted, side)[0] for side in Side]
        rule = self.listings[i].rule
        stated = [rule.leverage_max(load) for load in loads if load is not None]
        return min((each for each in stated if each is not None), default=None)

    def _filled(
        self, account: AccountId, i: int, wanted: list[Wanted], side: Side
    ) -> tuple[Load | None, Decimal]:
        """What is held when all orders of a side have filled, and the premium that they pay."""
        instrument, held = self.listings[i].instrument, self.accounts.quantity(account, i)
        bought = [
            (int(side) * lots, instrument.price(price))
            for whose, lots, price in wanted
            if whose is side
        ]
        mark = self._mark(account, i)
        if mark is None:
            if not bought:
                return None, ZERO
            mark = bought[-1][1]
        lots = held + sum(size for size, _ in bought)
        ordered = sum((worth(instrument, size, paid) for size, paid in bought), ZERO)
        if instrument.kind is Kind.OPTION:
            amount, premium = worth(instrument, lots, mark), ordered
        else:
            amount, premium = worth(instrument, held, mark) + ordered, ZERO
        load = Load(instrument, lots, abs(amount), mark, self.marks.index(i))
        return load, premium

    def _mark(self, account: AccountId, i: int) -> Decimal | None:
        """The mark, else the average cost of what is held."""
        mark, held = self.marks.mark(i), self.accounts.position.get((account, i))
        if mark is not None or held is None or held.quantity == 0:
            return mark
        instrument = self.listings[i].instrument
        size = instrument.lot * held.quantity * instrument.contract_size
        inverse = instrument.inverse and instrument.kind is not Kind.OPTION
        return divide(-size, held.cost) if inverse else divide(held.cost, size)

    def _profit(self, i: int, held: Position | None) -> Decimal:
        """Open profit that counts as margin; nothing while no mark is known."""
        instrument, mark = self.listings[i].instrument, self.marks.mark(i)
        if held is None or mark is None or instrument.kind is Kind.OPTION:
            return ZERO
        return worth(instrument, held.quantity, mark) - held.cost

    def _fee(self, i: int, side: Side, size: int, price: int) -> Decimal:
        """The most that filling may cost besides."""
        listing, index = self.listings[i], self.marks.index(i)
        fee, _ = listing.fees.charge(
            listing.instrument, side, size, price, maker=False, index=index
        )
        return max(ZERO, fee)

    def _lost_at_once(self, i: int, side: Side, size: int, price: int) -> Decimal:
        """What filling at a price loses against the mark."""
        instrument, mark = self.listings[i].instrument, self.marks.mark(i)
        if mark is None or instrument.kind is Kind.OPTION:
            return ZERO
        paid = worth(instrument, int(side) * size, instrument.price(price))
        return max(ZERO, paid - worth(instrument, int(side) * size, mark))


def _wanted(i: int, orders: Iterable[Order]) -> list[Wanted]:
    """The orders of an instrument that may open something."""
    return [
        (order.side, order.leaves, order.price)
        for order in orders
        if order.instrument == i and not order.reduce_only
    ]
