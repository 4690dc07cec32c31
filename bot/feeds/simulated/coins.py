"""Coins of a simulated market: what they cost, how they swing, what their books look like."""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.model.units import Currency


class Coin(Struct, frozen=True, kw_only=True):
    """A coin, the ticks and lots of its plain listings, and the shape of its books.

    price: quote, at the start. volatility: standard deviation of a year's log return.
    tick, lot: of spot and linear perpetual where nothing else is listed. half_spread_bps: from the
    fair price to the nearest quote, at least half a tick; gap_bps: between neighbouring levels, on
    average: the touch is closer, the end further apart. level: coins that rest at a best price.
    trade: coins of an order of a taker; both typical means.
    """

    base: Currency
    price: Decimal
    volatility: float
    tick: tuple[Decimal, Decimal]
    lot: tuple[Decimal, Decimal]
    half_spread_bps: float
    gap_bps: float
    level: float
    trade: float

    def __post_init__(self) -> None:
        """Refuse a coin whose book would have no room for its levels."""
        if self.price < 10_000 * max(self.tick):
            raise ValueError(f"{self.base} price: got {self.price}, expected 10,000 ticks or more")
        if not 0 <= self.volatility <= 5:
            raise ValueError(f"{self.base} volatility: got {self.volatility}, expected 0 to 5")
        for name in ("half_spread_bps", "gap_bps", "level", "trade"):
            value: float = getattr(self, name)
            if not 0 < value < float("inf"):
                raise ValueError(f"{self.base} {name}: got {value}, expected a number > 0")


BITCOIN: Final = Coin(
    base=Currency("BTC"),
    price=Decimal(60_000),
    volatility=0.5,
    tick=(Decimal("0.01"), Decimal("0.1")),
    lot=(Decimal("0.00001"), Decimal("0.001")),
    half_spread_bps=0.0025,
    gap_bps=0.5,
    level=1.0,
    trade=0.1,
)
ETHER: Final = Coin(
    base=Currency("ETH"),
    price=Decimal(3_000),
    volatility=0.65,
    tick=(Decimal("0.01"), Decimal("0.01")),
    lot=(Decimal("0.0001"), Decimal("0.001")),
    half_spread_bps=0.0025,
    gap_bps=0.5,
    level=15.0,
    trade=1.5,
)
