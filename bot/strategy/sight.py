"""What a view shows of the engine, as plain values, and what it asks the engine for."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from bot.model.instrument import Instrument, Kind
from bot.model.units import Currency, InstrumentId
from bot.signals.base import Fees, Score
from bot.signals.options.chain import Chain as Chain


class Touch(Struct, frozen=True):
    """Best prices in quote and their sizes in base coins (contracts when inverse)."""

    bid: float
    bid_size: float
    ask: float
    ask_size: float

    @property
    def mid(self) -> float:
        """Half way between."""
        return 0.5 * (self.bid + self.ask)


class Impact(Struct, frozen=True):
    """What taking a size would pay: average price in quote, and whether the known book held it.

    average is None when it did not.
    """

    average: float | None
    complete: bool


class Funding(Struct, frozen=True):
    """The funding rate in force: a fraction per interval, paid by longs when positive.

    predicted: the venue's word for the coming settlement; else the last settled rate.
    """

    rate: float
    interval_hours: float
    settles_ns: int
    predicted: bool

    @property
    def bps_8h(self) -> float:
        """The rate in bps per 8 hours, comparable between intervals."""
        return self.rate / self.interval_hours * 8.0 * 1e4


class WorkingOrder(Struct, frozen=True):
    """An order of the strategy that may still fill; quantity is signed, in base coins."""

    order_id: str
    quantity: float
    price: float


class Universe(Struct, frozen=True):
    """A set of instruments by their properties; None matches all."""

    kind: Kind | None = None
    venues: tuple[str, ...] | None = None
    bases: tuple[Currency, ...] | None = None
    quotes: tuple[Currency, ...] | None = None

    def has(self, instrument: Instrument) -> bool:
        """Whether an instrument belongs to it; one that is delisted never does."""
        return (
            instrument.active
            and self.kind in (None, instrument.kind)
            and (self.venues is None or instrument.venue in self.venues)
            and (self.bases is None or instrument.base in self.bases)
            and (self.quotes is None or instrument.quote in self.quotes)
        )


Column = npt.NDArray[np.float64]


class Gate(Struct, frozen=True):
    """A condition that a decision hung on: the score, its bounds, and whether it held."""

    name: str
    value: float | None
    above: float | None
    below: float | None
    passed: bool


class Sight(Protocol):
    """The engine as a view may see it: the present and the past, never a row to come."""

    @property
    def now(self) -> int:
        """Time of the last thing that was taken in."""

    def score(self, strategy: int, name: str) -> Score:
        """A watch of a strategy, in full."""

    def value(self, strategy: int, name: str) -> float | None:
        """A watch of a strategy: its value alone."""

    def arm(self, strategy: int, name: str, above: float | None, below: float | None) -> None:
        """Ask the strategy again when the score crosses one of these."""

    def table(self, strategy: int, name: str) -> Column:
        """A watch over a universe: a value for each of its instruments, NaN unknown."""

    def universe_of(self, strategy: int, name: str) -> Universe:
        """The universe of such a watch."""

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """The contract."""

    def instruments(self) -> Sequence[Instrument]:
        """All contracts on the tape, by id."""

    def quantity(self, strategy: int, instrument: InstrumentId) -> int:
        """The strategy's position in lots."""

    def working(self, strategy: int, instrument: InstrumentId) -> Sequence[WorkingOrder]:
        """The strategy's live orders."""

    def touch_of(self, instrument: InstrumentId) -> Touch | None:
        """Best prices; None while they are no price source."""

    def impact(self, instrument: InstrumentId, size: float) -> Impact:
        """What taking a signed size in base coins would pay."""

    def mark(self, instrument: InstrumentId) -> Decimal | None:
        """The mark price, or what the configuration takes for it."""

    def funding(self, instrument: InstrumentId) -> Funding | None:
        """The funding rate in force."""

    def fees(self, instrument: InstrumentId) -> Fees:
        """Its fees."""

    def chain(self, underlying: Currency) -> Chain:
        """The options of an underlying."""

    def delta(self, strategy: int, underlying: Currency) -> float | None:
        """The strategy's net delta in coins of the underlying."""

    def equity(self) -> Decimal | None:
        """Equity of all accounts in the reporting currency."""

    def headroom(self, strategy: int, limit: str) -> Decimal | None:
        """What is left below a limit, in its unit."""
