"""Wallets and positions as a venue states them: profit is in the wallet when it is realised.

They are drawn from what the venue says, execution by execution, with the average entry price
that margin venues state. Equity is the same as the venue's own books say at every moment.
"""

from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from bot.model.command import Side
from bot.model.instrument import Instrument, Kind
from bot.model.units import AccountId, Currency, InstrumentId

ZERO = Decimal(0)


class Holding(Struct):
    """A position. lots: signed; cost: what the lots that are left were worth when opened.

    realised: since it was last flat, in the currency of settlement. since_ns: last changed.
    """

    lots: int = 0
    cost: Fraction = Fraction(0)
    realised: Decimal = ZERO
    since_ns: int = 0

    def entry(self, instrument: Instrument) -> Fraction:
        """The average price that the lots which are left were opened at; 0 when flat."""
        if self.lots == 0:
            return Fraction(0)
        size = Fraction(instrument.lot * instrument.contract_size) * self.lots
        return size / -self.cost if instrument.inverse else self.cost / size


def worth(instrument: Instrument, lots: int, price: Decimal) -> Fraction:
    """Worth in the currency of settlement, growing with the price when long."""
    size = Fraction(instrument.lot * instrument.contract_size) * lots
    return -size / Fraction(price) if instrument.inverse else size * Fraction(price)


class Holdings:
    """What every account has."""

    def __init__(self, deposits: dict[AccountId, dict[Currency, Decimal]]) -> None:
        self.wallet: dict[tuple[AccountId, Currency], Decimal] = {
            (account, currency): amount
            for account, held in sorted(deposits.items())
            for currency, amount in sorted(held.items())
        }
        self.position: dict[tuple[AccountId, InstrumentId], Holding] = {}

    def receive(self, account: AccountId, currency: Currency, amount: Decimal) -> None:
        """Money in, or out when negative."""
        key = (account, currency)
        self.wallet[key] = self.wallet.get(key, ZERO) + amount

    def balances(self, account: AccountId) -> dict[Currency, Decimal]:
        """An account's wallets."""
        return {currency: held for (who, currency), held in self.wallet.items() if who == account}

    def of(self, account: AccountId, instrument: InstrumentId) -> Holding:
        """An account's position."""
        return self.position.setdefault((account, instrument), Holding())

    def fill(
        self,
        account: AccountId,
        instrument: Instrument,
        side: Side,
        size: int,
        price: Decimal,
        at_ns: int,
    ) -> Decimal:
        """Book an execution without its fee; returns the profit that it realised."""
        if instrument.kind is Kind.SPOT:
            self.receive(account, instrument.base, instrument.base_amount(size * side, price))
            self.receive(account, instrument.quote, -instrument.notional(size * side, price))
            return ZERO
        held, lots = self.of(account, instrument.id), size * int(side)
        held.since_ns = at_ns
        closed = min(size, abs(held.lots)) if held.lots * lots < 0 else 0
        profit = ZERO
        if closed:
            part = held.cost * Fraction(closed, abs(held.lots))
            gained = worth(instrument, closed * (1 if held.lots > 0 else -1), price) - part
            profit = _booked(gained)
            held.cost -= part
            held.lots += closed * int(side)
            held.realised += profit
            self.receive(account, instrument.settle, profit)
        opened = size - closed
        if opened:
            if held.lots == 0:
                held.cost, held.realised = Fraction(0), ZERO
            held.lots += opened * int(side)
            held.cost += worth(instrument, opened * int(side), price)
        return profit

    def unrealised(
        self, account: AccountId, instrument: Instrument, mark: Decimal | None
    ) -> Decimal:
        """What closing a position at the mark would bring; 0 while no mark is known."""
        held = self.position.get((account, instrument.id))
        if held is None or held.lots == 0 or mark is None:
            return ZERO
        return _booked(worth(instrument, held.lots, mark) - held.cost)


def _booked(amount: Fraction) -> Decimal:
    """Venues keep eight places."""
    return Decimal(round(amount * 10**8)).scaleb(-8)
