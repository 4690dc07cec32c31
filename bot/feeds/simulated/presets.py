"""Markets by name: a pair of coins at one venue, and several venues with all kinds of contracts."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from bot.feeds.simulated.chains import Chain
from bot.feeds.simulated.coins import BITCOIN, ETHER, Coin
from bot.feeds.simulated.listings import Change, Contract, Venue
from bot.feeds.simulated.surface import Surface
from bot.feeds.simulated.terms import FundingTerms
from bot.model.instrument import Kind
from bot.model.units import NS_PER_HOUR, NS_PER_MS, NS_PER_SECOND, Currency

COINS: Final = {"BTC": BITCOIN, "ETH": ETHER}
DAY_S: Final = 86_400
USD: Final = Currency("USD")

# Who leads and who is led, who tells of every liquidation and who of a sample.
VENUES: Final = (
    Venue(name="north", latency_ns=4 * NS_PER_MS, jitter_ns=2 * NS_PER_MS, lag_ms=80, noise_bps=0.3,
          complete=False),
    Venue(name="south", latency_ns=12 * NS_PER_MS, jitter_ns=6 * NS_PER_MS, lag_ms=200,
          noise_bps=0.6),
    Venue(name="east", latency_ns=25 * NS_PER_MS, jitter_ns=30 * NS_PER_MS, lag_ms=400,
          noise_bps=1.0),
    Venue(name="west", latency_ns=8 * NS_PER_MS, jitter_ns=3 * NS_PER_MS, lag_ms=250,
          noise_bps=0.8),
)  # fmt: skip
WEEK: Final = (7, 0.05)
QUARTER: Final = (85, 0.07)
"""Days to the expiry, and what a year of carry costs."""
STRIKES: Final = {
    "BTC": tuple(Decimal(price) for price in range(48_000, 73_000, 3_000)),
    "ETH": tuple(Decimal(price) for price in range(2_400, 3_700, 200)),
}
CHAIN_DAYS: Final = {"BTC": (2, 9, 58), "ETH": (9, 58)}
CHANGED_S: Final = 6 * 3_600
"""So long after the start, at the next settlement, one perpetual goes over to hourly funding."""
SHORTENED_S: Final = 4 * 3_600
"""Its interval before that."""


def several_contracts(start_ns: int, publish_s: int) -> tuple[Contract, ...]:
    """Spot, perpetuals that pay every 8, 4 and 1 hours, an inverse one, and dated futures.

    publish_s: seconds between predicted rates.
    """
    btc, eth = BITCOIN, ETHER
    fees = {hours: funding(hours, publish_s) for hours in (8, 4, 1)}
    start_s = start_ns // NS_PER_SECOND
    settles_s = -(-(start_s + CHANGED_S) // SHORTENED_S) * SHORTENED_S
    changed = Change(at_s=settles_s - start_s, interval_ns=NS_PER_HOUR)
    return (
        spot(btc, "north"),
        spot(eth, "north"),
        linear(btc, "north", fees[8], 1.0),
        linear(eth, "north", fees[8], 1.0),
        spot(btc, "south", 0.6),
        linear(btc, "south", fees[4], 0.7),
        linear(eth, "south", fees[4], 0.7, changed),
        linear(btc, "east", fees[1], 0.5),
        linear(eth, "east", fees[1], 0.5),
        Contract(
            venue="west",
            coin=btc.base,
            kind=Kind.PERPETUAL,
            tick=Decimal("0.5"),
            lot=Decimal(1),
            quote=USD,
            contract_size=Decimal(10),
            inverse=True,
            funding=fees[8],
            activity=0.5,
            open_interest=Decimal(200_000_000),
        ),
        *(
            Contract(
                venue="west",
                coin=btc.base,
                kind=Kind.FUTURE,
                tick=Decimal("2.5"),
                lot=Decimal(1),
                quote=USD,
                contract_size=Decimal(10),
                inverse=True,
                expiry_ns=expiry_ns(start_ns, days),
                carry=carry,
                activity=0.3,
                open_interest=Decimal(50_000_000),
            )
            for days, carry in (WEEK, QUARTER)
        ),
    )


def one_of_each(venue: str, publish_s: int = 1) -> tuple[Contract, ...]:
    """Spot, linear and inverse perpetual of every coin at one venue."""
    made: list[Contract] = []
    for coin, tick in ((BITCOIN, Decimal("0.5")), (ETHER, Decimal("0.05"))):
        made += [
            spot(coin, venue),
            linear(coin, venue, funding(8, publish_s), 1.0),
            Contract(
                venue=venue,
                coin=coin.base,
                kind=Kind.PERPETUAL,
                tick=tick,
                lot=Decimal(1),
                quote=USD,
                contract_size=Decimal(10) if coin is BITCOIN else Decimal(1),
                inverse=True,
                funding=funding(8, publish_s),
                activity=0.5,
                open_interest=Decimal(200_000_000),
            ),
        ]
    return tuple(made)


def several_chains(start_ns: int, coins: Iterable[Coin]) -> tuple[Chain, ...]:
    """An option chain of each coin at the venue `west`."""
    return tuple(
        Chain(
            venue="west",
            coin=coin.base,
            expiries_ns=tuple(expiry_ns(start_ns, days) for days in CHAIN_DAYS[coin.base]),
            strikes=STRIKES[coin.base],
            surface=Surface(level=coin.volatility + 0.03),
            lot=Decimal("0.1") if coin is BITCOIN else Decimal(1),
            carry=WEEK[1],
        )
        for coin in coins
    )


def spot(coin: Coin, venue: str, activity: float = 1.0) -> Contract:
    """A coin against USDT."""
    return Contract(
        venue=venue,
        coin=coin.base,
        kind=Kind.SPOT,
        tick=coin.tick[0],
        lot=coin.lot[0],
        activity=activity,
    )


def linear(
    coin: Coin,
    venue: str,
    terms: FundingTerms,
    activity: float,
    change: Change | None = None,
) -> Contract:
    """A linear perpetual of a coin, settled in USDT."""
    return Contract(
        venue=venue,
        coin=coin.base,
        kind=Kind.PERPETUAL,
        tick=coin.tick[1],
        lot=coin.lot[1],
        funding=terms,
        change=change,
        activity=activity,
        open_interest=Decimal(str(coin.trade)) * 50_000,
    )


def funding(hours: int, publish_s: int) -> FundingTerms:
    """Terms of an interval of so many hours; the cap of a short one is as a venue has it."""
    return FundingTerms(interval_ns=hours * NS_PER_HOUR, publish_s=publish_s)


def expiry_ns(start_ns: int, days: int) -> int:
    """08:00 UTC so many days after the start."""
    day = start_ns // (DAY_S * NS_PER_SECOND) + days
    return (day * DAY_S + 8 * 3_600) * NS_PER_SECOND
