"""The worst that may be held once any set of the live orders has filled, scope by scope.

worst long  = position + every remaining buy
worst short = position - every remaining sell

An order counts from its approval, wherever it is on its way, and until it is proven over. A
position is worth its mark; an order is worth the highest of its limit, the mark and the far touch.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.model.command import Proposal, Side
from bot.model.instrument import Kind
from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.exposure import Exposure, LiveOrder
from bot.risk.limits import Level, MarkReference, Reference, Scope
from bot.risk.prices import Prices, Unknown

ZERO: Final = Decimal(0)


class Reserved(Struct, frozen=True, gc=False):
    """What an order may still fill: lots and ticks."""

    account: AccountId
    strategy: StrategyName
    instrument: InstrumentId
    side: Side
    size: int
    price: int
    basket: str | None


class Line:
    """One scope's position and live orders in one instrument of one account."""

    __slots__ = ("buys", "buys_worth", "position", "prices", "sells", "sells_worth", "unpriced")

    def __init__(self, prices: Prices, position: int) -> None:
        """Begin with a position and no order."""
        self.prices = prices
        self.position = position
        self.buys = self.sells = 0
        self.buys_worth = self.sells_worth = ZERO
        self.unpriced = 0

    def count(self, side: Side, size: int, worth: Decimal | None) -> None:
        """Add what an order may fill; a negative size takes it away again, with its worth.

        worth: of `size` lots, with its sign; None: not known.
        """
        if side is Side.BUY:
            self.buys += size
            self.buys_worth += worth or ZERO
        else:
            self.sells += size
            self.sells_worth += worth or ZERO
        if worth is None:
            self.unpriced += 1 if size > 0 else -1

    @property
    def long(self) -> int:
        """Lots when every buy has filled and no sell."""
        return self.position + self.buys

    @property
    def short(self) -> int:
        """Lots when every sell has filled and no buy."""
        return self.position - self.sells

    @property
    def idle(self) -> bool:
        """Whether there is nothing here to be worth anything."""
        return not (self.position or self.buys or self.sells)

    def shrinks_by(self, side: Side) -> bool:
        """Whether the orders of a side, all filled, only bring the position nearer to zero."""
        if side is Side.BUY:
            return self.position < 0 and self.long <= 0
        return self.position > 0 and self.short >= 0

    def worth(self) -> tuple[Decimal, Decimal]:
        """Worst long and worst short notional, signed, in the reporting currency."""
        held = self.position * self.prices.value()
        if self.unpriced:
            raise Unknown(Reference.TOUCH, self.prices.instrument.id)
        return held + self.buys_worth, held - self.sells_worth


class Worst:
    """The worst case of one scope, over all it holds and has ordered."""

    def __init__(self) -> None:
        """Begin with nothing held."""
        self.lines: dict[tuple[AccountId, InstrumentId], Line] = {}

    def busy(self) -> Iterator[Line]:
        """The lines with something in them."""
        return (line for line in self.lines.values() if not line.idle)

    def gross(self) -> Decimal:
        """Every instrument at its worse side, added up."""
        total = ZERO
        for line in self.busy():
            long, short = line.worth()
            total += max(abs(long), abs(short))
        return total

    def net(self) -> Decimal:
        """All worst longs against all worst shorts: the larger of the two."""
        all_long = all_short = ZERO
        for line in self.busy():
            long, short = line.worth()
            all_long += long
            all_short += short
        return max(abs(all_long), abs(all_short))

    def delta(self, underlying: Currency) -> Decimal:
        """Base coins of one underlying, over all its contracts, at the worse side."""
        all_long = all_short = ZERO
        for line in self.busy():
            if line.prices.instrument.base == underlying:
                coins = _delta(line.prices)
                all_long += line.long * coins
                all_short += line.short * coins
        return max(abs(all_long), abs(all_short))

    def position(self, instrument: InstrumentId) -> Decimal:
        """Base coins of one instrument, over all accounts, at the worse side."""
        long = short = 0
        coins = ZERO
        for (_, held), line in self.lines.items():
            if held == instrument and not line.idle:
                long += line.long
                short += line.short
                coins = line.prices.coins()
        return max(abs(long), abs(short)) * coins


