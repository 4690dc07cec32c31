"""The bot at one moment, for everyone who only looks: status, terminal, metrics, web.

Amounts are in the reporting currency unless a field says otherwise; unknown is None, never 0.
"""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.model.units import Currency, InstrumentId, StrategyName

VERSION: Final = 1


class PositionLine(Struct, frozen=True):
    """What a strategy holds; quantity in lots, amount in the venue's unit, notional at the mark."""

    strategy: StrategyName
    instrument: InstrumentId
    quantity: int
    amount: Decimal
    notional: Decimal | None


class OrderLine(Struct, frozen=True):
    """A live order; price in quote, remaining in the venue's unit."""

    order_id: str
    strategy: StrategyName
    instrument: InstrumentId
    side: str
    price: Decimal
    remaining: Decimal
    state: str
    reason: str


class LimitLine(Struct, frozen=True):
    """A limit and what stands against it; ratio 1 is at the limit."""

    scope: str
    limit: str
    subject: str
    used: Decimal | None
    allowed: Decimal
    ratio: Decimal | None


class ScoreLine(Struct, frozen=True):
    """A score that a strategy watches."""

    strategy: StrategyName
    name: str
    value: float | None
    z: float | None
    age_ms: int | None
    stale: bool


class GateLine(Struct, frozen=True):
    """A condition that the strategy's last decision hung on."""

    strategy: StrategyName
    name: str
    value: float | None
    above: float | None
    below: float | None
    passed: bool


class StrategyLine(Struct, frozen=True):
    """What a strategy may do, and why it does nothing, where there is a reason."""

    strategy: StrategyName
    permit: str
    idle: str
    decided_ns: int | None


class BasketLine(Struct, frozen=True):
    """A basket and where it stands."""

    name: str
    strategy: StrategyName
    stage: str
    legs: tuple[InstrumentId, ...]
    positions: tuple[int, ...]
    blocked: str


class FeedLine(Struct, frozen=True):
    """How fresh the best prices of an instrument are."""

    instrument: InstrumentId
    age_ms: int | None
    mid: Decimal | None
    lost: bool


class FundingLine(Struct, frozen=True):
    """The rate of the next settlement, as a fraction per interval."""

    instrument: InstrumentId
    rate: Decimal
    interval_hours: Decimal
    settles_ns: int
    predicted: bool


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything worth showing, in a fixed order.

    now: the market's time, ns. profit: by part, since the beginning. delta: base coins by
    underlying, None while a mark is unknown. notes: the last ones, with their time.
    """

    mode: str
    session: str
    run: int
    now: int
    equity: Decimal | None
    reporting_currency: Currency
    profit: dict[str, Decimal]
    delta: dict[Currency, Decimal | None]
    positions: tuple[PositionLine, ...]
    orders: tuple[OrderLine, ...]
    limits: tuple[LimitLine, ...]
    strategies: tuple[StrategyLine, ...]
    scores: tuple[ScoreLine, ...]
    gates: tuple[GateLine, ...]
    baskets: tuple[BasketLine, ...]
    feeds: tuple[FeedLine, ...]
    funding: tuple[FundingLine, ...]
    halts: tuple[str, ...]
    counts: dict[str, int]
    notes: tuple[tuple[int, str], ...]
    version: int = VERSION
