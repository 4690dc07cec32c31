"""One instrument as the simulated venue lists it: its contract, money terms, order rules."""

from decimal import Decimal

from msgspec import Struct

from bot.model.command import Side
from bot.model.instrument import Instrument, Kind
from bot.model.units import Currency
from bot.venues.simulated.fees import FeeSchedule
from bot.venues.simulated.margin import MarginRule, Tier, TierRule
from bot.venues.simulated.rules import NO_RULES, OrderRules
from bot.venues.simulated.standard_margin import OptionMargin, SizeMargin
from bot.venues.simulated.terms import (
    DEAR_LIQUIDATION,
    Accruing,
    AtStamp,
    ExpiryTerms,
    FundingRule,
    LiquidationTerms,
    MarkRule,
    RecordedMark,
)


class Listing(Struct, frozen=True):
    """What the venue knows of an instrument.

    tiers: maintenance margin; none for spot. borrows: spot only: whether it lends what an
        order lacks; else such an order is rejected. rules: what an order must keep.
        margin: a rule other than tiers; an option has one always. session_ns,
        session_at_ns: how often open profit is paid and how long after midnight; None: when
        it is realised.
    """

    instrument: Instrument
    fees: FeeSchedule
    tiers: tuple[Tier, ...] = ()
    borrows: bool = False
    rules: OrderRules = NO_RULES
    margin: SizeMargin | OptionMargin | None = None
    liquidation: LiquidationTerms = DEAR_LIQUIDATION
    mark: MarkRule = RecordedMark()
    funding: FundingRule = AtStamp()
    expiry: ExpiryTerms = ExpiryTerms()
    session_ns: int | None = None
    session_at_ns: int = 0

    def __post_init__(self) -> None:
        """Refuse a contract on margin whose margin nobody stated."""
        derivative = self.instrument.kind in (Kind.PERPETUAL, Kind.FUTURE)
        if self.instrument.kind is Kind.OPTION and not isinstance(self.margin, OptionMargin):
            raise ValueError(f"{self.instrument.id} margin: got none, expected an option's")
        if derivative and isinstance(self.margin, OptionMargin):
            raise ValueError(f"{self.instrument.id} margin: got an option's, expected another")
        if isinstance(self.funding, Accruing) and self.instrument.kind is not Kind.PERPETUAL:
            raise ValueError(f"{self.instrument.id} funding: expected of perpetuals alone")
        if not derivative and not isinstance(self.mark, RecordedMark):
            raise ValueError(f"{self.instrument.id} mark: expected a recorded one, it has no other")
        tiered = derivative and self.margin is None
        floors = [tier.floor for tier in self.tiers]
        if tiered and (not floors or floors[0] != 0 or floors != sorted(set(floors))):
            raise ValueError(
                f"{self.instrument.id} tiers: got floors {[str(floor) for floor in floors]}, "
                "expected ascending ones from 0"
            )
        if any(not 0 < tier.rate < 1 for tier in self.tiers):
            raise ValueError(f"{self.instrument.id} tiers: expected rates between 0 and 1")

    @property
    def rule(self) -> MarginRule:
        """How much margin a position needs."""
        return TierRule(self.tiers) if self.margin is None else self.margin

    def locks(self, side: Side, size: int, price: int) -> tuple[Currency, Decimal]:
        """What a spot order sets aside while it stands, its worst fee with it."""
        instrument = self.instrument
        if side is Side.SELL:
            return instrument.base, instrument.base_amount(size, instrument.price(price))
        rate = Decimal(0) if self.fees.in_received else self.fees.worst()
        notional = instrument.notional(size, instrument.price(price))
        return instrument.quote, notional * (1 + rate)
