"""One order in front of the limits of one scope: what every check is asked about."""

from collections.abc import Callable
from decimal import Decimal

from bot.risk.exposure import Exposure
from bot.risk.guards import OrderRates
from bot.risk.limits import Level, LimitBook, Scope
from bot.risk.prices import Prices
from bot.risk.worst import Line, Reservations, Reserved, Worst


class Case:
    """One order, counted as live, before the limits of one scope."""

    __slots__ = ("book", "order", "rates", "reservations", "scope")

    def __init__(
        self, order: Reserved, scope: Scope, world: Reservations, book: LimitBook, rates: OrderRates
    ) -> None:
        """world: with the order counted."""
        self.order = order
        self.scope = scope
        self.reservations = world
        self.book = book
        self.rates = rates

    @property
    def exposure(self) -> Exposure:
        """What is known of the rest."""
        return self.reservations.exposure

    @property
    def prices(self) -> Prices:
        """Of the order's instrument."""
        return self.reservations.prices(self.order.instrument)

    @property
    def worst(self) -> Worst:
        """The scope's worst case."""
        return self.reservations.worst(self.scope)

    @property
    def shrinks_here(self) -> bool:
        """Whether the scope's own position can only come nearer to zero."""
        return self.line(self.scope).shrinks_by(self.order.side)

    @property
    def shrinks(self) -> bool:
        """Whether the strategy's own position can only come nearer to zero."""
        return self.line(Scope(Level.STRATEGY, self.order.strategy)).shrinks_by(self.order.side)

    def line(self, scope: Scope) -> Line:
        """A scope's exposure in the order's instrument."""
        return self.reservations.worst(scope).lines[self.order.account, self.order.instrument]

    def without(self, measure: Callable[[], Decimal]) -> Decimal:
        """A figure as it was before the order."""
        self.reservations.release(self.order)
        value = measure()
        self.reservations.reserve(self.order)
        return value