class Reservations:
    """Every live order, and what is approved on top of it, as exposure of each scope."""

    def __init__(self, exposure: Exposure, mark: MarkReference) -> None:
        """Take up what is held and live."""
        self.exposure = exposure
        self._mark = mark
        self._prices: dict[InstrumentId, Prices] = {}
        self._worst: dict[Scope, Worst] = {}
        self._held = tuple(exposure.held())
        self._orders: list[tuple[Reserved, Decimal | None]] = []
        for instrument in dict.fromkeys(instrument for _, instrument in self._held):
            for live in exposure.orders(instrument):
                order = _reserved(live, instrument)
                self._orders.append((order, self._worth(order)))

    def prices(self, instrument: InstrumentId) -> Prices:
        """Worth of an instrument's lots, asked for once."""
        prices = self._prices.get(instrument)
        if prices is None:
            contract = self.exposure.instrument(instrument)
            assert contract is not None, f"{instrument}: held, expected to be listed"
            prices = self._prices[instrument] = Prices(self.exposure, contract, self._mark)
        return prices

    def orders(self) -> Iterator[tuple[Reserved, Decimal | None]]:
        """All that may still fill, with its worst worth; None: not known."""
        return iter(self._orders)

    def holds(self, order: Reserved) -> bool:
        """Whether an order is counted."""
        return any(order == other for other, _ in self._orders)

    def reserve(self, order: Reserved) -> None:
        """Count an order as if it were live."""
        worth = self._worth(order)
        self._orders.append((order, worth))
        for scope, worst in self._worst.items():
            if _concerns(scope, order):
                self._count(scope, worst, order, order.size, worth)

    def release(self, order: Reserved) -> None:
        """Count an order no more."""
        worth = self._worth(order)
        self._orders.remove((order, worth))
        for scope, worst in self._worst.items():
            if _concerns(scope, order):
                self._count(scope, worst, order, -order.size, None if worth is None else -worth)

    def worst(self, scope: Scope) -> Worst:
        """The worst case of a scope, kept up to date from then on."""
        worst = self._worst.get(scope)
        if worst is None:
            worst = self._worst[scope] = Worst()
            for account, instrument in self._held:
                if scope.level is not Level.ACCOUNT or account == scope.name:
                    self._line(scope, worst, account, instrument)
            for order, worth in self._orders:
                if _concerns(scope, order):
                    self._count(scope, worst, order, order.size, worth)
        return worst

    def _line(
        self, scope: Scope, worst: Worst, account: AccountId, instrument: InstrumentId
    ) -> Line:
        line = worst.lines.get((account, instrument))
        if line is None:
            owner = StrategyName(scope.name) if scope.level is Level.STRATEGY else None
            position = self.exposure.position(account, owner, instrument)
            line = worst.lines[account, instrument] = Line(self.prices(instrument), position)
        return line

    def _count(
        self, scope: Scope, worst: Worst, order: Reserved, size: int, worth: Decimal | None
    ) -> None:
        self._line(scope, worst, order.account, order.instrument).count(order.side, size, worth)

    def _worth(self, order: Reserved) -> Decimal | None:
        try:
            return self.prices(order.instrument).worst(order.side, order.price) * order.size
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


def _reserved(live: LiveOrder, instrument: InstrumentId) -> Reserved:
    return Reserved(
        live.account,
        live.strategy,
        instrument,
        live.side,
        live.remaining,
        live.price,
        live.basket,
    )


def _concerns(scope: Scope, order: Reserved) -> bool:
    if scope.level is Level.STRATEGY:
        return order.strategy == scope.name
    return scope.level is Level.TOTAL or order.account == scope.name


def _delta(prices: Prices) -> Decimal:
    if prices.instrument.kind is Kind.OPTION:
        raise Unknown(Reference.MARK, prices.instrument.id)
    return prices.coins()
