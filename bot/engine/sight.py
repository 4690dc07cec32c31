"""The state as a strategy's view sees it: nothing that has not been taken in yet."""

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from bot.engine.state import State
from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_HOUR, Currency, InstrumentId
from bot.risk.limits import TOTAL, Level, Scope
from bot.signals.base import Fees, Score
from bot.signals.slots import HIGH, LOW, SEEN, SEEN_KNOWN
from bot.strategy.sight import (
    Chain,
    Column,
    Funding,
    Impact,
    Touch,
    Universe,
    WorkingOrder,
)


class EngineSight:
    """What views show."""

    def __init__(self, state: State) -> None:
        """Look at a state."""
        self._state = state

    @property
    def now(self) -> int:
        """Time of the last thing that was taken in."""
        return self._state.market.now

    def score(self, strategy: int, name: str) -> Score:
        """A watch of a strategy, in full."""
        market = self._state.market
        return market.table.score(market.table.entries[strategy][name], market.book, market.now)

    def value(self, strategy: int, name: str) -> float | None:
        """A watch of a strategy: its value alone."""
        market = self._state.market
        return market.table.value(market.table.entries[strategy][name], market.book, market.now)

    def arm(self, strategy: int, name: str, above: float | None, below: float | None) -> None:
        """Ask the strategy again when the score crosses one of these.

        What is watched is the stretch around the score as it is now in which no answer changes;
        a score that stands on a bound is asked about as soon as it leaves it.
        """
        table = self._state.market.table
        entry = table.entries[strategy][name]
        value = self.value(strategy, name)
        if value is None:
            table.force(entry)
            return
        bounds = [bound for bound in (above, below) if bound is not None]
        cuts = [*bounds, *(math.nextafter(bound, math.inf) for bound in bounds)]
        trigger = table.arrays.trigger[entry.trigger]
        trigger[LOW] = max((cut for cut in cuts if cut <= value), default=-math.inf)
        beyond = min((cut for cut in cuts if cut > value), default=math.inf)
        trigger[HIGH] = math.nextafter(beyond, -math.inf) if beyond < math.inf else math.inf
        # It may have been asked for another reason, and has seen this value all the same.
        trigger[SEEN], trigger[SEEN_KNOWN] = value, 1.0

    def table(self, strategy: int, name: str) -> Column:
        """A watch over a universe: a value for each of its instruments, NaN unknown."""
        group, listed = self._state.groups[strategy][name], self._state.terms.by_id
        rows = [row for one, row in group.rows if group.universe.has(listed[one])]
        column = np.full(len(rows), math.nan)
        for k, row in enumerate(rows):
            value = self.value(strategy, row)
            if value is not None:
                column[k] = value
        column.flags.writeable = False
        return column

    def universe_of(self, strategy: int, name: str) -> Universe:
        """The universe of such a watch."""
        universe: Universe = self._state.groups[strategy][name].universe
        return universe

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """The contract."""
        return self._state.terms.by_id[instrument]

    def instruments(self) -> Sequence[Instrument]:
        """All contracts on the tape, by id."""
        return self._state.terms.listed

    def quantity(self, strategy: int, instrument: InstrumentId) -> int:
        """The strategy's position in lots."""
        state = self._state
        name = state.names[strategy]
        return state.ledger.lots(state.account(instrument), name, instrument)

    def working(self, strategy: int, instrument: InstrumentId) -> Sequence[WorkingOrder]:
        """The strategy's live orders."""
        state = self._state
        listed = state.terms.by_id[instrument]
        orders = state.desk.blotter.working(state.names[strategy], instrument)
        return [
            WorkingOrder(
                order.order_id,
                float(listed.amount(order.remaining * int(order.side)) * listed.contract_size),
                float(listed.price(order.price)),
            )
            for order in orders.values()
        ]

    def touch_of(self, instrument: InstrumentId) -> Touch | None:
        """Best prices; None while they are no price source."""
        state = self._state
        i = state.terms.number[instrument]
        ticks = state.market.touch_ticks(i)
        if ticks is None:
            return None
        tick, lot = state.terms.units[i]
        bid, bid_size, ask, ask_size = ticks
        return Touch(bid * tick, bid_size * lot, ask * tick, ask_size * lot)

    def impact(self, instrument: InstrumentId, size: float) -> Impact:
        """What taking a signed size in base coins would pay."""
        state = self._state
        i = state.terms.number[instrument]
        listed = state.terms.listed[i]
        lots = abs(size) / float(listed.lot * listed.contract_size)
        if listed.inverse:
            mid = state.market.mid(instrument)
            if mid is None:
                return Impact(None, complete=False)
            lots *= float(mid)
        average = state.market.average_ticks(i, size > 0, lots) if lots > 0 else None
        if average is None:
            return Impact(None, complete=False)
        return Impact(average * float(listed.grid.tick), complete=True)

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The mark price, or what the configuration takes for it."""
        return self._state.market.mark(instrument)

    def funding(self, instrument: InstrumentId) -> Funding | None:
        """The funding rate in force."""
        rate = self._state.market.funding_in_force(instrument)
        if rate is None:
            return None
        return Funding(
            float(rate.rate), rate.interval_ns / NS_PER_HOUR, rate.settles_ns, rate.predicted
        )

    def fees(self, instrument: InstrumentId) -> Fees:
        """Its fees."""
        return self._state.terms.fees(instrument)

    def chain(self, underlying: Currency) -> Chain:
        """The options of an underlying that were quoted, as they stood at the last second."""
        return self._state.chains.of(underlying, self._state.now)

    def delta(self, strategy: int, underlying: Currency) -> float | None:
        """The strategy's net delta in coins; None while a part of it is unknown."""
        state = self._state
        total = Decimal(0)
        for (_, owner, name), position in state.ledger.holdings():
            listed = state.terms.by_id[name]
            if owner != state.names[strategy] or listed.base != underlying or not position.quantity:
                continue
            mark = state.market.mark(name)
            if mark is None or listed.kind is Kind.OPTION:
                return None
            total += listed.base_amount(position.quantity, mark)
        return float(total)

    def equity(self) -> Decimal | None:
        """Equity of all accounts in the reporting currency."""
        return self._state.ledger.equity(None, self._state.market)

    def headroom(self, strategy: int, limit: str) -> Decimal | None:
        """What is left below a limit, the tightest scope's; None: not limited or not known."""
        name = self._state.names[strategy]
        concerned = {TOTAL, Scope(Level.STRATEGY, name)}
        concerned |= {Scope(Level.ACCOUNT, one) for one in self._state.settings.accounts.values()}
        left = [
            one.allowed - one.used if one.used is not None else None
            for one in self._state.usage()
            if one.limit == limit and one.scope in concerned
        ]
        known = [one for one in left if one is not None]
        return min(known) if known and len(known) == len(left) else None
