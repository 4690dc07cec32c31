"""What a simulated market lists: venues, contracts, and the instruments that they are."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.feeds.simulated.coins import Coin
from bot.feeds.simulated.terms import FundingTerms
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import NS_PER_SECOND, Currency, InstrumentId

VENUE: Final = "sim"
DOLLAR: Final = Currency("USDT")
NOTIONAL_MIN: Final = Decimal(5)
"""Of spot and linear contracts, in quote."""


class Venue(Struct, frozen=True, kw_only=True):
    """A venue of the market.

    latency_ns, jitter_ns: from it to us, and how much longer it may take. lag_ms: its quotes go
    half of the way to a new price of the coin in that time: who leads has a short one.
    noise_bps: standard deviation of its own prices around the coin's.
    complete: it tells of every liquidation, not only of the largest of a second.
    """

    name: str
    latency_ns: int
    jitter_ns: int
    lag_ms: float = 120.0
    noise_bps: float = 0.5
    complete: bool = True

    def __post_init__(self) -> None:
        """Refuse a venue whose messages come before they are sent, or never."""
        for name, value, low, high in (
            ("latency_ns", self.latency_ns, 0, 10**10),
            ("jitter_ns", self.jitter_ns, 0, 5 * 10**8),
            ("lag_ms", self.lag_ms, 1, 60_000),
            ("noise_bps", self.noise_bps, 0, 50),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name}: got {value}, expected {low} to {high}")


class Change(Struct, frozen=True, kw_only=True):
    """From a second since the start on, funding is charged every so often."""

    at_s: int
    interval_ns: int


class Contract(Struct, frozen=True, kw_only=True):
    """A spot pair, a perpetual or a dated future of a coin at a venue.

    contract_size: base coins, or dollars when inverse. funding: of a perpetual; change: of its
    interval. expiry_ns: of a future; carry: what it costs over the coin's price, a year.
    activity: orders over those of the market's flow. open_interest: at the
    start, in base coins, or in dollars when inverse.
    """

    venue: str = VENUE
    coin: Currency
    kind: Kind
    tick: Decimal
    lot: Decimal
    quote: Currency = DOLLAR
    contract_size: Decimal = Decimal(1)
    inverse: bool = False
    funding: FundingTerms | None = None
    change: Change | None = None
    expiry_ns: int | None = None
    carry: float = 0.0
    activity: float = 1.0
    open_interest: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse what the kind does not have, and what it lacks."""
        if self.kind is Kind.OPTION:
            raise ValueError(f"{self.coin} kind: got {self.kind}, expected a Chain for options")
        if (self.kind is Kind.PERPETUAL) != (self.funding is not None):
            raise ValueError(f"{self.coin} funding: expected for perpetuals and only for them")
        if (self.kind is Kind.FUTURE) != (self.expiry_ns is not None):
            raise ValueError(f"{self.coin} expiry_ns: expected for futures and only for them")
        if self.expiry_ns is not None and self.expiry_ns % NS_PER_SECOND:
            raise ValueError(f"{self.coin} expiry_ns: got {self.expiry_ns}, expected whole seconds")
        if self.change is not None and self.kind is not Kind.PERPETUAL:
            raise ValueError(f"{self.coin} change: expected for perpetuals and only for them")
        if not 0 < self.activity <= 10:
            raise ValueError(f"{self.coin} activity: got {self.activity}, expected up to 10")
        if not abs(self.carry) <= 1:
            raise ValueError(f"{self.coin} carry: got {self.carry}, expected -1 to 1")

    @property
    def settle(self) -> Currency:
        """What profit is paid in."""
        return self.coin if self.inverse else self.quote

    @property
    def id(self) -> InstrumentId:
        """Venue and symbol, as ccxt spells it."""
        name = f"{self.venue}:{self.coin}/{self.quote}"
        if self.kind is not Kind.SPOT:
            name += f":{self.settle}"
        if self.expiry_ns is not None:
            name += f"-{day_of(self.expiry_ns)}"
        return InstrumentId(name)

    @property
    def tells(self) -> bool:
        """Whether the venue says more of it than its book, all the time."""
        return self.funding is not None or self.open_interest is not None

    def instrument(self) -> Instrument:
        """The contract as the tape knows it."""
        return Instrument(
            id=self.id,
            kind=self.kind,
            base=self.coin,
            quote=self.quote,
            settle=self.settle,
            grid=PriceGrid(self.tick),
            lot=self.lot,
            contract_size=self.contract_size,
            inverse=self.inverse,
            notional_min=None if self.inverse else NOTIONAL_MIN,
            expiry_ns=self.expiry_ns,
            funding_interval_ns=None if self.funding is None else self.funding.interval_ns,
        )


def pair_of(coin: Coin, funding: FundingTerms) -> tuple[Contract, Contract]:
    """Spot and linear perpetual of a coin at `sim`."""
    return (
        Contract(coin=coin.base, kind=Kind.SPOT, tick=coin.tick[0], lot=coin.lot[0]),
        Contract(
            coin=coin.base,
            kind=Kind.PERPETUAL,
            tick=coin.tick[1],
            lot=coin.lot[1],
            funding=funding,
            open_interest=Decimal(str(coin.trade)) * 50_000,
        ),
    )


def day_of(ns: int) -> str:
    """The day of an expiry as symbols have it, YYMMDD."""
    return datetime.fromtimestamp(ns // NS_PER_SECOND, UTC).strftime("%y%m%d")
