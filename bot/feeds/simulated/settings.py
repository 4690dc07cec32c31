"""What a simulated market is made of: coins, their listings, how funding is charged."""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_HOUR, NS_PER_MS, Currency, InstrumentId

VENUE: Final = "sim"


class Coin(Struct, frozen=True, kw_only=True):
    """A coin and its two listings, spot and perpetual against USDT.

    price: quote, at the start. volatility: standard deviation of a year's log return.
    tick, lot: of spot and perpetual. half_spread_bps: from the fair price to the nearest
    quote; gap_bps: between neighbouring levels. level, trade: typical size in coins.
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


class Premium(Struct, frozen=True, kw_only=True):
    """How far perpetuals trade from their index: moods that last, and a way back to the mood.

    moods_bps: where the premium may be drawn to, one at a time, each as likely. The times are
    in funding intervals, so that a market with a short interval lives faster.
    """

    moods_bps: tuple[float, ...] = (-15.0, 0.0, 12.0, 40.0)
    mood_intervals: float = 1.5
    half_life_intervals: float = 0.15
    deviation_bps: float = 3.0

    def __post_init__(self) -> None:
        """Refuse moods that nobody believes, and times that do not pass."""
        if not self.moods_bps or any(not abs(mood) <= 90 for mood in self.moods_bps):
            raise ValueError(f"moods_bps: got {self.moods_bps}, expected some, -90 to 90")
        for name in ("mood_intervals", "half_life_intervals"):
            value: float = getattr(self, name)
            if not 0 < value < float("inf"):
                raise ValueError(f"{name}: got {value}, expected a number > 0")
        if not 0 <= self.deviation_bps <= 30:
            raise ValueError(f"deviation_bps: got {self.deviation_bps}, expected 0 to 30")


class FundingTerms(Struct, frozen=True, kw_only=True):
    """How the venue charges funding; rates are fractions per 8 hours, scaled to the interval.

    publish_s: how often the predicted rate is published.
    """

    interval_ns: int = 8 * NS_PER_HOUR
    interest: Decimal = Decimal("0.0001")
    damp: Decimal = Decimal("0.0005")
    cap: Decimal = Decimal("0.02")
    publish_s: int = 1


BITCOIN: Final = Coin(
    base=Currency("BTC"),
    price=Decimal(60_000),
    volatility=0.5,
    tick=(Decimal("0.01"), Decimal("0.1")),
    lot=(Decimal("0.00001"), Decimal("0.001")),
    half_spread_bps=0.1,
    gap_bps=0.3,
    level=1.5,
    trade=0.3,
)
ETHER: Final = Coin(
    base=Currency("ETH"),
    price=Decimal(3_000),
    volatility=0.65,
    tick=(Decimal("0.01"), Decimal("0.01")),
    lot=(Decimal("0.0001"), Decimal("0.001")),
    half_spread_bps=0.15,
    gap_bps=0.4,
    level=25.0,
    trade=4.0,
)


class MarketSettings(Struct, frozen=True, kw_only=True):
    """A simulated market from its first second to its last.

    start_ns: a whole second. duration_s: None: it never ends. slots_per_second: how often an
    instrument may act; it sends about one message a slot. levels: a side of each book.
    latency_ns, jitter_ns: from the venue to us, and how much longer it may take.
    chunk_s: seconds made at once; it changes the speed and nothing else.
    """

    seed: int
    start_ns: int
    duration_s: int | None = None
    slots_per_second: int = 50
    levels: int = 24
    latency_ns: int = 4 * NS_PER_MS
    jitter_ns: int = 2 * NS_PER_MS
    chunk_s: int = 16
    coins: tuple[Coin, ...] = (BITCOIN, ETHER)
    premium: Premium = Premium()
    funding: FundingTerms = FundingTerms()

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        for name, value, low, high in (
            ("slots_per_second", self.slots_per_second, 1, 1_000),
            ("levels", self.levels, 2, 500),
            ("chunk_s", self.chunk_s, 1, 3_600),
            ("latency_ns", self.latency_ns, 0, 10**10),
            ("jitter_ns", self.jitter_ns, 0, 5 * 10**8),
            ("funding.publish_s", self.funding.publish_s, 1, 3_600),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name}: got {value}, expected {low} to {high}")
        for name, value in (
            ("start_ns", self.start_ns),
            ("funding.interval_ns", self.funding.interval_ns),
        ):
            if value <= 0 or value % 10**9:
                raise ValueError(f"{name}: got {value}, expected whole seconds, in ns")


def spot_of(coin: Coin) -> Instrument:
    """The coin against USDT."""
    return Instrument(
        id=InstrumentId(f"{VENUE}:{coin.base}/USDT"),
        kind=Kind.SPOT,
        base=coin.base,
        quote=Currency("USDT"),
        settle=Currency("USDT"),
        grid=PriceGrid(coin.tick[0]),
        lot=coin.lot[0],
        notional_min=Decimal(5),
    )


def perpetual_of(coin: Coin, funding: FundingTerms) -> Instrument:
    """The linear perpetual of a coin, settled in USDT."""
    return Instrument(
        id=InstrumentId(f"{VENUE}:{coin.base}/USDT:USDT"),
        kind=Kind.PERPETUAL,
        base=coin.base,
        quote=Currency("USDT"),
        settle=Currency("USDT"),
        grid=PriceGrid(coin.tick[1]),
        lot=coin.lot[1],
        notional_min=Decimal(5),
        funding_interval_ns=funding.interval_ns,
    )
