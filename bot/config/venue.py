"""What the simulated venue has to be told, as plain values."""

from decimal import Decimal

from msgspec import Struct

from bot.config.latency import LineTerms
from bot.config.limits import tier_table
from bot.config.rules import RuleTerms, rule_terms
from bot.config.sections import Fees, File
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_MS, NS_PER_US, AccountId, Currency, InstrumentId


class VenueSettings(Struct, frozen=True, kw_only=True):
    """The simulated venue: the line to it, who has what there, and its terms.

    tiers: `(floor, rate)` of contracts on margin.
    borrows: spot instruments that may be sold short. queue: the rule by its name in
    `venues.simulated.queue`, in small letters. whole_fills: whoever is reached fills whole.
    rules: of orders, by instrument.
    """

    line: LineTerms
    decision_ns: int
    impact_decay_ns: int
    deposits: dict[AccountId, dict[Currency, Decimal]]
    tiers: dict[InstrumentId, tuple[tuple[Decimal, Decimal], ...]]
    fees_in_received: bool
    borrows: tuple[InstrumentId, ...]
    queue: str
    queue_power: int
    whole_fills: bool = False
    rules: dict[InstrumentId, RuleTerms] = {}


def venue_settings(file: File, instruments: tuple[Instrument, ...]) -> VenueSettings:
    """The venue for these instruments."""
    venue = file.venue
    tables = {one.id: tier_table(file, one) for one in instruments}
    return VenueSettings(
        line=venue.line,
        decision_ns=round(venue.decision_us * NS_PER_US),
        impact_decay_ns=round(venue.impact_decay_ms * NS_PER_MS),
        deposits=deposits(file),
        tiers={
            name: tuple((tier.floor, tier.rate) for tier in table.tiers)
            for name, table in tables.items()
            if table is not None
        },
        fees_in_received=venue.spot_fees_in_received,
        borrows=tuple(one.id for one in instruments if one.kind is Kind.SPOT and venue.lends_spot),
        queue=venue.queue,
        queue_power=venue.queue_power,
        whole_fills=not venue.partial_fills,
        rules={
            one.id: rule_terms(venue.rules[one.id], one)
            for one in instruments
            if one.id in venue.rules
        },
    )


def deposits(file: File) -> dict[AccountId, dict[Currency, Decimal]]:
    """The paper money of each account."""
    return {
        AccountId(account): {Currency(code): amount for code, amount in held.items()}
        for account, held in file.deposits.items()
    }


def fees_of(file: File, instrument: Instrument) -> Fees | None:
    """The fees of an instrument: its own, else its venue's, else unknown."""
    return file.fees.get(instrument.id, file.fees.get(instrument.venue))


def tradable(file: File, instrument: Instrument) -> Fees | None:
    """The fees of an instrument that can be traded; None where its margin is not stated either.

    Other instruments of a recording may be watched without any of that.
    """
    derivative = instrument.kind in (Kind.PERPETUAL, Kind.FUTURE)
    if derivative and tier_table(file, instrument) is None:
        return None
    return fees_of(file, instrument)
