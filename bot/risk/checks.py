"""Every limit as one entry of a table: what it measures, what it needs to know, when it is asked.

A check looks at one order, already counted, against one scope's bound. It answers None, or a
breach: the value with the order and what is allowed. Limits on what may be held never stop an
order that leaves the figure where it was or brings it nearer, or nobody could get out of a
position that the market has moved past its limit.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from bot.model.command import Side
from bot.model.instrument import Kind
from bot.model.units import NS_PER_MS, NS_PER_SECOND, AccountId, Currency, InstrumentId
from bot.model.units import StrategyName as Strategy
from bot.risk.cascade import ALL_OF_IT, share
from bot.risk.case import Case
from bot.risk.exposure import Exposure
from bot.risk.guards import SECOND_NS, TEN_SECONDS_NS, outside_collar, stale, usable_price
from bot.risk.kill import Mode
from bot.risk.limits import COLLAR_REFERENCES, Level, Limits, Reference, Scope
from bot.risk.naked import closes_naked, standing_naked
from bot.risk.prices import Unknown
from bot.risk.solvency import liquidation_distance
from bot.risk.worst import ZERO

Breach = tuple[str | None, str]
"""The value with the order, None when it is unknown, and what is allowed."""


class Check(Struct, frozen=True):
    """One limit: how it is checked, and what it may find unknown.

    latch: the halt that a breach leaves behind until a person lifts it.
    """

    breach: Callable[[Case, Any], Breach | None]
    references: frozenset[Reference] = frozenset()
    latch: Mode | None = None


class Finding(Struct, frozen=True):
    """The limit that an order does not fit in. value: None when it cannot be measured."""

    scope: Scope
    limit: str
    value: str | None
    allowed: str


def first_breach(case: Case, limits: Limits | None, asked: frozenset[str]) -> Finding | None:
    """The first of a scope's limits, of those asked, that an order breaks; None: it keeps all."""
    if limits is None:
        return Finding(case.scope, "limits", None, f"limits stated for {case.scope}")
    questions = limits.chosen.get(asked)
    if questions is None:
        questions = limits.chosen[asked] = [
            (name, CHECKS[name].breach, allowed) for name, allowed in limits.stated if name in asked
        ]
    for name, measure, allowed in questions:
        try:
            breach = measure(case, allowed)
        except Unknown as unknown:
            breach = None, f"{_stated(allowed)} with {unknown} known"
        if breach is not None:
            return Finding(case.scope, name, *breach)
    return None


def text(value: Decimal | int) -> str:
    """An exact number without exponent or needless zeros."""
    plain = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


# --- the order itself ------------------------------------------------------------------


def order_notional(case: Case, allowed: Decimal) -> Breach | None:
    """Worth of the order at the worst price it may meet."""
    order = case.order
    value = case.prices.worst(order.side, order.price) * order.remaining
    return _beyond(value, allowed, "", share(case))


def order_size(case: Case, allowed: dict[InstrumentId, Decimal]) -> Breach | None:
    """Base coins of the order."""
    value = case.prices.coins() * case.order.remaining
    instrument = case.order.instrument
    return _beyond(value, allowed.get(instrument), instrument, share(case))


def price_collar(case: Case, allowed: dict[Reference, Decimal]) -> Breach | None:
    """The order's price against every reference that is named."""
    price = case.prices.instrument.price(case.order.price)
    for reference, bps in allowed.items():
        around = _collar_price(case, reference)
        if outside_collar(price, around, bps):
            return text(price), f"within {text(bps)} bps of {reference} {text(around)}"
    return None


def quote_age(case: Case, allowed: int) -> Breach | None:
    """Milliseconds since the order's book was last heard of."""
    age_ns = case.exposure.quote_age_ns(case.order.instrument)
    if age_ns is None:
        raise Unknown(Reference.QUOTE_AGE, case.order.instrument)
    return (text(Decimal(age_ns) / NS_PER_MS), text(allowed)) if stale(age_ns, allowed) else None


# --- what may be held ------------------------------------------------------------------


def position(case: Case, allowed: dict[InstrumentId, Decimal]) -> Breach | None:
    """Base coins held of the order's instrument."""
    if case.shrinks_here:
        return None
    instrument = case.order.instrument
    if instrument not in allowed:
        return _beyond(case.worst.position(instrument), None, instrument)
    part = share(case)
    found = _grows_past(case, lambda: case.worst.position(instrument), allowed[instrument] * part)
    return found and (found[0], found[1] + _halved(part))


