"""What the venue owes whom: wallets, positions, and the worth of both, exactly.

A position carries its cost, not an average price: cost is the sum of what its fills were
worth when they were made, so that profit needs no division. Worth is in the currency of
settlement: `q × price` when linear, `−N / price` when inverse.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct, field

from bot.model.command import Side
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_HOUR, AccountId, Currency

ZERO = Decimal(0)
REMEMBERED_NS = NS_PER_HOUR
"""How long a position remembers what it was, for settlements that are announced late."""

Key = tuple[AccountId, int]


class Position(Struct):
    """Lots held in one instrument and what they cost.

    changes: `(venue time, lots from then on)`, oldest first; the first is older than the rest.
    """

    quantity: int = 0
    cost: Decimal = ZERO
    changes: list[tuple[int, int]] = field(default_factory=list)

    def before(self, ns: int) -> int:
        """Lots held strictly before a time."""
        held = 0
        for since, quantity in self.changes:
            if since >= ns:
                break
            held = quantity
        return held


def worth(instrument: Instrument, lots: int, price: Decimal) -> Decimal:
    """Worth of so many lots in the currency of settlement, growing with the price when long."""
    if instrument.inverse:
        return -instrument.base_amount(lots, price)
    return instrument.notional(lots, price)


class Accounts:
    """Wallets by account and currency, positions by account and instrument."""

    def __init__(
        self,
        instruments: Mapping[int, Instrument],
        deposits: Mapping[AccountId, Mapping[Currency, Decimal]],
    ) -> None:
        self.instruments = instruments
        self.wallet = {
            (account, currency): amount
            for account, held in sorted(deposits.items())
            for currency, amount in sorted(held.items())
        }
        self.position: dict[Key, Position] = {}

    def quantity(self, account: AccountId, i: int) -> int:
        """Lots held, signed."""
        position = self.position.get((account, i))
        return position.quantity if position else 0

    def receive(self, account: AccountId, currency: Currency, amount: Decimal) -> None:
        """Book money in (positive) or out."""
        key = (account, currency)
        self.wallet[key] = self.wallet.get(key, ZERO) + amount

    def fill(
        self, account: AccountId, i: int, side: Side, size: int, price: Decimal, now_ns: int
    ) -> None:
        """Book an execution; its fee is booked by itself."""
        instrument, lots = self.instruments[i], size * int(side)
        if instrument.kind is Kind.SPOT:
            self.receive(account, instrument.base, instrument.base_amount(lots, price))
            self.receive(account, instrument.quote, -instrument.notional(lots, price))
        position = self.position.setdefault((account, i), Position())
        position.quantity += lots
        position.cost += worth(instrument, lots, price)
        if position.quantity == 0:
            if instrument.kind is not Kind.SPOT:
                self.receive(account, instrument.settle, -position.cost)
            position.cost = ZERO
        _remember(position, now_ns)

    def state(self) -> list[tuple[AccountId, int, Position]]:
        """Every position, apart from those that go on changing."""
        return [(*key, _copy(each)) for key, each in sorted(self.position.items())]

    def restore(
        self,
        wallets: list[tuple[AccountId, Currency, Decimal]],
        positions: list[tuple[AccountId, int, Position]],
    ) -> None:
        """Go on from what stood in a state."""
        self.wallet = {(account, currency): amount for account, currency, amount in wallets}
        self.position = {(account, i): _copy(each) for account, i, each in positions}

    def held(self, account: AccountId, currency: Currency) -> list[tuple[int, Position]]:
        """The open derivatives of an account that are margined in a currency."""
        return [
            (i, position)
            for (owner, i), position in sorted(self.position.items())
            if owner == account
            and position.quantity
            and self.instruments[i].kind is not Kind.SPOT
            and self.instruments[i].settle == currency
        ]

    def pools(self) -> list[tuple[AccountId, Currency]]:
        """Every account and currency in which something is open on margin."""
        found = {
            (account, self.instruments[i].settle)
            for (account, i), position in self.position.items()
            if position.quantity and self.instruments[i].kind is not Kind.SPOT
        }
        return sorted(found)


def _remember(position: Position, now_ns: int) -> None:
    changes = position.changes
    if changes and changes[-1][0] == now_ns:
        changes.pop()
    changes.append((now_ns, position.quantity))
    while len(changes) > 1 and changes[1][0] < now_ns - REMEMBERED_NS:
        changes.pop(0)


def _copy(position: Position) -> Position:
    return Position(position.quantity, position.cost, list(position.changes))
