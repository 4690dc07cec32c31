"""A view that says what a test wants it to say.

`strategy.decide(FakeView(values={"carry": 2.0}, positions={"venue:BTC/USDT": 0.5}))` is a whole
test's act. Gates, positions and memory are the real view's; only the market is made up.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from bot.model.instrument import Instrument
from bot.model.units import NS_PER_HOUR, Currency, InstrumentId
from bot.signals.base import Fees, Score
from bot.strategy.sight import (
    Chain,
    Column,
    Funding,
    Impact,
    Touch,
    Universe,
    WorkingOrder,
)
from bot.strategy.strategy import Strategy, fresh_memory
from bot.strategy.view import View
from bot.testing.contracts import listing


class FakeView(View):
    """A view of a made-up moment; every argument names what it shows, by name or instrument.

    strategy: whose fresh memory it carries, unless `memory` is given. now: ns.
    values, scores, tables: of watches; what is not named is unknown. positions: base coins, or
        contracts when inverse. touches: `(bid, ask)` in quote, one coin each, or a `Touch`.
    impacts: average price by instrument and signed size; else the touch, as if it were deep.
    funding: a `Funding`, or a rate per 8 h that settles in 8 h. fees: fractions `(maker, taker)`.
    instruments: contracts listed; those only named elsewhere are made up by `listing`.

    `armed` is what the strategy asked to be woken at: name to bounds.
    """

    __slots__ = ("armed",)

    def __init__(
        self,
        strategy: Strategy | None = None,
        *,
        now: int = 0,
        memory: Any = None,
        values: Mapping[str, float | None] | None = None,
        scores: Mapping[str, Score] | None = None,
        tables: Mapping[str, Iterable[float]] | None = None,
        positions: Mapping[str, float] | None = None,
        working: Mapping[str, Sequence[WorkingOrder]] | None = None,
        touches: Mapping[str, Touch | tuple[float, float]] | None = None,
        impacts: Mapping[tuple[str, float], Impact] | None = None,
        marks: Mapping[str, float] | None = None,
        funding: Mapping[str, Funding | float] | None = None,
        fees: Mapping[str, tuple[float, float]] | None = None,
        instruments: Iterable[Instrument] = (),
        chains: Mapping[str, Chain] | None = None,
        deltas: Mapping[str, float] | None = None,
        equity: float | None = None,
        headroom: Mapping[str, float] | None = None,
    ) -> None:
        """Take what the view shall show."""
        sight = FakeSight(now)
        sight.values = dict(values or {})
        sight.scores = dict(scores or {})
        sight.tables = {name: np.array([*column]) for name, column in (tables or {}).items()}
        sight.listed = {one.id: one for one in instruments}
        sight.positions = {InstrumentId(one): held for one, held in (positions or {}).items()}
        sight.orders = dict(working or {})
        sight.touches = {InstrumentId(one): _touch(pair) for one, pair in (touches or {}).items()}
        sight.impacts = dict(impacts or {})
        sight.marks = dict(marks or {})
        sight.rates = {name: _funding(rate, now) for name, rate in (funding or {}).items()}
        sight.charged = dict(fees or {})
        sight.chains = dict(chains or {})
        sight.deltas = dict(deltas or {})
        sight.worth = equity
        sight.left = dict(headroom or {})
        if memory is None and strategy is not None:
            memory = fresh_memory(strategy)
        super().__init__(sight, 0, memory)
        self.armed = sight.armed


class FakeSight:
    """The engine as a fake view asks it."""

    def __init__(self, now: int) -> None:
        """Show nothing yet."""
        self.now = now
        self.values: dict[str, float | None] = {}
        self.scores: dict[str, Score] = {}
        self.tables: dict[str, Column] = {}
        self.listed: dict[InstrumentId, Instrument] = {}
        self.positions: dict[InstrumentId, float] = {}
        self.orders: dict[str, Sequence[WorkingOrder]] = {}
        self.touches: dict[InstrumentId, Touch] = {}
        self.impacts: dict[tuple[str, float], Impact] = {}
        self.marks: dict[str, float] = {}
        self.rates: dict[str, Funding] = {}
        self.charged: dict[str, tuple[float, float]] = {}
        self.chains: dict[str, Chain] = {}
        self.deltas: dict[str, float] = {}
        self.worth: float | None = None
        self.left: dict[str, float] = {}
        self.armed: dict[str, tuple[float | None, float | None]] = {}

    def score(self, strategy: int, name: str) -> Score:
        """A score as given, or one with just its value."""
        if name in self.scores:
            return self.scores[name]
        value = self.values.get(name)
        ready = value is not None
        return Score(value, None, 0 if ready else None, ready, False, 1.0, {"value": value})

    def value(self, strategy: int, name: str) -> float | None:
        """The value alone."""
        return self.score(strategy, name).value

    def arm(self, strategy: int, name: str, above: float | None, below: float | None) -> None:
        """Remember the bounds."""
        self.armed[name] = (above, below)

    def table(self, strategy: int, name: str) -> Column:
        """A table as given."""
        return self.tables[name]

    def universe_of(self, strategy: int, name: str) -> Universe:
        """All that is listed."""
        return Universe()

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """The contract as given, or made up from its symbol."""
        return self.listed.get(instrument) or listing(instrument)

    def instruments(self) -> Sequence[Instrument]:
        """What is listed or named, by id."""
        named = {*self.listed, *self.positions, *self.touches}
        return [self.instrument(one) for one in sorted(named)]

    def quantity(self, strategy: int, instrument: InstrumentId) -> int:
        """A position in lots."""
        listed = self.instrument(instrument)
        held = Decimal(str(self.positions.get(instrument, 0.0)))
        return listed.lots(held if listed.inverse else held / listed.contract_size)

    def working(self, strategy: int, instrument: InstrumentId) -> Sequence[WorkingOrder]:
        """Orders as given."""
        return self.orders.get(instrument, ())

    def touch_of(self, instrument: InstrumentId) -> Touch | None:
        """Best prices as given."""
        return self.touches.get(instrument)

    def impact(self, instrument: InstrumentId, size: float) -> Impact:
        """As given, else the touch, however large the size."""
        touch = self.touches.get(instrument)
        if (instrument, size) in self.impacts or touch is None:
            return self.impacts.get((instrument, size), Impact(None, complete=False))
        return Impact(touch.ask if size > 0 else touch.bid, complete=True)

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The mark as given."""
        mark = self.marks.get(instrument)
        return None if mark is None else Decimal(str(mark))

    def funding(self, instrument: InstrumentId) -> Funding | None:
        """The rate as given."""
        return self.rates.get(instrument)

    def fees(self, instrument: InstrumentId) -> Fees:
        """Fees as given; KeyError when they were not, as they are never assumed."""
        maker, taker = self.charged[instrument]
        return Fees(Decimal(str(maker)), Decimal(str(taker)))

    def chain(self, underlying: Currency) -> Chain:
        """A chain as given."""
        return self.chains[underlying]

    def delta(self, strategy: int, underlying: Currency) -> float | None:
        """A net delta as given."""
        return self.deltas.get(underlying)

    def equity(self) -> Decimal | None:
        """Equity as given."""
        return None if self.worth is None else Decimal(str(self.worth))

    def headroom(self, strategy: int, limit: str) -> Decimal | None:
        """What is left, as given."""
        left = self.left.get(limit)
        return None if left is None else Decimal(str(left))


def _touch(given: Touch | tuple[float, float]) -> Touch:
    return given if isinstance(given, Touch) else Touch(given[0], 1.0, given[1], 1.0)


def _funding(given: Funding | float, now: int) -> Funding:
    return given if isinstance(given, Funding) else Funding(given, 8.0, now + 8 * NS_PER_HOUR, True)
