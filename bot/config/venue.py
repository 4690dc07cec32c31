"""What the simulated venue has to be told, as plain values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from msgspec import Struct

from bot.config.latency import LineTerms
from bot.config.limits import tier_table
from bot.config.rules import RuleTerms, rule_terms
from bot.config.sections import Fees, File
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_MS, NS_PER_US, AccountId, Currency, InstrumentId


class FeeTerms(Struct, frozen=True):
    """What the venue's fees of an instrument know besides maker and taker; None is not stated."""

    tiers: tuple[tuple[Decimal, Decimal, Decimal], ...]
    premium_cap: Decimal | None
    delivery: Decimal | None
    step: Decimal | None


class VenueSettings(Struct, frozen=True, kw_only=True):
    """The simulated venue: the line to it, who has what there, and its terms.

    tiers: `(floor, rate, most leverage)` of contracts on margin.
    borrows: spot instruments that may be sold short. queue: the rule by its name in
    `venues.simulated.queue`, in small letters. whole_fills: whoever is reached fills whole.
    rules: of orders, by instrument. isolated, leverage: how contracts are held.
    liquidation: fee and band, as fractions. insurance: of the fund, to begin with. loans: hourly
    rate and quota of what is lent. fees: of instruments, besides maker and taker. funding,
    marks: the rules of instruments that have others than the usual, in the file's words.
    """

    line: LineTerms
    decision_ns: int
    impact_decay_ns: int
    deposits: dict[AccountId, dict[Currency, Decimal]]
    tiers: dict[InstrumentId, tuple[tuple[Decimal, ...], ...]]
    fees_in_received: bool
    borrows: tuple[InstrumentId, ...]
    queue: str
    queue_power: int
    whole_fills: bool = False
    rules: dict[InstrumentId, RuleTerms] = {}
    isolated: bool = False
    leverage: Decimal | None = None
    liquidation_fee: Decimal | None = None
    liquidation_band: Decimal | None = None
    insurance: dict[Currency, Decimal] = {}
    loans: dict[Currency, tuple[Decimal, Decimal]] = {}
    fees: dict[InstrumentId, FeeTerms] = {}
    funding: dict[InstrumentId, str] = {}
    marks: dict[InstrumentId, str] = {}


def venue_settings(file: File, instruments: tuple[Instrument, ...]) -> VenueSettings:
    """The venue for these instruments."""
    venue = file.venue
    tables = {one.id: tiers(file, one) for one in instruments}
    return VenueSettings(
        line=venue.line,
        decision_ns=round(venue.decision_us * NS_PER_US),
        impact_decay_ns=round(venue.impact_decay_ms * NS_PER_MS),
        deposits=deposits(file),
        tiers={name: table for name, table in tables.items() if table is not None},
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
        isolated=venue.margin == "isolated",
        leverage=venue.leverage,
        liquidation_fee=venue.liquidation_fee,
        liquidation_band=venue.liquidation_band,
        insurance={Currency(code): amount for code, amount in venue.insurance.items()},
        loans={Currency(code): (loan.hourly, loan.quota) for code, loan in venue.loans.items()},
        funding=_of_instruments(venue.funding, instruments, _FUNDED),
        marks=_of_instruments(venue.marks, instruments, _MARKED),
        fees={one.id: terms for one in instruments if (terms := fee_terms(file, one)) is not None},
    )


_FUNDED: Final = frozenset({Kind.PERPETUAL})
_MARKED: Final = frozenset({Kind.PERPETUAL, Kind.FUTURE})
"""What has a mark around the index of its underlying: a coin has none, an option another one."""


def _of_instruments(
    stated: Mapping[str, str], instruments: tuple[Instrument, ...], kinds: frozenset[Kind]
) -> dict[InstrumentId, str]:
    """What is said of instruments, or of their venues and so of these kinds, by instrument."""
    said = {
        one.id: stated.get(one.id, stated.get(one.venue) if one.kind in kinds else None)
        for one in instruments
    }
    return {name: word for name, word in said.items() if word is not None}


def fee_terms(file: File, instrument: Instrument) -> FeeTerms | None:
    """What is stated of an instrument's fees besides maker and taker."""
    stated = fees_of(file, instrument)
    if stated is None:
        return None
    return FeeTerms(stated.tiers, stated.premium_cap, stated.delivery, stated.step)


def tiers(file: File, instrument: Instrument) -> tuple[tuple[Decimal, ...], ...] | None:
    """The margin tiers of a contract as the venue has them, leverage with them where stated."""
    table = tier_table(file, instrument)
    stated = file.margin.get(instrument.id, file.margin.get(instrument.venue))
    if table is None or stated is None:
        return None
    if isinstance(stated, str):
        return tuple((tier.floor, tier.rate) for tier in table.tiers)
    return stated


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
