"""What the venue owes whom: wallets, positions, and the worth of both, exactly.

A position carries its cost, not an average price: cost is the sum of what its fills were
worth when they were made, less what closing released in proportion. Worth is in the currency
of settlement and grows with the price when long: `q × price`, or `−N / price` when inverse.

Every trade has two sides. Whoever trades with nobody we know trades with `MARKET`, whose
wallet has no end, so that all wallets together always hold what was brought to the venue.
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Final, NamedTuple

from msgspec import Struct, field

from bot.model.command import Side
from bot.model.instrument import Instrument, Kind
from bot.model.money import MONEY, divide
from bot.model.units import NS_PER_HOUR, AccountId, Currency

ZERO = Decimal(0)
REMEMBERED_NS = NS_PER_HOUR
"""How long a position remembers what it was, for settlements that are announced late."""

MARKET: Final = AccountId("MARKET")
"""Everyone who is none of our accounts."""
FUND: Final = AccountId("FUND")
"""The insurance fund."""
VENUE: Final = AccountId("VENUE")
"""The venue itself: it earns fees and interest."""
HOUSE: Final = frozenset({MARKET, FUND, VENUE})

CROSS: Final = -1
"""In the place of an instrument: the wallet that all cross-margined positions share."""

Key = tuple[AccountId, int]


class Pool(NamedTuple):
    """A wallet and the positions that it carries: `CROSS`, or one isolated instrument."""

    account: AccountId
    currency: Currency
    i: int


class MarginTerms(Struct, frozen=True):
    """How an account holds an instrument.

    leverage: that it chose; None: the most that the contract allows. An isolated position
    must have one, for it says how much margin is set aside.
    """

    isolated: bool = False
    leverage: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse a leverage that is none."""
        if self.leverage is not None and not (self.leverage.is_finite() and self.leverage >= 1):
            raise ValueError(f"leverage: got {self.leverage}, expected a number >= 1")
        if self.isolated and self.leverage is None:
            raise ValueError("leverage: expected one with isolated margin")


CROSS_MARGIN: Final = MarginTerms()


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
    size = instrument.lot * lots * instrument.contract_size
    if instrument.inverse and instrument.kind is not Kind.OPTION:
        return -divide(size, price)
    return size * price


def closed_by(held: int, lots: int) -> int:
    """Lots of a holding that a trade closes, with the sign of the holding."""
    if held * lots >= 0:
        return 0
    return min(held, -lots) if held > 0 else max(held, -lots)


