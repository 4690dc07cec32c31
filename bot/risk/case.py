"""One order in front of the limits of one scope: what every check is asked about."""

from collections.abc import Callable
from decimal import Decimal

from bot.risk.exposure import LiveOrder
from bot.risk.guards import OrderRates
from bot.risk.limits import Level, LimitBook, Scope
from bot.risk.worst import Reservations


class Case:
    """One order, counted as live, before the limits of one scope.

    worst: of the scope. prices: of the order's instrument. line: where the order counts.
    """

    __slots__ = ("book", "exposure", "line", "order", "prices", "rates", "scope", "world", "worst")

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
        self.worst = world.worst(scope)
        self.prices = world.prices(order.instrument)
        self.line = world.line(scope.level, order)

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
        value = measure()
        self.world.reserve(self.order)
        return value
