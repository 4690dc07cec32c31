"""What a strategy sees when it is asked."""

from collections.abc import Sequence
from typing import Any

from bot.model.instrument import Instrument
from bot.model.units import Currency, InstrumentId
from bot.signals.base import Fees, Score
from bot.strategy.sight import (
    Chain,
    Column,
    Funding,
    Gate,
    Impact,
    Sight,
    Touch,
    Universe,
    WorkingOrder,
)


class View:
    """The market, the strategy's own positions and what it remembers, at one moment.

    Everything here was known at `now`. Positions and sizes are in base coins, prices in
    quote; what is unknown is None.
    """

    __slots__ = ("_bounds", "_sight", "_strategy", "gates", "memory", "read")

    def __init__(self, sight: Sight, strategy: int, memory: Any) -> None:
        """Show the engine to strategy number `strategy`."""
        self._sight = sight
        self._strategy = strategy
        self._bounds: dict[str, set[float]] = {}
        self.memory = memory
        self.gates: list[Gate] = []
        self.read: dict[str, float | None] = {}

    @property
    def now(self) -> int:
        """The time, in ns since the epoch, UTC."""
        return self._sight.now

    def __getitem__(self, name: str) -> float | None:
        """The value of a watch; None while it is unknown or stale."""
        value = self._sight.value(self._strategy, name)
        self.read[name] = value
        return value

    def score(self, name: str) -> Score:
        """A watch in full: value, z, age, quality, and everything that its signal publishes."""
        score = self._sight.score(self._strategy, name)
        self.read[name] = score.value
        return score

    def table(self, name: str) -> Column:
        """A watch over a universe: values in the order of `instruments(universe)`, NaN unknown."""
        return self._sight.table(self._strategy, name)

    def gate(self, name: str, *, above: float | None = None, below: float | None = None) -> bool:
        """Whether a score stands above one bound and below the other; unknown does not.

        The answer is kept, so that it can be explained, and the strategy is asked again when
        the score crosses a bound, however small the step.
        """
        # Bounds that numpy computed could not be written down.
        above = None if above is None else float(above)
        below = None if below is None else float(below)
        value = self[name]
        passed = (
            value is not None
            and (above is None or value > above)
            and (below is None or value < below)
        )
        self.gates.append(Gate(name, value, above, below, passed))
        # A score may hang on several gates; the outermost bounds of all of them are watched.
        bounds = self._bounds.setdefault(name, set())
        bounds |= {bound for bound in (above, below) if bound is not None}
        if len(bounds) > 1:
            above, below = min(bounds), max(bounds)
        self._sight.arm(self._strategy, name, above, below)
        return passed

    def position(self, instrument: InstrumentId) -> float:
        """What the strategy holds, long positive: base coins, or contracts when inverse."""
        listed = self._sight.instrument(instrument)
        lots = self._sight.quantity(self._strategy, instrument)
        amount = float(listed.amount(lots))
        return amount if listed.inverse else amount * float(listed.contract_size)

    def working(self, instrument: InstrumentId) -> Sequence[WorkingOrder]:
        """The strategy's orders that may still fill."""
        return self._sight.working(self._strategy, instrument)

    def touch(self, instrument: InstrumentId) -> Touch | None:
        """Best prices; None while the book is crossed, one-sided, gapped or not yet known."""
        return self._sight.touch_of(instrument)

    def impact(self, instrument: InstrumentId, size: float) -> Impact:
        """What buying (size > 0) or selling so many base coins at once would pay."""
        return self._sight.impact(instrument, size)

    def mark(self, instrument: InstrumentId) -> float | None:
        """The mark price."""
        mark = self._sight.mark(instrument)
        return None if mark is None else float(mark)

    def funding(self, instrument: InstrumentId) -> Funding | None:
        """The funding rate in force, its interval and the next settlement."""
        return self._sight.funding(instrument)

    def fees(self, instrument: InstrumentId) -> Fees:
        """Maker and taker fee, as fractions of the notional."""
        return self._sight.fees(instrument)

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """The contract: kind, grid, lot, smallest order, expiry."""
        return self._sight.instrument(instrument)

    def instruments(self, universe: Universe) -> tuple[Instrument, ...]:
        """The instruments of a universe, by id."""
        return tuple(one for one in self._sight.instruments() if universe.has(one))

    def chain(self, underlying: Currency) -> Chain:
        """The options of an underlying, as columns."""
        return self._sight.chain(underlying)

    def delta(self, underlying: Currency) -> float | None:
        """The strategy's net delta in coins; None while a part of it is unknown."""
        return self._sight.delta(self._strategy, underlying)

    @property
    def equity(self) -> float | None:
        """Equity of all accounts in the reporting currency."""
        equity = self._sight.equity()
        return None if equity is None else float(equity)

    def headroom(self, limit: str) -> float | None:
        """What is left below a risk limit, in its unit."""
        left = self._sight.headroom(self._strategy, limit)
        return None if left is None else float(left)
