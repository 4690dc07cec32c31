"""What a strategy may watch: a number about the market, and how far it must move to be asked.

A watch is a value: its class says what is measured, its fields of what. The table turns the
watches of all strategies into the arrays that the compiled loop walks.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final, Protocol

from msgspec import Struct

from bot.book.layout import (
    HEARD_BOOK,
    HEARD_FUNDING,
    HEARD_MARK,
    HEARD_SCALAR,
    HEARD_TOUCH,
    HEARD_TRADE,
)
from bot.model.instrument import Instrument
from bot.model.units import NS_PER_MS, InstrumentId
from bot.signals.slots import Float64s
from bot.signals.touch import FROM_BOOK, FROM_TOUCH

HEARD_ALL: Final = HEARD_BOOK | HEARD_TOUCH | HEARD_TRADE | HEARD_SCALAR
"""Every message of an instrument: for what changes with time alone."""

SOURCES: Final = {"touch": (FROM_TOUCH, HEARD_TOUCH), "book": (FROM_BOOK, HEARD_BOOK)}

AGE_MS_MAX: Final = {
    HEARD_BOOK: 2_000,
    HEARD_TOUCH: 2_000,
    HEARD_SCALAR: 5_000,
    HEARD_MARK: 5_000,
    HEARD_FUNDING: 120_000,
}
"""How old an input may be before what was computed from it is stale. Trades have no age:
silence is information, and the age of the book tells whether the feed lives."""


class Fees(Struct, frozen=True):
    """Fees of one instrument as fractions of the notional; a negative maker fee is a rebate."""

    maker: Decimal
    taker: Decimal


class Terms(Protocol):
    """What a watch may ask about the instruments while it is turned into arrays."""

    def instrument(self, instrument: InstrumentId) -> Instrument:
        """The contract; KeyError when nothing lists it."""

    def index(self, instrument: InstrumentId) -> int:
        """Its number on the tape."""

    def fees(self, instrument: InstrumentId) -> Fees:
        """Its fees; LookupError when the configuration does not state them."""


class Recipe(Struct, frozen=True):
    """How the loop computes a signal.

    hears: the inputs that concern it, bits of `book.layout.HEARD_*`. within: a book change
    counts when it touched a ladder position before this one. rows: kinds of rows it wants one
    by one, as bits. outputs: names of its slots, the main one first. sources: instruments and
    inputs that its age is measured by. z: seconds of one-second samples that the main slot is
    standardised by, 0: not at all; an output named `z` is its own standardiser. refit: fits its
    state anew from its param and state, when its kernel has asked for that (`arrays.REFIT`).
    """

    code: int
    instrument: int
    param: tuple[float, ...]
    states: int
    outputs: tuple[str, ...]
    hears: int
    sources: tuple[tuple[int, int], ...]
    within: int = 0
    rows: int = 0
    other: int = -1
    z: int = 0
    address: int = 0
    refit: Callable[[Float64s, Float64s], None] | None = None


class Watch(Struct, frozen=True, kw_only=True):
    """A score that a strategy looks at.

    wake: the strategy is asked again when the score has moved so far, in its own unit.
    optional: the strategy is asked even while it is unknown or stale, and then reads None.
    age_ms_max: how old its inputs may be; None: the default of each input.
    quiet_ms: its moves ask the strategy at most once in so long; a table of many rows needs it.

    Its instrument may be a `Universe` instead: then it is a table, one row for each instrument
    in it, read with `view.table(name)`.
    """

    unit: ClassVar[str] = "1"

    wake: float
    optional: bool = False
    age_ms_max: int | None = None
    quiet_ms: int = 0

    def recipe(self, terms: Terms) -> Recipe:
        """How the loop computes it."""
        del terms
        raise TypeError(f"{type(self).__name__}: expected a subclass that defines recipe()")

    def age_ns_max(self, heard: int) -> int | None:
        """How old one input may be, in ns; None: any age."""
        age_ms = self.age_ms_max if self.age_ms_max is not None else AGE_MS_MAX.get(heard)
        return None if age_ms is None or heard == HEARD_TRADE else age_ms * NS_PER_MS


class Input(Struct, frozen=True):
    """One number that a reading was made of, for whoever asks why.

    value: None while it is unknown. age_ns: since it was heard; None: never, or it has no age.
    contribution: what it adds to the main output; None where the output is no sum.
    """

    name: str
    value: float | None
    unit: str
    age_ns: int | None = None
    contribution: float | None = None


class Score(Struct, frozen=True):
    """What a strategy reads of a watch.

    value: None when unknown or stale. z: robust z against its own past, None when there is no
    standardiser or not enough past. age_ns: of its oldest input. quality: 0 to 1.
    outputs: everything the signal publishes, by name, unknown as None. why: what it was made
    of.
    """

    value: float | None
    z: float | None
    age_ns: int | None
    ready: bool
    stale: bool
    quality: float
    outputs: Mapping[str, float | None]
    why: tuple[Input, ...] = ()


def base_per_lot(instrument: Instrument) -> float:
    """Base coins in a lot, or quote units for an inverse contract."""
    return float(instrument.lot * instrument.contract_size)


def reading(watch: Any, source: str) -> tuple[int, int]:
    """The code and the input bit of a named source of best prices."""
    if source not in SOURCES:
        raise ValueError(f"{type(watch).__name__}.source: got {source!r}, expected touch or book")
    return SOURCES[source]


def positive(watch: Any, *names: str) -> None:
    """Refuse a watch of which one of these fields is not a number above zero."""
    for name in names:
        value = getattr(watch, name)
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(
                f"{type(watch).__name__}.{name}: got {value}, expected a finite number > 0"
            )