def gross_notional(case: Case, allowed: Decimal) -> Breach | None:
    """All that is held, longs and shorts added."""
    return None if case.shrinks_here else _grows_past(case, case.worst.gross, allowed)


def net_notional(case: Case, allowed: Decimal) -> Breach | None:
    """All that is held, longs against shorts; closing one leg of a hedge makes it grow."""
    return _grows_past(case, case.worst.net, allowed)


def net_delta(case: Case, allowed: dict[Currency, Decimal]) -> Breach | None:
    """Base coins of the order's underlying, over all its contracts."""
    underlying = case.prices.instrument.base
    if underlying not in allowed:
        return _beyond(case.worst.delta(underlying), None, underlying)
    return _grows_past(case, lambda: case.worst.delta(underlying), allowed[underlying])


def leverage(case: Case, allowed: Decimal) -> Breach | None:
    """Gross notional against so many times the equity; both are shown as notional."""
    if case.shrinks_here:
        return None
    account = AccountId(case.scope.name) if case.scope.level is Level.ACCOUNT else None
    equity = case.exposure.equity(account)
    if equity is None or not equity.is_finite():
        raise Unknown(Reference.EQUITY, account or "all accounts")
    return _grows_past(case, case.worst.gross, allowed * equity)


def liquidation(case: Case, allowed: Decimal) -> Breach | None:
    """Distance of the account's nearest contract to its liquidation price."""
    instrument = case.prices.instrument
    account = case.world.line(Level.ACCOUNT, case.order)
    if instrument.kind is Kind.SPOT or account.shrinks_by(case.order.side):
        return None

    def nearness() -> Decimal:
        return -liquidation_distance(
            case.world, case.order.account, instrument.settle, case.book.tiers
        )

    found = _grows_past(case, nearness, -allowed)
    return found and (text(-nearness()), text(allowed))


# --- the state of things ---------------------------------------------------------------


def orders_per_second(case: Case, allowed: int) -> Breach | None:
    """Orders of the scope within a second, this one included."""
    value = case.rates.count(case.scope, case.exposure.now, SECOND_NS)
    return (text(value), text(allowed)) if value > allowed else None


def orders_per_ten_seconds(case: Case, allowed: int) -> Breach | None:
    """Orders of the scope within ten seconds, this one included."""
    value = case.rates.count(case.scope, case.exposure.now, TEN_SECONDS_NS)
    return (text(value), text(allowed)) if value > allowed else None


def daily_loss(case: Case, allowed: Decimal) -> Breach | None:
    """What the scope has lost since the day began."""
    if case.shrinks:
        return None
    lost = loss(case.exposure, case.scope)
    return (text(lost), text(allowed)) if lost > allowed else None


def naked_notional(case: Case, allowed: Decimal) -> Breach | None:
    """What a basket may come to hold without its counterpart."""
    basket = case.order.basket
    if basket is None:
        return None
    return _grows_past(case, lambda: _naked(case, basket), allowed)


def naked_seconds(case: Case, allowed: Decimal) -> Breach | None:
    """How long a basket has stood uneven, for an order that does not even it out."""
    if case.order.basket is None or closes_naked(case.exposure, case.order):
        return None
    _, since_ns = standing_naked(case.exposure, case.order.basket)
    age_ns = 0 if since_ns is None else case.exposure.now - since_ns
    if age_ns <= allowed * NS_PER_SECOND:
        return None
    return text(Decimal(age_ns) / NS_PER_SECOND), text(allowed)


def loss(exposure: Exposure, scope: Scope) -> Decimal:
    """What a scope has lost since the day began; negative when it has earned."""
    profit = exposure.daily_profit(
        AccountId(scope.name) if scope.level is Level.ACCOUNT else None,
        Strategy(scope.name) if scope.level is Level.STRATEGY else None,
    )
    if profit is None or not profit.is_finite():
        raise Unknown(Reference.DAILY_PROFIT, str(scope))
    return -profit


MARKET: Final = frozenset({Reference.MARK, Reference.TOUCH, Reference.CONVERSION})
MARK: Final = frozenset({Reference.MARK})

