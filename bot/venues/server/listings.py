"""The rules and brackets under which the served venue lists its contracts.

They are of the kind and size that Binance states for its larger coins, and Deribit for its inverse
perpetuals. Sources: exchangeInfo's filters and the leverage brackets of both of Binance's API
documentations; Deribit's public description of standard margin.
"""

from decimal import Decimal
from typing import Final

from msgspec import Struct, structs

from bot.model.instrument import Instrument, Kind
from bot.venues.simulated.fees import FeeSchedule
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Tier
from bot.venues.simulated.rules import OrderRules
from bot.venues.simulated.standard_margin import SizeMargin
from bot.venues.simulated.terms import Accruing

LEVERAGE: Final = 20
"""What a new account trades with."""
SPOT_NOTIONAL_MIN: Final = Decimal(5)
USDM_NOTIONAL_MIN: Final = Decimal(100)
SPOT_NOTIONAL_MAX: Final = Decimal(9_000_000)
SPOT_FEES: Final = FeeSchedule(Decimal("0.001"), Decimal("0.001"), in_received=True)
USDM_FEES: Final = FeeSchedule(Decimal("0.0002"), Decimal("0.0005"))

DERIBIT_FEES: Final = FeeSchedule(Decimal(0), Decimal("0.0005"))
DERIBIT_MARGIN: Final = SizeMargin(Decimal("0.02"), Decimal("0.01"), Decimal("0.00005"))


class Bracket(Struct, frozen=True):
    """A bracket of notional: up to `cap`, so much leverage and this maintenance rate."""

    number: int
    floor: Decimal
    cap: Decimal
    leverage: int
    rate: Decimal
    cum: Decimal


_STEPS: Final = (
    (50_000, 125, "0.004"),
    (600_000, 100, "0.005"),
    (3_000_000, 75, "0.0065"),
    (12_000_000, 50, "0.01"),
    (70_000_000, 25, "0.02"),
    (100_000_000, 20, "0.025"),
    (230_000_000, 10, "0.05"),
    (480_000_000, 5, "0.1"),
    (600_000_000, 4, "0.125"),
    (800_000_000, 3, "0.15"),
    (1_200_000_000, 2, "0.25"),
    (1_800_000_000, 1, "0.5"),
)


def brackets() -> tuple[Bracket, ...]:
    """Every bracket, smallest first; `cum` makes maintenance continuous."""
    made: list[Bracket] = []
    floor, rate_before, cum = Decimal(0), Decimal(0), Decimal(0)
    for k, (cap, leverage, rate) in enumerate(_STEPS):
        cum += floor * (Decimal(rate) - rate_before)
        made.append(Bracket(k + 1, floor, Decimal(cap), leverage, Decimal(rate), cum))
        floor, rate_before = Decimal(cap), Decimal(rate)
    return tuple(made)


BRACKETS: Final = brackets()


def notional_max(leverage: int) -> Decimal:
    """The largest position that may be held with so much leverage."""
    return max((each.cap for each in BRACKETS if each.leverage >= leverage), default=Decimal(0))


def listing_of(instrument: Instrument) -> Listing | None:
    """How a contract is listed; None for kinds that no face here knows."""
    if instrument.kind is Kind.SPOT:
        smallest = instrument.notional_min or SPOT_NOTIONAL_MIN
        rules = OrderRules(
            size_max=_lots(instrument, Decimal(9_000)),
            market_size_max=_lots(instrument, Decimal(120)),
            price_max=int(Decimal(1_000_000) / instrument.grid.tick),
            band_up=Decimal(5),
            band_down=Decimal("0.2"),
            market_band=Decimal("0.05"),
            notional_max=SPOT_NOTIONAL_MAX,
            orders_max=200,
            triggers_max=5,
        )
        return Listing(structs.replace(instrument, notional_min=smallest), SPOT_FEES, rules=rules)
    if instrument.kind is not Kind.PERPETUAL:
        return None
    if instrument.inverse:
        rules = OrderRules(band_up=Decimal("1.015"), band_down=Decimal("0.985"), orders_max=10_000)
        return Listing(
            instrument, DERIBIT_FEES, rules=rules, margin=DERIBIT_MARGIN, funding=Accruing()
        )
    smallest = instrument.notional_min or USDM_NOTIONAL_MIN
    rules = OrderRules(
        size_max=_lots(instrument, Decimal(1_000)),
        market_size_max=_lots(instrument, Decimal(120)),
        price_max=int(Decimal(4_529_764) / instrument.grid.tick),
        band_up=Decimal("1.05"),
        band_down=Decimal("0.95"),
        market_band=Decimal("0.05"),
        orders_max=200,
        triggers_max=10,
    )
    tiers = tuple(Tier(each.floor, each.rate, Decimal(each.leverage)) for each in BRACKETS)
    return Listing(
        structs.replace(instrument, notional_min=smallest), USDM_FEES, tiers, rules=rules
    )


def _lots(instrument: Instrument, coins: Decimal) -> int:
    return max(1, int(coins / instrument.lot))
