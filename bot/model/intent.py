"""What a strategy wants: targets, baskets and quotes, never orders.

A target says how much to hold; the execution room finds the orders. Targets persist until
they are replaced, so stating the same one twice changes nothing.
"""

import enum
from dataclasses import dataclass

from msgspec import Struct

from bot.model.units import InstrumentId


class Urgency(enum.StrEnum):
    """How a target is worked.

    PASSIVE posts at the touch, follows it and never crosses. NORMAL posts first and crosses
    after a while. URGENT crosses now, up to the price collar.
    """

    PASSIVE = "passive"
    NORMAL = "normal"
    URGENT = "urgent"


class Unit(enum.StrEnum):
    """What the quantity of a target counts."""

    BASE = "base"
    QUOTE = "quote"
    CONTRACTS = "contracts"


class Target(Struct, frozen=True):
    """The position to hold in one instrument.

    quantity: signed, long is positive, in `unit`; 0 closes.
    band: no order while the difference is smaller, in `unit`; None: one lot or the venue's
        smallest order, whichever is more.
    """

    instrument: InstrumentId
    quantity: float
    urgency: Urgency = Urgency.NORMAL
    unit: Unit = Unit.BASE
    band: float | None = None


@dataclass(frozen=True, slots=True, init=False)
class Basket:
    """Targets that are worth having only together, such as the two legs of an arbitrage.

    max_unhedged: base coins that may stand without their counterpart while the legs fill.
    loss_bps_max: what completing or unwinding may cost, in bps of the basket's notional,
        before the legs are worked at any price inside the collar; None: the risk limit's.
    naked_ms_max: how long it may stand unhedged before it is completed or unwound; None:
        the risk limit's.
    """

    legs: tuple[Target, ...]
    max_unhedged: float
    loss_bps_max: float | None
    naked_ms_max: int | None

    def __init__(
        self,
        *legs: Target,
        max_unhedged: float,
        loss_bps_max: float | None = None,
        naked_ms_max: int | None = None,
    ) -> None:
        """Take the legs in the order of the strategy's preference, the harder one first."""
        if len(legs) < 2:
            raise ValueError(f"Basket: got {len(legs)} leg, expected two or more")
        if len({leg.instrument for leg in legs}) != len(legs):
            raise ValueError("Basket: an instrument stands in it twice, expected one leg each")
        for name, value in (
            ("legs", legs),
            ("max_unhedged", max_unhedged),
            ("loss_bps_max", loss_bps_max),
            ("naked_ms_max", naked_ms_max),
        ):
            object.__setattr__(self, name, value)


class Quote(Struct, frozen=True):
    """Two resting prices around the market; a side of None is not quoted.

    bid, ask: `(price, size)` in quote per base and base coins.
    """

    instrument: InstrumentId
    bid: tuple[float, float] | None
    ask: tuple[float, float] | None


Intent = Target | Basket | Quote
"""What `Strategy.decide` may return, alone or as a sequence."""
