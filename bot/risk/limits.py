"""Limits as values, for one strategy, one account or everything together.

No limit has a default: whoever writes the configuration states a bound or states `None`, which
is "not limited". Money is in the reporting currency.
"""

import enum
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from msgspec import Struct

from bot.model.units import AccountId, Currency, InstrumentId, StrategyName
from bot.risk.margin import TierTable


class Level(enum.StrEnum):
    """How wide a limit or a halt reaches."""

    TOTAL = "total"
    ACCOUNT = "account"
    STRATEGY = "strategy"


class Scope(Struct, frozen=True, order=True):
    """What a limit or a halt is about: one strategy, one account, or everything.

    name: the strategy or the account; empty for everything.
    """

    level: Level
    name: str = ""

    def __str__(self) -> str:
        return f"{self.level} {self.name}".rstrip()


TOTAL: Final = Scope(Level.TOTAL)


class Reference(enum.StrEnum):
    """Something outside the order that a limit is measured against, and that may be unknown."""

    MARK = "mark"
    MID = "mid"
    INDEX = "index"
    TOUCH = "touch"
    LAST = "last"
    CONVERSION = "conversion"
    EQUITY = "equity"
    QUOTE_AGE = "quote_age"
    DAILY_PROFIT = "daily_profit"
    NAKED = "naked"
    MARGIN = "margin"
    TIERS = "tiers"


COLLAR_REFERENCES: Final = frozenset(
    {Reference.MARK, Reference.MID, Reference.INDEX, Reference.TOUCH, Reference.LAST}
)


class MarkReference(enum.StrEnum):
    """Which price positions are valued at: the venue's mark, or the middle of its book."""

    VENUE = "venue"
    MID = "mid"


class Limits(Struct, frozen=True, kw_only=True, dict=True):
    """The bounds of one scope; a field that is None is not limited.

    order_size_max, position_max: base coins by instrument; inverse contracts at the mark.
    net_delta_max: base coins by underlying.
        An instrument or underlying that such a map does not name is refused.
    leverage_max: gross notional over equity.
    orders_per_ten_seconds_max: the brake on runaway repetition; it halts the scope.
    price_collar_bps: how far an order's price may lie from each reference that is named.
    daily_loss_max: from the day's start; beyond it only reductions pass.
    naked_notional_max, naked_seconds_max: of one basket, without its counterpart.
    liquidation_distance_min: fraction of the mark, of the contract nearest to liquidation.
    """

    order_notional_max: Decimal | None
    order_size_max: dict[InstrumentId, Decimal] | None
    position_max: dict[InstrumentId, Decimal] | None
    gross_notional_max: Decimal | None
    net_notional_max: Decimal | None
    net_delta_max: dict[Currency, Decimal] | None
    leverage_max: Decimal | None
    orders_per_second_max: int | None
    orders_per_ten_seconds_max: int | None
    price_collar_bps: dict[Reference, Decimal] | None
    quote_age_ms_max: int | None
    daily_loss_max: Decimal | None
    naked_notional_max: Decimal | None
    naked_seconds_max: Decimal | None
    liquidation_distance_min: Decimal | None

    def __post_init__(self) -> None:
        """Refuse a bound that bounds nothing: NaN, infinity, negative, float or bool."""
        for name in self.__struct_fields__:
            stated = getattr(self, name)
            bounds = stated if isinstance(stated, dict) else {"": stated}
            for key, bound in bounds.items():
                if bound is not None or key:
                    _require_bound(f"{name} {key}".rstrip(), bound, count=name in _COUNTS)
        for reference in self.price_collar_bps or ():
            if type(reference) is not Reference or reference not in COLLAR_REFERENCES:
                known = ", ".join(sorted(COLLAR_REFERENCES))
                raise ValueError(f"price_collar_bps: got {reference!r}, expected one of {known}")

    @cached_property
    def counts_orders(self) -> bool:
        """Whether the order rate is limited."""
        return self.orders_per_second_max is not None or self.orders_per_ten_seconds_max is not None

    @cached_property
    def chosen(self) -> dict[frozenset[str], list[tuple[str, Any, Any]]]:
        """For whoever asks the same limits again and again: what it has found to ask."""
        return {}

    @cached_property
    def stated(self) -> list[tuple[str, object]]:
        """The limits that bound something, in the order of their declaration; found once."""
        return [
            (name, bound)
            for name in self.__struct_fields__
            if (bound := getattr(self, name)) is not None
        ]


class LimitBook(Struct, frozen=True, kw_only=True, dict=True):
    """All limits: by strategy, by account and in total, and what they are measured with.

    A strategy or an account without an entry may not order at all.
    tiers: maintenance margins by contract, for the liquidation distance.
    """

    strategies: dict[StrategyName, Limits]
    accounts: dict[AccountId, Limits]
    total: Limits
    mark: MarkReference
    tiers: dict[InstrumentId, TierTable]

    def __post_init__(self) -> None:
        """Refuse a mark that is not one of the two."""
        if type(self.mark) is not MarkReference:
            raise ValueError(f"mark: got {self.mark!r}, expected one of {', '.join(MarkReference)}")

    def over(self, account: AccountId, strategy: StrategyName) -> list[tuple[Scope, Limits | None]]:
        """The scopes that an order stands in, narrowest first; None where nothing is stated."""
        found = self._over.get((account, strategy))
        if found is None:
            found = self._over[account, strategy] = [
                (Scope(Level.STRATEGY, strategy), self.strategies.get(strategy)),
                (Scope(Level.ACCOUNT, account), self.accounts.get(account)),
                (TOTAL, self.total),
            ]
        return found

    def scopes(self) -> list[tuple[Scope, Limits]]:
        """Every scope that has limits."""
        return [
            *((Scope(Level.STRATEGY, name), one) for name, one in self.strategies.items()),
            *((Scope(Level.ACCOUNT, name), one) for name, one in self.accounts.items()),
            (TOTAL, self.total),
        ]

    def counted(self, account: AccountId, strategy: StrategyName) -> list[Scope]:
        """The scopes of an order whose rate is limited; what is not limited needs no memory."""
        found = self._counted.get((account, strategy))
        if found is None:
            found = self._counted[account, strategy] = [
                scope
                for scope, limits in self.over(account, strategy)
                if limits is not None and limits.counts_orders
            ]
        return found

    @cached_property
    def _counted(self) -> dict[tuple[str, str], list[Scope]]:
        return {}

    @cached_property
    def _over(self) -> dict[tuple[str, str], list[tuple[Scope, Limits | None]]]:
        return {}


_COUNTS: Final = {"orders_per_second_max", "orders_per_ten_seconds_max", "quote_age_ms_max"}


def _require_bound(name: str, bound: object, *, count: bool) -> None:
    if count and type(bound) is int and bound >= 0:
        return
    if not count and type(bound) is Decimal and bound.is_finite() and bound >= 0:
        return
    kind = "a whole number" if count else "an exact decimal number"
    raise ValueError(f"{name}: got {bound!r}, expected {kind} >= 0")
