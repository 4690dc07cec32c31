"""Why equity changed: price, basis, slippage, funding, fees; no part is what the others left.

Equity at mids is a sum over currencies c of the amount held in c times its rate,

    V = sum E_c R_c,      E_c = wallet + unrealised profit at mids, R_c in reporting currency,

and `R_c` of an underlying is the mid s of its reference leg (times the rate of that leg's
quote). Between two looks, 0 and 1,

    change of E R = E_0 (R_1 - R_0) + R_1 (E_1 - E_0).

The first term is coins that moved with their own price: *price*. The second is what happened
inside the currency, at the rate of the second look:

*a margined position of q lots* with leg mid m and reference mid s. With w(p) the gain of the
position as a function of the price (q p linear, -N / p inverse; see `positions`),

    w(m1) - w(m0) = [w(s1) - w(s0)]                                price
                  + [(w(m1) - w(s1)) - (w(m0) - w(s0))]            basis

For a linear leg these are base times the reference's move, and base times the change of
(leg mid - reference mid); for an inverse one, whose coins are worth R1 = s1, the first line
is (N / s0) (s1 - s0): base at the start times the reference's move. Long coins against a
short of equal base cancel in price, so that price is what was left unhedged.

*a fill of q lots at price p*, decided when the mids were md and sd, seen now at m and s:

    w(m) - w(p) = [w(md) - w(p)]                                   slippage
                + [w(s) - w(sd)]                                   price
                + [(w(m) - w(s)) - (w(md) - w(sd))]                basis

as though it had been held since the decision. What no order of ours decided (a liquidation)
is measured at the mids of the moment; an expiry at its own price, so that what is left of
the basis then ends up in basis.

*a spot fill* swaps q coins for q p of quote. Coins are held in E of their own currency, so

    q R - q p Q = q (md - p) Q  +  q (R - Rd)  +  q (Rd - md Q)
                  slippage         price          basis

with Q the rate of the quote and Rd = sd in reporting currency: coins bought away from their
reference leg gain or lose the difference at once, and lose or gain it where they are sold.

*fees, funding and transfers* are their amounts times R; interest is funding of coins. An
option's whole move is basis: its price part would need its delta.

Every line is exact whenever it is drawn, so a price that is unknown for a while only delays
its part to the next look: the last mids stand in. Amounts in a currency that has never had a
rate wait for the first one.
"""

import enum
from copy import copy
from decimal import Decimal, localcontext

from msgspec import Struct

from bot.ledger.positions import currency_of, direction, size_of, worth
from bot.ledger.valuation import AtMids, Decision
from bot.model.instrument import Instrument, Kind
from bot.model.money import MONEY
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName

Owner = tuple[AccountId, StrategyName]


class Part(enum.StrEnum):
    """A reason for a change of equity; TRANSFERS is money brought or taken, not earned."""

    PRICE = "price"
    BASIS = "basis"
    SLIPPAGE = "slippage"
    FUNDING = "funding"
    FEES = "fees"
    TRANSFERS = "transfers"


Amounts = dict[Part, Decimal]


class Parts(Struct, frozen=True):
    """A change of equity by its reasons, in the reporting currency; see `Part`."""

    price: Decimal
    basis: Decimal
    slippage: Decimal
    funding: Decimal
    fees: Decimal
    transfers: Decimal

    @property
    def profit(self) -> Decimal:
        """What was earned or lost: all but transfers."""
        with localcontext(MONEY):
            return self.price + self.basis + self.slippage + self.funding + self.fees

    @property
    def change(self) -> Decimal:
        """The whole change of equity."""
        with localcontext(MONEY):
            return self.profit + self.transfers


class Leg(Struct):
    """An open margined position at its last look."""

    quantity: int
    mid: Decimal
    reference: Decimal


class Purse(Struct):
    """What is held in one currency, unrealised profit included, at its last look.

    rate: None until the first one is known; `unvalued` waits for it, in the currency itself.
    """

    equity: Decimal
    rate: Decimal | None
    unvalued: Amounts


class AttributionState(Struct, frozen=True):
    """Everything an attribution remembers, in a fixed order."""

    legs: tuple[tuple[Owner, InstrumentId, Leg], ...]
    purses: tuple[tuple[Owner, Currency, Purse], ...]
    parts: tuple[tuple[Owner, Amounts], ...]


