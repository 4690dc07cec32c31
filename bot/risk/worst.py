"""The worst that may be held once any set of the live orders has filled, scope by scope.

worst long  = position + every remaining buy
worst short = position - every remaining sell

An order counts from its approval, wherever it is on its way, and until it is proven over. A
position is worth its mark; an order is worth the highest of its limit, the mark and the far touch.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.model.command import Proposal, Side
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.exposure import Exposure, LiveOrder
from bot.risk.limits import Level, MarkReference, Reference, Scope
from bot.risk.prices import Prices, Unknown

ZERO: Final = Decimal(0)


Place = tuple[AccountId, InstrumentId]
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
        "_worth",
        "base",
        "buys_worth",
        "instrument",
        "long",
        "position",
        "prices",
        "sells_worth",
        "short",
        "unpriced",
    )

    def __init__(self, prices: Prices, position: int) -> None:
        """Begin with a position and no order."""
        self.prices = prices
        self.instrument = prices.instrument.id
        self.base = prices.instrument.base
        self.position = self.long = self.short = position
        self.buys_worth = self.sells_worth = ZERO
        self.unpriced = 0
        self._worth: Worth | None = None

    def count(self, side: Side, size: int, worth: Decimal | None) -> None:
        """Add what an order may fill; a negative size takes it away again, with its worth.

        worth: of `size` lots, with its sign; None: not known.
        """
        self._worth = None
        if worth is None:
            self.unpriced += 1 if size > 0 else -1
            worth = ZERO
        if side is Side.BUY:
            self.long += size
            self.buys_worth += worth
        else:
            self.short -= size
            self.sells_worth += worth

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
        if self._worth is None:
            self._worth = NOTHING if self.idle else self._measure()
        return self._worth

    def _measure(self) -> Worth:
        held = self.position * self.prices.value()
        if self.unpriced:
            raise Unknown(Reference.TOUCH, self.prices.instrument.id)
        long, short = held + self.buys_worth, held - self.sells_worth
        # Never is long below short, so the larger amount is one of these two.
        return long, short, max(long, -short)


class Worst:
    """The worst case of one scope, over all it holds and has ordered."""

    __slots__ = ("_gross", "_lines")

    def __init__(self, lines: dict[Place, Line]) -> None:
        """lines: shared with whoever counts orders in them."""
        self._lines = lines
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
        if self._gross is None:
            self._gross = sum([line.worth()[2] for line in self._lines.values()], ZERO)
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
                coins = line.prices.delta()
                all_long += line.long * coins
                all_short += line.short * coins
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
    """Every live order, and what is approved on top of it, as exposure of each scope."""

    def __init__(self, exposure: Exposure, mark: MarkReference) -> None:
        """Take up what is held and live, as soon as anybody asks about it."""
        self.exposure = exposure
        self._mark = mark
        self._prices: dict[InstrumentId, Prices] = {}
        self._orders: list[tuple[LiveOrder, Decimal | None]] = []
        self._worst: dict[tuple[Level, str], Worst] = {}
        # An account's lines and the lines of all are the same objects.
        self._all: dict[Place, Line] = {}
        self._accounts: defaultdict[AccountId, dict[Place, Line]] = defaultdict(dict)
        self._own: dict[StrategyName, dict[Place, Line]] = {}
        self._taken_up = False

    def _take_up(self) -> None:
        self._taken_up = True
        exposure = self.exposure
        listed: dict[InstrumentId, None] = {}
        for account, instrument in exposure.held():
            self._open((account, instrument), exposure.position(account, None, instrument))
            listed[instrument] = None
        for instrument in listed:
            for order in exposure.orders(instrument):
                self.reserve(order)

    def prices(self, instrument: InstrumentId) -> Prices:
        """Worth of an instrument's lots, asked for once."""
        prices = self._prices.get(instrument)
        if prices is None:
            contract = self.exposure.instrument(instrument)
            assert contract is not None, f"{instrument}: held, expected to be listed"
            prices = self._prices[instrument] = Prices(self.exposure, contract, self._mark)
        return prices

    def orders(self) -> Iterator[tuple[LiveOrder, Decimal | None]]:
        """All that may still fill, with its worst worth; None: not known."""
        if not self._taken_up:
            self._take_up()
        return iter(self._orders)

    def find(self, order_id: str) -> LiveOrder | None:
        """The live order of that id."""
        return next((order for order, _ in self.orders() if order.order_id == order_id), None)

    def reserve(self, order: LiveOrder) -> None:
        """Count an order as live."""
        if not self._taken_up:
            self._take_up()
        worth = self._worth(order)
        self._orders.append((order, worth))
        self._count(order, order.remaining, worth)

    def release(self, order: LiveOrder) -> None:
        """Count an order no more."""
        worth = self._worth(order)
        self._orders.remove((order, worth))
        self._count(order, -order.remaining, None if worth is None else -worth)

    def worst(self, scope: Scope) -> Worst:
        """The worst case of a scope; it follows what is reserved and released."""
        if not self._taken_up:
            self._take_up()
        worst = self._worst.get((scope.level, scope.name))
        if worst is None:
            if scope.level is Level.STRATEGY:
                worst = Worst(self._strategy(StrategyName(scope.name)))
            elif scope.level is Level.ACCOUNT:
                worst = Worst(self._accounts[AccountId(scope.name)])
            else:
                worst = Worst(self._all)
            self._worst[scope.level, scope.name] = worst
        return worst

    def line(self, level: Level, order: LiveOrder) -> Line:
        """Where a counted order counts: its strategy's own line, or that of the account."""
        if level is Level.STRATEGY:
            return self._strategy(order.strategy)[order.account, order.instrument]
        return self._all[order.account, order.instrument]

    def _strategy(self, strategy: StrategyName) -> dict[Place, Line]:
        lines = self._own.get(strategy)
        if lines is None:
            lines = self._own[strategy] = {}
            for place, line in self._all.items():
                position = self.exposure.position(place[0], strategy, place[1])
                if position:
                    lines[place] = Line(line.prices, position)
            for order, worth in self._orders:
                if order.strategy == strategy:
                    self._own_line(lines, order).count(order.side, order.remaining, worth)
        return lines

    def _count(self, order: LiveOrder, size: int, worth: Decimal | None) -> None:
        place = order.account, order.instrument
        # Where `held` named nothing, nobody holds anything.
        line = self._all.get(place) or self._open(place, 0)
        line.count(order.side, size, worth)
        own = self._own.get(order.strategy)
        if own is not None:
            self._own_line(own, order).count(order.side, size, worth)
        for worst in self._worst.values():
            worst.changed()

    def _open(self, place: Place, position: int) -> Line:
        line = Line(self.prices(place[1]), position)
        self._all[place] = self._accounts[place[0]][place] = line
        return line

    def _own_line(self, lines: dict[Place, Line], order: LiveOrder) -> Line:
        place = order.account, order.instrument
        line = lines.get(place)
        if line is None:
            line = lines[place] = Line(self.prices(order.instrument), 0)
        return line

    def _worth(self, order: LiveOrder) -> Decimal | None:
        try:
            return self.prices(order.instrument).worst(order.side, order.price) * order.remaining
        except Unknown:
            return None


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
