"""A world small enough to reckon by hand: what risk sees of the rest, as plain dictionaries."""

from collections.abc import Iterator, KeysView
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec

from bot.model.alarm import Alarm
from bot.model.command import OrderType, Proposal, Side, TimeInForce
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.guards import OrderRates
from bot.risk.kill import Halts
from bot.risk.limits import LimitBook, Limits, MarkReference
from bot.risk.margin import TierTable
from bot.risk.review import review
from bot.risk.worst import Reservations

ACCOUNT = AccountId("venue")
STRATEGY = StrategyName("carry")
PERP = InstrumentId("venue:COIN/USD:USD")
OTHER = InstrumentId("venue:GEM/USD:USD")
SPOT = InstrumentId("venue:COIN/USD")
INVERSE = InstrumentId("venue:COIN/USD:COIN")
OPTION = InstrumentId("venue:COIN/USD:USD-300101-100-C")
BASKET = "basket-1"
SECOND = 1_000_000_000


def linear(name: InstrumentId, base: str, kind: Kind = Kind.PERPETUAL, **terms: Any) -> Instrument:
    """One lot is one coin, one tick is one dollar."""
    usd = Currency("USD")
    grid = PriceGrid(Decimal(1))
    return Instrument(name, kind, Currency(base), usd, usd, grid, Decimal(1), **terms)


INSTRUMENTS = {
    PERP: linear(PERP, "COIN"),
    OTHER: linear(OTHER, "GEM"),
    SPOT: linear(SPOT, "COIN", Kind.SPOT),
    INVERSE: Instrument(
        INVERSE,
        Kind.PERPETUAL,
        base=Currency("COIN"),
        quote=Currency("USD"),
        settle=Currency("COIN"),
        grid=PriceGrid(Decimal(1)),
        lot=Decimal(1),
        contract_size=Decimal(100),
        inverse=True,
    ),
    OPTION: linear(OPTION, "COIN", Kind.OPTION, expiry_ns=1, strike=Decimal(100), call=True),
}


@dataclass(frozen=True)
class Live:
    """An order that may still fill."""

    account: AccountId
    strategy: StrategyName
    instrument: InstrumentId
    side: Side
    remaining: int
    price: int
    basket: str | None = None
    order_id: str = "e1-0"


@dataclass
class World:
    """Everything at 100 dollars, nothing held, nothing ordered, 1,000,000 dollars of equity."""

    now: int = 100 * SECOND
    instruments: dict[InstrumentId, Instrument] = field(default_factory=lambda: dict(INSTRUMENTS))
    positions: dict[tuple[AccountId, StrategyName, InstrumentId], int] = field(default_factory=dict)
    live: list[Live] = field(default_factory=list)
    marks: dict[InstrumentId, Decimal] = field(default_factory=lambda: at_hundred())
    mids: dict[InstrumentId, Decimal] = field(default_factory=lambda: at_hundred())
    indices: dict[InstrumentId, Decimal] = field(default_factory=lambda: at_hundred())
    lasts: dict[InstrumentId, Decimal] = field(default_factory=lambda: at_hundred())
    touches: dict[InstrumentId, tuple[int, int]] = field(
        default_factory=lambda: dict.fromkeys(INSTRUMENTS, (99, 101))
    )
    ages: dict[InstrumentId, int] = field(default_factory=lambda: dict.fromkeys(INSTRUMENTS, 0))
    equity_of: Decimal | None = Decimal(1_000_000)
    margin_of: Decimal | None = Decimal(1_000_000)
    profit: Decimal | None = Decimal(0)
    conversions: dict[Currency, Decimal] = field(
        default_factory=lambda: {Currency("USD"): Decimal(1)}
    )
    nakeds: dict[str, tuple[Decimal, int | None]] = field(
        default_factory=lambda: {BASKET: (Decimal(0), None)}
    )
    reducing: str | None = None
    alarms: dict[Currency, tuple[Alarm, int]] = field(default_factory=dict)
    ids: int = 0
    versions: Iterator[int] = field(default_factory=count)

    @property
    def version(self) -> int:
        """Another one each time: tests write into the dictionaries."""
        return next(self.versions)

    def changed(self) -> None:
        """Anything may have."""

    def instrument(self, instrument: InstrumentId) -> Instrument | None:
        return self.instruments.get(instrument)

    def held(self) -> KeysView[tuple[AccountId, InstrumentId]]:
        held = [(account, instrument) for (account, _, instrument) in self.positions]
        ordered = [(order.account, order.instrument) for order in self.live]
        return dict.fromkeys(held + ordered).keys()

    def position(
        self, account: AccountId, strategy: StrategyName | None, instrument: InstrumentId
    ) -> int:
        return sum(
            lots
            for (holder, owner, held), lots in self.positions.items()
            if (holder, held) == (account, instrument) and strategy in (None, owner)
        )

    def orders(self, instrument: InstrumentId) -> list[Live]:
        return [order for order in self.live if order.instrument == instrument]

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        return self.marks.get(instrument)

    def mid(self, instrument: InstrumentId) -> Decimal | None:
        return self.mids.get(instrument)

    def index(self, instrument: InstrumentId) -> Decimal | None:
        return self.indices.get(instrument)

    def last(self, instrument: InstrumentId) -> Decimal | None:
        return self.lasts.get(instrument)

    def touch(self, instrument: InstrumentId) -> tuple[int, int] | None:
        return self.touches.get(instrument)

    def quote_age_ns(self, instrument: InstrumentId) -> int | None:
        return self.ages.get(instrument)

    def equity(self, account: AccountId | None) -> Decimal | None:
        return self.equity_of

    def margin(self, account: AccountId, currency: Currency) -> Decimal | None:
        return self.margin_of

    def daily_profit(
        self, account: AccountId | None, strategy: StrategyName | None
    ) -> Decimal | None:
        return self.profit

    def conversion(self, currency: Currency) -> Decimal | None:
        return self.conversions.get(currency)

    def naked(self, basket: str) -> tuple[Decimal, int | None] | None:
        return self.nakeds.get(basket)

    def alarm(self, underlying: Currency) -> tuple[Alarm, int]:
        return self.alarms.get(underlying, (Alarm.NORMAL, 0))

    def reduce_only(self, strategy: StrategyName) -> str | None:
        return self.reducing

    def next_order_id(self) -> str:
        self.ids += 1
        return f"e1-{self.ids}"

    def hold(
        self, lots: int, instrument: InstrumentId = PERP, strategy: StrategyName = STRATEGY
    ) -> "World":
        self.positions[ACCOUNT, strategy, instrument] = lots
        return self

    def place(self, proposal: Proposal, order_id: str = "e1-0") -> Live:
        """Take an approved order among the live ones."""
        order = Live(
            proposal.account,
            proposal.strategy,
            proposal.instrument,
            proposal.side,
            proposal.size,
            proposal.price,
            proposal.basket,
            order_id,
        )
        self.live.append(order)
        return order


