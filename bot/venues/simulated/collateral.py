"""What an account has free, and what an order lacks when it arrives.

    available = margin balance − initial margin of positions and open orders − what spot locks

An instrument's positions and orders are looked at together, at the worse of two sides: every
buy filled and no sell, or the other way round. Reduce-only orders need nothing. Where no mark
is known, a position counts at its cost: the venue itself would know.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from bot.model.command import Side
from bot.model.instrument import Kind
from bot.model.money import divide
from bot.model.units import AccountId, Currency
from bot.venues.simulated.accounts import ZERO, Accounts, Position, worth
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Load
from bot.venues.simulated.marks import Marks
from bot.venues.simulated.orders import Order
from bot.venues.simulated.requests import PlaceOrder
from bot.venues.simulated.terms import Loan

Wanted = tuple[Side, int, int]
"""Side, lots and price in ticks of an order."""

Filled = tuple[Load, Decimal]
"""What would be held, and the premium that would have been paid for it."""

_SIDES: Final = tuple(Side)
_ANY: Final = (Side.BUY,)
"""Where nothing is wanted both sides are the same."""


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
        self._rules = {
            i: listing.rule
            for i, listing in listings.items()
            if listing.instrument.kind is not Kind.SPOT
        }
        self._settles = {i: listings[i].instrument.settle for i in self._rules}

    def shortage(
        self,
        i: int,
        request: PlaceOrder,
        judged: Sequence[tuple[int, int]],
        standing: list[Order],
    ) -> str | None:
        """Why an account cannot carry an order, if it cannot.

        judged: ticks and lots that it is judged at, one pair for a contract; none: it would meet
        nothing. standing: the account's other orders.
        """
        if not judged:
            return None
        instrument, account = self.listings[i].instrument, request.account
        if instrument.kind is Kind.SPOT:
            return self._spot_shortage(i, request, judged, standing)
        if request.reduce_only or request.close_position:
            return None
        price = judged[0][0]
        terms = self.accounts.margin_terms(account, i)
        before = _wanted(i, standing)
        mark = self.marks.mark(i)
        loads = self._loads(account, i, [*before, (request.side, request.size, price)], mark)
        allowed = self._allowed(i, loads) if terms.leverage is not None else None
        if terms.leverage is not None and allowed is not None and terms.leverage > allowed:
            return f"leverage: {terms.leverage} is chosen, {allowed} is allowed at this size"
        required = self._needed(i, self._loads(account, i, before, mark), terms.leverage)
        more = self._needed(i, loads, terms.leverage) - required
        if more <= 0:
            return None  # It brings the account no further than it may already be.
        needed = more + self._lost_at_once(i, request.side, request.size, price, mark)
        needed += self._fee(i, request.side, request.size, price)
        profit = self._profit(i, self.accounts.position.get((account, i)), mark)
        free = self.available(account, instrument.settle, standing, {i: (required, profit)})
        if free < needed:
            return f"margin: {free:f} {instrument.settle} is available, the order needs {needed:f}"
        return None

    def available(
        self,
        account: AccountId,
        currency: Currency,
        standing: Sequence[Order],
        known: Mapping[int, tuple[Decimal, Decimal]] = MappingProxyType({}),
    ) -> Decimal:
        """What an account could open with, in a currency.

        standing: its own orders that rest. known: initial margin and open profit of instruments
        where both have been reckoned already.
        """
        free = self.accounts.wallet.get((account, currency), ZERO)
        for i in self._busy(account, currency, standing):
            if i in known:
                required, profit = known[i]
            else:
                mark = self.marks.mark(i)
                required = self._required(account, i, _wanted(i, standing), mark)
                profit = self._profit(i, self.accounts.position.get((account, i)), mark)
            if self.accounts.margin_terms(account, i).isolated:
                free -= required - self.initial(account, i)  # that lies in a wallet of its own
            else:
                free += profit - required
        return free - self._locked(standing, currency)

    def initial(self, account: AccountId, i: int) -> Decimal:
        """Initial margin of a position as it stands."""
        return self._required(account, i, [], self.marks.mark(i))

    def leverage_max(self, account: AccountId, i: int, orders: Iterable[Order]) -> Decimal | None:
        """The most that an instrument may be held with, orders filled; None: none is stated."""
        loads = self._loads(account, i, _wanted(i, orders), self.marks.mark(i))
        return self._allowed(i, loads)

    def _spot_shortage(
        self,
        i: int,
        request: PlaceOrder,
        judged: Sequence[tuple[int, int]],
        standing: list[Order],
    ) -> str | None:
        listing, account = self.listings[i], request.account
        locked = [listing.locks(request.side, lots, price) for price, lots in judged]
        currency, needed = locked[0][0], sum((amount for _, amount in locked), ZERO)
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

    def _locked(self, standing: Iterable[Order], currency: Currency) -> Decimal:
        """What resting spot orders have set aside."""
        total = ZERO
        for order in standing:
            listing = self.listings[order.instrument]
            if listing.instrument.kind is Kind.SPOT:
                locked, amount = listing.locks(order.side, order.leaves, order.price)
                total += amount if locked == currency else ZERO
        return total

    def _busy(self, account: AccountId, currency: Currency, standing: Iterable[Order]) -> list[int]:
        """The contracts of a currency in which an account holds or wants anything."""
        found = {order.instrument for order in standing}
        for (owner, i), held in self.accounts.position.items():
            if owner == account and held.quantity:
                found.add(i)
        return [i for i in sorted(found) if self._settles.get(i) == currency]

    def _required(
        self, account: AccountId, i: int, wanted: list[Wanted], mark: Decimal | None
    ) -> Decimal:
        """Initial margin at the worse side, premiums paid."""
        leverage = self.accounts.margin_terms(account, i).leverage
        return self._needed(i, self._loads(account, i, wanted, mark), leverage)

    def _needed(self, i: int, loads: list[Filled], leverage: Decimal | None) -> Decimal:
        rule, most = self._rules[i], ZERO
        for load, premium in loads:
            needed = rule.initial(load, leverage) + premium
            most = max(most, needed)
        return most

    def _allowed(self, i: int, loads: list[Filled]) -> Decimal | None:
        """The highest leverage that both sides may have; None: the contract states none."""
        stated = [self._rules[i].leverage_max(load) for load, _ in loads]
        return min((each for each in stated if each is not None), default=None)

    def _loads(
        self, account: AccountId, i: int, wanted: list[Wanted], mark: Decimal | None
    ) -> list[Filled]:
        """What is held when all orders of one side have filled, and of the other."""
        instrument, held = self.listings[i].instrument, self.accounts.quantity(account, i)
        if not wanted and not held:
            return []
        if mark is None:
            mark = self._cost(account, i) if held else instrument.price(wanted[-1][2])
        option = instrument.kind is Kind.OPTION
        index = self.marks.index(i) if option else None
        loads: list[Filled] = []
        for side in _SIDES if wanted else _ANY:
            sign = int(side)
            lots, ordered = held, ZERO
            if instrument.inverse and not option:
                for whose, size, price in wanted:
                    if whose is side:
                        lots += sign * size
                        ordered += worth(instrument, sign * size, instrument.price(price))
            else:
                ticks = 0
                for whose, size, price in wanted:
                    if whose is side:
                        lots += sign * size
                        ticks += size * price
                ordered = worth(instrument, sign * ticks, instrument.grid.tick)
            if option:
                amount, premium = worth(instrument, lots, mark), ordered
            else:
                amount, premium = worth(instrument, held, mark) + ordered, ZERO
            loads.append((Load(instrument, lots, abs(amount), mark, index), premium))
        return loads

    def _cost(self, account: AccountId, i: int) -> Decimal:
        """The average cost of what is held."""
        instrument, held = self.listings[i].instrument, self.accounts.position[account, i]
        size = instrument.lot * held.quantity * instrument.contract_size
        inverse = instrument.inverse and instrument.kind is not Kind.OPTION
        return divide(-size, held.cost) if inverse else divide(held.cost, size)

    def _profit(self, i: int, held: Position | None, mark: Decimal | None) -> Decimal:
        """Open profit that counts as margin; nothing while no mark is known."""
        instrument = self.listings[i].instrument
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

    def _lost_at_once(
        self, i: int, side: Side, size: int, price: int, mark: Decimal | None
    ) -> Decimal:
        """What filling at a price loses against the mark."""
        instrument = self.listings[i].instrument
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