CHECKS: Final[dict[str, Check]] = {
    "order_notional_max": Check(order_notional, MARKET),
    "order_size_max": Check(order_size, MARK),
    "position_max": Check(position, MARK),
    "gross_notional_max": Check(gross_notional, MARKET),
    "net_notional_max": Check(net_notional, MARKET),
    "net_delta_max": Check(net_delta, MARK),
    "leverage_max": Check(leverage, MARKET | {Reference.EQUITY}),
    "orders_per_second_max": Check(orders_per_second),
    "orders_per_ten_seconds_max": Check(orders_per_ten_seconds, latch=Mode.HALTED),
    "price_collar_bps": Check(price_collar, COLLAR_REFERENCES),
    "quote_age_ms_max": Check(quote_age, frozenset({Reference.QUOTE_AGE})),
    "daily_loss_max": Check(
        daily_loss, frozenset({Reference.DAILY_PROFIT}), latch=Mode.REDUCE_ONLY
    ),
    "naked_notional_max": Check(naked_notional, MARKET | {Reference.NAKED}),
    "naked_seconds_max": Check(naked_seconds, frozenset({Reference.NAKED})),
    "liquidation_distance_min": Check(
        liquidation, frozenset({Reference.MARK, Reference.MARGIN, Reference.TIERS})
    ),
}
"""By the limit's name. The mark matters to sizes in coins of inverse contracts only."""

EVERY: Final = frozenset(CHECKS)
"""What an order is asked before it is approved."""

RATES: Final = frozenset({"orders_per_second_max", "orders_per_ten_seconds_max"})
AT_LAST: Final = EVERY - RATES
"""What it is asked again before its first byte: the approval was counted already."""

AGES: Final = frozenset({"quote_age_ms_max", "naked_seconds_max"})
"""What time alone can break, when nothing has happened since the approval."""

WHOLE: Final = frozenset(
    {
        "position_max",
        "gross_notional_max",
        "leverage_max",
        "liquidation_distance_min",
        "daily_loss_max",
    }
)
"""What a basket is asked before it begins. Its legs are worked in slices, each an order with
limits of its own, and what stands uneven between them is limited then."""

ALONE: Final = WHOLE | {"net_notional_max", "net_delta_max"}
"""What a whole position is asked that has no counterpart."""


def _stated(allowed: object) -> str:
    if isinstance(allowed, dict):
        return ", ".join(f"{key} {text(bound)}" for key, bound in allowed.items())
    return text(allowed) if isinstance(allowed, Decimal) else str(allowed)


def _grows_past(case: Case, measure: Callable[[], Decimal], allowed: Decimal) -> Breach | None:
    value = measure()
    if value <= allowed or value <= case.without(measure):
        return None
    return text(value), text(allowed)


def _beyond(
    value: Decimal, allowed: Decimal | None, subject: str, part: Decimal = ALL_OF_IT
) -> Breach | None:
    if allowed is None:
        return text(value), f"nothing is stated for {subject}"
    bound = allowed * part
    return (text(value), text(bound) + _halved(part)) if value > bound else None


def _halved(part: Decimal) -> str:
    return "" if part == ALL_OF_IT else " while liquidations cascade"


def _collar_price(case: Case, reference: Reference) -> Decimal:
    order, prices = case.order, case.prices
    price: Decimal | None = None
    if reference is Reference.MARK:
        return prices.known_mark()
    if reference is Reference.INDEX:
        price = case.exposure.index(order.instrument)
    elif reference is Reference.LAST:
        price = case.exposure.last(order.instrument)
    elif prices.ask is not None and prices.bid is not None:
        if reference is Reference.MID:
            price = case.exposure.mid(order.instrument)
        else:
            price = prices.instrument.price(prices.ask if order.side is Side.BUY else prices.bid)
    if not usable_price(price):
        raise Unknown(reference, order.instrument)
    return price


def _naked(case: Case, basket: str) -> Decimal:
    stands, _ = standing_naked(case.exposure, basket)
    bought = sold = ZERO
    for order in case.world.orders():
        if order.basket == basket:
            prices = case.world.prices(order.instrument)
            worth = prices.worst(order.side, order.price) * order.remaining
            if order.side is Side.BUY:
                bought += worth
            else:
                sold += worth
    return max(abs(stands + bought), abs(stands - sold))