class Attribution:
    """The parts of the change of equity since the first event, for every owner."""

    def __init__(self, number: type[Decimal]) -> None:
        self._number = number
        self._legs: dict[tuple[Owner, InstrumentId], Leg] = {}
        self._purses: dict[tuple[Owner, Currency], Purse] = {}
        self._parts: dict[Owner, Amounts] = {}

    def trade(
        self,
        owner: Owner,
        instrument: Instrument,
        quantity: int,
        price: Decimal,
        decision: Decision | None,
        mids: AtMids,
    ) -> None:
        """Take in a fill of so many signed lots; its fee is received apart."""
        decision = decision or Decision(None, None)
        if instrument.kind is Kind.SPOT:
            self._exchange(owner, instrument, quantity, price, decision, mids)
            return
        leg = self._look(owner, instrument, mids)
        if leg is None:
            leg = self._first_look(instrument, price, decision, mids)
        mid = self._known(decision.mid, leg.mid)
        reference = self._known(decision.reference_mid, leg.reference)
        slippage = worth(instrument, quantity, mid) - worth(instrument, quantity, price)
        parts = _moved(instrument, Leg(quantity, mid, reference), leg.mid, leg.reference)
        parts[Part.SLIPPAGE] = direction(instrument) * slippage
        self.receive(owner, currency_of(instrument), parts, mids)
        self._hold(owner, instrument, leg.quantity + quantity, leg)

    def receive(self, owner: Owner, currency: Currency, parts: Amounts, mids: AtMids) -> None:
        """Take in amounts of one currency, by the part that they belong to."""
        purse = self._purse(owner, currency, mids)
        earned = self._parts[owner]
        for part, amount in parts.items():
            purse.equity += amount
            if purse.rate is None:
                _add(purse.unvalued, part, amount)
            else:
                _add(earned, part, amount * purse.rate)

    def parts(
        self, mids: AtMids, account: AccountId | None = None, strategy: StrategyName | None = None
    ) -> Parts | None:
        """Every part up to now, in the reporting currency; None where a price is unknown.

        account, strategy: only theirs; None: of all. Asking changes nothing.
        """
        now = self._copy()
        if not now._look_at_all(mids, account, strategy):
            return None
        sums = {part.value: self._number(0) for part in Part}
        for owner, parts in now._parts.items():
            if _concerns(owner, account, strategy):
                for part, amount in parts.items():
                    sums[part] += amount
        return Parts(**sums)

    def recount(self, holding: tuple[AccountId, StrategyName, InstrumentId], lots: int) -> None:
        """Count an open leg in the lots of changed terms; its size is the same."""
        account, strategy, name = holding
        leg = self._legs.get(((account, strategy), name))
        if leg is not None:
            leg.quantity = lots

    def state(self) -> AttributionState:
        """All of it as a value that later events do not touch."""
        still = self._copy()
        return AttributionState(
            legs=tuple((owner, name, leg) for (owner, name), leg in sorted(still._legs.items())),
            purses=tuple((owner, name, it) for (owner, name), it in sorted(still._purses.items())),
            parts=tuple(sorted(still._parts.items())),
        )

    def restore(self, state: AttributionState) -> None:
        """Become what `state()` described."""
        self._legs = {(owner, name): leg for owner, name, leg in state.legs}
        self._purses = {(owner, name): purse for owner, name, purse in state.purses}
        self._parts = dict(state.parts)
        still = self._copy()  # the state stays a value
        self._legs, self._purses, self._parts = still._legs, still._purses, still._parts

    def _exchange(
        self,
        owner: Owner,
        instrument: Instrument,
        quantity: int,
        price: Decimal,
        decision: Decision,
        mids: AtMids,
    ) -> None:
        """Coins against quote: the coins arrive as though held since the decision."""
        mid = self._known(decision.mid, self._known(mids.mid(instrument.id), price))
        paid = worth(instrument, quantity, price)
        expected = worth(instrument, quantity, mid)
        parts = {Part.SLIPPAGE: expected - paid, Part.BASIS: -expected}
        self.receive(owner, instrument.quote, parts, mids)
        coins = size_of(instrument, quantity, self._number)
        purse = self._purse(owner, instrument.base, mids)
        then = mids.conversion_at(instrument.base, decision.reference_mid)
        if purse.rate is None and then is not None:
            self._revalue(purse, self._number(then), self._parts[owner])
        self.receive(owner, instrument.base, {Part.BASIS: coins}, mids)
        if purse.rate is not None and then is not None:
            moved = coins * (purse.rate - self._number(then))
            _add(self._parts[owner], Part.PRICE, moved)
            _add(self._parts[owner], Part.BASIS, -moved)

    def _look(self, owner: Owner, instrument: Instrument, mids: AtMids) -> Leg | None:
        """Bring an open leg to the mids of now; None when there is none."""
        leg = self._legs.get((owner, instrument.id))
        if leg is None:
            return None
        mid = self._known(mids.mid(instrument.id), leg.mid)
        reference = self._known(mids.reference(instrument), leg.reference)
        if (mid, reference) == (leg.mid, leg.reference):
            return leg
        parts = _moved(instrument, leg, mid, reference)
        self.receive(owner, currency_of(instrument), parts, mids)
        leg.mid, leg.reference = mid, reference
        return leg

    def _first_look(
        self, instrument: Instrument, price: Decimal, decision: Decision, mids: AtMids
    ) -> Leg:
        """A leg at the mids of now; where none is known, at the decision's, else at the price."""
        mid = self._known(mids.mid(instrument.id), self._known(decision.mid, price))
        reference = self._known(
            mids.reference(instrument), self._known(decision.reference_mid, mid)
        )
        return Leg(0, mid, reference)

    def _hold(self, owner: Owner, instrument: Instrument, quantity: int, leg: Leg) -> None:
        leg.quantity = quantity
        if quantity:
            self._legs[owner, instrument.id] = leg
        else:
            self._legs.pop((owner, instrument.id), None)

    def _purse(self, owner: Owner, currency: Currency, mids: AtMids) -> Purse:
        """A purse at the rate of now, or at its last one."""
        purse = self._purses.get((owner, currency))
        if purse is None:
            purse = self._purses[owner, currency] = Purse(self._number(0), None, {})
        earned = self._parts.setdefault(owner, {})
        rate = mids.conversion(currency)
        if rate is not None:
            self._revalue(purse, self._number(rate), earned)
        return purse

    def _revalue(self, purse: Purse, rate: Decimal, earned: Amounts) -> None:
        if purse.rate is None:
            for part, amount in purse.unvalued.items():
                _add(earned, part, amount * rate)
            purse.unvalued = {}
        elif rate != purse.rate:
            _add(earned, Part.PRICE, purse.equity * (rate - purse.rate))
        purse.rate = rate

    def _look_at_all(
        self, mids: AtMids, account: AccountId | None, strategy: StrategyName | None
    ) -> bool:
        """Bring everything to the mids of now; False when a price that matters is unknown."""
        for owner, name in list(self._legs):
            if _concerns(owner, account, strategy):
                if mids.mid(name) is None:
                    return False
                self._look(owner, mids.instruments[name], mids)
        for owner, currency in list(self._purses):
            if _concerns(owner, account, strategy):
                purse = self._purse(owner, currency, mids)
                matters = purse.equity != 0 or bool(purse.unvalued)
                if matters and mids.conversion(currency) is None:
                    return False
        return True

    def _copy(self) -> "Attribution":
        twin = Attribution(self._number)
        twin._legs = {key: copy(leg) for key, leg in self._legs.items()}
        twin._purses = {
            key: Purse(purse.equity, purse.rate, dict(purse.unvalued))
            for key, purse in self._purses.items()
        }
        twin._parts = {owner: dict(parts) for owner, parts in self._parts.items()}
        return twin

    def _known(self, value: Decimal | None, otherwise: Decimal) -> Decimal:
        return otherwise if value is None else self._number(value)


def _moved(instrument: Instrument, leg: Leg, mid: Decimal, reference: Decimal) -> Amounts:
    """What a leg earned on the way to these mids, in its own currency."""

    lots = leg.quantity
    at_mid, was_at_mid = worth(instrument, lots, mid), worth(instrument, lots, leg.mid)
    if instrument.kind is Kind.OPTION:
        return {Part.BASIS: at_mid - was_at_mid}
    sign = direction(instrument)
    if reference == mid and leg.reference == leg.mid:  # the reference leg itself
        return {Part.PRICE: sign * (at_mid - was_at_mid), Part.BASIS: at_mid - at_mid}
    at_reference = worth(instrument, lots, reference)
    was_at_reference = worth(instrument, lots, leg.reference)
    return {
        Part.PRICE: sign * (at_reference - was_at_reference),
        Part.BASIS: sign * ((at_mid - at_reference) - (was_at_mid - was_at_reference)),
    }


def _add(parts: Amounts, part: Part, amount: Decimal) -> None:
    parts[part] = parts[part] + amount if part in parts else amount


def _concerns(owner: Owner, account: AccountId | None, strategy: StrategyName | None) -> bool:
    return account in (None, owner[0]) and strategy in (None, owner[1])