def at_hundred() -> dict[InstrumentId, Decimal]:
    return dict.fromkeys(INSTRUMENTS, Decimal(100))


def order(
    size: Any = 1, side: Side = Side.BUY, instrument: InstrumentId = PERP, **changed: Any
) -> Proposal:
    """A limit order at 100 dollars, inside the touch of 99 and 101."""
    plain = Proposal(
        account=ACCOUNT,
        strategy=STRATEGY,
        instrument=instrument,
        side=side,
        size=size,
        price=100,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        post_only=False,
        reduce_only=False,
        reason="target",
    )
    return msgspec.structs.replace(plain, **changed)


UNLIMITED = Limits(**dict.fromkeys(Limits.__struct_fields__))
FLAT_TABLE = TierTable.of((Decimal(0), Decimal("0.2")))


def limits(**stated: Any) -> Limits:
    """Nothing limited but what is stated."""
    return msgspec.structs.replace(UNLIMITED, **stated)


def book(
    strategy: Limits | None = UNLIMITED,
    account: Limits | None = UNLIMITED,
    total: Limits = UNLIMITED,
    **changed: Any,
) -> LimitBook:
    """Limits of the one strategy, the one account and in total."""
    return msgspec.structs.replace(
        LimitBook(
            strategies={} if strategy is None else {STRATEGY: strategy},
            accounts={} if account is None else {ACCOUNT: account},
            total=total,
            mark=MarkReference.VENUE,
            tiers=dict.fromkeys(INSTRUMENTS, FLAT_TABLE),
        ),
        **changed,
    )


class Desk:
    """The review with what it remembers between two calls."""

    def __init__(self, world: World, limits: LimitBook) -> None:
        self.world = world
        self.reservations = Reservations(world, limits.mark)
        self.limits = limits
        self.halts = Halts()
        self.rates = OrderRates()

    def review(self, *proposals: Proposal):
        return review(proposals, self.reservations, self.limits, self.halts, self.rates)

    def passes(self, proposal: Proposal) -> bool:
        """Whether one proposal is approved; it is then live."""
        approved, _ = self.review(proposal)
        for one in approved:
            self.world.place(one.proposal, one.order_id)
        return bool(approved)

    def refusal(self, proposal: Proposal):
        """The one refusal of a proposal that must not pass."""
        approved, refused = self.review(proposal)
        assert approved == []
        return refused[0]
