"""The worst that may be held once any set of the live orders has filled, scope by scope.

worst long  = position + every remaining buy
worst short = position - every remaining sell

An order counts from its approval, wherever it is on its way, and until it is proven over. A
position is worth its mark; an order is worth the highest of its limit, the mark and the far touch.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.model.changes import Place
from bot.model.command import Proposal, Side
from bot.model.instrument import Kind
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.exposure import Exposure, LiveOrder
from bot.risk.limits import Level, MarkReference, Scope
from bot.risk.prices import Prices

ZERO: Final = Decimal(0)


Worth = tuple[Decimal, Decimal, Decimal]
NOTHING: Final[Worth] = (ZERO, ZERO, ZERO)


class Reserved(Struct, frozen=True, gc=False):
    """A proposal that counts as live: lots and ticks, under no order id yet."""

    account: AccountId
    strategy: StrategyName
    instrument: InstrumentId
    side: Side
    remaining: int
    price: int
    basket: str | None
    order_id: str = ""


class Line:
    """What is held and ordered in one instrument of one account, by one strategy or by all.

    long, short: lots when every buy has filled and no sell, and the other way round.
    """

    __slots__ = (
        "_orders",
        "_version",
        "_world",
        "_worth",
        "base",
        "instrument",
        "long",
        "position",
        "short",
    )

    def __init__(self, world: "Reservations", instrument: InstrumentId) -> None:
        """Begin with nothing held and nothing ordered."""
        self._world = world
        self.instrument = instrument
        self.base = world.prices(instrument).instrument.base
        self._orders: list[LiveOrder] = []
        self._worth: Worth | None = None
        self._version = 0
        self.position = self.long = self.short = 0

    @property
    def orders(self) -> Sequence[LiveOrder]:
        """What may still fill in it."""
        return self._orders

    @property
    def prices(self) -> Prices:
        """What its lots are worth now."""
        return self._world.prices(self.instrument)

    def hold(self, position: int, orders: Iterable[LiveOrder]) -> None:
        """Count this and nothing else."""
        self.position = self.long = self.short = position
        self._orders.clear()
        self._worth = None
        for order in orders:
            self.add(order)

    def add(self, order: LiveOrder) -> None:
        """Count what an order may fill."""
        self._orders.append(order)
        self._move(order.side, order.remaining)

    def drop(self, order: LiveOrder) -> None:
        """Count an order no more."""
        self._orders.remove(order)
        self._move(order.side, -order.remaining)

    def _move(self, side: Side, size: int) -> None:
        self._worth = None
        if side is Side.BUY:
            self.long += size
        else:
            self.short -= size

    @property
    def idle(self) -> bool:
        """Whether nothing is held and nothing ordered: short <= position <= long."""
        return not (self.long or self.short)

    def shrinks_by(self, side: Side) -> bool:
        """Whether the orders of a side, all filled, only bring the position nearer to zero."""
        if side is Side.BUY:
            return self.position < 0 and self.long <= 0
        return self.position > 0 and self.short >= 0

    def worth(self) -> Worth:
        """Worst long and short notional, signed, and the larger amount of the two."""
        if not (self.long or self.short):
            return NOTHING
        prices = self.prices
        if self._worth is None or self._version != prices.version:
            self._worth, self._version = self._measure(prices), prices.version
        return self._worth

    def coins(self) -> tuple[Decimal, Decimal]:
        """The underlying's price risk in coins when every buy has filled, and every sell.

        An option counts as anything from nothing to the coins that it is on, on the side that
        it can be on: its delta moves, and it is no hedge to rely on.
        """
        instrument = self.prices.instrument
        long, short = self.long, self.short
        if instrument.kind is Kind.OPTION:
            bought, sold = max(long, 0), max(-short, 0)
            long, short = (bought, -sold) if instrument.call else (sold, -bought)
        coins = self.prices.coins()
        return long * coins, short * coins

    def _measure(self, prices: Prices) -> Worth:
        if prices.instrument.kind is Kind.OPTION:
            return self._measure_option(prices)
        long = short = self.position * prices.value()
        for order in self._orders:
            worth = prices.worst(order.side, order.price) * order.remaining
            if order.side is Side.BUY:
                long += worth
            else:
                short -= worth
        # Never is long below short, so the larger amount is one of these two.
        return long, short, max(long, -short)

    def _measure_option(self, prices: Prices) -> Worth:
        """Options bought at the dearest premium that one was or may be bought at; sold in full."""
        dearest = prices.value()
        for order in self._orders:
            if order.side is Side.BUY:
                dearest = max(dearest, prices.worst(order.side, order.price))
        long, short = (
            lots * (dearest if lots > 0 else prices.short_value()) if lots else ZERO
            for lots in (self.long, self.short)
        )
        return long, short, max(long, -short)


class Worst:
    """The worst case of one scope, over all it holds and has ordered."""

    __slots__ = ("_gross", "_lines", "_version", "_world")

    def __init__(self, world: "Reservations", lines: dict[Place, Line]) -> None:
        """lines: shared with whoever counts orders in them."""
        self._world = world
        self._lines = lines
        self._version = 0
        self._gross: Decimal | None = None

    def changed(self) -> None:
        """Measure anew: an order came or went."""
        self._gross = None

    def lines(self) -> Iterable[Line]:
        """Where the scope holds or may come to hold something."""
        return self._lines.values()

    def places(self) -> Iterable[tuple[Place, Line]]:
        """The same, with account and instrument."""
        return self._lines.items()

    def gross(self) -> Decimal:
        """Every instrument at its worse side, added up."""
        if self._gross is None or self._version != self._world.version:
            self._gross = sum([line.worth()[2] for line in self._lines.values()], ZERO)
            self._version = self._world.version
        return self._gross

    def net(self) -> Decimal:
        """All worst longs against all worst shorts: the larger of the two."""
        worths = [line.worth() for line in self._lines.values()]
        long = sum([worth[0] for worth in worths], ZERO)
        short = sum([worth[1] for worth in worths], ZERO)
        return max(long, -short)

    def delta(self, underlying: Currency) -> Decimal:
        """Base coins of one underlying, over all its contracts, at the worse side."""
        all_long = all_short = ZERO
        for line in self._lines.values():
            if line.base == underlying and not line.idle:
                long, short = line.coins()
                all_long += long
                all_short += short
        return max(all_long, -all_short)

    def position(self, instrument: InstrumentId) -> Decimal:
        """Base coins of one instrument, over all accounts, at the worse side."""
        lines = [
            line for line in self._lines.values() if line.instrument == instrument and not line.idle
        ]
        if not lines:
            return ZERO
        long = sum([line.long for line in lines])
        short = sum([line.short for line in lines])
        return max(long, -short) * lines[0].prices.coins()


class Reservations:
    """Every live order, and what is approved on top of it, as exposure of each scope.

    It is kept from one review to the next: what changed in between is counted anew, and what
    was only reserved is forgotten.
    """

    def __init__(self, exposure: Exposure, mark: MarkReference) -> None:
        """Take up what is held and live, as soon as anybody asks about it."""
        self.exposure = exposure
        self.version = exposure.version
        self._mark = mark
        self._current = False
        self._reserved: set[Place] = set()
        self._prices: dict[InstrumentId, Prices] = {}
        self._worst: dict[tuple[Level, str], Worst] = {}
        # An account's lines and the lines of all are the same objects.
        self._all: dict[Place, Line] = {}
        self._accounts: defaultdict[AccountId, dict[Place, Line]] = defaultdict(dict)
        self._own: dict[StrategyName, dict[Place, Line]] = {}

    def refresh(self) -> "Reservations":
        """Stand where the exposure stands now."""
        self.version = self.exposure.version
        self._current = False
        return self

    def prices(self, instrument: InstrumentId) -> Prices:
        """Worth of an instrument's lots, asked for once."""
        prices = self._prices.get(instrument)
        if prices is None:
            prices = Prices(self.exposure, instrument, self._mark, self.version)
            self._prices[instrument] = prices
        elif prices.version != self.version:
            prices.read(instrument, self.version)
        return prices

    def orders(self, account: AccountId | None = None) -> Iterator[LiveOrder]:
        """All that may still fill, of one account or of all."""
        self._bring_up()
        for (owner, _), line in self._all.items():
            if account in (None, owner):
                yield from line.orders

    def find(self, order_id: str) -> LiveOrder | None:
        """The live order of that id."""
        return next((order for order in self.orders() if order.order_id == order_id), None)

    def reserve(self, order: LiveOrder) -> None:
        """Count an order as live."""
        self._bring_up()
        place = order.account, order.instrument
        self._reserved.add(place)
        self._line(place).add(order)
        own = self._own.get(order.strategy)
        if own is not None:
            self._own_line(own, place).add(order)
        self._changed()

    def release(self, order: LiveOrder) -> None:
        """Count an order no more."""
        place = order.account, order.instrument
        self._reserved.add(place)
        self._line(place).drop(order)
        own = self._own.get(order.strategy)
        if own is not None:
            own[place].drop(order)
        self._changed()

    def worst(self, scope: Scope) -> Worst:
        """The worst case of a scope; it follows what is reserved and released."""
        self._bring_up()
        worst = self._worst.get((scope.level, scope.name))
        if worst is None:
            if scope.level is Level.STRATEGY:
                lines = self._strategy(StrategyName(scope.name))
            elif scope.level is Level.ACCOUNT:
                lines = self._accounts[AccountId(scope.name)]
            else:
                lines = self._all
            worst = self._worst[scope.level, scope.name] = Worst(self, lines)
        return worst

    def line(self, level: Level, order: LiveOrder) -> Line:
        """Where a counted order counts: its strategy's own line, or that of the account."""
        self._bring_up()
        lines = self._strategy(order.strategy) if level is Level.STRATEGY else self._all
        return lines[order.account, order.instrument]

    def _bring_up(self) -> None:
        """Count anew what changed since the last time."""
        if self._current:
            return
        self._current = True
        changed = self.exposure.changed()
        if changed is None:
            self._all.clear()
            self._accounts.clear()
            self._own.clear()
            self._worst.clear()
            changed = self.exposure.held()
        for place in self._reserved.union(changed):
            self._count(place)
        self._reserved.clear()
        self._changed()

    def _count(self, place: Place) -> None:
        account, instrument = place
        exposure = self.exposure
        orders = [one for one in exposure.orders(instrument) if one.account == account]
        self._line(place).hold(exposure.position(account, None, instrument), orders)
        for strategy, lines in self._own.items():
            own = [one for one in orders if one.strategy == strategy]
            position = exposure.position(account, strategy, instrument)
            if own or position or place in lines:
                self._own_line(lines, place).hold(position, own)

    def _changed(self) -> None:
        for worst in self._worst.values():
            worst.changed()

    def _strategy(self, strategy: StrategyName) -> dict[Place, Line]:
        lines = self._own.get(strategy)
        if lines is None:
            lines = self._own[strategy] = {}
            for place, line in self._all.items():
                own = [one for one in line.orders if one.strategy == strategy]
                position = self.exposure.position(place[0], strategy, place[1])
                if own or position:
                    self._own_line(lines, place).hold(position, own)
        return lines

    def _line(self, place: Place) -> Line:
        line = self._all.get(place)
        if line is None:
            line = Line(self, place[1])
            self._all[place] = self._accounts[place[0]][place] = line
        return line

    def _own_line(self, lines: dict[Place, Line], place: Place) -> Line:
        line = lines.get(place)
        if line is None:
            line = lines[place] = Line(self, place[1])
        return line


def reserved(proposal: Proposal) -> Reserved:
    """What a proposal may fill."""
    return Reserved(
        proposal.account,
        proposal.strategy,
        proposal.instrument,
        proposal.side,
        proposal.size,
        proposal.price,
        proposal.basket,
    )
