"""How much of each limit is used: for screens, metrics and `View.headroom`."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

from msgspec import Struct

from bot.model.instrument import Kind
from bot.model.units import AccountId
from bot.risk.checks import loss
from bot.risk.guards import SECOND_NS, TEN_SECONDS_NS, OrderRates
from bot.risk.limits import Level, LimitBook, Limits, Reference, Scope
from bot.risk.prices import Unknown
from bot.risk.solvency import liquidation_distance
from bot.risk.worst import Reservations


class Usage(Struct, frozen=True):
    """One limit and what stands against it now, live orders counted at their worst.

    subject: the instrument, underlying or coin, where the limit is one of each. used: None when
    it cannot be measured; of `liquidation_distance_min` the distance itself.
    """

    scope: Scope
    limit: str
    subject: str
    used: Decimal | None
    allowed: Decimal

    @property
    def ratio(self) -> Decimal | None:
        """Share of the limit that is used: 1 is at the limit; None when unknown or unbounded."""
        if self.used is None:
            return None
        part, whole = self.used, self.allowed
        if self.limit.endswith("_min"):
            part, whole = whole, part
        return part / whole if whole > 0 else None


def usage(world: Reservations, limits: LimitBook, rates: OrderRates) -> list[Usage]:
    """Every limit that bounds what is held, lost or ordered, scope by scope.

    Limits on a single order or basket have no standing use and do not appear.
    """
    world.refresh()
    return [
        Usage(scope, name, subject, _known(measure), allowed)
        for scope, bounds in limits.scopes()
        for name, subject, measure, allowed in _measures(world, limits, scope, bounds, rates)
    ]


Measure = tuple[str, str, Callable[[], Decimal], Decimal]


def _measures(
    world: Reservations, book: LimitBook, scope: Scope, bounds: Limits, rates: OrderRates
) -> Iterator[Measure]:
    worst = world.worst(scope)
    for instrument, coins in (bounds.position_max or {}).items():
        yield "position_max", instrument, partial(worst.position, instrument), coins
    if bounds.gross_notional_max is not None:
        yield "gross_notional_max", "", worst.gross, bounds.gross_notional_max
    if bounds.net_notional_max is not None:
        yield "net_notional_max", "", worst.net, bounds.net_notional_max
    for underlying, coins in (bounds.net_delta_max or {}).items():
        yield "net_delta_max", underlying, partial(worst.delta, underlying), coins
    if bounds.leverage_max is not None:
        yield "leverage_max", "", lambda: worst.gross() / _equity(world, scope), bounds.leverage_max
    if bounds.daily_loss_max is not None:
        yield "daily_loss_max", "", lambda: loss(world.exposure, scope), bounds.daily_loss_max
    now = world.exposure.now
    for name, allowed, window_ns in (
        ("orders_per_second_max", bounds.orders_per_second_max, SECOND_NS),
        ("orders_per_ten_seconds_max", bounds.orders_per_ten_seconds_max, TEN_SECONDS_NS),
    ):
        if allowed is not None:
            yield name, "", partial(_count, rates, scope, now, window_ns), Decimal(allowed)
    if bounds.liquidation_distance_min is not None:
        yield from _distances(world, book, scope, bounds.liquidation_distance_min)


def _distances(
    world: Reservations, book: LimitBook, scope: Scope, allowed: Decimal
) -> Iterator[Measure]:
    margined = {
        (account, line.prices.instrument.settle)
        for (account, _), line in world.worst(scope).places()
        if line.prices.instrument.kind is not Kind.SPOT and not line.idle
    }
    for account, settle in sorted(margined):
        yield (
            "liquidation_distance_min",
            f"{account} {settle}",
            partial(liquidation_distance, world, account, settle, book.tiers),
            allowed,
        )


def _count(rates: OrderRates, scope: Scope, now: int, window_ns: int) -> Decimal:
    return Decimal(rates.count(scope, now, window_ns))


def _equity(world: Reservations, scope: Scope) -> Decimal:
    account = AccountId(scope.name) if scope.level is Level.ACCOUNT else None
    equity = world.exposure.equity(account)
    if equity is None or not equity.is_finite() or equity <= 0:
        raise Unknown(Reference.EQUITY, account or "all accounts")
    return equity


def _known(measure: Callable[[], Decimal]) -> Decimal | None:
    try:
        return measure()
    except Unknown:
        return None
