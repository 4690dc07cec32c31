"""What a scenario is judged by, looked at with every event: what stands open, and what it cost.

What stands open is taken from the venue's own books, not from ours: a fill that nobody told is
open all the same.
"""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from bot.engine.outcome import Outcome
from bot.engine.state import State
from bot.model.event import Fill, FundingPaid, Liquidated, OrderSent
from bot.model.units import InstrumentId
from bot.modes.simulate.bounds import Bounds
from bot.modes.simulate.faulty import FaultyVenue


class Moment(Struct, frozen=True):
    """One look. open: coins, signed, of all legs and what is held elsewhere. held: of the legs.

    price: of the coin. earned: all profit but that of the basis, with what the part elsewhere
    gained; equity: the whole, valued at mids. Both in reporting currency; None: a price is unknown.
    """

    ns: int
    open: float
    held: dict[InstrumentId, float]
    price: float
    earned: float | None
    equity: float | None


class Watch:
    """Looks at a run, event by event.

    fills, sent: when they were heard of, and of what. forced: liquidations. paid: funding.
    """

    def __init__(self, state: State, venue: FaultyVenue, bounds: Bounds) -> None:
        """Look at this engine and this venue from now on."""
        self.moments: list[Moment] = []
        self.fills: list[int] = []
        self.sent: list[tuple[int, InstrumentId]] = []
        self.forced: list[Liquidated] = []
        self.paid: list[FundingPaid] = []
        self._state = state
        self._venue = venue
        self._bounds = bounds
        coin = next(iter(venue.armed.legs.values()))
        self._reference = state.ledger.references[state.terms.by_id[coin].base]
        self._price: float | None = None
        self._first: float | None = None

    def look(self, outcome: Outcome) -> None:
        """Look once more; how blocks are cut must not matter, so only events are looked behind."""
        event = outcome.event
        if event is None:
            return
        if isinstance(event, Fill):
            self.fills.append(outcome.now)
        elif isinstance(event, OrderSent):
            order = self._state.desk.blotter.get(event.order_id)
            assert order is not None, f"{event.order_id}: sent, and nobody knows it"
            self.sent.append((outcome.now, order.instrument))
        elif isinstance(event, FundingPaid):
            self.paid.append(event)
        elif isinstance(event, Liquidated):
            self.forced.append(event)
        mid = self._state.market.mid(self._reference)
        if mid is not None:
            self._price = float(mid)
            self._first = self._first or self._price
        if self._price is None or self._first is None:
            return
        held = dict(self._held(self._price))
        ledger, market = self._state.ledger, self._state.market
        parts = ledger.attribution(market)
        gained = self._bounds.gained(self._first, self._price)
        equity = ledger.equity(None, ledger.at_mids(market))
        moment = Moment(
            ns=outcome.now,
            open=sum(held.values()) + self._bounds.elsewhere(self._price),
            held=held,
            price=self._price,
            earned=None if parts is None else float(parts.profit - parts.basis) + gained,
            equity=None if equity is None else float(equity) + gained,
        )
        if self.moments and self.moments[-1].ns == moment.ns:
            self.moments[-1] = moment
        else:
            self.moments.append(moment)

    def _held(self, price: float) -> Iterator[tuple[InstrumentId, float]]:
        """Coins of each leg by the venue's books."""
        for (_, name), lots in self._venue.positions.items():
            listed = self._state.terms.by_id[name]
            yield name, float(listed.base_amount(lots, Decimal(repr(price))))
