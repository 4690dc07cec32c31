"""What a run is made of: the engine's settings, and the venue that stands in for the real one."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import numpy as np
from msgspec import Struct, structs

from bot.config.configuration import Config
from bot.config.latency import ConstantTerms, LineTerms, LogNormalTerms
from bot.config.venue import VenueSettings
from bot.engine.engine import Engine
from bot.engine.settings import Settings
from bot.journal.port import Journal
from bot.model.event import Transfer
from bot.model.instrument import Instrument, Kind
from bot.model.units import InstrumentId
from bot.modes.driver import Delays, Driver, TapeSink
from bot.modes.recorder import Recorder
from bot.tape.rows import TOUCH, Block
from bot.venues.simulated import queue
from bot.venues.simulated.accounts import FUND, MarginTerms
from bot.venues.simulated.fees import FeeSchedule, FeeTier
from bot.venues.simulated.latency import (
    Constant,
    Empirical,
    Interrupted,
    Latency,
    LogNormal,
    Outage,
    Spread,
)
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Tier
from bot.venues.simulated.queue import QueueRule
from bot.venues.simulated.rules import NO_RULES, OrderRules
from bot.venues.simulated.standard_margin import OptionMargin
from bot.venues.simulated.terms import (
    DEAR_LIQUIDATION,
    Accruing,
    AtStamp,
    FairMark,
    FundingRule,
    LiquidationTerms,
    Loan,
    MarkRule,
    MedianMark,
    RecordedMark,
)
from bot.venues.simulated.venue import SimulatedVenue


class Setup(Struct, frozen=True):
    """Everything that decides how a run goes, besides the tape.

    config_hash: of the configuration that it was made of; None when it was made by hand.
    """

    settings: Settings
    venue: VenueSettings
    config_hash: str | None = None


def of(config: Config, instruments: Iterable[Instrument], epoch: str) -> Setup:
    """What a configuration makes of a market or a recording."""
    found = tuple(instruments)
    return Setup(config.settings(found, epoch), config.venue(found), config.hash)


def priced(setup: Setup, first: Block) -> Setup:
    """The setup with the windows of its books sized to the prices of a first block."""
    prices = about(first, setup.settings.prices)
    return structs.replace(setup, settings=structs.replace(setup.settings, prices=prices))


def about(first: Block, known: Mapping[InstrumentId, int]) -> dict[InstrumentId, int]:
    """About where each instrument of a first block trades, in ticks, unless it is known."""
    prices = dict(known)
    for i, name in enumerate(first.instruments):
        messages = np.flatnonzero(first.instrument[first.start : first.stop] == i) + first.start
        rows = [np.arange(first.first[m], first.first[m + 1]) for m in messages[:1000]]
        if name in prices or not rows:
            continue
        of_it = np.concatenate(rows)
        shown = first.price[of_it][first.kind[of_it] <= TOUCH]
        if len(shown):
            prices[name] = int(np.median(shown))
    return prices


_MARKS: Final[Mapping[str, MarkRule]] = {
    "recorded": RecordedMark(),
    "median": MedianMark(),
    "fair": FairMark(),
}
_FUNDING: Final[Mapping[str, FundingRule]] = {
    "stamp": AtStamp(),
    "index": AtStamp(by_index=True),
    "accruing": Accruing(),
}


def simulated_venue(setup: Setup, kind: type[SimulatedVenue] = SimulatedVenue) -> SimulatedVenue:
    """The venue of a setup. kind: one that is worse than it could be, for rehearsals."""
    terms, settings = setup.venue, setup.settings
    listed = sorted(settings.instruments, key=lambda one: one.id)
    liquidation = LiquidationTerms(
        DEAR_LIQUIDATION.fee if terms.liquidation_fee is None else terms.liquidation_fee,
        DEAR_LIQUIDATION.band if terms.liquidation_band is None else terms.liquidation_band,
    )
    listings = {
        one.id: Listing(
            one,
            _fees(setup, one),
            tuple(Tier(*tier) for tier in terms.tiers.get(one.id, ())),
            one.id in terms.borrows,
            NO_RULES
            if one.id not in terms.rules
            else OrderRules(**structs.asdict(terms.rules[one.id])),
            margin=OptionMargin() if one.kind is Kind.OPTION else None,
            liquidation=liquidation,
            mark=_MARKS[terms.marks.get(one.id, "recorded")],
            funding=_FUNDING[terms.funding.get(one.id, "stamp")],
        )
        for one in listed
        if one.id in settings.fees
    }
    windows = tuple(settings.window_ticks(one) for one in listed)
    venue = kind(
        tuple(one.id for one in listed),
        windows,
        listings,
        terms.deposits | {FUND: terms.insurance},
        latency_of(terms.line),
        terms.line.least_in_ns,
        terms.impact_decay_ns,
        QueueRule(getattr(queue, terms.queue.upper()), terms.queue_power, terms.whole_fills),
        {currency: Loan(*loan) for currency, loan in terms.loans.items()},
        ordered=terms.line.ordered,
    )
    held = MarginTerms(terms.isolated, terms.leverage)
    for i, one in enumerate(listed):
        if one.id in terms.tiers and one.id in listings:
            for account in sorted(set(settings.accounts.values())):
                refused = venue.treasury.hold(account, i, held)
                assert refused is None, f"{one.id}: {refused}"
    return venue


def _fees(setup: Setup, instrument: Instrument) -> FeeSchedule:
    """The venue's fees of an instrument."""
    rates, stated = setup.settings.fees[instrument.id], setup.venue.fees.get(instrument.id)
    schedule = FeeSchedule(
        rates.maker,
        rates.taker,
        setup.venue.fees_in_received and instrument.kind is Kind.SPOT,
    )
    if stated is None:
        return schedule
    return structs.replace(
        schedule,
        tiers=tuple(FeeTier(*tier) for tier in stated.tiers),
        premium_cap=stated.premium_cap,
        delivery=stated.delivery or Decimal(0),
        step=stated.step,
    )


def latency_of(line: LineTerms) -> Latency:
    """The model of a line."""
    terms = line.delays
    usual: Constant | LogNormal | Empirical
    if isinstance(terms, ConstantTerms):
        usual = Constant(terms.out_ns, terms.in_ns)
    elif isinstance(terms, LogNormalTerms):
        usual = LogNormal(Spread(*terms.out), Spread(*terms.back), terms.seed)
    else:
        usual = Empirical(terms.out_ns, terms.in_ns, terms.seed)
    if not line.outages:
        return usual
    down = (Outage(each.start_ns, each.end_ns, each.answers_only) for each in line.outages)
    return Interrupted(usual, tuple(down))


def driver(
    setup: Setup,
    journal: Journal,
    tape: TapeSink | None = None,
) -> Driver:
    """Engine, venue and recorder of a setup, wired together."""
    terms = setup.venue
    return Driver(
        Engine(setup.settings),
        simulated_venue(setup),
        Delays(terms.decision_ns, terms.line.least_in_ns),
        Recorder(journal.epoch),
        journal,
        tape,
    )


def deposits(setup: Setup, at_ns: int) -> Sequence[Transfer]:
    """The money that a run begins with, as transfers into its accounts."""
    return [
        Transfer(
            ts_recv=at_ns,
            ts_venue=at_ns,
            account=account,
            currency=currency,
            amount=amount,
            reference=f"deposit {account} {currency}",
        )
        for account, wallet in sorted(setup.venue.deposits.items())
        for currency, amount in sorted(wallet.items())
    ]