class Accounts:
    """Wallets by account and currency, positions by account and instrument.

    wallet: what is not set aside. isolated: margin of positions that carry themselves.
    debt: the most that was borrowed of a currency since interest was last charged.
    """

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
        self.isolated: dict[Key, Decimal] = {}
        self.terms: dict[Key, MarginTerms] = {}
        self.position: dict[Key, Position] = {}
        self.debt: dict[tuple[AccountId, Currency], Decimal] = {}

    # --- what is -----------------------------------------------------------------------

    def quantity(self, account: AccountId, i: int) -> int:
        """Lots held, signed."""
        position = self.position.get((account, i))
        return position.quantity if position else 0

    def margin_terms(self, account: AccountId, i: int) -> MarginTerms:
        """How an account holds an instrument, or would."""
        return self.terms.get((account, i), CROSS_MARGIN)

    def pool_of(self, account: AccountId, i: int) -> Pool:
        """The wallet that carries a position."""
        isolated = self.margin_terms(account, i).isolated
        return Pool(account, self.instruments[i].settle, i if isolated else CROSS)

    def balance(self, pool: Pool) -> Decimal:
        """What lies in a pool's wallet."""
        if pool.i == CROSS:
            return self.wallet.get((pool.account, pool.currency), ZERO)
        return self.isolated.get((pool.account, pool.i), ZERO)

    def total(self, account: AccountId, currency: Currency) -> Decimal:
        """All that an account has of a currency, set aside or not: what the venue states."""
        aside = [
            amount
            for (owner, i), amount in self.isolated.items()
            if owner == account and self.instruments[i].settle == currency
        ]
        with localcontext(MONEY):
            return self.wallet.get((account, currency), ZERO) + sum(aside, ZERO)

    def held(self, pool: Pool) -> list[tuple[int, Position]]:
        """The open derivatives that a pool carries."""
        return [
            (i, position)
            for (owner, i), position in sorted(self.position.items())
            if owner == pool.account
            and position.quantity
            and self.instruments[i].kind is not Kind.SPOT
            and self.pool_of(owner, i) == pool
        ]

    def holders(self, i: int) -> list[tuple[AccountId, Position]]:
        """Whose position in an instrument is remembered, flat or not; not the market's."""
        return [
            (owner, position)
            for (owner, j), position in sorted(self.position.items())
            if i == j and owner not in HOUSE
        ]

    def pools(self) -> list[Pool]:
        """Every pool that carries something on margin."""
        found = {
            self.pool_of(account, i)
            for (account, i), position in self.position.items()
            if position.quantity
            and account not in HOUSE
            and self.instruments[i].kind is not Kind.SPOT
        }
        return sorted(found)

    # --- what happens ------------------------------------------------------------------

    def receive(self, account: AccountId, currency: Currency, amount: Decimal) -> None:
        """Book money in (positive) or out of the wallet that is not set aside."""
        key = (account, currency)
        held = self.wallet[key] = self.wallet.get(key, ZERO) + amount
        if held < 0 and account not in HOUSE:
            self.debt[key] = max(self.debt.get(key, ZERO), -held)

    def put(self, pool: Pool, amount: Decimal) -> None:
        """Book money into (positive) or out of a pool's wallet."""
        if pool.i == CROSS:
            self.receive(pool.account, pool.currency, amount)
        else:
            key = (pool.account, pool.i)
            self.isolated[key] = self.isolated.get(key, ZERO) + amount

    def pay(self, payer: AccountId, payee: AccountId, currency: Currency, amount: Decimal) -> None:
        """Move money between accounts; a negative amount goes the other way."""
        self.receive(payer, currency, -amount)
        self.receive(payee, currency, amount)

    def trade(
        self,
        account: AccountId,
        i: int,
        side: Side,
        size: int,
        price: Decimal,
        now_ns: int,
        *,
        against: AccountId = MARKET,
        forced: bool = False,
    ) -> None:
        """Book an execution on both sides; its fee is booked by itself.

        forced: the account's own margin stays where it is, to the last lot.
        """
        self._fill(account, i, size * int(side), price, now_ns, forced)
        self._fill(against, i, -size * int(side), price, now_ns, forced=False)

    def mark_to_market(self, account: AccountId, i: int, price: Decimal) -> None:
        """Pay what a position gained, and count it from this price on."""
        position = self.position[account, i]
        now = worth(self.instruments[i], position.quantity, price)
        gained, position.cost = now - position.cost, now
        self.put(self.pool_of(account, i), gained)
        self.receive(MARKET, self.instruments[i].settle, -gained)
        self.position.setdefault((MARKET, i), Position()).cost -= gained

    def _fill(
        self, account: AccountId, i: int, lots: int, price: Decimal, now_ns: int, forced: bool
    ) -> None:
        instrument = self.instruments[i]
        position = self.position.setdefault((account, i), Position())
        if instrument.kind is Kind.SPOT:
            self.receive(account, instrument.base, instrument.base_amount(lots, price))
            self.receive(account, instrument.quote, -instrument.notional(lots, price))
        else:
            self._margined(account, i, position, lots, price, forced)
        position.quantity += lots
        _remember(position, now_ns)

    def _margined(
        self,
        account: AccountId,
        i: int,
        position: Position,
        lots: int,
        price: Decimal,
        forced: bool,
    ) -> None:
        """Open or close in proportion; the closed part pays what it gained.

        What the closed part is worth is what the whole trade is worth less the opened part,
        so that both sides of a trade sum to nothing even where `N / price` does not end.
        """
        instrument, held = self.instruments[i], position.quantity
        closed = closed_by(held, lots)
        opened = lots + closed
        moved = worth(instrument, lots, price)
        added = ZERO if opened == 0 else moved if closed == 0 else worth(instrument, opened, price)
        whole = closed == held
        released = position.cost if whole else divide(position.cost * closed, held)
        position.cost += added - released
        pool = self.pool_of(account, i)
        if instrument.kind is Kind.OPTION:
            self.put(pool, -moved)
        elif pool.i == CROSS:
            self.put(pool, added - moved - released)
        else:
            self._isolated(pool, closed, held, added, added - moved - released, forced)

    def _isolated(
        self, pool: Pool, closed: int, held: int, added: Decimal, profit: Decimal, forced: bool
    ) -> None:
        """What closes takes its margin and profit along; what opens sets margin aside."""
        key, leverage = (pool.account, pool.i), self.terms[pool.account, pool.i].leverage
        assert leverage is not None, "isolated margin has a leverage"
        aside = self.isolated.get(key, ZERO)
        whole = closed == held
        freed = aside if whole else divide(aside * closed, held)
        if forced and not whole:
            freed = -profit
        self.put(pool, -freed)
        self.receive(pool.account, pool.currency, freed + profit)
        if added:
            margin = divide(abs(added), leverage)
            self.put(pool, margin)
            self.receive(pool.account, pool.currency, -margin)

    def set_aside(self) -> None:
        """Give isolated positions that came without a wallet the initial margin of their cost.

        Who made a state from books of his own cannot know what the venue had set aside.
        """
        for (account, i), position in sorted(self.position.items()):
            terms = self.margin_terms(account, i)
            if terms.isolated and position.quantity and (account, i) not in self.isolated:
                assert terms.leverage is not None, "isolated margin has a leverage"
                margin = divide(abs(position.cost), terms.leverage)
                self.put(self.pool_of(account, i), margin)
                self.receive(account, self.instruments[i].settle, -margin)

    # --- to remember -------------------------------------------------------------------

    def state(self) -> list[tuple[AccountId, int, Position]]:
        """Every position, apart from those that go on changing."""
        return [(*key, _copy(each)) for key, each in sorted(self.position.items())]

    def restore(
        self,
        wallets: list[tuple[AccountId, Currency, Decimal]],
        positions: list[tuple[AccountId, int, Position]],
    ) -> None:
        """Go on from what stood in a state; a house that it does not name keeps its money."""
        house = {key: amount for key, amount in self.wallet.items() if key[0] in HOUSE}
        self.wallet = house | {(account, currency): amount for account, currency, amount in wallets}
        self.position = {(account, i): _copy(each) for account, i, each in positions}


def _remember(position: Position, now_ns: int) -> None:
    changes = position.changes
    if changes and changes[-1][0] == now_ns:
        changes.pop()
    changes.append((now_ns, position.quantity))
    while len(changes) > 1 and changes[1][0] < now_ns - REMEMBERED_NS:
        changes.pop(0)


def _copy(position: Position) -> Position:
    return Position(position.quantity, position.cost, list(position.changes))
