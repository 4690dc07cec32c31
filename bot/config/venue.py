"""What the simulated venue has to be told, as plain values."""

from decimal import Decimal

from msgspec import Struct

from bot.config.limits import tier_table
from bot.config.sections import Fees, File
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_MS, NS_PER_US, AccountId, Currency, InstrumentId


class FeeTerms(Struct, frozen=True):
    """Fractions of the notional; in_received: a spot fee is kept from what the fill brings."""

    maker: Decimal
    taker: Decimal
    in_received: bool


class Listed(Struct, frozen=True):
    """One instrument that can be traded. tiers: `(floor, rate)`; none for spot."""

    instrument: Instrument
    fees: FeeTerms
    tiers: tuple[tuple[Decimal, Decimal], ...]
    borrows: bool


class VenueSettings(Struct, frozen=True, kw_only=True):
    """The simulated venue: what it lists, who has what there, and the line to it.

    queue: the name of the rule, as `venues.simulated.queue` calls it, in small letters.
    """

    listed: dict[InstrumentId, Listed]
    deposits: dict[AccountId, dict[Currency, Decimal]]
    latency_out_ns: int
    latency_in_ns: int
    decision_ns: int
    lateness_ns: int
    impact_decay_ns: int
    queue: str
    queue_power: int


def venue_settings(file: File, instruments: tuple[Instrument, ...]) -> VenueSettings:
    """The venue for these instruments; one whose fees or margins are not stated is not listed."""
    venue = file.venue
    listed = {one.id: each for one in instruments if (each := _listed(file, one)) is not None}
    return VenueSettings(
        listed=listed,
        deposits=deposits(file),
        latency_out_ns=_nanoseconds(venue.latency_out_ms, NS_PER_MS),
        latency_in_ns=_nanoseconds(venue.latency_in_ms, NS_PER_MS),
        decision_ns=_nanoseconds(venue.decision_us, NS_PER_US),
        lateness_ns=_nanoseconds(venue.lateness_ms, NS_PER_MS),
        impact_decay_ns=_nanoseconds(venue.impact_decay_ms, NS_PER_MS),
        queue=venue.queue,
        queue_power=venue.queue_power,
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


def _listed(file: File, instrument: Instrument) -> Listed | None:
    fees = fees_of(file, instrument)
    table = tier_table(file, instrument)
    if fees is None or (table is None and instrument.kind in (Kind.PERPETUAL, Kind.FUTURE)):
        return None
    spot = instrument.kind is Kind.SPOT
    tiers = () if table is None else tuple((tier.floor, tier.rate) for tier in table.tiers)
    terms = FeeTerms(fees.maker, fees.taker, fees.in_received and spot)
    return Listed(instrument, terms, tiers, spot and file.venue.lends_spot)


def _nanoseconds(span: float, unit_ns: int) -> int:
    return round(span * unit_ns)
