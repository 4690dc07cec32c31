"""What a report draws, sampled while a run goes on; it changes nothing of the run."""

from decimal import Decimal
from typing import Final

from msgspec import Struct, structs

from bot.engine.outcome import Outcome
from bot.engine.state import State
from bot.ledger.attribution import Parts
from bot.model.command import Proposal
from bot.model.event import Fill, FundingPaid, FundingRate
from bot.model.instrument import Instrument
from bot.model.units import EXTERNAL, AccountId, InstrumentId, StrategyName
from bot.modes.tally import Tally
from bot.modes.turns import Turns

SAMPLES_MAX: Final = 2_000


class Sample(Struct, frozen=True):
    """The state at one moment: equity and its parts, positions in lots, mids, scores."""

    ts: int
    equity: Decimal | None
    parts: dict[str, Decimal]
    positions: dict[str, int]
    mids: dict[InstrumentId, Decimal]
    scores: dict[str, float]


class Trade(Struct, frozen=True):
    """One fill of ours, with what a report says of it."""

    ts: int
    account: AccountId
    strategy: StrategyName
    order_id: str
    trade_id: str
    instrument: InstrumentId
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    maker: bool
    reason: str


class Series:
    """Samples of a run at a step that doubles when there are too many, and all its fills.

    step_ns: time between samples, so far. rates: those that settled. tally, turns: what orders
    came to, and when strategies changed their mind.
    """

    def __init__(self, state: State, step_ns: int = 1_000_000_000) -> None:
        """Watch a state from now on."""
        self.samples: list[Sample] = []
        self.trades: list[Trade] = []
        self.funding: list[FundingPaid] = []
        self.rates: list[FundingRate] = []
        self.tally = Tally()
        self.turns = Turns()
        self.step_ns = step_ns
        self._state = state
        self._next_ns = 0

    def follow(self, state: State) -> None:
        """Watch another state from now on, such as that of a session's next run."""
        self._state = state

    def watch(self, outcome: Outcome) -> None:
        """Look at a step that was just made."""
        event = outcome.event
        if isinstance(event, Fill):
            order = self._state.desk.blotter.get(event.order_id)
            listed = self._state.terms.by_id[event.instrument]
            self.trades.append(
                trade_of(event, order.proposal if order is not None else None, listed)
            )
        elif isinstance(event, FundingPaid):
            self.funding.append(event)
        elif isinstance(event, FundingRate) and event.settled:
            self.rates.append(event)
        self.tally.watch(outcome)
        for asked in outcome.asked:
            self.turns.watch(asked, outcome.now)
        if outcome.now >= self._next_ns:
            self.sample()
            self._next_ns = outcome.now - outcome.now % self.step_ns + self.step_ns

    def sample(self) -> None:
        """Take one sample now."""
        self.samples.append(sample(self._state))
        if len(self.samples) > SAMPLES_MAX:
            self.samples = self.samples[::2]
            self.step_ns *= 2


def trade_of(fill: Fill, ordered: Proposal | None, listed: Instrument) -> Trade:
    """A fill as a report tells it; ordered: what asked for it, None when that was not us."""
    return Trade(
        fill.ts_recv,
        fill.account,
        EXTERNAL if ordered is None else ordered.strategy,
        fill.order_id,
        fill.trade_id,
        fill.instrument,
        listed.amount(fill.size * int(fill.side)),
        listed.price(fill.price),
        fill.fee,
        fill.fee_currency,
        fill.maker,
        "" if ordered is None else ordered.reason,
    )


def sample(state: State) -> Sample:
    """What a report draws of this moment."""
    market, ledger = state.market, state.ledger
    parts = ledger.attribution(market)
    mids = {one.id: market.mid(one.id) for one in state.terms.listed}
    scores: dict[str, float] = {}
    for name, entries in zip(state.names, market.table.entries, strict=True):
        for watch, entry in entries.items():
            value = market.table.value(entry, market.book, market.now)
            if value is not None:
                scores[f"{name} {watch}"] = value
    return Sample(
        ts=market.now,
        equity=ledger.equity(None, ledger.at_mids(market)),
        parts=as_parts(parts),
        positions={
            f"{strategy} {instrument}": position.quantity
            for (_, strategy, instrument), position in ledger.holdings()
        },
        mids={name: mid for name, mid in mids.items() if mid is not None},
        scores=scores,
    )


def as_parts(parts: Parts | None) -> dict[str, Decimal]:
    """Attribution by name; empty while it is unknown."""
    if parts is None:
        return {}
    return structs.asdict(parts)
