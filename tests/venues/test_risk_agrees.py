"""Risk must never say that liquidation is farther away than it is at the venue."""

from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from bot.model.command import Side
from bot.model.money import MONEY
from bot.model.units import InstrumentId
from bot.risk.limits import MarkReference
from bot.risk.margin import INFINITY, TierTable
from bot.risk.solvency import liquidation_distance
from bot.risk.worst import Reservations
from bot.venues.simulated.accounts import CROSS, Accounts, Pool
from bot.venues.simulated.margin import Tier, TierRule, balance, exposures
from tests.risk.world import ACCOUNT, INSTRUMENTS, INVERSE, OTHER, PERP, Live, World

STEPS = ((0, "0.01"), (5_000, "0.02"), (20_000, "0.05"), (100_000, "0.2"))
TABLE = TierTable.of(*((Decimal(floor), Decimal(rate)) for floor, rate in STEPS))
RULE = TierRule(tuple(Tier(Decimal(floor), Decimal(rate)) for floor, rate in STEPS))
NAMES = (PERP, OTHER, INVERSE)
AT = {name: i for i, name in enumerate(NAMES)}
CONTRACTS = {i: INSTRUMENTS[name] for i, name in enumerate(NAMES)}
NEARER, FARTHER = Decimal("0.999999"), Decimal("1.000001")

prices = st.integers(20, 400).map(Decimal)
lots = st.integers(-900, 900)
orders = st.lists(
    st.tuples(st.sampled_from(list(Side)), st.integers(1, 400), st.integers(15, 420)), max_size=3
)


class Case:
    """One account at the venue and in risk's eyes: positions, a wallet, marks."""

    def __init__(self, held: dict[InstrumentId, int], entry, marks, wallet: Decimal) -> None:
        self.currency = INSTRUMENTS[next(iter(held))].settle
        self.accounts = Accounts(CONTRACTS, {ACCOUNT: {self.currency: wallet}})
        self.marks = {AT[name]: mark for name, mark in marks.items()}
        self.pool = Pool(ACCOUNT, self.currency, CROSS)
        for name, quantity in held.items():
            self.fill(name, quantity, entry[name])
        self.world = World(marks=dict(marks), mids=dict(marks))
        for name, quantity in held.items():
            self.world.hold(quantity, name)
        self.world.margin_of = self.slack({}) + self.maintenance()

    def fill(self, name: InstrumentId, quantity: int, price: Decimal) -> None:
        if quantity:
            side = Side(1 if quantity > 0 else -1)
            with localcontext(MONEY):
                self.accounts.trade(ACCOUNT, AT[name], side, abs(quantity), price, 0)

    def slack(self, moved: dict[int, Decimal]) -> Decimal:
        """What the venue finds beyond maintenance, some marks moved."""
        pool = self._exposed(moved)
        with localcontext(MONEY):
            required = sum((each.maintenance for each in pool), Decimal(0))
            return balance(self.accounts.balance(self.pool), pool) - required

    def maintenance(self) -> Decimal:
        with localcontext(MONEY):
            return sum((each.maintenance for each in self._exposed({})), Decimal(0))

    def survives(self, name: InstrumentId, distance: Decimal) -> bool:
        """Whether the venue keeps the account when one mark moves so far against it."""
        quantity = self.accounts.quantity(ACCOUNT, AT[name])
        sign = 1 if quantity > 0 else -1
        price = self.marks[AT[name]] * (1 - sign * distance)
        return quantity == 0 or price <= 0 or self.slack({AT[name]: price}) > 0

    def said(self) -> Decimal:
        """The distance that risk states."""
        reservations = Reservations(self.world, MarkReference.VENUE)
        tables = dict.fromkeys(INSTRUMENTS, TABLE)
        return liquidation_distance(reservations, ACCOUNT, self.currency, tables)

    def _exposed(self, moved: dict[int, Decimal]):
        held = self.accounts.held(self.pool)
        rules, marks = dict.fromkeys(CONTRACTS, RULE), self.marks | moved
        with localcontext(MONEY):
            pool = exposures(held, CONTRACTS, rules, marks, dict.fromkeys(CONTRACTS))
        assert pool is not None
        return pool


def check(case: Case, names: tuple[InstrumentId, ...], *, exact: bool, said: Decimal) -> None:
    if said == INFINITY:
        assert all(case.survives(name, Decimal("0.99")) for name in names)
        return
    if said <= 0:
        return  # Risk says that it has come already: no nearer than that can be said.
    assert all(case.survives(name, said * NEARER) for name in names)
    if exact:
        assert not all(case.survives(name, said * FARTHER) for name in names)


@given(lots, lots, prices, prices, prices, prices, st.integers(1, 60_000).map(Decimal))
def test_linear_positions_are_as_far_from_liquidation_as_risk_says(
    one, two, mark, other, entry, other_entry, wallet
):
    case = Case(
        {PERP: one, OTHER: two},
        {PERP: entry, OTHER: other_entry},
        {PERP: mark, OTHER: other},
        wallet,
    )

    check(case, (PERP, OTHER), exact=True, said=case.said())


@given(lots.filter(bool), prices, prices, st.integers(1, 900).map(Decimal))
def test_an_inverse_position_is_as_far_from_liquidation_as_risk_says(held, mark, entry, wallet):
    case = Case({INVERSE: held}, {INVERSE: entry}, {INVERSE: mark}, wallet)

    check(case, (INVERSE,), exact=True, said=case.said())


@given(lots, orders, prices, st.integers(1, 60_000).map(Decimal), st.sampled_from(list(Side)))
def test_with_orders_risk_says_no_farther_than_either_side_of_them_would_be(
    held, wanted, mark, wallet, filled
):
    case = Case({PERP: held}, {PERP: mark}, {PERP: mark}, wallet)
    for k, (side, size, price) in enumerate(wanted):
        case.world.live.append(Live(ACCOUNT, "carry", PERP, side, size, price, order_id=f"e{k}"))
    said = case.said()

    for side, size, price in wanted:
        if side is filled:
            case.fill(PERP, size * int(side), Decimal(price))

    check(case, (PERP,), exact=False, said=said)
