"""One order in front of the limits of one scope: what every check is asked about."""

from collections.abc import Callable
from decimal import Decimal

from bot.risk.exposure import LiveOrder
from bot.risk.guards import OrderRates
from bot.risk.limits import Level, LimitBook, Scope
from bot.risk.prices import Prices
from bot.risk.worst import Line, Reservations, Worst


class Case:
    """One order, counted as live, before the limits of one scope."""

    __slots__ = ("book", "exposure", "order", "rates", "scope", "world")

    def __init__(
        self,
        order: LiveOrder,
        scope: Scope,
        world: Reservations,
        book: LimitBook,
        rates: OrderRates,
    ) -> None:
        """world: with the order counted."""
        self.order = order
        self.scope = scope
        self.world = world
        self.book = book
        self.rates = rates
        self.exposure = world.exposure

    @property
    def worst(self) -> Worst:
        """The worst case of the scope."""
        return self.world.worst(self.scope)

    @property
    def prices(self) -> Prices:
        """What the lots of the order's instrument are worth."""
        return self.world.prices(self.order.instrument)

    @property
    def line(self) -> Line:
        """Where the order counts."""
        return self.world.line(self.scope.level, self.order)

    @property
    def shrinks_here(self) -> bool:
        """Whether the scope's own position can only come nearer to zero."""
        return self.line.shrinks_by(self.order.side)

    @property
    def shrinks(self) -> bool:
        """Whether the strategy's own position can only come nearer to zero."""
        return self.world.line(Level.STRATEGY, self.order).shrinks_by(self.order.side)

    def without(self, measure: Callable[[], Decimal]) -> Decimal:
        """A figure as it was before the order."""
        self.world.release(self.order)
        try:
            return measure()
        finally:
            self.world.reserve(self.order)
