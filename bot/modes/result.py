"""What came of a run: figures, series and counts, as one plain value."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from bot.config.venue import VenueSettings
from bot.engine.state import State
from bot.model.event import FundingPaid, FundingRate
from bot.model.instrument import Instrument
from bot.model.money import MONEY
from bot.model.units import EXTERNAL, NS_PER_MS, NS_PER_US, Currency, StrategyName
from bot.modes.assumed import Sensitivity
from bot.modes.recorder import Counts, Recorder
from bot.modes.series import Sample, Series, Trade, as_parts
from bot.modes.setup import Setup
from bot.modes.tally import Placed, Stopped, Taken
from bot.modes.turns import Turn
from bot.risk.limits import MarkReference


class Result(Struct, frozen=True, kw_only=True):
    """What came of a run.

    equity_change, attribution: in the reporting currency, valued at mids; None and empty while
    a price is unknown. by_strategy: the same of what each
    strategy did; EXTERNAL is money that nobody traded. crossed_books:
    messages that left a book crossed or locked, before any rule ignored them.
    rows_per_second: of processor time, this process; None when nobody measured.

    samples: one each `step_ns`. rates: funding as it settled; funding: what was paid on it.
    turns: the first of `turns_count` changes of mind. bounds, units: of scores, by strategy and
    name as in a sample. placed, taken, stopped, reports: orders, cancels and refusals by kind.
    sensitivity: the same run under other assumptions, if somebody asked.
    """

    mode: str
    config_hash: str | None
    reporting_currency: Currency
    instruments: tuple[Instrument, ...]
    strategies: list[StrategyName]
    counts: Counts
    baskets_closed: int
    baskets_unwound: int
    rows_per_second: int | None
    equity_change: Decimal | None
    attribution: dict[str, Decimal]
    by_strategy: dict[StrategyName, dict[str, Decimal]]
    outcome_hash: str
    crossed_books: int
    sequence_gaps: int
    first_ns: int
    last_ns: int
    notes: list[tuple[int, str]]
    unfunded: list[str]
    unsettled: list[str]
    dust: list[str]
    step_ns: int
    samples: list[Sample]
    trades: list[Trade]
    funding: list[FundingPaid]
    rates: list[FundingRate]
    turns: list[Turn]
    turns_count: int
    bounds: dict[str, list[float]]
    units: dict[str, str]
    placed: list[Placed]
    taken: list[Taken]
    stopped: list[Stopped]
    reports: dict[str, int]
    assumptions: dict[str, str]
    sensitivity: Sensitivity | None = None


def conclude(
    mode: str,
    setup: Setup,
    state: State,
    recorder: Recorder,
    series: Series,
    *,
    before: Decimal | None,
    first_ns: int,
    rows_per_second: int | None = None,
    unfunded: Sequence[str] = (),
    unsettled: Sequence[str] = (),
) -> Result:
    """The result of a run that is over. before: equity when its first money had come."""
    series.sample()
    after = series.samples[-1].equity
    ledger, market, tally, turns = state.ledger, state.market, series.tally, series.turns
    if before is None and (parts := ledger.attribution(market)) is not None:
        # Its money came before there was a price to value it by.
        before = parts.transfers
    change = None
    if before is not None and after is not None:
        change = MONEY.subtract(after, before)
    return Result(
        mode=mode,
        config_hash=setup.config_hash,
        reporting_currency=state.terms.reporting_currency,
        instruments=state.terms.listed,
        strategies=list(state.names),
        counts=recorder.counts,
        baskets_closed=state.desk.baskets_closed,
        baskets_unwound=state.desk.baskets_unwound,
        rows_per_second=rows_per_second,
        equity_change=change,
        attribution=as_parts(ledger.attribution(market)),
        by_strategy={
            name: as_parts(ledger.attribution(market, None, name))
            for name in (*state.names, EXTERNAL)
        },
        outcome_hash=recorder.outcome_hash,
        crossed_books=market.crossed,
        sequence_gaps=market.gaps,
        first_ns=first_ns,
        last_ns=state.now,
        notes=recorder.notes,
        unfunded=list(unfunded),
        unsettled=list(unsettled),
        dust=[f"{one.strategy} {one.instrument} {one.quantity}" for one in state.desk.dust()],
        step_ns=series.step_ns,
        samples=series.samples,
        trades=series.trades,
        funding=series.funding,
        rates=series.rates,
        turns=turns.kept,
        turns_count=turns.count,
        bounds={f"{name} {score}": sorted(held) for (name, score), held in turns.bounds.items()},
        units={
            f"{name} {score}": watch.unit
            for name, watches in zip(state.names, state.watches, strict=True)
            for score, watch in watches.items()
        },
        placed=tally.placed,
        taken=tally.taken,
        stopped=tally.stopped,
        reports=tally.reports,
        assumptions=assumptions(setup),
    )


def assumptions(setup: Setup) -> dict[str, str]:
    """What the figures rest on, for whoever reads them."""
    venue, settings = setup.venue, setup.settings
    mids = settings.limits.mark is MarkReference.MID
    deposits = [
        f"{account} {amount} {currency}"
        for account, held in sorted(venue.deposits.items())
        for currency, amount in sorted(held.items())
    ]
    said = {
        **venue.line.words(),
        "decision": f"{venue.decision_ns / NS_PER_US:g} us",
        "queue": queue_words(venue),
        "own impact decays in": f"{venue.impact_decay_ns / NS_PER_MS:g} ms",
        "positions are valued at": "the middle of the book" if mids else "the venue's mark price",
        "begins with": ", ".join(deposits),
    }
    for currency, rate in sorted(settings.pegs.items()):
        said[f"one {currency} counts as"] = f"{rate} {settings.reporting_currency}"
    for name, fees in sorted(settings.fees.items()):
        said[f"fees {name}"] = f"maker {fees.maker}, taker {fees.taker}"
    return said


def queue_words(venue: VenueSettings) -> str:
    """The queue rule as a person calls it, its n where it has one."""
    name = venue.queue.replace("_", "-")
    return f"{name} {venue.queue_power}" if venue.queue.startswith("power") else name
